/*
 * Which parameters matter: those that are called through, decide a condition, or say how a blocking
 * call behaves, and those handed on to such a parameter. Only they are bound per caller, so that
 * the number of analysis states stays near the number of functions.
 */
#ifndef BC_LINK_SUMMARIES_RELEVANCE_H
#define BC_LINK_SUMMARIES_RELEVANCE_H

#include <stdint.h>

#include "link/program/marks.h"
#include "link/summaries/busy.h"

enum { BC_RELEVANT_PARAMS = 32 }; /* parameters beyond these are never bound */

struct bc_relevance {
	uint32_t *params;  /* per function: one bit per relevant parameter */
	uint32_t *letters; /* the same for those whose letters decide a condition: open_any("a") */
	uint8_t *to_sink;  /* per function: some call in it, or below it, may block */
	uint8_t *is_sink;  /* per symbol: a blocking rule names it and it has no body to look into,
			      or its author says that it blocks */
};

void bc_relevance_init(struct bc_relevance *relevance, const struct bc_program *program,
	const struct bc_marks *marks, const struct bc_busy *busy);
void bc_relevance_fini(struct bc_relevance *relevance);

#endif
