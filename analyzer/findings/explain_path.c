/* Why each hop of a path is believed, and what could make it wrong. */
#include <string.h>

#include "facts/text.h"
#include "findings/explain.h"

enum { MAX_RIVALS = 64 };

/* One call of the path, while its function is interpreted again as the search did. */
struct replay {
	struct bc_explaining *e;
	uint32_t call, target;
	struct bc_hop *hop;
	int seen;
};

/* ---- pointers ---- */

static struct bc_place_loc put_at(struct bc_explaining *e, const struct bc_target *target)
{
	const struct bc_flow *flow = target->place == BC_NONE ? NULL
							      : bc_witness(&e->linked->solution,
									target->place, target->sym);

	return flow ? bc_explain_at_node(e, flow->func, flow->node)
		    : (struct bc_place_loc){"", 0, 0};
}

static const char *reason_of(struct bc_explaining *e, uint32_t call, const struct bc_target *target)
{
	const struct bc_program *program = e->program;
	const char *name = program->syms[target->sym].name;

	switch ((enum bc_target_kind)target->kind) {
	case BC_TARGET_DIRECT: return NULL;
	case BC_TARGET_SYNC:
		return bc_arena_printf(e->arena, "%s() is handed to %s(), which calls it at once",
			name, program->syms[program->calls[call].sym].name);
	case BC_TARGET_EXACT:
		return bc_arena_printf(
			e->arena, "%s() was put there, and its type is that of the call", name);
	case BC_TARGET_LENIENT:
		return bc_arena_printf(e->arena,
			"%s() was put there; its type is like that of the call, not the same",
			name);
	}
	return NULL;
}

static int may_be(const struct bc_value *callee, uint32_t sym)
{
	if (callee->kind != BC_V_FUNCS)
		return 1;
	for (int i = 0; i < callee->n; i++)
		if (callee->u.funcs[i] == sym)
			return 1;
	return 0;
}

static void explain_pointer(struct replay *r, const struct bc_call_event *event)
{
	struct bc_explaining *e = r->e;
	const struct bc_call *c = &e->program->calls[r->call];
	const struct bc_target *target = &e->program->targets[r->target];

	r->hop->reason = reason_of(e, r->call, target);
	if (target->kind != BC_TARGET_EXACT && target->kind != BC_TARGET_LENIENT)
		return;
	r->hop->rivals = BC_NEW_ARRAY(e->arena, struct bc_rival, c->ntargets);
	for (uint32_t t = c->target; t < c->target + c->ntargets; t++) {
		const struct bc_target *other = &e->program->targets[t];

		if (t == r->target || other->sym == target->sym ||
			!may_be(&event->callee, other->sym) || r->hop->nrivals == MAX_RIVALS)
			continue;
		r->hop->rivals[r->hop->nrivals++] = (struct bc_rival){
			bc_arena_strdup(e->arena, e->program->syms[other->sym].name),
			put_at(e, other)};
	}
}

/* ---- conditions ---- */

/* The interpreter left a condition open exactly where it kept it as a guard. */
static int is_open(const struct bc_env *env, uint32_t first, uint32_t end)
{
	for (const struct bc_guard *guard = env->guards; guard; guard = guard->up)
		if (guard->node >= first && guard->node < end)
			return 1;
	return 0;
}

static int is_open_condition(
	const struct bc_func *f, const struct bc_env *env, const struct bc_condition *condition)
{
	uint32_t node = condition->condition;

	if (condition->truth == BC_GUARD_CASE)
		return condition->first != BC_NONE &&
		       is_open(env, condition->first, condition->last + 1);
	return is_open(env, node, node + f->nodes[node].size);
}

/* if (cf_pause_mode): somebody who knows the program may know how that stands. */
static int asks_settings(const struct bc_func *f, uint32_t node)
{
	int asks = 0;

	for (uint32_t i = node; i < node + f->nodes[node].size; i++) {
		if (f->nodes[i].kind == BC_N_CALL || f->nodes[i].kind == BC_N_INDEX)
			return 0;
		asks |= f->nodes[i].kind == BC_N_VAR || f->nodes[i].kind == BC_N_FIELD;
	}
	return asks;
}

static void add_condition(struct replay *r, uint32_t func, const struct bc_body *body,
	const struct bc_condition *condition)
{
	struct bc_hop *hop = r->hop;
	struct bc_buf text = {0};

	bc_text_guard(body, condition, &text);
	hop->conditions[hop->nconditions++] =
		(struct bc_open_condition){bc_arena_strdup(r->e->arena, bc_buf_text(&text)),
			asks_settings(&r->e->program->funcs[func], condition->condition),
			bc_explain_at_node(r->e, func, condition->condition)};
	bc_buf_fini(&text);
}

static void explain_conditions(struct replay *r, const struct bc_call_event *event)
{
	const struct bc_call *c = &r->e->program->calls[r->call];
	const struct bc_func *f = &r->e->program->funcs[c->func];
	struct bc_body body = bc_explain_body(r->e, c->func);
	struct bc_guards guards;

	if (bc_guards_of(&body, c->node, &guards) != 0)
		return;
	r->hop->conditions =
		BC_NEW_ARRAY(r->e->arena, struct bc_open_condition, (size_t)guards.count + 1);
	for (uint32_t i = 0; i < guards.count; i++)
		if (is_open_condition(f, event->env, &guards.items[i]))
			add_condition(r, c->func, &body, &guards.items[i]);
}

static void explain_doubt(struct replay *r, const struct bc_call_event *event)
{
	if (event->env->maybe_child)
		r->hop->doubt = "it may happen only in a child after fork()";
	else if (bc_identity_decides(&r->e->linked->identity, event->func, event->env->guards))
		r->hop->doubt = "it stands under a condition on the thread";
}

/* ---- the path again ---- */

static void see_call(void *context, const struct bc_call_event *event)
{
	struct replay *r = context;

	if (event->call != r->call || event->env->child || r->seen)
		return;
	r->seen = 1;
	explain_pointer(r, event);
	explain_conditions(r, event);
	explain_doubt(r, event);
}

/* Interprets the function once more, with the parameters that this path gives it. */
static void replay_hop(struct bc_explaining *e, uint32_t state_number, uint32_t call,
	uint32_t target, struct bc_hop *hop)
{
	const struct bc_search *search = e->found->search;
	const struct bc_state *state = &search->states.items[state_number];
	struct replay replay = {e, call, target, hop, 0};
	struct bc_interp interp = search->interp;

	interp.context = &replay;
	interp.call = see_call;
	bc_interp_run(&interp, state->func,
		search->values.items ? search->values.items + state->params : NULL,
		search->values.items ? e->program->funcs[state->func].nparams : 0);
}

void bc_explain_path(struct bc_explaining *e)
{
	const struct bc_search *search = e->found->search;
	const struct bc_hit *hit = e->found->hit;
	uint32_t edge = search->states.items[hit->state].from_edge;
	int i = e->found->finding->npath - 1;

	e->out->nhops = e->found->finding->npath;
	e->out->hops = BC_NEW_ARRAY(e->arena, struct bc_hop, (size_t)e->out->nhops);
	replay_hop(e, hit->state, hit->call, hit->target, &e->out->hops[i--]);
	for (; edge != BC_NONE && i >= 0; i--) {
		const struct bc_edge *hop = &search->edges.items[edge];

		replay_hop(e, hop->from, hop->call, hop->target, &e->out->hops[i]);
		edge = search->states.items[hop->from].from_edge;
	}
}
