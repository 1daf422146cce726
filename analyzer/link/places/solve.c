#include "link/places/solve.h"

#include <stdlib.h>
#include <string.h>

#include "link/places/flows.h"
#include "link/places/held.h"

/* A call waiting for functions in one of the places it calls through (or hands over to be called).
 */
struct listener {
	uint32_t call;
	uint32_t next; /* next listener on the same place */
	int sync;
};

/* A target set aside: compatible, but neither exact nor cast on purpose. */
struct candidate {
	uint32_t call, sym, place;
};

/* A function stored where no place says: *slot = f, with slot out of some container. */
struct loose {
	uint32_t sym, place; /* the place of the pointer that was written through */
};

struct pair {
	uint32_t first, second;
};

struct solver {
	struct bc_program *program;
	struct bc_solution *solution;
	uint32_t *out;       /* per place: first flow out of it, BC_NONE */
	uint32_t *listening; /* per place: first listener */
	BC_VEC(struct bc_flow) flows;
	BC_VEC(struct listener) listeners;
	BC_VEC(struct pair) work; /* (place, function) to propagate */
	BC_VEC(struct candidate) lenient;
	BC_VEC(struct loose) loose;
	BC_VEC(struct bc_target) bound;
	BC_VEC(uint32_t) bound_call; /* the call of each bound target */
	struct bc_held *bound_set;   /* (call, function) pairs bound already */
	struct bc_sources sources;   /* of the flow being added */
};

/* ---- propagation ---- */

static void hold(struct solver *s, uint32_t place, uint32_t sym, uint32_t flow, int cast)
{
	if (bc_held_add(s->solution->held, place, sym, flow, cast))
		bc_vec_push(&s->work, (struct pair){place, sym});
}

/*
 * Can functions travel this way? Only places declared to hold functions or void * receive them, and
 * integers as wide as a pointer where a function was cast to one in plain sight. Without this, they
 * seep through every char * and counter of the program.
 */
static int carries(const struct solver *s, uint32_t dst, uint32_t src)
{
	const struct bc_places *places = &s->solution->places;

	switch ((int)bc_place_class(places, dst)) {
	case BC_CLASS_FPTR:
	case BC_CLASS_VPTR:
	case BC_CLASS_OTHER: return 1;
	case BC_CLASS_LONG:
		return src & BC_SRC_FUNC || bc_place_class(places, src) == BC_CLASS_LONG;
	default: return 0;
	}
}

static void add_flow(
	struct solver *s, uint32_t dst, uint32_t src, uint32_t func, uint32_t node, int cast)
{
	uint32_t id = (uint32_t)s->flows.count;

	if (dst == src || !carries(s, dst, src))
		return;
	bc_vec_push(&s->flows, (struct bc_flow){dst, src, func, node, (uint8_t)cast, BC_NONE});
	if (src & BC_SRC_FUNC) {
		hold(s, dst, src & ~BC_SRC_FUNC, id, cast);
		return;
	}
	s->flows.items[id].next = s->out[src];
	s->out[src] = id;
	for (size_t i = 0; i < s->solution->held->of[src].count; i++) {
		uint32_t sym = s->solution->held->of[src].items[i];

		hold(s, dst, sym, id, cast || bc_held_find(s->solution->held, src, sym)->cast);
	}
}

/* `dst` receives the value of an expression. */
static void flow_from_expr(
	struct solver *s, uint32_t dst, uint32_t func, uint32_t value, uint32_t node)
{
	struct bc_sources *sources = &s->sources;
	int cast;

	sources->list.count = 0;
	sources->flags = 0;
	bc_places_of_expr(&s->solution->places, func, value, sources);
	cast = sources->flags & BC_EXPR_CAST;
	for (size_t i = 0; i < sources->list.count; i++) {
		uint32_t src = sources->list.items[i];

		add_flow(s, dst, src, func, node, cast);
		if ((sources->flags & BC_EXPR_ADDR) && !(src & BC_SRC_FUNC))
			add_flow(s, src, dst, func, node, cast);
	}
}

/* ---- calls ---- */

static void bind_arguments(struct solver *s, uint32_t call, uint32_t callee)
{
	const struct bc_call *c = &s->program->calls[call];
	const struct bc_func *caller = &s->program->funcs[c->func];
	const struct bc_func *f = &s->program->funcs[callee];
	uint32_t i = 0;

	BC_EACH_KID(caller, c->node, kid)
	{
		if (kid == c->node + 1)
			continue; /* the callee itself */
		if (i >= f->nparams)
			break;
		flow_from_expr(
			s, bc_place_of_local(&s->solution->places, callee, i++), c->func, kid, kid);
	}
}

static void bind(
	struct solver *s, uint32_t call, uint32_t sym, enum bc_target_kind kind, uint32_t place)
{
	const struct bc_call *c = &s->program->calls[call];

