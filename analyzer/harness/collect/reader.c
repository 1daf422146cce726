/*
 * Reads the shared memory file. The program may have written anything there: every number is copied
 * once, then checked, then used.
 */
#include "harness/collect/collector.h"
#include "harness/collect/stall.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BC_CALL_ROOM = BC_WIRE_FUNCTIONS, MAX_NS_SHIFT = 58, TRACE_BUSY_NS = 100000000 };

/* ---- events ---- */

static int is_sane(const struct bc_wire_event *event)
{
	uint64_t limit = 1ull << MAX_NS_SHIFT;

	if (event->kind < BC_WIRE_CALLBACK || event->kind > BC_WIRE_SITE ||
		event->function >= BC_WIRE_FUNCTIONS || event->start_ns > limit ||
		event->total_ns > limit || event->own_ns > event->total_ns ||
		event->waited_ns > limit)
		return 0;
	for (int i = 0; i < BC_WIRE_CALLS; i++)
		if (event->calls[i].id >= BC_CALL_ROOM || event->calls[i].total_ns > limit ||
			event->calls[i].inner_ns > limit)
			return 0;
	return 1;
}

void bc_reader_drain(struct bc_collector *collector, uint32_t slot)
{
	struct bc_wire_thread *shared = &collector->segment.wire->threads[slot];
	uint64_t head = __atomic_load_n(&shared->head, __ATOMIC_ACQUIRE), tail = shared->tail;

	if (!collector->threads[slot])
		return;
	if (head - tail > BC_WIRE_EVENTS) {
		collector->run->corrupt++;
		tail = head;
	}
	for (; tail != head; tail++) {
		struct bc_wire_event event = shared->events[tail & (BC_WIRE_EVENTS - 1)];

		if (is_sane(&event))
			bc_stalls_add(collector, slot, &event, 0);
		else
			collector->run->corrupt++;
		if (event.slice)
			__atomic_store_n(&shared->slices_read, event.slice, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&shared->tail, tail, __ATOMIC_RELEASE);
}

/* ---- folding a thread's figures into the result ---- */

static void add_times(struct bc_run_histogram *to, const struct bc_wire_stat *stat)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < BC_WIRE_BUCKETS; i++) {
		to->buckets[i] += stat->buckets[i];
		count += stat->buckets[i];
	}
	to->count += count; /* the sum, so that shares add up whatever the program did to it */
	to->total_ns += stat->total_ns;
	if (stat->max_ns > to->max_ns)
		to->max_ns = stat->max_ns;
}

static void fold_callbacks(struct bc_collector *collector, uint32_t slot)
{
	const struct bc_wire_thread *shared = &collector->segment.wire->threads[slot];
	uint32_t process = collector->threads[slot]->process, count = shared->nstats;

	for (uint32_t i = 1; i < BC_WIRE_STATS; i++) {
		uint32_t function = shared->stats[i].function, row;

		if (i >= count && i != BC_WIRE_STATS - 1)
			continue;
		if (function >= BC_WIRE_FUNCTIONS || !shared->stats[i].count)
			continue;
		row = bc_seen_callback(collector, process, i == BC_WIRE_STATS - 1 ? 0 : function);
		add_times(&collector->run->callbacks.items[row].times, &shared->stats[i]);
	}
}

/* The iteration that the program's end cut short. */
static void add_open(struct bc_run_loop *loop, uint64_t ns)
{
	if (!ns)
		return;
	loop->iterations++;
	loop->busy_ns += ns;
	loop->times.count++;
	loop->times.total_ns += ns;
	loop->times.buckets[bc_wire_bucket(ns)]++;
	if (ns > loop->times.max_ns)
		loop->times.max_ns = ns;
}

static void fold_loop(struct bc_collector *collector, uint32_t slot)
{
	const struct bc_wire_thread *shared = &collector->segment.wire->threads[slot];
	const struct bc_seen_thread *thread = collector->threads[slot];
	struct bc_run_loop loop = {.pid = thread->pid,
		.tid = thread->tid,
		.library = thread->library ? thread->library
			   : shared->raw   ? "discovered"
					   : "unknown",
		.site = bc_workers_site(thread, shared),
		.iterations = shared->iterations,
		.busy_ns = shared->busy_ns,
		.idle_ns = shared->idle_ns};

	if (!shared->iterations && !shared->nstats)
		return;
	if (thread->worker) {
		collector->run->nworkers++;
		return;
	}
	add_times(&loop.times, &shared->stats[0]);
	add_open(&loop, thread->open_ns);
	bc_vec_push(&collector->run->loops, loop);
}

static void fold_losses(struct bc_run *run, const struct bc_wire_thread *shared)
{
	run->lost_events += shared->dropped;
	run->lost_stacks += shared->no_slice;
}

/* One that ended by itself was found to have, some time later: it was last seen alive before. */
static uint64_t last_alive(const struct bc_seen_thread *thread)
{
	return thread->nsched ? thread->sched[(thread->nsched - 1) % BC_SCHED_HISTORY].at_ns : 0;
}

