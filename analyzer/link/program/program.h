/*
 * A program: the facts of one link unit under global numbers.
 *
 * Fact files number their symbols, fields and types for themselves; this gives each distinct one a
 * single number, so that `struct ops.open` in two units is one field and same-named statics are two
 * functions. Nothing is decided here: bodies stay where they are mapped.
 */
#ifndef BC_LINK_PROGRAM_PROGRAM_H
#define BC_LINK_PROGRAM_PROGRAM_H

#include <stdint.h>

#include "base/arena.h"
#include "base/intern.h"
#include "facts/facts.h"
#include "models/models.h"
#include "models/value.h"

struct bc_image; /* one fact file with its maps from local to global numbers */

struct bc_sym {
	const char *name;
	const struct bc_name_rules *rules; /* what the packs say of the name */
	uint32_t flags;                    /* enum bc_symbol_flag, or-ed over all mentions */
	uint32_t type;                     /* global function type, or BC_NONE */
	uint32_t func;    /* index of its definition in bc_program.funcs, or BC_NONE */
	const char *file; /* of the definition if there is one, else of a declaration */
	uint32_t line, column;
	uint8_t cls, nparams;
	uint8_t handed_out; /* a function that some body does not only call */
	uint8_t mentioned;  /* a function that a body other than its own names */
};

struct bc_annotation {
	uint32_t sym;
	const char *text; /* see bc_fact_annotation */
};

struct bc_fieldinfo {
	const char *record_key, *record, *name;
	uint32_t type, offset;
	uint8_t cls, in_union;
};

struct bc_typeinfo {
	const char *spelling, *params; /* see bc_fact_type */
	uint8_t ret, variadic, noproto;
	uint64_t reads; /* bit i: what parameter i points to is const; none for f() */
};

/* A function with a body; or the file-scope initialisers of one file (sym == BC_NONE). */
struct bc_func {
	uint32_t sym;
	const struct bc_image *image;
	const struct bc_node *nodes; /* its tree; node numbers below are indices into it */
	uint32_t nnodes;
	const struct bc_fact_local *locals;
	uint32_t nlocals, nparams, nlabels;
	const char *file;
	uint32_t line, end_line;
	uint32_t call, ncalls;            /* its call sites in bc_program.calls, in tree order */
	uint32_t first_entry, last_entry; /* the first and last LABEL, CASE or DEFAULT of its tree;
					     without any, the first one is BC_NONE */
};

struct bc_call {
	uint32_t func;             /* the caller */
	uint32_t node;             /* its CALL node */
	uint32_t sym;              /* the callee of a direct call, else BC_NONE */
	uint32_t type;             /* function type at an indirect call, or BC_NONE */
	uint32_t target, ntargets; /* in bc_program.targets, once solved */
};

enum bc_target_kind {
	BC_TARGET_DIRECT,
	BC_TARGET_EXACT,   /* through a place; the function's type is the call's */
	BC_TARGET_LENIENT, /* through a place; same number and kinds of arguments */
	BC_TARGET_SYNC     /* handed to a library function that calls it at once */
};

struct bc_target {
	uint32_t sym;
	uint8_t kind;   /* enum bc_target_kind */
	uint32_t place; /* the place that held it, BC_NONE when direct */
};

struct bc_program {
	struct bc_arena *arena;

	struct bc_image *images;
	uint32_t nimages;

	struct bc_sym *syms;
	uint32_t nsyms;
	struct bc_fieldinfo *fields;
	uint32_t nfields;
	struct bc_typeinfo *types;
	uint32_t ntypes;
	struct bc_func *funcs;
	uint32_t nfuncs;
	struct bc_call *calls;
	uint32_t ncalls;
	struct bc_annotation *annotations; /* in order of the units; the same one may come again */
	uint32_t nannotations;

	struct bc_target *targets; /* filled in by bc_solve() */
	uint32_t ntargets;
	/* filled in with the targets: the call sites of function i are sites[sites_at[i]] up to
	 * sites[sites_at[i + 1]], in order, one for each target that leads to it */
	uint32_t *sites, *sites_at;
};

