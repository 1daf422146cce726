/* What the watchdog keeps of the frames of a thread that last: the stack at its latest look. */
#ifndef BC_HARNESS_COLLECT_KEPT_H
#define BC_HARNESS_COLLECT_KEPT_H

#include "harness/collect/collector.h"

/* Where the frame's is, a new one if there was none yet. */
struct bc_sample **bc_kept_at(
	struct bc_collector *collector, struct bc_seen_thread *thread, uint64_t frame_ns);
/* That of the frame that began then, or NULL. Taken, it is the caller's. */
struct bc_sample *bc_kept_find(struct bc_seen_thread *thread, uint64_t frame_ns);
struct bc_sample *bc_kept_take(struct bc_seen_thread *thread, uint64_t frame_ns);

struct bc_sample *bc_kept_new(uint64_t frame_ns);
/* Its stack, from its `sp` on. */
void bc_kept_read(const struct bc_seen_thread *thread, struct bc_sample *sample);

#endif
