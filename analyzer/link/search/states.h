/*
 * The states of the search: a function, with what is known of its relevant parameters and of the
 * fields that it asks about. Equal ones are one; a function with many callers keeps what tells them
 * apart only up to a limit.
 */
#ifndef BC_LINK_SEARCH_STATES_H
#define BC_LINK_SEARCH_STATES_H

#include "link/search/search.h"

struct bc_state_index *bc_state_index_new(uint32_t nfuncs);
void bc_state_index_free(struct bc_state_index *index);

/* How many values a state has: one per parameter, then one per field that its function wants. */
uint32_t bc_state_values(const struct bc_search *s, uint32_t func);

/* The state of a function, or of a region in it, of whose parameters nothing is known. */
uint32_t bc_state_unbound(struct bc_search *s, uint32_t func, uint32_t region);

/* The state of a callee as this call enters it. */
uint32_t bc_state_entered(
	struct bc_search *s, uint32_t func, const struct bc_call_event *event, int knows_arguments);

#endif
