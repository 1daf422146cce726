#include "link/interp/liveness.h"

#include <stdlib.h>

#include "base/vec.h"

static void mark(void *context, const struct bc_call_event *event)
{
	struct bc_liveness *liveness = context;

	liveness->live[event->call] = 1;
}

void bc_liveness_init(struct bc_liveness *liveness, const struct bc_interp *interp)
{
	const struct bc_program *program = interp->program;

	*liveness = (struct bc_liveness){.program = program, .interp = *interp};
	liveness->interp.context = liveness;
	liveness->interp.call = mark;
	/* main() registers, runs the loop, and then ends the process */
	liveness->interp.to_the_end = 1;
	liveness->asked = bc_xcalloc(program->nfuncs + 1, 1);
	liveness->live = bc_xcalloc(program->ncalls + 1, 1);
}

void bc_liveness_fini(struct bc_liveness *liveness)
{
	free(liveness->asked);
	free(liveness->live);
}

/* Static, and named nowhere but in itself; constructors and linker sets are called by others. */
static int is_abandoned(const struct bc_liveness *liveness, uint32_t func)
{
	uint32_t sym = liveness->program->funcs[func].sym;
	uint32_t flags;

	if (sym == BC_NONE)
		return 0;
	flags = liveness->program->syms[sym].flags;
	return (flags & BC_SYM_INTERNAL) && !liveness->program->syms[sym].mentioned &&
	       !(flags & (BC_SYM_CTOR | BC_SYM_DTOR | BC_SYM_SECTION));
}

int bc_is_live(struct bc_liveness *liveness, uint32_t call)
{
	uint32_t func = liveness->program->calls[call].func;

	if (!liveness->asked[func]) {
		liveness->asked[func] = 1;
		if (!is_abandoned(liveness, func))
			bc_interp_run(&liveness->interp, func, NULL, 0);
	}
	return liveness->live[call];
}
