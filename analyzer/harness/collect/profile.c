/* A run as findings/ and store/ take it: clipped text, milliseconds, histograms without gaps. */
#include "harness/collect/profile.h"

#include <string.h>

#include "base/fs.h"

struct maker {
	const struct bc_run *run;
	struct bc_arena *arena;
	const char *root;
};

static double to_ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

static int64_t to_count(uint64_t count)
{
	return count > INT64_MAX ? INT64_MAX : (int64_t)count;
}

static struct bc_times make_times(struct maker *maker, const struct bc_run_histogram *histogram)
{
	struct bc_times times = {.count = to_count(histogram->count),
		.total_ms = to_ms(histogram->total_ns),
		.max_ms = to_ms(histogram->max_ns)};
	int n = 0;

	for (uint32_t i = 0; i < BC_WIRE_BUCKETS; i++)
		n += histogram->buckets[i] != 0;
	times.buckets = BC_NEW_ARRAY(maker->arena, struct bc_bucket, (size_t)n + 1);
	for (uint32_t i = 0; i < BC_WIRE_BUCKETS; i++)
		if (histogram->buckets[i])
			times.buckets[times.nbuckets++] = (struct bc_bucket){
				to_count(bc_wire_bucket_ns(i)), to_count(histogram->buckets[i])};
	return times;
}

static struct bc_profile_where make_where(struct maker *maker, const struct bc_run_where *where)
{
	const char *file = where->file ? bc_path_relative(maker->root, where->file) : NULL;

	return (struct bc_profile_where){
		.function = bc_profile_clip(maker->arena, where->function),
		.file = bc_profile_clip(maker->arena, file),
		.line = where->line > 0 ? (uint32_t)where->line : 0,
		.module = bc_profile_clip(maker->arena, where->module),
	};
}

static struct bc_profile_callback make_callback(
	struct maker *maker, const struct bc_run_callback *callback)
{
	return (struct bc_profile_callback){
		.where = make_where(maker, &callback->where),
		.api = bc_profile_clip(maker->arena, callback->api),
		.internal = callback->internal,
		.times = make_times(maker, &callback->times),
		.cpu_ms = to_ms(callback->split.cpu_ns),
		.runqueue_ms = to_ms(callback->split.runqueue_ns),
		.blocked_ms = to_ms(callback->split.blocked_ns),
		.stalls = callback->stalls,
	};
}

static enum bc_cause make_cause(const struct bc_run_stall *stall)
{
	if (stall->kind == BC_RUN_MANY)
		return BC_CAUSE_MANY;
	switch (stall->cause) {
	case BC_RUN_CALL: return BC_CAUSE_CALL;
	case BC_RUN_CPU: return BC_CAUSE_CPU;
	case BC_RUN_FAULT: return BC_CAUSE_FAULT;
	case BC_RUN_RUNQUEUE: return BC_CAUSE_RUNQUEUE;
	case BC_RUN_SYSCALL: return BC_CAUSE_SYSCALL;
	}
	return BC_CAUSE_SYSCALL;
}

const char *bc_run_rule(const struct bc_run_stall *stall)
{
	return bc_cause_rule(make_cause(stall));
}

static enum bc_stall_kind make_kind(enum bc_run_kind kind)
{
	return kind == BC_RUN_MANY   ? BC_STALL_MANY
	       : kind == BC_RUN_BODY ? BC_STALL_BODY
				     : BC_STALL_CALLBACK;
}

static void set_stack(
	struct maker *maker, struct bc_profile_stall *out, const struct bc_run_stall *stall)
{
	int n = stall->nstack < BC_PROFILE_FRAMES ? (int)stall->nstack : BC_PROFILE_FRAMES;

	out->stack = BC_NEW_ARRAY(maker->arena, struct bc_profile_where, (size_t)n + 1);
	for (; out->nstack < n; out->nstack++)
		out->stack[out->nstack] = make_where(maker, &stall->stack[out->nstack]);
}

