/* Expressions: operators with one, two and three operands. */
#include "parse/parser.h"

/* ---- one operand ---- */

static void emit_unary(
	struct bc_parser *p, uint32_t i, enum bc_node_kind kind, enum bc_op op, enum bc_class cls)
{
	uint32_t open = bc_parse_open(p, kind, (int)op, cls, 0, BC_NONE, bc_tree_loc(p, i));

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
	cls = (enum bc_class)bc_parse_type(p, clang_getPointeeType(bc_tree_type(p, i)->canonical))
		      ->cls;
	open = bc_parse_open(p, BC_N_DEREF, 0, cls, 0, BC_NONE, bc_tree_loc(p, i));
	bc_parse_expr(p, i, 0);
	bc_parse_close(p, open);
}

void bc_parse_unary_operator(struct bc_parser *p, uint32_t i, enum bc_class cls)
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
		bc_parse_opaque(p, cls, bc_tree_loc(p, i));
	} else if ((node->ref == CXUnaryOperator_Deref && bc_tree_type(p, i)->is_function) ||
		   (node->ref == CXUnaryOperator_AddrOf && bc_tree_type(p, i + 1)->is_function)) {
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

/* ---- two ---- */

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

static void emit_comma(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	uint32_t left = bc_tree_kid(p, i, 0), right = bc_tree_kid(p, i, 1), open;

	if (!bc_tree_has_effect(p, left)) {
		bc_parse_expr(p, right, unused);
		return;
	}
	open = bc_parse_open(p, BC_N_COMMA, 0, cls, 0, BC_NONE, bc_tree_loc(p, i));
	bc_parse_expr(p, left, 1);
	bc_parse_expr(p, right, unused);
	bc_parse_close(p, open);
}

void bc_parse_binary_operator(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
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
		open = bc_parse_open(p, BC_N_OPAQUE, 0, cls, 0, BC_NONE, bc_tree_loc(p, i));
		bc_parse_parts(p, i);
		bc_parse_close(p, open);
		return;
	}
	open = bc_parse_open(p, is_assignment ? BC_N_ASSIGN : BC_N_BINARY, (int)op, cls,
		is_assignment ? bc_parse_macro_flag(p, i) : 0, BC_NONE, bc_tree_loc(p, i));
	bc_parse_expr(p, bc_tree_kid(p, i, 0), 0);
	bc_parse_expr(p, bc_tree_kid(p, i, 1), 0);
	bc_parse_close(p, open);
}

/* ---- three ---- */

void bc_parse_conditional(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	uint32_t open = bc_parse_open(p, BC_N_COND, 0, cls, 0, BC_NONE, bc_tree_loc(p, i));

	bc_parse_expr(p, bc_tree_kid(p, i, 0), 0);
	bc_parse_expr(p, bc_tree_kid(p, i, 1), unused);
	bc_parse_expr(p, bc_tree_kid(p, i, 2), unused);
	bc_parse_close(p, open);
}
