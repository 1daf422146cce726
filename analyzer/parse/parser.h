/*
 * One translation unit while it is read. Shared by the files of this folder only: the types of
 * libclang stop here.
 *
 *	unit.c     the order of things
 *	collect.c  which functions and variables go to which fact file
 *	tree.c     a body's cursors, collected in one visit into a flat pre-order array
 *	source.c   files, positions, text without the checkout's path in it
 *	types.c    classes, function types, records and fields
 *	symbols.c  functions and variables
 *	attrs.c    their attributes, some of them through macros.c
 *	body.c     the array, written as a tree of facts: whole bodies
 *	stmt.c     statements, with loop.c for omitted parts; decl.c declarations
 *	expr.c     expressions, with operators.c, casts.c, literal.c, generic.c, builtin.c, init.c
 */
#ifndef BC_PARSE_PARSER_H
#define BC_PARSE_PARSER_H

#include <clang-c/Index.h>

#include "base/arena.h"
#include "base/intern.h"
#include "base/vec.h"
#include "facts/writer.h"
#include "parse/parse.h"

#define uthash_malloc(size) bc_xmalloc(size)
#include <uthash.h>

/* Levels of a written tree; what lies deeper is reduced to its direct calls. */
enum { BC_PARSE_DEPTH = 1500 };

/* ---- cursors.c: declaration cursor -> number ---- */

struct bc_cursor_slot {
	CXCursor cursor;
	uint32_t value;
	uint32_t used;
};

struct bc_cursor_map {
	struct bc_cursor_slot *slots; /* open addressing; size is a power of two */
	uint32_t size, count;
};

/* The value of `cursor`, or BC_NONE. */
uint32_t bc_cursor_find(const struct bc_cursor_map *map, CXCursor cursor);
void bc_cursor_add(struct bc_cursor_map *map, CXCursor cursor, uint32_t value);
void bc_cursor_clear(struct bc_cursor_map *map);
void bc_cursor_fini(struct bc_cursor_map *map);

/* ---- tree.c: the cursors of one body ---- */

enum bc_tree_flag {
	BC_TREE_EFFECT = 1 << 0, /* holds a call, a write or a function's name: never dropped */
	BC_TREE_CONST = 1 << 1   /* made of constants only, so that libclang may evaluate it */
};

struct bc_tree_node {
	CXCursor cursor;
	uint32_t size;    /* nodes below it and itself, as in struct bc_node */
	uint32_t ref;     /* of a DeclRefExpr: index into refs; of an operator: which one */
	uint16_t kids;    /* direct children, saturating */
	uint8_t flags;    /* enum bc_tree_flag */
	uint8_t repeated; /* second or third copy of its elder sibling: a ?: b */
};

struct bc_tree {
	BC_VEC(struct bc_tree_node) nodes;
	BC_VEC(CXCursor) refs; /* what the DeclRefExprs name */
	BC_VEC(uint32_t) open; /* while collecting: the path to the last node */
};

/* Replaces the content of `tree` by `root` and all below it. */
void bc_tree_collect(struct bc_tree *tree, CXCursor root);
void bc_tree_fini(struct bc_tree *tree);

/* ---- files ---- */

struct bc_type_index {
	const void *key;
	uint32_t index;
	UT_hash_handle hh;
};

/* A file that the unit read, and the fact file that takes what it defines. */
struct bc_source {
	CXFile file;
	const char *path; /* below the root, or absolute */
	const char *text; /* its bytes; not NUL-terminated */
	size_t size;
	int is_system, has_mark; /* -1: not known yet */
	struct bc_fw *fw;        /* NULL until something goes there */
	struct bc_cursor_map symbols, fields;
	struct bc_type_index *types;
	BC_VEC(CXCursor) functions; /* whose bodies go to its facts */
	BC_VEC(CXCursor) variables; /* whose initial values go there, local statics too */
	BC_VEC(CXCursor) aliases;   /* the main file's: attribute alias defines them */
	size_t functions_done, variables_done;
	int comments_done;
	UT_hash_handle hh;
};

struct bc_position {
	struct bc_source *source; /* NULL: nowhere */
	unsigned line, column, offset;
};

/* ---- types ---- */

struct bc_type {
	const void *key;
	CXType canonical;
	uint8_t cls; /* enum bc_class */
	uint8_t is_bool;
	uint8_t is_function;  /* a function itself, not a pointer to one */
	uint8_t is_integral;  /* libclang can evaluate it */
	const char *spelling; /* of function types: see bc_fact_type */
	const char *params;
	const char *effect; /* an annotation that the type stands for, or NULL */
	uint8_t ret, variadic, noproto, noreturn;
	UT_hash_handle hh;
};

struct bc_record {
	CXCursor cursor; /* its definition */
	const char *key; /* NULL while not asked for */
	const char *name;
	CXCursor *fields; /* without unnamed bit-fields */
	uint32_t nfields;
	int is_union, is_listed;
};

/* ---- the unit ---- */

