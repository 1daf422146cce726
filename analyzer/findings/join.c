#include "findings/join.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

/* How sure a match is. Whatever is less than AT_SITE counts only where a single finding has it. */
enum strength {
	NO_MATCH,
	BY_CALLBACK, /* no stack: the callback reaches such a call, or is not known itself */
	ON_PATH,     /* the caller itself is not on the stack: inlined, or gone by a tail call */
	AT_SITE,     /* the caller is on the stack */
	AT_CALL      /* with the call's own line, or what it called next to it */
};

struct match {
	enum strength strength;
	int file;      /* components in common */
	uint32_t line; /* distance */
	int callback;  /* the stall's callback is one of the finding's */
	int rivals;    /* others that are as good */
	int finding;
};

/* ---- names ---- */

int bc_join_same_function(const char *measured, const char *function)
{
	size_t n = strlen(function);

	return n && !strncmp(measured, function, n) && (!measured[n] || measured[n] == '.');
}

int bc_join_same_file(const char *a, const char *b)
{
	const char *end_a = a + strlen(a), *end_b = b + strlen(b);
	int common = 0;

	while (end_a > a && end_b > b && end_a[-1] == end_b[-1]) {
		end_a--;
		end_b--;
		common += *end_a == '/';
	}
	/* one path begins here, and so does a component of the other */
	if ((end_a == a || end_a[-1] == '/') && (end_b == b || end_b[-1] == '/') &&
		(end_a == a ? *a : *b) != '/')
		common++;
	return common;
}

/* The C library's own frames, where a blocked thread was looked at from outside. */
static int is_libc(const struct bc_profile_where *where)
{
	static const char *const names[] = {"libc.so", "libc-", "libpthread", "ld-linux", "[vdso]"};
	const char *file = bc_path_basename(where->module);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(file, names[i], strlen(names[i])))
			return 1;
	return 0;
}

/* read64, __read_chk and the like are measured as what the source calls. */
static int is_callee(const char *measured, const char *function)
{
	size_t n = strlen(function);

	if (bc_join_same_function(measured, function))
		return 1;
	if (!strncmp(measured, "__", 2))
		measured += 2;
	return n && !strncmp(measured, function, n) &&
	       (!measured[n] || !strcmp(measured + n, "64") || !strcmp(measured + n, "_chk") ||
		       !strcmp(measured + n, "_time64") || !strcmp(measured + n, "64_chk"));
}

static int has_callback(const struct bc_finding *finding, const char *function)
{
	for (int i = 0; i < finding->ncallbacks; i++)
		if (bc_join_same_function(function, finding->callbacks[i]))
			return 1;
	return bc_join_same_function(function, finding->callback.function);
}

/* ---- one stall, one finding ---- */

struct pair {
	const struct bc_profile *profile;
	const struct bc_profile_stall *stall;
	const struct bc_finding *finding;
	const char *function; /* of the sink, or of another call that a note stands for */
	const struct bc_place_loc *at;
};

/* A frame's file may be missing, where there is no debug information: then the name has to do. */
static int file_of(const struct pair *pair, const struct bc_profile_where *frame)
{
	return *frame->file ? bc_join_same_file(frame->file, pair->at->file) : 1;
}

/* The call that the stack ends with. A culprit that the program contains is on the stack itself,
 * and was inside of another. */
static const char *find_innermost_call(const struct bc_profile_stall *stall)
{
	for (int i = 0; i < stall->nstack && stall->inside; i++)
		if (bc_join_same_function(stall->stack[i].function, stall->culprit))
			return stall->inside;
	return stall->culprit;
}

/*
 * The frame that made the call: the one around the function that blocks. What blocked inside of
 * that may be another function, as poll() in PQexec().
 */
static int find_caller(const struct pair *pair)
{
	const struct bc_profile_stall *stall = pair->stall;
	int i = 0;

	for (int k = 0; k + 1 < stall->nstack; k++)
		if (is_callee(stall->stack[k].function, pair->function))
			return k + 1;
	if (stall->cause != BC_CAUSE_CALL || !is_callee(find_innermost_call(stall), pair->function))
		return -1;
	while (i < stall->nstack && is_libc(&stall->stack[i]))
		i++;
	return i < stall->nstack ? i : -1;
}

