/* Who calls whom, the other way round: the call sites of each function. */
#include <string.h>

#include "base/vec.h"
#include "link/program/program.h"

static uint32_t callee_of(const struct bc_program *program, uint32_t target)
{
	return program->syms[program->targets[target].sym].func;
}

void bc_program_index_callers(struct bc_program *program)
{
	uint32_t n = program->nfuncs;
	uint32_t *at = program->sites_at = BC_NEW_ARRAY(program->arena, uint32_t, (size_t)n + 2);

	for (uint32_t t = 0; t < program->ntargets; t++)
		if (callee_of(program, t) != BC_NONE)
			at[callee_of(program, t) + 2]++;
	for (uint32_t i = 0; i < n; i++)
		at[i + 2] += at[i + 1];
	program->sites = BC_NEW_ARRAY(program->arena, uint32_t, (size_t)at[n + 1] + 1);
	/* filling moves each start to the next one's, so that at[i] is where i begins afterwards */
	for (uint32_t c = 0; c < program->ncalls; c++)
		for (uint32_t t = 0; t < program->calls[c].ntargets; t++) {
			uint32_t callee = callee_of(program, program->calls[c].target + t);

			if (callee != BC_NONE)
				program->sites[at[callee + 1]++] = c;
		}
}

/* A walk towards the callers: filled from the end, each function when all who call it are in. */
void bc_program_order(const struct bc_program *program, uint32_t *order)
{
	uint32_t n = program->nfuncs, filled = n;
	uint32_t *next = bc_xmalloc((n + 1) * sizeof(*next)); /* per function: the site to go to */
	uint8_t *seen = bc_xcalloc(n + 1, 1);
	BC_VEC(uint32_t) way = {0};

	memcpy(next, program->sites_at, n * sizeof(*next));
	for (uint32_t start = 0; start < n; start++) {
		if (!seen[start]) {
			seen[start] = 1;
			bc_vec_push(&way, start);
		}
		while (way.count) {
			uint32_t func = way.items[way.count - 1], caller;

			if (next[func] == program->sites_at[func + 1]) {
				order[--filled] = bc_vec_pop(&way);
				continue;
			}
			caller = program->calls[program->sites[next[func]++]].func;
			if (!seen[caller]) {
				seen[caller] = 1;
				bc_vec_push(&way, caller);
			}
		}
	}
	bc_vec_fini(&way);
	free(seen);
	free(next);
}
