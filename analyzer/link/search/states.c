#include "link/search/states.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "link/interp/values.h"

/*
 * More sets of parameter values than this for one function say nothing more to a reader; of the
 * next callers only the functions that they hand over are known, since these decide where the path
 * goes: each(list, free_one) must not lead into what another caller of each() wants called. Beyond
 * the last limit nothing is known.
 */
enum { MAX_STATES_WITH_FIELDS = 12, MAX_STATES_WITH_VALUES = 16, MAX_STATES_PER_FUNCTION = 160 };

/* Longer texts are messages and paths, whose letters decide nothing. */
enum { MAX_MODE_LENGTH = 16 };

struct index_slot {
	uint64_t hash;
	uint32_t state; /* + 1; 0 is free */
};

struct bc_state_index {
	struct index_slot *slots;
	uint32_t nslots;
	uint8_t *states_of; /* per function: how many */
};

/* ---- the index ---- */

struct bc_state_index *bc_state_index_new(uint32_t nfuncs)
{
	struct bc_state_index *index = bc_xmalloc(sizeof(*index));

	index->nslots = 1024;
	index->slots = bc_xcalloc(index->nslots, sizeof(*index->slots));
	index->states_of = bc_xcalloc(nfuncs + 1, 1);
	return index;
}

void bc_state_index_free(struct bc_state_index *index)
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
	index->slots = bc_xcalloc(index->nslots, sizeof(*index->slots));
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
		else if (values[i].kind == BC_V_TEXT)
			part ^= XXH3_64bits(values[i].u.text, strlen(values[i].u.text));
		hash = XXH3_64bits_withSeed(&part, sizeof(part), hash);
	}
	return hash;
}

/* A state's values: one per parameter, then one per field that the function wants to know. */
uint32_t bc_state_values(const struct bc_search *s, uint32_t func)
{
	return s->program->funcs[func].nparams + s->interp.fields->nwanted[func];
}

static uint32_t state_of(
	struct bc_search *s, uint32_t func, uint32_t region, const struct bc_value *values)
{
	uint32_t n = bc_state_values(s, func), state;
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

/* ---- what a call binds ---- */

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

/* A short text, such as a mode, where the callee asks about its letters. */
static struct bc_value bound_text(const struct bc_call_event *event, uint32_t i)
{
	const struct bc_value *value = &event->args[i];

	return value->kind == BC_V_TEXT && !value->pad && strlen(value->u.text) <= MAX_MODE_LENGTH
		       ? *value
		       : bc_value_top();
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

uint32_t bc_state_unbound(struct bc_search *s, uint32_t func, uint32_t region)
{
	uint32_t n = bc_state_values(s, func), state;
	struct bc_value *values = bc_xmalloc((n + 1) * sizeof(*values));

	for (uint32_t i = 0; i < n; i++)
		values[i] = bc_value_top();
	state = state_of(s, func, region, values);
	free(values);
	return state;
}

/* The state of a callee as this call enters it. */
uint32_t bc_state_entered(
	struct bc_search *s, uint32_t func, const struct bc_call_event *event, int knows_arguments)
{
	uint32_t n = s->program->funcs[func].nparams, relevant = s->relevance->params[func], state;
	uint32_t letters = s->relevance->letters[func];
	uint32_t nwanted = s->interp.fields->nwanted[func];
	struct bc_value *values;

	if (!knows_arguments || (!relevant && !letters && !nwanted) ||
		s->index->states_of[func] >= MAX_STATES_PER_FUNCTION)
		return bc_state_unbound(s, func, BC_NONE);
	values = bc_xmalloc((n + nwanted + 1) * sizeof(*values));
	for (uint32_t i = 0; i < n; i++) {
		values[i] = i < BC_RELEVANT_PARAMS && relevant & (1u << i) && (int)i < event->nargs
				    ? bound_argument(s, event, i)
				    : bc_value_top();
		if (values[i].kind == BC_V_TOP && i < BC_RELEVANT_PARAMS && letters & (1u << i) &&
			(int)i < event->nargs)
			values[i] = bound_text(event, i);
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
