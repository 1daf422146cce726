#include "input/variants.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/buf.h"
#include "base/fs.h"

enum { MAX_VARIANTS = 4 }; /* of one source; more would only repeat the same findings */

struct bc_variant {
	uint64_t key[2]; /* hash of the source's name; for a variant, of its identity too */
	size_t first;    /* index of the first entry */
	int count;       /* of a source: its variants so far */
	UT_hash_handle hh;
};

/* The record named `name`, made when it is new: then its `count` is 0. */
static struct bc_variant *find(struct bc_variant **table, const struct bc_buf *name)
{
	struct bc_variant *found;
	uint64_t key[2];

	bc_hash_bytes(bc_buf_text(name), name->len, key);
	HASH_FIND(hh, *table, key, sizeof(key), found);
	if (found)
		return found;
	found = bc_xmalloc(sizeof(*found));
	*found = (struct bc_variant){.key = {key[0], key[1]}};
	HASH_ADD(hh, *table, key, sizeof(found->key), found);
	return found;
}

static void add_name(struct bc_buf *name, const char *text)
{
	bc_buf_add(name, text, strlen(text) + 1); /* with its NUL, so that "a" "b" is not "ab" */
}

enum bc_variant_status bc_variants_see(struct bc_variants *variants, const char *file,
	const struct bc_argv *identity, size_t *index)
{
	char *real = realpath(file, NULL);
	struct bc_buf name = {0};
	struct bc_variant *source, *variant;

	add_name(&name, real ? real : file);
	free(real);
	source = find(&variants->sources, &name);
	for (size_t i = 0; i < identity->count; i++)
		add_name(&name, identity->items[i]);
	variant = find(&variants->variants, &name);
	bc_buf_fini(&name);
	if (variant->count == 0 && source->count == MAX_VARIANTS) {
		*index = source->first;
		return BC_VARIANT_TOO_MANY;
	}
	if (variant->count++ > 0) {
		*index = variant->first;
		return BC_VARIANT_SAME;
	}
	variant->first = *index;
	if (source->count++ == 0)
		source->first = *index;
	return BC_VARIANT_NEW;
}

static void free_table(struct bc_variant *table)
{
	struct bc_variant *item, *next;

	HASH_ITER (hh, table, item, next) {
		HASH_DEL(table, item);
		free(item);
	}
}

void bc_variants_fini(struct bc_variants *variants)
{
	free_table(variants->sources);
	free_table(variants->variants);
	*variants = (struct bc_variants){0};
}
