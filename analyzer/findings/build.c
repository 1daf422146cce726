#include "findings/build.h"

#include <stdlib.h>

#include "findings/builder.h"
#include "findings/grade.h"

/* ---- places and text ---- */

const char *bc_builder_keep(struct bc_builder *b, const char *text)
{
	return text ? bc_arena_strdup(&b->report->arena, text) : NULL;
}

struct bc_place_loc bc_builder_at(
	struct bc_builder *b, const char *file, uint32_t line, uint32_t column)
{
	return (struct bc_place_loc){bc_builder_keep(b, file ? file : ""), line, column};
}

struct bc_place_loc bc_builder_at_node(struct bc_builder *b, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &b->linked->program.funcs[func];
	uint32_t loc = f->nodes[node].loc;

	return bc_builder_at(b, f->file, BC_LOC_LINE(loc), BC_LOC_COLUMN(loc));
}

struct bc_place_loc bc_builder_at_function(struct bc_builder *b, uint32_t func)
{
	const struct bc_program *program = &b->linked->program;
	const struct bc_func *f = &program->funcs[func];

	return bc_builder_at(
		b, f->file, f->line, f->sym == BC_NONE ? 0 : program->syms[f->sym].column);
}

/* ---- grouping hits ---- */

static int compare_hits(const void *a, const void *b, void *context)
{
	const struct bc_search *search = context;
	const struct bc_hit *x = &search->hits.items[*(const uint32_t *)a];
	const struct bc_hit *y = &search->hits.items[*(const uint32_t *)b];
	int cx, cy;

	if (x->call != y->call)
		return x->call < y->call ? -1 : 1;
	if (x->verdict.category != y->verdict.category)
		return x->verdict.category < y->verdict.category ? -1 : 1;
	cx = (int)bc_builder_confidence_of(search, x);
	cy = (int)bc_builder_confidence_of(search, y);
	if (cx != cy)
		return cx > cy ? -1 : 1;
	if (search->states.items[x->state].cost != search->states.items[y->state].cost)
		return search->states.items[x->state].cost < search->states.items[y->state].cost
			       ? -1
			       : 1;
	return x < y ? -1 : x > y;
}

static int same_site(const struct bc_hit *a, const struct bc_hit *b)
{
	return a->call == b->call && a->verdict.category == b->verdict.category;
}

static const char *file_of(const struct bc_builder *b, const struct bc_hit *hit)
{
	const struct bc_program *program = &b->linked->program;

	return program->funcs[program->calls[hit->call].func].file;
}

/* Is a site's best hit worth telling? Counts what is left out, and why. */
static int is_wanted(struct bc_builder *b, const struct bc_hit *hit)
{
	struct bc_report *report = b->report;
	const struct bc_config_path *path = bc_config_of_file(b->options->config, file_of(b, hit));
	enum bc_confidence wanted = path && path->min_confidence >= 0
					    ? (enum bc_confidence)path->min_confidence
					    : b->options->min_confidence;

	if (hit->verdict.category == BC_CAT_LOGGING && !b->options->logging)
		report->summary.hidden_logging++;
	else if (bc_within_budget(&hit->verdict, b->options->budget_ms))
		report->summary.hidden_budget++;
	else if (path && path->skip)
		report->summary.hidden_paths++;
	else if (bc_builder_confidence_of(b->search, hit) < wanted)
		report->summary.hidden_confidence++;
	else
		return 1;
	return 0;
}

/* One call site: its hits are order[0..n), the best first. */
static void add_site(struct bc_builder *b, const uint32_t *order, size_t n)
{
	const struct bc_search *search = b->search;
	const struct bc_hit *best = NULL;
	uint32_t *states;
	uint8_t *reaching, phases = 0;

	/* a site may be harmless on its best path and not on another: take the worst that counts */
	for (size_t i = 0; i < n && !best; i++)
		if (!bc_within_budget(&search->hits.items[order[i]].verdict, b->options->budget_ms))
			best = &search->hits.items[order[i]];
	if (!best)
		best = &search->hits.items[order[0]];
	if (!is_wanted(b, best))
		return;
	states = bc_xmalloc(n * sizeof(*states));
	reaching = bc_xcalloc(search->roots->list.count + 1, 1);
	for (size_t i = 0; i < n; i++) {
		const struct bc_hit *hit = &search->hits.items[order[i]];

		states[i] = hit->state;
		phases |= hit->phases ? hit->phases : search->phases[hit->state];
	}
	bc_search_roots_of(search, states, n, reaching);
	bc_builder_add_finding(b, best, reaching, phases);
	free(states);
	free(reaching);
}

