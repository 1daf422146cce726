/* From one event to a stall: its stack, its culprit, and the stalls that are like it. */
#include "harness/collect/collector.h"

#include <string.h>

#include "base/fs.h"

enum {
	MAX_CPU_STACKS = 5,
	MIN_CALL_NS = 50000,
	MIN_FAULT_NS = 250, /* of a minor fault with what it brings along */
	MAX_FAULT_NS = 25000
};

struct work {
	struct bc_collector *collector;
	struct bc_seen_thread *thread;
	const struct bc_wire_thread *shared;
	struct bc_wire_event *event;
	struct bc_run_stall stall;
	struct bc_run_where stack[BC_STACK_MAX];
	uint32_t nstack;
	const char *hot; /* function that computed most, or NULL */
};

/* ---- stacks ---- */

/* The frames of our own library are no part of the program; below a thunk the loop begins, below
 * main() libc. */
static void keep_stack(struct work *work, const struct bc_run_where *frames, uint32_t count)
{
	work->nstack = 0;
	for (uint32_t i = 0; i < count; i++) {
		int ours = strstr(frames[i].module, "libblockcheck-preload") != NULL;

		if ((ours && work->nstack && work->event->function) ||
			!strcmp(frames[i].function, "start_thread"))
			break;
		if (!ours)
			work->stack[work->nstack++] = frames[i];
		if (!strcmp(frames[i].function, "main"))
			break;
	}
}

static int unwind(struct work *work, const struct bc_stack_piece *piece)
{
	struct bc_run_where frames[BC_STACK_MAX];
	uint32_t count = bc_seen_unwind(work->collector, work->thread->process, piece, frames);

	keep_stack(work, frames, count);
	return work->nstack > 0;
}

/* The slice may have been given to a later stall meanwhile: then its number differs. */
static int copy_slice(
	const struct bc_wire_thread *shared, uint32_t number, struct bc_wire_slice *copy)
{
	const struct bc_wire_slice *slice = &shared->slices[number % BC_WIRE_SLICES];

	if (!number)
		return 0;
	*copy = *slice;
	return copy->number == number && copy->size <= BC_WIRE_SLICE_BYTES;
}

static int unwind_slice(struct work *work)
{
	struct bc_wire_slice slice;
	struct bc_stack_piece piece;

	if (!copy_slice(work->shared, work->event->slice, &slice))
		return 0;
	piece = (struct bc_stack_piece){.pc = slice.pc,
		.sp = slice.sp,
		.bp = slice.bp,
		.has_bp = slice.bp != 0,
		.bytes = slice.bytes,
		.size = slice.size};
	return unwind(work, &piece);
}

static int unwind_sample(struct work *work)
{
	const struct bc_sample *sample = work->thread->sample;
	struct bc_stack_piece piece;

	if (!sample || sample->frame_ns != work->event->start_ns || !sample->size)
		return 0;
	piece = (struct bc_stack_piece){.pc = sample->pc,
		.sp = sample->sp,
		.bp = sample->bp,
		.has_bp = sample->has_bp,
		.exact = sample->exact,
		.bytes = sample->bytes,
		.size = sample->size};
	return unwind(work, &piece);
}

static int unwind_perf(struct work *work, const struct bc_perf_sample *sample)
{
	const struct bc_stack_piece piece = {.pc = sample->registers[16],
		.sp = sample->registers[7],
		.bp = sample->registers[6],
		.has_bp = 1,
		.exact = 1,
		.registers = sample->registers,
		.bytes = sample->stack,
		.size = sample->size};

	return unwind(work, &piece);
}

/* The innermost function that has a name: stubs between modules have none. */
static const char *name_hot(const struct work *work)
{
	for (uint32_t i = 0; i < work->nstack; i++)
		if (!strstr(work->stack[i].function, "+0x"))
			return work->stack[i].function;
	return work->stack[0].function;
}

