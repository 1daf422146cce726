#define BC_DOMAIN "input"
#include "input/cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/log.h"
#include "input/folders.h"

enum { MAX_MANIFEST_BYTES = 64 << 20 }; /* a hundred thousand files; none comes near */

/* Time stamps of some file systems count whole or even seconds. */
#define SETTLED_NS INT64_C(2000000000)

void bc_cache_init(struct bc_cache *cache, const char *root, const char *facts)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*cache = (struct bc_cache){.root = root,
		.facts = facts,
		.started_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec};
	bc_stamps_init(&cache->stamps, root);
}

void bc_cache_fini(struct bc_cache *cache)
{
	bc_stamps_fini(&cache->stamps);
}

/* ---- keys and names ---- */

/* Adds `text` with each mention of the root replaced: it may stand behind "-I" or "-DDIR=". */
static void add_portable(struct bc_buf *buf, const char *root, const char *text)
{
	size_t len = strlen(root);
	const char *found;

	while (len > 1 && (found = strstr(text, root))) {
		bc_buf_add(buf, text, (size_t)(found - text));
		text = found + len;
		bc_buf_str(buf, *text && *text != '/' ? root : ".");
	}
	bc_buf_add(buf, text, strlen(text) + 1);
}

/* Variables that the parser, like any compiler, takes include folders from. */
static void add_environment(struct bc_buf *buf, const char *root)
{
	static const char *const names[] = {"CPATH", "C_INCLUDE_PATH"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		add_portable(buf, root, value ? value : "");
	}
}

void bc_cache_key(
	const char *root, const struct bc_compile *compile, const char *producer, uint64_t key[2])
{
	struct bc_buf buf = {0};

	bc_buf_add(&buf, producer, strlen(producer) + 1);
	add_portable(&buf, root, bc_path_relative(root, compile->file));
	add_portable(&buf, root, bc_path_relative(root, compile->directory));
	add_environment(&buf, root);
	for (int i = 0; i < compile->nargs; i++)
		add_portable(&buf, root, compile->args[i]);
	bc_hash_bytes(buf.data, buf.len, key);
	bc_buf_fini(&buf);
}

static char *name_file(
	struct bc_arena *arena, const char *folder, const uint64_t key[2], const char *extension)
{
	char hex[33];

	bc_hash_hex(key, hex);
	return bc_arena_printf(arena, "%s/%s%s", folder, hex, extension);
}

char *bc_cache_unit_path(struct bc_arena *arena, const char *facts, const uint64_t key[2])
{
	return name_file(arena, facts, key, ".bcf");
}

char *bc_cache_manifest_path(struct bc_arena *arena, const char *facts, const uint64_t key[2])
{
	return name_file(arena, facts, key, ".manifest");
}

char *bc_cache_shard_folder(struct bc_arena *arena, const char *facts)
{
	return bc_path_join(arena, facts, "shards");
}

/* ---- checking ---- */

/* A stamp that can stand for the content in later runs; 0 where it cannot. */
static void settle(
	const struct bc_cache *cache, struct bc_stamp stamp, struct bc_manifest_file *file)
{
	int64_t limit = cache->started_ns - SETTLED_NS;
	int settled = stamp.exists && stamp.mtime_ns < limit && stamp.ctime_ns < limit;

	file->mtime_ns = settled ? stamp.mtime_ns : 0;
	file->ctime_ns = settled ? stamp.ctime_ns : 0;
}

/* 1 when the content is the same; `refreshed` is set when a stamp was brought up to date. */
static int file_holds(struct bc_cache *cache, struct bc_manifest_file *file, int *refreshed)
{
	struct bc_stamp stamp = bc_stamps_get(&cache->stamps, file->path);
	uint64_t hash[2];

	if (!stamp.exists || stamp.size != file->size)
		return 0;
	if (file->mtime_ns && stamp.mtime_ns == file->mtime_ns && stamp.ctime_ns == file->ctime_ns)
		return 1;
	if (bc_stamps_hash(&cache->stamps, file->path, hash) != 0 || hash[0] != file->hash[0] ||
		hash[1] != file->hash[1])
		return 0;
	settle(cache, stamp, file);
	*refreshed |= file->mtime_ns != 0;
	return 1;
}

static void choose_names(struct bc_cache *cache, const struct bc_manifest *manifest)
{
	bc_stamps_choose(&cache->stamps);
	for (size_t i = 0; i < manifest->nfiles; i++)
		bc_stamps_add(&cache->stamps, manifest->files[i].path);
	for (size_t i = 0; i < manifest->nmissing; i++)
		bc_stamps_add(&cache->stamps, manifest->missing[i]);
}

static void settle_folder(
	const struct bc_cache *cache, struct bc_stamp stamp, struct bc_manifest_folder *folder)
{
	folder->mtime_ns = stamp.mtime_ns < cache->started_ns - SETTLED_NS ? stamp.mtime_ns : -1;
}

