#include "link/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "link/values.h"

/*
 * More sets of parameter values than this for one function say nothing more to a reader; of the
 * next callers only the functions that they hand over are known, since these decide where the path
 * goes: each(list, free_one) must not lead into what another caller of each() wants called. Beyond
 * the last limit nothing is known.
 */
enum { MAX_STATES_WITH_FIELDS = 12, MAX_STATES_WITH_VALUES = 16, MAX_STATES_PER_FUNCTION = 160 };

/* What doubt adds to the cost of a path: more than any length of certain calls. */
static const double doubt_cost[] = {
	[BC_CONF_POSSIBLE] = 10000, [BC_CONF_LIKELY] = 100, [BC_CONF_CERTAIN] = 0};

/* Of two ways that are as sure, one that is gone every day is shown. */
static const double RARE_COST = 50;

struct index_slot {
	uint64_t hash;
	uint32_t state; /* + 1; 0 is free */
};

struct bc_state_index {
	struct index_slot *slots;
	uint32_t nslots;
	uint8_t *states_of; /* per function: how many */
};

/* ---- states ---- */

static struct bc_state_index *index_new(uint32_t nfuncs)
{
	struct bc_state_index *index = bc_xmalloc(sizeof(*index));

	index->nslots = 1024;
	index->slots = bc_xmalloc(index->nslots * sizeof(*index->slots));
	memset(index->slots, 0, index->nslots * sizeof(*index->slots));
	index->states_of = bc_xmalloc(nfuncs + 1);
	memset(index->states_of, 0, nfuncs + 1);
	return index;
}

static void index_free(struct bc_state_index *index)
{
	if (!index)
		return;
	free(index->slots);
	free(index->states_of);
	free(index);
}

static void index_insert(struct bc_state_index *index, uint64_t hash, uint32_t state)
{
	uint32_t at = (uint32_t)hash & (index->nslots - 1);

	while (index->slots[at].state)
		at = (at + 1) & (index->nslots - 1);
	index->slots[at] = (struct index_slot){hash, state + 1};
}

static void index_grow(struct bc_state_index *index)
{
	struct index_slot *old = index->slots;
	uint32_t n = index->nslots;

	index->nslots *= 2;
	index->slots = bc_xmalloc(index->nslots * sizeof(*index->slots));
	memset(index->slots, 0, index->nslots * sizeof(*index->slots));
	for (uint32_t i = 0; i < n; i++)
		if (old[i].state)
			index_insert(index, old[i].hash, old[i].state - 1);
	free(old);
}

static int same_state(const struct bc_search *s, uint32_t state, uint32_t func, uint32_t region,
	const struct bc_value *values, uint32_t n)
{
	const struct bc_state *have = &s->states.items[state];

	if (have->func != func || have->region != region)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		if (!bc_value_same(&s->values.items[have->params + i], &values[i]))
			return 0;
	return 1;
}

static uint64_t hash_state(
	uint32_t func, uint32_t region, const struct bc_value *values, uint32_t n)
{
	uint64_t hash = XXH3_64bits_withSeed(&func, sizeof(func), region);

	for (uint32_t i = 0; i < n; i++) {
		uint64_t part = values[i].kind | (uint64_t)values[i].n << 8;

		if (values[i].kind == BC_V_INTS)
			part ^= (uint64_t)values[i].u.ints[0] << 16;
		else if (values[i].kind == BC_V_FUNCS)
			part ^= (uint64_t)values[i].u.funcs[0] << 16;
		else if (values[i].kind == BC_V_FD)
			part ^= (uint64_t)values[i].mask << 16 | (uint64_t)values[i].pad << 24;
		hash = XXH3_64bits_withSeed(&part, sizeof(part), hash);
	}
	return hash;
}

/* A state's values: one per parameter, then one per field that the function wants to know. */
static uint32_t values_of(const struct bc_search *s, uint32_t func)
{
	return s->program->funcs[func].nparams + s->interp.fields->nwanted[func];
}

static uint32_t state_of(
	struct bc_search *s, uint32_t func, uint32_t region, const struct bc_value *values)
{
	uint32_t n = values_of(s, func), state;
	uint64_t hash = hash_state(func, region, values, n);
	struct bc_state_index *index = s->index;

