/* Paths and files. Paths given and returned are NUL-terminated; results come from the arena. */
#ifndef BC_BASE_FS_H
#define BC_BASE_FS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

/* `path` made absolute against `directory`, with "." "..", and doubled slashes folded textually. */
char *bc_path_absolute(struct bc_arena *arena, const char *directory, const char *path);
/* The part of `path` below `root` ("src/a.c"; "." for root itself), or `path` where it lies
 * elsewhere. */
const char *bc_path_relative(const char *root, const char *path);
char *bc_path_join(struct bc_arena *arena, const char *directory, const char *name);
char *bc_path_dirname(struct bc_arena *arena, const char *path);
const char *bc_path_basename(const char *path);

/* 0, BC_EINPUT with a message, or BC_ELIMIT above `limit` bytes (0: no limit). */
int bc_file_read(struct bc_buf *out, const char *path, size_t limit);
/* Writes a temporary beside `path`, then renames it over: readers see all or nothing. BC_EOUTPUT.
 */
int bc_file_write(const char *path, const void *bytes, size_t size);
int bc_mkdirs(const char *path); /* BC_EOUTPUT */
int bc_file_exists(const char *path);

/*
 * XXH3-128: hash[0] is the low half, hash[1] the high half. Devices, FIFOs and folders have no
 * hash, so that a name out of the analysed tree cannot make the reader wait. 0 or BC_EINPUT.
 */
int bc_file_hash(const char *path, uint64_t hash[2], uint64_t *size);
void bc_hash_bytes(const void *bytes, size_t size, uint64_t hash[2]);
/* 32 hex digits, high half first as xxhsum prints them, and a NUL. */
void bc_hash_hex(const uint64_t hash[2], char out[33]);

#endif
