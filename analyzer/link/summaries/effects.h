/*
 * What calling a function does to somebody who asks the same question again and again: may it wait,
 * so that time passes decently; may it change memory, so that the answer may be another one?
 */
#ifndef BC_LINK_SUMMARIES_EFFECTS_H
#define BC_LINK_SUMMARIES_EFFECTS_H

#include "link/program/program.h"
#include "models/models.h"

enum bc_effect {
	BC_EFFECT_WAITS = 1,  /* it may wait or sleep: whoever comes by here does not spin */
	BC_EFFECT_WRITES = 2, /* it may change what conditions read */
	BC_EFFECT_POLLS = 4   /* it may wait for descriptors as a loop does, and so ask anew */
};

struct bc_effects {
	const struct bc_program *program;
	uint8_t *known; /* per function: enum bc_effect and whether it was looked at */
};

void bc_effects_init(struct bc_effects *effects, const struct bc_program *program);
void bc_effects_fini(struct bc_effects *effects);

/* enum bc_effect of a CALL node. */
int bc_effects_of_call(struct bc_effects *effects, uint32_t func, uint32_t node);

#endif
