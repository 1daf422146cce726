/* Expressions, from the collected array into the fact file. */
#include "parse/parser.h"

/* ---- nodes ---- */

uint32_t bc_parse_open(struct bc_parser *p, enum bc_node_kind kind, int op, enum bc_class cls,
	int flags, uint32_t ref, uint32_t loc)
{
	p->depth++;
	return bc_fw_open(p->fw, kind, op, cls, flags, ref, loc);
}

void bc_parse_close(struct bc_parser *p, uint32_t node)
{
	p->depth--;
	bc_fw_close(p->fw, node);
}

void bc_parse_opaque(struct bc_parser *p, enum bc_class cls, uint32_t loc)
{
	bc_fw_leaf(p->fw, BC_N_OPAQUE, cls, BC_NONE, loc);
}

enum bc_class bc_parse_class(struct bc_parser *p, uint32_t i)
{
	return (enum bc_class)bc_tree_type(p, i)->cls;
}

int bc_parse_macro_flag(const struct bc_parser *p, uint32_t i)
{
	return bc_parse_in_macro(clang_getCursorLocation(bc_tree_at(p, i)->cursor)) ? BC_NF_MACRO
										    : 0;
}

/* ---- names ---- */

static int is_static(CXCursor variable)
{
	return clang_Cursor_hasVarDeclGlobalStorage(variable) == 1;
}

static void emit_name(struct bc_parser *p, uint32_t i, enum bc_class cls)
{
	CXCursor decl = p->tree.refs.items[bc_tree_at(p, i)->ref];
	uint32_t slot;

	if (decl.kind == CXCursor_FunctionDecl) {
		bc_fw_leaf(p->fw, BC_N_FUNC, cls, bc_parse_symbol(p, decl), bc_tree_loc(p, i));
		return;
	}
	slot = bc_cursor_find(&p->locals, decl);
	if (slot != BC_NONE)
		bc_fw_leaf(p->fw, BC_N_LOCAL, cls, slot, 0);
	else if (decl.kind == CXCursor_VarDecl && is_static(decl))
		bc_fw_leaf(p->fw, BC_N_VAR, cls, bc_parse_symbol(p, decl), bc_tree_loc(p, i));
	else
		bc_parse_opaque(p, cls, bc_tree_loc(p, i));
}

/* A member of an unnamed struct or union: only the member itself is told. */
static void emit_member(struct bc_parser *p, uint32_t i, enum bc_class cls)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	CXCursor field = clang_getCursorReferenced(node->cursor);
	uint32_t index, open;

	if (field.kind != CXCursor_FieldDecl || !node->kids) {
		bc_parse_opaque(p, cls, bc_tree_loc(p, i));
		return;
	}
	index = bc_parse_field(p, field);
	if (index & BC_PARSE_ANONYMOUS) {
		bc_parse_expr(p, i + 1, 0);
		return;
	}
	open = bc_parse_open(p, BC_N_FIELD, 0, cls, 0, index, bc_tree_loc(p, i));
	bc_parse_expr(p, bc_tree_kid(p, i, node->kids - 1u), 0);
	bc_parse_close(p, open);
}

static void emit_index(struct bc_parser *p, uint32_t i, enum bc_class cls)
{
	uint32_t array = bc_tree_kid(p, i, 0), index = bc_tree_kid(p, i, 1), open;

	if (bc_parse_class(p, array) <= BC_CLASS_LONG) { /* 1[p] */
		array = index;
		index = i + 1;
	}
	open = bc_parse_open(p, BC_N_INDEX, 0, cls, 0, BC_NONE, bc_tree_loc(p, i));
	bc_parse_expr(p, array, 0);
	bc_parse_expr(p, index, 0);
	bc_parse_close(p, open);
}

/* ---- calls ---- */