struct bc_parser {
	const struct bc_parse_job *job;
	struct bc_parse_result *result;
	struct bc_arena arena;
	CXTranslationUnit tu;
	struct bc_source *sources; /* in order of appearance */
	struct bc_source *last_source;
	struct bc_source *main;
	struct bc_type *types;
	struct bc_cursor_map wanted; /* definitions in foreign files that some body uses */
	struct bc_cursor_map record_index;
	BC_VEC(struct bc_record *) records;
	struct bc_named *names;
	struct bc_macro *macros;
	unsigned macro_steps;

	/* the body being written */
	struct bc_source *out;
	struct bc_fw *fw; /* out->fw */
	struct bc_tree tree;
	struct bc_cursor_map locals;
	struct bc_intern labels;
	CXFile file; /* locations elsewhere become `line` */
	unsigned line;
	uint32_t depth; /* inner nodes open */
	int at_file_scope;
};

/* args.c: what libclang is given, harmful options taken out and the analyser's own put in */
const char *const *bc_parse_args(
	struct bc_arena *arena, const struct bc_parse_job *job, int *nargs);
/* Runs `run(context)` on a stack that deep nesting of the source does not exhaust. */
void bc_parse_on_big_stack(void (*run)(void *context), void *context);
const char *bc_parse_error_name(enum CXErrorCode code);

/* source.c */
struct bc_source *bc_parse_source(struct bc_parser *p, CXFile file);
int bc_parse_is_system(struct bc_parser *p, struct bc_source *source);
/* Not the project's own: a system header, or outside the root. */
int bc_parse_is_foreign(struct bc_parser *p, struct bc_source *source);
struct bc_position bc_parse_position(struct bc_parser *p, CXSourceLocation at);
const char *bc_parse_path(struct bc_parser *p, const char *name);
/* The text at the place where the token at `at` is spelled, inside a macro's definition if so. */
const char *bc_parse_spelled(struct bc_parser *p, CXSourceLocation at, size_t *left);
int bc_parse_in_macro(CXSourceLocation at);
/* `text` without the project's root, wherever it occurs. */
const char *bc_parse_scrub(struct bc_parser *p, const char *text);
/* A type's spelling without the places of unnamed records outside the root's view. */
const char *bc_parse_scrub_type(struct bc_parser *p, const char *text);
/* Copies and disposes. */
const char *bc_parse_string(struct bc_parser *p, CXString string);
/* BC_LOC of a cursor of the body being written. */
uint32_t bc_parse_loc(struct bc_parser *p, CXCursor cursor);
struct bc_fw *bc_parse_writer(struct bc_source *source);

/* types.c */
const struct bc_type *bc_parse_type(struct bc_parser *p, CXType type);
/* The bc_fact_type of a function, or of a pointer to one at any depth; else BC_NONE. */
uint32_t bc_parse_function_type(struct bc_parser *p, CXType type);
/* The record behind a struct, union, or pointers to one; NULL when there is no definition. */
struct bc_record *bc_parse_record(struct bc_parser *p, CXType type);
struct bc_record *bc_parse_record_fields(struct bc_parser *p, CXType type);
#define BC_PARSE_ANONYMOUS 0x80000000u /* set in bc_parse_field() of an anonymous member */
uint32_t bc_parse_field(struct bc_parser *p, CXCursor field);
void bc_parse_alias(struct bc_parser *p, CXType to, CXType from, CXCursor cast);

/* collect.c */
/* Lists what each file defines; of foreign ones only what bc_parse_want() asks for. */
void bc_parse_collect(struct bc_parser *p);
void bc_parse_want(struct bc_parser *p, CXCursor decl);
/* Writes all that is listed, and what turns out to be wanted on the way. */
void bc_parse_write_bodies(struct bc_parser *p);

/* symbols.c */
uint32_t bc_parse_symbol(struct bc_parser *p, CXCursor decl);
/* The same, with this declaration known to be the definition in the current fact file. */
uint32_t bc_parse_define(struct bc_parser *p, CXCursor decl);

/* attrs.c */
struct bc_attributes {
	uint32_t flags; /* enum bc_symbol_flag */
	const char *alias;
	BC_VEC(const char *) annotations;
};

void bc_parse_attributes(struct bc_parser *p, CXCursor decl, struct bc_attributes *attributes);
/* The function that attribute cleanup names, or a null cursor. */
CXCursor bc_parse_cleanup(struct bc_parser *p, CXCursor attribute);

/* names.c: the function or typedef at file scope, or a null cursor */
CXCursor bc_parse_find_name(struct bc_parser *p, const char *name);
void bc_parse_names_fini(struct bc_parser *p);

/* macros.c */
/* `text` (a use of macros, as written) with all macros expanded; NULL when that leads nowhere. */
const char *bc_parse_expand(struct bc_parser *p, const char *text, size_t left);
void bc_parse_macros_fini(struct bc_parser *p);

/* expr.c */
uint32_t bc_parse_open(struct bc_parser *p, enum bc_node_kind kind, int op, enum bc_class cls,
	int flags, uint32_t ref, uint32_t loc);
