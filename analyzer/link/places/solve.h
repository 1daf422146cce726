/*
 * Which functions each place may hold, and so which ones each indirect call may reach.
 *
 * Field-based inclusion (Andersen, CLA style): flows are copy edges between places, functions
 * travel along them until nothing changes. There are no load or store constraints, so the work is
 * linear in practice. A call through a place takes what the place holds, filtered by signature: the
 * exact type; a compatible one where the function was explicitly cast on its way; and any
 * compatible one where the exact type leaves nothing. Resolving a call adds the flows of its
 * arguments and result, in the same fixpoint.
 */
#ifndef BC_LINK_PLACES_SOLVE_H
#define BC_LINK_PLACES_SOLVE_H

#include <stdint.h>

#include "link/places/places.h"
#include "models/models.h"

/* One flow: `dst` may receive what `src` holds, by this node of this function. */
struct bc_flow {
	uint32_t dst, src; /* places; src may be a function (BC_SRC_FUNC) */
	uint32_t func, node;
	uint8_t cast;  /* an explicit cast was crossed */
	uint32_t next; /* private: next flow out of the same source */
};

struct bc_held; /* private: which functions a place holds, and by which flow each first came */

struct bc_solution {
	struct bc_places places;
	struct bc_flow *flows;
	uint32_t nflows;
	struct bc_held *held;
	uint64_t steps; /* propagations made, for --stats */
};

/* Fills program->targets and each call's range of them. */
void bc_solve(struct bc_solution *solution, struct bc_program *program);
void bc_solution_fini(struct bc_solution *solution);

/* The functions that a place (a representative) holds; *n receives their number. */
const uint32_t *bc_held_by(const struct bc_solution *solution, uint32_t place, uint32_t *n);

/*
 * Calls `use` with each function, by its symbol, that an expression may be, and the place that
 * holds it: BC_NONE where the expression names it itself.
 */
void bc_each_function(const struct bc_solution *solution, uint32_t func, uint32_t node,
	void (*use)(void *context, uint32_t sym, uint32_t place), void *context);

/*
 * The witness: the flow in which function `sym` by name entered the chain that brought it into
 * `place`. NULL when the place does not hold it.
 */
const struct bc_flow *bc_witness(const struct bc_solution *solution, uint32_t place, uint32_t sym);

/* Can a function of type `have` be called as `want`? (global types; BC_NONE is compatible with all)
 */
enum bc_match { BC_MATCH_NO, BC_MATCH_LENIENT, BC_MATCH_EXACT };
enum bc_match bc_match_types(const struct bc_program *program, uint32_t want, uint32_t have);

#endif
