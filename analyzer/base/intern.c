#include "base/intern.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { FIRST_SLOTS = 1024 };

static void insert(struct bc_intern *table, uint32_t id)
{
	uint32_t mask = table->nslots - 1;
	uint32_t at = (uint32_t)table->hashes.items[id] & mask;

	while (table->slots[at])
		at = (at + 1) & mask;
	table->slots[at] = id + 1;
}

static void grow(struct bc_intern *table)
{
	uint32_t wanted = table->nslots ? table->nslots * 2 : FIRST_SLOTS;

	free(table->slots);
	table->slots = bc_xcalloc(wanted, sizeof(*table->slots));
	table->nslots = wanted;
	for (size_t i = 0; i < table->strings.count; i++)
		insert(table, (uint32_t)i);
}

static uint32_t find(const struct bc_intern *table, const char *text, size_t len, uint64_t hash)
{
	uint32_t mask = table->nslots - 1;
	uint32_t at = (uint32_t)hash & mask;

	if (!table->nslots)
		return BC_INTERN_NONE;
	for (; table->slots[at]; at = (at + 1) & mask) {
		uint32_t id = table->slots[at] - 1;
		const char *have = table->strings.items[id];

		if (table->hashes.items[id] == hash && !strncmp(have, text, len) && !have[len])
			return id;
	}
	return BC_INTERN_NONE;
}

uint32_t bc_intern_n(struct bc_intern *table, const char *text, size_t len)
{
	uint64_t hash = XXH3_64bits(text, len);
	uint32_t id = find(table, text, len, hash);

	if (id != BC_INTERN_NONE)
		return id;
	id = (uint32_t)table->strings.count;
	bc_vec_push(&table->strings, bc_arena_strndup(&table->text, text, len));
	bc_vec_push(&table->hashes, hash);
	if ((table->strings.count + 1) * 4 > (size_t)table->nslots * 3)
		grow(table);
	else
		insert(table, id);
	return id;
}

uint32_t bc_intern(struct bc_intern *table, const char *text)
{
	return bc_intern_n(table, text, strlen(text));
}

uint32_t bc_intern_find(const struct bc_intern *table, const char *text)
{
	size_t len = strlen(text);

	return find(table, text, len, XXH3_64bits(text, len));
}

const char *bc_intern_text(const struct bc_intern *table, uint32_t id)
{
	return table->strings.items[id];
}

void bc_intern_fini(struct bc_intern *table)
{
	bc_arena_fini(&table->text);
	bc_vec_fini(&table->strings);
	bc_vec_fini(&table->hashes);
	free(table->slots);
	table->slots = NULL;
	table->nslots = 0;
}
