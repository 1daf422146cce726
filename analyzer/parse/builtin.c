/*
 * Compiler builtins: atomics become plain reads and assignments, branch hints the value they hint
 * about, and the operands that are never evaluated disappear.
 */
#include "parse/parser.h"

#include <ctype.h>
#include <string.h>

static int starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static void leaf_int(struct bc_parser *p, int64_t value, uint32_t loc)
{
	bc_fw_leaf(p->fw, BC_N_INT, BC_CLASS_INT, bc_fw_int(p->fw, value), loc);
}

/* ---- atomic reads and writes ---- */

/* *pointer op= value, where `value` is a tree node. */
static void assign(struct bc_parser *p, uint32_t i, uint32_t pointer, enum bc_op op, uint32_t value)
{
	uint32_t open = bc_parse_open(p, BC_N_ASSIGN, (int)op, bc_parse_class(p, value),
		BC_NF_ATOMIC | bc_parse_macro_flag(p, i), BC_NONE, bc_tree_loc(p, i));

	bc_parse_deref(p, pointer);
	bc_parse_expr(p, value, 0);
	bc_parse_close(p, open);
}

static void assign_int(struct bc_parser *p, uint32_t i, uint32_t pointer, int64_t value)
{
	uint32_t open = bc_parse_open(p, BC_N_ASSIGN, 0, BC_CLASS_INT,
		BC_NF_ATOMIC | bc_parse_macro_flag(p, i), BC_NONE, bc_tree_loc(p, i));

	bc_parse_deref(p, pointer);
	leaf_int(p, value, bc_tree_loc(p, i));
	bc_parse_close(p, open);
}

/* *to = *from */
static void copy(struct bc_parser *p, uint32_t i, uint32_t to, uint32_t from)
{
	CXType pointer = clang_getCanonicalType(clang_getCursorType(bc_tree_at(p, to)->cursor));
	enum bc_class cls = (enum bc_class)bc_parse_type(p, clang_getPointeeType(pointer))->cls;
	uint32_t open = bc_parse_open(p, BC_N_ASSIGN, 0, cls,
		BC_NF_ATOMIC | bc_parse_macro_flag(p, i), BC_NONE, bc_tree_loc(p, i));

	bc_parse_deref(p, to);
	bc_parse_deref(p, from);
	bc_parse_close(p, open);
}

/*
 * An exchange gives the old value. No order of one read and one write says so without a temporary,
 * hence "either the old value, or the assignment": a superset of what can happen. Where reading the
 * pointer has effects, it is evaluated once.
 */
static void exchange(struct bc_parser *p, uint32_t i, uint32_t pointer, uint32_t value,
	enum bc_class cls, int unused)
{
	uint32_t open;

	if (unused || bc_tree_has_effect(p, pointer)) {
		assign(p, i, pointer, BC_OP_NONE, value);
		return;
	}
	open = bc_parse_open(p, BC_N_COND, 0, cls, 0, BC_NONE, bc_tree_loc(p, i));
	bc_parse_opaque(p, BC_CLASS_INT, bc_tree_loc(p, i));
	bc_parse_deref(p, pointer);
	assign(p, i, pointer, BC_OP_NONE, value);
	bc_parse_close(p, open);
}

/* Whether the store happens is not known, nor is the result. `expected` is 0 or a tree node. */
static void compare_exchange(struct bc_parser *p, uint32_t i, uint32_t pointer, uint32_t expected,
	uint32_t value, int by_pointer)
{
	uint32_t outer =
		bc_parse_open(p, BC_N_OPAQUE, 0, BC_CLASS_INT, 0, BC_NONE, bc_tree_loc(p, i));
	uint32_t open = bc_parse_open(p, BC_N_COND, 0, BC_CLASS_INT, 0, BC_NONE, bc_tree_loc(p, i));

	bc_parse_opaque(p, BC_CLASS_INT, bc_tree_loc(p, i));
	if (by_pointer)
		copy(p, i, pointer, value);
	else
		assign(p, i, pointer, BC_OP_NONE, value);
	if (expected)
		copy(p, i, expected, pointer);
	else
		bc_parse_opaque(p, BC_CLASS_INT, bc_tree_loc(p, i));
	bc_parse_close(p, open);
	bc_parse_close(p, outer);
}

static enum bc_op op_of(const char *name)
{
	static const struct {
		const char *name;
		enum bc_op op;
	} ops[] = {
		{"add", BC_OP_ADD},
		{"sub", BC_OP_SUB},
		{"or", BC_OP_OR},
		{"and", BC_OP_AND},
		{"xor", BC_OP_XOR},
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		size_t len = strlen(ops[i].name);

		if (!strncmp(name, ops[i].name, len) && !isalpha((unsigned char)name[len]))
			return ops[i].op;
	}
	return BC_OP_NONE;
}

