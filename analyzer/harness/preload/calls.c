/*
 * Calls on the loop: those that may block are timed, those that wait for events divide the loop's
 * time into iterations. Compiled for general registers only, like hot.c.
 */
#include "harness/preload/core.h"

#include <dlfcn.h>
#include <errno.h>

#include "harness/preload/frame.h"
#include "harness/preload/raw.h"

enum mode { PASS, TIMED, LOOP, NESTED, RUN };

enum {
	WAITS_OF_A_LOOP = 3,
	WAITS_OF_ANOTHER = 16, /* from a second place, until that is taken for the loop's */
	SLICE_FRACTION = 4     /* of the budget: shorter calls are not worth a stack */
};

extern struct bc_call_row bc_calls[], bc_calls_end[];
extern void *__libc_stack_end;

/* ---- real functions ---- */

static long fail_missing(void)
{
	errno = ENOSYS;
	return -1;
}

void *bc_call_resolve(struct bc_call_row *row)
{
	void *real = dlsym(RTLD_NEXT, row->name);

	if (!real) {
		if (bc_wire && row->kind != BC_RUN)
			__atomic_fetch_add(&bc_wire->missing, 1, __ATOMIC_RELAXED);
		real = (void *)fail_missing;
	}
	__atomic_store_n(&row->real, real, __ATOMIC_RELEASE);
	return real;
}

void bc_calls_resolve_all(void)
{
	for (struct bc_call_row *row = bc_calls; row < bc_calls_end; row++)
		bc_call_resolve(row);
}

/* ---- stack slices ---- */

/* The stub's frame: its caller's registers lie right above struct bc_call_frame. */
struct caller {
	uint64_t pc, sp, bp;
};

static struct caller find_caller(const struct bc_call_frame *frame)
{
	const uint64_t *words = (const uint64_t *)((const char *)frame + 0x60);

	return (struct caller){.bp = words[0], .pc = words[1], .sp = (uint64_t)(words + 2)};
}

/* How far up the stack is known to be mapped: the thread's own block lies above its stack. */
static uint64_t find_stack_end(uint64_t sp)
{
	uint64_t self, end = (uint64_t)__libc_stack_end;

	__asm__("mov %%fs:0x10, %0" : "=r"(self));
	if (sp < end && end - sp < (1u << 26))
		return end;
	return sp < self && self - sp < (1u << 30) ? self : sp;
}

/* Number of the slice, 0 when there is no room. `again` is given up for it when it is the last. */
static uint32_t take_slice(
	struct bc_wire_thread *thread, struct caller caller, uint64_t end, uint32_t again)
{
	uint32_t number = thread->slices_taken + 1;
	struct bc_wire_slice *slice;

	if (again && again == thread->slices_taken)
		number = again;
	if (number - __atomic_load_n(&thread->slices_read, __ATOMIC_ACQUIRE) > BC_WIRE_SLICES) {
		thread->no_slice++;
		return again;
	}
	slice = &thread->slices[number % BC_WIRE_SLICES];
	if (end < caller.sp)
		end = caller.sp;
	if (end - caller.sp > BC_WIRE_SLICE_BYTES)
		end = caller.sp + BC_WIRE_SLICE_BYTES;
	slice->number = number;
	slice->pc = caller.pc;
	slice->sp = caller.sp;
	slice->bp = caller.bp;
	slice->size = (uint32_t)(end - caller.sp);
	bc_copy(slice->bytes, (const void *)caller.sp, slice->size);
	thread->slices_taken = number;
	return number;
}

/* ---- blocking calls ---- */

static void begin_call(
	struct bc_wire_thread *thread, struct bc_call_row *row, struct bc_call_frame *frame)
{
	struct caller caller = find_caller(frame);

	frame->mode = TIMED;
	frame->depth = thread->depth;
	frame->start_ns = bc_now();
	thread->call_number++;
	thread->call_pc = caller.pc;
	thread->call_sp = caller.sp;
	thread->call_bp = caller.bp;
	thread->call_ns = frame->start_ns;
	__atomic_store_n(&thread->call, row->id, __ATOMIC_RELEASE);
	bc_thread.busy = 0; /* what the call does inside is part of it */
}

static void add_call(struct bc_wire_frame *frame, uint32_t id, uint64_t ns)
{
	struct bc_wire_call *least = frame->calls;

	for (int i = 0; i < BC_WIRE_CALLS; i++) {
		struct bc_wire_call *call = &frame->calls[i];

		if (!call->id)
			*call = (struct bc_wire_call){.id = id};
		if (call->id == id) {
			call->count++;
			call->total_ns += ns;
			return;
		}
		if (call->total_ns < least->total_ns)
			least = call;
	}
	if (least->total_ns < ns)
		*least = (struct bc_wire_call){id, 1, ns};
}

