#include "link/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "link/link.h"

struct walk {
	const struct bc_program *program;
	struct bc_coverage *coverage;
	uint8_t *seen; /* per function */
	BC_VEC(uint32_t) work;
};

static const char *keep(struct bc_coverage *coverage, const char *text)
{
	return text ? bc_arena_strdup(&coverage->arena, text) : "";
}

static void note_site(struct walk *w, const struct bc_call *call, const struct bc_sym *sym)
{
	const struct bc_func *f = &w->program->funcs[call->func];
	uint32_t loc = f->nodes[call->node].loc;
	struct bc_uncovered_site site = {.function = keep(w->coverage, sym->name),
		.declared = keep(w->coverage, sym->file),
		.in = keep(w->coverage, bc_func_name(w->program, call->func)),
		.file = keep(w->coverage, f->file),
		.line = BC_LOC_LINE(loc),
		.column = BC_LOC_COLUMN(loc)};

	bc_vec_push(&w->coverage->sites, site);
}

/* What the compiler itself declares is no function of a library. */
static int is_foreign(const struct bc_sym *sym)
{
	return (sym->flags & BC_SYM_FUNCTION) && !(sym->flags & BC_SYM_INTERNAL) && sym->file &&
	       *sym->file && strncmp(sym->name, "__builtin_", 10) != 0;
}

static void visit_target(struct walk *w, const struct bc_call *call, uint32_t symbol)
{
	const struct bc_sym *sym = &w->program->syms[symbol];

	if (sym->func != BC_NONE) {
		if (!w->seen[sym->func]) {
			w->seen[sym->func] = 1;
			bc_vec_push(&w->work, sym->func);
		}
	} else if (is_foreign(sym) && !sym->rules->name) {
		note_site(w, call, sym);
	} else if (is_foreign(sym)) {
		bc_intern(&w->coverage->seen, sym->name);
	}
}

static void visit_calls(struct walk *w, uint32_t func, uint32_t region)
{
	const struct bc_func *f = &w->program->funcs[func];

	for (uint32_t i = 0; i < f->ncalls; i++) {
		const struct bc_call *call = &w->program->calls[f->call + i];

		if (region != BC_NONE &&
			(call->node < region || call->node >= region + f->nodes[region].size))
			continue;
		for (uint32_t t = 0; t < call->ntargets; t++)
			visit_target(w, call, w->program->targets[call->target + t].sym);
	}
}

void bc_coverage_add(struct bc_coverage *coverage, const struct bc_linked *linked)
{
	struct walk w = {&linked->program, coverage, NULL, {0}};

	w.seen = bc_xcalloc(w.program->nfuncs + 1, 1);
	for (size_t i = 0; i < linked->roots.list.count; i++) {
		const struct bc_root *root = &linked->roots.list.items[i];

		if (root->context != BC_CTX_LOOP)
			continue;
		if (root->region == BC_NONE)
			w.seen[root->func] = 1;
		visit_calls(&w, root->func, root->region);
	}
	while (w.work.count)
		visit_calls(&w, bc_vec_pop(&w.work), BC_NONE);
	bc_vec_fini(&w.work);
	free(w.seen);
}

/* ---- the list ---- */

static int compare_sites(const void *a, const void *b)
{
	const struct bc_uncovered_site *x = a, *y = b;
	int order = strcmp(x->function, y->function);

	if (!order)
		order = strcmp(x->file, y->file);
	if (!order)
		order = (x->line > y->line) - (x->line < y->line);
	return order ? order : (x->column > y->column) - (x->column < y->column);
}

static int compare_uncovered(const void *a, const void *b)
{
	const struct bc_uncovered *x = a, *y = b;

	if (x->nsites != y->nsites)
		return x->nsites < y->nsites ? 1 : -1;
	return strcmp(x->function, y->function);
}

void bc_coverage_finish(struct bc_coverage *coverage)
{
	struct bc_uncovered_site *sites = coverage->sites.items;
	size_t n = coverage->sites.count;

	if (n)
		qsort(sites, n, sizeof(*sites), compare_sites);
	for (size_t i = 0; i < n; i++) {
		if (i && !compare_sites(&sites[i], &sites[i - 1]))
			continue;
		if (!i || strcmp(sites[i].function, sites[i - 1].function) != 0)
			bc_vec_push(&coverage->list,
				(struct bc_uncovered){.function = sites[i].function,
					.declared = sites[i].declared,
					.example = &sites[i]});
		bc_vec_last(&coverage->list).nsites++;
	}
	if (coverage->list.count)
		qsort(coverage->list.items, coverage->list.count, sizeof(*coverage->list.items),
			compare_uncovered);
	coverage->known = (uint32_t)coverage->seen.strings.count;
}

void bc_coverage_fini(struct bc_coverage *coverage)
{
	bc_vec_fini(&coverage->sites);
	bc_vec_fini(&coverage->list);
	bc_intern_fini(&coverage->seen);
	bc_arena_fini(&coverage->arena);
}
