/* Bits of flag words that are cleared where the program starts, and that no callback sets. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/interp/globals.h"
#include "link/roots/roots.h"

/* A flag word: a variable, or after all of these a field. */
struct word {
	uint64_t cleared; /* bits that are cleared, one by one, on the way to the loop */
	uint8_t zeroed;   /* all of it is, there */
	uint64_t set;     /* bits that may be set later: by callbacks, signal handlers, threads */
	uint8_t raised;   /* something but 0 is stored at start, besides the initialiser */
};

struct settling {
	const struct bc_program *program;
	const struct bc_roots *roots;
	uint8_t *runs;   /* per function: some callback leads to it */
	uint8_t *starts; /* per function: main() leads to it by direct calls */
	struct word *words;
	struct {
		uint32_t *items;
		size_t count, capacity;
	} work;
};

/* ---- what runs below a callback ---- */

/* Marks what a body, or the part of it below `region`, calls. */
static void follow_calls(
	struct settling *s, uint32_t func, uint32_t region, uint8_t *marks, int direct)
{
	const struct bc_program *program = s->program;
	const struct bc_func *f = &program->funcs[func];
	uint32_t end = region == BC_NONE ? f->nnodes : region + f->nodes[region].size;

	for (uint32_t i = f->call; i < f->call + f->ncalls; i++) {
		const struct bc_call *c = &program->calls[i];

		if ((direct && c->sym == BC_NONE) ||
			(region != BC_NONE && (c->node < region || c->node >= end)))
			continue;
		for (uint32_t t = 0; t < c->ntargets; t++) {
			uint32_t callee = program->syms[program->targets[c->target + t].sym].func;

			if (callee == BC_NONE || marks[callee])
				continue;
			marks[callee] = 1;
			bc_vec_push(&s->work, callee);
		}
	}
}

static void find_running(struct settling *s)
{
	for (size_t i = 0; i < s->roots->list.count; i++) {
		const struct bc_root *root = &s->roots->list.items[i];

		if (root->region == BC_NONE)
			s->runs[root->func] = 1;
		follow_calls(s, root->func, root->region, s->runs, 0);
	}
	while (s->work.count)
		follow_calls(s, bc_vec_pop(&s->work), BC_NONE, s->runs, 0);
}

static void find_starting(struct settling *s)
{
	const struct bc_program *program = s->program;

	for (uint32_t i = 0; i < program->nfuncs; i++)
		if (!strcmp(bc_func_name(program, i), "main")) {
			s->starts[i] = 1;
			bc_vec_push(&s->work, i);
		}
	while (s->work.count)
		follow_calls(s, bc_vec_pop(&s->work), BC_NONE, s->starts, 1);
	bc_vec_fini(&s->work);
}

/* What main() leads to up to its loop is start-up; the loop in it is not. */
static int runs_at(const struct settling *s, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &s->program->funcs[func];

	if (s->runs[func] || !s->starts[func])
		return 1;
	for (size_t i = 0; i < s->roots->list.count; i++) {
		const struct bc_root *root = &s->roots->list.items[i];

		if (root->func == func && root->region != BC_NONE && node >= root->region &&
			node < root->region + f->nodes[root->region].size)
			return 1;
	}
	return 0;
}

/* ---- stores ---- */

static struct word *word_of(const struct settling *s, const struct bc_func *f, uint32_t node)
{
	const struct bc_node *n = &f->nodes[node];

	if (n->cls != BC_CLASS_INT && n->cls != BC_CLASS_LONG)
		return NULL;
	if (n->kind == BC_N_VAR)
		return &s->words[bc_node_sym(f, n)];
	if (n->kind == BC_N_FIELD || n->kind == BC_N_SET)
		return &s->words[s->program->nsyms + bc_node_field(f, n)];
	return NULL;
}