static void add_sites(struct bc_builder *b)
{
	const struct bc_search *search = b->search;
	size_t n = 0, total = search->hits.count;
	uint32_t *order = bc_xmalloc((total + 1) * sizeof(*order));

	for (size_t i = 0; i < total; i++)
		if (search->states.items[search->hits.items[i].state].done)
			order[n++] = (uint32_t)i;
	qsort_r(order, n, sizeof(*order), compare_hits, (void *)search);
	for (size_t i = 0; i < n;) {
		size_t end = i + 1;

		while (end < n &&
			same_site(&search->hits.items[order[i]], &search->hits.items[order[end]]))
			end++;
		add_site(b, order + i, end - i);
		i = end;
	}
	free(order);
}

/* ---- beside the findings ---- */

static void add_unresolved(struct bc_builder *b)
{
	const struct bc_linked *linked = b->linked;
	uint8_t *seen = bc_xcalloc(linked->program.ncalls + 1, 1);

	for (size_t i = 0; i < linked->search.unresolved.count; i++) {
		uint32_t call = linked->search.unresolved.items[i];
		const struct bc_call *c = &linked->program.calls[call];
		struct bc_sources sources = {0};

		if (seen[call])
			continue;
		seen[call] = 1;
		bc_places_of_expr(&linked->solution.places, c->func, c->node + 1, &sources);
		bc_vec_push(&b->out->unresolved,
			(struct bc_unresolved){.at = bc_builder_at_node(b, c->func, c->node),
				.in = bc_builder_keep(b, bc_func_name(&linked->program, c->func)),
				.place = sources.list.count
						 ? bc_builder_keep(b,
							   bc_place_name(&linked->solution.places,
								   sources.list.items[0]))
						 : "an expression",
				.reason = "no target found"});
		bc_vec_fini(&sources.list);
	}
	free(seen);
}

static void add_callbacks(struct bc_builder *b)
{
	const struct bc_roots *roots = &b->linked->roots;

	for (size_t i = 0; i < roots->list.count; i++) {
		const struct bc_root *root = &roots->list.items[i];

		bc_vec_push(&b->out->callbacks,
			(struct bc_callback_info){
				.function = bc_builder_keep(
					b, bc_func_name(&b->linked->program, root->func)),
				.at = bc_builder_at_function(b, root->func),
				.loop = bc_builder_keep(b, root->loop),
				.registered_by = bc_builder_keep(b, root->registered_by),
				.registered_at =
					bc_builder_at(b, root->file, root->line, root->column),
				.context = root->context});
	}
}

static void count(struct bc_builder *b)
{
	const struct bc_program *program = &b->linked->program;
	struct bc_report *report = b->report;

	report->summary.functions += (int)program->nfuncs;
	report->summary.calls += (int)program->ncalls;
	for (uint32_t i = 0; i < program->ncalls; i++) {
		if (program->calls[i].sym != BC_NONE)
			continue;
		report->summary.indirect_calls++;
		report->summary.indirect_resolved += program->calls[i].ntargets > 0;
	}
}

void bc_findings_add(struct bc_findings *findings, const struct bc_linked *linked,
	const struct bc_findings_options *options)
{
	struct bc_builder b = {findings, findings->report, linked, &linked->search, options};

	add_sites(&b);
	if (linked->marks.npromises) {
		b.search = &linked->broken;
		add_sites(&b);
	}
	add_unresolved(&b);
	add_callbacks(&b);
	bc_findings_add_calls(findings, linked);
	bc_findings_add_remarks(findings, linked);
	count(&b);
}