static void emit_call(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	uint32_t end = bc_tree_end(p, i), open, callee = i + 1;
	int flags;

	if (!node->kids) {
		bc_parse_opaque(p, cls, bc_tree_loc(p, i));
		return;
	}
	if (bc_parse_builtin_call(p, i, cls, unused))
		return;
	flags = bc_parse_macro_flag(p, i) | (unused ? BC_NF_UNUSED : 0);
	open = bc_parse_open(p, BC_N_CALL, 0, cls, flags,
		bc_parse_function_type(p, clang_getCursorType(bc_tree_at(p, callee)->cursor)),
		bc_tree_loc(p, i));
	for (uint32_t kid = callee; kid < end; kid = bc_tree_end(p, kid))
		bc_parse_expr(p, kid, 0);
	bc_parse_close(p, open);
}

/* ---- the rest ---- */

void bc_parse_parts(struct bc_parser *p, uint32_t i)
{
	for (uint32_t kid = i + 1; kid < bc_tree_end(p, i); kid = bc_tree_end(p, kid)) {
		if (!bc_tree_has_effect(p, kid))
			continue;
		if (bc_tree_is_expression(p, kid))
			bc_parse_expr(p, kid, 0);
		else
			bc_parse_parts(p, kid);
	}
}

static void emit_opaque(struct bc_parser *p, uint32_t i, enum bc_class cls)
{
	uint32_t open;

	if (!bc_tree_has_effect(p, i)) {
		bc_parse_opaque(p, cls, bc_tree_loc(p, i));
		return;
	}
	open = bc_parse_open(p, BC_N_OPAQUE, 0, cls, 0, BC_NONE, bc_tree_loc(p, i));
	bc_parse_parts(p, i);
	bc_parse_close(p, open);
}

static void emit_unexposed(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	uint32_t open;

	if (node->kids == 4 && bc_tree_at(p, bc_tree_kid(p, i, 1))->repeated) {
		open = bc_parse_open(p, BC_N_ELVIS, 0, cls, 0, BC_NONE, bc_tree_loc(p, i));
		bc_parse_expr(p, i + 1, 0);
		bc_parse_expr(p, bc_tree_kid(p, i, 3), unused);
		bc_parse_close(p, open);
	} else if (node->kids < 2 || !bc_parse_builtin_expr(p, i, cls, unused)) {
		emit_opaque(p, i, cls);
	}
}

static void emit_statements(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	uint32_t open;

	if (bc_tree_at(p, i)->kids != 1) {
		emit_opaque(p, i, cls);
		return;
	}
	open = bc_parse_open(p, BC_N_STMTEXPR, 0, cls, 0, BC_NONE, bc_tree_loc(p, i));
	bc_parse_block(p, i + 1, !unused);
	bc_parse_close(p, open);
}

static void emit_kind(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);

	switch ((int)node->cursor.kind) {
	case CXCursor_DeclRefExpr: emit_name(p, i, cls); break;
	case CXCursor_CXXNullPtrLiteralExpr: /* C23 */
	case CXCursor_GNUNullExpr: bc_fw_leaf(p->fw, BC_N_INT, cls, bc_fw_int(p->fw, 0), 0); break;
	case CXCursor_StringLiteral: bc_parse_emit_string(p, i, cls); break;
	case CXCursor_MemberRefExpr: emit_member(p, i, cls); break;
	case CXCursor_ArraySubscriptExpr:
		if (node->kids == 2)
			emit_index(p, i, cls);
		else
			emit_opaque(p, i, cls);
		break;
	case CXCursor_UnaryOperator: bc_parse_unary_operator(p, i, cls); break;
	case CXCursor_BinaryOperator:
	case CXCursor_CompoundAssignOperator: bc_parse_binary_operator(p, i, cls, unused); break;
	case CXCursor_ConditionalOperator:
		if (node->kids == 3)
			bc_parse_conditional(p, i, cls, unused);
		else
			emit_opaque(p, i, cls);
		break;
	case CXCursor_CStyleCastExpr: bc_parse_cast(p, i, cls, unused); break;
	case CXCursor_CallExpr: emit_call(p, i, cls, unused); break;
	case CXCursor_InitListExpr: bc_parse_init(p, i, clang_getCursorType(node->cursor)); break;
	case CXCursor_CompoundLiteralExpr:
		if (node->kids)
			bc_parse_init(p, bc_tree_kid(p, i, node->kids - 1u),
				clang_getCursorType(node->cursor));
		else
			bc_parse_opaque(p, cls, bc_tree_loc(p, i));
		break;
	case CXCursor_StmtExpr: emit_statements(p, i, cls, unused); break;
	case CXCursor_GenericSelectionExpr: bc_parse_generic(p, i, cls, unused); break;
	case CXCursor_UnexposedExpr: emit_unexposed(p, i, cls, unused); break;
	default: emit_opaque(p, i, cls); break;
	}
}

