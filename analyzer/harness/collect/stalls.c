/* From one event to a stall: its stack, its culprit, and the stalls that are like it. */
#include <stdlib.h>
#include <string.h>

#include "harness/collect/collector.h"
#include "harness/collect/kept.h"
#include "harness/collect/stall.h"

static uint32_t find_body_row(struct bc_stall_work *work)
{
	static const struct bc_run_where unknown = {.function = "(loop)", .module = ""};
	const struct bc_run_where *body = bc_stall_find_body(work);
	struct bc_run_where where;

	if (body)
		body = bc_stall_skip_library(work, body);
	/* of a stack that does not reach the loop's function, as far as it reaches */
	if (!body && work->nstack)
		body = &work->stack[work->nstack - 1];
	if (!body && work->thread->nwait_stack)
		body = &work->thread->wait_stack[0];
	where = body ? *body : unknown;
	where.line = 0; /* a line of the call, not of the function */
	if (where.begins)
		where.function = where.begins;
	return bc_seen_row(work->collector, &where, "loop");
}

/*
 * What a loop's library calls itself, for an answer that has come or a signal to be emitted, calls
 * the program's callback. That has no thunk, so it is only seen where it stalls.
 */
static uint32_t find_callback_row(struct bc_stall_work *work, int *only_stalls)
{
	struct bc_collector *collector = work->collector;
	uint32_t row = bc_seen_callback(collector, work->thread->process, work->event->function);
	const struct bc_run_callback *callback = &collector->run->callbacks.items[row];
	const struct bc_run_where *own = callback->internal ? bc_stall_find_own(work) : NULL;
	struct bc_run_where where;

	*only_stalls = own != NULL;
	if (!own)
		return row;
	where = *own;
	where.line = 0;
	if (where.begins)
		where.function = where.begins;
	return bc_seen_row(collector, &where, callback->api);
}

const char *bc_stalls_running(
	struct bc_collector *collector, uint32_t slot, const struct bc_wire_frame *frame)
{
	struct bc_wire_event event = {.start_ns = frame->start_ns,
		.worst_start_ns = collector->segment.wire->threads[slot].call_ns};
	struct bc_stall_work work = {.collector = collector,
		.thread = collector->threads[slot],
		.shared = &collector->segment.wire->threads[slot],
		.event = &event};
	const struct bc_run_where *body;

	if (frame->function)
		return bc_seen_name(
			collector, work.thread->process, frame->function % BC_WIRE_FUNCTIONS);
	bc_stalls_find_wait(collector, slot);
	work.sample = bc_kept_find(work.thread, frame->start_ns); /* that took its time */
	if (!bc_stall_unwind_sample(&work) ||
		bc_stall_is_between_jobs(&work, bc_watch_call(collector, slot, frame)))
		return NULL;
	body = bc_stall_find_body(&work);
	return !body ? NULL : body->begins ? body->begins : body->function;
}

static void name_shares(struct bc_stall_work *work)
{
	for (int i = 0; i < BC_WIRE_CALLS; i++) {
		const struct bc_wire_call *call = &work->event->calls[i];
		struct bc_run_share *share = &work->stall.shares[i];

		if (!call->id || call->id >= BC_WIRE_FUNCTIONS)
			continue;
		share->function = bc_seen_name(work->collector, work->thread->process, call->id);
		share->count = call->count;
		share->total_ns = call->total_ns;
		if (i == 0 || share->total_ns > work->stall.culprit_ns) {
			work->stall.culprit = share->function;
			work->stall.culprit_ns = share->total_ns;
			work->stall.culprit_calls = share->count;
		}
	}
}

/* ---- the like ---- */

/* The frame that called the culprit. */
static const struct bc_run_where *find_caller(
	const struct bc_collector *collector, const struct bc_run_stall *stall)
{
	for (uint32_t i = stall->nstack; i-- > 1;)
		if (bc_call_find(collector, stall->stack[i - 1].function) == stall->culprit)
			return &stall->stack[i];
	return &stall->stack[0];
}

static int is_same(const struct bc_collector *collector, const struct bc_run_stall *a,
	const struct bc_run_stall *b)
{
	const struct bc_run_where *in_a, *in_b;

	if (a->kind != b->kind || a->callback != b->callback || a->cause != b->cause ||
		a->open != b->open || strcmp(a->culprit, b->culprit))
		return 0;
	if (a->cause != BC_RUN_CALL || !a->nstack || !b->nstack)
		return 1;
	in_a = find_caller(collector, a), in_b = find_caller(collector, b);
	return in_a->line == in_b->line && !strcmp(in_a->function, in_b->function);
}

static void trace_stall(struct bc_stall_work *work)
{
	const struct bc_run *run = work->collector->run;

	if (work->collector->trace)
		bc_trace_stall(work->collector->trace, work->thread->pid,
			&run->callbacks.items[work->stall.callback], &work->stall, work->event);
}

static void add_time(struct bc_run_histogram *times, uint64_t ns)
{
	times->count++;
	times->total_ns += ns;
	if (ns > times->max_ns)
		times->max_ns = ns;
	times->buckets[bc_wire_bucket(ns)]++;
}