static BC_NOINLINE void note_slow_call(struct bc_wire_thread *thread, struct bc_wire_frame *top,
	struct bc_call_row *row, struct bc_call_frame *frame, uint64_t ns)
{
	struct caller caller = find_caller(frame);
	/* a thunk's stub is as far as the callback's stack goes */
	uint64_t end = top->function ? top->sp + 0x80 : find_stack_end(caller.sp);

	top->worst_ns = ns;
	top->worst_start_ns = frame->start_ns;
	top->worst_call = row->id;
	top->slice = take_slice(thread, caller, end, top->slice);
}

static void end_call(
	struct bc_wire_thread *thread, struct bc_call_row *row, struct bc_call_frame *frame)
{
	uint64_t ns = bc_now() - frame->start_ns;
	struct bc_wire_frame *top;

	thread->call = 0;
	bc_thread.busy = 1;
	if (BC_UNLIKELY(thread->depth != frame->depth || !frame->depth ||
			frame->depth > BC_WIRE_FRAMES))
		return;
	top = &thread->frames[frame->depth - 1];
	add_call(top, row->id, ns);
	if (BC_UNLIKELY(ns >= bc_wire->budget_ns / SLICE_FRACTION && ns > top->worst_ns))
		note_slow_call(thread, top, row, frame, ns);
}

/* ---- iterations ---- */

static void close_iteration(struct bc_wire_thread *thread, uint64_t now)
{
	struct bc_wire_frame *base = &thread->frames[0];
	uint64_t total = now - base->start_ns - base->waited_ns, own;
	uint64_t called = base->nested_ns - base->waited_ns;

	own = total > called ? total - called : 0;
	thread->iterations++;
	thread->busy_ns += total;
	bc_frame_count(thread, 0, total);
	if (BC_UNLIKELY(own >= bc_wire->budget_ns)) {
		if (!thread->raw) /* then these are shares of callbacks */
			for (int i = 0; i < BC_WIRE_CALLS; i++)
				base->calls[i] = (struct bc_wire_call){0};
		bc_frame_emit(thread, base, BC_WIRE_BODY, now, own);
	} else if (BC_UNLIKELY(total >= bc_wire->budget_ns && !(base->flags & BC_WIRE_HAD_STALL))) {
		bc_frame_emit(thread, base, BC_WIRE_MANY, now, own);
	} else if (base->slice && base->slice == thread->slices_taken) {
		thread->slices_taken--;
	}
	bc_thread.busy = 0;
	__atomic_store_n(&thread->depth, 0, __ATOMIC_RELEASE);
}

static void open_iteration(struct bc_wire_thread *thread, uint64_t now)
{
	struct bc_wire_frame *base = &thread->frames[0];

	*base = (struct bc_wire_frame){.sp = UINT64_MAX, .start_ns = now};
	base->cpu_ns = bc_frame_cpu(now);
	base->system_ns = bc_thread.system_ns;
	base->faults = bc_thread.faults;
	base->switches = bc_thread.switches;
	thread->waiting = 0;
	__atomic_store_n(&thread->depth, 1, __ATOMIC_RELEASE);
	bc_thread.busy = thread->raw;
}

static int has_base(const struct bc_wire_thread *thread)
{
	return thread->depth == 1 && !thread->frames[0].function;
}

/* A loop shows once where it waits: how its callbacks are told apart from itself. */
static BC_NOINLINE void set_site(
	struct bc_wire_thread *thread, const struct bc_call_frame *frame, uint64_t now)
{
	struct caller caller = find_caller(frame);
	struct bc_wire_frame shown = {.start_ns = now};

	bc_thread.site = caller.pc;
	thread->site = caller.pc;
	thread->site_sp = caller.sp;
	shown.slice = take_slice(thread, caller, find_stack_end(caller.sp), 0);
	bc_frame_emit(thread, &shown, BC_WIRE_SITE, now, 0);
}

static void begin_wait(
	struct bc_wire_thread *thread, struct bc_call_frame *frame, struct caller caller)
{
	uint64_t now = bc_now();

	if (BC_UNLIKELY(thread->site != caller.pc))
		set_site(thread, frame, now);
	if (has_base(thread))
		close_iteration(thread, now);
	bc_frame_wait_begin(now);
	thread->waiting_since_ns = now;
	__atomic_store_n(&thread->waiting, 1, __ATOMIC_RELEASE);
	frame->start_ns = now;
	frame->mode = LOOP;
}

static void end_wait(struct bc_wire_thread *thread, struct bc_call_frame *frame)
{
	uint64_t now = bc_now();

	thread->waiting = 0;
	thread->idle_ns += now - frame->start_ns;
	bc_frame_wait_end(frame->start_ns, now);
	if (thread->depth == 0)
		open_iteration(thread, now);
}

