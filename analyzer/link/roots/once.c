/* Variables that are filled when they are first needed, which is before the loop. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/interp/globals.h"

struct filling {
	const struct bc_program *program;
	const uint8_t *runs; /* per function: some callback leads to it */
	uint8_t *sure;       /* per function: main() comes by on its way to the loop */
	uint8_t *lazy;       /* per symbol: some function asks whether it is there, and fills it */
	uint8_t *filled;     /* per symbol: on the way to the loop, something is put there */
	uint8_t *emptied;    /* per symbol: code below a callback may take it back */
	BC_VEC(uint32_t) work;
};

static int is_zero(const struct bc_func *f, uint32_t node)
{
	node = bc_uncast(f, node);
	return f->nodes[node].kind == BC_N_INT && bc_node_int(f, &f->nodes[node]) == 0;
}

/* if (v), if (!v), if (v == NULL), if (v != NULL): the variable, or BC_NONE. */
static uint32_t asked_for(const struct bc_func *f, uint32_t condition)
{
	uint32_t node = bc_uncast(f, condition);
	const struct bc_node *n = &f->nodes[node];

	if (n->kind == BC_N_UNARY && n->op == BC_OP_LNOT)
		node = bc_uncast(f, node + 1);
	else if (n->kind == BC_N_BINARY && (n->op == BC_OP_EQ || n->op == BC_OP_NE) &&
		 is_zero(f, bc_kid(f, node, 1)))
		node = bc_uncast(f, node + 1);
	return f->nodes[node].kind == BC_N_VAR ? bc_node_sym(f, &f->nodes[node]) : BC_NONE;
}

static int contains(const struct bc_func *f, uint32_t outer, uint32_t node)
{
	return outer <= node && node < outer + f->nodes[outer].size;
}

/* Does what stands around a node let it run in any case? A question about `var` does. */
static int lets_run(const struct bc_func *f, uint32_t outer, uint32_t node, uint32_t var)
{
	const struct bc_node *n = &f->nodes[outer];

	switch ((int)n->kind) {
	case BC_N_IF:
	case BC_N_COND:
		return contains(f, outer + 1, node) ||
		       (var != BC_NONE && asked_for(f, outer + 1) == var);
	case BC_N_LOOP:
	case BC_N_SWITCH: return 0;
	case BC_N_BINARY:
		return (n->op != BC_OP_LAND && n->op != BC_OP_LOR) || contains(f, outer + 1, node);
	default: return 1;
	}
}

/* `return;` under a condition, before anything is done: it may be the usual case. Errors have a
 * number to return; who leaves main() ends the process. */
static int may_leave(const struct filling *s, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &s->program->funcs[func];

	return f->nodes[node].kind == BC_N_RETURN && f->nodes[node].size == 1 &&
	       strcmp(bc_func_name(s->program, func), "main") != 0;
}

/* The if that a `return;` stands below asks for the variable itself. */
static int is_excused(const struct bc_func *f, uint32_t leave, uint32_t var)
{
	for (uint32_t i = 0; i < leave; i++)
		if (f->nodes[i].kind == BC_N_IF && contains(f, i, leave) && var != BC_NONE &&
			asked_for(f, i + 1) == var)
			return 1;
	return 0;
}

static int runs_surely(const struct filling *s, uint32_t func, uint32_t node, uint32_t var)
{
	const struct bc_func *f = &s->program->funcs[func];

	for (uint32_t i = 0; i < node; i++)
		if (contains(f, i, node) ? !lets_run(f, i, node, var)
					 : may_leave(s, func, i) && !is_excused(f, i, var))
			return 0;
	return 1;
}

/* What main() calls in any case, and what that calls. A variable that it asks for is the one that
 * it fills, so that what it does then is done once. */
static void find_sure(struct filling *s)
{
	const struct bc_program *program = s->program;

	for (uint32_t i = 0; i < program->nfuncs; i++)
		if (program->funcs[i].sym != BC_NONE && !strcmp(bc_func_name(program, i), "main")) {
			s->sure[i] = 1;
			bc_vec_push(&s->work, i);
		}
	while (s->work.count) {
		const struct bc_func *f = &program->funcs[bc_vec_pop(&s->work)];

		for (uint32_t i = f->call; i < f->call + f->ncalls; i++) {
			const struct bc_call *c = &program->calls[i];
			uint32_t callee = c->sym == BC_NONE ? BC_NONE : program->syms[c->sym].func;

			if (callee == BC_NONE || s->sure[callee] ||
				!runs_surely(s, c->func, c->node, BC_NONE))
				continue;
			s->sure[callee] = 1;
			bc_vec_push(&s->work, callee);
		}
	}
	bc_vec_fini(&s->work);
}

static int asks_for(const struct bc_func *f, uint32_t var)
{
	for (uint32_t i = 0; i < f->nnodes; i++)
		if (f->nodes[i].kind == BC_N_IF && asked_for(f, i + 1) == var)
			return 1;
	return 0;
}

/* v = ..., or f(&v); what counts, or is stored without a question, may be 0 again. */
static void note_store(struct filling *s, uint32_t func, uint32_t node, uint32_t var)
{
	const struct bc_func *f = &s->program->funcs[func];
	const struct bc_node *n = &f->nodes[node];
	int asks = asks_for(f, var);

	if (!asks || bc_node_increments(n) ||
		(n->kind == BC_N_ASSIGN && (n->op != BC_OP_NONE || is_zero(f, bc_kid(f, node, 1)))))
		s->emptied[var] |= s->runs[func];
	else
		s->lazy[var] = 1;
	if (n->kind == BC_N_ASSIGN && is_zero(f, bc_kid(f, node, 1)))
		return;
	if (s->sure[func] && runs_surely(s, func, node, var))
		s->filled[var] = 1;
}

static void find_stores(struct filling *s, uint32_t func)
{
	const struct bc_func *f = &s->program->funcs[func];

	for (uint32_t i = 0; i + 1 < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];
		int stores =
			n->kind == BC_N_ASSIGN || n->kind == BC_N_ADDR || bc_node_increments(n);

		if (stores && n[1].kind == BC_N_VAR && !(n->flags & BC_NF_INIT))
			note_store(s, func, i, bc_node_sym(f, &n[1]));
	}
}

void bc_globals_fill(struct bc_globals *globals, const uint8_t *runs)
{
	const struct bc_program *program = globals->program;
	size_t nsyms = program->nsyms + 1;
	struct filling s = {.program = program, .runs = runs};
	uint8_t *bytes = bc_xmalloc(3 * nsyms + program->nfuncs + 1);

	memset(bytes, 0, 3 * nsyms + program->nfuncs + 1);
	s.lazy = bytes;
	s.filled = bytes + nsyms;
	s.emptied = bytes + 2 * nsyms;
	s.sure = bytes + 3 * nsyms;
	find_sure(&s);
	for (uint32_t i = 0; i < program->nfuncs; i++)
		if (program->funcs[i].sym != BC_NONE) /* initialisers come first */
			find_stores(&s, i);
	for (uint32_t i = 0; i < program->nsyms; i++)
		globals->filled[i] = s.lazy[i] && s.filled[i] && !s.emptied[i];
	free(bytes);
}
