/* What the solver found, for who asks: functions of places and expressions, witnesses, types. */
#include <stdlib.h>
#include <string.h>

#include "link/places/held.h"
#include "link/places/solve.h"

/* ---- signatures ---- */

static int is_pointer_class(int c)
{
	return c == BC_CLASS_PTR || c == BC_CLASS_VPTR || c == BC_CLASS_FPTR || c == BC_CLASS_ARRAY;
}

static int same_class(int a, int b)
{
	return a == b || (is_pointer_class(a) && is_pointer_class(b));
}

enum bc_match bc_match_types(const struct bc_program *program, uint32_t want, uint32_t have)
{
	const struct bc_typeinfo *w, *h;
	size_t n;

	if (want == have)
		return BC_MATCH_EXACT;
	if (want == BC_NONE || have == BC_NONE)
		return BC_MATCH_LENIENT;
	w = &program->types[want];
	h = &program->types[have];
	if (w->noproto || h->noproto)
		return BC_MATCH_LENIENT;
	n = strlen(w->params);
	if (strlen(h->params) != n || w->variadic != h->variadic)
		return BC_MATCH_NO;
	for (size_t i = 0; i < n; i++)
		if (!same_class(w->params[i] - 'a', h->params[i] - 'a'))
			return BC_MATCH_NO;
	if (w->ret != BC_CLASS_VOID && !same_class(w->ret, h->ret))
		return BC_MATCH_NO;
	return BC_MATCH_LENIENT;
}

/* ---- places and expressions ---- */

void bc_solution_fini(struct bc_solution *solution)
{
	bc_held_free(solution->held);
	bc_places_fini(&solution->places);
	free(solution->flows);
}

const uint32_t *bc_held_by(const struct bc_solution *solution, uint32_t place, uint32_t *n)
{
	*n = (uint32_t)solution->held->of[place].count;
	return solution->held->of[place].items;
}

void bc_each_function(const struct bc_solution *solution, uint32_t func, uint32_t node,
	void (*use)(void *context, uint32_t sym, uint32_t place), void *context)
{
	struct bc_sources sources = {0};

	bc_places_of_expr(&solution->places, func, node, &sources);
	for (size_t i = 0; i < sources.list.count; i++) {
		uint32_t place = sources.list.items[i], n;
		const uint32_t *syms;

		if (place & BC_SRC_FUNC) {
			use(context, place & ~BC_SRC_FUNC, BC_NONE);
			continue;
		}
		syms = bc_held_by(solution, place, &n);
		for (uint32_t k = 0; k < n; k++)
			use(context, syms[k], place);
	}
	bc_vec_fini(&sources.list);
}

const struct bc_flow *bc_witness(const struct bc_solution *solution, uint32_t place, uint32_t sym)
{
	const struct bc_held_entry *entry;
	const struct bc_flow *flow = NULL;

	while ((entry = bc_held_find(solution->held, place, sym))) {
		flow = &solution->flows[entry->flow];
		if (flow->src & BC_SRC_FUNC)
			return flow;
		place = flow->src;
	}
	return flow;
}
