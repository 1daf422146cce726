/*
 * Calls on the loop that may block are timed. Compiled for general registers only, like hot.c.
 */
#include "harness/preload/core.h"

#include <dlfcn.h>
#include <errno.h>

#include "harness/preload/frame.h"
#include "harness/preload/quick.h"

enum {
	SLICE_FRACTION = 4, /* of the budget: shorter calls are not worth a stack */
	LONG_NS = 20000,
	TAIL_FRAME = 0xc0 /* of TAIL_THROUGH in thunk.S */
};

extern struct bc_call_row bc_calls[], bc_calls_end[], bc_changes[], bc_changes_end[];

/* ---- real functions ---- */

static long fail_missing(void)
{
	errno = ENOSYS;
	return -1;
}

void *bc_call_resolve(struct bc_call_row *row, uint64_t *args)
{
	void *real = dlsym(RTLD_NEXT, row->name);

	if (row->attempt_name)
		row->attempt = dlsym(RTLD_NEXT, row->attempt_name);
	if (!real && row->kind == BC_RUN) {
		/* called by its stub: who called that is two frames up */
		real = bc_find_real(row->name, ((const uint64_t *)args[TAIL_FRAME / 8])[1]);
	} else if (!real) {
		if (bc_wire)
			__atomic_fetch_add(&bc_wire->missing, 1, __ATOMIC_RELAXED);
		real = (void *)fail_missing;
	}
	__atomic_store_n(&row->real, real, __ATOMIC_RELEASE);
	return real;
}

void bc_calls_resolve_all(void)
{
	for (struct bc_call_row *row = bc_calls; row < bc_calls_end; row++)
		bc_call_resolve(row, NULL);
	for (struct bc_call_row *row = bc_changes; row < bc_changes_end; row++)
		bc_call_resolve(row, NULL);
}

/* ---- blocking calls ---- */

int bc_call_is_inside(const struct bc_wire_thread *thread, const struct bc_call_frame *frame)
{
	const struct bc_outer *outer = &bc_thread.outer;
	uint32_t depth = thread->depth;

	return outer->sp > (uint64_t)frame && outer->depth == depth && depth &&
	       depth <= BC_WIRE_FRAMES && outer->start_ns >= thread->frames[depth - 1].start_ns;
}

static void show_call(
	struct bc_wire_thread *thread, uint32_t id, struct bc_caller caller, uint64_t ns)
{
	thread->call_number++;
	thread->call_pc = caller.pc;
	thread->call_sp = caller.sp;
	thread->call_bp = caller.bp;
	thread->call_ns = ns;
	__atomic_store_n(&thread->call, id, __ATOMIC_RELEASE);
}

/* After a call that an outer one made by way of a callback, the outer one goes on. */
static void show_outer(struct bc_wire_thread *thread)
{
	const struct bc_outer *outer = &bc_thread.outer;

	thread->call = 0;
	if (BC_UNLIKELY(outer->sp))
		show_call(thread, outer->id,
			(struct bc_caller){outer->pc, outer->caller_sp, outer->bp},
			outer->start_ns);
}

void bc_call_begin(
	struct bc_wire_thread *thread, struct bc_call_row *row, struct bc_call_frame *frame)
{
	frame->mode = BC_MODE_TIMED;
	frame->depth = thread->depth;
	frame->start_ns = bc_now();
	if (BC_UNLIKELY(bc_thread.outer.sp) && bc_call_is_inside(thread, frame))
		frame->mode = BC_MODE_INNER;
	else
		show_call(thread, row->id, bc_find_caller(frame), frame->start_ns);
	bc_thread.busy = 0; /* what the call does inside is part of it */
	bc_thread.in_call = 1;
}

static struct bc_wire_call *add_call(
	struct bc_wire_frame *frame, uint32_t id, uint32_t times, uint64_t ns)
{
	struct bc_wire_call *least = frame->calls;

	for (int i = 0; i < BC_WIRE_CALLS; i++) {
		struct bc_wire_call *call = &frame->calls[i];

		if (!call->id)
			*call = (struct bc_wire_call){.id = id};
		if (call->id == id) {
			call->count += times;
			call->total_ns += ns;
			return call;
		}
		if (call->total_ns < least->total_ns)
			least = call;
	}
	if (least->total_ns >= ns)
		return NULL;
	*least = (struct bc_wire_call){.id = id, .count = times, .total_ns = ns};
	return least;
}

/* Of what was called inside, one function is kept: the one that took most, as far as one place can
 * tell. */
static void add_inner(uint32_t *inner, uint64_t *inner_ns, uint32_t id, uint64_t ns)
{
	if (*inner == id)
		*inner_ns += ns;
	else if (ns > *inner_ns) {
		*inner = id;
		*inner_ns = ns;
	}
}

static BC_NOINLINE void note_slow_call(struct bc_wire_thread *thread, struct bc_wire_frame *top,
	struct bc_call_row *row, struct bc_call_frame *frame, uint64_t ns)
{
	struct bc_caller caller = bc_find_caller(frame);
	/* a thunk's stub is as far as the callback's stack goes */
	uint64_t end = top->function ? top->sp + 0x80 : 0;

	top->worst_ns = ns;
	top->worst_start_ns = frame->start_ns;
	top->worst_call = row->id;
	top->slice = bc_slice_take(thread, caller, end, top->slice);
}

/* NULL when the frame in which the call began is not the one in which it ends. */
static struct bc_wire_frame *find_top(
	struct bc_wire_thread *thread, const struct bc_call_frame *frame)
{
	if (BC_UNLIKELY(thread->depth != frame->depth || !frame->depth ||
			frame->depth > BC_WIRE_FRAMES))
		return NULL;
	return &thread->frames[frame->depth - 1];
}

