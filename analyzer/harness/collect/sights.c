#include "harness/collect/sights.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { ROOM = 64 };

static struct bc_sight *get_sight(const struct bc_sights *sights, uint32_t i)
{
	return &sights->items[(sights->first + i) % ROOM];
}

/* It ran on, or slept on, all the time. */
static int is_unchanged(const struct bc_sight *a, const struct bc_sight *b)
{
	return a->glance.look == b->glance.look && a->glance.number == b->glance.number &&
	       a->glance.switches == b->glance.switches;
}

static void copy_sight(struct bc_sight *to, const struct bc_sight *from)
{
	to->glance = from->glance;
	to->size = from->size;
	memcpy(to->bytes, from->bytes, from->size);
}

int bc_sights_add(struct bc_sights *sights, const struct bc_sight *sight)
{
	struct bc_sight *last;
	int full;

	if (!sights->items)
		sights->items = bc_xmalloc(ROOM * sizeof(*sights->items));
	full = sights->count == ROOM;
	last = sights->count ? get_sight(sights, sights->count - 1) : NULL;
	if (sights->count > 1 && is_unchanged(last, sight) &&
		is_unchanged(get_sight(sights, sights->count - 2), last)) {
		copy_sight(last, sight);
		return 1;
	}
	copy_sight(full ? last : get_sight(sights, sights->count++), sight);
	return !full;
}

int bc_sights_next(struct bc_sights *sights, struct bc_sight *sight)
{
	if (!sights->count)
		return 0;
	copy_sight(sight, get_sight(sights, 0));
	sights->first = (sights->first + 1) % ROOM;
	sights->count--;
	return 1;
}

void bc_sights_fini(struct bc_sights *sights)
{
	free(sights->items);
	*sights = (struct bc_sights){0};
}