static int is_on_path(const struct pair *pair, const struct bc_profile_where *frame)
{
	for (int i = 0; i < pair->finding->npath; i++)
		if (bc_join_same_function(frame->function, pair->finding->path[i].function))
			return 1;
	return 0;
}

static uint32_t distance(uint32_t a, uint32_t b)
{
	return !a || !b ? UINT_MAX : a > b ? a - b : b - a;
}

/* The call at its own line went into another library, whose functions have no names. */
static int called_out(const struct pair *pair, int frame)
{
	const struct bc_profile_where *where = &pair->stall->stack[frame];

	return frame && where->line == pair->at->line && where->line &&
	       strcmp(pair->stall->stack[frame - 1].module, where->module) != 0;
}

static void match_site(const struct pair *pair, int frame, int exact, struct match *match)
{
	const struct bc_profile_where *where = &pair->stall->stack[frame];

	match->file = file_of(pair, where);
	if (!match->file)
		return;
	match->line = distance(where->line, pair->at->line);
	match->strength = exact || match->line == 0 ? AT_CALL : AT_SITE;
}

static void match_stack(const struct pair *pair, struct match *match)
{
	const struct bc_profile_stall *stall = pair->stall;
	int caller = find_caller(pair);

	if (caller < 0) {
		for (int i = 0; i < stall->nstack; i++)
			if (bc_join_same_function(
				    stall->stack[i].function, pair->finding->sink.in) &&
				called_out(pair, i) && match->strength == NO_MATCH)
				match_site(pair, i, 0, match);
		return;
	}
	if (bc_join_same_function(stall->stack[caller].function, pair->finding->sink.in))
		match_site(pair, caller, caller > 0, match);
	else if (is_on_path(pair, &stall->stack[caller]))
		match->strength = ON_PATH;
}

static struct match match_pair(const struct pair *pair)
{
	const struct bc_profile_stall *stall = pair->stall;
	const char *callback = pair->profile->callbacks[stall->callback].where.function;
	struct match match = {.line = UINT_MAX};

	match.callback = has_callback(pair->finding, callback);
	if (stall->nstack)
		match_stack(pair, &match);
	else if ((match.callback || stall->kind == BC_STALL_BODY) &&
		 stall->cause == BC_CAUSE_CALL && is_callee(stall->culprit, pair->function))
		match.strength = BY_CALLBACK;
	return match;
}

static int compare(const struct match *a, const struct match *b)
{
	if (a->strength != b->strength)
		return (int)a->strength - (int)b->strength;
	if (a->file != b->file)
		return a->file - b->file;
	if (a->line != b->line)
		return a->line < b->line ? 1 : -1;
	return a->callback - b->callback;
}

static void keep_better(struct match *best, const struct match *match)
{
	int order = compare(match, best);

	if (order > 0)
		*best = *match;
	else if (order == 0 && match->strength != NO_MATCH && match->finding != best->finding)
		best->rivals++;
}

/* A finding and the calls that it stands for. */
static void match_finding(
	const struct bc_report *report, struct pair *pair, int number, struct match *best)
{
	const struct bc_finding *finding = &report->findings[number];

	pair->finding = finding;
	for (int i = -1; i < finding->nalso; i++) {
		struct match match;

		pair->function = i < 0 ? finding->sink.function : finding->also[i].function;
		pair->at = i < 0 ? &finding->sink.at : &finding->also[i].at;
		match = match_pair(pair);
		match.finding = number;
		keep_better(best, &match);
	}
}

/* Nothing predicts an overloaded machine, nor that many things come at once. */
static int is_predictable(const struct bc_profile_stall *stall)
{
	return stall->cause != BC_CAUSE_RUNQUEUE && stall->cause != BC_CAUSE_MANY;
}

