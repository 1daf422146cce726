/* Whole bodies: of functions, and of a file's variables with an initial value. */
#include "parse/parser.h"

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
		bc_parse_add_local(p, clang_Cursor_getArgument(function, (unsigned)i));
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
	value = bc_parse_initializer(p, 0);
	if (!value)
		return;
	p->line = position.line;
	symbol = bc_parse_define(p, variable);
	bc_parse_initialize(p, 0, value, symbol);
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