	/* a direct call comes once, and first */
	if (kind != BC_TARGET_DIRECT &&
		(sym == c->sym || !bc_held_add(s->bound_set, call, sym, 0, 0)))
		return;
	bc_vec_push(&s->bound, (struct bc_target){sym, (uint8_t)kind, place});
	bc_vec_push(&s->bound_call, call);
	if (kind == BC_TARGET_SYNC)
		return;
	if (s->program->syms[sym].func != BC_NONE)
		bind_arguments(s, call, s->program->syms[sym].func);
	if (c->sym == BC_NONE)
		add_flow(s, bc_place_of_call(&s->solution->places, call),
			bc_place_of_return(&s->solution->places, sym), c->func, c->node, 0);
}

/* A function arrived in a place that `call` calls through. */
static void consider(
	struct solver *s, const struct listener *listener, uint32_t sym, uint32_t place, int cast)
{
	uint32_t call = listener->call;
	enum bc_match match = bc_match_types(
		s->program, s->program->calls[call].type, s->program->syms[sym].type);

	if (listener->sync)
		bind(s, call, sym, BC_TARGET_SYNC, place);
	else if (match == BC_MATCH_EXACT)
		bind(s, call, sym, BC_TARGET_EXACT, place);
	else if (match == BC_MATCH_LENIENT && cast)
		bind(s, call, sym, BC_TARGET_LENIENT, place);
	else if (match == BC_MATCH_LENIENT)
		bc_vec_push(&s->lenient, (struct candidate){call, sym, place});
}

static void propagate(struct solver *s)
{
	while (s->work.count) {
		struct pair p = bc_vec_pop(&s->work);
		const struct bc_held_entry *entry =
			bc_held_find(s->solution->held, p.first, p.second);
		int cast = entry->cast;

		s->solution->steps++;
		for (uint32_t i = s->out[p.first]; i != BC_NONE; i = s->flows.items[i].next)
			hold(s, s->flows.items[i].dst, p.second, i, cast || s->flows.items[i].cast);
		for (uint32_t i = s->listening[p.first]; i != BC_NONE;
			i = s->listeners.items[i].next)
			consider(s,
				&(struct listener){s->listeners.items[i].call, BC_NONE,
					s->listeners.items[i].sync},
				p.second, p.first, cast);
	}
}

/* One byte per call, which the caller frees: it has a target. */
static uint8_t *resolved_calls(const struct solver *s)
{
	uint8_t *resolved = bc_xcalloc(s->program->ncalls + 1, 1);

	for (size_t i = 0; i < s->bound_call.count; i++)
		resolved[s->bound_call.items[i]] = 1;
	return resolved;
}

/* Calls that the exact type left without any target take the compatible ones. */
static int relax_empty_calls(struct solver *s)
{
	uint8_t *resolved = resolved_calls(s);
	int changed = 0;

	for (size_t i = 0; i < s->lenient.count; i++) {
		struct candidate c = s->lenient.items[i];

		if (resolved[c.call])
			continue;
		bind(s, c.call, c.sym, BC_TARGET_LENIENT, c.place);
		changed = 1;
	}
	free(resolved);
	return changed;
}

/*
 * What is left without any target may call what was stored into memory that nobody tracks, such as
 * a container's slots: functions of exactly the same type, when they are few enough to mean
 * something.
 */
static int take_loose_functions(struct solver *s)
{
	uint8_t *resolved = resolved_calls(s);
	int changed = 0;

	for (uint32_t call = 0; call < s->program->ncalls; call++) {
		uint32_t type = s->program->calls[call].type;

		if (resolved[call] || type == BC_NONE || s->program->calls[call].sym != BC_NONE)
			continue;
		for (size_t i = 0; i < s->loose.count; i++)
			if (s->program->syms[s->loose.items[i].sym].type == type) {
				bind(s, call, s->loose.items[i].sym, BC_TARGET_LENIENT,
					s->loose.items[i].place);
				changed = 1;
			}
	}
	free(resolved);
	return changed;
}

/* ---- collecting the flows of the bodies ---- */

static void listen_on(struct solver *s, uint32_t place, uint32_t call, int sync)
{
	struct listener listener = {call, s->listening[place], sync};

	bc_vec_push(&s->listeners, listener);
	s->listening[place] = (uint32_t)s->listeners.count - 1;
	for (size_t i = 0; i < s->solution->held->of[place].count; i++) {
		uint32_t sym = s->solution->held->of[place].items[i];

		consider(s, &listener, sym, place,
			bc_held_find(s->solution->held, place, sym)->cast);
	}
}

/* The call reaches what the expression holds: its own callee, or (sync) an argument. */
static void call_through(struct solver *s, uint32_t call, uint32_t node, int sync)
{
	enum bc_target_kind kind = sync ? BC_TARGET_SYNC : BC_TARGET_EXACT;
	struct bc_sources sources = {0};

	bc_places_of_expr(&s->solution->places, s->program->calls[call].func, node, &sources);
	for (size_t i = 0; i < sources.list.count; i++) {
		if (sources.list.items[i] & BC_SRC_FUNC)
			bind(s, call, sources.list.items[i] & ~BC_SRC_FUNC, kind, BC_NONE);
		else
			listen_on(s, sources.list.items[i], call, sync);
	}
	bc_vec_fini(&sources.list);
}

