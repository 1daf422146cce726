/*
 * Loop statements that wait for events, directly or a few calls down: what may be an event loop of
 * the program's own. Which of them are, and what they call, is for link/roots/discover.h to say.
 */
#ifndef BC_LINK_ROOTS_CANDIDATES_H
#define BC_LINK_ROOTS_CANDIDATES_H

#include "base/vec.h"
#include "link/places/solve.h"
#include "link/roots/waits.h"

/* A function on the way to a wait: `call` in it leads there. */
struct bc_loop_step {
	uint32_t func, call;
	uint32_t parent; /* the step one nearer to the wait, BC_NONE at the wait itself */
	int depth;
	uint8_t fetches; /* a loop further in hands out what it waited for */
};

struct bc_loop_candidate {
	uint32_t func, loop; /* the loop statement's node */
	uint32_t step;       /* whose call lies in it */
	uint8_t dropped;     /* it runs inside some other loop's work */
	uint8_t foreign;     /* the wait is not the loop's own */
};

struct bc_loop_search {
	const struct bc_program *program;
	const struct bc_solution *solution;
	struct bc_waits waits;
	BC_VEC(struct bc_loop_step) steps;
	BC_VEC(struct bc_loop_candidate) candidates;
};

void bc_loop_search_run(struct bc_loop_search *search, const struct bc_solution *solution,
	const struct bc_interp *interp);
void bc_loop_search_fini(struct bc_loop_search *search);

/* The innermost loop statement around `node` that encloses more than `inner`; BC_NONE without. */
uint32_t bc_loop_around(const struct bc_func *func, uint32_t node, uint32_t inner);

#endif
