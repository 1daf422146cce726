/*
 * sd-bus keeps the tables of methods and properties that it is given, and calls out of them. So it
 * gets a copy, in which the handlers are thunks; all else in it is as it was. Nobody tells when a
 * table is not needed any more: copies stay, and a table that was seen before, whatever its address
 * was, has the same one.
 */
#include "harness/preload/plug.h"

/*
 * Words of an entry of struct sd_bus_vtable. The first has the type in its lowest byte, above it
 * flags. An entry has 6 words as of systemd 221, 7 as of 242, and the first entry tells: its second
 * word is the size of each.
 */
enum { SIZE = 1, GET = 3, SET = 4, HANDLER = 4 };
enum { WORDS_221 = 6, WORDS_242 = 7 };

enum {
	POOL = 1 << 17,  /* words, for all copies */
	SLOTS = 1 << 14, /* more than copies of the smallest table */
	HEAD = 2         /* words before a copy: its hash, and how many it has before its end */
};

static uint64_t pool[POOL];
static uint64_t used = 1;     /* 0 in a slot is none */
static uint32_t slots[SLOTS]; /* where in the pool; open addressing, as in table.c */

struct table {
	const uint64_t *words;
	size_t width; /* of an entry */
	size_t count; /* of words before the entry that ends it */
	uint64_t site;
};

/* Bit n: the entry's word n is a function. */
static unsigned find_functions(uint64_t first)
{
	switch (first & 0xff) {
	case 'M': return 1 << HANDLER;
	case 'P': return 1 << GET;
	case 'W': return 1 << GET | 1 << SET;
	default: return 0;
	}
}

/* What stands in the copy for word `i` of an entry. */
static uint64_t find_word(const struct table *table, const uint64_t *entry, size_t i)
{
	uint32_t api = BC_API_sd_bus_vtable;

	if (i >= 8 || !(find_functions(entry[0]) >> i & 1))
		return entry[i];
	if ((entry[0] & 0xff) != 'M') /* those of properties have seven arguments */
		api |= BC_WIDE;
	return (uint64_t)__blockcheck_thunk((void *)entry[i], api, table->site);
}

/* 0 when it is none that we know whole, or one without functions: sd-bus may have it as it is. */
static int measure(struct table *table)
{
	const uint64_t *entry = table->words;
	size_t functions = 0;

	if (!entry || (entry[0] & 0xff) != '<')
		return 0;
	table->width = entry[SIZE] / sizeof(*entry);
	if (entry[SIZE] % sizeof(*entry) ||
		(table->width != WORDS_221 && table->width < WORDS_242) || table->width >= POOL)
		return 0;
	while (((entry += table->width)[0] & 0xff) != '>') {
		uint64_t type = entry[0] & 0xff;

		if ((type != 'M' && type != 'P' && type != 'W' && type != 'S') ||
			(size_t)(entry - table->words) >= POOL)
			return 0;
		for (size_t i = GET; i <= HANDLER; i++)
			functions += find_word(table, entry, i) != entry[i];
	}
	table->count = (size_t)(entry - table->words);
	return functions != 0;
}

static uint64_t hash_table(const struct table *table)
{
	uint64_t hash = table->count;

	for (size_t i = 0; i < table->count; i++)
		hash = (hash ^ table->words[i]) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static int is_copy_of(const uint64_t *copy, const struct table *table, uint64_t hash)
{
	if (copy[-2] != hash || copy[-1] != table->count)
		return 0;
	for (size_t at = 0; at < table->count; at += table->width)
		for (size_t i = 0; i < table->width; i++)
			if (copy[at + i] != find_word(table, &table->words[at], i))
				return 0;
	return 1;
}

/* Where in the pool, 0: there is no room. */
static uint32_t add_copy(const struct table *table, uint64_t hash)
{
	uint64_t size = HEAD + table->count + table->width;
	uint64_t begin = __atomic_fetch_add(&used, size, __ATOMIC_ACQ_REL);
	uint64_t *copy = &pool[begin + HEAD];

	if (begin + size > POOL) {
		__atomic_fetch_sub(&used, size, __ATOMIC_ACQ_REL);
		__blockcheck_lost();
		return 0;
	}
	copy[-2] = hash;
	copy[-1] = table->count;
	for (size_t at = 0; at < table->count; at += table->width)
		for (size_t i = 0; i < table->width; i++)
			copy[at + i] = find_word(table, &table->words[at], i);
	copy[table->count] = '>';
	return (uint32_t)(begin + HEAD);
}

static const void *find_copy(const void *words, uint64_t site)
{
	struct table table = {.words = words, .site = site};
	uint32_t mine = 0;
	uint64_t hash;

	if (!measure(&table))
		return words;
	hash = hash_table(&table);
	for (uint64_t slot = hash & (SLOTS - 1);; slot = (slot + 1) & (SLOTS - 1)) {
		uint32_t at = __atomic_load_n(&slots[slot], __ATOMIC_ACQUIRE);

		if (!at) {
			if (!mine)
				mine = add_copy(&table, hash);
			if (!mine)
				return words;
			if (__atomic_compare_exchange_n(
				    &slots[slot], &at, mine, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
				at = mine;
		}
		if (is_copy_of(&pool[at], &table, hash))
			return &pool[at];
	}
}

BC_PLUG_PUBLIC int sd_bus_add_object_vtable(void *bus, void **slot, const char *path,
	const char *interface, const void *table, void *data);
BC_PLUG_PUBLIC int sd_bus_add_fallback_vtable(void *bus, void **slot, const char *prefix,
	const char *interface, const void *table, void *find, void *data);

int sd_bus_add_object_vtable(void *bus, void **slot, const char *path, const char *interface,
	const void *table, void *data)
{
	int (*real)(void *, void **, const char *, const char *, const void *, void *);

	BC_PLUG_REAL(real, "sd_bus_add_object_vtable");
	return real(bus, slot, path, interface, find_copy(table, BC_PLUG_SITE), data);
}

int sd_bus_add_fallback_vtable(void *bus, void **slot, const char *prefix, const char *interface,
	const void *table, void *find, void *data)
{
	int (*real)(void *, void **, const char *, const char *, const void *, void *, void *);

	BC_PLUG_REAL(real, "sd_bus_add_fallback_vtable");
	return real(bus, slot, prefix, interface, find_copy(table, BC_PLUG_SITE),
		__blockcheck_thunk(find, BC_API_sd_bus_vtable, BC_PLUG_SITE), data);
}

/* ---- which callback was set, or runs: they must not show our thunks ---- */

#define CURRENT(name) \
	BC_PLUG_PUBLIC void *name(void *object); \
	void *name(void *object) \
	{ \
		void *(*real)(void *); \
\
		BC_PLUG_REAL(real, #name); \
		return __blockcheck_original(real(object)); \
	}
CURRENT(sd_bus_get_current_handler)
CURRENT(sd_bus_slot_get_current_handler)

#define DESTROY(name) \
	BC_PLUG_PUBLIC int name(void *object, void **callback); \
	int name(void *object, void **callback) \
	{ \
		int (*real)(void *, void **), found; \
\
		BC_PLUG_REAL(real, #name); \
		found = real(object, callback); \
		if (found > 0 && callback) \
			*callback = __blockcheck_original(*callback); \
		return found; \
	}
DESTROY(sd_event_source_get_destroy_callback)
DESTROY(sd_bus_slot_get_destroy_callback)
DESTROY(sd_bus_track_get_destroy_callback)