/* fetch_and_add and the like. The old value is not what the assignment gives. */
static void modify(struct bc_parser *p, uint32_t i, uint32_t pointer, uint32_t value, enum bc_op op,
	int gives_old, int unused)
{
	enum bc_class cls = bc_parse_class(p, value);
	uint32_t outer = 0;

	if (gives_old && !unused)
		outer = bc_parse_open(p, BC_N_OPAQUE, 0, cls, 0, BC_NONE, bc_tree_loc(p, i));
	if (op == BC_OP_NONE) { /* nand, min, max */
		uint32_t open = bc_parse_open(p, BC_N_ASSIGN, 0, cls,
			BC_NF_ATOMIC | bc_parse_macro_flag(p, i), BC_NONE, bc_tree_loc(p, i));
		uint32_t unknown;

		bc_parse_deref(p, pointer);
		unknown = bc_parse_open(p, BC_N_OPAQUE, 0, cls, 0, BC_NONE, bc_tree_loc(p, i));
		bc_parse_expr(p, value, 0);
		bc_parse_close(p, unknown);
		bc_parse_close(p, open);
	} else {
		assign(p, i, pointer, op, value);
	}
	if (gives_old && !unused)
		bc_parse_close(p, outer);
}

/* ---- __atomic_* and __c11_atomic_*: (pointer, order, value, failure order, value, weak) ---- */

struct atomic {
	uint32_t i;
	uint32_t kid[6];
	uint32_t kids;
	enum bc_class cls;
	int unused;
	int by_pointer; /* the generic form: values are passed and returned through pointers */
};

static void atomic_load(struct bc_parser *p, const struct atomic *atomic)
{
	if (atomic->kids > 2) /* __atomic_load(p, &result, order) */
		copy(p, atomic->i, atomic->kid[2], atomic->kid[0]);
	else
		bc_parse_deref(p, atomic->kid[0]);
}

static void atomic_store(struct bc_parser *p, const struct atomic *atomic)
{
	uint32_t value = atomic->kid[atomic->kids - 1]; /* init has no order */

	if (atomic->by_pointer)
		copy(p, atomic->i, atomic->kid[0], value);
	else
		assign(p, atomic->i, atomic->kid[0], BC_OP_NONE, value);
}

static void atomic_exchange(struct bc_parser *p, const struct atomic *atomic)
{
	uint32_t open;

	if (!atomic->by_pointer || atomic->kids < 4) {
		exchange(p, atomic->i, atomic->kid[0], atomic->kid[2], atomic->cls, atomic->unused);
		return;
	}
	open = bc_parse_open(
		p, BC_N_COMMA, 0, BC_CLASS_VOID, 0, BC_NONE, bc_tree_loc(p, atomic->i));
	copy(p, atomic->i, atomic->kid[3], atomic->kid[0]);
	copy(p, atomic->i, atomic->kid[0], atomic->kid[2]);
	bc_parse_close(p, open);
}

/* `name` is what follows "__atomic_"; 0 when the shape is not the expected one. */
static int emit_atomic(struct bc_parser *p, const char *name, const struct atomic *atomic)
{
	if (starts_with(name, "load"))
		atomic_load(p, atomic);
	else if (starts_with(name, "store") || starts_with(name, "init"))
		atomic_store(p, atomic);
	else if (starts_with(name, "exchange") && atomic->kids >= 3)
		atomic_exchange(p, atomic);
	else if (starts_with(name, "compare_exchange") && atomic->kids >= 5)
		compare_exchange(p, atomic->i, atomic->kid[0], atomic->kid[2], atomic->kid[4],
			atomic->by_pointer);
	else if (starts_with(name, "fetch_") && atomic->kids >= 3)
		modify(p, atomic->i, atomic->kid[0], atomic->kid[2], op_of(name + 6), 1,
			atomic->unused);
	else if (strstr(name, "_fetch") && atomic->kids >= 3)
		modify(p, atomic->i, atomic->kid[0], atomic->kid[2], op_of(name), 0,
			atomic->unused);
	else
		return 0;
	return 1;
}

/* ---- what libclang does not expose ---- */

/* The word that is spelled where the expression begins. */
static void read_word(struct bc_parser *p, uint32_t i, char *word, size_t size)
{
	CXSourceRange extent = clang_getCursorExtent(bc_tree_at(p, i)->cursor);
	size_t left, len = 0;
	const char *text = bc_parse_spelled(p, clang_getRangeStart(extent), &left);

	while (len < left && len + 1 < size &&
		(isalnum((unsigned char)text[len]) || text[len] == '_'))
		len++;
	memcpy(word, text, len);
	word[len] = '\0';
}

static int emit_chosen(struct bc_parser *p, uint32_t i, int unused)
{
	int64_t condition;

	if (bc_tree_at(p, i)->kids != 3 || !bc_parse_constant(p, i + 1, &condition))
		return 0;
	bc_parse_expr(p, bc_tree_kid(p, i, condition ? 1 : 2), unused);
	return 1;
}

