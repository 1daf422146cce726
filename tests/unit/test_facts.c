/* Tables of facts, written and read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/fs.h"
#include "unit/facts_build.h"
#include "unit/facts_sample.h"
#include "unit/tempdir.h"

/* ---- round trip ---- */

#define assert_str(facts, offset, text) assert_string_equal(bc_fact_str((facts), (offset)), (text))

static void test_symbols_and_types(void **state)
{
	struct bc_fw *fw = sample();
	struct bc_facts facts;
	const struct bc_fact_symbol *symbol;
	const struct bc_fact_type *type;

	(void)state;
	sample_finish(fw, &facts);
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
	sample_finish(fw, &facts);
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
	sample_finish(fw, &facts);
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
	sample_finish(fw, &facts);
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
	sample_finish(fw, &facts);
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
	sample_finish(fw, &facts);
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
	sample_finish(fw, &facts);
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
	sample_finish(fw, &facts);
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
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
