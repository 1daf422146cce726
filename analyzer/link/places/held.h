/* What each place holds: a set of functions per place, with the flow that first brought each. */
#ifndef BC_LINK_PLACES_HELD_H
#define BC_LINK_PLACES_HELD_H

#include <stdint.h>

#include "base/vec.h"

struct bc_held_entry {
	uint32_t place, sym;
	uint32_t flow; /* that brought it */
	uint8_t used, cast;
};

struct bc_held {
	BC_VEC(uint32_t) * of; /* per place: the functions, in order of arrival */
	uint32_t nplaces;
	struct bc_held_entry *slots; /* open addressing over (place, sym) */
	uint32_t nslots, count;
};

struct bc_held *bc_held_new(uint32_t nplaces);
void bc_held_free(struct bc_held *held);

/* NULL when absent. Valid until the next add. */
const struct bc_held_entry *bc_held_find(const struct bc_held *held, uint32_t place, uint32_t sym);
/* 1 when it is new. */
int bc_held_add(struct bc_held *held, uint32_t place, uint32_t sym, uint32_t flow, int cast);

#endif
