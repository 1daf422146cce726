#include "link/search/paths.h"

#include <math.h>
#include <stdlib.h>

/* What doubt adds to the cost of a path: more than any length of certain calls. */
static const double doubt_cost[] = {
	[BC_CONF_POSSIBLE] = 10000, [BC_CONF_LIKELY] = 100, [BC_CONF_CERTAIN] = 0};

/* Of two ways that are as sure, one that is gone every day is shown. */
static const double RARE_COST = 50;

/* ---- costs ---- */

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

/* ---- a heap of the nearest ---- */

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

/* ---- Dijkstra ---- */

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

static void start_at_root(struct bc_search *s, struct heap *heap, uint32_t number)
{
	const struct bc_root *root = &s->roots->list.items[number];
	struct bc_state *state = &s->states.items[s->root_states[number]];
	double cost = doubt_cost[confidence_of_root(root)];

	if (!(root->phases & BC_PHASE_BIT(BC_PHASE_NORMAL)))
		cost += RARE_COST;
	if (cost >= state->cost)
		return;
	state->cost = cost;
	state->root = number;
	state->from_edge = BC_NONE;
	state->confidence = confidence_of_root(root);
	heap_push(heap, (struct heap_item){cost, s->root_states[number]});
}

void bc_search_find_paths(struct bc_search *s)
{
	struct heap heap = {0};

	for (uint32_t i = 0; i < s->roots->list.count; i++)
		if (s->root_states[i] != BC_NONE)
			start_at_root(s, &heap, i);
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
