/* What was seen of a thread from outside and has not been followed yet: usually one look, but many
 * when the collector was at something slow. */
#ifndef BC_HARNESS_COLLECT_SIGHTS_H
#define BC_HARNESS_COLLECT_SIGHTS_H

#include "harness/collect/glance.h"

struct bc_sights {
	struct bc_sight *items; /* a ring */
	uint32_t first, count;
};

/* Looks that show nothing new between two others are left out. 0 when there was no room: then it is
 * in the place of the one before. */
int bc_sights_add(struct bc_sights *sights, const struct bc_sight *sight);
/* The oldest, which is no longer among them then. 0: there is none. */
int bc_sights_next(struct bc_sights *sights, struct bc_sight *sight);
void bc_sights_fini(struct bc_sights *sights);

#endif
