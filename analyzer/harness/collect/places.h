/* Places as people read them: below the current folder, or below one that is said once. */
#ifndef BC_HARNESS_COLLECT_PLACES_H
#define BC_HARNESS_COLLECT_PLACES_H

#include "harness/collect/run.h"

/*
 * The folder that the program's files have in common, with its last slash; NULL when they lie below
 * the current one anyhow, or have none worth the name in common.
 */
const char *bc_places_folder(struct bc_arena *arena, const struct bc_run *run);

/* A file below that folder (which may be NULL), or below the current one, else as it is. */
const char *bc_places_file(struct bc_arena *arena, const char *folder, const char *file);

/* "src/net.c:88", "libfoo.so.1", or "" */
const char *bc_places_show(
	struct bc_arena *arena, const char *folder, const struct bc_run_where *where);

#endif