/* Bits that may be set in what an expression yields. */
static uint64_t possible_bits(const struct bc_func *f, uint32_t node)
{
	node = bc_uncast(f, node);
	if (f->nodes[node].kind == BC_N_INT)
		return (uint64_t)bc_node_int(f, &f->nodes[node]);
	if (f->nodes[node].kind == BC_N_BINARY && f->nodes[node].op == BC_OP_AND)
		return possible_bits(f, bc_kid(f, node, 0)) & possible_bits(f, bc_kid(f, node, 1));
	if (f->nodes[node].kind == BC_N_UNARY && f->nodes[node].op == BC_OP_NOT &&
		f->nodes[node + 1].kind == BC_N_INT)
		return ~(uint64_t)bc_node_int(f, &f->nodes[node + 1]);
	return ~UINT64_C(0);
}

/* Does the statement stand under no condition, in no loop, and behind no way around it? */
static int is_unconditional(const struct settling *s, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &s->program->funcs[func];
	int is_main = !strcmp(bc_func_name(s->program, func), "main");

	for (uint32_t i = 0; i < node; i++) {
		const struct bc_node *n = &f->nodes[i];

		if (n->kind == BC_N_BLOCK && i + n->size > node)
			continue;
		/* who returns from main() ends the process */
		if (i + n->size > node || n->kind == BC_N_GOTO ||
			(n->kind == BC_N_RETURN && !is_main))
			return 0;
	}
	return 1;
}

static void note_assignment(struct settling *s, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &s->program->funcs[func];
	const struct bc_node *n = &f->nodes[node];
	struct word *word = word_of(s, f, node + 1);
	uint64_t bits;

	if (!word || n->flags & BC_NF_INIT)
		return;
	bits = n->op == BC_OP_NONE || n->op == BC_OP_OR || n->op == BC_OP_AND
		       ? possible_bits(f, bc_kid(f, node, 1))
		       : ~UINT64_C(0);
	if (runs_at(s, func, node)) {
		word->set |= n->op == BC_OP_AND ? 0 : bits;
		return;
	}
	if (n->op == BC_OP_AND)
		word->cleared |= is_unconditional(s, func, node) ? ~bits : 0;
	else if (n->op == BC_OP_NONE && bits == 0)
		word->zeroed |= (uint8_t)is_unconditional(s, func, node);
	else if (n->op == BC_OP_NONE)
		word->raised = 1;
}

/* x++, and &x, of which anything may come. */
static void note_other(struct settling *s, uint32_t func, uint32_t node)
{
	struct word *word = word_of(s, &s->program->funcs[func], node + 1);

	if (word)
		word->set = ~UINT64_C(0);
}

static void find_stores(struct settling *s, uint32_t func)
{
	const struct bc_func *f = &s->program->funcs[func];

	for (uint32_t i = 0; i < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];

		if (n->kind == BC_N_ASSIGN)
			note_assignment(s, func, i);
		else if (n->kind == BC_N_ADDR || bc_node_increments(n))
			note_other(s, func, i);
	}
}

/*
 * A flag that is set and cleared as a whole is only settled when nothing sets it but its
 * initialiser: of `starting = 1` and `starting = 0`, who knows which comes last.
 */
static uint64_t settled_bits(const struct word *word)
{
	uint64_t cleared = word->zeroed && !word->raised ? ~UINT64_C(0) : word->cleared;

	return cleared & ~word->set;
}

void bc_globals_settle(struct bc_globals *globals, const struct bc_roots *roots)
{
	const struct bc_program *program = globals->program;
	size_t nwords = (size_t)program->nsyms + program->nfields;
	struct settling s = {.program = program, .roots = roots};

	s.runs = bc_xcalloc(program->nfuncs + 1, 1);
	s.words = bc_xcalloc(nwords + 1, sizeof(*s.words));
	s.starts = bc_xcalloc(program->nfuncs + 1, 1);
	find_running(&s);
	find_starting(&s);
	for (uint32_t i = 0; i < program->nfuncs; i++)
		if (program->funcs[i].sym != BC_NONE) /* initialisers come first */
			find_stores(&s, i);
	bc_globals_fill(globals, s.runs);
	for (uint32_t i = 0; i < program->nsyms; i++)
		globals->settled[i] = settled_bits(&s.words[i]);
	for (uint32_t i = 0; i < program->nfields; i++)
		globals->settled_fields[i] = settled_bits(&s.words[program->nsyms + i]);
	free(s.words);
	free(s.runs);
	free(s.starts);
}
