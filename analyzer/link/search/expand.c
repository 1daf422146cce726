#include "link/search/expand.h"

#include <stdlib.h>
#include <string.h>

#include "link/search/states.h"

struct expansion {
	struct bc_search *search;
	uint32_t state;
};

/* Of one hop: how its target was found, and under which conditions the call stands. */
static uint8_t confidence_of_hop(
	const struct bc_search *s, const struct bc_call_event *event, uint32_t target)
{
	if (event->env->maybe_child || event->env->maybe_start ||
		bc_identity_decides(s->identity, event->func, event->env->guards))
		return BC_CONF_POSSIBLE;
	return s->program->targets[target].kind == BC_TARGET_LENIENT ? BC_CONF_LIKELY
								     : BC_CONF_CERTAIN;
}

static int known_callee(const struct bc_call_event *event, uint32_t sym)
{
	if (event->callee.kind != BC_V_FUNCS)
		return 1;
	for (int i = 0; i < event->callee.n; i++)
		if (event->callee.u.funcs[i] == sym)
			return 1;
	return 0;
}

/* Packs speak of libraries; only the project itself speaks of functions with bodies. */
static int fits(const struct bc_search *s, const struct bc_sink_rule *rule, uint32_t sym)
{
	uint32_t type = s->program->syms[sym].type;

	if (!rule->own && s->program->syms[sym].func != BC_NONE &&
		!(s->program->syms[sym].flags & BC_SYM_SYSTEM))
		return 0;
	return rule->params < 0 || type == BC_NONE || s->program->types[type].noproto ||
	       (int)strlen(s->program->types[type].params) == rule->params;
}

/* ---- hits ---- */

static void push_hit(struct bc_search *s, struct bc_hit *hit, const struct bc_call_event *event)
{
	int confidence = confidence_of_hop(s, event, hit->target);

	if (hit->verdict.confidence > confidence)
		hit->verdict.confidence = confidence;
	hit->phases = bc_phases_of_call(s->life, event, &hit->flag);
	if (hit->verdict.blocks)
		bc_vec_push(&s->hits, *hit);
}

static void add_hit(struct bc_search *s, uint32_t state, uint32_t target,
	const struct bc_sink_rule *rule, const struct bc_call_event *event)
{
	struct bc_hit hit = {.state = state, .call = event->call, .target = target, .rule = rule};

	hit.verdict = bc_verdict_of(&s->sources, rule, event);
	push_hit(s, &hit, event);
}

/* A helper whose blocking call only fails, and which is called again and again for that. */
static void add_spin(
	struct bc_search *s, uint32_t state, uint32_t target, const struct bc_call_event *event)
{
	struct bc_hit hit = {.state = state, .call = event->call, .target = target};

	if (bc_verdict_of_spin(&s->sources, event, &hit.verdict, &hit.rule))
		push_hit(s, &hit, event);
}

/* The loop that runs inside a callback serves, while it lasts, all that it was made for; the one
 * outside stands still. */
static void add_nested_loop(
	struct bc_search *s, uint32_t state, uint32_t target, const struct bc_call_event *event)
{
	const struct bc_sink_rule *rule = &s->discovery->nested;
	struct bc_hit hit = {.state = state,
		.call = event->call,
		.target = target,
		.rule = rule,
		.verdict = {.category = rule->category,
			.blocks = 1,
			.confidence = BC_CONF_LIKELY,
			.bound = rule->bound,
			.ms = -1}};

	push_hit(s, &hit, event);
}

/* What the author says of a function goes before the packs. */
static void add_hits(struct bc_search *s, uint32_t state, uint32_t target, uint32_t sym,
	const struct bc_call_event *event)
{
	const struct bc_name_rules *rules = s->program->syms[sym].rules;

	if (s->marks->of[sym].flags & BC_MARK_BLOCKING) {
		add_hit(s, state, target, s->marks->of[sym].rule, event);
		return;
	}
	for (int i = 0; i < rules->nsinks; i++)
		if (fits(s, rules->sinks[i], sym))
			add_hit(s, state, target, rules->sinks[i], event);
}

/* 1 when a plugin has had its say, and there is no more to it. */
static int ask_plugins(struct bc_search *s, uint32_t state, uint32_t target, uint32_t sym,
	const struct bc_call_event *event)
{
	struct bc_opinion opinion;
	struct bc_hit hit = {.state = state, .call = event->call, .target = target};

	if (!(s->marks->of[sym].flags & BC_MARK_WATCHED) ||
		!bc_consult(s->plugins, s->sources.arena, s->program, sym, event, &opinion))
		return 0;
	hit.rule = opinion.rule;
	hit.verdict = opinion.verdict;
	push_hit(s, &hit, event);
	return 1;
}

