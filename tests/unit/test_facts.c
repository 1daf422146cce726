#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "facts/format.h"
#include "facts_build.h"
#include "tempdir.h"

/* ---- a file with something in every table and every kind of node ---- */

static void add_tables(struct bc_fw *fw)
{
	uint64_t hash[2] = {0x1122334455667788u, 0x99aabbccddeeff00u};
	uint32_t file = bc_fw_file(fw, "src/a.c");
	uint32_t type =
		bc_fw_type(fw, "int (const char *, void (*)(int))", BC_CLASS_INT, "eg", 0, 0);
	struct bc_fact_symbol symbol = {
		.key = bc_fw_str(fw, "src/a.c:c:a.c@F@work"),
		.name = bc_fw_str(fw, "work"),
		.flags = BC_SYM_FUNCTION | BC_SYM_INTERNAL | BC_SYM_DEFINED,
		.type = type,
		.file = file,
		.line = 5,
		.column = 12,
		.alias = bc_fw_str(fw, "real_work"),
		.cls = BC_CLASS_OTHER,
		.nparams = 2,
	};
	struct bc_fact_field field = {
		.record_key = bc_fw_str(fw, "include/ops.h:8:1"),
		.record = bc_fw_str(fw, "struct ops"),
		.name = bc_fw_str(fw, "open"),
		.type = type,
		.offset = 64,
		.cls = BC_CLASS_FPTR,
		.in_union = 1,
	};

	bc_fw_annotation(fw, bc_fw_symbol(fw, &symbol), "blockcheck:nonblocking");
	bc_fw_field(fw, &field);
	bc_fw_alias(fw,
		&(struct bc_fact_alias){field.record_key, bc_fw_str(fw, "src/a.c:9:1"), file, 40});
	bc_fw_comment(
		fw, &(struct bc_fact_comment){file, 7, 3, bc_fw_str(fw, "blockcheck: allow(x)")});
	bc_fw_diag(fw, &(struct bc_fact_diag){BC_NONE, 0, 0, 3, bc_fw_str(fw, "no such file")});
	bc_fw_dep(fw, &(struct bc_fact_dep){bc_fw_str(fw, "src/a.c"), 0, 1234, {hash[1], hash[0]}});
	bc_fw_shard(fw, hash);
}

static const char every_kind[] =
	"(block\n"
	" (= $v (init (set f &cb) (elem (cast &cb2))))\n"
	" (if (&& $p (== (.f $p) 0)) (block (|| x (call &die))) (call (deref (.f (index $v 2))) "
	"\"a b\"))\n"
	" (for (< (post++ $v) 8) (|= $v 4) (block continue break))\n"
	" (while none (block (goto 0)))\n"
	" (do 0 (comma $v (~ $v)))\n"
	" (switch $v (block (case 1 3) (call &g (addr $v) (elvis $p 0)) default (opaque x)))\n"
	" (label 0) (goto computed) (stmtexpr (block x))\n"
	" (return (cond x &cb none)))";

static struct bc_fw *sample(void)
{
	static const char *const params[] = {"p", NULL};
	struct bc_fw *fw = bc_fw_new("src/a.c");

	add_tables(fw);
	build_function(fw, "serve", params, 1, every_kind);
	build_function(fw, "idle", NULL, 0, "(block)");
	return fw;
}

/* An image that can be written to; free() it. */
static unsigned char *sample_image(size_t *size)
{
	struct bc_fw *fw = sample();
	uint64_t hash[2];
	const void *image = bc_fw_finish(fw, size, hash);
	unsigned char *copy = malloc(*size);

	memcpy(copy, image, *size);
	bc_fw_free(fw);
	return copy;
}

static void load(struct bc_facts *facts, const void *image, size_t size)
{
	if (bc_facts_load(facts, image, size))
		fail_msg("%s", bc_error_message());
}

static void finish(struct bc_fw *fw, struct bc_facts *facts)
{
	uint64_t hash[2];
	size_t size;
	const void *image = bc_fw_finish(fw, &size, hash);

	load(facts, image, size);
}

/* ---- round trip ---- */

#define assert_str(facts, offset, text) assert_string_equal(bc_fact_str((facts), (offset)), (text))

static void test_symbols_and_types(void **state)
{
	struct bc_fw *fw = sample();
	struct bc_facts facts;
	const struct bc_fact_symbol *symbol;
	const struct bc_fact_type *type;

	(void)state;
	finish(fw, &facts);
	assert_string_equal(facts.path_main, "src/a.c");
	assert_str(&facts, 0, "");
	assert_int_equal(facts.nfiles, 1);
	assert_string_equal(bc_fact_path(&facts, 0), "src/a.c");
	assert_string_equal(bc_fact_path(&facts, BC_NONE), "");
	symbol = &facts.symbols[0];
	assert_str(&facts, symbol->key, "src/a.c:c:a.c@F@work");
	assert_str(&facts, symbol->name, "work");
	assert_str(&facts, symbol->alias, "real_work");
	assert_int_equal(symbol->flags, BC_SYM_FUNCTION | BC_SYM_INTERNAL | BC_SYM_DEFINED);
	assert_int_equal(symbol->file, 0);
	assert_int_equal(symbol->line, 5);
	assert_int_equal(symbol->column, 12);
	assert_int_equal(symbol->cls, BC_CLASS_OTHER);
	assert_int_equal(symbol->nparams, 2);
	type = &facts.types[symbol->type];
	assert_str(&facts, type->spelling, "int (const char *, void (*)(int))");
	assert_str(&facts, type->params, "eg");
	assert_int_equal(type->ret, BC_CLASS_INT);
	assert_false(type->variadic || type->noproto);
	bc_fw_free(fw);
}