struct bc_image {
	const struct bc_facts *facts;
	uint32_t *sym, *field, *type; /* local index -> global number */
};

/* Numbers everything in `facts` (which must outlive the program, as must `models`). */
void bc_program_build(struct bc_program *program, struct bc_arena *arena,
	const struct bc_facts *const *facts, uint32_t nfacts, const struct bc_models *models);

/* callers.c: fills in the sites; the targets are known. */
void bc_program_index_callers(struct bc_program *program);
/* All functions, callees before their callers as far as calls do not go round in circles. */
void bc_program_order(const struct bc_program *program, uint32_t *order);

/* ---- reading bodies ---- */

static inline uint32_t bc_first_kid(uint32_t node)
{
	return node + 1;
}

static inline uint32_t bc_next_sibling(const struct bc_func *func, uint32_t node)
{
	return node + func->nodes[node].size;
}

/* The n-th child, from 0. The caller knows that it exists. */
static inline uint32_t bc_kid(const struct bc_func *func, uint32_t node, unsigned n)
{
	uint32_t kid = node + 1;

	while (n--)
		kid += func->nodes[kid].size;
	return kid;
}

/* for each child `kid` of `node` */
#define BC_EACH_KID(func, node, kid) \
	for (uint32_t kid = (node) + 1; kid < (node) + (func)->nodes[node].size; \
		kid += (func)->nodes[kid].size)

static inline int64_t bc_node_int(const struct bc_func *func, const struct bc_node *node)
{
	return func->image->facts->ints[node->ref];
}

static inline uint32_t bc_node_sym(const struct bc_func *func, const struct bc_node *node)
{
	return func->image->sym[node->ref];
}

static inline uint32_t bc_node_field(const struct bc_func *func, const struct bc_node *node)
{
	return func->image->field[node->ref];
}

/* ++x, x--, and the like. */
static inline int bc_node_increments(const struct bc_node *node)
{
	return node->kind == BC_N_UNARY && node->op >= BC_OP_PREINC && node->op <= BC_OP_POSTDEC;
}

/* What is converted, where the node is a conversion. */
static inline uint32_t bc_uncast(const struct bc_func *func, uint32_t node)
{
	while (func->nodes[node].kind == BC_N_CAST)
		node++;
	return node;
}

/* The slot of the local that an expression is, through conversions; BC_NONE for anything else. */
static inline uint32_t bc_local_at(const struct bc_func *func, uint32_t node)
{
	node = bc_uncast(func, node);
	return func->nodes[node].kind == BC_N_LOCAL ? func->nodes[node].ref : BC_NONE;
}

/* The same for a parameter that is handed on. `node` may be BC_NONE: then it is none. */
static inline uint32_t bc_param_at(const struct bc_func *func, uint32_t node)
{
	uint32_t local = node == BC_NONE ? BC_NONE : bc_local_at(func, node);

	return local < func->nparams ? local : BC_NONE;
}

/* The function that a call names; BC_NONE for calls through pointers and what is no call. */
static inline uint32_t bc_callee_at(const struct bc_func *func, uint32_t node)
{
	const struct bc_node *n = &func->nodes[node];

	return n->kind == BC_N_CALL && n[1].kind == BC_N_FUNC ? bc_node_sym(func, n + 1) : BC_NONE;
}

/* The node of a call's argument, from 1 (0 is the callee); BC_NONE when there are fewer. */
uint32_t bc_call_argument(const struct bc_func *func, uint32_t call_node, int arg);

/*
 * The value of an argument as far as it is constant on its face, for questions asked before any
 * path is followed: an integer, or something that is surely not null.
 */
struct bc_value bc_call_constant(const struct bc_func *func, uint32_t call_node, int arg);

/* The call site of a CALL node. */
uint32_t bc_program_call_at(const struct bc_program *program, uint32_t func, uint32_t node);

/* The function's name, or "file scope of <file>". */
const char *bc_func_name(const struct bc_program *program, uint32_t func);

static inline uint32_t bc_call_line(const struct bc_program *program, uint32_t call)
{
	const struct bc_call *c = &program->calls[call];

	return BC_LOC_LINE(program->funcs[c->func].nodes[c->node].loc);
}

#endif