/* Loops that only look are in no call's way, so the interpreter does not tell of them. */
static void add_busy_loops(struct bc_search *s, uint32_t state)
{
	uint32_t func = s->states.items[state].func, region = s->states.items[state].region;
	const struct bc_func *f = &s->program->funcs[func];

	for (size_t i = 0; s->busy->has[func] && i < s->busy->list.count; i++) {
		const struct bc_busy_loop *loop = &s->busy->list.items[i];

		if (loop->func != func ||
			(region != BC_NONE &&
				(loop->node <= region ||
					loop->node >= region + f->nodes[region].size)))
			continue;
		bc_vec_push(&s->hits, (struct bc_hit){.state = state,
					      .call = loop->call,
					      .target = loop->target,
					      .rule = &s->busy->rule,
					      .verdict = {.category = s->busy->rule.category,
						      .blocks = 1,
						      .confidence = BC_CONF_POSSIBLE,
						      .bound = s->busy->rule.bound,
						      .ms = -1,
						      .worst = {-1, "until somebody else ends it"},
						      .spins = BC_SPINS_LOOKING}});
	}
}

/* ---- edges ---- */

static void follow(struct bc_search *s, uint32_t state, uint32_t target, uint32_t ntargets,
	const struct bc_call_event *event)
{
	struct bc_edge edge = {
		.from = state, .call = event->call, .target = target, .ntargets = ntargets};
	const struct bc_target *t = &s->program->targets[target];
	uint32_t func = s->program->syms[t->sym].func;
	uint32_t caller = s->program->funcs[event->func].sym;

	if (bc_marks_cut(s->marks, s->program, caller, t->sym))
		return;
	if (!bc_mark_ends_path(&s->marks->of[t->sym]) &&
		ask_plugins(s, state, target, t->sym, event))
		return;
	if (s->relevance->is_sink[t->sym]) {
		add_hits(s, state, target, t->sym, event);
		return;
	}
	if (func == BC_NONE || !s->relevance->to_sink[func] ||
		bc_mark_ends_path(&s->marks->of[t->sym]))
		return;
	add_spin(s, state, target, event);
	if (s->discovery->drives[func] && !s->promises)
		add_nested_loop(s, state, target, event);
	edge.to = bc_state_entered(s, func, event, t->kind != BC_TARGET_SYNC);
	edge.confidence = confidence_of_hop(s, event, target);
	edge.phases = bc_phases_of_call(s->life, event, &edge.flag);
	bc_vec_push(&s->edges, edge);
}

static void on_call(void *context, const struct bc_call_event *event)
{
	struct expansion *e = context;
	struct bc_search *s = e->search;
	const struct bc_call *c = &s->program->calls[event->call];
	uint32_t region = s->states.items[e->state].region, n = 0;

	if (region != BC_NONE) {
		const struct bc_func *f = &s->program->funcs[event->func];

		if (c->node < region || c->node >= region + f->nodes[region].size)
			return;
	}
	if (event->env->child)
		return;
	if (!s->promises &&
		(s->discovery->is_loop_wait[event->call] || s->discovery->is_dispatch[event->call]))
		return;
	for (uint32_t t = 0; t < c->ntargets; t++)
		n += (uint32_t)known_callee(event, s->program->targets[c->target + t].sym);
	for (uint32_t t = 0; t < c->ntargets; t++) {
		const struct bc_target *target = &s->program->targets[c->target + t];

		if (target->kind == BC_TARGET_DIRECT || target->kind == BC_TARGET_SYNC ||
			known_callee(event, target->sym))
			follow(s, e->state, c->target + t, c->sym == BC_NONE ? n : 1, event);
	}
	if (!c->ntargets)
		bc_vec_push(&s->unresolved, event->call);
}

void bc_search_expand(struct bc_search *s, uint32_t state)
{
	struct expansion expansion = {s, state};
	uint32_t func = s->states.items[state].func, n = bc_state_values(s, func);
	struct bc_value *params = bc_xmalloc((n + 1) * sizeof(*params));

	/* a copy: new states move the array, which is NULL as long as no function took a parameter
	 */
	if (n)
		memcpy(params, s->values.items + s->states.items[state].params,
			n * sizeof(*params));
	s->interp.context = &expansion;
	s->interp.call = on_call;
	s->states.items[state].edge = (uint32_t)s->edges.count;
	bc_interp_run(&s->interp, func, params, n);
	s->states.items[state].nedges = (uint32_t)s->edges.count - s->states.items[state].edge;
	add_busy_loops(s, state);
	free(params);
}
