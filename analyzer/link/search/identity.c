#include "link/search/identity.h"

#include <stdlib.h>

#include "base/vec.h"

static int contains_question(
	const struct bc_identity *identity, const struct bc_func *f, uint32_t node)
{
	for (uint32_t i = node; i < node + f->nodes[node].size; i++)
		if (bc_callee_at(f, i) != BC_NONE && identity->tells[bc_callee_at(f, i)])
			return 1;
	return 0;
}

/* return pthread_equal(...): such a function is a question by another name. */
static int hands_on(const struct bc_identity *identity, const struct bc_func *f)
{
	for (uint32_t i = 0; i < f->nnodes; i++)
		if (f->nodes[i].kind == BC_N_RETURN && f->nodes[i].size > 1 &&
			contains_question(identity, f, i + 1))
			return 1;
	return 0;
}

static void infer(struct bc_identity *identity)
{
	const struct bc_program *program = identity->program;
	int changed = 1;

	while (changed) {
		changed = 0;
		for (uint32_t i = 0; i < program->ncalls; i++) {
			const struct bc_call *c = &program->calls[i];
			uint32_t sym = program->funcs[c->func].sym;

			if (c->sym == BC_NONE || !identity->tells[c->sym])
				continue;
			identity->asks[c->func] = 1;
			if (sym == BC_NONE || identity->tells[sym] ||
				!hands_on(identity, &program->funcs[c->func]))
				continue;
			identity->tells[sym] = 1;
			changed = 1;
		}
	}
}

void bc_identity_init(struct bc_identity *identity, const struct bc_program *program)
{
	identity->program = program;
	identity->tells = bc_xmalloc(program->nsyms + 1);
	identity->asks = bc_xcalloc(program->nfuncs + 1, 1);
	for (uint32_t i = 0; i < program->nsyms; i++)
		identity->tells[i] =
			program->syms[i].func == BC_NONE && program->syms[i].rules->identity;
	infer(identity);
}

void bc_identity_fini(struct bc_identity *identity)
{
	free(identity->tells);
	free(identity->asks);
}

int bc_identity_decides(
	const struct bc_identity *identity, uint32_t func, const struct bc_guard *guards)
{
	const struct bc_func *f = &identity->program->funcs[func];

	if (!identity->asks[func])
		return 0;
	for (; guards; guards = guards->up)
		if (contains_question(identity, f, guards->node))
			return 1;
	return 0;
}
