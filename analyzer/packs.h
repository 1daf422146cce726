/* Which rule packs count: the shipped ones, the project's, those of the command line. */
#ifndef BC_PACKS_H
#define BC_PACKS_H

#include "pipeline.h"

/* The folder of the shipped packs, or NULL when it is missing. */
const char *bc_packs_shipped(struct bc_arena *arena);

/* All packs for these options, in order: later ones override. 0 or BC_EINPUT. */
int bc_packs_list(const struct bc_check_options *options, struct bc_arena *arena,
	const struct bc_pack_source **sources, int *nsources);

#endif
