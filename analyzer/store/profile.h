/*
 * What `blockcheck run` measured, in the same file as the findings: the last BC_STORE_KEPT_PROFILES
 * runs, each saved in one transaction together with its join.
 */
#ifndef BC_STORE_PROFILE_H
#define BC_STORE_PROFILE_H

#include "findings/profile.h"
#include "store/store.h"

enum { BC_STORE_KEPT_PROFILES = 20 };

/* All runs, the oldest first. 0, or BC_EINPUT when the file is damaged. */
int bc_store_load_profiles(
	struct bc_store *store, struct bc_arena *arena, struct bc_profiles *profiles);

/*
 * Saves the last of `profiles`, which were joined with `report` (bc_join() and bc_unseen_find()),
 * and the join of all of them. As bc_store_save_run() otherwise.
 */
int bc_store_save_profile(
	struct bc_store *store, const struct bc_report *report, struct bc_profiles *profiles);

/* The call graph of the last check; empty without. 0, or BC_EINPUT when the file is damaged. */
int bc_store_load_graph(struct bc_store *store, struct bc_arena *arena, struct bc_graph *graph);

/* Within a transaction of the caller: what the joins say, in place of what they said before. */
int bc_store_put_joins(
	struct bc_store *store, const struct bc_report *report, const struct bc_profiles *profiles);
/* Likewise, the call graph; nothing is written when it has not changed. */
int bc_store_put_graph(struct bc_store *store, const struct bc_graph *graph);

#endif
