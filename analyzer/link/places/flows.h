/*
 * Which values go where in a body: one reading of it, for all who follow things through places.
 * Functions travel along these flows (solve.h), and so do descriptors and queues (travel.h).
 */
#ifndef BC_LINK_PLACES_FLOWS_H
#define BC_LINK_PLACES_FLOWS_H

#include "link/places/places.h"

struct bc_flow_reader {
	/* `dst` receives the value of an expression, since `node` says so. */
	void (*flow)(void *context, uint32_t dst, uint32_t func, uint32_t value, uint32_t node);
	/* What it does to its arguments and its result is for the reader to know. */
	void (*call)(void *context, uint32_t call);
	void *context;
};

/* Assignments, initialised fields, returned values and calls, in the order of the body. */
void bc_flows_of_body(
	const struct bc_places *places, uint32_t func, const struct bc_flow_reader *reader);

#endif