/* The first nine of calls.def. Some have their timeout as a pointer. */
static int is_prompt(const struct bc_call_row *row, const struct bc_call_frame *frame)
{
	static const struct {
		uint8_t argument, pointer;
	} timeouts[] = {{3, 0}, {3, 0}, {3, 1}, {2, 0}, {2, 0}, {2, 1}, {2, 1}, {4, 1}, {4, 1}};
	uint32_t i = row->id - 1;
	uint64_t value = i < 9 ? frame->args[timeouts[i].argument] : 1;
	const int64_t *time = (const int64_t *)value;

	if (i < 9 && timeouts[i].pointer)
		return time && !time[0] && !time[1];
	return (int32_t)value == 0;
}

/* A thread that nothing is known of becomes a loop when it waits at one place again and again. */
static struct bc_wire_thread *find_waiting_thread(
	struct bc_call_row *row, struct bc_call_frame *frame, uint64_t site)
{
	if (BC_LIKELY(bc_thread.epoch == bc_epoch.value))
		return bc_thread.slot;
	if (!bc_epoch.value)
		bc_after_fork();
	if (!bc_wire || is_prompt(row, frame))
		return NULL;
	if (bc_thread.site != site) {
		bc_thread.site = site;
		bc_thread.waits = 0;
	}
	return ++bc_thread.waits < WAITS_OF_A_LOOP ? NULL : bc_attach();
}

/* 1 when this wait is the loop's own, not one that a callback does. */
static int is_loops_wait(struct bc_wire_thread *thread, uint64_t site)
{
	if (thread->depth == 0 || site == thread->site)
		return 1;
	if (!has_base(thread))
		return 0;
	if (bc_thread.other_site != site) {
		bc_thread.other_site = site;
		bc_thread.other_waits = 0;
	}
	return ++bc_thread.other_waits >= WAITS_OF_ANOTHER;
}

static void enter_wait(struct bc_call_row *row, struct bc_call_frame *frame)
{
	struct caller caller = find_caller(frame);
	struct bc_wire_thread *thread = find_waiting_thread(row, frame, caller.pc);

	if (!thread || thread->call)
		return;
	if (!is_loops_wait(thread, caller.pc)) {
		if (bc_thread.busy)
			begin_call(thread, row, frame);
		return;
	}
	if (thread->depth == 0 || has_base(thread)) {
		bc_thread.other_waits = 0;
		begin_wait(thread, frame, caller);
		return;
	}
	frame->mode = NESTED;
	frame->start_ns = bc_now();
	frame->depth = thread->depth;
	thread->waiting_since_ns = frame->start_ns;
	__atomic_store_n(&thread->waiting, 1, __ATOMIC_RELEASE);
}

static void leave_nested(struct bc_wire_thread *thread, struct bc_call_frame *frame)
{
	uint32_t depth = thread->depth;

	thread->waiting = 0;
	if (depth == frame->depth && depth && depth <= BC_WIRE_FRAMES) {
		uint64_t ns = bc_now() - frame->start_ns;

		thread->frames[depth - 1].nested_ns += ns;
		thread->frames[depth - 1].waited_ns += ns;
	}
}

/* ---- functions that run a loop ---- */

/* What came since the last wait of a loop that ended is not an iteration. */
static void enter_run(struct bc_call_frame *frame)
{
	struct bc_wire_thread *thread;

	if (!bc_wire)
		return;
	if (bc_thread.epoch != bc_epoch.value)
		bc_attach();
	thread = bc_thread.slot;
	if (!thread)
		return;
	if (has_base(thread)) {
		bc_thread.busy = 0;
		__atomic_store_n(&thread->depth, 0, __ATOMIC_RELEASE);
	}
	frame->mode = RUN;
	frame->depth = thread->depth;
}

static void leave_run(struct bc_wire_thread *thread, struct bc_call_frame *frame)
{
	if (frame->depth == 0 && has_base(thread))
		close_iteration(thread, bc_now());
}

/* ---- the stub's two halves ---- */

void bc_call_enter(struct bc_call_row *row, struct bc_call_frame *frame)
{
	frame->mode = PASS;
	if (row->kind == BC_WAIT)
		enter_wait(row, frame);
	else if (row->kind == BC_RUN)
		enter_run(frame);
	else if (BC_UNLIKELY(bc_thread.epoch != bc_epoch.value))
		bc_attach(); /* a forked child */
	else if (bc_thread.slot)
		begin_call(bc_thread.slot, row, frame);
}

void bc_call_leave(struct bc_call_row *row, struct bc_call_frame *frame)
{
	struct bc_wire_thread *thread = bc_thread.slot;

	if (frame->mode == PASS)
		return;
	if (BC_UNLIKELY(bc_thread.epoch != bc_epoch.value)) {
		bc_attach();
		return;
	}
	if (!thread)
		return;
	switch ((enum mode)frame->mode) {
	case PASS: break;
	case TIMED: end_call(thread, row, frame); break;
	case LOOP: end_wait(thread, frame); break;
	case NESTED: leave_nested(thread, frame); break;
	case RUN: leave_run(thread, frame); break;
	}
}
