/* Statements. */
#include "parse/parser.h"

static void emit_statement(struct bc_parser *p, uint32_t i);

static void leaf(struct bc_parser *p, enum bc_node_kind kind, uint32_t ref, uint32_t i)
{
	bc_fw_leaf(p->fw, kind, BC_CLASS_VOID, ref, bc_tree_loc(p, i));
}

static void leaf_none(struct bc_parser *p)
{
	bc_fw_leaf(p->fw, BC_N_NONE, BC_CLASS_VOID, BC_NONE, 0);
}

static uint32_t open_at(struct bc_parser *p, enum bc_node_kind kind, int op, uint32_t i)
{
	return bc_parse_open(p, kind, op, BC_CLASS_VOID, 0, BC_NONE, bc_tree_loc(p, i));
}

/* ---- statements that hold others ---- */

static int is_one_node(const struct bc_parser *p, uint32_t i)
{
	int kids = bc_tree_at(p, i)->kids;

	switch ((int)bc_tree_at(p, i)->cursor.kind) {
	case CXCursor_CompoundStmt:
	case CXCursor_ReturnStmt:
	case CXCursor_BreakStmt:
	case CXCursor_ContinueStmt:
	case CXCursor_GotoStmt: return 1;
	case CXCursor_IfStmt:
	case CXCursor_WhileStmt:
	case CXCursor_DoStmt:
	case CXCursor_SwitchStmt: return kids >= 2; /* fewer: it did not compile */
	default: return bc_tree_is_expression(p, i) && bc_tree_has_effect(p, i);
	}
}

/* Where exactly one node must stand. */
static void emit_body(struct bc_parser *p, uint32_t i)
{
	uint32_t open;

	if (is_one_node(p, i)) {
		emit_statement(p, i);
		return;
	}
	open = open_at(p, BC_N_BLOCK, 0, i);
	emit_statement(p, i);
	bc_parse_close(p, open);
}

void bc_parse_block(struct bc_parser *p, uint32_t i, int keep_value)
{
	uint32_t open = open_at(p, BC_N_BLOCK, 0, i), end = bc_tree_end(p, i);

	for (uint32_t kid = i + 1; kid < end; kid = bc_tree_end(p, kid)) {
		/* The last one gives a statement expression its value. */
		if (keep_value && bc_tree_end(p, kid) == end && bc_tree_is_expression(p, kid))
			bc_parse_expr(p, kid, 0);
		else
			emit_statement(p, kid);
	}
	bc_parse_close(p, open);
}

static void emit_if(struct bc_parser *p, uint32_t i)
{
	uint32_t kids = bc_tree_at(p, i)->kids, open = open_at(p, BC_N_IF, 0, i);

	bc_parse_expr(p, bc_tree_kid(p, i, 0), 0);
	emit_body(p, bc_tree_kid(p, i, 1));
	if (kids > 2)
		emit_body(p, bc_tree_kid(p, i, 2));
	else
		leaf_none(p);
	bc_parse_close(p, open);
}

static void emit_loop(
	struct bc_parser *p, uint32_t i, enum bc_loop_form form, const struct bc_for_parts *parts)
{
	uint32_t open = open_at(p, BC_N_LOOP, (int)form, i);

	if (parts->condition)
		bc_parse_expr(p, parts->condition, 0);
	else
		leaf_none(p);
	if (parts->step)
		bc_parse_expr(p, parts->step, 1);
	else
		leaf_none(p);
	emit_body(p, parts->body);
	bc_parse_close(p, open);
}

static void emit_while(struct bc_parser *p, uint32_t i)
{
	struct bc_for_parts parts = {
		.condition = bc_tree_kid(p, i, 0), .body = bc_tree_kid(p, i, 1)};

	emit_loop(p, i, BC_LOOP_WHILE, &parts);
}

static void emit_do(struct bc_parser *p, uint32_t i)
{
	struct bc_for_parts parts = {
		.condition = bc_tree_kid(p, i, 1), .body = bc_tree_kid(p, i, 0)};

	emit_loop(p, i, BC_LOOP_DO, &parts);
}

static void emit_for(struct bc_parser *p, uint32_t i)
{
	struct bc_for_parts parts = bc_parse_for_parts(p, i);

	if (parts.init)
		emit_statement(p, parts.init);
	emit_loop(p, i, BC_LOOP_FOR, &parts);
}

static void emit_switch(struct bc_parser *p, uint32_t i)
{
	uint32_t open = open_at(p, BC_N_SWITCH, 0, i);

	bc_parse_expr(p, bc_tree_kid(p, i, 0), 0);
	emit_body(p, bc_tree_kid(p, i, 1));
	bc_parse_close(p, open);
}

/* The statement behind `case x:` is its child in libclang, and its sibling in the facts. */
static void emit_case(struct bc_parser *p, uint32_t i)
{
	uint32_t kids = bc_tree_at(p, i)->kids, open = open_at(p, BC_N_CASE, 0, i);

	bc_parse_expr(p, bc_tree_kid(p, i, 0), 0);
	if (kids > 2)
		bc_parse_expr(p, bc_tree_kid(p, i, 1), 0);
	else
		leaf_none(p);
	bc_parse_close(p, open);
	emit_statement(p, bc_tree_kid(p, i, kids - 1));
}

