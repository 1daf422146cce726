#include "findings/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "findings/join.h"

/* ---- order ---- */

static int compare_names(const struct bc_graph_function *a, const struct bc_graph_function *b)
{
	int order = strcmp(a->name, b->name);

	if (!order)
		order = strcmp(a->file, b->file);
	if (!order)
		order = a->line < b->line ? -1 : a->line > b->line;
	return order;
}

static int compare_functions(const void *a, const void *b, void *context)
{
	const struct bc_graph *graph = context;
	const uint32_t *x = a, *y = b;

	return compare_names(&graph->functions[*x], &graph->functions[*y]);
}

static int compare_calls(const void *a, const void *b)
{
	const struct bc_graph_call *x = a, *y = b;

	if (x->caller != y->caller)
		return x->caller < y->caller ? -1 : 1;
	if (x->callee != y->callee)
		return x->callee < y->callee ? -1 : 1;
	return x->via - y->via;
}

/* What shared code has in several programs becomes one. `number` receives the new indices. */
static void sort_functions(struct bc_arena *arena, struct bc_graph *graph, uint32_t *number)
{
	uint32_t n = graph->nfunctions, kept = 0;
	uint32_t *order = bc_xmalloc((n + 1) * sizeof(*order));
	struct bc_graph_function *sorted =
		BC_NEW_ARRAY(arena, struct bc_graph_function, (size_t)n + 1);

	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), compare_functions, graph);
	for (uint32_t i = 0; i < n; i++) {
		const struct bc_graph_function *function = &graph->functions[order[i]];

		if (kept && !compare_names(&sorted[kept - 1], function))
			sorted[kept - 1].indirect |= function->indirect;
		else
			sorted[kept++] = *function;
		number[order[i]] = kept - 1;
	}
	free(order);
	graph->functions = sorted;
	graph->nfunctions = kept;
}

static void sort_calls(struct bc_graph *graph, const uint32_t *number)
{
	struct bc_graph_call *calls = graph->calls;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < graph->ncalls; i++) {
		calls[i].caller = number[calls[i].caller];
		calls[i].callee = number[calls[i].callee];
	}
	if (graph->ncalls)
		qsort(calls, graph->ncalls, sizeof(*calls), compare_calls);
	for (uint32_t i = 0; i < graph->ncalls; i++)
		if (!kept || calls[kept - 1].caller != calls[i].caller ||
			calls[kept - 1].callee != calls[i].callee)
			calls[kept++] = calls[i];
	graph->ncalls = kept;
	for (uint32_t i = 0; i < kept; i++) {
		struct bc_graph_function *caller = &graph->functions[calls[i].caller];

		if (!caller->ncalls++)
			caller->call = i;
	}
}

static void set_hash(struct bc_graph *graph)
{
	struct bc_buf all = {0};
	uint64_t hash[2];

	for (uint32_t i = 0; i < graph->nfunctions; i++) {
		const struct bc_graph_function *function = &graph->functions[i];

		bc_buf_str(&all, function->name);
		bc_buf_char(&all, '\0');
		bc_buf_str(&all, function->file);
		bc_buf_char(&all, '\0');
		bc_buf_add(&all, &function->line, sizeof(function->line));
		bc_buf_char(&all, (char)('0' + function->indirect));
	}
	for (uint32_t i = 0; i < graph->ncalls; i++)
		bc_buf_add(&all, &graph->calls[i], sizeof(graph->calls[i]));
	bc_hash_bytes(bc_buf_text(&all), all.len, hash);
	graph->hash = hash[0];
	bc_buf_fini(&all);
}

void bc_graph_finish(struct bc_arena *arena, struct bc_graph *graph)
{
	uint32_t *number = bc_xmalloc(((size_t)graph->nfunctions + 1) * sizeof(*number));

	sort_functions(arena, graph, number);
	sort_calls(graph, number);
	set_hash(graph);
	free(number);
}

/* ---- questions ---- */

/* A measured name may have a clone's suffix, which no name in C has. */
static int compare_to_name(const char *measured, size_t n, const char *name)
{
	int order = strncmp(measured, name, n);

	return order ? order : name[n] ? -1 : 0;
}

static uint32_t find_first(const struct bc_graph *graph, const char *measured, size_t n)
{
	uint32_t low = 0, high = graph->nfunctions;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (compare_to_name(measured, n, graph->functions[middle].name) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t bc_graph_find(const struct bc_graph *graph, const char *function, const char *file)
{
	size_t n = strcspn(function, ".");
	uint32_t first = find_first(graph, function, n), best = UINT32_MAX;
	int most = 0, rivals = 0;

	for (uint32_t i = first;
		i < graph->nfunctions && !compare_to_name(function, n, graph->functions[i].name);
		i++) {
		int common = *file ? bc_join_same_file(file, graph->functions[i].file) : 1;

		if (common > most) {
			most = common;
			best = i;
			rivals = 0;
		} else if (common && common == most) {
			rivals = 1;
		}
	}
	return rivals ? UINT32_MAX : best;
}

int bc_graph_has_call(const struct bc_graph *graph, uint32_t caller, uint32_t callee)
{
	const struct bc_graph_function *function = &graph->functions[caller];

	for (uint32_t i = 0; i < function->ncalls; i++)
		if (graph->calls[function->call + i].callee == callee)
			return 1;
	return 0;
}