/* What took long stands for itself alone: the others cannot all have. */
static inline uint64_t get_share(const struct bc_call_frame *frame, uint64_t ns)
{
	return ns < LONG_NS ? ns * frame->stands_for : ns;
}

static struct bc_wire_call *account(struct bc_wire_thread *thread, struct bc_call_row *row,
	struct bc_call_frame *frame, uint64_t ns)
{
	struct bc_wire_frame *top = find_top(thread, frame);
	struct bc_wire_call *call;

	/* a loop may have waited inside: then the iteration in which it began is over */
	if (!top || BC_UNLIKELY(top->start_ns > frame->start_ns))
		return NULL;
	bc_frame_touch(top);
	call = add_call(top, row->id, frame->stands_for, get_share(frame, ns));
	if (BC_UNLIKELY(ns >= bc_epoch.budget_ns / SLICE_FRACTION && ns > top->worst_ns))
		note_slow_call(thread, top, row, frame, ns);
	return call;
}

static void end_call(
	struct bc_wire_thread *thread, struct bc_call_row *row, struct bc_call_frame *frame)
{
	uint64_t ns = bc_now() - frame->start_ns;

	show_outer(thread);
	bc_thread.busy = 1;
	bc_thread.in_call = 0;
	account(thread, row, frame, ns);
}

static void end_inner(
	struct bc_wire_thread *thread, struct bc_call_row *row, struct bc_call_frame *frame)
{
	uint64_t ns = bc_now() - frame->start_ns;

	bc_thread.busy = 1;
	bc_thread.in_call = 0;
	if (bc_call_is_inside(thread, frame))
		add_inner(&bc_thread.outer.inner, &bc_thread.outer.inner_ns, row->id, ns);
}

/* ---- other libraries' calls ---- */

/* Lies below the frame of library.S: the outer call of the call that begins. */
static struct bc_outer *find_saved(struct bc_call_frame *frame)
{
	return (struct bc_outer *)frame - 1;
}

static void begin_library(
	struct bc_wire_thread *thread, struct bc_call_row *row, struct bc_call_frame *frame)
{
	struct bc_caller caller = bc_find_caller(frame);
	struct bc_outer *outer = &bc_thread.outer;

	if (bc_thread.in_call || bc_call_is_inside(thread, frame))
		return;
	frame->mode = BC_MODE_OUTER;
	frame->depth = thread->depth;
	find_saved(frame)->sp = 0;
	if (outer->sp)
		*find_saved(frame) = *outer;
	frame->start_ns = bc_now();
	*outer = (struct bc_outer){.sp = (uint64_t)frame,
		.pc = caller.pc,
		.caller_sp = caller.sp,
		.bp = caller.bp,
		.start_ns = frame->start_ns,
		.id = row->id,
		.depth = thread->depth};
	show_call(thread, row->id, caller, frame->start_ns);
}

static void end_library(
	struct bc_wire_thread *thread, struct bc_call_row *row, struct bc_call_frame *frame)
{
	uint64_t ns = bc_now() - frame->start_ns;
	struct bc_outer ended = bc_thread.outer, *outer = &bc_thread.outer;
	struct bc_wire_call *call;

	outer->sp = 0;
	if (find_saved(frame)->sp > (uint64_t)frame)
		*outer = *find_saved(frame);
	show_outer(thread);
	call = account(thread, row, frame, ns);
	if (call && ended.sp == (uint64_t)frame && ended.inner)
		add_inner(&call->inner, &call->inner_ns, ended.inner, ended.inner_ns);
}

/* ---- the stub's two halves ---- */

static void attach(void *unused)
{
	(void)unused;
	bc_attach();
}

void bc_call_enter(struct bc_call_row *row, struct bc_call_frame *frame)
{
	frame->mode = BC_MODE_PASS;
	frame->stands_for = 1;
	if (row->quick && bc_quick_pass(row, frame))
		return;
	if (row->kind == BC_WAIT)
		bc_wait_enter(row, frame);
	else if (row->kind == BC_RUN)
		bc_run_enter(frame);
	else if (BC_UNLIKELY(bc_thread.epoch != bc_epoch.value))
		bc_keep_vectors(attach, NULL); /* a forked child */
	else if (bc_thread.slot && row->kind == BC_LIBRARY)
		begin_library(bc_thread.slot, row, frame);
	else if (bc_thread.slot)
		bc_call_begin(bc_thread.slot, row, frame);
}

void bc_call_leave(struct bc_call_row *row, struct bc_call_frame *frame)
{
	struct bc_wire_thread *thread = bc_thread.slot;

	if (frame->mode == BC_MODE_PASS)
		return;
	if (BC_UNLIKELY(bc_thread.epoch != bc_epoch.value)) {
		bc_keep_vectors(attach, NULL);
		return;
	}
	if (!thread)
		return;
	switch ((enum bc_call_mode)frame->mode) {
	case BC_MODE_PASS: break;
	case BC_MODE_TIMED: end_call(thread, row, frame); break;
	case BC_MODE_LOOP: bc_wait_leave(thread, frame); break;
	case BC_MODE_NESTED: bc_wait_leave_nested(thread, frame); break;
	case BC_MODE_RUN: bc_run_leave(thread); break;
	case BC_MODE_OUTER: end_library(thread, row, frame); break;
	case BC_MODE_INNER: end_inner(thread, row, frame); break;
	}
}