/* Of the samples within the stall, the function that most of them were in. */
static int unwind_computing(struct work *work)
{
	const struct bc_seen_thread *thread = work->thread;
	const char *names[MAX_CPU_STACKS];
	uint64_t end = work->event->start_ns + work->event->total_ns;
	int count = 0, best = 0;

	for (uint32_t i = 0; i < BC_PERF_HISTORY && i < thread->nsamples; i++) {
		const struct bc_perf_sample *sample =
			&thread->samples[(thread->nsamples - 1 - i) % BC_PERF_HISTORY];
		int same = 0;

		if (count == MAX_CPU_STACKS || sample->monotonic_ns > end ||
			sample->monotonic_ns < work->event->start_ns || !unwind_perf(work, sample))
			continue;
		names[count++] = name_hot(work);
		for (int j = 0; j < count; j++)
			same += !strcmp(names[j], names[count - 1]);
		if (same > best) {
			best = same;
			work->hot = names[count - 1];
		}
	}
	return count > 0;
}

/* ---- the callback of a loop that we know nothing of ---- */

/* A stack and the place where the loop waits share the loop's function; what it called there was
 * the callback, or some layers of the loop's own file in between. */
static const struct bc_run_where *find_body(struct work *work)
{
	const struct bc_seen_thread *thread = work->thread;

	for (uint32_t i = 0; i < work->nstack; i++)
		for (uint32_t j = 0; j < thread->nwait_stack; j++) {
			const struct bc_run_where *loop = &thread->wait_stack[j];
			uint32_t at = i;

			if (strcmp(work->stack[i].function, loop->function) ||
				strcmp(work->stack[i].module, loop->module))
				continue;
			while (at && loop->file && work->stack[at].file &&
				!strcmp(work->stack[at].file, loop->file))
				at--;
			if (at && at + 1 < i && work->stack[at].file && loop->file &&
				!strcmp(work->stack[at].file, loop->file))
				at = i ? i - 1 : 0;
			/* all in one file: the function next to the loop's */
			if (at == 0 && i && work->stack[0].file && loop->file &&
				!strcmp(work->stack[0].file, loop->file))
				at = i - 1;
			return &work->stack[at];
		}
	return NULL;
}

static uint32_t find_body_row(struct work *work)
{
	static const struct bc_run_where unknown = {.function = "(loop)", .module = ""};
	const struct bc_run_where *body = find_body(work);
	struct bc_run_where where;

	if (!body && work->thread->nwait_stack)
		body = &work->thread->wait_stack[0];
	where = body ? *body : unknown;
	where.line = 0; /* a line of the call, not of the function */
	return bc_seen_row(work->collector, &where, "loop");
}

const char *bc_stalls_running(
	struct bc_collector *collector, uint32_t slot, const struct bc_wire_frame *frame)
{
	struct bc_wire_event event = {.start_ns = frame->start_ns};
	struct work work = {.collector = collector,
		.thread = collector->threads[slot],
		.shared = &collector->segment.wire->threads[slot],
		.event = &event};
	const struct bc_run_where *body;

	if (frame->function)
		return bc_seen_name(
			collector, work.thread->process, frame->function % BC_WIRE_FUNCTIONS);
	body = unwind_sample(&work) ? find_body(&work) : NULL;
	return body ? body->function : NULL;
}

/* ---- culprits ---- */

/* A thread that never went to sleep had something to do all the time. */
static int never_slept(const struct bc_wire_event *event)
{
	return !event->switches && event->cpu_ns;
}

static void split_time(struct work *work)
{
	const struct bc_wire_event *event = work->event;
	struct bc_run_split *split = &work->stall.split;
	uint64_t own = event->own_ns;

	bc_watch_sched(work->collector, work->thread);
	split->cpu_ns = event->cpu_ns < own ? event->cpu_ns : own;
	split->runqueue_ns =
		bc_watch_runqueue(work->thread, event->start_ns, event->start_ns + event->total_ns);
	if (never_slept(event) || split->runqueue_ns > own - split->cpu_ns)
		split->runqueue_ns = own - split->cpu_ns;
	split->blocked_ns = own - split->cpu_ns - split->runqueue_ns;
}

