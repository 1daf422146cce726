/*
 * The search: what can each root reach that blocks, and by which path?
 *
 * States are functions together with what is known of their relevant parameters. Each state's body
 * is interpreted once; its calls become edges to other states, its blocking calls become hits.
 * Dijkstra over the edges then gives each state its most convincing path from a root: direct calls
 * are cheap, wide or uncertain indirect calls dear, so that the path which is printed is the one to
 * believe.
 */
#ifndef BC_LINK_SEARCH_SEARCH_H
#define BC_LINK_SEARCH_SEARCH_H

#include <stdint.h>

#include "base/vec.h"
#include "link/roots/discover.h"
#include "link/search/consult.h"
#include "link/search/identity.h"
#include "link/search/phases.h"
#include "link/search/verdict.h"
#include "link/summaries/relevance.h"
#include "models/confidence.h"

struct bc_state {
	uint32_t func;
	uint32_t region; /* only calls below this node count; BC_NONE: all */
	uint32_t params; /* first value in bc_search.values: one per parameter of the function,
			    then one per field that it wants to know (link/summaries/fields.h) */
	uint32_t edge, nedges; /* its outgoing edges, contiguous */

	/* the best way here */
	double cost; /* infinite when no root leads here */
	uint32_t root;
	uint32_t from_edge; /* BC_NONE at the root */
	uint8_t confidence; /* enum bc_confidence: weakest link of the way */
	uint8_t done;
};

struct bc_edge {
	uint32_t from, to; /* states */
	uint32_t call;
	uint32_t target;    /* in bc_program.targets */
	uint32_t ntargets;  /* how many the call may reach on this path */
	uint8_t confidence; /* enum bc_confidence of this hop alone */
	uint8_t phases;     /* BC_PHASE_BIT()s when the call itself tells; else 0 */
	uint32_t flag;      /* the variable that tells, or BC_NONE */
};

/* A blocking call in a state. */
struct bc_hit {
	uint32_t state, call, target;
	uint8_t phases; /* as in an edge */
	uint32_t flag;
	const struct bc_sink_rule *rule;
	struct bc_verdict verdict;
};

struct bc_search {
	const struct bc_program *program;
	const struct bc_models *models;
	const struct bc_marks *marks;
	const struct bc_plugins *plugins; /* or NULL */
	const struct bc_roots *roots;
	const struct bc_discovery *discovery;
	const struct bc_relevance *relevance;
	const struct bc_busy *busy;
	struct bc_verdict_sources sources;
	const struct bc_identity *identity;
	const struct bc_phases *life;
	int promises; /* the roots promise not to block: waiting as a loop does breaks that, too */
	struct bc_interp interp;
	BC_VEC(struct bc_state) states;
	BC_VEC(struct bc_value) values;
	BC_VEC(struct bc_edge) edges;
	BC_VEC(struct bc_hit) hits;
	BC_VEC(uint32_t) unresolved; /* calls on a loop path that reach nothing known */
	uint32_t *into, *into_at; /* per state: its range in `into`, the states that lead to it */
	uint8_t *phases;          /* per state: BC_PHASE_BIT()s of the ways that lead there */
	uint32_t *root_states;    /* per root: its state; BC_NONE when it reaches no sink */
	struct bc_state_index *index; /* private: (function, region, values) -> state */
};

/* The first members are set by the caller; the rest is zero. */
void bc_search_run(struct bc_search *search);
void bc_search_fini(struct bc_search *search);

/* Marks, per root, whether it reaches the given states. `roots` has one byte per root. */
void bc_search_roots_of(
	const struct bc_search *search, const uint32_t *states, size_t nstates, uint8_t *roots);

#endif
