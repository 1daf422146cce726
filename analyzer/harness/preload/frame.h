/* What calls, waits and callbacks (calls.c, waits.c, hot.c) and what is kept of them (record.c)
 * share. */
#ifndef BC_HARNESS_PRELOAD_FRAME_H
#define BC_HARNESS_PRELOAD_FRAME_H

#include <stdint.h>

#include "harness/preload/core.h"

/* record.c
 * Reads the thread's figures anew. Frames that relied on the old ones get them to keep. */
void bc_frame_read(uint64_t now);
void bc_frame_wait_begin(uint64_t now);
void bc_frame_wait_end(uint64_t begin, uint64_t now);

/* Fills the base frame's calls with what took most of the iteration. */
void bc_frame_share(struct bc_wire_thread *thread, struct bc_wire_frame *base);

/* Off the loop's waits a thread is taken to compute, for at most a millisecond: then ask again. */
enum { CPU_EVERY_NS = 1000000 };

static inline uint32_t bc_frame_reading(uint64_t now)
{
	if (BC_UNLIKELY(now - bc_thread.now.at_ns > CPU_EVERY_NS))
		bc_frame_read(now);
	return bc_thread.reading;
}

/* Before anything but the first part of a frame is used. */
static inline void bc_frame_touch(struct bc_wire_frame *frame)
{
	if (frame->flags & BC_WIRE_TOUCHED)
		return;
	frame->flags |= BC_WIRE_TOUCHED;
	frame->slice = 0;
	frame->worst_ns = 0;
	frame->worst_start_ns = 0;
	frame->worst_call = 0;
	for (int i = 0; i < BC_WIRE_CALLS; i++)
		frame->calls[i] = (struct bc_wire_call){0};
}

/* Of a stub's caller. */
struct bc_caller {
	uint64_t pc, sp, bp;
};

/* In the stubs' frames they lie right above struct bc_call_frame. */
static inline struct bc_caller bc_find_caller(const struct bc_call_frame *frame)
{
	const uint64_t *words = (const uint64_t *)((const char *)frame + 0x60);

	return (struct bc_caller){.bp = words[0], .pc = words[1], .sp = (uint64_t)(words + 2)};
}

/* What a stub does after the real function. */
enum bc_call_mode {
	BC_MODE_PASS,
	BC_MODE_TIMED,
	BC_MODE_LOOP,   /* the loop waited */
	BC_MODE_NESTED, /* a loop inside a callback did */
	BC_MODE_RUN,    /* a function that runs a loop has ended */
	BC_MODE_OUTER,  /* another library's call */
	BC_MODE_INNER   /* a call that this one made */
};

/* slice.c. Number of the slice, 0 when there is no room. It ends with `end` if that is near, and
 * with the stack. The slice `again` is given up for it when it is the last. */
uint32_t bc_slice_take(
	struct bc_wire_thread *thread, struct bc_caller caller, uint64_t end, uint32_t again);

/* calls.c. 1 within a call of another library's function that this very callback made. */
int bc_call_is_inside(const struct bc_wire_thread *thread, const struct bc_call_frame *frame);
void bc_call_begin(
	struct bc_wire_thread *thread, struct bc_call_row *row, struct bc_call_frame *frame);

/* waits.c */
void bc_wait_enter(struct bc_call_row *row, struct bc_call_frame *frame);
void bc_wait_leave(struct bc_wire_thread *thread, struct bc_call_frame *frame);
void bc_wait_leave_nested(struct bc_wire_thread *thread, struct bc_call_frame *frame);
void bc_run_enter(struct bc_call_frame *frame);
void bc_run_leave(struct bc_wire_thread *thread);

#endif
