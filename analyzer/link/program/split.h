/*
 * Link units: which units make up which program.
 *
 * A compilation database often describes several programs. Each gets the units whose symbols its
 * main() needs, so that one binary's usage() is not another's. A name that several units define
 * goes to the one with the same build target (target.h), else to the one in the nearest folder.
 * Units that no main() needs but that need something from a program are plugins of it; the rest
 * (libraries) are linked among themselves.
 */
#ifndef BC_LINK_PROGRAM_SPLIT_H
#define BC_LINK_PROGRAM_SPLIT_H

#include <stdint.h>

#include "base/vec.h"
#include "facts/facts.h"

struct bc_split_unit {
	const struct bc_facts *facts;
	const char *const *outputs; /* object files that the database names for it */
	int noutputs;
};

struct bc_link_unit {
	uint32_t *units; /* indices, ascending; heap */
	uint32_t nunits;
};

struct bc_split {
	BC_VEC(struct bc_link_unit) list;
};

void bc_split_units(struct bc_split *split, const struct bc_split_unit *units, uint32_t nunits);
void bc_split_fini(struct bc_split *split);

#endif