	for (uint32_t at = (uint32_t)hash & (index->nslots - 1); index->slots[at].state;
		at = (at + 1) & (index->nslots - 1))
		if (index->slots[at].hash == hash &&
			same_state(s, index->slots[at].state - 1, func, region, values, n))
			return index->slots[at].state - 1;
	state = (uint32_t)s->states.count;
	bc_vec_push(&s->states, (struct bc_state){.func = func,
					.region = region,
					.params = (uint32_t)s->values.count,
					.cost = INFINITY,
					.from_edge = BC_NONE});
	for (uint32_t i = 0; i < n; i++)
		bc_vec_push(&s->values, values[i]);
	index->states_of[func]++;
	if ((s->states.count + 1) * 2 > index->nslots)
		index_grow(index);
	index_insert(index, hash, state);
	return state;
}

/*
 * An argument as a value worth a state of its own: one integer, known functions, or a descriptor of
 * which something is known.
 */
static struct bc_value value_of_argument(
	const struct bc_search *s, const struct bc_call_event *event, uint32_t i)
{
	const struct bc_value *value = &event->args[i];
	const struct bc_call *c = &s->program->calls[event->call];
	const struct bc_func *f = &s->program->funcs[c->func];
	uint32_t node;

	if ((value->kind == BC_V_INTS && value->n == 1) || value->kind == BC_V_FUNCS ||
		value->kind == BC_V_FD)
		return *value;
	node = bc_call_argument(f, c->node, (int)i + 1);
	if (value->kind != BC_V_TOP || node == BC_NONE)
		return bc_value_top();
	return bc_modes_of_expr(s->sources.modes, c->func, node);
}

/* What is found ready by the caller is so in the callee. */
static struct bc_value bound_argument(
	const struct bc_search *s, const struct bc_call_event *event, uint32_t i)
{
	struct bc_value value = value_of_argument(s, event, i);
	const struct bc_call *c = &s->program->calls[event->call];
	uint32_t node = bc_call_argument(&s->program->funcs[c->func], c->node, (int)i + 1);

	if (value.kind == BC_V_FD && !value.pad && node != BC_NONE && event->env->guards &&
		bc_ready_says_guard(s->sources.ready, event, node))
		value.pad = 1;
	return value;
}

/* What the caller knows of a field of what an argument points to. */
static struct bc_value bound_field(
	const struct bc_search *s, const struct bc_call_event *event, struct bc_wanted_field wish)
{
	const struct bc_call *c = &s->program->calls[event->call];
	const struct bc_func *f = &s->program->funcs[c->func];
	uint32_t node = bc_call_argument(f, c->node, (int)wish.param + 1), record;
	struct bc_value value;

	if (node == BC_NONE)
		return bc_value_top();
	record = bc_interp_record(f, event->env, node);
	if (record == BC_NONE)
		return bc_value_top();
	value = bc_env_field(event->env, record, s->program->fields[wish.field].name);
	return (value.kind == BC_V_INTS && !value.pad) || value.kind == BC_V_NONNULL
		       ? value
		       : bc_value_top();
}

static uint32_t unbound_state(struct bc_search *s, uint32_t func, uint32_t region)
{
	uint32_t n = values_of(s, func), state;
	struct bc_value *values = bc_xmalloc((n + 1) * sizeof(*values));

	for (uint32_t i = 0; i < n; i++)
		values[i] = bc_value_top();
	state = state_of(s, func, region, values);
	free(values);
	return state;
}

/* The state of a callee as this call enters it. */
static uint32_t entered_state(
	struct bc_search *s, uint32_t func, const struct bc_call_event *event, int knows_arguments)
{
	uint32_t n = s->program->funcs[func].nparams, relevant = s->relevance->params[func], state;
	uint32_t nwanted = s->interp.fields->nwanted[func];
	struct bc_value *values;

	if (!knows_arguments || (!relevant && !nwanted) ||
		s->index->states_of[func] >= MAX_STATES_PER_FUNCTION)
		return unbound_state(s, func, BC_NONE);
	values = bc_xmalloc((n + nwanted + 1) * sizeof(*values));
	for (uint32_t i = 0; i < n; i++) {
		values[i] = i < BC_RELEVANT_PARAMS && relevant & (1u << i) && (int)i < event->nargs
				    ? bound_argument(s, event, i)
				    : bc_value_top();
		if (values[i].kind != BC_V_FUNCS &&
			s->index->states_of[func] >= MAX_STATES_WITH_VALUES)
			values[i] = bc_value_top();
	}
	for (uint32_t i = 0; i < nwanted; i++)
		values[n + i] = s->index->states_of[func] < MAX_STATES_WITH_FIELDS
					? bound_field(s, event, s->interp.fields->wanted[func][i])
					: bc_value_top();
	state = state_of(s, func, BC_NONE, values);
	free(values);
	return state;
}

