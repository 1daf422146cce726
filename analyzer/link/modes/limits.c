#include "link/modes/limits.h"

#include <string.h>

#include "link/interp/events.h"
#include "link/interp/values.h"
#include "link/modes/wrappers.h"

/* Wrappers of wrappers of setsockopt() are followed this far. */
enum { MAX_WRAPPERS = 3 };

struct finder {
	struct bc_limits *limits;
	const struct bc_program *program;
	const struct bc_models *models;
	struct bc_interp interp;
	struct bc_wrappers wrappers; /* of setters of limits */
};

/* What a call does to one descriptor. */
typedef BC_VEC(struct bc_limit) effect_list;

/* ---- who sets limits ---- */

static const struct bc_limit_rule *const *rules_of(const struct finder *f, uint32_t sym, int *n)
{
	*n = 0;
	if (sym == BC_NONE || f->program->syms[sym].func != BC_NONE)
		return NULL;
	*n = f->program->syms[sym].rules->nlimits;
	return f->program->syms[sym].rules->limits;
}

/* The body of the function that a call names; BC_NONE where there is none. */
static uint32_t callee_of(const struct finder *f, const struct bc_call *c)
{
	return c->sym == BC_NONE ? BC_NONE : f->program->syms[c->sym].func;
}

/* The parameter of its function that the expression is, directly; BC_NONE for anything else. */
static uint32_t parameter_at(const struct finder *f, const struct bc_call *c, uint32_t arg)
{
	const struct bc_func *func = &f->program->funcs[c->func];

	return bc_param_at(func, bc_call_argument(func, c->node, (int)arg));
}

static int find_wrappers_once(struct finder *f)
{
	int found = 0;

	for (uint32_t i = 0; i < f->program->ncalls; i++) {
		const struct bc_call *c = &f->program->calls[i];
		const struct bc_limit_rule *const *rules;
		uint32_t func = callee_of(f, c), nth = 0, param;
		int n;

		rules = rules_of(f, c->sym, &n);
		for (int r = 0; r < n; r++)
			if (rules[r]->arg)
				found |= bc_wrappers_add(
					&f->wrappers, f->program, c, (uint32_t)rules[r]->arg);
		while ((param = bc_wrappers_next(&f->wrappers, func, &nth)) != BC_NONE)
			found |= bc_wrappers_add(&f->wrappers, f->program, c, param + 1);
	}
	return found;
}

static int sets_limits(const struct finder *f, uint32_t func)
{
	const struct bc_func *at = &f->program->funcs[func];

	for (uint32_t i = at->call; i < at->call + at->ncalls; i++) {
		const struct bc_call *c = &f->program->calls[i];
		uint32_t nth = 0;
		int n;

		rules_of(f, c->sym, &n);
		if (n || bc_wrappers_next(&f->wrappers, callee_of(f, c), &nth) != BC_NONE)
			return 1;
	}
	return 0;
}

/* ---- what one call does ---- */

/* An option that is not known might be any, so it sets nothing. */
static void apply_rule(const struct finder *f, const struct bc_limit_rule *rule,
	const struct bc_call_event *event, effect_list *effects)
{
	struct bc_event_reader reader = {f->program, event};
	struct bc_call_view view = bc_event_view(&reader);
	double ms;

	if (rule->when && bc_pred_eval(f->models, rule->when, &view, NULL) != BC_YES)
		return;
	switch (bc_timeout_eval(&rule->timeout, &view, &ms)) {
	case BC_NO: return;
	case BC_YES: break;
	case BC_UNKNOWN: ms = -1; break;
	}
	if (ms == 0) /* as in setsockopt(): none */
		return;
	bc_vec_push(effects, (struct bc_limit){.call = event->call, .by = rule->by, .ms = ms});
}

/* A run of a wrapper with the arguments of a call, to see what it does to one parameter. */
struct trial {
	const struct finder *finder;
	uint32_t param;
	int depth;
	effect_list *effects;
};

static void effects_of_wrapper(const struct finder *f, const struct bc_call_event *event,
	uint32_t param, int depth, effect_list *effects);

static void try_call(void *context, const struct bc_call_event *event)
{
	struct trial *trial = context;
	const struct finder *f = trial->finder;
	const struct bc_call *c = &f->program->calls[event->call];
	const struct bc_limit_rule *const *rules;
	uint32_t nth = 0, param;
	int n;

	if (c->sym == BC_NONE || event->env->child)
		return;
	rules = rules_of(f, c->sym, &n);
	for (int r = 0; r < n; r++)
		if (rules[r]->arg && parameter_at(f, c, (uint32_t)rules[r]->arg) == trial->param)
			apply_rule(f, rules[r], event, trial->effects);
	while ((param = bc_wrappers_next(&f->wrappers, callee_of(f, c), &nth)) != BC_NONE)
		if (parameter_at(f, c, param + 1) == trial->param)
			effects_of_wrapper(f, event, param, trial->depth + 1, trial->effects);
}

