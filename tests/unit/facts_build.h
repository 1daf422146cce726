/*
 * Bodies out of text, so that a test shows the tree it is about:
 *
 *	(block (if x (return) none) (call &f $a 7 "s"))
 *
 *	7 "s"        BC_N_INT, BC_N_STR         none break continue default   leaves
 *	&f x $a      function, file-scope variable, local variable or parameter a
 *	(.f base)    BC_N_FIELD, the field f of struct rec; (set f value) likewise
 *	(+ a b)      BC_N_BINARY, one operand makes BC_N_UNARY; (= a b) (|= a b) BC_N_ASSIGN
 *	(while c body) (do c body) (for c step body)
 *	(label 0) (goto 0) (goto computed)
 *	(kind ...)   anything else by the name it has in dumps
 *
 * A line break moves the location to the next line. `die` is a noreturn function.
 */
#ifndef BC_TESTS_FACTS_BUILD_H
#define BC_TESTS_FACTS_BUILD_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts/writer.h"

struct build {
	struct bc_fw *fw;
	const char *at;
	const char *locals[16];
	uint32_t nlocals, line;
};

static uint32_t build_symbol(struct bc_fw *fw, const char *name, uint32_t flags)
{
	struct bc_fact_symbol symbol = {
		.key = bc_fw_str(fw, name),
		.name = bc_fw_str(fw, name),
		.flags = flags | (strcmp(name, "die") ? 0u : (uint32_t)BC_SYM_NORETURN),
		.type = BC_NONE,
		.file = bc_fw_file(fw, "src/a.c"),
		.line = 1,
		.cls = flags & BC_SYM_FUNCTION ? BC_CLASS_OTHER : BC_CLASS_PTR,
	};

	return bc_fw_symbol(fw, &symbol);
}

static uint32_t build_field(struct bc_fw *fw, const char *name)
{
	struct bc_fact_field field = {
		.record_key = bc_fw_str(fw, "src/a.c:3:1"),
		.record = bc_fw_str(fw, "struct rec"),
		.name = bc_fw_str(fw, name),
		.type = BC_NONE,
		.offset = BC_NONE,
		.cls = BC_CLASS_FPTR,
	};

	return bc_fw_field(fw, &field);
}

static uint32_t build_local(struct build *build, const char *name)
{
	struct bc_fact_local local = {.type = BC_NONE, .cls = BC_CLASS_PTR};

	for (uint32_t i = 0; i < build->nlocals; i++)
		if (!strcmp(build->locals[i], name))
			return i;
	local.name = bc_fw_str(build->fw, name);
	build->locals[build->nlocals++] = strdup(name);
	return bc_fw_local(build->fw, &local);
}

static int build_named(const char *name, const char *(*name_of)(int), int count)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(name_of(i), name))
			return i;
	return -1;
}

static const char *build_kind_name(int kind)
{
	return bc_node_kind_name((enum bc_node_kind)kind);
}

static const char *build_op_name(int op)
{
	return bc_op_name((enum bc_op)op);
}

static void build_space(struct build *build)
{
	for (; isspace((unsigned char)*build->at); build->at++)
		build->line += *build->at == '\n';
}

static void build_word(struct build *build, char *word, size_t size)
{
	size_t n = 0;

	while (*build->at && !isspace((unsigned char)*build->at) && !strchr("()", *build->at) &&
		n + 1 < size)
		word[n++] = *build->at++;
	word[n] = '\0';
}

static void build_leaf(struct build *build, const char *word)
{
	struct bc_fw *fw = build->fw;
	uint32_t loc = BC_LOC(build->line, 3);
	int kind = build_named(word, build_kind_name, BC_N_KIND_COUNT);

	if (isdigit((unsigned char)*word) || (*word == '-' && word[1])) {
		bc_fw_leaf(fw, BC_N_INT, BC_CLASS_INT, bc_fw_int(fw, strtoll(word, NULL, 0)), loc);
	} else if (*word == '"') {
		char text[64];

		snprintf(text, sizeof(text), "%.*s", (int)strlen(word) - 2, word + 1);
		bc_fw_leaf(fw, BC_N_STR, BC_CLASS_PTR, bc_fw_str(fw, text), loc);
	} else if (*word == '&') {
		bc_fw_leaf(fw, BC_N_FUNC, BC_CLASS_FPTR,
			build_symbol(fw, word + 1, BC_SYM_FUNCTION), loc);
	} else if (*word == '$') {
		bc_fw_leaf(fw, BC_N_LOCAL, BC_CLASS_PTR, build_local(build, word + 1), loc);
	} else if (kind >= 0) {
		bc_fw_leaf(fw, (enum bc_node_kind)kind, BC_CLASS_VOID, BC_NONE, loc);
	} else {
		bc_fw_leaf(fw, BC_N_VAR, BC_CLASS_INT, build_symbol(fw, word, 0), loc);
	}
}

