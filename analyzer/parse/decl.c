/* Declarations in bodies: locals, what they start with, and what happens when they end. */
#include "parse/parser.h"

uint32_t bc_parse_add_local(struct bc_parser *p, CXCursor decl)
{
	CXType type = clang_getCursorType(decl);
	struct bc_fact_local local = {
		.name = bc_fw_str(p->fw, bc_parse_string(p, clang_getCursorSpelling(decl))),
		.type = bc_parse_function_type(p, type),
		.cls = bc_parse_type(p, type)->cls,
	};
	uint32_t slot = bc_fw_local(p->fw, &local);

	bc_cursor_add(&p->locals, decl, slot);
	return slot;
}

/* ---- initial values ---- */

/* The tree node of a variable's initialiser, or 0. */
uint32_t bc_parse_initializer(struct bc_parser *p, uint32_t i)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	CXCursor value;

	if (!node->kids)
		return 0;
	value = clang_Cursor_getVarDeclInitializer(node->cursor);
	if (clang_Cursor_isNull(value))
		return 0;
	for (uint32_t kid = i + 1; kid < bc_tree_end(p, i); kid = bc_tree_end(p, kid))
		if (clang_equalCursors(bc_tree_at(p, kid)->cursor, value))
			return kid;
	return 0;
}

/*
 * Besides the value, a variable has for children the operands of typeof, which stand before its
 * name and are not evaluated, and the sizes of variable arrays, which stand behind it and are.
 */
static void emit_sizes(struct bc_parser *p, uint32_t i, uint32_t value)
{
	CXCursor decl = bc_tree_at(p, i)->cursor;
	unsigned name, at;

	if (!bc_tree_has_effect(p, i))
		return;
	clang_getFileLocation(clang_getCursorLocation(decl), NULL, NULL, NULL, &name);
	for (uint32_t kid = i + 1; kid < bc_tree_end(p, i); kid = bc_tree_end(p, kid)) {
		CXSourceRange extent = clang_getCursorExtent(bc_tree_at(p, kid)->cursor);

		clang_getFileLocation(clang_getRangeStart(extent), NULL, NULL, NULL, &at);
		if (kid != value && bc_tree_is_expression(p, kid) && at > name &&
			bc_tree_has_effect(p, kid))
			bc_parse_expr(p, kid, 1);
	}
}

void bc_parse_initialize(struct bc_parser *p, uint32_t i, uint32_t value, uint32_t slot)
{
	CXType type = clang_getCursorType(bc_tree_at(p, i)->cursor);
	enum bc_class cls = (enum bc_class)bc_parse_type(p, type)->cls;
	CXSourceLocation at = clang_getCursorLocation(bc_tree_at(p, i)->cursor);
	int flags = BC_NF_INIT | (bc_parse_in_macro(at) ? BC_NF_MACRO : 0);
	uint32_t open =
		bc_parse_open(p, BC_N_ASSIGN, BC_OP_NONE, cls, flags, BC_NONE, bc_tree_loc(p, i));

	if (p->at_file_scope)
		bc_fw_leaf(p->fw, BC_N_VAR, cls, slot, bc_tree_loc(p, i));
	else
		bc_fw_leaf(p->fw, BC_N_LOCAL, cls, slot, bc_tree_loc(p, i));
	bc_parse_init(p, value, type);
	bc_parse_close(p, open);
}

/* ---- variables ---- */

/* The call that attribute cleanup makes when the variable leaves its scope. */
static void emit_cleanup(struct bc_parser *p, uint32_t i, CXCursor function, uint32_t slot)
{
	uint32_t loc = bc_tree_loc(p, i), call, addr;
	enum bc_class cls = bc_parse_class(p, i);

	if (clang_Cursor_isNull(function))
		return;
	call = bc_parse_open(p, BC_N_CALL, 0, BC_CLASS_VOID, BC_NF_CLEANUP | BC_NF_UNUSED,
		bc_parse_function_type(p, clang_getCursorType(function)), loc);
	bc_fw_leaf(p->fw, BC_N_FUNC, BC_CLASS_FPTR, bc_parse_symbol(p, function), loc);
	addr = bc_parse_open(p, BC_N_ADDR, 0, BC_CLASS_PTR, 0, BC_NONE, loc);
	bc_fw_leaf(p->fw, BC_N_LOCAL, cls, slot, loc);
	bc_parse_close(p, addr);
	bc_parse_close(p, call);
}

static void emit_variable(struct bc_parser *p, uint32_t i)
{
	CXCursor decl = bc_tree_at(p, i)->cursor;
	uint32_t value, slot;

	if (clang_Cursor_hasVarDeclGlobalStorage(decl) == 1) {
		/* A local static is initialised with the variables at file scope. */
		if (clang_Cursor_getStorageClass(decl) != CX_SC_Extern)
			bc_vec_push(&p->out->variables, decl);
		return;
	}
	slot = bc_parse_add_local(p, decl);
	value = bc_parse_initializer(p, i);
	emit_sizes(p, i, value);
	if (value)
		bc_parse_initialize(p, i, value, slot);
	for (uint32_t kid = i + 1; kid < bc_tree_end(p, i); kid = bc_tree_end(p, kid))
		if (bc_tree_at(p, kid)->cursor.kind == CXCursor_UnexposedAttr)
			emit_cleanup(p, i, bc_parse_cleanup(p, bc_tree_at(p, kid)->cursor), slot);
}

void bc_parse_declarations(struct bc_parser *p, uint32_t i)
{
	for (uint32_t kid = i + 1; kid < bc_tree_end(p, i); kid = bc_tree_end(p, kid))
		if (bc_tree_at(p, kid)->cursor.kind == CXCursor_VarDecl)
			emit_variable(p, kid);
}
