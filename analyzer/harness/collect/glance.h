/* One look at a thread from outside, and the places where it was found waiting for events. */
#ifndef BC_HARNESS_COLLECT_GLANCE_H
#define BC_HARNESS_COLLECT_GLANCE_H

#include <stdint.h>

#include "harness/wire.h"

struct bc_collector;

enum bc_look {
	BC_LOOK_NOTHING, /* it is not there */
	BC_LOOK_RUNNING, /* or could, if it had a CPU */
	BC_LOOK_BLOCKED,
	BC_LOOK_WAITING /* in its loop's own wait; said by the caller */
};

enum { BC_GLANCE_HIDDEN = -3 /* `number` when the system does not say */ };

struct bc_glance {
	enum bc_look look;
	long number; /* of the system call it is in; -1: in none */
	uint64_t sp, pc;
	uint64_t at_ns;
	uint64_t switches; /* how often it has gone to sleep */
	uint64_t run_ns;
};

/* What was seen at one look, with the stack of what was blocked. */
struct bc_sight {
	struct bc_glance glance;
	uint32_t size;
	uint8_t bytes[BC_WIRE_SLICE_BYTES];
};

enum { BC_WAIT_SITES = 4 };

struct bc_wait_site {
	uint32_t id; /* counts from 1 */
	long number;
	uint64_t sp;
	uint64_t stack[2]; /* hash of its functions; 0: they cannot be seen */
	uint64_t switches; /* as of the last time, so that one long wait counts once */
	uint32_t times;
};

struct bc_wait_sites {
	struct bc_wait_site items[BC_WAIT_SITES];
	int count;
	uint32_t made; /* ever */
};

/* 0 when there is no such thread. */
int bc_glance_take(uint32_t pid, uint32_t tid, struct bc_sight *sight);
/* The place, made known if it is new. */
struct bc_wait_site *bc_wait_site_find(
	struct bc_collector *collector, struct bc_wait_sites *sites, const struct bc_sight *sight);
/* 1 when it is in the wait that it comes back to most often. */
int bc_wait_site_is_loops(
	struct bc_collector *collector, struct bc_wait_sites *sites, const struct bc_sight *sight);

#endif