static void add_times(struct bc_run_histogram *times, const struct bc_run_histogram *more)
{
	times->count += more->count;
	times->total_ns += more->total_ns;
	if (more->max_ns > times->max_ns)
		times->max_ns = more->max_ns;
	for (uint32_t i = 0; i < BC_WIRE_BUCKETS; i++)
		times->buckets[i] += more->buckets[i];
}

static void add_stall(struct bc_stall_work *work)
{
	struct bc_run *run = work->collector->run;
	struct bc_run_stall *stall = &work->stall, *same;

	stall->nstack = work->nstack;
	stall->stack = work->stack;
	trace_stall(work);
	add_time(&stall->times, stall->ns);
	for (size_t i = 0; i < run->stalls.count; i++) {
		same = &run->stalls.items[i];
		if (!is_same(work->collector, same, stall))
			continue;
		stall->count += same->count;
		stall->total_ns += same->total_ns;
		add_times(&stall->times, &same->times);
		if (stall->ns <= same->ns) {
			same->count = stall->count;
			same->total_ns = stall->total_ns;
			same->times = stall->times;
			return;
		}
		if (!stall->nstack) {
			stall->stack = same->stack;
			stall->nstack = same->nstack;
		} else {
			stall->stack =
				BC_NEW_ARRAY(&run->arena, struct bc_run_where, stall->nstack);
			memcpy(stall->stack, work->stack, stall->nstack * sizeof(*stall->stack));
		}
		*same = *stall;
		return;
	}
	stall->stack = BC_NEW_ARRAY(&run->arena, struct bc_run_where, stall->nstack);
	memcpy(stall->stack, work->stack, stall->nstack * sizeof(*stall->stack));
	bc_vec_push(&run->stalls, *stall);
}

static void count_stall(struct bc_stall_work *work, int only_stalls)
{
	struct bc_run_callback *row = &work->collector->run->callbacks.items[work->stall.callback];

	row->stalls++;
	row->split.cpu_ns += work->stall.split.cpu_ns;
	row->split.runqueue_ns += work->stall.split.runqueue_ns;
	row->split.blocked_ns += work->stall.split.blocked_ns;
	/* bodies are only ever seen as stalls, and what still ran was not counted yet */
	if (only_stalls || work->stall.kind == BC_RUN_BODY || work->stall.open)
		add_time(&row->times, work->stall.ns);
}

static int is_early(const struct bc_stall_work *work)
{
	const struct bc_collector *collector = work->collector;

	return work->event->start_ns <
	       collector->start_ns + (uint64_t)(collector->options->grace_ms * 1e6);
}

static void add_event(struct bc_stall_work *work, uint32_t slot, int open)
{
	struct bc_collector *collector = work->collector;
	struct bc_wire_event *event = work->event;
	struct bc_run_stall *stall = &work->stall;
	int only_stalls = 0;

	*stall = (struct bc_run_stall){.count = 1,
		.ns = event->own_ns,
		.total_ns = event->own_ns,
		.start_ns = event->start_ns - collector->start_ns,
		.major_faults = event->major_faults,
		.minor_faults = event->minor_faults,
		.tid = work->thread->tid,
		.open = open,
		.longest = bc_call_name(collector, event->worst_call),
		.culprit = ""};
	if (event->kind == BC_WIRE_BODY)
		bc_stalls_find_wait(collector, slot);
	bc_stall_split(work);
	if (event->kind == BC_WIRE_MANY) {
		stall->kind = BC_RUN_MANY;
		stall->ns = stall->total_ns = event->total_ns;
		stall->cause = BC_RUN_CPU;
		stall->split = (struct bc_run_split){0};
		name_shares(work);
		stall->callback = bc_seen_callback(
			collector, work->thread->process, event->calls[0].id % BC_WIRE_FUNCTIONS);
		add_stall(work);
		return;
	}
	bc_stall_find_culprit(work);
	if (event->kind == BC_WIRE_CALLBACK) {
		stall->kind = BC_RUN_CALLBACK;
		stall->callback = find_callback_row(work, &only_stalls);
	} else if (stall->cause == BC_RUN_CALL && bc_stall_is_between_jobs(work, stall->culprit)) {
		work->thread->worker = 1;
		bc_workers_note(collector->run, bc_workers_site(work->thread, work->shared));
		return;
	} else {
		stall->kind = BC_RUN_BODY;
		stall->site = bc_workers_site(work->thread, work->shared);
		stall->callback = find_body_row(work);
	}
	count_stall(work, only_stalls);
	add_stall(work);
}

void bc_stalls_add(
	struct bc_collector *collector, uint32_t slot, struct bc_wire_event *event, int open)
{
	struct bc_seen_thread *thread = collector->threads[slot];
	struct bc_stall_work work = {.collector = collector,
		.thread = thread,
		.shared = &collector->segment.wire->threads[slot],
		.event = event};

	if (event->kind == BC_WIRE_SITE) {
		bc_bodies_drop(collector->run, thread->tid, event->site);
		bc_stall_keep_wait(&work);
		return;
	}
	if (is_early(&work) && !open) {
		collector->run->early_stalls++;
		return;
	}
	/* what comes next is looked at while this is being named */
	work.sample = bc_kept_take(thread, event->start_ns);
	add_event(&work, slot, open);
	free(work.sample);
}