static const struct bc_wire_call *find_call(const struct work *work)
{
	const struct bc_wire_call *calls = work->event->calls, *most = NULL;

	for (int i = 0; i < BC_WIRE_CALLS; i++)
		if (bc_call_name(work->collector, calls[i].id) &&
			(!most || calls[i].total_ns > most->total_ns))
			most = &calls[i];
	return most;
}

static void blame_call(struct work *work, const struct bc_wire_call *call)
{
	work->stall.cause = BC_RUN_CALL;
	work->stall.culprit = bc_call_name(work->collector, call->id);
	work->stall.culprit_ns = call->total_ns;
	work->stall.culprit_calls = call->count;
	work->stall.inner = bc_call_name(work->collector, call->inner);
	work->stall.inner_ns = call->inner_ns;
	if (!unwind_slice(work))
		unwind_sample(work);
}

/* Faults are served in the kernel. What one costs differs tenfold from machine to machine, and more
 * on a busy one; so the kernel's own account decides, and their number need only be in keeping. */
static int is_faulting(const struct work *work)
{
	const struct bc_wire_event *event = work->event;
	uint64_t ran = work->stall.split.cpu_ns, faults = event->minor_faults;

	return faults && ran >= work->stall.split.blocked_ns && event->system_ns >= ran / 2 &&
	       faults * MAX_FAULT_NS >= event->system_ns && faults * MIN_FAULT_NS >= ran / 20;
}

static void blame_cpu(struct work *work, enum bc_run_cause cause)
{
	work->stall.cause = cause;
	work->stall.culprit_ns = work->stall.split.cpu_ns;
	unwind_computing(work);
	work->stall.culprit = work->hot ? work->hot : "";
}

static void blame_unknown_wait(struct work *work)
{
	const struct bc_sample *sample = work->thread->sample;
	const char *name = NULL;

	if (sample && sample->frame_ns == work->event->start_ns && sample->syscall >= 0)
		name = bc_syscall_name(sample->syscall);
	work->stall.cause = work->event->major_faults && !name ? BC_RUN_FAULT : BC_RUN_SYSCALL;
	work->stall.culprit = name ? name : "";
	work->stall.culprit_ns = work->stall.split.blocked_ns;
	unwind_sample(work);
}

static void blame_others(struct work *work)
{
	work->stall.cause = BC_RUN_RUNQUEUE;
	work->stall.culprit_ns = work->stall.split.runqueue_ns;
	unwind_computing(work);
}

/* A call that merely computes may be where the thread was when others had the CPU. */
static int is_crowded_out(const struct work *work)
{
	const struct bc_wire_event *event = work->event;
	uint64_t most = event->own_ns / 4 * 3;

	return work->stall.split.runqueue_ns > most &&
	       (never_slept(event) || bc_watch_runqueue_least(work->thread, event->start_ns,
					      event->start_ns + event->total_ns) > most);
}

static void find_culprit(struct work *work)
{
	const struct bc_run_split *split = &work->stall.split;
	const struct bc_wire_call *call = find_call(work);
	uint64_t own = work->event->own_ns, called = call ? call->total_ns : 0;

	work->stall.culprit = "";
	if (is_crowded_out(work))
		blame_others(work);
	else if (called >= own / 2 && called >= MIN_CALL_NS)
		blame_call(work, call);
	else if (is_faulting(work))
		blame_cpu(work, BC_RUN_FAULT);
	else if (split->runqueue_ns > split->cpu_ns && split->runqueue_ns > split->blocked_ns)
		blame_others(work);
	else if (split->cpu_ns >= split->blocked_ns)
		blame_cpu(work, BC_RUN_CPU);
	else if (called >= own / 5 && called >= MIN_CALL_NS)
		blame_call(work, call);
	else
		blame_unknown_wait(work);
}

static void name_shares(struct work *work)
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

