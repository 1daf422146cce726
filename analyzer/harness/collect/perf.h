/* Samples of what a thread computes, with a piece of its stack, from the kernel's own clock: the
 * thread is neither signalled nor stopped. */
#ifndef BC_HARNESS_COLLECT_PERF_H
#define BC_HARNESS_COLLECT_PERF_H

#include <stddef.h>
#include <stdint.h>

enum { BC_PERF_REGISTERS = 17, BC_PERF_STACK = 8192 };

struct bc_perf {
	int fd;     /* -1: not open */
	int denied; /* it could not be opened */
	void *map;
};

struct bc_perf_sample {
	uint64_t monotonic_ns;
	uint64_t registers[BC_PERF_REGISTERS]; /* in DWARF's order, the last is the pc */
	uint32_t size;
	uint8_t stack[BC_PERF_STACK];
};

void bc_perf_open(struct bc_perf *perf, int tid, uint64_t period_ns);
/* Takes the oldest unread sample; 0 when there is none. */
int bc_perf_read(struct bc_perf *perf, struct bc_perf_sample *sample);
void bc_perf_close(struct bc_perf *perf);

#endif
