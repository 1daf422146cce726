/*
 * Which calls wait for events, as a loop does: for more than one descriptor, and for longer than no
 * time at all. One descriptor is a wait for an answer, none a sleep in disguise; a limit of 0 only
 * has a look.
 */
#ifndef BC_LINK_ROOTS_WAITS_H
#define BC_LINK_ROOTS_WAITS_H

#include "link/interp/interp.h"
#include "models/models.h"

struct bc_waits {
	uint8_t *is;    /* per call */
	uint8_t *count; /* per call: which parameter of the function around it says for how many
			   descriptors it waits, from 1; 0 without */
	uint8_t *one;   /* per call: it selects one descriptor, whatever its callers say */
};

void bc_waits_find(struct bc_waits *waits, const struct bc_interp *interp);
/* Does this call of the function around the wait `wait` hand it no more than one descriptor? */
int bc_wait_is_for_one(const struct bc_waits *waits, const struct bc_program *program,
	uint32_t wait, uint32_t call);
void bc_waits_fini(struct bc_waits *waits);

#endif
