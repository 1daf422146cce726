/* The last step over all link units: one finding per site, fingerprints, order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "findings/build.h"

static int compare_loc(const struct bc_place_loc *a, const struct bc_place_loc *b)
{
	int order = strcmp(a->file, b->file);

	if (order)
		return order;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

/* By site, the more convincing first: what shared code says in several programs becomes one. */
static int compare_sites(const void *a, const void *b)
{
	const struct bc_finding *x = a, *y = b;
	int order = compare_loc(&x->sink.at, &y->sink.at);

	if (!order)
		order = strcmp(x->sink.function, y->sink.function);
	if (!order)
		order = strcmp(x->rule, y->rule);
	if (!order)
		order = (int)y->confidence - (int)x->confidence;
	if (!order)
		order = x->npath - y->npath;
	return order ? order : strcmp(x->callback.function, y->callback.function);
}

static int compare_findings(const void *a, const void *b)
{
	const struct bc_finding *x = a, *y = b;

	if (x->severity != y->severity)
		return (int)y->severity - (int)x->severity;
	if (x->confidence != y->confidence)
		return (int)y->confidence - (int)x->confidence;
	return compare_sites(a, b);
}

static int has_callback(const struct bc_finding *finding, const char *name)
{
	for (int i = 0; i < finding->ncallbacks; i++)
		if (!strcmp(finding->callbacks[i], name))
			return 1;
	return 0;
}

static void merge_callbacks(
	struct bc_report *report, struct bc_finding *into, const struct bc_finding *other)
{
	const char **all = BC_NEW_ARRAY(
		&report->arena, const char *, (size_t)(into->ncallbacks + other->ncallbacks));

	memcpy(all, into->callbacks, (size_t)into->ncallbacks * sizeof(*all));
	into->callbacks = all;
	for (int i = 0; i < other->ncallbacks; i++)
		if (!has_callback(into, other->callbacks[i]))
			all[into->ncallbacks++] = other->callbacks[i];
}

static void merge_sites(struct bc_findings *findings)
{
	size_t kept = 0;

	for (size_t i = 0; i < findings->findings.count; i++) {
		struct bc_finding *f = &findings->findings.items[i];
		struct bc_finding *last = kept ? &findings->findings.items[kept - 1] : NULL;

		if (last && !compare_loc(&last->sink.at, &f->sink.at) &&
			!strcmp(last->sink.function, f->sink.function) &&
			!strcmp(last->rule, f->rule))
			merge_callbacks(findings->report, last, f);
		else
			findings->findings.items[kept++] = *f;
	}
	findings->findings.count = kept;
}

/* Notes about files, one function, one rule: the first speaks for all. */
static int speaks_for(const struct bc_finding *first, const struct bc_finding *f)
{
	return first->severity == BC_SEV_NOTE && f->severity == BC_SEV_NOTE &&
	       first->bound == BC_BOUND_DATA && f->bound == BC_BOUND_DATA &&
	       !strcmp(first->rule, f->rule) && !strcmp(first->sink.in, f->sink.in) &&
	       !strcmp(first->sink.at.file, f->sink.at.file);
}

static void add_also(struct bc_report *report, struct bc_finding *first, const struct bc_finding *f)
{
	struct bc_site *all =
		BC_NEW_ARRAY(&report->arena, struct bc_site, (size_t)first->nalso + 1);

	if (first->nalso)
		memcpy(all, first->also, (size_t)first->nalso * sizeof(*all));
	all[first->nalso++] = (struct bc_site){f->sink.function, f->sink.at};
	first->also = all;
	merge_callbacks(report, first, f);
}

/* Expects findings in the order of their sites, where those of one function follow each other. */
static void merge_notes(struct bc_findings *findings)
{
	size_t kept = 0;

	for (size_t i = 0; i < findings->findings.count; i++) {
		struct bc_finding *f = &findings->findings.items[i];
		size_t k = kept;

		while (k && !speaks_for(&findings->findings.items[k - 1], f) &&
			!strcmp(findings->findings.items[k - 1].sink.in, f->sink.in))
			k--;
		if (k && speaks_for(&findings->findings.items[k - 1], f))
			add_also(findings->report, &findings->findings.items[k - 1], f);
		else
			findings->findings.items[kept++] = *f;
	}
	findings->findings.count = kept;
}

/*
 * The same finding keeps its fingerprint when lines move or the way to it changes: it is made of
 * the rule, the blocking function, the function and file that call it, and, for several such calls
 * in one function, their order. Expects findings in the order of their sites.
 */
