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

static uint32_t loc_of(struct bc_parser *p, uint32_t i)
{
	return bc_parse_loc(p, bc_tree_at(p, i)->cursor);
}

static const struct bc_type *type_of(struct bc_parser *p, uint32_t i)
{
	return bc_parse_type(p, clang_getCursorType(bc_tree_at(p, i)->cursor));
}

enum bc_class bc_parse_class(struct bc_parser *p, uint32_t i)
{
	return (enum bc_class)type_of(p, i)->cls;
}

static int has_effect(const struct bc_parser *p, uint32_t i)
{
	return bc_tree_at(p, i)->flags & BC_TREE_EFFECT;
}

/* ---- conversions ---- */

static int is_same_place(CXCursor a, CXCursor b)
{
	if (clang_equalLocations(clang_getCursorLocation(a), clang_getCursorLocation(b)))
		return 1;
	return clang_equalLocations(clang_getRangeStart(clang_getCursorExtent(a)),
		clang_getRangeStart(clang_getCursorExtent(b)));
}

/*
 * An implicit conversion is an unexposed expression with one child, at the same place. At another
 * place it is va_arg() or the like.
 */
static int is_transparent(const struct bc_parser *p, uint32_t i)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);

	if (node->kids != 1 || !clang_isExpression(node[1].cursor.kind))
		return 0;
	if (node->cursor.kind == CXCursor_ParenExpr)
		return 1;
	if (node->cursor.kind == CXCursor_UnaryOperator)
		return node->ref == CXUnaryOperator_Plus || node->ref == CXUnaryOperator_Extension;
	return node->cursor.kind == CXCursor_UnexposedExpr &&
	       is_same_place(node->cursor, node[1].cursor);
}

uint32_t bc_parse_core(struct bc_parser *p, uint32_t i)
{
	while (is_transparent(p, i))
		i++;
	return i;
}

/* Whether the value is 0 or 1 by itself. */
static int is_truth_value(struct bc_parser *p, uint32_t i)
{
	const struct bc_tree_node *node = bc_tree_at(p, bc_parse_core(p, i));

	if (node->cursor.kind == CXCursor_UnaryOperator)
		return node->ref == CXUnaryOperator_LNot;
	if (node->cursor.kind != CXCursor_BinaryOperator)
		return type_of(p, i)->is_bool;
	return (node->ref >= CXBinaryOperator_LT && node->ref <= CXBinaryOperator_NE) ||
	       node->ref == CXBinaryOperator_LAnd || node->ref == CXBinaryOperator_LOr;
}

static void emit_truth(struct bc_parser *p, uint32_t value, uint32_t loc)
{
	uint32_t node = bc_parse_open(p, BC_N_BINARY, BC_OP_NE, BC_CLASS_INT, 0, BC_NONE, loc);

	bc_parse_expr(p, value, 0);
	bc_fw_leaf(p->fw, BC_N_INT, BC_CLASS_INT, bc_fw_int(p->fw, 0), loc);
	bc_parse_close(p, node);
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
		bc_fw_leaf(p->fw, BC_N_FUNC, cls, bc_parse_symbol(p, decl), loc_of(p, i));
		return;
	}
	slot = bc_cursor_find(&p->locals, decl);
	if (slot != BC_NONE)
		bc_fw_leaf(p->fw, BC_N_LOCAL, cls, slot, 0);
	else if (decl.kind == CXCursor_VarDecl && is_static(decl))
		bc_fw_leaf(p->fw, BC_N_VAR, cls, bc_parse_symbol(p, decl), loc_of(p, i));
	else
		bc_parse_opaque(p, cls, loc_of(p, i));
}