/* What the word after '(' opens. */
struct build_head {
	int kind, op;
	uint32_t ref;
};

static struct build_head build_head(struct build *build, const char *word)
{
	static const char *const loops[] = {"while", "do", "for"};
	struct build_head head = {build_named(word, build_kind_name, BC_N_KIND_COUNT), 0, BC_NONE};
	char inner[64], op[8];

	for (int i = 0; i < 3; i++)
		if (!strcmp(word, loops[i]))
			return (struct build_head){BC_N_LOOP, i, BC_NONE};
	if (*word == '.')
		return (struct build_head){BC_N_FIELD, 0, build_field(build->fw, word + 1)};
	if (head.kind == BC_N_SET || head.kind == BC_N_LABEL || head.kind == BC_N_GOTO) {
		build_space(build);
		build_word(build, inner, sizeof(inner));
		if (head.kind == BC_N_SET)
			head.ref = build_field(build->fw, inner);
		else if (strcmp(inner, "computed"))
			head.ref = (uint32_t)atoi(inner);
	}
	if (head.kind >= 0)
		return head;
	if (!strcmp(word, "="))
		return (struct build_head){BC_N_ASSIGN, 0, BC_NONE};
	head.op = build_named(word, build_op_name, BC_OP_COUNT);
	snprintf(op, sizeof(op), "%.*s", (int)strlen(word) - 1, word);
	if (head.op < 0)
		return (struct build_head){
			BC_N_ASSIGN, build_named(op, build_op_name, BC_OP_COUNT), BC_NONE};
	head.kind = head.op < BC_OP_ADD ? BC_N_UNARY : BC_N_BINARY;
	return head;
}

static void build_node(struct build *build)
{
	struct build_head head;
	uint32_t node, line;
	char word[64];
	int parts = 0;

	build_space(build);
	line = build->line;
	if (*build->at != '(') {
		build_word(build, word, sizeof(word));
		build_leaf(build, word);
		return;
	}
	build->at++;
	build_word(build, word, sizeof(word));
	head = build_head(build, word);
	node = bc_fw_open(build->fw, (enum bc_node_kind)head.kind, head.op,
		head.kind == BC_N_INIT ? BC_CLASS_RECORD : BC_CLASS_PTR, 0, head.ref,
		BC_LOC(line, 3));
	for (build_space(build); *build->at && *build->at != ')'; build_space(build)) {
		/* while and do have no step */
		if (parts++ == 1 && head.kind == BC_N_LOOP && head.op != BC_LOOP_FOR)
			bc_fw_leaf(build->fw, BC_N_NONE, BC_CLASS_VOID, BC_NONE, 0);
		build_node(build);
	}
	build->at += *build->at == ')';
	bc_fw_close(build->fw, node);
}

/* A function of this name and body; `params` are its parameters' names, up to NULL. */
static void build_function(struct bc_fw *fw, const char *name, const char *const *params,
	uint32_t nlabels, const char *text)
{
	struct build build = {.fw = fw, .at = text, .line = 10};
	struct bc_fact_function function = {
		.symbol = build_symbol(fw, name, BC_SYM_FUNCTION | BC_SYM_DEFINED),
		.nlabels = nlabels,
		.file = bc_fw_file(fw, "src/a.c"),
		.line = 10,
		.end_line = 20,
	};

	while (params && params[function.nparams])
		function.nparams++;
	bc_fw_function_begin(fw, &function);
	for (uint32_t i = 0; i < function.nparams; i++)
		build_local(&build, params[i]);
	build_node(&build);
	bc_fw_function_end(fw);
	for (uint32_t i = 0; i < build.nlocals; i++)
		free((void *)(uintptr_t)build.locals[i]);
}

#endif
