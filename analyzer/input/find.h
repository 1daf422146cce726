/* Which compilation database is meant, and which of its sources. */
#ifndef BC_INPUT_FIND_H
#define BC_INPUT_FIND_H

#include "base/arena.h"
#include "input/compdb.h"

/*
 * The database to read: `wanted` (a file, or a folder that holds one) when it is not NULL; else
 * compile_commands.json in `here`, in a folder `build*` of it, or likewise in a folder above. Of
 * several build folders the one configured last counts. 0, or BC_EINPUT with what to do.
 */
int bc_compdb_find(struct bc_arena *arena, const char *here, const char *wanted, const char **path);

/*
 * Keeps the entries that are one of `paths` or lie below one; no paths keeps all. Relative paths
 * count from `here`. BC_EUSAGE for a path that does not exist or that no entry belongs to.
 */
int bc_compdb_filter(struct bc_arena *arena, struct bc_compdb *db, const char *here,
	const char *const *paths, int npaths);

#endif