static void test_other_tables(void **state)
{
	struct bc_fw *fw = sample();
	struct bc_facts facts;

	(void)state;
	finish(fw, &facts);
	assert_str(&facts, facts.fields[0].record_key, "include/ops.h:8:1");
	assert_str(&facts, facts.fields[0].record, "struct ops");
	assert_str(&facts, facts.fields[0].name, "open");
	assert_int_equal(facts.fields[0].type, facts.symbols[0].type);
	assert_int_equal(facts.fields[0].offset, 64);
	assert_int_equal(facts.fields[0].cls, BC_CLASS_FPTR);
	assert_int_equal(facts.fields[0].in_union, 1);
	assert_int_equal(facts.nannotations, 1);
	assert_int_equal(facts.annotations[0].symbol, 0);
	assert_str(&facts, facts.annotations[0].text, "blockcheck:nonblocking");
	assert_int_equal(facts.naliases, 1);
	assert_str(&facts, facts.aliases[0].record_b, "src/a.c:9:1");
	assert_int_equal(facts.aliases[0].line, 40);
	assert_int_equal(facts.ncomments, 1);
	assert_int_equal(facts.comments[0].column, 3);
	assert_str(&facts, facts.comments[0].text, "blockcheck: allow(x)");
	assert_int_equal(facts.ndiags, 1);
	assert_int_equal(facts.diags[0].file, BC_NONE);
	assert_int_equal(facts.diags[0].severity, 3);
	assert_int_equal(facts.ndeps, 1);
	assert_int_equal(facts.deps[0].size, 1234);
	assert_true(facts.deps[0].hash[1] == 0x1122334455667788u);
	assert_int_equal(facts.nshards, 1);
	assert_true(facts.shards[0].hash[0] == 0x1122334455667788u);
	bc_fw_free(fw);
}

/* Every kind comes back; each inner node has the size its children have together. */
static void test_every_kind(void **state)
{
	struct bc_fw *fw = sample();
	int seen[BC_N_KIND_COUNT] = {0};
	struct bc_facts facts;
	const struct bc_fact_function *function;

	(void)state;
	finish(fw, &facts);
	assert_int_equal(facts.nfunctions, 2);
	function = &facts.functions[0];
	assert_str(&facts, facts.symbols[function->symbol].name, "serve");
	assert_int_equal(function->node, 0);
	assert_int_equal(function->nnodes, facts.nodes[0].size);
	assert_int_equal(function->nparams, 1);
	assert_int_equal(function->nlocals, 2);
	assert_str(&facts, facts.locals[1].name, "v");
	assert_int_equal(function->nlabels, 1);
	assert_int_equal(function->line, 10);
	assert_int_equal(function->end_line, 20);
	for (uint32_t i = 0; i < facts.nnodes; i++)
		seen[facts.nodes[i].kind]++;
	for (int kind = 0; kind < BC_N_KIND_COUNT; kind++)
		if (!seen[kind])
			fail_msg("no node of kind %s", bc_node_kind_name((enum bc_node_kind)kind));
	assert_int_equal(facts.functions[1].node, function->nnodes);
	assert_int_equal(facts.functions[1].nnodes, 1);
	bc_fw_free(fw);
}

static void test_node_members(void **state)
{
	struct bc_fw *fw = bc_fw_new("a.c");
	struct bc_fact_function function = {
		.symbol = build_symbol(fw, "f", BC_SYM_FUNCTION),
		.file = bc_fw_file(fw, "a.c"),
	};
	struct bc_facts facts;
	uint32_t block, call;

	(void)state;
	bc_fw_function_begin(fw, &function);
	block = bc_fw_open(fw, BC_N_BLOCK, 0, BC_CLASS_VOID, 0, BC_NONE, 0);
	call = bc_fw_open(
		fw, BC_N_CALL, 0, BC_CLASS_LONG, BC_NF_CLEANUP, BC_NONE, BC_LOC(70000, 5000));
	bc_fw_leaf(fw, BC_N_FUNC, BC_CLASS_FPTR, function.symbol, BC_LOC(3, 4));
	bc_fw_leaf(fw, BC_N_INT, BC_CLASS_LONG, bc_fw_int(fw, INT64_MIN), 0);
	bc_fw_close(fw, call);
	bc_fw_flag(fw, call, BC_NF_UNUSED | BC_NF_MACRO);
	assert_int_equal(bc_fw_position(fw), 4);
	bc_fw_close(fw, block);
	bc_fw_function_end(fw);
	finish(fw, &facts);
	assert_int_equal(facts.nodes[1].size, 3);
	assert_int_equal(facts.nodes[1].cls, BC_CLASS_LONG);
	assert_int_equal(facts.nodes[1].flags, BC_NF_UNUSED | BC_NF_MACRO);
	assert_int_equal(facts.nodes[1].ref, BC_NONE);
	assert_int_equal(BC_LOC_LINE(facts.nodes[1].loc), 70000);
	assert_int_equal(BC_LOC_COLUMN(facts.nodes[1].loc), BC_LOC_MAX_COLUMN);
	assert_int_equal(BC_LOC_LINE(facts.nodes[2].loc), 3);
	assert_true(facts.ints[facts.nodes[3].ref] == INT64_MIN);
	bc_fw_free(fw);
}

