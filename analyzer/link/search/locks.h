/*
 * Locks that somebody holds for long.
 *
 * A lock is normally taken for microseconds, and taking one on the loop is no finding. It is one
 * when a worker holds the same lock across a call that blocks: then the loop waits for that call,
 * too.
 */
#ifndef BC_LINK_SEARCH_LOCKS_H
#define BC_LINK_SEARCH_LOCKS_H

#include "link/roots/roots.h"
#include "link/summaries/completion.h"

/* A lock, by the place that it is, and a call that some worker makes while it holds it. */
struct bc_long_lock {
	uint32_t place;
	uint32_t call; /* the blocking call, or one that leads to it */
	uint32_t sym;  /* its callee */
};

struct bc_locks {
	const struct bc_solution *solution;
	BC_VEC(struct bc_long_lock) list;
};

void bc_locks_init(struct bc_locks *locks, const struct bc_solution *solution,
	const struct bc_roots *roots, const struct bc_completion *completion);
void bc_locks_fini(struct bc_locks *locks);

/* Who may hold the lock that this call takes, for long; NULL when nobody does or it takes none. */
const struct bc_long_lock *bc_locks_waits_for(const struct bc_locks *locks, uint32_t call);

#endif
