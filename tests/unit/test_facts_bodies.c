/* Bodies while they are written: their limits, and second thoughts of the writer. */
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
	enum { LEVELS = BC_FACTS_MAX_DEPTH + 500 };
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
	sample_finish(fw, &facts);
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
	sample_finish(fw, &facts);
	assert_int_equal(facts.nnodes, 2);
	assert_int_equal(facts.nodes[0].size, 2);
	assert_int_equal(facts.nodes[1].kind, BC_N_BREAK);
	bc_fw_free(fw);
}

/* Labels of what was dropped do not count. */
static void test_rewound_labels(void **state)
{
	struct bc_fw *fw = bc_fw_new("a.c");
	struct bc_facts facts;
	uint32_t block;

	(void)state;
	begin(fw, "f");
	block = bc_fw_open(fw, BC_N_BLOCK, 0, BC_CLASS_VOID, 0, BC_NONE, 0);
	for (int i = 0; i < 10; i++)
		bc_fw_leaf(fw, BC_N_LABEL, BC_CLASS_VOID, bc_fw_label(fw), 0);
	bc_fw_rewind(fw, block + 1);
	bc_fw_leaf(fw, BC_N_GOTO, BC_CLASS_VOID, 7, 0);
	bc_fw_leaf(fw, BC_N_LABEL, BC_CLASS_VOID, bc_fw_label(fw), 0);
	bc_fw_leaf(fw, BC_N_LABEL, BC_CLASS_VOID, 7, 0);
	bc_fw_leaf(fw, BC_N_GOTO, BC_CLASS_VOID, BC_NONE, 0);
	bc_fw_close(fw, block);
	bc_fw_function_end(fw);
	sample_finish(fw, &facts);
	assert_int_equal(facts.functions[0].nlabels, 2);
	assert_int_equal(facts.nodes[1].ref, 0);
	assert_int_equal(facts.nodes[2].ref, 1);
	assert_int_equal(facts.nodes[3].ref, 0);
	assert_int_equal(facts.nodes[4].ref, BC_NONE);
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
	sample_finish(fw, &facts);
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
	sample_finish(fw, &facts);
	assert_int_equal(strlen(bc_fact_str(&facts, facts.types[0].params)), BC_FACTS_MAX_PARAMS);
	assert_int_equal(facts.types[0].variadic, 1);
	bc_fw_free(fw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_rewind),
		cmocka_unit_test(test_rewound_labels),
		cmocka_unit_test(test_rewind_below_the_limit),
		cmocka_unit_test(test_many_params),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