/* ---- interning ---- */

static void test_interning(void **state)
{
	struct bc_fw *fw = bc_fw_new("a.c");
	struct bc_facts facts;
	struct bc_fact_alias alias = {bc_fw_str(fw, "k1"), bc_fw_str(fw, "k2"), 0, 1};
	struct bc_fact_alias reverse = {alias.record_b, alias.record_a, 0, 2};
	uint32_t symbol;

	(void)state;
	assert_int_equal(bc_fw_str(fw, ""), 0);
	assert_int_equal(bc_fw_str(fw, "k1"), alias.record_a);
	assert_int_equal(bc_fw_int(fw, -1), bc_fw_int(fw, -1));
	assert_int_not_equal(bc_fw_int(fw, -1), bc_fw_int(fw, 0xffffffff));
	assert_int_equal(bc_fw_file(fw, "a.c"), bc_fw_file(fw, "a.c"));
	assert_int_equal(bc_fw_type(fw, "int ()", BC_CLASS_INT, "", 0, 1),
		bc_fw_type(fw, "int ()", BC_CLASS_INT, "", 0, 1));
	assert_int_not_equal(bc_fw_type(fw, "int ()", BC_CLASS_INT, "", 0, 0),
		bc_fw_type(fw, "int ()", BC_CLASS_INT, "", 0, 1));
	assert_int_equal(build_field(fw, "f"), build_field(fw, "f"));
	assert_int_not_equal(build_field(fw, "f"), build_field(fw, "g"));
	/* a function and a variable may share a name across units, but are two symbols */
	symbol = build_symbol(fw, "x", BC_SYM_FUNCTION);
	assert_int_equal(build_symbol(fw, "x", BC_SYM_FUNCTION), symbol);
	assert_int_not_equal(build_symbol(fw, "x", 0), symbol);
	bc_fw_annotation(fw, symbol, "t");
	bc_fw_annotation(fw, symbol, "t");
	bc_fw_alias(fw, &alias);
	bc_fw_alias(fw, &reverse);
	finish(fw, &facts);
	assert_int_equal(facts.nannotations, 1);
	assert_int_equal(facts.naliases, 1);
	assert_int_equal(facts.aliases[0].line, 1);
	assert_int_equal(facts.nints, 2);
	bc_fw_free(fw);
}

static void test_symbol_merge(void **state)
{
	struct bc_fw *fw = bc_fw_new("a.c");
	uint32_t noproto = bc_fw_type(fw, "int ()", BC_CLASS_INT, "", 0, 1);
	uint32_t proto = bc_fw_type(fw, "int (int)", BC_CLASS_INT, "b", 0, 0);
	struct bc_fact_symbol symbol = {
		.key = bc_fw_str(fw, "f"),
		.name = bc_fw_str(fw, "f"),
		.flags = BC_SYM_FUNCTION,
		.type = noproto,
		.file = bc_fw_file(fw, "f.h"),
		.line = 1,
	};
	struct bc_facts facts;

	(void)state;
	bc_fw_symbol(fw, &symbol);
	symbol.flags |= BC_SYM_NORETURN;
	symbol.line = 2;
	symbol.type = proto;
	bc_fw_symbol(fw, &symbol);
	finish(fw, &facts);
	assert_int_equal(facts.nsymbols, 1);
	assert_int_equal(facts.symbols[0].line, 1); /* the first declaration */
	assert_int_equal(facts.symbols[0].type, proto);
	symbol.flags = BC_SYM_FUNCTION | BC_SYM_DEFINED;
	symbol.file = bc_fw_file(fw, "f.c");
	symbol.line = 30;
	symbol.nparams = 1;
	bc_fw_symbol(fw, &symbol);
	symbol.flags = BC_SYM_FUNCTION | BC_SYM_WEAK;
	symbol.line = 99;
	symbol.type = noproto;
	symbol.alias = bc_fw_str(fw, "g");
	bc_fw_symbol(fw, &symbol);
	finish(fw, &facts);
	assert_int_equal(facts.nsymbols, 1);
	assert_int_equal(facts.symbols[0].flags,
		BC_SYM_FUNCTION | BC_SYM_NORETURN | BC_SYM_DEFINED | BC_SYM_WEAK);
	assert_string_equal(bc_fact_path(&facts, facts.symbols[0].file), "f.c");
	assert_int_equal(facts.symbols[0].line, 30);
	assert_int_equal(facts.symbols[0].type, proto);
	assert_int_equal(facts.symbols[0].nparams, 1);
	assert_str(&facts, facts.symbols[0].alias, "g");
	bc_fw_free(fw);
}

