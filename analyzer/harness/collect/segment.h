/* The shared memory file, as the collector sees it. */
#ifndef BC_HARNESS_COLLECT_SEGMENT_H
#define BC_HARNESS_COLLECT_SEGMENT_H

#include "harness/wire.h"

struct bc_segment {
	int fd;
	struct bc_wire *wire;
	struct bc_wire_clock clock; /* our own copy: the other one may be scribbled over */
};

/* 0 or BC_EINTERNAL. */
int bc_segment_open(struct bc_segment *segment, uint64_t budget_ns, int follow);
void bc_segment_close(struct bc_segment *segment);
uint64_t bc_segment_now(const struct bc_segment *segment);
/* Gives the slot's memory back, which zeroes it and so marks it as free. */
void bc_segment_release(struct bc_segment *segment, void *slot, size_t size);

#endif
