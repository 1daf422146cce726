#include "link/interp/globals.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/interp/values.h"
#include "link/program/reads.h"

/* A parameter's value is taken from the calls; a parameter passed on as a parameter, twice. */
enum { MAX_HOPS = 2 };

/* ---- which variables to follow ---- */

/* Clang reports errors as 3 and 4. */
static int is_degraded(const struct bc_facts *facts)
{
	for (uint32_t i = 0; i < facts->ndiags; i++)
		if (facts->diags[i].severity >= 3)
			return 1;
	return 0;
}

/* Another program may set the exported variables of a library. */
static int is_whole(const struct bc_program *program)
{
	for (uint32_t i = 0; i < program->nsyms; i++)
		if (program->syms[i].func != BC_NONE && !strcmp(program->syms[i].name, "main"))
			return 1;
	return 0;
}

static int may_be_constant(const struct bc_sym *sym, int whole)
{
	return !(sym->flags & (BC_SYM_FUNCTION | BC_SYM_WEAK | BC_SYM_SECTION | BC_SYM_SYSTEM)) &&
	       sym->flags & BC_SYM_DEFINED && (whole || sym->flags & BC_SYM_INTERNAL) &&
	       (sym->cls == BC_CLASS_INT || sym->cls == BC_CLASS_LONG || sym->cls == BC_CLASS_PTR ||
		       sym->cls == BC_CLASS_ARRAY);
}

/* ---- the stores ---- */

struct stores {
	const struct bc_program *program;
	struct bc_value *values; /* per symbol: what is stored, joined */
	uint8_t *stored;         /* per symbol: something is */
	uint8_t *initialised;    /* per symbol: not with 0 */
};

static struct bc_value value_of(const struct stores *s, uint32_t func, uint32_t node, int hops);

/* What all callers pass as this parameter. */
static struct bc_value passed_value(const struct stores *s, uint32_t func, uint32_t param, int hops)
{
	const struct bc_program *program = s->program;
	uint32_t sym = program->funcs[func].sym;
	struct bc_value value = bc_value_top();
	int seen = 0;

	/* functions that somebody keeps a pointer to may have callers that are not seen */
	if (sym == BC_NONE || program->syms[sym].handed_out || hops == 0)
		return bc_value_top();
	for (uint32_t i = program->sites_at[func]; i < program->sites_at[func + 1]; i++) {
		const struct bc_call *c = &program->calls[program->sites[i]];
		struct bc_value one = bc_value_top();
		uint32_t arg;

		if (c->sym != sym)
			continue;
		arg = bc_call_argument(&program->funcs[c->func], c->node, (int)param + 1);
		if (arg != BC_NONE)
			one = value_of(s, c->func, arg, hops - 1);
		value = seen++ ? bc_value_join(&value, &one) : one;
		if (value.kind == BC_V_TOP)
			break;
	}
	return value;
}

static int is_assigned(const struct bc_func *f, uint32_t slot)
{
	for (uint32_t i = 0; i + 1 < f->nnodes; i++)
		if ((f->nodes[i].kind == BC_N_ASSIGN || f->nodes[i].kind == BC_N_ADDR ||
			    f->nodes[i].kind == BC_N_UNARY) &&
			f->nodes[i + 1].kind == BC_N_LOCAL && f->nodes[i + 1].ref == slot)
			return 1;
	return 0;
}

static struct bc_value value_of(const struct stores *s, uint32_t func, uint32_t node, int hops)
{
	const struct bc_func *f = &s->program->funcs[func];

	node = bc_uncast(f, node);
	if (f->nodes[node].kind == BC_N_INT)
		return bc_value_int(bc_node_int(f, &f->nodes[node]));
	if (f->nodes[node].kind == BC_N_STR)
		return (struct bc_value){.kind = BC_V_TEXT,
			.u.text = bc_fact_str(f->image->facts, f->nodes[node].ref)};
	if (f->nodes[node].kind == BC_N_LOCAL && f->nodes[node].ref < f->nparams &&
		!is_assigned(f, f->nodes[node].ref))
		return passed_value(s, func, f->nodes[node].ref, hops);
	return bc_value_top();
}

static void add_store(struct stores *s, uint32_t sym, struct bc_value value)
{
	s->values[sym] = s->stored[sym] ? bc_value_join(&s->values[sym], &value) : value;
	s->stored[sym] = 1;
}

