#include "findings/unseen.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "findings/join.h"

enum {
	/* Functions that end in a call are not on the stack: what they call seems to be called by
	 * their caller. So an edge counts as known when it can be made of this many known ones. */
	TAIL_CALLS = 4,
	MOST_REACHED = 4096
};

struct finder {
	struct bc_report *report;
	const struct bc_graph *graph;
	BC_VEC(struct bc_unseen) list;
	uint32_t *reached; /* work of is_explained() */
	uint8_t *mark;
};

/* ---- is it known? ---- */

static int is_explained(struct finder *f, uint32_t caller, uint32_t callee)
{
	const struct bc_graph *graph = f->graph;
	uint32_t n = 1, from = 0;
	int found = caller == callee;

	f->reached[0] = caller;
	f->mark[caller] = 1;
	for (int depth = 0; depth < TAIL_CALLS && !found; depth++) {
		uint32_t end = n;

		for (; from < end && !found; from++) {
			const struct bc_graph_function *at = &graph->functions[f->reached[from]];

			for (uint32_t i = 0; i < at->ncalls && n < MOST_REACHED; i++) {
				uint32_t next = graph->calls[at->call + i].callee;

				found |= next == callee;
				if (f->mark[next])
					continue;
				f->mark[next] = 1;
				f->reached[n++] = next;
			}
		}
	}
	for (uint32_t i = 0; i < n; i++)
		f->mark[f->reached[i]] = 0;
	return found;
}

static int is_callback(const struct bc_report *report, const struct bc_graph_function *function)
{
	for (int i = 0; i < report->ncallbacks; i++)
		if (!strcmp(report->callbacks[i].function, function->name) &&
			(!*report->callbacks[i].at.file ||
				!strcmp(report->callbacks[i].at.file, function->file)))
			return 1;
	return 0;
}

/* ---- adding ---- */

static const char *keep(struct finder *f, const char *text)
{
	return bc_arena_strdup(&f->report->arena, text);
}

static void add(struct finder *f, const struct bc_unseen *one)
{
	for (size_t i = 0; i < f->list.count; i++) {
		struct bc_unseen *known = &f->list.items[i];

		if (known->is_callback != one->is_callback ||
			strcmp(known->caller, one->caller) != 0 ||
			strcmp(known->callee, one->callee) != 0 ||
			strcmp(known->callee_at.file, one->callee_at.file) != 0)
			continue;
		known->count = bc_count_add(known->count, one->count);
		return;
	}
	if (f->list.count < BC_UNSEEN_MAX)
		bc_vec_push(&f->list, *one);
}

static struct bc_place_loc definition(struct finder *f, const struct bc_graph_function *function)
{
	return (struct bc_place_loc){keep(f, function->file), function->line, 0};
}

static void look_at_callback(struct finder *f, const struct bc_profile_callback *callback)
{
	uint32_t n = bc_graph_find(f->graph, callback->where.function, callback->where.file);
	const struct bc_graph_function *function;
	struct bc_unseen one = {.is_callback = 1, .count = callback->times.count};

	if (n == UINT32_MAX || callback->internal || !callback->times.count ||
		!strcmp(callback->api, "loop"))
		return;
	function = &f->graph->functions[n];
	if (is_callback(f->report, function))
		return;
	one.caller = keep(f, callback->api);
	one.caller_at.file = "";
	one.callee = keep(f, function->name);
	one.callee_at = definition(f, function);
	add(f, &one);
}

/* Only calls through pointers can be missing, so the caller must have one. */
static void look_at_call(struct finder *f, const struct bc_profile_where *caller,
	const struct bc_profile_where *callee, int64_t count)
{
	uint32_t from = bc_graph_find(f->graph, caller->function, caller->file);
	uint32_t to = bc_graph_find(f->graph, callee->function, callee->file);
	struct bc_unseen one = {.count = count};

	if (from == UINT32_MAX || to == UINT32_MAX || !f->graph->functions[from].indirect ||
		is_explained(f, from, to))
		return;
	one.caller = keep(f, f->graph->functions[from].name);
	one.caller_at = definition(f, &f->graph->functions[from]);
	if (caller->line)
		one.caller_at.line = caller->line;
	one.callee = keep(f, f->graph->functions[to].name);
	one.callee_at = definition(f, &f->graph->functions[to]);
	add(f, &one);
}

static void look_at(struct finder *f, const struct bc_profile *profile)
{
	for (int i = 0; i < profile->ncallbacks; i++)
		look_at_callback(f, &profile->callbacks[i]);
	for (int i = 0; i < profile->nstalls; i++) {
		const struct bc_profile_stall *stall = &profile->stalls[i];

		for (int k = 0; k + 1 < stall->nstack; k++)
			look_at_call(f, &stall->stack[k + 1], &stall->stack[k], stall->times.count);
	}
}

/* ---- the whole ---- */

static int compare(const void *a, const void *b)
{
	const struct bc_unseen *x = a, *y = b;
	int order = y->is_callback - x->is_callback;

	if (!order)
		order = strcmp(x->callee_at.file, y->callee_at.file);
	if (!order)
		order = strcmp(x->callee, y->callee);
	return order ? order : strcmp(x->caller, y->caller);
}

void bc_unseen_find(
	struct bc_report *report, const struct bc_graph *graph, const struct bc_profiles *profiles)
{
	struct finder f = {.report = report, .graph = graph};

	report->nunseen = 0;
	if (!graph->nfunctions)
		return;
	f.reached = bc_xmalloc(MOST_REACHED * sizeof(*f.reached));
	f.mark = bc_xcalloc(graph->nfunctions, 1);
	for (int i = 0; i < profiles->count; i++)
		look_at(&f, &profiles->items[i]);
	report->nunseen = (int)f.list.count;
	report->unseen = BC_NEW_ARRAY(&report->arena, struct bc_unseen, f.list.count + 1);
	if (f.list.count) {
		memcpy(report->unseen, f.list.items, f.list.count * sizeof(*f.list.items));
		qsort(report->unseen, f.list.count, sizeof(*report->unseen), compare);
	}
	bc_vec_fini(&f.list);
	free(f.reached);
	free(f.mark);
}
