/* Statements, declarations and whole bodies. */
#include "parse/parser.h"

#include <string.h>

static void emit_statement(struct bc_parser *p, uint32_t i);

static uint32_t loc_of(struct bc_parser *p, uint32_t i)
{
	return bc_parse_loc(p, bc_tree_at(p, i)->cursor);
}

static int is_expression(const struct bc_parser *p, uint32_t i)
{
	return clang_isExpression(bc_tree_at(p, i)->cursor.kind);
}

static void leaf(struct bc_parser *p, enum bc_node_kind kind, uint32_t ref, uint32_t i)
{
	bc_fw_leaf(p->fw, kind, BC_CLASS_VOID, ref, loc_of(p, i));
}

static void leaf_none(struct bc_parser *p)
{
	bc_fw_leaf(p->fw, BC_N_NONE, BC_CLASS_VOID, BC_NONE, 0);
}

static uint32_t open_at(struct bc_parser *p, enum bc_node_kind kind, int op, uint32_t i)
{
	return bc_parse_open(p, kind, op, BC_CLASS_VOID, 0, BC_NONE, loc_of(p, i));
}

/* ---- declarations ---- */

static uint32_t add_local(struct bc_parser *p, CXCursor decl)
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

/* The tree node of a variable's initialiser, or 0. */
static uint32_t find_initializer(struct bc_parser *p, uint32_t i)
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

	if (!(bc_tree_at(p, i)->flags & BC_TREE_EFFECT))
		return;
	clang_getFileLocation(clang_getCursorLocation(decl), NULL, NULL, NULL, &name);
	for (uint32_t kid = i + 1; kid < bc_tree_end(p, i); kid = bc_tree_end(p, kid)) {
		CXSourceRange extent = clang_getCursorExtent(bc_tree_at(p, kid)->cursor);

		clang_getFileLocation(clang_getRangeStart(extent), NULL, NULL, NULL, &at);
		if (kid != value && is_expression(p, kid) && at > name &&
			(bc_tree_at(p, kid)->flags & BC_TREE_EFFECT))
			bc_parse_expr(p, kid, 1);
	}
}

static void emit_initializer(struct bc_parser *p, uint32_t i, uint32_t value, uint32_t slot)
{
	CXType type = clang_getCursorType(bc_tree_at(p, i)->cursor);
	enum bc_class cls = (enum bc_class)bc_parse_type(p, type)->cls;
	CXSourceLocation at = clang_getCursorLocation(bc_tree_at(p, i)->cursor);
	int flags = BC_NF_INIT | (bc_parse_in_macro(at) ? BC_NF_MACRO : 0);
	uint32_t open =
		bc_parse_open(p, BC_N_ASSIGN, BC_OP_NONE, cls, flags, BC_NONE, loc_of(p, i));

	if (p->at_file_scope)
		bc_fw_leaf(p->fw, BC_N_VAR, cls, slot, loc_of(p, i));
	else
		bc_fw_leaf(p->fw, BC_N_LOCAL, cls, slot, loc_of(p, i));
	bc_parse_init(p, value, type);
	bc_parse_close(p, open);
}

/* The call that attribute cleanup makes when the variable leaves its scope. */
static void emit_cleanup(struct bc_parser *p, uint32_t i, CXCursor function, uint32_t slot)
{
	uint32_t loc = loc_of(p, i), call, addr;
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
	slot = add_local(p, decl);
	value = find_initializer(p, i);
	emit_sizes(p, i, value);
	if (value)
		emit_initializer(p, i, value, slot);
	for (uint32_t kid = i + 1; kid < bc_tree_end(p, i); kid = bc_tree_end(p, kid))
		if (bc_tree_at(p, kid)->cursor.kind == CXCursor_UnexposedAttr)
			emit_cleanup(p, i, bc_parse_cleanup(p, bc_tree_at(p, kid)->cursor), slot);
}

