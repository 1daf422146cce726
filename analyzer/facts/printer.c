#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "facts/guards.h"
#include "facts/print.h"
#include "facts/text.h"

enum { GUARDS_SHOWN = 12, CONDITION_LIMIT = 160 };

static void print_place(const struct bc_facts *facts, uint32_t file, uint32_t line, uint32_t column,
	struct bc_buf *out)
{
	bc_text_escape(file == BC_NONE ? "(no file)" : bc_fact_path(facts, file), out);
	if (line)
		bc_buf_printf(out, ":%u", line);
	if (line && column)
		bc_buf_printf(out, ":%u", column);
}

/* ---- calls ---- */

/* What is called: a function's name, or the place that holds the pointer. */
static void print_callee(const struct bc_body *body, uint32_t call, struct bc_buf *out)
{
	uint32_t callee = bc_text_callee(body, call);

	if (body->nodes[callee].kind != BC_N_FUNC)
		bc_buf_char(out, '*');
	if (bc_text_place(body, callee, out))
		bc_text_expr(body, callee, CONDITION_LIMIT, out);
}

static void print_arguments(const struct bc_body *body, uint32_t call, struct bc_buf *out)
{
	uint32_t end = bc_body_end(body, call), first = bc_body_end(body, call + 1);

	bc_buf_char(out, '(');
	for (uint32_t arg = first; arg < end; arg = bc_body_end(body, arg)) {
		if (arg != first)
			bc_buf_str(out, ", ");
		bc_text_value(body, arg, out);
	}
	bc_buf_char(out, ')');
}

/* The innermost guards matter most to a reader: outer ones beyond the limit are counted only. */
static void print_guards(
	const struct bc_body *body, const struct bc_guards *guards, struct bc_buf *out)
{
	uint32_t first = guards->count > GUARDS_SHOWN ? guards->count - GUARDS_SHOWN : 0;

	if (first)
		bc_buf_printf(out, "      when %u outer conditions hold\n", first);
	for (uint32_t i = first; i < guards->count; i++) {
		uint32_t line = BC_LOC_LINE(body->nodes[guards->items[i].condition].loc);

		bc_buf_str(out, "      when ");
		bc_text_guard(body, &guards->items[i], out);
		bc_buf_printf(out, "  @%u\n", line);
	}
	if (guards->partial)
		bc_buf_str(out, "      when further conditions hold\n");
}

static void print_call(const struct bc_body *body, uint32_t call, const struct bc_guards *guards,
	struct bc_buf *out)
{
	const struct bc_node *node = &body->nodes[call];

	bc_buf_printf(out, "  %u:%u call ", BC_LOC_LINE(node->loc), BC_LOC_COLUMN(node->loc));
	print_callee(body, call, out);
	print_arguments(body, call, out);
	bc_buf_str(out, node->flags & BC_NF_CLEANUP ? "  cleanup" : "");
	bc_buf_str(out, node->flags & BC_NF_UNUSED ? "  unused" : "");
	bc_buf_str(out, guards->loops ? "  in loop" : "");
	bc_buf_str(out, guards->dead ? "  unreachable" : "");
	bc_buf_char(out, '\n');
	print_guards(body, guards, out);
}

struct calls {
	const struct bc_body *body;
	struct bc_buf *out;
	struct bc_guards guards; /* large; reused from call to call */
};

static int visit_call(void *context, const struct bc_guard_walk *walk, uint32_t node)
{
	struct calls *calls = context;

	if (calls->body->nodes[node].kind == BC_N_CALL) {
		bc_guards_here(walk, &calls->guards);
		print_call(calls->body, node, &calls->guards, calls->out);
	}
	return 0;
}

/* ---- functions ---- */

