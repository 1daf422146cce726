/* The shared memory file, as the collector sees it. */
#ifndef BC_HARNESS_COLLECT_SEGMENT_H
#define BC_HARNESS_COLLECT_SEGMENT_H

#include "harness/wire.h"

struct bc_segment {
	int fd;
	struct bc_wire *wire;
	uint32_t nthreads; /* how many of wire->threads are there */
	size_t size;
	struct bc_wire_clock clock; /* our own copy: the other one may be scribbled over */
};

/* Room for BC_WIRE_THREADS, or for fewer where no program is going to use it. 0 or BC_EINTERNAL. */
int bc_segment_open(struct bc_segment *segment, uint32_t nthreads, uint64_t budget_ns, int follow);
/* Chooses the fastest clock that can be trusted; until then it is the system's. */
void bc_segment_calibrate(struct bc_segment *segment);
void bc_segment_close(struct bc_segment *segment);
uint64_t bc_segment_now(const struct bc_segment *segment);
/* Gives the slot's memory back, which zeroes it and so marks it as free. */
void bc_segment_release(struct bc_segment *segment, void *slot, size_t size);

#endif
