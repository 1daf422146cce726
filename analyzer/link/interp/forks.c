/* Functions that hand on fork()'s result. */
#include <stdlib.h>

#include "base/vec.h"
#include "link/interp/interp.h"

/* Does the body return the result of a fork-like call, directly or through a local? */
static int returns_fork(const struct bc_program *program, uint32_t func, const uint8_t *forks)
{
	const struct bc_func *f = &program->funcs[func];
	uint8_t *holds = bc_xcalloc(f->nlocals + 1, 1);
	int found = 0;

	for (uint32_t i = 0; i < f->nnodes && !found; i++) {
		const struct bc_node *n = &f->nodes[i];
		uint32_t value = n->kind == BC_N_ASSIGN ? bc_kid(f, i, 1) : i + 1;
		int is_fork;

		if (n->kind != BC_N_ASSIGN && !(n->kind == BC_N_RETURN && n->size > 1))
			continue;
		is_fork = bc_callee_at(f, value) != BC_NONE && forks[bc_callee_at(f, value)];
		if (n->kind == BC_N_RETURN)
			found = is_fork ||
				(f->nodes[value].kind == BC_N_LOCAL && holds[f->nodes[value].ref]);
		else if (is_fork && f->nodes[i + 1].kind == BC_N_LOCAL)
			holds[f->nodes[i + 1].ref] = 1;
	}
	free(holds);
	return found;
}

uint8_t *bc_find_forks(const struct bc_program *program)
{
	uint8_t *forks = bc_xmalloc(program->nsyms + 1);
	int changed = 1;

	for (uint32_t i = 0; i < program->nsyms; i++)
		forks[i] = program->syms[i].func == BC_NONE && program->syms[i].rules->fork;
	while (changed) {
		changed = 0;
		for (uint32_t i = 0; i < program->ncalls; i++) {
			const struct bc_call *c = &program->calls[i];
			uint32_t sym = program->funcs[c->func].sym;

			if (c->sym == BC_NONE || sym == BC_NONE || !forks[c->sym] || forks[sym])
				continue;
			forks[sym] = (uint8_t)returns_fork(program, c->func, forks);
			changed |= forks[sym];
		}
	}
	return forks;
}