static void test_empty(void **state)
{
	struct bc_fw *fw = bc_fw_new("a.h");
	struct bc_fact_function initialisers = {.symbol = BC_NONE, .file = bc_fw_file(fw, "a.h")};
	struct bc_facts facts;
	uint32_t block;

	(void)state;
	assert_true(bc_fw_empty(fw));
	bc_fw_function_begin(fw, &initialisers);
	block = bc_fw_open(fw, BC_N_BLOCK, 0, BC_CLASS_VOID, 0, BC_NONE, 0);
	bc_fw_close(fw, block);
	bc_fw_function_end(fw);
	assert_true(bc_fw_empty(fw)); /* nothing was initialised */
	finish(fw, &facts);
	assert_int_equal(facts.nfunctions, 0);
	assert_int_equal(facts.nnodes, 0);
	build_symbol(fw, "x", 0);
	assert_false(bc_fw_empty(fw));
	bc_fw_free(fw);
}

/* ---- determinism ---- */

static void test_determinism(void **state)
{
	struct bc_fw *first = sample(), *other, *second;
	uint64_t hash[2], again[2], check[2];
	size_t size, size_again;
	const void *image = bc_fw_finish(first, &size, hash), *image_again;
	struct bc_fact_field dirty;

	(void)state;
	other = bc_fw_new("other.c");
	memset(&dirty, 0xff, sizeof(dirty));
	second = sample();
	for (int i = 0; i < 1000; i++)
		bc_fw_int(other, i);
	image_again = bc_fw_finish(second, &size_again, again);
	assert_int_equal(size, size_again);
	assert_memory_equal(image, image_again, size);
	assert_memory_equal(hash, again, sizeof(hash));
	/* the hash is the one that the file will have */
	bc_hash_bytes(image, size, check);
	assert_memory_equal(hash, check, sizeof(hash));
	bc_fw_free(other);
	bc_fw_free(second);
	bc_fw_free(first);
}

/* What callers leave in padding does not reach the file. */
static void test_padding(void **state)
{
	uint64_t hash[2][2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct bc_fw *fw = bc_fw_new("a.c");
		struct bc_fact_field field;
		struct bc_fact_symbol symbol;
		struct bc_fact_local local;
		struct bc_fact_dep dep;
		struct bc_fact_function function = {
			.symbol = build_symbol(fw, "f", BC_SYM_FUNCTION)};
		size_t size;

		memset(&field, 0, sizeof(field));
		memset(&symbol, 0, sizeof(symbol));
		memset(&local, 0, sizeof(local));
		memset(&dep, 0, sizeof(dep));
		memset(field.pad, i, sizeof(field.pad));
		memset(symbol.pad, i, sizeof(symbol.pad));
		memset(local.pad, i, sizeof(local.pad));
		dep.pad = (uint32_t)i;
		field.type = symbol.type = local.type = BC_NONE;
		symbol.file = BC_NONE;
		bc_fw_field(fw, &field);
		bc_fw_symbol(fw, &symbol);
		bc_fw_dep(fw, &dep);
		bc_fw_function_begin(fw, &function);
		bc_fw_local(fw, &local);
		bc_fw_leaf(fw, BC_N_BLOCK, BC_CLASS_VOID, BC_NONE, 0);
		bc_fw_function_end(fw);
		bc_fw_finish(fw, &size, hash[i]);
		bc_fw_free(fw);
	}
	assert_memory_equal(hash[0], hash[1], sizeof(hash[0]));
}

/* ---- bodies: limits and second thoughts ---- */

static void begin(struct bc_fw *fw, const char *name)
{
	struct bc_fact_function function = {
		.symbol = build_symbol(fw, name, BC_SYM_FUNCTION | BC_SYM_DEFINED),
		.file = bc_fw_file(fw, "a.c"),
	};

	bc_fw_function_begin(fw, &function);
}

