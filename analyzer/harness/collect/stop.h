/* Samples of what a thread computes, where the kernel's own are not permitted (perf.h): the thread
 * is stopped for some 50 us each. Not for threads that are blocked: it would cut some of their
 * sleeps short. */
#ifndef BC_HARNESS_COLLECT_STOP_H
#define BC_HARNESS_COLLECT_STOP_H

#include <sys/types.h>

#include "harness/collect/perf.h"

/*
 * Fills all of the sample but its time. `is_child`: the thread is the first one of a child of ours,
 * whose end somebody else waits for. Should it have come to a system call meanwhile, that is made
 * again rather than fail with EINTR. 0, -EPERM when it may not be stopped, or -ESRCH when it has
 * ended.
 */
int bc_stop_sample(pid_t pid, pid_t tid, int is_child, struct bc_perf_sample *sample);

#endif
