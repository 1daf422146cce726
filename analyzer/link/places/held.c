#include "link/places/held.h"

static uint32_t slot_of(const struct bc_held *held, uint32_t place, uint32_t sym)
{
	uint64_t key = (uint64_t)place << 32 | sym;
	uint32_t mask = held->nslots - 1, at;

	/* both halves must reach the low bits, or neighbouring places pile up */
	key = (key ^ key >> 31) * 0x7fb5d329728ea185u;
	key = (key ^ key >> 27) * 0x81dadef4bc2dd44du;
	at = (uint32_t)(key >> 33) & mask;

	while (held->slots[at].used &&
		(held->slots[at].place != place || held->slots[at].sym != sym))
		at = (at + 1) & mask;
	return at;
}

static void grow(struct bc_held *held)
{
	struct bc_held_entry *old = held->slots;
	uint32_t nold = held->nslots;

	held->nslots *= 2;
	held->slots = bc_xcalloc(held->nslots, sizeof(*held->slots));
	for (uint32_t i = 0; i < nold; i++)
		if (old[i].used)
			held->slots[slot_of(held, old[i].place, old[i].sym)] = old[i];
	free(old);
}

struct bc_held *bc_held_new(uint32_t nplaces)
{
	struct bc_held *held = bc_xmalloc(sizeof(*held));

	*held = (struct bc_held){.nplaces = nplaces, .nslots = 1024};
	held->of = bc_xcalloc(nplaces, sizeof(*held->of));
	held->slots = bc_xcalloc(held->nslots, sizeof(*held->slots));
	return held;
}

void bc_held_free(struct bc_held *held)
{
	if (!held)
		return;
	for (uint32_t i = 0; i < held->nplaces; i++)
		bc_vec_fini(&held->of[i]);
	free(held->of);
	free(held->slots);
	free(held);
}

const struct bc_held_entry *bc_held_find(const struct bc_held *held, uint32_t place, uint32_t sym)
{
	const struct bc_held_entry *entry = &held->slots[slot_of(held, place, sym)];

	return entry->used ? entry : NULL;
}

int bc_held_add(struct bc_held *held, uint32_t place, uint32_t sym, uint32_t flow, int cast)
{
	uint32_t at = slot_of(held, place, sym);

	if (held->slots[at].used)
		return 0;
	held->slots[at] = (struct bc_held_entry){place, sym, flow, 1, (uint8_t)cast};
	bc_vec_push(&held->of[place], sym);
	if (++held->count * 4 > held->nslots * 3)
		grow(held);
	return 1;
}
