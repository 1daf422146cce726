/*
 * Tells which entries of a database compile the same source with the same meaning: libtool's static
 * and shared twins, debug and release builds in one database, one source in two targets.
 */
#ifndef BC_INPUT_VARIANTS_H
#define BC_INPUT_VARIANTS_H

#include <stddef.h>

#include "input/command.h"

struct bc_variant;

struct bc_variants {
	struct bc_variant *sources, *variants; /* hash tables */
};

enum bc_variant_status {
	BC_VARIANT_NEW,     /* the index given was recorded for it */
	BC_VARIANT_SAME,    /* index of the entry that means the same */
	BC_VARIANT_TOO_MANY /* index of the first entry of this source */
};

/* `identity` as in struct bc_flags; `index` is the entry's in case it is new, else the other's. */
enum bc_variant_status bc_variants_see(struct bc_variants *variants, const char *file,
	const struct bc_argv *identity, size_t *index);
void bc_variants_fini(struct bc_variants *variants);

#endif
