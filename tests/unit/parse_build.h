/*
 * One source through libclang into a fact file, and back as text:
 *
 *	7 "s" &f x $a      number, string, function, file-scope or static variable, local variable
 *	(.f base)          field f
 *	(+ a b) (! a)      operators; (= a b) (|= a b) assignments, (:= a b) a declaration's,
 *	                   (atomic= a b) an atomic one
 *	(call f a) (call! f a) (cleanup f a)      value used, value discarded, attribute cleanup
 *	(set f v) (elem v)                        parts of (init ...)
 *	(while c step body) (do ...) (for ...)    loops
 *	none ? (? a)                              nothing there, unknown value, unknown of parts
 */
#ifndef BC_TEST_PARSE_BUILD_H
#define BC_TEST_PARSE_BUILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "facts/facts.h"
#include "parse/parse.h"
#include "unit/tempdir.h"

/* ---- one unit, parsed ---- */

struct unit {
	char *dir;
	struct bc_parse_result result;
	struct bc_facts facts;
	struct bc_facts shards[8];
};

static inline const char *unit_path(const struct unit *unit, const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", unit->dir, name);
	return path;
}

static inline void put(struct unit *unit, const char *name, const char *text)
{
	if (!unit->dir)
		unit->dir = tempdir_make();
	free(tempdir_file(unit->dir, name, text));
}

static inline int parse_with(
	struct unit *unit, const char *name, const char *const *args, int nargs)
{
	char file[4096], out[4096], shards[4096];
	struct bc_parse_job job = {
		.file = file,
		.directory = unit->dir,
		.args = args,
		.nargs = nargs,
		.root = unit->dir,
		.unit_out = out,
		.shard_dir = shards,
	};

	snprintf(file, sizeof(file), "%s/%s", unit->dir, name);
	snprintf(out, sizeof(out), "%s/unit.bcf", unit->dir);
	snprintf(shards, sizeof(shards), "%s/shards", unit->dir);
	assert_int_equal(bc_mkdirs(shards), 0);
	return bc_parse_unit(&job, &unit->result);
}

static inline void open_facts(struct unit *unit)
{
	if (bc_facts_open(&unit->facts, unit_path(unit, "unit.bcf")))
		fail_msg("%s", bc_error_message());
	assert_true(unit->facts.nshards <= 8);
	for (uint32_t i = 0; i < unit->facts.nshards; i++) {
		char hex[33], name[64];

		bc_hash_hex(unit->facts.shards[i].hash, hex);
		snprintf(name, sizeof(name), "shards/%s.bcf", hex);
		if (bc_facts_open(&unit->shards[i], unit_path(unit, name)))
			fail_msg("%s", bc_error_message());
	}
}

static inline void parse_file(struct unit *unit, const char *name)
{
	static const char *const args[] = {"-std=gnu11"};

	if (parse_with(unit, name, args, 1))
		fail_msg("%s", bc_error_message());
	open_facts(unit);
}

/* Parses `text` as a.c, which must compile. */
static inline struct unit parse_text(const char *text)
{
	struct unit unit = {0};

	put(&unit, "a.c", text);
	parse_file(&unit, "a.c");
	assert_string_equal(unit.result.first_error, "");
	assert_int_equal(unit.result.errors, 0);
	return unit;
}

static inline void close_unit(struct unit *unit)
{
	for (uint32_t i = 0; i < unit->facts.nshards; i++)
		bc_facts_close(&unit->shards[i]);
	bc_facts_close(&unit->facts);
	tempdir_remove(unit->dir);
}

/* ---- trees as text ---- */

struct show {
	const struct bc_facts *facts;
	const struct bc_fact_function *function;
	struct bc_buf *out;
};

static inline const char *str(const struct bc_facts *facts, uint32_t offset)
{
	return bc_fact_str(facts, offset);
}

static inline void show_leaf(const struct show *show, const struct bc_node *node)
{
	const struct bc_facts *facts = show->facts;

	switch ((int)node->kind) {
	case BC_N_INT: bc_buf_printf(show->out, "%lld", (long long)facts->ints[node->ref]); break;
	case BC_N_STR: bc_buf_printf(show->out, "\"%s\"", str(facts, node->ref)); break;
	case BC_N_FUNC:
		bc_buf_printf(show->out, "&%s", str(facts, facts->symbols[node->ref].name));
		break;
	case BC_N_VAR: bc_buf_str(show->out, str(facts, facts->symbols[node->ref].name)); break;
	case BC_N_LOCAL:
		bc_buf_printf(show->out, "$%s",
			str(facts, facts->locals[show->function->local + node->ref].name));
		break;
	case BC_N_LABEL: bc_buf_printf(show->out, "(label %u)", node->ref); break;
	case BC_N_GOTO:
		if (node->ref == BC_NONE)
			bc_buf_str(show->out, "(goto ?)");
		else
			bc_buf_printf(show->out, "(goto %u)", node->ref);
		break;
	case BC_N_OPAQUE: bc_buf_str(show->out, "?"); break;
	default: bc_buf_str(show->out, bc_node_kind_name((enum bc_node_kind)node->kind)); break;
	}
}

