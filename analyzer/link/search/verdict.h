/* Does this call block? One blocking rule against one call as one path makes it. */
#ifndef BC_LINK_SEARCH_VERDICT_H
#define BC_LINK_SEARCH_VERDICT_H

#include "link/interp/interp.h"
#include "link/modes/limits.h"
#include "link/modes/modes.h"
#include "link/modes/ready.h"
#include "link/modes/spin.h"
#include "link/search/locks.h"
#include "models/models.h"

enum { BC_MAX_ASSUMPTIONS = 6 };

/* How a call or loop takes time without waiting. */
enum bc_spinning {
	BC_SPINS_NOT,
	BC_SPINS_RETRYING, /* it is repeated until the other side moves */
	BC_SPINS_LOOKING   /* a loop that does nothing but look */
};

struct bc_verdict {
	enum bc_category category; /* of the rule, unless the descriptor says better */
	int blocks;                /* 0: it does not, and nothing else here counts */
	int confidence;            /* enum bc_confidence, as far as the call itself goes */
	enum bc_bound bound;
	double ms;             /* BC_BOUND_TIMEOUT: its limit; negative when not known */
	struct bc_worst worst; /* where this program says more than the packs; else why is NULL */
	const char *assumptions[BC_MAX_ASSUMPTIONS];
	int nassumptions;
	int mild; /* no error, whatever its category and bound */
	enum bc_spinning spins;
};

/* What a verdict may ask about the program. */
struct bc_verdict_sources {
	const struct bc_models *models;
	const struct bc_modes *modes;
	const struct bc_locks *locks;
	const struct bc_limits *limits;
	const struct bc_spins *spins;
	const struct bc_ready *ready;
	struct bc_arena *arena; /* for the texts of assumptions */
};

struct bc_verdict bc_verdict_of(const struct bc_verdict_sources *sources,
	const struct bc_sink_rule *rule, const struct bc_call_event *event);

/* The verdict on a helper that is repeated as its blocking call would be. 0 when there is none. */
int bc_verdict_of_spin(const struct bc_verdict_sources *sources, const struct bc_call_event *event,
	struct bc_verdict *verdict, const struct bc_sink_rule **rule);

#endif
