/* What calls, waits and callbacks (calls.c, waits.c, hot.c) share. */
#ifndef BC_HARNESS_PRELOAD_FRAME_H
#define BC_HARNESS_PRELOAD_FRAME_H

#include <stdint.h>

#include "harness/preload/core.h"

/* The thread's CPU time at `now`, to within a millisecond. */
uint64_t bc_frame_cpu(uint64_t now);
void bc_frame_wait_begin(uint64_t now);
void bc_frame_wait_end(uint64_t begin, uint64_t now);

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
void bc_run_leave(struct bc_wire_thread *thread, struct bc_call_frame *frame);

#endif
