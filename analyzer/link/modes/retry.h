/*
 * What a function does next when one of its calls would block.
 *
 * The descriptor is non-blocking, the call has just failed with EAGAIN: does the function give up,
 * wait for the descriptor, or call again at once? The statements from the call on are run with
 * what is known then: the call's result, errno, and what follows from both. A path that comes back
 * to the call with nothing in between that waits or counts spins until the other side moves.
 */
#ifndef BC_LINK_MODES_RETRY_H
#define BC_LINK_MODES_RETRY_H

#include "link/summaries/completion.h"
#include "link/summaries/effects.h"
#include "models/value.h"

struct bc_retry_question {
	const struct bc_program *program;
	const struct bc_completion *completion;
	uint32_t func, node;    /* the CALL node in this function */
	struct bc_value result; /* what the call returned */
	int64_t error;          /* and left in errno */
	struct bc_effects *effects;
};

struct bc_retry_answer {
	int again;                /* all ways lead back to the call, without a wait */
	int returns;              /* some way leads out of the function */
	struct bc_value returned; /* and this is what it returns then; TOP when nothing is known */
};

struct bc_retry_answer bc_retry(const struct bc_retry_question *question);

#endif