/* A member of an unnamed struct or union: only the member itself is told. */
static void emit_member(struct bc_parser *p, uint32_t i, enum bc_class cls)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	CXCursor field = clang_getCursorReferenced(node->cursor);
	uint32_t index, open;

	if (field.kind != CXCursor_FieldDecl || !node->kids) {
		bc_parse_opaque(p, cls, loc_of(p, i));
		return;
	}
	index = bc_parse_field(p, field);
	if (index & BC_PARSE_ANONYMOUS) {
		bc_parse_expr(p, i + 1, 0);
		return;
	}
	open = bc_parse_open(p, BC_N_FIELD, 0, cls, 0, index, loc_of(p, i));
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
	open = bc_parse_open(p, BC_N_INDEX, 0, cls, 0, BC_NONE, loc_of(p, i));
	bc_parse_expr(p, array, 0);
	bc_parse_expr(p, index, 0);
	bc_parse_close(p, open);
}

/* ---- operators ---- */

static void emit_unary(
	struct bc_parser *p, uint32_t i, enum bc_node_kind kind, enum bc_op op, enum bc_class cls)
{
	uint32_t open = bc_parse_open(p, kind, (int)op, cls, 0, BC_NONE, loc_of(p, i));

	bc_parse_expr(p, i + 1, 0);
	bc_parse_close(p, open);
}

void bc_parse_deref(struct bc_parser *p, uint32_t i)
{
	uint32_t core = bc_parse_core(p, i), open;
	const struct bc_tree_node *node = bc_tree_at(p, core);
	enum bc_class cls;

	if (node->cursor.kind == CXCursor_UnaryOperator && node->ref == CXUnaryOperator_AddrOf &&
		node->kids == 1) {
		bc_parse_expr(p, core + 1, 0);
		return;
	}
	cls = (enum bc_class)bc_parse_type(p, clang_getPointeeType(type_of(p, i)->canonical))->cls;
	open = bc_parse_open(p, BC_N_DEREF, 0, cls, 0, BC_NONE, loc_of(p, i));
	bc_parse_expr(p, i, 0);
	bc_parse_close(p, open);
}

static void emit_unary_operator(struct bc_parser *p, uint32_t i, enum bc_class cls)
{
	static const enum bc_op ops[] = {
		[CXUnaryOperator_PostInc] = BC_OP_POSTINC,
		[CXUnaryOperator_PostDec] = BC_OP_POSTDEC,
		[CXUnaryOperator_PreInc] = BC_OP_PREINC,
		[CXUnaryOperator_PreDec] = BC_OP_PREDEC,
		[CXUnaryOperator_Minus] = BC_OP_NEG,
		[CXUnaryOperator_Not] = BC_OP_NOT,
		[CXUnaryOperator_LNot] = BC_OP_LNOT,
	};
	const struct bc_tree_node *node = bc_tree_at(p, i);

	if (node->kids != 1) {
		bc_parse_opaque(p, cls, loc_of(p, i));
	} else if ((node->ref == CXUnaryOperator_Deref && type_of(p, i)->is_function) ||
		   (node->ref == CXUnaryOperator_AddrOf && type_of(p, i + 1)->is_function)) {
		bc_parse_expr(p, i + 1, 0); /* *f and &f are f */
	} else if (node->ref == CXUnaryOperator_Deref) {
		emit_unary(p, i, BC_N_DEREF, BC_OP_NONE, cls);
	} else if (node->ref == CXUnaryOperator_AddrOf) {
		emit_unary(p, i, BC_N_ADDR, BC_OP_NONE, cls);
	} else if (node->ref < sizeof(ops) / sizeof(*ops) && ops[node->ref] != BC_OP_NONE) {
		emit_unary(p, i, BC_N_UNARY, ops[node->ref], cls);
	} else { /* __real, __imag */
		emit_unary(p, i, BC_N_OPAQUE, BC_OP_NONE, cls);
	}
}

