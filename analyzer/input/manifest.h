/*
 * The manifest of one unit's facts: what they were made from, so that a later run can tell whether
 * they still hold. It lies beside the fact file. Format in manifest.c.
 */
#ifndef BC_INPUT_MANIFEST_H
#define BC_INPUT_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

/* Paths are relative to the project root where they lie below it. */
struct bc_manifest_file {
	const char *path;
	uint64_t size, hash[2];
	int64_t mtime_ns, ctime_ns; /* 0: not to be relied on, compare the content */
};

/* A folder in which a new file could hide one of those that were read. */
struct bc_manifest_folder {
	const char *path;
	int64_t mtime_ns; /* 0: there was none; -1: not to be relied on */
	uint64_t names;   /* see bc_stamps_names() */
};

struct bc_manifest_shard {
	uint64_t hash[2], size;
};

struct bc_manifest {
	struct bc_manifest_file *files;
	struct bc_manifest_folder *folders;
	struct bc_manifest_shard *shards;
	const char **missing; /* includes that were not found, as written */
	size_t nfiles, nfolders, nshards, nmissing;
	uint64_t unit_size; /* of the fact file */
	uint64_t errors;
	const char *first_error;
};

void bc_manifest_write(const struct bc_manifest *manifest, struct bc_buf *out);

/* 0, or BC_EINPUT when the bytes are no whole manifest of this version. */
int bc_manifest_read(
	struct bc_arena *arena, const void *bytes, size_t size, struct bc_manifest *out);

#endif
