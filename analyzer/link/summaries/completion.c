#include "link/summaries/completion.h"

#include <string.h>

#include "base/vec.h"

/* values of bc_completion.noreturn */
enum { RETURNS, NO_RETURN, LEAVES };

/* in bc_completion.known; no set of enum bc_exit bits */
enum { UNKNOWN = 0xff };

static int find_entry(const struct bc_func *func, uint32_t node, uint32_t end)
{
	uint32_t switch_end = node; /* cases before it belong to a switch of the subtree itself */

	for (uint32_t i = node; i < end; i++) {
		int kind = func->nodes[i].kind;

		if (kind == BC_N_LABEL)
			return 1;
		if ((kind == BC_N_CASE || kind == BC_N_DEFAULT) && i >= switch_end)
			return 1;
		if (kind == BC_N_SWITCH && i + func->nodes[i].size > switch_end)
			switch_end = i + func->nodes[i].size;
	}
	return 0;
}

int bc_has_entry(const struct bc_func *func, uint32_t node)
{
	uint32_t end = node + func->nodes[node].size;

	/* mostly there is none at all */
	if (func->first_entry == BC_NONE || func->first_entry >= end || func->last_entry < node)
		return 0;
	return find_entry(func, node, end);
}

static int exits_of_call(const struct bc_completion *c, const struct bc_func *f, uint32_t node)
{
	const struct bc_node *callee = &f->nodes[node + 1];
	int kind;

	BC_EACH_KID(f, node, kid)
	if (!bc_completes(c, (uint32_t)(f - c->program->funcs), kid))
		return 0;
	if (callee->kind != BC_N_FUNC)
		return BC_EXIT_NORMAL;
	kind = c->noreturn[bc_node_sym(f, callee)];
	return kind == NO_RETURN ? 0 : kind == LEAVES ? BC_EXIT_GOTO : BC_EXIT_NORMAL;
}

/* Statements one after the other; dead ones count again from a label or case on. */
static int exits_of_block(const struct bc_completion *c, const struct bc_func *f, uint32_t node)
{
	uint32_t func = (uint32_t)(f - c->program->funcs);
	int exits = 0, alive = 1;

	BC_EACH_KID(f, node, kid)
	{
		int e;

		if (!alive && !bc_has_entry(f, kid))
			continue;
		e = bc_completes(c, func, kid);
		exits |= e & ~BC_EXIT_NORMAL;
		alive = e & BC_EXIT_NORMAL;
	}
	return exits | (alive ? BC_EXIT_NORMAL : 0);
}

static int is_true_constant(const struct bc_func *f, uint32_t node)
{
	const struct bc_node *n = &f->nodes[node];

	return n->kind == BC_N_NONE || (n->kind == BC_N_INT && bc_node_int(f, n));
}

static int exits_of_loop(const struct bc_completion *c, const struct bc_func *f, uint32_t node)
{
	uint32_t func = (uint32_t)(f - c->program->funcs);
	uint32_t condition = bc_kid(f, node, 0);
	int body = bc_completes(c, func, bc_kid(f, node, 2));
	int exits = body & (BC_EXIT_RETURN | BC_EXIT_GOTO | BC_EXIT_FOREVER);
	int endless = is_true_constant(f, condition);

	if (f->nodes[node].op == BC_LOOP_DO && !(body & (BC_EXIT_NORMAL | BC_EXIT_CONTINUE)))
		return exits | (body & BC_EXIT_BREAK ? BC_EXIT_NORMAL : 0);
	if (endless && !body)
		return 0; /* the body ends the process in its first round */
	if (body & BC_EXIT_BREAK || !endless)
		exits |= BC_EXIT_NORMAL;
	return exits ? exits : BC_EXIT_FOREVER;
}

static int exits_of_switch(const struct bc_completion *c, const struct bc_func *f, uint32_t node)
{
	uint32_t func = (uint32_t)(f - c->program->funcs);
	uint32_t body = bc_kid(f, node, 1);
	int exits = bc_completes(c, func, body);
	int has_default = 0;

	for (uint32_t i = body; i < body + f->nodes[body].size; i++)
		has_default |= f->nodes[i].kind == BC_N_DEFAULT;
	if (exits & BC_EXIT_BREAK || !has_default)
		exits |= BC_EXIT_NORMAL;
	return exits & ~BC_EXIT_BREAK;
}

static int exits_of_if(const struct bc_completion *c, const struct bc_func *f, uint32_t node)
{
	uint32_t func = (uint32_t)(f - c->program->funcs);

	if (!bc_completes(c, func, bc_kid(f, node, 0)))
		return 0;
	return bc_completes(c, func, bc_kid(f, node, 1)) |
	       bc_completes(c, func, bc_kid(f, node, 2));
}

static int has_call(const struct bc_program *program, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &program->funcs[func];
	uint32_t call = bc_program_call_at(program, func, node);

	return call < f->call + f->ncalls && program->calls[call].node < node + f->nodes[node].size;
}

/* Expressions end the process when a part that is always evaluated does; which takes a call. */
static int exits_of_expr(const struct bc_completion *c, const struct bc_func *f, uint32_t node)
{
	uint32_t func = (uint32_t)(f - c->program->funcs);
	const struct bc_node *n = &f->nodes[node];
	int conditional = n->kind == BC_N_COND || n->kind == BC_N_ELVIS ||
			  (n->kind == BC_N_BINARY && (n->op == BC_OP_LAND || n->op == BC_OP_LOR));

	if (!has_call(c->program, func, node))
		return BC_EXIT_NORMAL;
	BC_EACH_KID(f, node, kid)
	{
		if (!bc_completes(c, func, kid))
			return 0;
		if (conditional)
			break;
	}
	return BC_EXIT_NORMAL;
}

