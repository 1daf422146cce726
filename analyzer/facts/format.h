/*
 * The image of a fact file, shared by writer, reader and tests only. See facts.h for what the
 * records mean.
 *
 *	header | strings | ints | files | ... | shards
 *
 * Every section starts at the next multiple of 8 after the one before it, and the image ends where
 * the last section ends: there is exactly one layout for given tables, so that equal facts are
 *equal bytes. All numbers are little endian and used in place.
 */
#ifndef BC_FACTS_FORMAT_H
#define BC_FACTS_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "facts/facts.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "fact files are mapped and used in place: a big-endian port must swap them on load"
#endif

/* X(ID, member of struct bc_facts, record): the tables in the order of the image. */
#define BC_FACT_TABLES(X) \
	X(INTS, ints, int64_t) \
	X(FILES, files, struct bc_fact_file) \
	X(TYPES, types, struct bc_fact_type) \
	X(FIELDS, fields, struct bc_fact_field) \
	X(SYMBOLS, symbols, struct bc_fact_symbol) \
	X(ANNOTATIONS, annotations, struct bc_fact_annotation) \
	X(FUNCTIONS, functions, struct bc_fact_function) \
	X(LOCALS, locals, struct bc_fact_local) \
	X(NODES, nodes, struct bc_node) \
	X(ALIASES, aliases, struct bc_fact_alias) \
	X(COMMENTS, comments, struct bc_fact_comment) \
	X(DIAGS, diags, struct bc_fact_diag) \
	X(DEPS, deps, struct bc_fact_dep) \
	X(SHARDS, shards, struct bc_fact_shard)

enum bc_section {
	BC_SECTION_STRINGS,
#define X(ID, member, record) BC_SECTION_##ID,
	BC_FACT_TABLES(X)
#undef X
		BC_SECTION_COUNT
};

struct bc_image_section {
	uint64_t offset; /* bytes from the start of the image, a multiple of 8 */
	uint32_t count;
	uint32_t item_size; /* a reader with other records refuses the file */
};

struct bc_image_header {
	uint32_t magic, version;
	uint64_t checksum;  /* XXH3-64 of all bytes after this field */
	uint64_t size;      /* of the image */
	uint32_t path_main; /* str */
	uint32_t nsections;
	struct bc_image_section sections[BC_SECTION_COUNT];
};

/* Where the bytes begin that the checksum covers. */
enum { BC_IMAGE_PAYLOAD = offsetof(struct bc_image_header, size) };

static inline uint64_t bc_image_align(uint64_t offset)
{
	return (offset + 7) & ~(uint64_t)7;
}

/* writer.c. Sets the checksum of an image of at least a header's size. */
void bc_image_seal(void *image, size_t size);

/*
 * check.c. Checks the tables of a mapped image, every index and every tree. `name` is the file for
 * the message. 0 or BC_EINPUT.
 */
int bc_facts_check(const struct bc_facts *facts, const char *name);

#endif
