/* Whether the injected library is there: it may be late, or not have come along with what the
 * program has executed. */
#ifndef BC_HARNESS_COLLECT_SUCCESSOR_H
#define BC_HARNESS_COLLECT_SUCCESSOR_H

#include <stdint.h>
#include <sys/types.h>

struct bc_collector;

/* 1 when it is mapped, or nothing else is in a program of that age. */
int bc_successor_may_come(pid_t pid, uint64_t age_ns);

/* Why nothing can be measured any more of what was measured until it executed another program; NULL
 * while that is not so. To be asked now and then. */
const char *bc_successor_look(struct bc_collector *collector);

#endif
