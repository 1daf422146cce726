/* What both writers of the report need. */
#ifndef BC_HARNESS_COLLECT_REPORT_H
#define BC_HARNESS_COLLECT_REPORT_H

#include "harness/collect/run.h"
#include "harness/collect/symbols.h"

enum { BC_REPORT_STACK_MAX = BC_STACK_MAX + 2 };

/* Of run->callbacks those that ran, the one with the longest time first; returns how many. Indices.
 */
size_t bc_report_callbacks(const struct bc_run *run, uint32_t **order);
/* Of run->stalls, the longest first. */
size_t bc_report_stalls(const struct bc_run *run, uint32_t **order);

/* A stack of stalls as flame graphs show it, outermost first: what was called stands at its end. */
struct bc_report_stack {
	struct bc_run_where frames[BC_REPORT_STACK_MAX];
	uint32_t count;
	uint64_t ns;
};
typedef void bc_report_visit(const struct bc_report_stack *stack, void *argument);
void bc_report_stacks(const struct bc_run *run, bc_report_visit *visit, void *argument);

/* Three digits and a unit. */
const char *bc_report_time(struct bc_arena *arena, uint64_t ns);
const char *bc_report_cause(enum bc_run_cause cause);
/* "in getaddrinfo()", "computing in burn()", ... */
const char *bc_report_culprit(struct bc_arena *arena, const struct bc_run_stall *stall);
/* Below the current folder, else as it is. NULL stays NULL. */
const char *bc_report_path(struct bc_arena *arena, const char *path);
/* Of the thread's loop. */
const char *bc_report_library(const struct bc_run *run, uint32_t tid);

#endif