static inline void show_head(const struct show *show, const struct bc_node *node)
{
	static const char *const loops[] = {"while", "do", "for"};
	const char *op = node->op ? bc_op_name((enum bc_op)node->op) : "";
	const struct bc_fact_field *field = &show->facts->fields[node->ref];

	switch ((int)node->kind) {
	case BC_N_FIELD: bc_buf_printf(show->out, ".%s", str(show->facts, field->name)); break;
	case BC_N_SET: bc_buf_printf(show->out, "set %s", str(show->facts, field->name)); break;
	case BC_N_UNARY:
	case BC_N_BINARY: bc_buf_str(show->out, op); break;
	case BC_N_ASSIGN:
		if (node->flags & BC_NF_ATOMIC)
			bc_buf_str(show->out, "atomic");
		bc_buf_printf(show->out, "%s=", node->flags & BC_NF_INIT ? ":" : op);
		break;
	case BC_N_LOOP: bc_buf_str(show->out, loops[node->op]); break;
	case BC_N_CALL:
		if (node->flags & BC_NF_CLEANUP)
			bc_buf_str(show->out, "cleanup");
		else
			bc_buf_str(show->out, node->flags & BC_NF_UNUSED ? "call!" : "call");
		break;
	case BC_N_OPAQUE: bc_buf_char(show->out, '?'); break;
	default: bc_buf_str(show->out, bc_node_kind_name((enum bc_node_kind)node->kind)); break;
	}
}

static inline void show_node(const struct show *show, uint32_t at)
{
	const struct bc_node *nodes = show->facts->nodes + show->function->node;
	const struct bc_node *node = &nodes[at];
	int inner =
		node->kind == BC_N_INIT || node->kind == BC_N_BLOCK || node->kind == BC_N_RETURN;

	if (node->size == 1 && !inner) {
		show_leaf(show, node);
		return;
	}
	bc_buf_char(show->out, '(');
	show_head(show, node);
	for (uint32_t kid = at + 1; kid < at + node->size; kid += nodes[kid].size) {
		bc_buf_char(show->out, ' ');
		show_node(show, kid);
	}
	bc_buf_char(show->out, ')');
}

static inline const struct bc_fact_function *find_function(
	const struct bc_facts *facts, const char *name)
{
	for (uint32_t i = 0; i < facts->nfunctions; i++) {
		uint32_t symbol = facts->functions[i].symbol;

		if (symbol == BC_NONE ? !*name
				      : !strcmp(str(facts, facts->symbols[symbol].name), name))
			return &facts->functions[i];
	}
	return NULL;
}

/* The statements of function `name` ("": the initialisers at file scope). */
static inline char *body_of(const struct bc_facts *facts, const char *name)
{
	struct bc_buf out = {0};
	struct show show = {facts, find_function(facts, name), &out};
	const struct bc_node *nodes;

	if (!show.function)
		fail_msg("no function %s", name);
	nodes = facts->nodes + show.function->node;
	for (uint32_t kid = 1; kid < nodes[0].size; kid += nodes[kid].size) {
		if (kid > 1)
			bc_buf_char(&out, '\n');
		show_node(&show, kid);
	}
	return out.data ? out.data : strdup("");
}

static inline void check_body(const struct bc_facts *facts, const char *name, const char *wanted)
{
	char *text = body_of(facts, name);

	assert_string_equal(text, wanted);
	free(text);
}

/* `code` within void f(int a, int b, char *s), after some declarations. */
static inline void check_code(const char *declarations, const char *code, const char *wanted)
{
	char *text = NULL;
	struct unit unit;

	if (asprintf(&text,
		    "int g(void); int h(int); void v(void);\n%s\n"
		    "void f(int a, int b, char *s)\n{\n%s\n}\n",
		    declarations, code) < 0)
		abort();
	unit = parse_text(text);
	check_body(&unit.facts, "f", wanted);
	close_unit(&unit);
	free(text);
}

static inline const struct bc_fact_symbol *find_symbol(
	const struct bc_facts *facts, const char *name)
{
	for (uint32_t i = 0; i < facts->nsymbols; i++)
		if (!strcmp(str(facts, facts->symbols[i].name), name))
			return &facts->symbols[i];
	fail_msg("no symbol %s", name);
	return NULL;
}

static inline const struct bc_fact_field *find_field(const struct bc_facts *facts, const char *name)
{
	for (uint32_t i = 0; i < facts->nfields; i++)
		if (!strcmp(str(facts, facts->fields[i].name), name))
			return &facts->fields[i];
	fail_msg("no field %s", name);
	return NULL;
}

/* The first node of this kind in a function. */
static inline const struct bc_node *find_node(
	const struct bc_facts *facts, const char *function, enum bc_node_kind kind)
{
	const struct bc_fact_function *found = find_function(facts, function);

	assert_non_null(found);
	for (uint32_t i = 0; i < found->nnodes; i++)
		if (facts->nodes[found->node + i].kind == kind)
			return &facts->nodes[found->node + i];
	fail_msg("no such node in %s", function);
	return NULL;
}

static const char records[] =
	"typedef void (*fn)(void);\n"
	"struct in { int a; fn cb; };\n"
	"struct out { int x; struct in n; union { int u; fn f; }; int t[3]; };\n";

#endif