static void test_too_deep(void **state)
{
	enum {
		LEVELS = BC_FACTS_MAX_DEPTH + 500
	};
	struct bc_fw *fw = bc_fw_new("a.c");
	uint32_t nodes[LEVELS];
	struct bc_facts facts;

	(void)state;
	begin(fw, "f");
	for (int i = 0; i < LEVELS; i++)
		nodes[i] =
			bc_fw_open(fw, BC_N_BLOCK, 0, BC_CLASS_VOID, 0, BC_NONE, BC_LOC(i + 1, 1));
	bc_fw_leaf(fw, BC_N_BREAK, BC_CLASS_VOID, BC_NONE, 0);
	bc_fw_flag(fw, nodes[LEVELS - 1], BC_NF_MACRO);
	for (int i = LEVELS; i-- > 1;)
		bc_fw_close(fw, nodes[i]);
	bc_fw_leaf(fw, BC_N_CONTINUE, BC_CLASS_VOID, BC_NONE, 0);
	bc_fw_close(fw, nodes[0]);
	bc_fw_function_end(fw);
	finish(fw, &facts);
	/* the deepest level is a leaf that stands for the rest; what follows is kept */
	assert_int_equal(facts.nnodes, BC_FACTS_MAX_DEPTH + 1);
	assert_int_equal(facts.nodes[BC_FACTS_MAX_DEPTH - 1].kind, BC_N_OPAQUE);
	assert_int_equal(facts.nodes[BC_FACTS_MAX_DEPTH].kind, BC_N_CONTINUE);
	assert_int_equal(facts.ndiags, 1);
	assert_int_equal(facts.diags[0].line, BC_FACTS_MAX_DEPTH);
	assert_int_equal(facts.diags[0].severity, 3);
	bc_fw_free(fw);
}

static void test_rewind(void **state)
{
	struct bc_fw *fw = bc_fw_new("a.c");
	struct bc_facts facts;
	uint32_t block, inner, closed;

	(void)state;
	begin(fw, "f");
	block = bc_fw_open(fw, BC_N_BLOCK, 0, BC_CLASS_VOID, 0, BC_NONE, 0);
	inner = bc_fw_open(fw, BC_N_CALL, 0, BC_CLASS_VOID, 0, BC_NONE, 0);
	bc_fw_open(fw, BC_N_DEREF, 0, BC_CLASS_VOID, 0, BC_NONE, 0);
	bc_fw_rewind(fw, inner); /* still open, with another inside */
	assert_int_equal(bc_fw_position(fw), 1);
	closed = bc_fw_open(fw, BC_N_BLOCK, 0, BC_CLASS_VOID, 0, BC_NONE, 0);
	bc_fw_close(fw, closed);
	bc_fw_rewind(fw, closed);
	bc_fw_leaf(fw, BC_N_BREAK, BC_CLASS_VOID, BC_NONE, 0);
	bc_fw_rewind(fw, bc_fw_position(fw)); /* nothing since */
	bc_fw_close(fw, block);
	bc_fw_function_end(fw);
	finish(fw, &facts);
	assert_int_equal(facts.nnodes, 2);
	assert_int_equal(facts.nodes[0].size, 2);
	assert_int_equal(facts.nodes[1].kind, BC_N_BREAK);
	bc_fw_free(fw);
}

static void test_rewind_below_the_limit(void **state)
{
	struct bc_fw *fw = bc_fw_new("a.c");
	struct bc_facts facts;
	uint32_t outer, cut, deeper;

	(void)state;
	begin(fw, "f");
	for (int i = 0; i + 2 < BC_FACTS_MAX_DEPTH; i++)
		bc_fw_open(fw, BC_N_BLOCK, 0, BC_CLASS_VOID, 0, BC_NONE, 0);
	outer = bc_fw_open(fw, BC_N_BLOCK, 0, BC_CLASS_VOID, 0, BC_NONE, 0);
	cut = bc_fw_open(fw, BC_N_BLOCK, 0, BC_CLASS_VOID, 0, BC_NONE, 0);
	deeper = bc_fw_open(fw, BC_N_BLOCK, 0, BC_CLASS_VOID, 0, BC_NONE, 0);
	bc_fw_rewind(fw, deeper);
	bc_fw_leaf(fw, BC_N_BREAK, BC_CLASS_VOID, BC_NONE, 0); /* still inside the cut */
	assert_int_equal(bc_fw_position(fw), BC_FACTS_MAX_DEPTH);
	bc_fw_rewind(fw, cut);
	assert_int_equal(bc_fw_position(fw), BC_FACTS_MAX_DEPTH - 1);
	bc_fw_leaf(fw, BC_N_CONTINUE, BC_CLASS_VOID, BC_NONE, 0);
	bc_fw_close(fw, outer);
	bc_fw_function_end(fw); /* closes the rest */
	finish(fw, &facts);
	assert_int_equal(facts.nnodes, BC_FACTS_MAX_DEPTH);
	assert_int_equal(facts.nodes[0].size, BC_FACTS_MAX_DEPTH);
	assert_int_equal(facts.nodes[BC_FACTS_MAX_DEPTH - 1].kind, BC_N_CONTINUE);
	bc_fw_free(fw);
}

static void test_many_params(void **state)
{
	char params[BC_FACTS_MAX_PARAMS + 100];
	struct bc_fw *fw = bc_fw_new("a.c");
	struct bc_facts facts;

	(void)state;
	memset(params, 'b', sizeof(params));
	params[sizeof(params) - 1] = '\0';
	bc_fw_type(fw, "int (int, ...)", BC_CLASS_INT, params, 0, 0);
	finish(fw, &facts);
	assert_int_equal(strlen(bc_fact_str(&facts, facts.types[0].params)), BC_FACTS_MAX_PARAMS);
	assert_int_equal(facts.types[0].variadic, 1);
	bc_fw_free(fw);
}

