/* Conversions, implicit and written: which change nothing, and which are told. */
#include "parse/parser.h"

/* ---- conversions that change nothing ---- */

static int is_same_place(CXCursor a, CXCursor b)
{
	if (clang_equalLocations(clang_getCursorLocation(a), clang_getCursorLocation(b)))
		return 1;
	return clang_equalLocations(clang_getRangeStart(clang_getCursorExtent(a)),
		       clang_getRangeStart(clang_getCursorExtent(b))) != 0;
}

/*
 * An implicit conversion is an unexposed expression with one child, at the same place. At another
 * place it is va_arg() or the like.
 */
int bc_parse_is_transparent(const struct bc_parser *p, uint32_t i)
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
	while (bc_parse_is_transparent(p, i))
		i++;
	return i;
}

/* ---- conversions to bool ---- */

/* Whether the value is 0 or 1 by itself. */
int bc_parse_is_truth(struct bc_parser *p, uint32_t i)
{
	const struct bc_tree_node *node = bc_tree_at(p, bc_parse_core(p, i));

	if (node->cursor.kind == CXCursor_UnaryOperator)
		return node->ref == CXUnaryOperator_LNot;
	if (node->cursor.kind != CXCursor_BinaryOperator)
		return bc_tree_type(p, i)->is_bool;
	return (node->ref >= CXBinaryOperator_LT && node->ref <= CXBinaryOperator_NE) ||
	       node->ref == CXBinaryOperator_LAnd || node->ref == CXBinaryOperator_LOr;
}

void bc_parse_truth(struct bc_parser *p, uint32_t value, uint32_t loc)
{
	uint32_t node = bc_parse_open(p, BC_N_BINARY, BC_OP_NE, BC_CLASS_INT, 0, BC_NONE, loc);

	bc_parse_expr(p, value, 0);
	bc_fw_leaf(p->fw, BC_N_INT, BC_CLASS_INT, bc_fw_int(p->fw, 0), loc);
	bc_parse_close(p, node);
}

/* ---- casts ---- */

/* The type below all casts, explicit ones too: (struct watch *)(void *)my_watch. */
static CXType uncast_type(struct bc_parser *p, uint32_t i)
{
	/* Bounded: this is asked at each cast of a chain of casts. */
	for (int steps = 0; steps < 32; steps++) {
		const struct bc_tree_node *node = bc_tree_at(p, i);

		if (bc_parse_is_transparent(p, i))
			i++;
		else if (node->cursor.kind == CXCursor_CStyleCastExpr && node->kids)
			i = bc_tree_kid(p, i, node->kids - 1u);
		else
			break;
	}
	return clang_getCursorType(bc_tree_at(p, i)->cursor);
}

void bc_parse_cast(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	CXType type = clang_getCursorType(node->cursor);
	uint32_t operand, open;

	if (!node->kids) {
		bc_parse_opaque(p, cls, bc_tree_loc(p, i));
		return;
	}
	operand = bc_tree_kid(p, i, node->kids - 1u); /* behind the parts of the type */
	if (cls == BC_CLASS_VOID && unused) {
		bc_parse_expr(p, operand, 1);
		return;
	}
	if (bc_parse_type(p, type)->is_bool && !bc_parse_is_truth(p, operand)) {
		bc_parse_truth(p, operand, bc_tree_loc(p, i));
		return;
	}
	if (cls == BC_CLASS_PTR)
		bc_parse_alias(p, type, uncast_type(p, operand), node->cursor);
	open = bc_parse_open(
		p, BC_N_CAST, 0, cls, 0, bc_parse_function_type(p, type), bc_tree_loc(p, i));
	bc_parse_expr(p, operand, cls == BC_CLASS_VOID);
	bc_parse_close(p, open);
}
