/*
 * The live view: what holds the loops now, the longest stalls and the worst callbacks so far, a few
 * times per second on the lower part of the terminal.
 */
#ifndef BC_HARNESS_COLLECT_LIVE_H
#define BC_HARNESS_COLLECT_LIVE_H

#include <stdint.h>

struct bc_live;
struct bc_collector;

/* NULL when there is no terminal for it, or it is not wanted. */
struct bc_live *bc_live_open(const struct bc_collector *collector);
void bc_live_tick(struct bc_live *live, struct bc_collector *collector, uint64_t now_ns);
/* The terminal has another size, or gets another user: gives its rows back, for the moment. */
void bc_live_leave(struct bc_live *live);
void bc_live_close(struct bc_live *live);

#endif