/* ---- damage ---- */

static const uint8_t flips[] = {0x01, 0x80, 0xff};

static void test_flips_are_noticed(void **state)
{
	struct bc_facts facts;
	size_t size;
	unsigned char *image = sample_image(&size);

	(void)state;
	for (size_t at = 0; at < size; at++) {
		for (size_t i = 0; i < sizeof(flips); i++) {
			image[at] ^= flips[i];
			if (bc_facts_load(&facts, image, size) != BC_EINPUT)
				fail_msg("a flip at byte %zu went unnoticed", at);
			assert_null(facts.image);
			image[at] ^= flips[i];
		}
	}
	load(&facts, image, size);
	free(image);
}

static void test_truncation_is_noticed(void **state)
{
	struct bc_facts facts;
	size_t size;
	unsigned char *image = sample_image(&size);

	(void)state;
	for (size_t length = 0; length < size; length++) {
		unsigned char *cut = malloc(length ? length : 1); /* so that ASan sees its end */

		memcpy(cut, image, length);
		if (bc_facts_load(&facts, cut, length) != BC_EINPUT)
			fail_msg("a cut after %zu bytes went unnoticed", length);
		if (length >= sizeof(struct bc_image_header)) {
			((struct bc_image_header *)(void *)cut)->size = length;
			bc_image_seal(cut, length);
			assert_int_equal(bc_facts_load(&facts, cut, length), BC_EINPUT);
		}
		free(cut);
	}
	free(image);
}

/* Damage that the checksum does not show is refused, or harmless to every reader. */
static void test_sealed_flips_are_harmless(void **state)
{
	struct bc_buf out = {0};
	struct bc_facts facts;
	size_t size, refused = 0;
	unsigned char *image = sample_image(&size);

	(void)state;
	for (size_t at = 0; at < size; at++) {
		for (size_t i = 0; i < sizeof(flips); i++) {
			image[at] ^= flips[i];
			bc_image_seal(image, size);
			if (bc_facts_load(&facts, image, size)) {
				assert_non_null(strstr(bc_error_message(), "facts in memory: "));
				refused++;
			} else {
				bc_facts_print(&facts, 1, &out);
				bc_buf_clear(&out);
			}
			image[at] ^= flips[i];
		}
	}
	assert_in_range(refused, size, 3 * size); /* most of them break something */
	bc_buf_fini(&out);
	free(image);
}

/* The first node of a kind in the sample. */
static struct bc_node *node_of(unsigned char *image, const struct bc_facts *facts, int kind)
{
	size_t nodes = (size_t)((const unsigned char *)facts->nodes - image);

	for (uint32_t i = 0; i < facts->nnodes; i++)
		if (facts->nodes[i].kind == kind)
			return (struct bc_node *)(void *)(image + nodes) + i;
	fail_msg("no such node");
	return NULL;
}

static void assert_refused(unsigned char *image, size_t size, const char *why)
{
	struct bc_facts facts;

	bc_image_seal(image, size);
	if (bc_facts_load(&facts, image, size) != BC_EINPUT)
		fail_msg("not refused: %s", why);
	if (!strstr(bc_error_message(), why))
		fail_msg("'%s' does not say '%s'", bc_error_message(), why);
}