static const enum bc_op binary_ops[] = {
	[CXBinaryOperator_Mul] = BC_OP_MUL,
	[CXBinaryOperator_Div] = BC_OP_DIV,
	[CXBinaryOperator_Rem] = BC_OP_REM,
	[CXBinaryOperator_Add] = BC_OP_ADD,
	[CXBinaryOperator_Sub] = BC_OP_SUB,
	[CXBinaryOperator_Shl] = BC_OP_SHL,
	[CXBinaryOperator_Shr] = BC_OP_SHR,
	[CXBinaryOperator_LT] = BC_OP_LT,
	[CXBinaryOperator_GT] = BC_OP_GT,
	[CXBinaryOperator_LE] = BC_OP_LE,
	[CXBinaryOperator_GE] = BC_OP_GE,
	[CXBinaryOperator_EQ] = BC_OP_EQ,
	[CXBinaryOperator_NE] = BC_OP_NE,
	[CXBinaryOperator_And] = BC_OP_AND,
	[CXBinaryOperator_Xor] = BC_OP_XOR,
	[CXBinaryOperator_Or] = BC_OP_OR,
	[CXBinaryOperator_LAnd] = BC_OP_LAND,
	[CXBinaryOperator_LOr] = BC_OP_LOR,
	[CXBinaryOperator_MulAssign] = BC_OP_MUL,
	[CXBinaryOperator_DivAssign] = BC_OP_DIV,
	[CXBinaryOperator_RemAssign] = BC_OP_REM,
	[CXBinaryOperator_AddAssign] = BC_OP_ADD,
	[CXBinaryOperator_SubAssign] = BC_OP_SUB,
	[CXBinaryOperator_ShlAssign] = BC_OP_SHL,
	[CXBinaryOperator_ShrAssign] = BC_OP_SHR,
	[CXBinaryOperator_AndAssign] = BC_OP_AND,
	[CXBinaryOperator_XorAssign] = BC_OP_XOR,
	[CXBinaryOperator_OrAssign] = BC_OP_OR,
};

int bc_parse_macro_flag(const struct bc_parser *p, uint32_t i)
{
	return bc_parse_in_macro(clang_getCursorLocation(bc_tree_at(p, i)->cursor)) ? BC_NF_MACRO
										    : 0;
}

static void emit_comma(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	uint32_t left = bc_tree_kid(p, i, 0), right = bc_tree_kid(p, i, 1), open;

	if (!has_effect(p, left)) {
		bc_parse_expr(p, right, unused);
		return;
	}
	open = bc_parse_open(p, BC_N_COMMA, 0, cls, 0, BC_NONE, loc_of(p, i));
	bc_parse_expr(p, left, 1);
	bc_parse_expr(p, right, unused);
	bc_parse_close(p, open);
}

static void emit_binary_operator(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	int is_assignment =
		node->ref >= CXBinaryOperator_Assign && node->ref <= CXBinaryOperator_OrAssign;
	enum bc_op op = BC_OP_NONE;
	uint32_t open;

	if (node->kids == 2 && node->ref == CXBinaryOperator_Comma) {
		emit_comma(p, i, cls, unused);
		return;
	}
	if (node->ref < sizeof(binary_ops) / sizeof(*binary_ops))
		op = binary_ops[node->ref];
	if (node->kids != 2 || (op == BC_OP_NONE && !is_assignment)) {
		open = bc_parse_open(p, BC_N_OPAQUE, 0, cls, 0, BC_NONE, loc_of(p, i));
		bc_parse_parts(p, i);
		bc_parse_close(p, open);
		return;
	}
	open = bc_parse_open(p, is_assignment ? BC_N_ASSIGN : BC_N_BINARY, (int)op, cls,
		is_assignment ? bc_parse_macro_flag(p, i) : 0, BC_NONE, loc_of(p, i));
	bc_parse_expr(p, bc_tree_kid(p, i, 0), 0);
	bc_parse_expr(p, bc_tree_kid(p, i, 1), 0);
	bc_parse_close(p, open);
}

static void emit_conditional(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	uint32_t open = bc_parse_open(p, BC_N_COND, 0, cls, 0, BC_NONE, loc_of(p, i));

	bc_parse_expr(p, bc_tree_kid(p, i, 0), 0);
	bc_parse_expr(p, bc_tree_kid(p, i, 1), unused);
	bc_parse_expr(p, bc_tree_kid(p, i, 2), unused);
	bc_parse_close(p, open);
}