int bc_parse_builtin_expr(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	static const char *const families[] = {"__atomic_", "__c11_atomic_", "__scoped_atomic_"};
	struct atomic atomic = {.i = i, .cls = cls, .unused = unused};
	char word[64];

	read_word(p, i, word, sizeof(word));
	if (!strcmp(word, "__builtin_choose_expr"))
		return emit_chosen(p, i, unused);
	for (uint32_t kid = i + 1; kid < bc_tree_end(p, i) && atomic.kids < 6;
		kid = bc_tree_end(p, kid))
		atomic.kid[atomic.kids++] = kid;
	for (size_t f = 0; f < sizeof(families) / sizeof(*families); f++) {
		size_t len = strlen(families[f]);

		if (strncmp(word, families[f], len))
			continue;
		atomic.by_pointer = f != 1 && !strstr(word, "_n") && !strstr(word, "fetch");
		return emit_atomic(p, word + len, &atomic);
	}
	return 0;
}

/* ---- calls ---- */

/* __sync_*(pointer, value...) */
static int emit_sync(
	struct bc_parser *p, const char *name, uint32_t i, enum bc_class cls, int unused)
{
	uint32_t kids = bc_tree_at(p, i)->kids;
	uint32_t pointer = kids > 1 ? bc_tree_kid(p, i, 1) : 0;
	uint32_t value = kids > 2 ? bc_tree_kid(p, i, 2) : 0;

	if (starts_with(name, "bool_compare_and_swap") && kids > 3) {
		compare_exchange(p, i, pointer, 0, bc_tree_kid(p, i, 3), 0);
	} else if (starts_with(name, "val_compare_and_swap") && kids > 3) {
		exchange(p, i, pointer, bc_tree_kid(p, i, 3), cls, 0);
	} else if ((starts_with(name, "lock_test_and_set") || starts_with(name, "swap")) && value) {
		exchange(p, i, pointer, value, cls, unused);
	} else if (starts_with(name, "lock_release") && pointer) {
		assign_int(p, i, pointer, 0);
	} else if (starts_with(name, "fetch_and_") && value) {
		modify(p, i, pointer, value, op_of(name + 10), 1, unused);
	} else if (strstr(name, "_and_fetch") && value) {
		modify(p, i, pointer, value, op_of(name), 0, unused);
	} else {
		return 0;
	}
	return 1;
}

/* Whether all that `name` gives is the value of its first argument. */
static int is_identity(const char *name)
{
	return !strcmp(name, "expect") || !strcmp(name, "expect_with_probability") ||
	       !strcmp(name, "assume_aligned") || !strcmp(name, "launder") ||
	       !strcmp(name, "unpredictable");
}

/* Whether the operands are not evaluated. */
static int is_query(const char *name)
{
	return !strcmp(name, "object_size") || !strcmp(name, "dynamic_object_size") ||
	       !strcmp(name, "assume") || !strcmp(name, "classify_type");
}

static int emit_builtin(
	struct bc_parser *p, const char *name, uint32_t i, enum bc_class cls, int unused)
{
	uint32_t kids = bc_tree_at(p, i)->kids, argument = kids > 1 ? bc_tree_kid(p, i, 1) : 0;
	int64_t value;

	if (!argument)
		return 0;
	if (is_identity(name))
		bc_parse_expr(p, argument, unused);
	else if (!strcmp(name, "constant_p"))
		leaf_int(p, bc_parse_constant(p, argument, &value), bc_tree_loc(p, i));
	else if (is_query(name))
		bc_parse_opaque(p, cls, bc_tree_loc(p, i));
	else
		return 0;
	return 1;
}

/* __atomic_test_and_set() and __atomic_clear() are exposed as calls. */
static int emit_atomic_call(struct bc_parser *p, const char *name, uint32_t i)
{
	uint32_t open;

	if (bc_tree_at(p, i)->kids < 2)
		return 0;
	if (!strcmp(name, "clear")) {
		assign_int(p, i, bc_tree_kid(p, i, 1), 0);
	} else if (!strcmp(name, "test_and_set")) {
		open = bc_parse_open(
			p, BC_N_OPAQUE, 0, BC_CLASS_INT, 0, BC_NONE, bc_tree_loc(p, i));
		assign_int(p, i, bc_tree_kid(p, i, 1), 1);
		bc_parse_close(p, open);
	} else {
		return 0;
	}
	return 1;
}

int bc_parse_builtin_call(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	const struct bc_tree_node *callee = bc_tree_at(p, bc_parse_core(p, i + 1));
	const char *name;

	/* Ordinary functions have a type that libclang can name, builtins have not. */
	if (callee->cursor.kind != CXCursor_DeclRefExpr ||
		clang_getCursorType(callee->cursor).kind != CXType_Unexposed)
		return 0;
	name = bc_parse_string(p, clang_getCursorSpelling(callee->cursor));
	if (starts_with(name, "__builtin_"))
		return emit_builtin(p, name + strlen("__builtin_"), i, cls, unused);
	if (starts_with(name, "__sync_"))
		return emit_sync(p, name + strlen("__sync_"), i, cls, unused);
	if (starts_with(name, "__atomic_"))
		return emit_atomic_call(p, name + strlen("__atomic_"), i);
	return 0;
}
