#include "parse/parser.h"

#include <string.h>

static struct bc_cursor_slot *find_slot(
	struct bc_cursor_slot *slots, uint32_t size, CXCursor cursor)
{
	uint32_t at = clang_hashCursor(cursor) * 0x9e3779b1u;

	for (at &= size - 1; slots[at].used; at = (at + 1) & (size - 1))
		if (clang_equalCursors(slots[at].cursor, cursor))
			break;
	return &slots[at];
}

uint32_t bc_cursor_find(const struct bc_cursor_map *map, CXCursor cursor)
{
	const struct bc_cursor_slot *slot;

	if (!map->count)
		return BC_NONE;
	slot = find_slot(map->slots, map->size, cursor);
	return slot->used ? slot->value : BC_NONE;
}

static void grow(struct bc_cursor_map *map)
{
	uint32_t size = map->size ? map->size * 2 : 16;
	struct bc_cursor_slot *slots = bc_xcalloc(size, sizeof(*slots));

	for (uint32_t i = 0; i < map->size; i++)
		if (map->slots[i].used)
			*find_slot(slots, size, map->slots[i].cursor) = map->slots[i];
	free(map->slots);
	map->slots = slots;
	map->size = size;
}

void bc_cursor_add(struct bc_cursor_map *map, CXCursor cursor, uint32_t value)
{
	struct bc_cursor_slot *slot;

	if (2 * (map->count + 1) > map->size)
		grow(map);
	slot = find_slot(map->slots, map->size, cursor);
	map->count += !slot->used;
	*slot = (struct bc_cursor_slot){cursor, value, 1};
}

void bc_cursor_clear(struct bc_cursor_map *map)
{
	if (map->count)
		memset(map->slots, 0, map->size * sizeof(*map->slots));
	map->count = 0;
}

void bc_cursor_fini(struct bc_cursor_map *map)
{
	free(map->slots);
	*map = (struct bc_cursor_map){0};
}
