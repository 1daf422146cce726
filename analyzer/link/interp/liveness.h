/*
 * Which calls can be made at all: not under a condition that is constantly false, not behind the
 * end of the process, and not in a static function that nothing mentions. Asked for registrations,
 * so that a callback handed over in dead code is no callback. What surely comes to the end of the
 * process later counts: the loop may run in between.
 */
#ifndef BC_LINK_INTERP_LIVENESS_H
#define BC_LINK_INTERP_LIVENESS_H

#include "link/interp/interp.h"

struct bc_liveness {
	const struct bc_program *program;
	struct bc_interp interp;
	uint8_t *asked; /* per function: its calls are known */
	uint8_t *live;  /* per call */
};

/* `interp` says what is known of the program; its user is replaced. */
void bc_liveness_init(struct bc_liveness *liveness, const struct bc_interp *interp);
void bc_liveness_fini(struct bc_liveness *liveness);

int bc_is_live(struct bc_liveness *liveness, uint32_t call);

#endif