static int folders_hold(struct bc_cache *cache, struct bc_manifest *manifest, int *refreshed)
{
	int chosen = 0;

	for (size_t i = 0; i < manifest->nfolders; i++) {
		struct bc_manifest_folder *folder = &manifest->folders[i];
		struct bc_stamp stamp = bc_stamps_get(&cache->stamps, folder->path);

		if (stamp.mtime_ns == folder->mtime_ns)
			continue;
		if (!chosen++)
			choose_names(cache, manifest);
		if (bc_stamps_names(&cache->stamps, folder->path) != folder->names) {
			BC_LOG(DEBUG, "%s: its names changed", folder->path);
			return 0;
		}
		settle_folder(cache, stamp, folder);
		*refreshed |= folder->mtime_ns != -1;
	}
	return 1;
}

static int files_hold(struct bc_cache *cache, struct bc_manifest *manifest, int *refreshed)
{
	for (size_t i = 0; i < manifest->nfiles; i++)
		if (!file_holds(cache, &manifest->files[i], refreshed)) {
			BC_LOG(DEBUG, "%s: changed", manifest->files[i].path);
			return 0;
		}
	return 1;
}

/* Whether what the last run wrote is there; its content is checked by whoever reads it. */
static int facts_are_there(struct bc_cache *cache, struct bc_arena *arena, const uint64_t key[2],
	const struct bc_manifest *manifest)
{
	const char *shards = bc_cache_shard_folder(arena, cache->facts);
	struct bc_stamp stamp =
		bc_stamps_get(&cache->stamps, bc_cache_unit_path(arena, cache->facts, key));

	if (!stamp.exists || stamp.size != manifest->unit_size)
		return 0;
	for (size_t i = 0; i < manifest->nshards; i++) {
		const struct bc_manifest_shard *shard = &manifest->shards[i];

		stamp = bc_stamps_get(
			&cache->stamps, name_file(arena, shards, shard->hash, ".bcf"));
		if (!stamp.exists || stamp.size != shard->size)
			return 0;
	}
	return 1;
}

static int write_manifest(struct bc_cache *cache, struct bc_arena *arena, const uint64_t key[2],
	const struct bc_manifest *manifest)
{
	struct bc_buf bytes = {0};
	int status;

	bc_manifest_write(manifest, &bytes);
	status = bc_file_write(
		bc_cache_manifest_path(arena, cache->facts, key), bytes.data, bytes.len);
	bc_buf_fini(&bytes);
	return status;
}

static int read_manifest(struct bc_cache *cache, struct bc_arena *arena, const uint64_t key[2],
	struct bc_manifest *manifest)
{
	const char *path = bc_cache_manifest_path(arena, cache->facts, key);
	struct bc_buf bytes = {0};
	int status = bc_file_read(&bytes, path, MAX_MANIFEST_BYTES);

	if (status == 0)
		status = bc_manifest_read(arena, bytes.data, bytes.len, manifest);
	bc_buf_fini(&bytes);
	return status;
}

int bc_cache_check(struct bc_cache *cache, struct bc_arena *arena, const uint64_t key[2],
	struct bc_manifest *manifest)
{
	int refreshed = 0;

	if (read_manifest(cache, arena, key, manifest) != 0 ||
		!facts_are_there(cache, arena, key, manifest) ||
		!files_hold(cache, manifest, &refreshed) ||
		!folders_hold(cache, manifest, &refreshed))
		return 0;
	/* Where this cannot be written, the next run compares contents again. */
	if (refreshed)
		write_manifest(cache, arena, key, manifest);
	return 1;
}

/* ---- storing ---- */

static void stamp_folders(struct bc_cache *cache, struct bc_manifest *manifest)
{
	choose_names(cache, manifest);
	for (size_t i = 0; i < manifest->nfolders; i++) {
		struct bc_manifest_folder *folder = &manifest->folders[i];

		folder->names = bc_stamps_names(&cache->stamps, folder->path);
		settle_folder(cache, bc_stamps_get(&cache->stamps, folder->path), folder);
	}
}

/* Not from the run's stamps, which may be from before the parse. */
static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void stamp_facts(struct bc_cache *cache, struct bc_arena *arena, const uint64_t key[2],
	struct bc_manifest *manifest)
{
	const char *shards = bc_cache_shard_folder(arena, cache->facts);

	manifest->unit_size = size_of(bc_cache_unit_path(arena, cache->facts, key));
	for (size_t i = 0; i < manifest->nshards; i++)
		manifest->shards[i].size =
			size_of(name_file(arena, shards, manifest->shards[i].hash, ".bcf"));
}

int bc_cache_store(struct bc_cache *cache, const struct bc_compile *compile, const uint64_t key[2],
	struct bc_manifest *manifest)
{
	struct bc_arena arena = BC_ARENA_INIT;
	int status;

	for (size_t i = 0; i < manifest->nfiles; i++)
		settle(cache, bc_stamps_get(&cache->stamps, manifest->files[i].path),
			&manifest->files[i]);
	bc_manifest_add_folders(&arena, cache->root, compile, manifest);
	stamp_folders(cache, manifest);
	stamp_facts(cache, &arena, key, manifest);
	status = write_manifest(cache, &arena, key, manifest);
	bc_arena_fini(&arena);
	return status;
}

void bc_cache_forget(struct bc_cache *cache, const uint64_t key[2])
{
	struct bc_arena arena = BC_ARENA_INIT;

	unlink(bc_cache_manifest_path(&arena, cache->facts, key));
	bc_arena_fini(&arena);
}