static const struct {
	uint32_t flag;
	const char *name;
} symbol_flags[] = {
	{BC_SYM_DEFINED, "defined"},
	{BC_SYM_INTERNAL, "static"},
	{BC_SYM_INLINE, "inline"},
	{BC_SYM_NORETURN, "noreturn"},
	{BC_SYM_VARIADIC, "variadic"},
	{BC_SYM_CTOR, "constructor"},
	{BC_SYM_DTOR, "destructor"},
	{BC_SYM_SYSTEM, "system"},
	{BC_SYM_WEAK, "weak"},
	{BC_SYM_SECTION, "section"},
	{BC_SYM_IMPLICIT, "implicit"},
};

static void print_symbol_flags(uint32_t flags, struct bc_buf *out)
{
	for (size_t i = 0; i < sizeof(symbol_flags) / sizeof(symbol_flags[0]); i++)
		if (flags & symbol_flags[i].flag)
			bc_buf_printf(out, " %s", symbol_flags[i].name);
}

static void print_type(const struct bc_facts *facts, uint32_t type, struct bc_buf *out)
{
	if (type == BC_NONE)
		return;
	bc_buf_str(out, "  ");
	bc_text_escape(bc_fact_str(facts, facts->types[type].spelling), out);
}

static void print_heading(const struct bc_facts *facts, const struct bc_fact_function *function,
	const struct bc_body *body, struct bc_buf *out)
{
	if (function->symbol == BC_NONE) {
		bc_buf_str(out, "initialisers  ");
	} else {
		bc_buf_str(out, "function ");
		bc_text_escape(body->name, out);
		print_type(facts, facts->symbols[function->symbol].type, out);
		bc_buf_str(out, "  ");
	}
	print_place(facts, function->file, function->line, 0, out);
	if (function->end_line > function->line)
		bc_buf_printf(out, "-%u", function->end_line);
	if (function->symbol != BC_NONE)
		print_symbol_flags(facts->symbols[function->symbol].flags &
					   ~(uint32_t)(BC_SYM_DEFINED | BC_SYM_FUNCTION),
			out);
	bc_buf_char(out, '\n');
}

static void print_function(
	const struct bc_facts *facts, uint32_t index, int trees, struct bc_buf *out)
{
	struct bc_body body = bc_body_of(facts, index);
	struct calls calls = {.body = &body, .out = out};

	bc_buf_char(out, '\n');
	print_heading(facts, &facts->functions[index], &body, out);
	bc_guards_walk(&body, visit_call, &calls);
	bc_print_flows(&body, out);
	if (trees)
		bc_print_tree(&body, out);
}

/* ---- tables ---- */

static void print_symbol(
	const struct bc_facts *facts, const struct bc_fact_symbol *symbol, struct bc_buf *out)
{
	const char *key = bc_fact_str(facts, symbol->key), *name = bc_fact_str(facts, symbol->name);

	bc_buf_printf(out, "%s ", symbol->flags & BC_SYM_FUNCTION ? "function" : "variable");
	bc_text_escape(name, out);
	print_type(facts, symbol->type, out);
	bc_buf_str(out, "  ");
	print_place(facts, symbol->file, symbol->line, symbol->column, out);
	print_symbol_flags(symbol->flags, out);
	if (!(symbol->flags & BC_SYM_FUNCTION))
		bc_buf_printf(out, " :%s", bc_class_name((enum bc_class)symbol->cls));
	if (*bc_fact_str(facts, symbol->alias)) {
		bc_buf_str(out, "  alias of ");
		bc_text_escape(bc_fact_str(facts, symbol->alias), out);
	}
	if (strcmp(key, name)) {
		bc_buf_str(out, "  key ");
		bc_text_escape(key, out);
	}
	bc_buf_char(out, '\n');
}

static void print_field(
	const struct bc_facts *facts, const struct bc_fact_field *field, struct bc_buf *out)
{
	bc_buf_str(out, "field ");
	bc_text_field(facts, (uint32_t)(field - facts->fields), out);
	print_type(facts, field->type, out);
	bc_buf_printf(out, " :%s", bc_class_name((enum bc_class)field->cls));
	if (field->offset != BC_NONE)
		bc_buf_printf(out, " at bit %u", field->offset);
	bc_buf_str(out, field->in_union ? " in union" : "");
	bc_buf_str(out, "  key ");
	bc_text_escape(bc_fact_str(facts, field->record_key), out);
	bc_buf_char(out, '\n');
}

