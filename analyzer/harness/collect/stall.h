/* One stall in the making: from an event to its stack (stacks.c), its culprit (culprit.c), and its
 * like (stalls.c). */
#ifndef BC_HARNESS_COLLECT_STALL_H
#define BC_HARNESS_COLLECT_STALL_H

#include "harness/collect/collector.h"

struct bc_stall_work {
	struct bc_collector *collector;
	struct bc_seen_thread *thread;
	const struct bc_wire_thread *shared;
	struct bc_wire_event *event;
	struct bc_sample *sample; /* that the watchdog took meanwhile, or NULL */
	struct bc_run_stall stall;
	struct bc_run_where stack[BC_STACK_MAX];
	uint32_t nstack;
	uint64_t end_ns;       /* of the event */
	uint64_t within_ns;    /* waits for a CPU that are those of stalls inside */
	const char *hot;       /* function that computed most, or NULL */
	const char *contained; /* which the rule packs name, and that computed most of the time */
};

/* Each gives 1 when there is a stack, which is the work's then: the one of the longest call, the
 * one that the watchdog saw, the latest of those that computed. */
int bc_stall_unwind_slice(struct bc_stall_work *work);
int bc_stall_unwind_sample(struct bc_stall_work *work);
int bc_stall_unwind_computing(struct bc_stall_work *work);

/* Of the event that shows where a loop waits: keeps its stack for bc_stalls_find_wait(). */
void bc_stall_keep_wait(struct bc_stall_work *work);

/* bodies.c
 * The frame of the stack that is the callback of a loop that we know nothing of, or NULL. */
const struct bc_run_where *bc_stall_find_body(struct bc_stall_work *work);
/* 1 when the work's stack shows a worker that waits in this call for its next job; it runs no loop
 * of events. NULL: no call. */
int bc_stall_is_between_jobs(const struct bc_stall_work *work, const char *call);
/* Takes back stalls of the thread in calls made there: that is where its loop waits, it turned out.
 */
void bc_bodies_drop(struct bc_run *run, uint32_t tid, uint64_t site);
void bc_workers_note(struct bc_run *run, const char *site);
/* Where the thread waits, if it may turn out to be one of them; else NULL. */
const char *bc_workers_site(
	const struct bc_seen_thread *thread, const struct bc_wire_thread *shared);
int bc_workers_have(const struct bc_run *run, const char *site);

/*
 * The outermost function on the stack, within the callback, that the rule packs call blocking. The
 * program or a library contains it, so its calls were not timed. NULL without.
 */
const char *bc_stall_find_contained(struct bc_stall_work *work);

/* Where the stack ends in libc, its function that was called from outside of it. NULL without. */
const char *bc_stall_find_libc(const struct bc_stall_work *work);

/* From a frame of a loop's library inwards to what that calls; the frame itself, if it is none, or
 * calls nothing but libc. */
const struct bc_run_where *bc_stall_skip_library(
	const struct bc_stall_work *work, const struct bc_run_where *outer);
/* What the loop's library called in its own callback. NULL when the stack's outer end is none of
 * it, or there is nothing. */
const struct bc_run_where *bc_stall_find_own(const struct bc_stall_work *work);

void bc_stall_split(struct bc_stall_work *work);
void bc_stall_find_culprit(struct bc_stall_work *work);

#endif