static void set_shares(
	struct maker *maker, struct bc_profile_stall *out, const struct bc_run_stall *stall)
{
	out->shares = BC_NEW_ARRAY(maker->arena, struct bc_profile_share, BC_WIRE_CALLS);
	for (int i = 0; i < BC_WIRE_CALLS && i < BC_PROFILE_SHARES; i++)
		if (stall->shares[i].function)
			out->shares[out->nshares++] = (struct bc_profile_share){
				bc_profile_clip(maker->arena, stall->shares[i].function),
				stall->shares[i].count, to_ms(stall->shares[i].total_ns)};
}

static struct bc_profile_stall make_stall(struct maker *maker, const struct bc_run_stall *stall)
{
	struct bc_profile_stall out = {
		.kind = make_kind(stall->kind),
		.callback = (int)stall->callback,
		.cause = make_cause(stall),
		.culprit = bc_profile_clip(maker->arena, stall->culprit),
		.culprit_ms = to_ms(stall->culprit_ns),
		.culprit_calls = stall->culprit_calls,
		.inside = stall->inner ? bc_profile_clip(maker->arena, stall->inner) : NULL,
		.times = make_times(maker, &stall->times),
		.at_ms = to_ms(stall->start_ns),
		.cpu_ms = to_ms(stall->split.cpu_ns),
		.runqueue_ms = to_ms(stall->split.runqueue_ns),
		.blocked_ms = to_ms(stall->split.blocked_ns),
		.major_faults = stall->major_faults,
		.minor_faults = stall->minor_faults,
		.thread = stall->tid,
		.library = bc_profile_clip(maker->arena, bc_report_library(maker->run, stall->tid)),
		.open = stall->open,
		.allowed = stall->allowed,
	};

	set_stack(maker, &out, stall);
	if (stall->kind == BC_RUN_MANY)
		set_shares(maker, &out, stall);
	return out;
}

/* The longest first; what is beyond the limits is short then. */
static void make_stalls(struct maker *maker, struct bc_profile *profile, uint32_t *number)
{
	uint32_t *order;
	size_t n = bc_report_stalls(maker->run, &order);

	profile->stalls = BC_NEW_ARRAY(maker->arena, struct bc_profile_stall, n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct bc_run_stall *stall = &maker->run->stalls.items[order[i]];

		number[order[i]] = UINT32_MAX;
		/* what was running at the end is listed however short it was */
		if (profile->nstalls == BC_PROFILE_STALLS || stall->ns < maker->run->budget_ns ||
			stall->callback >= (uint32_t)profile->ncallbacks)
			continue;
		number[order[i]] = (uint32_t)profile->nstalls;
		profile->stalls[profile->nstalls++] = make_stall(maker, stall);
	}
	free(order);
}

static void make_callbacks(struct maker *maker, struct bc_profile *profile)
{
	size_t n = maker->run->callbacks.count;

	if (n > BC_PROFILE_CALLBACKS)
		n = BC_PROFILE_CALLBACKS;
	profile->callbacks = BC_NEW_ARRAY(maker->arena, struct bc_profile_callback, n + 1);
	for (size_t i = 0; i < n; i++)
		profile->callbacks[profile->ncallbacks++] =
			make_callback(maker, &maker->run->callbacks.items[i]);
}

void bc_run_profile(const struct bc_run *run, struct bc_arena *arena, const char *root,
	struct bc_profile *profile, uint32_t *number)
{
	struct maker maker = {run, arena, root};

	*profile = (struct bc_profile){
		.command = bc_profile_clip(arena, run->command),
		.blockcheck = "",
		.tier = bc_profile_clip(arena, run->tier),
		.tier_why = bc_profile_clip(arena, run->tier_why),
		.code = run->code,
		.signal = run->signal,
		.duration_ms = to_ms(run->duration_ns),
		.budget_ms = to_ms(run->budget_ns),
		.imposed_p99_ms = to_ms(bc_run_imposed(run, 0.99)),
		.lost = to_count(run->lost_events + run->lost_stacks + run->lost_threads +
				 run->lost_processes + run->sandboxed + run->unwrapped +
				 run->corrupt),
	};
	make_callbacks(&maker, profile);
	make_stalls(&maker, profile, number);
}
