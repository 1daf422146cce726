/*
 * What is kept of a callback or an iteration that took too long: an event, with what the system has
 * counted of the thread meanwhile. Compiled for general registers only, like hot.c.
 */
#include "harness/preload/core.h"

#include <sys/resource.h>
#include <sys/syscall.h>

#include "harness/preload/frame.h"
#include "harness/preload/raw.h"

/* ---- CPU time ---- */

static uint64_t to_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000u;
}

/* The frames that began since the last reading; those further out have their own. */
static void hand_down(const struct bc_reading *old)
{
	struct bc_wire_thread *thread = bc_thread.slot;
	uint32_t depth = thread ? thread->depth : 0;

	if (depth > BC_WIRE_FRAMES)
		depth = BC_WIRE_FRAMES;
	while (depth--) {
		struct bc_wire_frame *frame = &thread->frames[depth];

		if (frame->reading != bc_thread.reading)
			return;
		frame->cpu_ns = old->cpu_ns + (frame->start_ns - old->at_ns);
		frame->system_ns = old->system_ns;
		frame->faults = old->faults;
		frame->switches = old->switches;
	}
}

BC_NOINLINE void bc_frame_read(uint64_t now)
{
	struct bc_reading *reading = &bc_thread.now;
	struct rusage usage;

	hand_down(reading);
	bc_thread.reading++;
	reading->at_ns = now;
	if (bc_raw2(SYS_getrusage, RUSAGE_THREAD, (long)&usage) < 0)
		return;
	reading->system_ns = to_ns(&usage.ru_stime);
	reading->cpu_ns = to_ns(&usage.ru_utime) + reading->system_ns;
	reading->switches = (uint64_t)usage.ru_nvcsw;
	reading->faults = (uint64_t)usage.ru_majflt << 32 | (uint32_t)usage.ru_minflt;
}

void bc_frame_wait_begin(uint64_t now)
{
	if (now - bc_thread.now.at_ns <= CPU_EVERY_NS)
		bc_thread.now.cpu_ns += now - bc_thread.now.at_ns;
}

/* Time asleep is no CPU time; after a long busy stretch the reading is taken anew. */
void bc_frame_wait_end(uint64_t begin, uint64_t now)
{
	if (begin - bc_thread.now.at_ns <= CPU_EVERY_NS)
		bc_thread.now.at_ns += now - bc_thread.now.at_ns;
}

/* ---- what is recorded ---- */

static uint64_t get_rest(uint64_t from, uint64_t less)
{
	return from > less ? from - less : 0;
}

/* What a stall used is none of those around it, whose own time does not count it either: they begin
 * later by as much. */
static void hand_out(struct bc_wire_thread *thread, const struct bc_wire_frame *frame,
	const struct bc_wire_event *event)
{
	struct bc_wire_frame *around = thread->frames;

	if (frame < around || frame >= around + BC_WIRE_FRAMES)
		return;
	for (; around < frame; around++) {
		around->cpu_ns += event->cpu_ns;
		around->system_ns += event->system_ns;
		around->faults += ((uint64_t)event->major_faults << 32) + event->minor_faults;
		around->switches += event->switches;
	}
}

/* Of calls of which one was timed for many the total is an estimate; it is no longer than all. */
static void copy_calls(
	struct bc_wire_event *event, const struct bc_wire_frame *frame, uint64_t all_ns)
{
	for (int i = 0; i < BC_WIRE_CALLS; i++) {
		event->calls[i] = frame->calls[i];
		if (event->calls[i].total_ns > all_ns)
			event->calls[i].total_ns = all_ns;
	}
}

/* Slots are only ever taken by this thread, but a signal handler may run callbacks, too. */
BC_NOINLINE void bc_frame_emit(struct bc_wire_thread *thread, struct bc_wire_frame *frame,
	uint32_t kind, uint64_t now, uint64_t own)
{
	const struct bc_reading *reading = &bc_thread.now;
	uint64_t head = thread->head;
	struct bc_wire_event *event = &thread->events[head & (BC_WIRE_EVENTS - 1)];

	if (bc_thread.emitting ||
		head - __atomic_load_n(&thread->tail, __ATOMIC_ACQUIRE) >= BC_WIRE_EVENTS) {
		thread->dropped++;
		return;
	}
	bc_thread.emitting = 1;
	bc_frame_read(now); /* hands the old figures to the frame */
	bc_frame_touch(frame);
	event->kind = kind;
	event->function = frame->function;
	event->start_ns = frame->start_ns;
	event->total_ns = now - frame->start_ns - frame->waited_ns;
	event->own_ns = own;
	event->waited_ns = frame->waited_ns;
	event->cpu_ns = get_rest(reading->cpu_ns, frame->cpu_ns);
	if (BC_UNLIKELY(bc_sandboxed))
		event->cpu_ns = BC_WIRE_UNKNOWN;
	event->system_ns = get_rest(reading->system_ns, frame->system_ns);
	event->worst_ns = frame->worst_ns;
	event->worst_start_ns = frame->worst_start_ns;
	event->worst_call = frame->worst_call;
	event->slice = frame->slice;
	event->major_faults = (uint32_t)(reading->faults >> 32) - (uint32_t)(frame->faults >> 32);
	event->minor_faults = (uint32_t)reading->faults - (uint32_t)frame->faults;
	event->switches = reading->switches - frame->switches;
	copy_calls(event, frame, now - frame->start_ns);
	event->site = thread->site;
	if (!BC_UNLIKELY(bc_sandboxed))
		hand_out(thread, frame, event);
	__atomic_store_n(&thread->head, head + 1, __ATOMIC_RELEASE);
	bc_thread.emitting = 0;
}

/* The functions that took most of the iteration that ends. */
void bc_frame_share(struct bc_wire_thread *thread, struct bc_wire_frame *base)
{
	bc_frame_touch(base);
	for (uint32_t i = 1; i < BC_WIRE_STATS; i++) {
		const struct bc_wire_stat *stat = &thread->stats[i];
		struct bc_wire_call *least = base->calls;
		uint64_t ns = stat->total_ns - stat->total_before_ns;

		if (stat->iteration != (uint32_t)thread->iterations)
			continue;
		for (int j = 1; j < BC_WIRE_CALLS; j++)
			if (base->calls[j].total_ns < least->total_ns)
				least = &base->calls[j];
		if (least->total_ns < ns)
			*least = (struct bc_wire_call){.id = stat->function,
				.count = (uint32_t)(stat->count - stat->count_before),
				.total_ns = ns};
	}
}