/* The number of the finding, or -1. */
static int find_finding(const struct bc_report *report, const struct bc_profile *profile,
	const struct bc_profile_stall *stall)
{
	struct pair pair = {.profile = profile, .stall = stall};
	struct match best = {.line = UINT_MAX, .finding = -1};

	if (!is_predictable(stall) || stall->callback < 0 || stall->callback >= profile->ncallbacks)
		return -1;
	for (int i = 0; i < report->nfindings; i++)
		match_finding(report, &pair, i, &best);
	if (best.strength == NO_MATCH || (best.strength < AT_SITE && best.rivals))
		return -1;
	return best.finding;
}

/* ---- all of them ---- */

/* What is being added up for one finding. */
struct sum {
	struct bc_times times;
	int runs, last_run;
};

static void add_stall(
	struct bc_arena *arena, struct sum *sum, const struct bc_profile_stall *stall, int run)
{
	bc_times_add(arena, &sum->times, &stall->times);
	sum->runs += sum->last_run != run;
	sum->last_run = run;
}

static void set_observed(struct bc_report *report, const struct sum *sums)
{
	for (int i = 0; i < report->nfindings; i++) {
		struct bc_finding *finding = &report->findings[i];

		finding->observed.runs = sums[i].runs;
		finding->observed.count = sums[i].times.count;
		finding->observed.max_ms = sums[i].times.max_ms;
		finding->observed.p99_ms = bc_times_percentile(&sums[i].times, 0.99);
	}
}

/*
 * A stall without a stack, where several findings would do: when all that have one and the same
 * culprit in this run were at one place, so was this.
 */
static int find_alike(
	const struct bc_profile *profile, const struct bc_profile_stall *stall, const int *numbers)
{
	int found = -1;

	if (stall->nstack || stall->cause != BC_CAUSE_CALL)
		return -1;
	for (int i = 0; i < profile->nstalls; i++) {
		const struct bc_profile_stall *other = &profile->stalls[i];

		if (!other->nstack || other->cause != BC_CAUSE_CALL ||
			strcmp(other->culprit, stall->culprit) != 0)
			continue;
		if (numbers[i] < 0 || (found >= 0 && numbers[i] != found))
			return -1;
		found = numbers[i];
	}
	return found;
}

static void set_finding(struct bc_profile_stall *stall, const struct bc_report *report, int number)
{
	memset(stall->finding, 0, sizeof(stall->finding));
	if (number >= 0)
		memcpy(stall->finding, report->findings[number].fingerprint,
			sizeof(stall->finding));
}

static void join_run(struct bc_arena *arena, const struct bc_report *report,
	struct bc_profile *profile, int run, struct sum *sums)
{
	int *numbers = bc_xmalloc(((size_t)profile->nstalls + 1) * sizeof(*numbers));

	for (int i = 0; i < profile->nstalls; i++)
		numbers[i] = find_finding(report, profile, &profile->stalls[i]);
	for (int i = 0; i < profile->nstalls; i++) {
		struct bc_profile_stall *stall = &profile->stalls[i];

		if (numbers[i] < 0)
			numbers[i] = find_alike(profile, stall, numbers);
		set_finding(stall, report, numbers[i]);
		if (numbers[i] >= 0)
			add_stall(arena, &sums[numbers[i]], stall, run);
	}
	free(numbers);
}

void bc_join(struct bc_report *report, struct bc_profiles *profiles)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct sum *sums = BC_NEW_ARRAY(&arena, struct sum, (size_t)report->nfindings + 1);

	for (int run = 0; run < profiles->count; run++)
		join_run(&arena, report, &profiles->items[run], run + 1, sums);
	set_observed(report, sums);
	bc_arena_fini(&arena);
}

const struct bc_finding *bc_join_find(const struct bc_report *report, const char *fingerprint)
{
	for (int i = 0; *fingerprint && i < report->nfindings; i++)
		if (!strcmp(report->findings[i].fingerprint, fingerprint))
			return &report->findings[i];
	return NULL;
}