/* ---- jumps ---- */

/* Labels are numbered in order of appearance, as the interner numbers their names. */
static uint32_t label_number(struct bc_parser *p, CXCursor label)
{
	const char *name = bc_parse_string(p, clang_getCursorSpelling(label));
	size_t known = p->labels.strings.count;
	uint32_t number = bc_intern(&p->labels, name);

	if (number == known)
		bc_fw_label(p->fw);
	return number;
}

static void emit_goto(struct bc_parser *p, uint32_t i)
{
	uint32_t label = BC_NONE;

	if (bc_tree_at(p, i)->kids)
		label = label_number(p, bc_tree_at(p, i + 1)->cursor);
	leaf(p, BC_N_GOTO, label, i);
}

static void emit_return(struct bc_parser *p, uint32_t i)
{
	uint32_t open = open_at(p, BC_N_RETURN, 0, i);

	if (bc_tree_at(p, i)->kids)
		bc_parse_expr(p, i + 1, 0);
	bc_parse_close(p, open);
}

/* ---- the rest ---- */

/* An operand that is not read as a value may be written: asm("..." : "=r"(x)). */
static void emit_asm_operand(struct bc_parser *p, uint32_t i)
{
	int kind = (int)bc_tree_at(p, i)->cursor.kind;
	uint32_t open;

	if (kind != CXCursor_DeclRefExpr && kind != CXCursor_MemberRefExpr &&
		kind != CXCursor_ArraySubscriptExpr) {
		if (bc_tree_is_expression(p, i))
			bc_parse_expr(p, i, 0);
		return;
	}
	open = bc_parse_open(
		p, BC_N_ASSIGN, BC_OP_NONE, bc_parse_class(p, i), 0, BC_NONE, bc_tree_loc(p, i));
	bc_parse_expr(p, i, 0);
	bc_parse_opaque(p, bc_parse_class(p, i), bc_tree_loc(p, i));
	bc_parse_close(p, open);
}

static void emit_asm(struct bc_parser *p, uint32_t i)
{
	uint32_t open = open_at(p, BC_N_OPAQUE, 0, i);

	for (uint32_t kid = i + 1; kid < bc_tree_end(p, i); kid = bc_tree_end(p, kid))
		emit_asm_operand(p, kid);
	bc_parse_close(p, open);
}

/* Statements of other languages, and what did not compile. */
static void emit_unknown(struct bc_parser *p, uint32_t i)
{
	for (uint32_t kid = i + 1; kid < bc_tree_end(p, i); kid = bc_tree_end(p, kid))
		emit_statement(p, kid);
}

static void emit_leaf_statement(struct bc_parser *p, uint32_t i)
{
	switch ((int)bc_tree_at(p, i)->cursor.kind) {
	case CXCursor_NullStmt: break;
	case CXCursor_BreakStmt: leaf(p, BC_N_BREAK, BC_NONE, i); break;
	case CXCursor_ContinueStmt: leaf(p, BC_N_CONTINUE, BC_NONE, i); break;
	case CXCursor_GotoStmt: emit_goto(p, i); break;
	case CXCursor_IndirectGotoStmt:
		if (bc_tree_has_effect(p, i))
			bc_parse_parts(p, i);
		leaf(p, BC_N_GOTO, BC_NONE, i);
		break;
	case CXCursor_ReturnStmt: emit_return(p, i); break;
	case CXCursor_GCCAsmStmt: emit_asm(p, i); break;
	case CXCursor_DeclStmt: bc_parse_declarations(p, i); break;
	default: emit_unknown(p, i); break;
	}
}

/* Writes no node, one, or several: see emit_body(). */
static void emit_statement(struct bc_parser *p, uint32_t i)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	int kids = node->kids;

	if (bc_tree_is_expression(p, i)) {
		if (node->flags & BC_TREE_EFFECT)
			bc_parse_expr(p, i, 1);
		return;
	}
	if (p->depth >= BC_PARSE_DEPTH) {
		bc_parse_flat(p, i);
		return;
	}
	switch ((int)node->cursor.kind) {
	case CXCursor_CompoundStmt: bc_parse_block(p, i, 0); return;
	case CXCursor_LabelStmt:
		leaf(p, BC_N_LABEL, label_number(p, node->cursor), i);
		emit_unknown(p, i);
		return;
	case CXCursor_DefaultStmt:
		leaf(p, BC_N_DEFAULT, BC_NONE, i);
		emit_unknown(p, i);
		return;
	default: break;
	}
	if (node->cursor.kind == CXCursor_ForStmt && kids >= 1)
		emit_for(p, i);
	else if (node->cursor.kind == CXCursor_IfStmt && kids >= 2)
		emit_if(p, i);
	else if (node->cursor.kind == CXCursor_WhileStmt && kids >= 2)
		emit_while(p, i);
	else if (node->cursor.kind == CXCursor_DoStmt && kids >= 2)
		emit_do(p, i);
	else if (node->cursor.kind == CXCursor_SwitchStmt && kids >= 2)
		emit_switch(p, i);
	else if (node->cursor.kind == CXCursor_CaseStmt && kids >= 2)
		emit_case(p, i);
	else
		emit_leaf_statement(p, i);
}
