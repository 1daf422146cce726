#include "findings/measured.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "findings/join.h"

struct maker {
	struct bc_arena *arena;
	struct bc_measured *out;
	BC_VEC(struct bc_surprise) surprises;
	BC_VEC(struct bc_measured_callback) callbacks;
};

/* ---- callbacks ---- */

static int is_same_where(const struct bc_profile_where *a, const struct bc_profile_where *b)
{
	return a->line == b->line && !strcmp(a->function, b->function) && !strcmp(a->file, b->file);
}

static void add_callback(struct maker *m, const struct bc_profile_callback *callback)
{
	struct bc_measured_callback *known = NULL;

	if (!callback->times.count)
		return;
	for (size_t i = 0; i < m->callbacks.count && !known; i++)
		if (is_same_where(&m->callbacks.items[i].where, &callback->where) &&
			!strcmp(m->callbacks.items[i].api, callback->api))
			known = &m->callbacks.items[i];
	if (!known) {
		bc_vec_push(&m->callbacks, (struct bc_measured_callback){.where = callback->where,
						   .api = callback->api,
						   .internal = callback->internal});
		known = &bc_vec_last(&m->callbacks);
	}
	bc_times_add(m->arena, &known->times, &callback->times);
	known->stalls = bc_count_add(known->stalls, callback->stalls);
	known->runs++;
}

/* ---- surprises ---- */

static const struct bc_profile_where *caller_of(const struct bc_profile_stall *stall)
{
	static const struct bc_profile_where nowhere = {"", "", 0, ""};

	return stall->nstack ? &stall->stack[0] : &nowhere;
}

static int is_same_stall(const struct bc_surprise *a, const struct bc_surprise *b)
{
	return !strcmp(a->rule, b->rule) && !strcmp(a->callback, b->callback) &&
	       !strcmp(a->worst->culprit, b->worst->culprit) &&
	       (a->worst->cause != BC_CAUSE_CALL ||
		       !strcmp(caller_of(a->worst)->function, caller_of(b->worst)->function));
}

static void add_surprise(struct maker *m, const struct bc_profile *profile,
	const struct bc_profile_stall *stall, int run)
{
	struct bc_surprise one = {.rule = bc_cause_rule(stall->cause),
		/* an overloaded machine is nobody's fault */
		.severity = stall->cause == BC_CAUSE_RUNQUEUE ? BC_SEV_NOTE : BC_SEV_WARNING,
		.callback = profile->callbacks[stall->callback].where.function,
		.worst = stall};
	struct bc_surprise *known = NULL;

	for (size_t i = 0; i < m->surprises.count && !known; i++)
		if (is_same_stall(&m->surprises.items[i], &one))
			known = &m->surprises.items[i];
	if (!known) {
		bc_vec_push(&m->surprises, one);
		known = &bc_vec_last(&m->surprises);
	}
	if (stall->times.max_ms > known->worst->times.max_ms)
		known->worst = stall;
	bc_times_add(m->arena, &known->times, &stall->times);
	known->runs += known->last_run != run;
	known->last_run = run;
}

static void add_run(struct maker *m, const struct bc_profile *profile, int run)
{
	for (int i = 0; i < profile->ncallbacks; i++)
		add_callback(m, &profile->callbacks[i]);
	for (int i = 0; i < profile->nstalls; i++) {
		const struct bc_profile_stall *stall = &profile->stalls[i];

		if (stall->allowed)
			m->out->allowed = bc_count_add(m->out->allowed, stall->times.count);
		else if (!*stall->finding && stall->callback < profile->ncallbacks)
			add_surprise(m, profile, stall, run);
	}
}

/* ---- findings that were not confirmed ---- */

static int is_of(const struct bc_measured_callback *callback, const struct bc_finding *finding)
{
	for (int i = 0; i < finding->ncallbacks; i++)
		if (bc_join_same_function(callback->where.function, finding->callbacks[i]))
			return 1;
	return bc_join_same_function(callback->where.function, finding->callback.function);
}

static struct bc_quiet look_at(const struct maker *m, const struct bc_report *report, int n)
{
	struct bc_quiet quiet = {.finding = n};

	for (size_t i = 0; i < m->callbacks.count; i++) {
		const struct bc_measured_callback *callback = &m->callbacks.items[i];

		if (!is_of(callback, &report->findings[n]))
			continue;
		if (callback->times.max_ms > quiet.max_ms)
			quiet.max_ms = callback->times.max_ms;
		/* bodies of loops are only seen when they stall: how often they ran is not known */
		if (!strcmp(callback->api, "loop"))
			quiet.elsewhere = bc_count_add(quiet.elsewhere, callback->stalls);
		else
			quiet.count = bc_count_add(quiet.count, callback->times.count);
	}
	return quiet;
}

static void sort_findings(struct maker *m, const struct bc_report *report)
{
	struct bc_measured *out = m->out;
	size_t n = (size_t)report->nfindings + 1;

	out->quiet = BC_NEW_ARRAY(m->arena, struct bc_quiet, n);
	out->seldom = BC_NEW_ARRAY(m->arena, struct bc_quiet, n);
	for (int i = 0; i < report->nfindings; i++) {
		struct bc_quiet quiet;

		if (report->findings[i].observed.runs)
			continue;
		quiet = look_at(m, report, i);
		if (quiet.count >= BC_MEASURED_OFTEN)
			out->quiet[out->nquiet++] = quiet;
		else
			out->seldom[out->nseldom++] = quiet;
	}
}

/* ---- the whole ---- */

static int compare_surprises(const void *a, const void *b)
{
	const struct bc_surprise *x = a, *y = b;

	if (x->severity != y->severity)
		return (int)y->severity - (int)x->severity;
	if (x->times.max_ms != y->times.max_ms)
		return x->times.max_ms < y->times.max_ms ? 1 : -1;
	return strcmp(x->callback, y->callback);
}

static int compare_callbacks(const void *a, const void *b)
{
	const struct bc_measured_callback *x = a, *y = b;

	if (x->times.max_ms != y->times.max_ms)
		return x->times.max_ms < y->times.max_ms ? 1 : -1;
	return strcmp(x->where.function, y->where.function);
}

#define SORT_INTO(arena, list, compare, out, nout) \
	do { \
		(nout) = (int)(list)->count; \
		(out) = bc_arena_calloc((arena), (list)->count + 1, sizeof(*(list)->items)); \
		if ((list)->count) { \
			memcpy((out), (list)->items, (list)->count * sizeof(*(list)->items)); \
			qsort((out), (list)->count, sizeof(*(list)->items), (compare)); \
		} \
		bc_vec_fini(list); \
	} while (0)

void bc_measured_make(struct bc_arena *arena, const struct bc_report *report,
	const struct bc_profiles *profiles, struct bc_measured *measured)
{
	struct maker m = {.arena = arena, .out = measured};

	*measured = (struct bc_measured){.runs = profiles->count};
	for (int i = 0; i < profiles->count; i++)
		add_run(&m, &profiles->items[i], i + 1);
	sort_findings(&m, report);
	SORT_INTO(
		arena, &m.surprises, compare_surprises, measured->surprises, measured->nsurprises);
	SORT_INTO(
		arena, &m.callbacks, compare_callbacks, measured->callbacks, measured->ncallbacks);
}