static void print_annotation(const struct bc_facts *facts,
	const struct bc_fact_annotation *annotation, struct bc_buf *out)
{
	bc_buf_str(out, "annotation ");
	bc_text_escape(bc_fact_str(facts, facts->symbols[annotation->symbol].name), out);
	bc_buf_str(out, "  ");
	bc_text_escape(bc_fact_str(facts, annotation->text), out);
	bc_buf_char(out, '\n');
}

static void print_alias(
	const struct bc_facts *facts, const struct bc_fact_alias *alias, struct bc_buf *out)
{
	bc_buf_str(out, "alias ");
	bc_text_escape(bc_fact_str(facts, alias->record_a), out);
	bc_buf_str(out, " = ");
	bc_text_escape(bc_fact_str(facts, alias->record_b), out);
	bc_buf_str(out, "  ");
	print_place(facts, alias->file, alias->line, 0, out);
	bc_buf_char(out, '\n');
}

static void print_comment(
	const struct bc_facts *facts, const struct bc_fact_comment *comment, struct bc_buf *out)
{
	bc_buf_str(out, "comment ");
	print_place(facts, comment->file, comment->line, comment->column, out);
	bc_buf_str(out, "  ");
	bc_text_escape(bc_fact_str(facts, comment->text), out);
	bc_buf_char(out, '\n');
}

static void print_diag(
	const struct bc_facts *facts, const struct bc_fact_diag *diag, struct bc_buf *out)
{
	bc_buf_str(out, "diagnostic ");
	print_place(facts, diag->file, diag->line, diag->column, out);
	bc_buf_printf(out, "  severity %u  ", diag->severity);
	bc_text_escape(bc_fact_str(facts, diag->text), out);
	bc_buf_char(out, '\n');
}

static void print_dep(
	const struct bc_facts *facts, const struct bc_fact_dep *dep, struct bc_buf *out)
{
	char hex[33];

	bc_hash_hex(dep->hash, hex);
	bc_buf_printf(out, "dep %s %" PRIu64 " ", hex, dep->size);
	bc_text_escape(bc_fact_str(facts, dep->path), out);
	bc_buf_char(out, '\n');
}

static void print_shard(
	const struct bc_facts *facts, const struct bc_fact_shard *shard, struct bc_buf *out)
{
	char hex[33];

	(void)facts;
	bc_hash_hex(shard->hash, hex);
	bc_buf_printf(out, "shard %s\n", hex);
}

#define PRINT_TABLE(facts, member, print, out) \
	do { \
		if ((facts)->n##member) \
			bc_buf_char((out), '\n'); \
		for (uint32_t i_ = 0; i_ < (facts)->n##member; i_++) \
			print((facts), &(facts)->member[i_], (out)); \
	} while (0)

void bc_facts_print(const struct bc_facts *facts, int trees, struct bc_buf *out)
{
	bc_buf_printf(out, "facts %u  ", BC_FACTS_VERSION);
	bc_text_escape(facts->path_main, out);
	bc_buf_char(out, '\n');
	for (uint32_t i = 0; i < facts->nfunctions; i++)
		print_function(facts, i, trees, out);
	PRINT_TABLE(facts, symbols, print_symbol, out);
	PRINT_TABLE(facts, fields, print_field, out);
	PRINT_TABLE(facts, annotations, print_annotation, out);
	PRINT_TABLE(facts, aliases, print_alias, out);
	PRINT_TABLE(facts, comments, print_comment, out);
	PRINT_TABLE(facts, diags, print_diag, out);
	PRINT_TABLE(facts, deps, print_dep, out);
	PRINT_TABLE(facts, shards, print_shard, out);
}
