/* Where the time of a stall went, and what is to blame for it. */
#include "harness/collect/stall.h"

#include <string.h>

enum {
	MIN_CALL_NS = 50000,
	MIN_FAULT_NS = 250, /* of a minor fault with what it brings along */
	MAX_FAULT_NS = 25000
};

/* By which we have got samples of what it computed. */
static uint64_t count_stops(const struct bc_stall_work *work)
{
	const struct bc_seen_thread *thread = work->thread;
	uint64_t count = 0;

	for (uint32_t i = 0; thread->nstops && i < BC_PERF_HISTORY && i < thread->nsamples; i++)
		count += thread->samples[i].monotonic_ns >= work->event->start_ns &&
			 thread->samples[i].monotonic_ns <= work->end_ns;
	return count;
}

/* A thread that never went to sleep had something to do all the time. */
static int never_slept(const struct bc_wire_event *event)
{
	return !event->switches && event->cpu_ns;
}

/* Stalls inside have ended before, and their waits are not the outer one's. Gives those, and keeps
 * this one in their place. */
static uint64_t exchange_within(struct bc_stall_work *work, uint64_t runqueue_ns)
{
	const struct bc_within whole = {work->event->start_ns, work->end_ns, runqueue_ns};
	struct bc_within *oldest = work->thread->within;
	uint64_t inside = 0;

	for (int i = 0; i < BC_WITHIN; i++) {
		struct bc_within *one = &work->thread->within[i];

		if (one->start_ns >= whole.start_ns && one->end_ns <= whole.end_ns) {
			inside += one->runqueue_ns;
			*one = (struct bc_within){0};
		}
		if (one->end_ns < oldest->end_ns)
			oldest = one;
	}
	*oldest = whole;
	return inside;
}

void bc_stall_split(struct bc_stall_work *work)
{
	struct bc_wire_event *event = work->event;
	struct bc_run_split *split = &work->stall.split;
	uint64_t own = event->own_ns, waited;

	work->end_ns = event->start_ns + event->total_ns + event->waited_ns;
	bc_task_look(work->collector, work->thread);
	if (event->cpu_ns == BC_WIRE_UNKNOWN) {
		event->cpu_ns = bc_task_ran(work->thread, event->start_ns, work->end_ns);
		event->switches = 1; /* that may be */
	}
	if (event->switches <= count_stops(work)) /* that was no sleep */
		event->switches = 0;
	waited = bc_task_waited(work->thread, event->start_ns, work->end_ns);
	work->within_ns = exchange_within(work, waited);
	split->cpu_ns = event->cpu_ns < own ? event->cpu_ns : own;
	split->runqueue_ns = waited > work->within_ns ? waited - work->within_ns : 0;
	if (never_slept(event) || split->runqueue_ns > own - split->cpu_ns)
		split->runqueue_ns = own - split->cpu_ns;
	split->blocked_ns = own - split->cpu_ns - split->runqueue_ns;
}

static const struct bc_wire_call *find_call(const struct bc_stall_work *work)
{
	const struct bc_wire_call *calls = work->event->calls, *most = NULL;

	for (int i = 0; i < BC_WIRE_CALLS; i++)
		if (bc_call_name(work->collector, calls[i].id) &&
			(!most || calls[i].total_ns > most->total_ns))
			most = &calls[i];
	return most;
}

static void blame_call(struct bc_stall_work *work, const struct bc_wire_call *call)
{
	work->stall.cause = BC_RUN_CALL;
	work->stall.culprit = bc_call_name(work->collector, call->id);
	work->stall.culprit_ns = call->total_ns;
	work->stall.culprit_calls = call->count;
	work->stall.inner = bc_call_name(work->collector, call->inner);
	work->stall.inner_ns = call->inner_ns;
	if (!bc_stall_unwind_slice(work))
		bc_stall_unwind_sample(work);
}