/* ---- casts ---- */

/* The type below all casts, explicit ones too: (struct watch *)(void *)my_watch. */
static CXType uncast_type(struct bc_parser *p, uint32_t i)
{
	/* Bounded: this is asked at each cast of a chain of casts. */
	for (int steps = 0; steps < 32; steps++) {
		const struct bc_tree_node *node = bc_tree_at(p, i);

		if (is_transparent(p, i))
			i++;
		else if (node->cursor.kind == CXCursor_CStyleCastExpr && node->kids)
			i = bc_tree_kid(p, i, node->kids - 1u);
		else
			break;
	}
	return clang_getCursorType(bc_tree_at(p, i)->cursor);
}

static void emit_cast(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	CXType type = clang_getCursorType(node->cursor);
	uint32_t operand, open;

	if (!node->kids) {
		bc_parse_opaque(p, cls, loc_of(p, i));
		return;
	}
	operand = bc_tree_kid(p, i, node->kids - 1u); /* behind the parts of the type */
	if (cls == BC_CLASS_VOID && unused) {
		bc_parse_expr(p, operand, 1);
		return;
	}
	if (bc_parse_type(p, type)->is_bool && !is_truth_value(p, operand)) {
		emit_truth(p, operand, loc_of(p, i));
		return;
	}
	if (cls == BC_CLASS_PTR)
		bc_parse_alias(p, type, uncast_type(p, operand), node->cursor);
	open = bc_parse_open(
		p, BC_N_CAST, 0, cls, 0, bc_parse_function_type(p, type), loc_of(p, i));
	bc_parse_expr(p, operand, cls == BC_CLASS_VOID);
	bc_parse_close(p, open);
}

/* ---- calls ---- */

static void emit_call(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	uint32_t end = bc_tree_end(p, i), open, callee = i + 1;
	int flags;

	if (!node->kids) {
		bc_parse_opaque(p, cls, loc_of(p, i));
		return;
	}
	if (bc_parse_builtin_call(p, i, cls, unused))
		return;
	flags = bc_parse_macro_flag(p, i) | (unused ? BC_NF_UNUSED : 0);
	open = bc_parse_open(p, BC_N_CALL, 0, cls, flags,
		bc_parse_function_type(p, clang_getCursorType(bc_tree_at(p, callee)->cursor)),
		loc_of(p, i));
	for (uint32_t kid = callee; kid < end; kid = bc_tree_end(p, kid))
		bc_parse_expr(p, kid, 0);
	bc_parse_close(p, open);
}

/* ---- the rest ---- */

void bc_parse_parts(struct bc_parser *p, uint32_t i)
{
	for (uint32_t kid = i + 1; kid < bc_tree_end(p, i); kid = bc_tree_end(p, kid)) {
		if (!has_effect(p, kid))
			continue;
		if (clang_isExpression(bc_tree_at(p, kid)->cursor.kind))
			bc_parse_expr(p, kid, 0);
		else
			bc_parse_parts(p, kid);
	}
}

static void emit_opaque(struct bc_parser *p, uint32_t i, enum bc_class cls)
{
	uint32_t open;

	if (!has_effect(p, i)) {
		bc_parse_opaque(p, cls, loc_of(p, i));
		return;
	}
	open = bc_parse_open(p, BC_N_OPAQUE, 0, cls, 0, BC_NONE, loc_of(p, i));
	bc_parse_parts(p, i);
	bc_parse_close(p, open);
}