static void effects_of_wrapper(const struct finder *f, const struct bc_call_event *event,
	uint32_t param, int depth, effect_list *effects)
{
	const struct bc_call *c = &f->program->calls[event->call];
	struct trial trial = {f, param, depth, effects};
	struct bc_interp interp = f->interp;

	if (depth > MAX_WRAPPERS)
		return;
	interp.context = &trial;
	interp.call = try_call;
	bc_interp_run(&interp, f->program->syms[c->sym].func, event->args, (uint32_t)event->nargs);
}

/* ---- where it lands ---- */

struct landing {
	struct finder *finder;
	const struct bc_limit *limit;
	uint32_t call;
};

static void add_limit(void *context, uint32_t origin)
{
	struct landing *landing = context;

	bc_vec_push(&landing->finder->limits->list,
		(struct bc_limit){origin, landing->call, landing->limit->by, landing->limit->ms});
}

static void land(struct finder *f, uint32_t call, uint32_t arg, const effect_list *effects)
{
	const struct bc_call *c = &f->program->calls[call];
	uint32_t node =
		arg ? bc_call_argument(&f->program->funcs[c->func], c->node, (int)arg) : c->node;

	for (size_t i = 0; node != BC_NONE && i < effects->count; i++) {
		struct landing landing = {f, &effects->items[i], call};

		bc_modes_each_origin(f->limits->modes, c->func, node, add_limit, &landing);
	}
}

/* A call in some function, with what is known of its arguments there. */
static void settle_call(void *context, const struct bc_call_event *event)
{
	struct finder *f = context;
	const struct bc_call *c = &f->program->calls[event->call];
	const struct bc_limit_rule *const *rules;
	effect_list effects = {0};
	uint32_t nth = 0, handed;
	int n;

	if (c->sym == BC_NONE || event->env->child)
		return;
	rules = rules_of(f, c->sym, &n);
	for (int r = 0; r < n; r++) {
		uint32_t arg = (uint32_t)rules[r]->arg;

		effects.count = 0;
		apply_rule(f, rules[r], event, &effects);
		/* inside a wrapper little is known; its callers settle it */
		if (!arg || !bc_wrappers_has(&f->wrappers, c->func, parameter_at(f, c, arg)))
			land(f, event->call, arg, &effects);
	}
	while ((handed = bc_wrappers_next(&f->wrappers, callee_of(f, c), &nth)) != BC_NONE) {
		if (bc_wrappers_has(&f->wrappers, c->func, parameter_at(f, c, handed + 1)))
			continue;
		effects.count = 0;
		effects_of_wrapper(f, event, handed, 0, &effects);
		land(f, event->call, handed + 1, &effects);
	}
	bc_vec_fini(&effects);
}

/* ---- the whole ---- */

void bc_limits_init(struct bc_limits *limits, const struct bc_modes *modes,
	const struct bc_completion *completion, const uint8_t *forks)
{
	struct finder f = {.limits = limits, .program = modes->program, .models = modes->models};

	*limits = (struct bc_limits){.modes = modes};
	f.interp = (struct bc_interp){.program = f.program,
		.completion = completion,
		.forks = forks,
		.context = &f,
		.call = settle_call};
	while (find_wrappers_once(&f))
		;
	for (uint32_t i = 0; i < f.program->nfuncs; i++)
		if (sets_limits(&f, i))
			bc_interp_run(&f.interp, i, NULL, 0);
	bc_wrappers_fini(&f.wrappers);
}

void bc_limits_fini(struct bc_limits *limits)
{
	bc_vec_fini(&limits->list);
}

struct query {
	const struct bc_limits *limits;
	unsigned by;
	int origins, unlimited;
	double ms;
};

static void look_up(void *context, uint32_t origin)
{
	struct query *query = context;
	int limited = 0;

	query->origins++;
	for (size_t i = 0; i < query->limits->list.count; i++) {
		const struct bc_limit *limit = &query->limits->list.items[i];

		if (limit->origin != origin || !(limit->by & query->by))
			continue;
		limited = 1;
		if (limit->ms < 0 || query->ms < 0)
			query->ms = -1;
		else if (limit->ms > query->ms)
			query->ms = limit->ms;
	}
	query->unlimited |= !limited;
}

int bc_limits_of(
	const struct bc_limits *limits, uint32_t func, uint32_t node, unsigned by, double *ms)
{
	struct query query = {.limits = limits, .by = by};

	*ms = -1;
	if (!limits->list.count)
		return 0;
	bc_modes_each_origin(limits->modes, func, node, look_up, &query);
	*ms = query.ms;
	return query.origins && !query.unlimited;
}