static int is_same(const struct bc_run_stall *a, const struct bc_run_stall *b)
{
	if (a->kind != b->kind || a->callback != b->callback || a->cause != b->cause ||
		a->open != b->open || strcmp(a->culprit, b->culprit))
		return 0;
	if (a->cause != BC_RUN_CALL || !a->nstack || !b->nstack)
		return 1;
	return a->stack[0].line == b->stack[0].line &&
	       !strcmp(a->stack[0].function, b->stack[0].function);
}

static void trace_stall(struct work *work)
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

static void add_stall(struct work *work)
{
	struct bc_run *run = work->collector->run;
	struct bc_run_stall *stall = &work->stall, *same;

	stall->nstack = work->nstack;
	stall->stack = work->stack;
	trace_stall(work);
	add_time(&stall->times, stall->ns);
	for (size_t i = 0; i < run->stalls.count; i++) {
		same = &run->stalls.items[i];
		if (!is_same(same, stall))
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

static void count_stall(struct work *work)
{
	struct bc_run_callback *row = &work->collector->run->callbacks.items[work->stall.callback];

	row->stalls++;
	row->split.cpu_ns += work->stall.split.cpu_ns;
	row->split.runqueue_ns += work->stall.split.runqueue_ns;
	row->split.blocked_ns += work->stall.split.blocked_ns;
	/* bodies are only ever seen as stalls, and what still ran was not counted yet */
	if (work->stall.kind == BC_RUN_BODY || work->stall.open)
		add_time(&row->times, work->stall.ns);
}

static void keep_wait_stack(struct work *work)
{
	struct bc_seen_thread *thread = work->thread;

	if (!unwind_slice(work))
		return;
	thread->nwait_stack = work->nstack;
	thread->wait_stack =
		BC_NEW_ARRAY(&work->collector->run->arena, struct bc_run_where, work->nstack);
	memcpy(thread->wait_stack, work->stack, work->nstack * sizeof(*work->stack));
	for (uint32_t i = 0; i < work->nstack && !thread->library; i++)
		thread->library = bc_library_of(work->stack[i].module);
}

static int is_early(const struct work *work)
{
	const struct bc_collector *collector = work->collector;

	return work->event->start_ns <
	       collector->start_ns + (uint64_t)(collector->options->grace_ms * 1e6);
}

void bc_stalls_add(
	struct bc_collector *collector, uint32_t slot, struct bc_wire_event *event, int open)
{
	struct work work = {.collector = collector,
		.thread = collector->threads[slot],
		.shared = &collector->segment.wire->threads[slot],
		.event = event};
	struct bc_run_stall *stall = &work.stall;

	if (event->kind == BC_WIRE_SITE) {
		keep_wait_stack(&work);
		return;
	}
	if (is_early(&work) && !open) {
		collector->run->early_stalls++;
		return;
	}
	*stall = (struct bc_run_stall){.count = 1,
		.ns = event->own_ns,
		.total_ns = event->own_ns,
		.start_ns = event->start_ns - collector->start_ns,
		.major_faults = event->major_faults,
		.minor_faults = event->minor_faults,
		.tid = work.thread->tid,
		.open = open,
		.longest = bc_call_name(collector, event->worst_call),
		.culprit = ""};
	split_time(&work);
	if (event->kind == BC_WIRE_MANY) {
		stall->kind = BC_RUN_MANY;
		stall->ns = stall->total_ns = event->total_ns;
		stall->cause = BC_RUN_CPU;
		stall->split = (struct bc_run_split){0};
		name_shares(&work);
		stall->callback = bc_seen_callback(
			collector, work.thread->process, event->calls[0].id % BC_WIRE_FUNCTIONS);
		add_stall(&work);
		return;
	}
	find_culprit(&work);
	if (event->kind == BC_WIRE_CALLBACK) {
		stall->kind = BC_RUN_CALLBACK;
		stall->callback =
			bc_seen_callback(collector, work.thread->process, event->function);
	} else {
		stall->kind = BC_RUN_BODY;
		stall->callback = find_body_row(&work);
	}
	count_stall(&work);
	add_stall(&work);
}
