/*
 * Things that travel through places: descriptors from where they are made to where they are used
 * (modes.h), queues of callbacks from who makes them to who runs them (queues.h).
 *
 * A thing is a number that the caller gives it. It starts in a place and goes along the flows of
 * the bodies: locals, fields, parameters and, through their addresses, the caller's variables
 * again, results of calls by name or through pointers. Functions travel in the same way, but
 * resolve calls as they go, and each leaves a witness: they have a solver of their own (solve.h),
 * which is done before anything else sets out.
 */
#ifndef BC_LINK_ROOTS_TRAVEL_H
#define BC_LINK_ROOTS_TRAVEL_H

#include "link/places/solve.h"

struct bc_travel_edge {
	uint32_t dst, next; /* next edge out of the same place */
};

struct bc_travel {
	struct bc_places places;             /* the solution's, with some results told apart */
	struct bc_held *held;                /* place -> things */
	int (*carries)(enum bc_class cls);   /* may a place that is declared so hold a thing? */
	uint32_t *out;                       /* private: per place, its first edge */
	BC_VEC(struct bc_travel_edge) edges; /* private */
	BC_VEC(struct bc_held_entry) work;   /* private: who has yet to move on */
	struct bc_sources scratch; /* private: one for all ways, of which there are many */
};

/* `apart`: see struct bc_places; it must outlive the travel. */
void bc_travel_init(struct bc_travel *travel, const struct bc_solution *solution,
	const uint8_t *apart, int (*carries)(enum bc_class cls));
void bc_travel_fini(struct bc_travel *travel);

/* The ways in a body. `at_call` hears of each call, to add ways or things of its own. */
void bc_travel_add_body(struct bc_travel *travel, uint32_t func,
	void (*at_call)(void *context, uint32_t call), void *context);
/* A way from an expression to a place. */
void bc_travel_add_way(struct bc_travel *travel, uint32_t dst, uint32_t func, uint32_t value);

/* A thing starts in a place, or in what an expression names. */
void bc_travel_start(struct bc_travel *travel, uint32_t place, uint32_t thing);
void bc_travel_start_in(struct bc_travel *travel, uint32_t func, uint32_t node, uint32_t thing);

/* Lets all things arrive. No more ways after that. */
void bc_travel_finish(struct bc_travel *travel);

/* The things that arrived in a place (a representative); *n receives their number. */
const uint32_t *bc_travel_held(const struct bc_travel *travel, uint32_t place, uint32_t *n);
/* Calls `use` with each thing that an expression may yield; with one more than once, at times. */
void bc_travel_each(const struct bc_travel *travel, uint32_t func, uint32_t node,
	void (*use)(void *context, uint32_t thing), void *context);

#endif