static void set_fingerprints(struct bc_findings *findings)
{
	size_t first = 0; /* of the run of findings in the same function */

	for (size_t i = 0; i < findings->findings.count; i++) {
		struct bc_finding *f = &findings->findings.items[i];
		const struct bc_finding *head = &findings->findings.items[first];
		char text[1024];
		int nth = 0;

		if (strcmp(head->sink.in, f->sink.in) != 0 ||
			strcmp(head->sink.at.file, f->sink.at.file) != 0)
			first = i;
		for (size_t k = first; k < i; k++)
			nth += !strcmp(findings->findings.items[k].rule, f->rule) &&
			       !strcmp(findings->findings.items[k].sink.function, f->sink.function);
		snprintf(text, sizeof(text), "%s|%s|%s|%s|%d", f->rule, f->sink.function,
			f->sink.in, f->sink.at.file, nth);
		snprintf(f->fingerprint, sizeof(f->fingerprint), "%016llx",
			(unsigned long long)XXH3_64bits(text, strlen(text)));
	}
}

static int compare_callbacks(const void *a, const void *b)
{
	const struct bc_callback_info *x = a, *y = b;
	int order = compare_loc(&x->at, &y->at);

	if (!order)
		order = strcmp(x->function, y->function);
	if (!order)
		order = (int)x->context - (int)y->context;
	return order;
}

static int compare_unresolved(const void *a, const void *b)
{
	const struct bc_unresolved *x = a, *y = b;

	return compare_loc(&x->at, &y->at);
}

static int compare_remarks(const void *a, const void *b)
{
	const struct bc_remark *x = a, *y = b;
	int order = compare_loc(&x->at, &y->at);

	return order ? order : strcmp(x->message, y->message);
}

/* Sorts, and keeps the first of each run of equals. */
#define SORT_UNIQUE(vec, compare) \
	do { \
		size_t kept_ = 0; \
		if ((vec)->count) \
			qsort((vec)->items, (vec)->count, sizeof(*(vec)->items), (compare)); \
		for (size_t i_ = 0; i_ < (vec)->count; i_++) \
			if (!kept_ || (compare)(&(vec)->items[kept_ - 1], &(vec)->items[i_])) \
				(vec)->items[kept_++] = (vec)->items[i_]; \
		(vec)->count = kept_; \
	} while (0)

#define MOVE_TO_REPORT(report, vec, items_out, count_out) \
	do { \
		(count_out) = (__typeof__(count_out))(vec)->count; \
		(items_out) = \
			bc_arena_calloc(&(report)->arena, (vec)->count, sizeof(*(vec)->items)); \
		if ((vec)->count) \
			memcpy((items_out), (vec)->items, (vec)->count * sizeof(*(vec)->items)); \
		bc_vec_fini(vec); \
	} while (0)

void bc_findings_finish(struct bc_findings *findings)
{
	struct bc_report *report = findings->report;

	if (findings->findings.count)
		qsort(findings->findings.items, findings->findings.count,
			sizeof(*findings->findings.items), compare_sites);
	merge_sites(findings);
	set_fingerprints(findings);
	merge_notes(findings);
	if (findings->findings.count)
		qsort(findings->findings.items, findings->findings.count,
			sizeof(*findings->findings.items), compare_findings);
	SORT_UNIQUE(&findings->callbacks, compare_callbacks);
	SORT_UNIQUE(&findings->unresolved, compare_unresolved);
	SORT_UNIQUE(&findings->remarks, compare_remarks);
	for (size_t i = 0; i < findings->callbacks.count; i++)
		report->summary.callbacks += findings->callbacks.items[i].context == BC_CTX_LOOP;
	MOVE_TO_REPORT(report, &findings->findings, report->findings, report->nfindings);
	MOVE_TO_REPORT(report, &findings->unresolved, report->unresolved, report->nunresolved);
	MOVE_TO_REPORT(report, &findings->callbacks, report->callbacks, report->ncallbacks);
	MOVE_TO_REPORT(report, &findings->remarks, report->remarks, report->nremarks);
	MOVE_TO_REPORT(
		report, &findings->functions, report->graph.functions, report->graph.nfunctions);
	MOVE_TO_REPORT(report, &findings->calls, report->graph.calls, report->graph.ncalls);
	bc_graph_finish(&report->arena, &report->graph);
}

void bc_report_keep_asked(struct bc_report *report)
{
	int kept = 0;

	for (int i = 0; i < report->nfindings; i++)
		if (!report->findings[i].elsewhere)
			report->findings[kept++] = report->findings[i];
	report->summary.elsewhere = report->nfindings - kept;
	report->nfindings = kept;
}

void bc_report_fini(struct bc_report *report)
{
	bc_arena_fini(&report->arena);
}
