/* A damaged fact file is refused with its reason, and never read out of bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"
#include "facts/format.h"
#include "unit/facts_sample.h"

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
	sample_load(&facts, image, size);
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

		sample_load(&facts, image, size);
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
	sample_load(&facts, image, size);
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
		sample_load(&facts_, image_, size_); \
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
	sample_load(&facts, image, size);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flips_are_noticed),
		cmocka_unit_test(test_truncation_is_noticed),
		cmocka_unit_test(test_sealed_flips_are_harmless),
		cmocka_unit_test(test_bad_nodes),
		cmocka_unit_test(test_zero_size_node),
		cmocka_unit_test(test_bad_tables),
		cmocka_unit_test(test_bad_functions),
		cmocka_unit_test(test_bad_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