/* One member of one node, and what the reader must say of it. */
static void test_bad_nodes(void **state)
{
	static const struct {
		int kind;
		struct bc_node change; /* members that are not 0 replace the node's */
		const char *why;
	} cases[] = {
		{BC_N_INT, {.kind = BC_N_KIND_COUNT}, "unknown kind"},
		{BC_N_INT, {.kind = BC_N_DEREF}, "wrong number of children"},
		{BC_N_INT, {.ref = 1000}, "refers to nothing"},
		{BC_N_STR, {.ref = 100000}, "refers to nothing"},
		{BC_N_FUNC, {.kind = BC_N_VAR}, "refers to nothing"},
		{BC_N_VAR, {.kind = BC_N_FUNC}, "refers to nothing"},
		{BC_N_LOCAL, {.ref = 2}, "refers to nothing"},
		{BC_N_FIELD, {.ref = 2}, "refers to nothing"},
		{BC_N_SET, {.ref = BC_NONE}, "refers to nothing"},
		{BC_N_CALL, {.ref = 9}, "refers to nothing"},
		{BC_N_CAST, {.ref = 9}, "refers to nothing"},
		{BC_N_LABEL, {.ref = 1}, "refers to nothing"},
		{BC_N_LABEL, {.ref = BC_NONE}, "refers to nothing"},
		{BC_N_GOTO, {.ref = 1}, "refers to nothing"},
		{BC_N_UNARY, {.op = BC_OP_ADD}, "wrong operator"},
		{BC_N_BINARY, {.op = BC_OP_NEG}, "wrong operator"},
		{BC_N_ASSIGN, {.op = BC_OP_EQ}, "wrong operator"},
		{BC_N_LOOP, {.op = BC_LOOP_FOR + 1}, "wrong operator"},
		{BC_N_CALL, {.op = 1}, "wrong operator"},
		{BC_N_INT, {.cls = BC_CLASS_COUNT}, "unknown class"},
		{BC_N_CALL, {.flags = 0x80}, "unknown flags"},
		{BC_N_IF, {.kind = BC_N_SWITCH}, "wrong number of children"},
		{BC_N_INDEX, {.kind = BC_N_DEREF}, "wrong number of children"},
		{BC_N_ADDR, {.kind = BC_N_INDEX}, "wrong number of children"},
		{BC_N_CASE, {.kind = BC_N_RETURN}, "wrong number of children"},
		{BC_N_OPAQUE, {.kind = BC_N_DEREF, .size = 1}, "wrong number of children"},
		{BC_N_DEREF, {.size = 500}, "end within its parent"},
		{BC_N_BLOCK, {.kind = BC_N_INIT}, "no block for its body"},
		{BC_N_BLOCK, {.size = 1}, "second root"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size;
		unsigned char *image = sample_image(&size);
		struct bc_facts facts;
		struct bc_node *node;
		const struct bc_node *change = &cases[i].change;

		load(&facts, image, size);
		node = node_of(image, &facts, cases[i].kind);
		node->kind = change->kind ? change->kind : node->kind;
		node->op = change->op ? change->op : node->op;
		node->cls = change->cls ? change->cls : node->cls;
		node->flags = change->flags ? change->flags : node->flags;
		node->size = change->size ? change->size : node->size;
		node->ref = change->ref ? change->ref : node->ref;
		assert_refused(image, size, cases[i].why);
		free(image);
	}
}

static void test_zero_size_node(void **state)
{
	size_t size;
	unsigned char *image = sample_image(&size);
	struct bc_facts facts;

	(void)state;
	load(&facts, image, size);
	node_of(image, &facts, BC_N_INT)->size = 0;
	assert_refused(image, size, "end within its parent");
	free(image);
}

/* Sets a 32-bit member of record `index` of a table. */
#define PATCH(image, facts, table, index, member, value) \
	do { \
		size_t at_ = \
			(size_t)((const unsigned char *)&(facts).table[index].member - (image)); \
		uint32_t value_ = (value); \
		memcpy((image) + at_, &value_, sizeof(value_)); \
	} while (0)

#define ASSERT_PATCH_REFUSED(table, index, member, value, why) \
	do { \
		size_t size_; \
		unsigned char *image_ = sample_image(&size_); \
		struct bc_facts facts_; \
		load(&facts_, image_, size_); \
		PATCH(image_, facts_, table, index, member, value); \
		assert_refused(image_, size_, why); \
		free(image_); \
	} while (0)

static void test_bad_tables(void **state)
{
	(void)state;
	ASSERT_PATCH_REFUSED(files, 0, path, 1000000, "entry 0 of its files");
	ASSERT_PATCH_REFUSED(types, 0, spelling, BC_NONE, "entry 0 of its types");
	ASSERT_PATCH_REFUSED(types, 0, params, 1, "entry 0 of its types"); /* a path: no classes */
	ASSERT_PATCH_REFUSED(types, 0, ret, BC_CLASS_COUNT, "entry 0 of its types");
	ASSERT_PATCH_REFUSED(types, 0, ret, 0x200, "entry 0 of its types");
	ASSERT_PATCH_REFUSED(fields, 1, record_key, BC_NONE, "entry 1 of its fields");
	ASSERT_PATCH_REFUSED(fields, 0, name, BC_NONE, "entry 0 of its fields");
	ASSERT_PATCH_REFUSED(fields, 0, type, 7, "entry 0 of its fields");
	ASSERT_PATCH_REFUSED(fields, 0, cls, BC_CLASS_COUNT, "entry 0 of its fields");
	ASSERT_PATCH_REFUSED(symbols, 0, key, BC_NONE, "entry 0 of its symbols");
	ASSERT_PATCH_REFUSED(symbols, 0, alias, BC_NONE, "entry 0 of its symbols");
	ASSERT_PATCH_REFUSED(symbols, 0, file, 1, "entry 0 of its symbols");
	ASSERT_PATCH_REFUSED(symbols, 0, type, 1, "entry 0 of its symbols");
	ASSERT_PATCH_REFUSED(annotations, 0, symbol, BC_NONE, "entry 0 of its annotations");
	ASSERT_PATCH_REFUSED(locals, 0, name, BC_NONE, "entry 0 of its locals");
	ASSERT_PATCH_REFUSED(aliases, 0, file, BC_NONE, "entry 0 of its aliases");
	ASSERT_PATCH_REFUSED(comments, 0, file, 1, "entry 0 of its comments");
	ASSERT_PATCH_REFUSED(diags, 0, file, 1, "entry 0 of its diags");
	ASSERT_PATCH_REFUSED(deps, 0, path, BC_NONE, "entry 0 of its deps");
}

static void test_bad_functions(void **state)
{
	(void)state;
	ASSERT_PATCH_REFUSED(functions, 0, symbol, 1000, "function 0 is not a symbol");
	ASSERT_PATCH_REFUSED(functions, 0, file, 1, "function 0 lies in no file");
	ASSERT_PATCH_REFUSED(functions, 0, node, 1, "function 0 has nodes out of bounds");
	ASSERT_PATCH_REFUSED(functions, 0, nnodes, BC_NONE, "function 0 has nodes out of bounds");
	ASSERT_PATCH_REFUSED(functions, 1, node, 0, "function 1 has nodes out of bounds");
	ASSERT_PATCH_REFUSED(functions, 1, nnodes, 0, "function 1 has no block");
	ASSERT_PATCH_REFUSED(functions, 0, local, 1, "function 0 has locals out of bounds");
	ASSERT_PATCH_REFUSED(functions, 0, nlocals, 3, "function 0 has locals out of bounds");
	ASSERT_PATCH_REFUSED(functions, 0, nparams, 3, "more parameters than locals");
	ASSERT_PATCH_REFUSED(functions, 0, nlabels, BC_NONE, "more labels than nodes");
}

static void test_bad_layout(void **state)
{
	size_t size;
	unsigned char *image = sample_image(&size);
	struct bc_image_header *header = (void *)image, saved = *header;
	struct bc_facts facts;

	(void)state;
	load(&facts, image, size);
	header->sections[BC_SECTION_NODES].count++;
	assert_refused(image, size, "its table of aliases is out of bounds");
	*header = saved;
	header->sections[BC_SECTION_SHARDS].count = BC_NONE;
	assert_refused(image, size, "its table of shards is out of bounds");
	*header = saved;
	header->sections[BC_SECTION_SHARDS].count = 0;
	assert_refused(image, size, "bytes follow its last table");
	*header = saved;
	header->sections[BC_SECTION_INTS].offset += 8;
	assert_refused(image, size, "its table of ints is out of bounds");
	*header = saved;
	header->sections[BC_SECTION_INTS].item_size = 4;
	assert_refused(image, size, "its table of ints is out of bounds");
	*header = saved;
	header->path_main = facts.strings_size;
	assert_refused(image, size, "the name of its main file");
	*header = saved;
	header->nsections--;
	assert_refused(image, size, "its number of sections");
	*header = saved;
	header->version++;
	assert_refused(image, size, "fact file of version 2, this program reads version 1");
	*header = saved;
	header->magic++;
	assert_refused(image, size, "not a fact file");
	*header = saved;
	image[header->sections[BC_SECTION_STRINGS].offset + facts.strings_size - 1] = 'x';
	assert_refused(image, size, "its strings are not terminated");
	free(image);
}

/* ---- files ---- */

static void test_open(void **state)
{
	char *dir = tempdir_make();
	struct bc_arena arena = BC_ARENA_INIT;
	char *path = bc_path_join(&arena, dir, "a.bcf");
	struct bc_facts facts;
	size_t size;
	unsigned char *image = sample_image(&size);

	(void)state;
	assert_int_equal(bc_file_write(path, image, size), 0);
	assert_int_equal(bc_facts_open(&facts, path), 0);
	assert_int_equal(facts.image_size, size);
	assert_int_equal(facts.nfunctions, 2);
	bc_facts_close(&facts);
	assert_null(facts.image);
	bc_facts_close(&facts);
	assert_int_equal(bc_file_write(path, image, size - 1), 0);
	assert_int_equal(bc_facts_open(&facts, path), BC_EINPUT);
	assert_ptr_equal(strstr(bc_error_message(), path), bc_error_message());
	assert_non_null(strstr(bc_error_message(), "damaged fact file: it says"));
	assert_int_equal(bc_file_write(path, "", 0), 0);
	assert_int_equal(bc_facts_open(&facts, path), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "not a fact file"));
	assert_int_equal(bc_facts_open(&facts, dir), BC_EINPUT);
	assert_int_equal(bc_facts_open(&facts, bc_path_join(&arena, dir, "none")), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "No such file"));
	/* a FIFO without a writer must not hang */
	path = bc_path_join(&arena, dir, "fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(bc_facts_open(&facts, path), BC_EINPUT);
	free(image);
	bc_arena_fini(&arena);
	tempdir_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_symbols_and_types),
		cmocka_unit_test(test_other_tables),
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_node_members),
		cmocka_unit_test(test_interning),
		cmocka_unit_test(test_symbol_merge),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_determinism),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_rewind),
		cmocka_unit_test(test_rewind_below_the_limit),
		cmocka_unit_test(test_many_params),
		cmocka_unit_test(test_flips_are_noticed),
		cmocka_unit_test(test_truncation_is_noticed),
		cmocka_unit_test(test_sealed_flips_are_harmless),
		cmocka_unit_test(test_bad_nodes),
		cmocka_unit_test(test_zero_size_node),
		cmocka_unit_test(test_bad_tables),
		cmocka_unit_test(test_bad_functions),
		cmocka_unit_test(test_bad_layout),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
