/*
 * --trace: what held the loops, as a file in Chrome's trace event format, which Perfetto opens.
 * Each event is written as it comes, so that memory does not grow with the run. A stall is one
 * complete event on its thread's track; the longest call inside it is another, nested one.
 */
#ifndef BC_HARNESS_COLLECT_TRACE_H
#define BC_HARNESS_COLLECT_TRACE_H

#include "harness/collect/run.h"

struct bc_trace;

/* 0 or BC_EOUTPUT. */
int bc_trace_open(struct bc_trace **trace, const char *path);
/* Times are shown since this one. */
void bc_trace_begin(struct bc_trace *trace, uint64_t start_ns);
/* What the thread is called is asked of the system now. */
void bc_trace_thread(struct bc_trace *trace, uint32_t pid, uint32_t tid);
void bc_trace_stall(struct bc_trace *trace, uint32_t pid, const struct bc_run_callback *callback,
	const struct bc_run_stall *stall, const struct bc_wire_event *event);
/* How much of its time the thread's loop has work, from 0 to 1, at this moment. */
void bc_trace_busy(
	struct bc_trace *trace, uint32_t pid, uint32_t tid, uint64_t now_ns, double share);
/* Hands what is ready to the file, now and then. */
void bc_trace_tick(struct bc_trace *trace, uint64_t now_ns);
/* Ends the file. 0, or BC_EOUTPUT when something could not be written. */
int bc_trace_close(struct bc_trace *trace, const struct bc_run *run);

#endif
