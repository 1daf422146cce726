/*
 * Deciding what must be parsed again.
 *
 * The facts of a unit are stored under a key: the hash of everything that decides how it is read,
 * but for file contents. Beside them lies a manifest of those contents. Facts hold when
 *
 *   - each file that was read has the size and times it had, or at least the same content;
 *   - no file has appeared that an include would find first, or find where none was found. A folder
 *     on the way that has not changed since settles this. In one that has, only the names that the
 *     unit's includes end in matter: an object file or an editor's backup in there means nothing;
 *   - the fact file and its shards are there in full.
 *
 * What __has_include() looked for in vain is not known and not followed. Files changed less than
 * two seconds before they were read are compared by content once more, since the next change could
 * leave the same time stamp.
 */
#ifndef BC_INPUT_CACHE_H
#define BC_INPUT_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "input/compdb.h"
#include "input/manifest.h"
#include "input/stamps.h"

struct bc_cache {
	const char *root, *facts; /* facts: the folder */
	int64_t started_ns;       /* wall clock when the run began */
	struct bc_stamps stamps;
};

/* The strings must outlive the cache. */
void bc_cache_init(struct bc_cache *cache, const char *root, const char *facts);
void bc_cache_fini(struct bc_cache *cache);

/*
 * The key of one compile. `producer` stands for the version of everything that makes facts. Paths
 * below the root are hashed relative to it: another checkout has the same keys.
 */
void bc_cache_key(
	const char *root, const struct bc_compile *compile, const char *producer, uint64_t key[2]);

/* Where the facts under a key lie, their manifest, and the shards (named by their own hash). */
char *bc_cache_unit_path(struct bc_arena *arena, const char *facts, const uint64_t key[2]);
char *bc_cache_manifest_path(struct bc_arena *arena, const char *facts, const uint64_t key[2]);
char *bc_cache_shard_folder(struct bc_arena *arena, const char *facts);

/* 1 when the facts under `key` hold; then `manifest` has their errors. Else 0. */
int bc_cache_check(struct bc_cache *cache, struct bc_arena *arena, const uint64_t key[2],
	struct bc_manifest *manifest);

/*
 * Writes the manifest after a parse. The caller fills in path, size and hash of `files`, the hash
 * of `shards`, `missing` and the errors; the rest is added here. 0 or BC_EOUTPUT.
 */
int bc_cache_store(struct bc_cache *cache, const struct bc_compile *compile, const uint64_t key[2],
	struct bc_manifest *manifest);

/* Removes a manifest, so that the facts no longer hold. */
void bc_cache_forget(struct bc_cache *cache, const uint64_t key[2]);

#endif
