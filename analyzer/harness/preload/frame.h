/* The parts of a frame's account that calls.c and hot.c share. */
#ifndef BC_HARNESS_PRELOAD_FRAME_H
#define BC_HARNESS_PRELOAD_FRAME_H

#include <stdint.h>

/* The thread's CPU time at `now`, to within a millisecond. */
uint64_t bc_frame_cpu(uint64_t now);
void bc_frame_wait_begin(uint64_t now);
void bc_frame_wait_end(uint64_t begin, uint64_t now);

#endif