/* ---- what lies too deep ---- */

/* The function that the call at `i` names; a null cursor for calls through a pointer. */
static CXCursor called_function(struct bc_parser *p, uint32_t i)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);

	if (node->cursor.kind != CXCursor_CallExpr || !node->kids)
		return clang_getNullCursor();
	node = bc_tree_at(p, bc_parse_core(p, i + 1));
	return node->cursor.kind == CXCursor_DeclRefExpr ? p->tree.refs.items[node->ref]
							 : clang_getNullCursor();
}

/* Too deep to be written as it is: what remains are its calls by name. */
void bc_parse_flat(struct bc_parser *p, uint32_t i)
{
	uint32_t outer =
		bc_parse_open(p, BC_N_OPAQUE, 0, BC_CLASS_OTHER, 0, BC_NONE, bc_tree_loc(p, i));

	for (uint32_t at = i; at < bc_tree_end(p, i); at++) {
		CXCursor function = called_function(p, at);
		uint32_t open;

		if (function.kind != CXCursor_FunctionDecl)
			continue;
		open = bc_parse_open(p, BC_N_CALL, 0, bc_parse_class(p, at), 0,
			bc_parse_function_type(p, clang_getCursorType(function)),
			bc_tree_loc(p, at));
		bc_fw_leaf(p->fw, BC_N_FUNC, BC_CLASS_FPTR, bc_parse_symbol(p, function),
			bc_tree_loc(p, at));
		bc_parse_close(p, open);
	}
	bc_parse_close(p, outer);
}

/* ---- the whole ---- */

/* Values that nothing tracks and that do nothing on the way. */
static int is_dull(const struct bc_parser *p, uint32_t i, enum bc_class cls)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);

	if ((cls != BC_CLASS_FLOAT && cls != BC_CLASS_OTHER) || bc_tree_has_effect(p, i))
		return 0;
	if (node->cursor.kind == CXCursor_UnaryOperator)
		return node->ref != CXUnaryOperator_Deref;
	return node->cursor.kind != CXCursor_DeclRefExpr &&
	       node->cursor.kind != CXCursor_MemberRefExpr &&
	       node->cursor.kind != CXCursor_ArraySubscriptExpr;
}

void bc_parse_expr(struct bc_parser *p, uint32_t i, int unused)
{
	const struct bc_type *type = bc_tree_type(p, i);
	enum bc_class cls = (enum bc_class)type->cls;

	if (bc_parse_emit_constant(p, i, cls))
		return;
	if (p->depth >= BC_PARSE_DEPTH) {
		bc_parse_flat(p, i);
		return;
	}
	while (bc_parse_is_transparent(p, i)) {
		/* A conversion to bool changes the value. */
		if (type->is_bool && bc_tree_at(p, i)->cursor.kind == CXCursor_UnexposedExpr &&
			!bc_parse_is_truth(p, i + 1)) {
			bc_parse_truth(p, i + 1, bc_tree_loc(p, i));
			return;
		}
		i++;
		/* A null pointer is an integer below a conversion, as is a very wide number. */
		if (cls != BC_CLASS_FLOAT && bc_parse_emit_constant(p, i, cls))
			return;
	}
	if (is_dull(p, i, cls))
		bc_parse_opaque(p, cls, bc_tree_loc(p, i));
	else
		emit_kind(p, i, cls, unused);
}
