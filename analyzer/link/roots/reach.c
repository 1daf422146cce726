#include "link/roots/reach.h"

#include <string.h>

#include "base/vec.h"

void bc_reach_from_calls(const struct bc_program *program, uint32_t func, uint32_t from,
	uint32_t to, uint8_t *reached)
{
	BC_VEC(uint32_t) work = {0};
	const struct bc_func *f = &program->funcs[func];

	for (uint32_t c = f->call; c < f->call + f->ncalls; c++)
		if (program->calls[c].node >= from && program->calls[c].node < to)
			bc_vec_push(&work, c);
	while (work.count) {
		const struct bc_call *c = &program->calls[bc_vec_pop(&work)];

		for (uint32_t t = 0; t < c->ntargets; t++) {
			uint32_t next = program->syms[program->targets[c->target + t].sym].func;

			if (next == BC_NONE || reached[next])
				continue;
			reached[next] = 1;
			for (uint32_t i = 0; i < program->funcs[next].ncalls; i++)
				bc_vec_push(&work, program->funcs[next].call + i);
		}
	}
	bc_vec_fini(&work);
}

static void reach_from_body(const struct bc_program *program, uint32_t func, uint8_t *reached)
{
	if (reached[func])
		return;
	reached[func] = 1;
	bc_reach_from_calls(program, func, 0, program->funcs[func].nnodes, reached);
}

uint8_t *bc_reach_from_roots(
	const struct bc_program *program, const struct bc_roots *roots, enum bc_context context)
{
	uint8_t *reached = bc_xcalloc(program->nfuncs + 1, 1);

	for (size_t i = 0; i < roots->list.count; i++)
		if (roots->list.items[i].context == context)
			reach_from_body(program, roots->list.items[i].func, reached);
	return reached;
}

uint8_t *bc_reach_from_main(const struct bc_program *program)
{
	uint8_t *reached = bc_xcalloc(program->nfuncs + 1, 1);

	for (uint32_t i = 0; i < program->nsyms; i++)
		if (program->syms[i].func != BC_NONE && !strcmp(program->syms[i].name, "main"))
			reach_from_body(program, program->syms[i].func, reached);
	return reached;
}