/* What was running when it ended. */
static void report_open(struct bc_collector *collector, uint32_t slot, int signalled)
{
	const struct bc_wire_thread *shared = &collector->segment.wire->threads[slot];
	uint32_t depth = shared->depth;
	uint64_t now = bc_segment_now(&collector->segment), end;
	struct bc_wire_frame frame;
	struct bc_wire_event event;

	if (!depth || depth > BC_WIRE_FRAMES || shared->waiting)
		return;
	frame = shared->frames[depth - 1];
	if (!(frame.flags & BC_WIRE_TOUCHED)) {
		frame.slice = 0;
		frame.worst_ns = frame.worst_start_ns = frame.worst_call = 0;
		memset(frame.calls, 0, sizeof(frame.calls));
	}
	if (!signalled)
		now = last_alive(collector->threads[slot]);
	end = now > frame.start_ns ? now - frame.start_ns : 0;
	/* by itself a program ends in its loop's own code, or in a callback that calls exit() */
	if (!signalled && (!frame.function || end < collector->run->budget_ns))
		return;
	event = (struct bc_wire_event){.kind = frame.function ? BC_WIRE_CALLBACK : BC_WIRE_BODY,
		.function = frame.function,
		.start_ns = frame.start_ns,
		.total_ns = end,
		.own_ns = end > frame.nested_ns ? end - frame.nested_ns : 0,
		.slice = frame.slice,
		.worst_ns = frame.worst_ns};
	memcpy(event.calls, frame.calls, sizeof(event.calls));
	if (bc_call_name(collector, shared->call) && now > shared->call_ns &&
		shared->call_ns >= frame.start_ns) {
		event.calls[0] = (struct bc_wire_call){
			.id = shared->call, .count = 1, .total_ns = now - shared->call_ns};
		event.worst_call = shared->call;
		event.worst_start_ns = shared->call_ns;
		event.worst_ns = event.calls[0].total_ns;
	}
	if (!is_sane(&event))
		return;
	bc_stalls_add(collector, slot, &event, 1);
	if (event.own_ns >= collector->run->budget_ns)
		collector->threads[slot]->open_ns = event.own_ns;
}

static void release_thread(struct bc_collector *collector, uint32_t slot)
{
	struct bc_seen_thread *thread = collector->threads[slot];

	bc_reader_drain(collector, slot);
	bc_stalls_find_wait(collector, slot);
	fold_callbacks(collector, slot);
	fold_loop(collector, slot);
	fold_losses(collector->run, &collector->segment.wire->threads[slot]);
	bc_perf_close(&thread->perf);
	if (thread->schedstat >= 0)
		close(thread->schedstat);
	free(thread->samples);
	for (int i = 0; i < BC_KEPT; i++)
		free(thread->kept[i]);
	free(thread);
	collector->threads[slot] = NULL;
	bc_segment_release(&collector->segment, &collector->segment.wire->threads[slot],
		sizeof(collector->segment.wire->threads[slot]));
}

/* ---- slots ---- */

static void bind_thread(struct bc_collector *collector, uint32_t slot, uint32_t pid)
{
	const struct bc_wire_thread *shared = &collector->segment.wire->threads[slot];
	struct bc_seen_thread *thread;
	uint32_t process = shared->process;

	/* its process may only be bound a moment later */
	if (!pid || process >= BC_WIRE_PROCESSES || collector->processes[process].pid != pid)
		return;
	thread = bc_xmalloc(sizeof(*thread));
	*thread = (struct bc_seen_thread){.pid = pid,
		.tid = shared->tid,
		.process = process,
		.pace.percent = -1,
		.schedstat = -1};
	thread->perf.fd = -1;
	collector->threads[slot] = thread;
	if (collector->trace)
		bc_trace_thread(collector->trace, pid, thread->tid);
}

/* Ten times a second, where it changed. */
static void trace_busy(struct bc_collector *collector, uint32_t slot, uint64_t now)
{
	const struct bc_wire_thread *shared = &collector->segment.wire->threads[slot];
	struct bc_seen_thread *thread = collector->threads[slot];
	uint64_t idle = bc_watch_idle(shared, now);
	struct bc_pace *pace = &thread->pace;
	double share;

	if (now - pace->at_ns < TRACE_BUSY_NS)
		return;
	share = 1 - (double)(idle - pace->idle_ns) / (double)(now - pace->at_ns);
	share = share > 1 ? 1 : share > 0 ? share : 0;
	if (pace->at_ns && pace->percent != (int)(share * 100)) {
		pace->percent = (int)(share * 100);
		bc_trace_busy(collector->trace, thread->pid, thread->tid, now, share);
	}
	pace->at_ns = now;
	pace->idle_ns = idle;
}

static void scan_thread(struct bc_collector *collector, uint32_t slot, uint64_t now)
{
	struct bc_wire_thread *shared = &collector->segment.wire->threads[slot];
	uint32_t state = __atomic_load_n(&shared->state, __ATOMIC_ACQUIRE);
	uint32_t pid = __atomic_load_n(&shared->pid, __ATOMIC_ACQUIRE);

	if (state == BC_WIRE_FREE)
		return;
	if (!collector->threads[slot] && pid)
		bind_thread(collector, slot, pid);
	if (!collector->threads[slot])
		return;
	bc_watch_tick(collector, slot, now);
	if (collector->trace)
		trace_busy(collector, slot, now);
	bc_reader_drain(collector, slot);
	if (state == BC_WIRE_CLOSED)
		release_thread(collector, slot);
}