/* A library function that calls its argument before it returns: qsort(), g_list_foreach(). */
static void add_sync_arguments(struct solver *s, uint32_t call)
{
	const struct bc_call *c = &s->program->calls[call];
	int nrules = s->program->syms[c->sym].rules->nregisters;
	const struct bc_register_rule *const *rules = s->program->syms[c->sym].rules->registers;

	for (int r = 0; r < nrules; r++)
		for (int i = 0; i < rules[r]->nroles; i++) {
			uint32_t arg = bc_call_argument(
				&s->program->funcs[c->func], c->node, rules[r]->roles[i].arg);

			if (rules[r]->roles[i].context == BC_CTX_SYNC && arg != BC_NONE)
				call_through(s, call, arg, 1);
		}
}

static void add_call(struct solver *s, uint32_t call)
{
	const struct bc_call *c = &s->program->calls[call];

	if (c->sym == BC_NONE) {
		call_through(s, call, c->node + 1, 0);
		return;
	}
	bind(s, call, c->sym, BC_TARGET_DIRECT, BC_NONE);
	if (s->program->syms[c->sym].func == BC_NONE)
		add_sync_arguments(s, call);
}

/* *slot = f through a local pointer: the slot may lie in any container. */
static void note_loose_store(struct solver *s, uint32_t dst, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &s->program->funcs[func];
	uint32_t value;

	if (f->nodes[node].kind != BC_N_ASSIGN || f->nodes[node + 1].kind != BC_N_DEREF ||
		f->nodes[node + 2].kind != BC_N_LOCAL)
		return;
	value = bc_kid(f, node, 1);
	value = bc_uncast(f, value);
	if (f->nodes[value].kind == BC_N_FUNC)
		bc_vec_push(&s->loose, (struct loose){bc_node_sym(f, &f->nodes[value]), dst});
}

static void read_flow(void *context, uint32_t dst, uint32_t func, uint32_t value, uint32_t node)
{
	struct solver *s = context;

	note_loose_store(s, dst, func, node);
	flow_from_expr(s, dst, func, value, node);
}

static void read_call(void *context, uint32_t call)
{
	add_call(context, call);
}

/* ---- results ---- */

static void store_targets(struct solver *s)
{
	struct bc_program *program = s->program;
	uint32_t *next = bc_xcalloc(program->ncalls + 1, sizeof(*next));
	uint32_t at = 0;

	for (size_t i = 0; i < s->bound_call.count; i++)
		next[s->bound_call.items[i]]++;
	for (uint32_t i = 0; i < program->ncalls; i++) {
		program->calls[i].target = at;
		program->calls[i].ntargets = next[i];
		at += next[i];
		next[i] = program->calls[i].target;
	}
	program->ntargets = at;
	program->targets = BC_NEW_ARRAY(program->arena, struct bc_target, at);
	for (size_t i = 0; i < s->bound.count; i++)
		program->targets[next[s->bound_call.items[i]]++] = s->bound.items[i];
	free(next);
}

static void fill_with_none(uint32_t *items, uint32_t n)
{
	memset(items, 0xff, n * sizeof(*items));
}

void bc_solve(struct bc_solution *solution, struct bc_program *program)
{
	struct solver s = {.program = program, .solution = solution};
	const struct bc_flow_reader reader = {read_flow, read_call, &s};
	uint32_t nplaces;

	*solution = (struct bc_solution){0};
	bc_places_init(&solution->places, program);
	nplaces = solution->places.count;
	solution->held = bc_held_new(nplaces);
	s.bound_set = bc_held_new(program->ncalls);
	s.out = bc_xmalloc(nplaces * sizeof(*s.out));
	s.listening = bc_xmalloc(nplaces * sizeof(*s.listening));
	fill_with_none(s.out, nplaces);
	fill_with_none(s.listening, nplaces);

	for (uint32_t i = 0; i < program->nfuncs; i++)
		bc_flows_of_body(&solution->places, i, &reader);
	do
		propagate(&s);
	while (relax_empty_calls(&s) || take_loose_functions(&s));

	store_targets(&s);
	bc_program_index_callers(program);
	solution->flows = s.flows.items;
	solution->nflows = (uint32_t)s.flows.count;
	bc_held_free(s.bound_set);
	bc_vec_fini(&s.sources.list);
	bc_vec_fini(&s.listeners);
	bc_vec_fini(&s.work);
	bc_vec_fini(&s.lenient);
	bc_vec_fini(&s.loose);
	bc_vec_fini(&s.bound);
	bc_vec_fini(&s.bound_call);
	free(s.out);
	free(s.listening);
}
