#include "link/modes/sometimes.h"

#include <stdlib.h>

#include "base/vec.h"

static uint32_t tested_field(
	const struct bc_program *program, const struct bc_func *f, uint32_t node)
{
	uint32_t field;

	node = bc_uncast(f, node);
	if (f->nodes[node].kind != BC_N_FIELD)
		return BC_NONE;
	field = bc_node_field(f, &f->nodes[node]);
	return program->fields[field].cls == BC_CLASS_FPTR ? field : BC_NONE;
}

/* x == NULL holds, x != NULL does not, or x does not. */
static uint32_t null_under(
	const struct bc_program *program, const struct bc_func *f, const struct bc_guard *guard)
{
	const struct bc_node *n = &f->nodes[guard->node];
	uint32_t number;

	if (n->kind != BC_N_BINARY)
		return guard->truth ? BC_NONE : tested_field(program, f, guard->node);
	if ((n->op != BC_OP_EQ || !guard->truth) && (n->op != BC_OP_NE || guard->truth))
		return BC_NONE;
	number = bc_kid(f, guard->node, 1);
	number = bc_uncast(f, number);
	if (f->nodes[number].kind != BC_N_INT || bc_node_int(f, &f->nodes[number]) != 0)
		return BC_NONE;
	return tested_field(program, f, bc_kid(f, guard->node, 0));
}

uint32_t bc_null_field(
	const struct bc_program *program, const struct bc_func *f, const struct bc_guard *guards)
{
	uint32_t field = BC_NONE;

	for (; guards && field == BC_NONE; guards = guards->up)
		field = null_under(program, f, guards);
	return field;
}

struct below {
	const struct bc_program *program;
	uint8_t *marks;
	BC_VEC(uint32_t) work;
};

static void mark(struct below *b, uint32_t sym)
{
	uint32_t func = b->program->syms[sym].func;

	if (func == BC_NONE || b->marks[func])
		return;
	b->marks[func] = 1;
	bc_vec_push(&b->work, func);
}

static void mark_targets(struct below *b, uint32_t call, uint32_t place)
{
	const struct bc_call *c = &b->program->calls[call];

	for (uint32_t t = 0; t < c->ntargets; t++)
		if (place == BC_NONE ? c->sym != BC_NONE
				     : b->program->targets[c->target + t].place == place)
			mark(b, b->program->targets[c->target + t].sym);
}

uint8_t *bc_below_field(const struct bc_solution *solution, uint32_t field)
{
	const struct bc_program *program = solution->places.program;
	struct below b = {.program = program, .marks = bc_xcalloc(program->nfuncs + 1, 1)};
	uint32_t place = bc_place_of_field(&solution->places, field);

	for (uint32_t i = 0; i < program->ncalls; i++)
		mark_targets(&b, i, place);
	while (b.work.count) {
		const struct bc_func *f = &program->funcs[bc_vec_pop(&b.work)];

		for (uint32_t i = f->call; i < f->call + f->ncalls; i++)
			mark_targets(&b, i, BC_NONE);
	}
	bc_vec_fini(&b.work);
	return b.marks;
}