static void release_process(struct bc_collector *collector, uint32_t slot, int signalled)
{
	for (uint32_t i = 0; i < collector->segment.nthreads; i++)
		if (collector->threads[i] && collector->threads[i]->process == slot) {
			bc_reader_drain(collector, i);
			report_open(collector, i, signalled);
			release_thread(collector, i);
		}
	collector->run->unwrapped += collector->segment.wire->processes[slot].unwrapped;
	bc_modules_release(collector, slot);
	bc_segment_release(&collector->segment, &collector->segment.wire->processes[slot],
		sizeof(collector->segment.wire->processes[slot]));
}

/* A child may stay a zombie for long; its pidfd tells at once. */
static int is_gone(const struct bc_collector *collector, const struct bc_seen_process *process)
{
	struct pollfd end = {.fd = process->pidfd, .events = POLLIN};

	if (process->pid == (uint32_t)collector->pid)
		return 0;
	if (process->pidfd >= 0)
		return poll(&end, 1, 0) > 0;
	return kill((pid_t)process->pid, 0) < 0 && errno == ESRCH;
}

/* What the same process ran before it executed another program. */
static void release_replaced(struct bc_collector *collector, uint32_t slot)
{
	uint32_t pid = collector->processes[slot].pid;

	for (uint32_t i = 0; i < collector->nprocesses; i++)
		if (i != slot && collector->processes[i].pid == pid &&
			!(collector->outside && i == BC_OUTSIDE_PROCESS))
			release_process(collector, i, 0);
}

/*
 * Each slot lies in pages of its own, so that looking at all of them takes longer than all else
 * that is done at a tick. What was in use once is looked at whatever the program claims.
 */
static void find_used(struct bc_collector *collector)
{
	struct bc_wire *wire = collector->segment.wire;
	uint32_t processes = __atomic_load_n(&wire->processes_used, __ATOMIC_ACQUIRE);
	uint32_t threads = __atomic_load_n(&wire->threads_used, __ATOMIC_ACQUIRE);

	if (processes > BC_WIRE_PROCESSES || collector->outside)
		processes = BC_WIRE_PROCESSES;
	if (threads > collector->segment.nthreads || collector->outside)
		threads = collector->segment.nthreads;
	if (processes > collector->nprocesses)
		collector->nprocesses = processes;
	if (threads > collector->nthreads)
		collector->nthreads = threads;
}

static void scan_processes(struct bc_collector *collector)
{
	for (uint32_t i = 0; i < collector->nprocesses; i++) {
		struct bc_wire_process *shared = &collector->segment.wire->processes[i];
		struct bc_seen_process *process = &collector->processes[i];

		if (__atomic_load_n(&shared->state, __ATOMIC_ACQUIRE) == BC_WIRE_FREE)
			continue;
		if (!process->pid && __atomic_load_n(&shared->pid, __ATOMIC_ACQUIRE)) {
			bc_modules_bind(collector, i);
			release_replaced(collector, i);
		} else if (process->pid && is_gone(collector, process)) {
			release_process(collector, i, 0);
		} else if (process->pid) {
			bc_modules_notice(collector, i);
		}
	}
}

void bc_reader_scan(struct bc_collector *collector)
{
	if (!collector->outside)
		bc_watch_note(collector, bc_segment_now(&collector->segment));
	find_used(collector);
	scan_processes(collector);
	for (uint32_t i = 0; i < collector->nthreads; i++)
		scan_thread(collector, i, bc_segment_now(&collector->segment));
}

void bc_reader_leave(struct bc_collector *collector)
{
	for (uint32_t i = 0; i < BC_OUTSIDE_PROCESS; i++)
		if (collector->processes[i].pid == (uint32_t)collector->pid)
			release_process(collector, i, 0);
}

void bc_reader_finish(struct bc_collector *collector, int signalled)
{
	struct bc_wire *wire = collector->segment.wire;
	struct bc_run *run = collector->run;

	find_used(collector);
	scan_processes(collector);
	for (uint32_t i = 0; i < collector->nthreads; i++)
		if (wire->threads[i].state != BC_WIRE_FREE && !collector->threads[i])
			bind_thread(collector, i, wire->threads[i].pid);
	for (uint32_t i = 0; i < collector->nprocesses; i++)
		if (collector->processes[i].pid)
			release_process(collector, i,
				signalled &&
					collector->processes[i].pid == (uint32_t)collector->pid);
	run->lost_threads = wire->no_thread;
	run->lost_processes = wire->no_process;
	run->sandboxed = wire->sandboxed;
	run->untimed += wire->no_gate;
	run->detached = wire->detached;
	run->per_callback_ns = wire->selftest_ns / 16.0;
}