/* Faults are served in the kernel. What one costs differs tenfold from machine to machine, and more
 * on a busy one; so the kernel's own account decides, and their number need only be in keeping. */
static int is_faulting(const struct bc_stall_work *work)
{
	const struct bc_wire_event *event = work->event;
	uint64_t ran = work->stall.split.cpu_ns, faults = event->minor_faults;

	return faults && ran >= work->stall.split.blocked_ns && event->system_ns >= ran / 2 &&
	       faults * MAX_FAULT_NS >= event->system_ns && faults * MIN_FAULT_NS >= ran / 20;
}

static void blame_cpu(struct bc_stall_work *work, enum bc_run_cause cause)
{
	work->stall.cause = cause;
	work->stall.culprit_ns = work->stall.split.cpu_ns;
	bc_stall_unwind_computing(work);
	work->stall.culprit = work->hot ? work->hot : "";
}

/* The function of libc that the program called, where one is on the stack that is not timed. */
static void name_by_stack(struct bc_stall_work *work)
{
	struct bc_run_stall *stall = &work->stall;
	const char *function = bc_stall_find_libc(work);

	if (!function)
		return;
	if (stall->cause == BC_RUN_SYSCALL) {
		stall->cause = BC_RUN_CALL;
		stall->inner = *stall->culprit ? stall->culprit : NULL;
		stall->inner_ns = stall->inner ? stall->culprit_ns : 0;
	}
	stall->culprit = function;
}

static void blame_unknown_wait(struct bc_stall_work *work)
{
	const char *name = NULL;
	int faulted = work->event->major_faults != 0;

	if (work->sample) {
		name = work->sample->syscall >= 0 ? bc_syscall_name(work->sample->syscall) : NULL;
		faulted = faulted || work->sample->syscall == BC_SAMPLE_FAULT;
	}
	work->stall.cause = faulted && !name ? BC_RUN_FAULT : BC_RUN_SYSCALL;
	work->stall.culprit = name ? name : "";
	work->stall.culprit_ns = work->stall.split.blocked_ns;
	if (bc_stall_unwind_sample(work))
		name_by_stack(work);
}

static void blame_others(struct bc_stall_work *work)
{
	work->stall.cause = BC_RUN_RUNQUEUE;
	work->stall.culprit_ns = work->stall.split.runqueue_ns;
	bc_stall_unwind_computing(work);
}

/* A call that merely computes may be where the thread was when others had the CPU. */
static int is_crowded_out(const struct bc_stall_work *work)
{
	const struct bc_wire_event *event = work->event;
	uint64_t most = event->own_ns / 4 * 3;

	return work->stall.split.runqueue_ns > most &&
	       (never_slept(event) || bc_task_waited_least(work->thread, event->start_ns,
					      work->end_ns) > most + work->within_ns);
}

/*
 * What a program contains of a library is not called through anything that we could stand before.
 * It is on the stack, though: then it is the culprit, as where the library is one of its own, and
 * what it did is its inside. How long that took is known, how long it took itself is not.
 */
static void blame_contained(struct bc_stall_work *work)
{
	struct bc_run_stall *stall = &work->stall;
	const char *function = NULL;

	if (stall->cause == BC_RUN_CPU)
		function = work->contained;
	else if (stall->cause == BC_RUN_CALL || stall->cause == BC_RUN_SYSCALL)
		function = bc_stall_find_contained(work);
	if (!function)
		return;
	if (stall->cause == BC_RUN_CPU || !*stall->culprit || !strcmp(stall->culprit, function))
		stall->inner = NULL; /* what computes waits in nothing */
	else
		stall->inner = stall->culprit;
	stall->inner_ns = stall->inner ? stall->culprit_ns : 0;
	stall->cause = BC_RUN_CALL;
	stall->culprit = function;
	stall->culprit_calls = 0;
}

void bc_stall_find_culprit(struct bc_stall_work *work)
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
	blame_contained(work);
}
