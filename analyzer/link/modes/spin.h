/*
 * Calls that are made again and again until a non-blocking descriptor is ready.
 *
 *	while (written < count) {
 *		n = write(fd, ...);
 *		if (n == -1 && errno == EAGAIN)
 *			continue;
 *
 * No such call waits, and the loop stands still all the same: until the other side reads, with a
 * processor at full load. The call may lie in a helper that hands on its failure; then it is the
 * helper's call that spins.
 */
#ifndef BC_LINK_MODES_SPIN_H
#define BC_LINK_MODES_SPIN_H

#include "base/vec.h"
#include "link/summaries/effects.h"
#include "models/models.h"

struct bc_spin {
	uint32_t call;   /* what is repeated: the blocking function itself, or a helper */
	uint32_t sink;   /* the call of the blocking function */
	int only_failed; /* it is repeated when it fails, not when it succeeds */
	const struct bc_sink_rule *rule;
};

struct bc_completion;

struct bc_spins {
	BC_VEC(struct bc_spin) list;
	uint32_t *of_call; /* per call: 1 + index in the list, 0 for none */
};

void bc_spins_init(struct bc_spins *spins, const struct bc_program *program,
	const struct bc_models *models, const struct bc_completion *completion,
	struct bc_effects *effects);
void bc_spins_fini(struct bc_spins *spins);

/* NULL when the call does not spin. */
const struct bc_spin *bc_spin_of(const struct bc_spins *spins, uint32_t call);

#endif