/* ---- one state's calls ---- */

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

/* What the author says of a function goes before the packs. */
static void add_hits(struct bc_search *s, uint32_t state, uint32_t target, uint32_t sym,
	const struct bc_call_event *event)
{
	const struct bc_sink_rule *const *rules;
	int n;

	if (s->marks->of[sym].flags & BC_MARK_BLOCKING) {
		add_hit(s, state, target, s->marks->of[sym].rule, event);
		return;
	}
	rules = bc_models_sinks(s->models, s->program->syms[sym].name, &n);
	for (int i = 0; i < n; i++)
		if (fits(s, rules[i], sym))
			add_hit(s, state, target, rules[i], event);
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
	edge.to = entered_state(s, func, event, t->kind != BC_TARGET_SYNC);
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

static void expand(struct bc_search *s, uint32_t state)
{
	struct expansion expansion = {s, state};
	uint32_t func = s->states.items[state].func, n = values_of(s, func);
	struct bc_value *params = bc_xmalloc((n + 1) * sizeof(*params));

	/* a copy: new states move the array, which is NULL as long as no function took a parameter
	 */
	if (n)
		memcpy(params, s->values.items + s->states.items[state].params,
			n * sizeof(*params));
	s->interp.context = &expansion;
	s->states.items[state].edge = (uint32_t)s->edges.count;
	bc_interp_run(&s->interp, func, params, n);
	s->states.items[state].nedges = (uint32_t)s->edges.count - s->states.items[state].edge;
	add_busy_loops(s, state);
	free(params);
}

/* ---- the best paths ---- */

static double cost_of_edge(const struct bc_search *s, const struct bc_edge *edge)
{
	const struct bc_target *target = &s->program->targets[edge->target];

	if (target->kind == BC_TARGET_DIRECT || target->kind == BC_TARGET_SYNC)
		return 1 + doubt_cost[edge->confidence];
	return 2 + log2(edge->ntargets ? edge->ntargets : 1) + doubt_cost[edge->confidence];
}

static uint8_t confidence_of_root(const struct bc_root *root)
{
	if (root->assumed)
		return BC_CONF_POSSIBLE;
	if (root->kind == BC_ROOT_MODEL || root->kind == BC_ROOT_ANNOTATED ||
		root->kind == BC_ROOT_PROMISE)
		return BC_CONF_CERTAIN;
	return root->on_worker ? BC_CONF_POSSIBLE : BC_CONF_LIKELY;
}

/* A binary heap of (cost, state). */
struct heap_item {
	double cost;
	uint32_t state;
};

struct heap {
	BC_VEC(struct heap_item) items;
};

static int before(struct heap_item a, struct heap_item b)
{
	return a.cost < b.cost || (a.cost == b.cost && a.state < b.state);
}

static void heap_push(struct heap *heap, struct heap_item item)
{
	size_t i = heap->items.count;

	bc_vec_push(&heap->items, item);
	while (i && before(item, heap->items.items[(i - 1) / 2])) {
		heap->items.items[i] = heap->items.items[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap->items.items[i] = item;
}

static struct heap_item heap_pop(struct heap *heap)
{
	struct heap_item top = heap->items.items[0], item = bc_vec_pop(&heap->items);
	size_t i = 0, n = heap->items.count;

	while (2 * i + 1 < n) {
		size_t kid = 2 * i + 1;

		if (kid + 1 < n && before(heap->items.items[kid + 1], heap->items.items[kid]))
			kid++;
		if (!before(heap->items.items[kid], item))
			break;
		heap->items.items[i] = heap->items.items[kid];
		i = kid;
	}
	if (n)
		heap->items.items[i] = item;
	return top;
}

static void relax(struct bc_search *s, struct heap *heap, const struct bc_edge *edge, uint32_t id)
{
	const struct bc_state *from = &s->states.items[edge->from];
	struct bc_state *to = &s->states.items[edge->to];
	double cost = from->cost + cost_of_edge(s, edge);
	uint8_t confidence = edge->confidence;

	if (to->done || cost >= to->cost)
		return;
	to->cost = cost;
	to->root = from->root;
	to->from_edge = id;
	to->confidence = confidence < from->confidence ? confidence : from->confidence;
	heap_push(heap, (struct heap_item){cost, edge->to});
}

static void find_best_paths(struct bc_search *s)
{
	struct heap heap = {0};

	for (size_t i = 0; i < s->roots->list.count; i++) {
		const struct bc_root *root = &s->roots->list.items[i];
		struct bc_state *state;
		double cost;

		if (s->root_states[i] == BC_NONE)
			continue;
		state = &s->states.items[s->root_states[i]];
		cost = doubt_cost[confidence_of_root(root)];
		if (!(root->phases & BC_PHASE_BIT(BC_PHASE_NORMAL)))
			cost += RARE_COST;
		if (cost >= state->cost)
			continue;
		state->cost = cost;
		state->root = (uint32_t)i;
		state->from_edge = BC_NONE;
		state->confidence = confidence_of_root(root);
		heap_push(&heap, (struct heap_item){cost, s->root_states[i]});
	}
	while (heap.items.count) {
		struct bc_state *state = &s->states.items[heap_pop(&heap).state];

		if (state->done)
			continue;
		state->done = 1;
		for (uint32_t i = 0; i < state->nedges; i++)
			relax(s, &heap, &s->edges.items[state->edge + i], state->edge + i);
	}
	bc_vec_fini(&heap.items);
}

/* The edges once more, backwards. */
static void index_backwards(struct bc_search *s)
{
	uint32_t n = (uint32_t)s->states.count;
	uint32_t *at = s->into_at = bc_xmalloc((n + 2) * sizeof(*at));

	memset(at, 0, (n + 2) * sizeof(*at));
	s->into = bc_xmalloc((s->edges.count + 1) * sizeof(*s->into));
	for (size_t i = 0; i < s->edges.count; i++)
		at[s->edges.items[i].to + 2]++;
	for (uint32_t i = 0; i < n; i++)
		at[i + 2] += at[i + 1];
	/* filling moves each start to the next one's, so that at[i] is where i begins afterwards */
	for (size_t i = 0; i < s->edges.count; i++)
		s->into[at[s->edges.items[i].to + 1]++] = s->edges.items[i].from;
}

void bc_search_run(struct bc_search *s)
{
	s->root_states = bc_xmalloc((s->roots->list.count + 1) * sizeof(*s->root_states));
	s->index = index_new(s->program->nfuncs);
	s->interp.call = on_call;
	for (size_t i = 0; i < s->roots->list.count; i++) {
		const struct bc_root *root = &s->roots->list.items[i];

		s->root_states[i] =
			root->context == BC_CTX_LOOP && s->relevance->to_sink[root->func]
				? unbound_state(s, root->func, root->region)
				: BC_NONE;
	}
	for (size_t i = 0; i < s->states.count; i++)
		expand(s, (uint32_t)i);
	s->phases = bc_phases_of_states(s);
	find_best_paths(s);
	index_backwards(s);
}

void bc_search_fini(struct bc_search *s)
{
	index_free(s->index);
	free(s->root_states);
	free(s->phases);
	free(s->into);
	free(s->into_at);
	bc_vec_fini(&s->states);
	bc_vec_fini(&s->values);
	bc_vec_fini(&s->edges);
	bc_vec_fini(&s->hits);
	bc_vec_fini(&s->unresolved);
}

void bc_search_roots_of(
	const struct bc_search *s, const uint32_t *states, size_t nstates, uint8_t *roots)
{
	uint8_t *marked = bc_xmalloc(s->states.count + 1);
	BC_VEC(uint32_t) work = {0};

	memset(marked, 0, s->states.count + 1);
	for (size_t i = 0; i < nstates; i++) {
		marked[states[i]] = 1;
		bc_vec_push(&work, states[i]);
	}
	while (work.count) {
		uint32_t state = bc_vec_pop(&work);

		for (uint32_t i = s->into_at[state]; i < s->into_at[state + 1]; i++) {
			if (marked[s->into[i]])
				continue;
			marked[s->into[i]] = 1;
			bc_vec_push(&work, s->into[i]);
		}
	}
	for (size_t i = 0; i < s->roots->list.count; i++)
		if (s->root_states[i] != BC_NONE && marked[s->root_states[i]])
			roots[i] = 1;
	bc_vec_fini(&work);
	free(marked);
}
