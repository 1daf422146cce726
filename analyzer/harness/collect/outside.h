/*
 * What can be seen of a program into which no library of ours can be put: its threads are looked at
 * from outside, a few times per budget, and what was seen is written into the shared memory as the
 * library would have, so that reading it is the same. Nothing is stopped or signalled. Durations
 * are right within one look; what is shorter than two is not seen.
 */
#ifndef BC_HARNESS_COLLECT_OUTSIDE_H
#define BC_HARNESS_COLLECT_OUTSIDE_H

#include <stdint.h>

#include "harness/wire.h"

/* Its slot in the shared memory; libraries of ours take the first ones. */
enum { BC_OUTSIDE_PROCESS = BC_WIRE_PROCESSES - 1 };

struct bc_outside;
struct bc_collector;

/* The program runs already. Sets collector->outside. */
void bc_outside_open(struct bc_collector *collector);
/* One look at each thread, which the next tick makes something of. */
void bc_outside_look(struct bc_outside *outside, struct bc_collector *collector);
void bc_outside_tick(struct bc_outside *outside, struct bc_collector *collector, uint64_t now_ns);
/* The library is in the program after all: what was seen from outside does not count. */
void bc_outside_drop(struct bc_outside *outside, struct bc_collector *collector);
/* Puts what was seen of each thread into the result. */
void bc_outside_close(struct bc_outside *outside, struct bc_collector *collector);

#endif
