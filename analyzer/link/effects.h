/*
 * What calling a function does to somebody who asks the same question again and again: may it wait,
 * so that time passes decently; may it change memory, so that the answer may be another one?
 */
#ifndef BC_LINK_EFFECTS_H
#define BC_LINK_EFFECTS_H

#include "link/program.h"
#include "link/retry.h"
#include "models/models.h"

struct bc_effects {
	const struct bc_program *program;
	const struct bc_models *models;
	uint8_t *known; /* per function: enum bc_effect and whether it was looked at */
};

void bc_effects_init(struct bc_effects *effects, const struct bc_program *program,
	const struct bc_models *models);
void bc_effects_fini(struct bc_effects *effects);

/* enum bc_effect of a CALL node. */
int bc_effects_of_call(struct bc_effects *effects, uint32_t func, uint32_t node);

#endif