static void emit_declarations(struct bc_parser *p, uint32_t i)
{
	for (uint32_t kid = i + 1; kid < bc_tree_end(p, i); kid = bc_tree_end(p, kid))
		if (bc_tree_at(p, kid)->cursor.kind == CXCursor_VarDecl)
			emit_variable(p, kid);
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
	default: return is_expression(p, i) && (bc_tree_at(p, i)->flags & BC_TREE_EFFECT);
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
		if (keep_value && bc_tree_end(p, kid) == end && is_expression(p, kid))
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

/* An operand that is not read as a value may be written: asm("..." : "=r"(x)). */
static void emit_asm_operand(struct bc_parser *p, uint32_t i)
{
	int kind = (int)bc_tree_at(p, i)->cursor.kind;
	uint32_t open;

	if (kind != CXCursor_DeclRefExpr && kind != CXCursor_MemberRefExpr &&
		kind != CXCursor_ArraySubscriptExpr) {
		if (is_expression(p, i))
			bc_parse_expr(p, i, 0);
		return;
	}
	open = bc_parse_open(
		p, BC_N_ASSIGN, BC_OP_NONE, bc_parse_class(p, i), 0, BC_NONE, loc_of(p, i));
	bc_parse_expr(p, i, 0);
	bc_parse_opaque(p, bc_parse_class(p, i), loc_of(p, i));
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
		if (bc_tree_at(p, i)->flags & BC_TREE_EFFECT)
			bc_parse_parts(p, i);
		leaf(p, BC_N_GOTO, BC_NONE, i);
		break;
	case CXCursor_ReturnStmt: emit_return(p, i); break;
	case CXCursor_GCCAsmStmt: emit_asm(p, i); break;
	case CXCursor_DeclStmt: emit_declarations(p, i); break;
	default: emit_unknown(p, i); break;
	}
}

/* Writes no node, one, or several: see emit_body(). */
static void emit_statement(struct bc_parser *p, uint32_t i)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	int kids = node->kids;

	if (is_expression(p, i)) {
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

/* ---- bodies ---- */

static void begin(struct bc_parser *p, struct bc_source *out)
{
	p->out = out;
	p->fw = bc_parse_writer(out);
	p->file = out->file;
	p->depth = 0;
	bc_intern_fini(&p->labels);
	bc_cursor_clear(&p->locals);
}

static void add_params(struct bc_parser *p, CXCursor function, int nparams)
{
	for (int i = 0; i < nparams; i++)
		add_local(p, clang_Cursor_getArgument(function, (unsigned)i));
}

static unsigned end_line(struct bc_parser *p, CXCursor cursor, unsigned line)
{
	CXSourceLocation end = clang_getRangeEnd(clang_getCursorExtent(cursor));
	struct bc_position position = bc_parse_position(p, end);

	return position.source == p->out ? position.line : line;
}

void bc_parse_function(struct bc_parser *p, struct bc_source *out, CXCursor function)
{
	struct bc_position position = bc_parse_position(p, clang_getCursorLocation(function));
	int nparams = clang_Cursor_getNumArguments(function);
	struct bc_fact_function fact = {.line = position.line};
	uint32_t body = 0;

	begin(p, out);
	bc_tree_collect(&p->tree, function);
	for (uint32_t kid = 1; kid < bc_tree_end(p, 0); kid = bc_tree_end(p, kid))
		if (bc_tree_at(p, kid)->cursor.kind == CXCursor_CompoundStmt)
			body = kid;
	if (!body)
		return;
	p->line = position.line;
	p->at_file_scope = 0;
	fact.symbol = bc_parse_define(p, function);
	fact.nparams = nparams > 0 ? (uint32_t)nparams : 0;
	fact.file = bc_fw_file(p->fw, out->path);
	fact.end_line = end_line(p, function, position.line);
	bc_fw_function_begin(p->fw, &fact);
	add_params(p, function, nparams);
	bc_parse_block(p, body, 0);
	bc_fw_function_end(p->fw);
}

static void emit_global(struct bc_parser *p, CXCursor variable)
{
	struct bc_position position = bc_parse_position(p, clang_getCursorLocation(variable));
	uint32_t value, symbol;

	bc_tree_collect(&p->tree, variable);
	value = find_initializer(p, 0);
	if (!value)
		return;
	p->line = position.line;
	symbol = bc_parse_define(p, variable);
	emit_initializer(p, 0, value, symbol);
}

/* All variables of the file that have an initial value, as the body of no function. */
void bc_parse_file_scope(struct bc_parser *p, struct bc_source *out)
{
	struct bc_fact_function fact = {.symbol = BC_NONE, .line = 1, .end_line = 1};
	uint32_t block;

	if (out->variables_done == out->variables.count)
		return;
	begin(p, out);
	p->at_file_scope = 1;
	p->line = 1;
	fact.file = bc_fw_file(p->fw, out->path);
	bc_fw_function_begin(p->fw, &fact);
	block = bc_parse_open(p, BC_N_BLOCK, 0, BC_CLASS_VOID, 0, BC_NONE, 0);
	while (out->variables_done < out->variables.count)
		emit_global(p, out->variables.items[out->variables_done++]);
	bc_parse_close(p, block);
	bc_fw_function_end(p->fw);
}
