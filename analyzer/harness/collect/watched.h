/* A thread that is observed from outside, from one look to the next. */
#ifndef BC_HARNESS_COLLECT_WATCHED_H
#define BC_HARNESS_COLLECT_WATCHED_H

#include "harness/collect/run.h"
#include "harness/collect/sights.h"

struct bc_collector;

struct bc_watched {
	uint32_t tid, slot;
	struct bc_sights sights;
	struct bc_glance last;
	struct bc_wait_sites sites;
	uint32_t shown; /* site that the reader knows */
	uint32_t looks;
	uint64_t blocked_ns;    /* since when, while it is blocked */
	struct bc_glance first; /* of what goes on since the loop's last wait */
	struct bc_run_thread figures;
};

/* Looks at it, no more. 0 when there was no room to keep it. */
int bc_watched_look(struct bc_collector *collector, struct bc_watched *watched);
/* Goes through what was seen since the last time, and writes what the library would have written.
 */
void bc_watched_follow(struct bc_collector *collector, struct bc_watched *watched);

#endif