static int find_exits(const struct bc_completion *c, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &c->program->funcs[func];
	const struct bc_node *n = &f->nodes[node];

	switch ((enum bc_node_kind)n->kind) {
	case BC_N_CALL: return exits_of_call(c, f, node);
	case BC_N_BLOCK: return exits_of_block(c, f, node);
	case BC_N_IF: return exits_of_if(c, f, node);
	case BC_N_LOOP: return exits_of_loop(c, f, node);
	case BC_N_SWITCH: return exits_of_switch(c, f, node);
	case BC_N_RETURN:
		return n->size == 1 || bc_completes(c, func, node + 1) ? BC_EXIT_RETURN : 0;
	case BC_N_GOTO: return BC_EXIT_GOTO;
	case BC_N_BREAK: return BC_EXIT_BREAK;
	case BC_N_CONTINUE: return BC_EXIT_CONTINUE;
	case BC_N_NONE:
	case BC_N_INT:
	case BC_N_STR:
	case BC_N_FUNC:
	case BC_N_VAR:
	case BC_N_LOCAL:
	case BC_N_CASE:
	case BC_N_DEFAULT:
	case BC_N_LABEL: return BC_EXIT_NORMAL;
	case BC_N_FIELD:
	case BC_N_INDEX:
	case BC_N_DEREF:
	case BC_N_ADDR:
	case BC_N_UNARY:
	case BC_N_BINARY:
	case BC_N_ASSIGN:
	case BC_N_COND:
	case BC_N_ELVIS:
	case BC_N_COMMA:
	case BC_N_CAST:
	case BC_N_INIT:
	case BC_N_SET:
	case BC_N_ELEM:
	case BC_N_STMTEXPR:
	case BC_N_OPAQUE:
	case BC_N_KIND_COUNT: return exits_of_expr(c, f, node);
	}
	return BC_EXIT_NORMAL;
}

/* While noreturn functions are still being found, nothing is remembered. */
int bc_completes(const struct bc_completion *c, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &c->program->funcs[func];
	uint8_t *known = c->known ? c->known[func] : NULL;

	/* leaves answer faster than the memory would */
	if (!c->known || f->nodes[node].size == 1)
		return find_exits(c, func, node);
	if (!known) {
		known = c->known[func] = bc_xmalloc(f->nnodes);
		memset(known, UNKNOWN, f->nnodes);
	}
	if (known[node] == UNKNOWN)
		known[node] = (uint8_t)find_exits(c, func, node);
	return known[node];
}

/* These do not return either, but the process goes on: elsewhere, or in its other threads. */
static int goes_on_elsewhere(const char *name)
{
	static const char *const names[] = {"longjmp", "_longjmp", "siglongjmp", "__longjmp_chk",
		"pthread_exit", "thrd_exit", "g_thread_exit"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return 1;
	return 0;
}

/* Compiler builtins carry no attribute that says so. */
static int ends_by_name(const char *name)
{
	return !strcmp(name, "__builtin_unreachable") || !strcmp(name, "__builtin_trap") ||
	       !strcmp(name, "__builtin_abort");
}

static int kind_of(const struct bc_sym *sym)
{
	if (sym->func == BC_NONE && goes_on_elsewhere(sym->name))
		return LEAVES;
	return (sym->flags & BC_SYM_NORETURN) || ends_by_name(sym->name) ? NO_RETURN : RETURNS;
}

/* Those who call a function that does not return may not do so either. */
static void queue_callers(const struct bc_program *program, const uint8_t *noreturn,
	const uint8_t *seen, uint8_t *queued)
{
	for (uint32_t i = 0; i < program->ncalls; i++) {
		uint32_t sym = program->calls[i].sym;

		if (sym != BC_NONE && noreturn[sym] == NO_RETURN && !seen[sym])
			queued[program->calls[i].func] = 1;
	}
}

/* One round over the queue. 1 when it found functions that do not return. */
static int find_noreturn(struct bc_completion *completion, const uint8_t *queued)
{
	const struct bc_program *program = completion->program;
	int found = 0;

	for (uint32_t i = 0; i < program->nfuncs; i++) {
		uint32_t sym = program->funcs[i].sym;

		if (!queued[i] || sym == BC_NONE || completion->noreturn[sym] ||
			bc_completes(completion, i, 0))
			continue;
		completion->noreturn[sym] = NO_RETURN;
		found = 1;
	}
	return found;
}

void bc_completion_init(struct bc_completion *completion, const struct bc_program *program)
{
	uint8_t *queued = bc_xmalloc(program->nfuncs + 1);
	uint8_t *seen = bc_xcalloc(program->nsyms + 1, 1); /* per symbol: its callers were queued */

	*completion = (struct bc_completion){.program = program};
	completion->noreturn = bc_xmalloc(program->nsyms + 1);
	for (uint32_t i = 0; i < program->nsyms; i++)
		completion->noreturn[i] = (uint8_t)kind_of(&program->syms[i]);
	do {
		memset(queued, 0, program->nfuncs + 1);
		queue_callers(program, completion->noreturn, seen, queued);
		memcpy(seen, completion->noreturn, program->nsyms);
	} while (find_noreturn(completion, queued));
	completion->known = bc_xcalloc(program->nfuncs + 1, sizeof(*completion->known));
	free(seen);
	free(queued);
}

void bc_completion_fini(struct bc_completion *completion)
{
	for (uint32_t i = 0; i < completion->program->nfuncs; i++)
		free(completion->known[i]);
	free(completion->known);
	free(completion->noreturn);
}