void bc_parse_close(struct bc_parser *p, uint32_t node);
void bc_parse_opaque(struct bc_parser *p, enum bc_class cls, uint32_t loc);
/* Writes the expression at tree node `i`; `unused` when its value is discarded. */
void bc_parse_expr(struct bc_parser *p, uint32_t i, int unused);
/* Writes every part of `i` that has an effect, without a node around them. */
void bc_parse_parts(struct bc_parser *p, uint32_t i);
/* In place of `i` where the tree would get too deep. */
void bc_parse_flat(struct bc_parser *p, uint32_t i);
/* BC_NF_MACRO when the node's location lies in a macro's expansion. */
int bc_parse_macro_flag(const struct bc_parser *p, uint32_t i);
enum bc_class bc_parse_class(struct bc_parser *p, uint32_t i);

/* operators.c */
/* The object that the pointer `i` points to. */
void bc_parse_deref(struct bc_parser *p, uint32_t i);
void bc_parse_unary_operator(struct bc_parser *p, uint32_t i, enum bc_class cls);
void bc_parse_binary_operator(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused);
void bc_parse_conditional(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused);

/* casts.c */
/* Parentheses, or a conversion that changes nothing. */
int bc_parse_is_transparent(const struct bc_parser *p, uint32_t i);
/* Skips all of these. */
uint32_t bc_parse_core(struct bc_parser *p, uint32_t i);
/* Whether the value is 0 or 1 by itself. */
int bc_parse_is_truth(struct bc_parser *p, uint32_t i);
/* Writes that the value is not 0. */
void bc_parse_truth(struct bc_parser *p, uint32_t value, uint32_t loc);
void bc_parse_cast(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused);

static inline const struct bc_tree_node *bc_tree_at(const struct bc_parser *p, uint32_t i)
{
	return &p->tree.nodes.items[i];
}

static inline uint32_t bc_tree_end(const struct bc_parser *p, uint32_t i)
{
	return i + p->tree.nodes.items[i].size;
}

/* The n-th child; `i` has more than n. */
static inline uint32_t bc_tree_kid(const struct bc_parser *p, uint32_t i, uint32_t n)
{
	uint32_t kid = i + 1;

	while (n--)
		kid = bc_tree_end(p, kid);
	return kid;
}

/* BC_LOC of a tree node. */
static inline uint32_t bc_tree_loc(struct bc_parser *p, uint32_t i)
{
	return bc_parse_loc(p, bc_tree_at(p, i)->cursor);
}

static inline const struct bc_type *bc_tree_type(struct bc_parser *p, uint32_t i)
{
	return bc_parse_type(p, clang_getCursorType(bc_tree_at(p, i)->cursor));
}

static inline int bc_tree_has_effect(const struct bc_parser *p, uint32_t i)
{
	return bc_tree_at(p, i)->flags & BC_TREE_EFFECT;
}

static inline int bc_tree_is_expression(const struct bc_parser *p, uint32_t i)
{
	return clang_isExpression(bc_tree_at(p, i)->cursor.kind) != 0;
}

/* literal.c */
/* The value of `i` when it is a constant integer. */
int bc_parse_constant(struct bc_parser *p, uint32_t i, int64_t *value);
/* Writes `i` if it is a constant integer; whether it did. */
int bc_parse_emit_constant(struct bc_parser *p, uint32_t i, enum bc_class cls);
void bc_parse_emit_string(struct bc_parser *p, uint32_t i, enum bc_class cls);

/* generic.c */
void bc_parse_generic(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused);

/* loop.c */
struct bc_for_parts {
	uint32_t init, condition, step, body; /* tree nodes; 0: omitted. The body is always there */
};

struct bc_for_parts bc_parse_for_parts(struct bc_parser *p, uint32_t i);

/* builtin.c */
/* Writes a call of a builtin with a meaning of its own; 0 when it is a call like any other. */
int bc_parse_builtin_call(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused);
/* The same for what libclang does not expose as a call: __atomic_*, __builtin_choose_expr. */
int bc_parse_builtin_expr(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused);

/* init.c: the braced list `i`, for an object of type `type` */
void bc_parse_init(struct bc_parser *p, uint32_t i, CXType type);

/* stmt.c */
void bc_parse_block(struct bc_parser *p, uint32_t i, int keep_value);

/* decl.c */
/* Gives a parameter or variable its slot. */
uint32_t bc_parse_add_local(struct bc_parser *p, CXCursor decl);
/* The tree node of the value that the variable `i` starts with, or 0. */
uint32_t bc_parse_initializer(struct bc_parser *p, uint32_t i);
/* Writes that it starts with it; `slot`: its symbol, at file scope. */
void bc_parse_initialize(struct bc_parser *p, uint32_t i, uint32_t value, uint32_t slot);
void bc_parse_declarations(struct bc_parser *p, uint32_t i);

/* body.c */
void bc_parse_function(struct bc_parser *p, struct bc_source *out, CXCursor function);
void bc_parse_file_scope(struct bc_parser *p, struct bc_source *out);

/* comments.c */
int bc_parse_has_mark(struct bc_source *source);
void bc_parse_comments(struct bc_parser *p, struct bc_source *source);

#endif
