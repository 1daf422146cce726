/*
 * A small abstract interpreter over one body.
 *
 * It walks the tree once, keeping what is known of the locals (link/interp/env.h), and tells its
 * user of every call that some path can reach, with the abstract arguments and whether this is a
 * forked child. One mechanism so does the work of many: constant arguments, dead branches, early
 * exits, switch cases, the child after fork(), and code that only runs on the way to exit().
 *
 * Loops are walked once, with everything that their body may change forgotten beforehand. What is
 * not followed is unknown, never assumed.
 */
#ifndef BC_LINK_INTERP_INTERP_H
#define BC_LINK_INTERP_INTERP_H

#include "link/interp/env.h"
#include "link/interp/globals.h"
#include "link/summaries/completion.h"
#include "link/summaries/fields.h"
#include "link/summaries/texts.h"

enum { BC_MAX_ARGS = 24 }; /* further arguments are evaluated, but not told */

struct bc_call_event {
	uint32_t func, call;         /* where: the caller, and the index in bc_program.calls */
	const struct bc_value *args; /* args[0] is argument 1 */
	int nargs;
	struct bc_value callee; /* indirect calls: BC_V_FUNCS when this path knows the function */
	const struct bc_env *env;
};

struct bc_interp {
	const struct bc_program *program;
	const struct bc_completion *completion;
	const uint8_t *forks; /* per symbol: returns twice, or returns fork()'s result */
	const struct bc_text_rule *texts; /* per symbol: see texts.h; NULL: not followed */
	const struct bc_fields *fields;   /* see fields.h; NULL: only local records have fields */
	const struct bc_globals *globals; /* see globals.h; NULL: variables are unknown */
	int to_the_end; /* calls after which the process surely ends are told, too */
	void *context;
	void (*call)(void *context, const struct bc_call_event *event);
};

/*
 * Runs a body with the given values of its first parameters; the others are unknown. Values beyond
 * its parameters are those of the fields that it wants to know (bc_fields.wanted), in their order.
 */
void bc_interp_run(const struct bc_interp *interp, uint32_t func, const struct bc_value *values,
	uint32_t nvalues);

/* The local record that an argument points to, or the local that points to it; else BC_NONE. */
uint32_t bc_interp_record(const struct bc_func *f, const struct bc_env *env, uint32_t node);

/* Per symbol, whether it is fork() or hands on its result. The caller frees it. */
uint8_t *bc_find_forks(const struct bc_program *program);

#endif
