/*
 * Private to retry.h: one run of a body, from a call that would block to where control leaves it or
 * comes back. Values, statements, and the account of what changes on the way recurse into each
 * other; everything before the call is skipped, since it has happened.
 */
#ifndef BC_LINK_MODES_RETRY_RUN_H
#define BC_LINK_MODES_RETRY_RUN_H

#include "base/arena.h"
#include "link/modes/retry.h"

/* More fields and variables than this are not told apart: all count as changed. */
enum { BC_RETRY_CHANGED = 16 };

/* How control leaves a statement. */
enum { BC_GOES_ON = 1, BC_BREAKS = 2, BC_CONTINUES = 4, BC_LEAVES = 8, BC_AGAIN = 16 };

struct bc_retry_run {
	const struct bc_retry_question *q;
	const struct bc_func *f;
	uint32_t func, call; /* the CALL node; BC_NONE in a callee that is looked into */
	uint32_t cycle;      /* the loop or label that leads back to it, BC_NONE */
	int depth, called;   /* called: the statements from now on come after it */
	struct bc_value *slots;
	uint8_t *changed; /* per slot: assigned somewhere between one call and the next */
	uint32_t memory[BC_RETRY_CHANGED]; /* fields and variables assigned, by kind and ref */
	int nmemory, all_memory, waits;
	int cycle_exits; /* of the loop statement around the call, BC_NONE's are the body's */
	struct bc_value returned;
	int nreturned;
	struct bc_arena arena;
};

/* Does the node lie around the call, or is it the call? */
static inline int bc_retry_contains(const struct bc_retry_run *r, uint32_t node)
{
	return r->call != BC_NONE && node <= r->call && r->call < node + r->f->nodes[node].size;
}

/* retry_eval.c: runs an expression. */
struct bc_value bc_retry_eval(struct bc_retry_run *r, uint32_t node);
/* retry_eval.c: the call is errno, as libc spells it. */
int bc_retry_is_errno(const struct bc_retry_run *r, uint32_t node);

/* retry_exec.c: runs a statement. How control leaves it. */
int bc_retry_exec(struct bc_retry_run *r, uint32_t node);

/* retry.c: what an assignment and a call may change. */
void bc_retry_note_changed(struct bc_retry_run *r, uint32_t target);
void bc_retry_note_call(struct bc_retry_run *r, uint32_t node);
/* retry.c: is what was true when the call was made still true when control comes back to it? */
int bc_retry_is_stable(const struct bc_retry_run *r, uint32_t node);

#endif
