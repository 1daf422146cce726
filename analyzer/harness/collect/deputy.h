/*
 * Reading the debug information of a large program takes a second, and on a busy machine several.
 * What the program does meanwhile must be seen all the same: a deputy, a thread of our own, looks
 * at it while the collector is at something slow. At any time only one of the two touches the
 * collector's state.
 */
#ifndef BC_HARNESS_COLLECT_DEPUTY_H
#define BC_HARNESS_COLLECT_DEPUTY_H

#include <stdint.h>

struct bc_collector;
struct bc_deputy;

/* Sets collector->deputy; where there can be no thread it stays NULL, and nobody looks meanwhile.
 */
void bc_deputy_open(struct bc_collector *collector, uint64_t tick_ns);
void bc_deputy_close(struct bc_collector *collector);

/*
 * Between the two the caller only touches what the deputy never does: symbols, the result's arena,
 * and memory of its own. The deputy neither binds nor releases anything; it adds to what was seen.
 */
void bc_deputy_call(struct bc_collector *collector);
void bc_deputy_dismiss(struct bc_collector *collector);

#endif