static void emit_unexposed(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	uint32_t open;

	if (node->kids == 4 && bc_tree_at(p, bc_tree_kid(p, i, 1))->repeated) {
		open = bc_parse_open(p, BC_N_ELVIS, 0, cls, 0, BC_NONE, loc_of(p, i));
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
	open = bc_parse_open(p, BC_N_STMTEXPR, 0, cls, 0, BC_NONE, loc_of(p, i));
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
	case CXCursor_UnaryOperator: emit_unary_operator(p, i, cls); break;
	case CXCursor_BinaryOperator:
	case CXCursor_CompoundAssignOperator: emit_binary_operator(p, i, cls, unused); break;
	case CXCursor_ConditionalOperator:
		if (node->kids == 3)
			emit_conditional(p, i, cls, unused);
		else
			emit_opaque(p, i, cls);
		break;
	case CXCursor_CStyleCastExpr: emit_cast(p, i, cls, unused); break;
	case CXCursor_CallExpr: emit_call(p, i, cls, unused); break;
	case CXCursor_InitListExpr: bc_parse_init(p, i, clang_getCursorType(node->cursor)); break;
	case CXCursor_CompoundLiteralExpr:
		if (node->kids)
			bc_parse_init(p, bc_tree_kid(p, i, node->kids - 1u),
				clang_getCursorType(node->cursor));
		else
			bc_parse_opaque(p, cls, loc_of(p, i));
		break;
	case CXCursor_StmtExpr: emit_statements(p, i, cls, unused); break;
	case CXCursor_GenericSelectionExpr: bc_parse_generic(p, i, cls, unused); break;
	case CXCursor_UnexposedExpr: emit_unexposed(p, i, cls, unused); break;
	default: emit_opaque(p, i, cls); break;
	}
}

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
	uint32_t outer = bc_parse_open(p, BC_N_OPAQUE, 0, BC_CLASS_OTHER, 0, BC_NONE, loc_of(p, i));

	for (uint32_t at = i; at < bc_tree_end(p, i); at++) {
		CXCursor function = called_function(p, at);
		uint32_t open;

		if (function.kind != CXCursor_FunctionDecl)
			continue;
		open = bc_parse_open(p, BC_N_CALL, 0, bc_parse_class(p, at), 0,
			bc_parse_function_type(p, clang_getCursorType(function)), loc_of(p, at));
		bc_fw_leaf(p->fw, BC_N_FUNC, BC_CLASS_FPTR, bc_parse_symbol(p, function),
			loc_of(p, at));
		bc_parse_close(p, open);
	}
	bc_parse_close(p, outer);
}

/* Values that nothing tracks and that do nothing on the way. */
static int is_dull(const struct bc_parser *p, uint32_t i, enum bc_class cls)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);

	if ((cls != BC_CLASS_FLOAT && cls != BC_CLASS_OTHER) || has_effect(p, i))
		return 0;
	if (node->cursor.kind == CXCursor_UnaryOperator)
		return node->ref != CXUnaryOperator_Deref;
	return node->cursor.kind != CXCursor_DeclRefExpr &&
	       node->cursor.kind != CXCursor_MemberRefExpr &&
	       node->cursor.kind != CXCursor_ArraySubscriptExpr;
}

void bc_parse_expr(struct bc_parser *p, uint32_t i, int unused)
{
	const struct bc_type *type = type_of(p, i);
	enum bc_class cls = (enum bc_class)type->cls;

	if (bc_parse_emit_constant(p, i, cls))
		return;
	if (p->depth >= BC_PARSE_DEPTH) {
		bc_parse_flat(p, i);
		return;
	}
	while (is_transparent(p, i)) {
		/* A conversion to bool changes the value. */
		if (type->is_bool && bc_tree_at(p, i)->cursor.kind == CXCursor_UnexposedExpr &&
			!is_truth_value(p, i + 1)) {
			emit_truth(p, i + 1, loc_of(p, i));
			return;
		}
		i++;
		/* A null pointer is an integer below a conversion, as is a very wide number. */
		if (cls != BC_CLASS_FLOAT && bc_parse_emit_constant(p, i, cls))
			return;
	}
	if (is_dull(p, i, cls))
		bc_parse_opaque(p, cls, loc_of(p, i));
	else
		emit_kind(p, i, cls, unused);
}
