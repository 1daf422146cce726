/*
 * Private to verdict.h: one rule asked about one call, and the parts of the answer: what the mode
 * of a descriptor, the far end of a stream or the name of a file makes of it.
 */
#ifndef BC_LINK_SEARCH_QUESTION_H
#define BC_LINK_SEARCH_QUESTION_H

#include "link/search/verdict.h"

struct bc_question {
	const struct bc_verdict_sources *sources;
	const struct bc_modes *modes; /* sources->modes */
	const struct bc_sink_rule *rule;
	const struct bc_call_event *event;
};

/* The node of the call's argument, from 1; BC_NONE when there are fewer. */
static inline uint32_t bc_question_node(const struct bc_question *q, int arg)
{
	const struct bc_program *program = q->modes->program;

	return bc_call_argument(
		&program->funcs[q->event->func], program->calls[q->event->call].node, arg);
}

/* verdict.c: what is doubtful; a text that is there already, or NULL, is not added. */
void bc_verdict_assume(struct bc_verdict *verdict, const char *text);
/* verdict.c: no more confidence than this. */
void bc_verdict_lower(struct bc_verdict *verdict, int confidence);

/* descriptors.c: BC_V_FD when anything is known, from this path's arguments or from afar. */
struct bc_value bc_question_descriptor(const struct bc_question *q, int arg);
/* descriptors.c: one event promises one call: a read finds its data, a second one may not. */
int bc_question_was_ready(const struct bc_question *q, int arg, const struct bc_value *fd);
/* descriptors.c: the call is not surely non-blocking: what its descriptor's history says. */
void bc_question_weigh_descriptor(const struct bc_question *q, int arg, struct bc_verdict *verdict);

/* streams.c: stdio waits for whatever its descriptor is. */
void bc_question_weigh_stream(const struct bc_question *q, struct bc_verdict *verdict);
/* streams.c: opening one end of a FIFO waits until somebody opens the other one. */
void bc_question_weigh_path(
	const struct bc_question *q, const struct bc_call_view *view, struct bc_verdict *verdict);

/* repeats.c: the call itself would not wait, but it is repeated at once. */
void bc_question_apply_spin(const struct bc_question *q, int fd_arg, struct bc_verdict *verdict);

#endif