/* The variable that an lvalue is, or is an element of; BC_NONE for anything else. */
static uint32_t variable_of(const struct bc_func *f, uint32_t node)
{
	while (f->nodes[node].kind == BC_N_CAST || f->nodes[node].kind == BC_N_INDEX)
		node++;
	return f->nodes[node].kind == BC_N_VAR ? bc_node_sym(f, &f->nodes[node]) : BC_NONE;
}

static int changes(const struct bc_node *n)
{
	return n->kind == BC_N_ADDR || bc_node_increments(n) ||
	       (n->kind == BC_N_ASSIGN && n->op != BC_OP_NONE);
}

static void find_stores(struct stores *s, uint32_t func)
{
	const struct bc_func *f = &s->program->funcs[func];

	for (uint32_t i = 0; i + 1 < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];
		uint32_t sym;

		/* at file scope, any mention of a variable with something initialises it */
		if (n->size == 1 || (n->kind != BC_N_ASSIGN && !changes(n) && f->sym != BC_NONE))
			continue;
		sym = variable_of(f, i + 1);
		if (sym == BC_NONE)
			continue;
		s->initialised[sym] |= f->sym == BC_NONE;
		if (n->kind == BC_N_ASSIGN && n->op == BC_OP_NONE)
			add_store(s, sym, value_of(s, func, bc_kid(f, i, 1), MAX_HOPS));
		else if (changes(n))
			add_store(s, sym, bc_value_top());
	}
}

/* An array that is handed to a function may be written, except where its type says otherwise. */
static void find_array_uses(struct stores *s, uint32_t func)
{
	const struct bc_func *f = &s->program->funcs[func];

	for (uint32_t i = f->call; i < f->call + f->ncalls; i++) {
		const struct bc_call *c = &s->program->calls[i];
		uint32_t type = c->sym == BC_NONE ? c->type : s->program->syms[c->sym].type;
		int arg = 0;

		BC_EACH_KID(f, c->node, kid)
		{
			uint32_t sym = arg ? variable_of(f, kid) : BC_NONE;

			if (sym != BC_NONE && s->program->syms[sym].cls == BC_CLASS_ARRAY &&
				bc_may_write_argument(s->program, type, arg))
				add_store(s, sym, bc_value_top());
			arg++;
		}
	}
}

static void find_constants(struct bc_globals *globals, struct stores *s)
{
	const struct bc_program *program = globals->program;
	int whole = is_whole(program);

	for (uint32_t i = 0; i < program->nfuncs; i++) {
		find_stores(s, i);
		find_array_uses(s, i);
	}
	for (uint32_t i = 0; i < program->nsyms; i++) {
		const struct bc_sym *sym = &program->syms[i];
		struct bc_value value;

		if (!s->initialised[i])
			add_store(s, i, bc_value_int(0));
		value = s->values[i];
		if (!may_be_constant(sym, whole))
			continue;
		if (sym->cls == BC_CLASS_ARRAY ? value.kind == BC_V_TEXT
					       : value.kind == BC_V_INTS || value.kind == BC_V_TEXT)
			globals->constants[i] = value;
	}
}

void bc_globals_init(struct bc_globals *globals, const struct bc_program *program)
{
	struct stores s = {.program = program};
	uint32_t n = program->nsyms;

	*globals = (struct bc_globals){.program = program};
	globals->constants = bc_xcalloc(n + 1, sizeof(struct bc_value));
	globals->settled = bc_xcalloc(n + 1, sizeof(uint64_t));
	globals->settled_fields = bc_xcalloc(program->nfields + 1, sizeof(uint64_t));
	globals->filled = bc_xcalloc(n + 1, 1);
	for (uint32_t i = 0; i < program->nimages; i++)
		if (is_degraded(program->images[i].facts))
			return;
	s.values = bc_xmalloc((n + 1) * sizeof(*s.values));
	s.stored = bc_xcalloc(n + 1, 1);
	s.initialised = bc_xcalloc(n + 1, 1);
	find_constants(globals, &s);
	free(s.values);
	free(s.stored);
	free(s.initialised);
}

void bc_globals_fini(struct bc_globals *globals)
{
	free(globals->constants);
	free(globals->settled);
	free(globals->settled_fields);
	free(globals->filled);
}
