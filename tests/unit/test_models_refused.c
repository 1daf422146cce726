/* Packs that are refused, and what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "models/schema.h"
#include "models/yaml.h"
#include "unit/models_sample.h"

/* ---- keys that are wrong ---- */

static void test_unknown_keys(void **state)
{
	(void)state;
	assert_refused(PACK_HEAD "blocking:\n- id: a\n  bond: short\n", NULL,
		"a.yaml:5:3: unknown key 'bond' in a blocking rule; did you mean 'bound'?");
	assert_refused(PACK_HEAD "blokcing: []\n", NULL,
		"a.yaml:3:1: unknown key 'blokcing' in a rule pack; did you mean 'blocking'?");
	assert_refused(PACK_HEAD "something: 1\n", NULL,
		"a.yaml:3:1: unknown key 'something' in a rule pack");
	assert_refused(PACK_HEAD "\"a\\nb\\x1b[31m\": 1\n", NULL,
		"a.yaml:3:1: unknown key 'a?b?[31m' in a rule pack");
	assert_refused(PACK_HEAD "loops:\n- {id: x, register: [{function: f, callbacks: [{ar: 1, "
				 "thread: loop}]}]}\n",
		NULL, "a.yaml:4:49: unknown key 'ar' in a callback; did you mean 'arg'?");
	assert_refused(PACK_HEAD "pack: {name: b}\n", NULL,
		"a.yaml:3:1: the key 'pack' appears twice in a rule pack");
}

static void test_required_keys(void **state)
{
	(void)state;
	assert_refused("pack: {name: a}\n", NULL,
		"a.yaml:1:1: no rule pack: it needs 'schema: blockcheck-rules/1'");
	assert_refused("schema: blockcheck-rules/9\npack: {name: a}\nnew: 1\n", NULL,
		"a.yaml:1:9: unknown schema 'blockcheck-rules/9'; this version reads "
		"'blockcheck-rules/1'");
	assert_refused("- a\n", NULL,
		"a.yaml:1:1: a rule pack is a mapping that begins with 'schema: "
		"blockcheck-rules/1'");
	assert_refused("schema: blockcheck-rules/1\n", NULL,
		"a.yaml:1:1: a rule pack needs the key 'pack': what this pack is about");
	assert_refused(PACK_HEAD "blocking:\n- {id: a, function: f, category: dns, bound: short}\n",
		NULL,
		"a.yaml:4:3: a blocking rule needs the key 'provenance': the source of these "
		"claims");
}

static void test_wrong_types(void **state)
{
	(void)state;
	assert_refused(PACK_HEAD "forks: fork\n", NULL,
		"a.yaml:3:8: 'forks' in a rule pack must be a list, each item a C identifier, not "
		"a single value");
	assert_refused(PACK_HEAD "forks: [a b]\n", NULL,
		"a.yaml:3:9: 'forks' in a rule pack must be a C identifier, not 'a b'");
	assert_refused(PACK_HEAD "forks: []\n", NULL,
		"a.yaml:3:8: 'forks' in a rule pack is an empty list; leave it out");
	assert_refused(PACK_HEAD "blocking:\n" SINK("a", "f", ", params: many"), NULL,
		"a.yaml:4:101: 'params' in a blocking rule must be a whole number from 0 to 255, "
		"not "
		"'many'");
	assert_refused(PACK_HEAD "blocking:\n" SINK("a", "f", ", params: 010"), NULL,
		"a.yaml:4:101: 'params' in a blocking rule must be a whole number from 0 to 255, "
		"not "
		"'010'");
	assert_refused(PACK_HEAD "blocking:\n" SINK("a", "f", ", severity: eror"), NULL,
		"a.yaml:4:103: 'severity' in a blocking rule cannot be 'eror' (note warning "
		"error); "
		"did you mean 'error'?");
	assert_refused(PACK_HEAD "blocking:\n" SINK("a", "f", ", because: ''"), NULL,
		"a.yaml:4:102: 'because' in a blocking rule must be a text that is not empty, not "
		"''");
	assert_refused(PACK_HEAD "blocking:\n" SINK("a b", "f", ""), NULL,
		"a.yaml:4:8: 'id' in a blocking rule must be an id (letters, digits and - _ . "
		"inside), not 'a b'");
	assert_refused(PACK_HEAD "constants: {A: 1.5}\n", NULL,
		"a.yaml:3:16: the constant 'A' needs a whole number");
	assert_refused(PACK_HEAD "loops:\n- {id: l, fields: [{type: '*a*', field: f, thread: "
				 "loop}]}\n",
		NULL,
		"a.yaml:4:27: 'type' in a callback field must be a struct's name, with at most one "
		"*, not '*a*'");
}

static void test_wrong_conditions(void **state)
{
	(void)state;
#define WHEN(text) PACK_HEAD "blocking:\n" SINK("a", "f", ", params: 2, nonblocking_when: " text)
	assert_refused(WHEN("{arg: 1}"), NULL,
		"a.yaml:4:122: a condition needs one of: all any not eq ne lt gt in has_flag "
		"lacks_flag null fd literal text");
	assert_refused(WHEN("{arg: 1, eq: 1, lt: 5}"), NULL,
		"a.yaml:4:122: 'eq' and 'lt' in one condition; join two with 'all' or 'any'");
	assert_refused(WHEN("{eq: 1}"), NULL,
		"a.yaml:4:122: this condition needs 'arg', the argument it asks about");
	assert_refused(WHEN("{arg: 3, eq: 1}"), NULL,
		"a.yaml:4:128: argument 3 of a function with 2 parameters");
	assert_refused(WHEN("{arg: 0, eq: 1}"), NULL,
		"a.yaml:4:128: 'arg' in a condition must be the number of an argument, from 1 to "
		"64, not '0'");
	assert_refused(WHEN("{arg: 1, any: [{arg: 1, eq: 1}]}"), NULL,
		"a.yaml:4:122: 'arg' and 'field' belong inside the conditions of 'any'");
	assert_refused(WHEN("{arg: 1, field: x, fd: blocking}"), NULL,
		"a.yaml:4:122: 'fd' asks about the argument itself, not a field of it");
	assert_refused(WHEN("{arg: 1, has_flag: A||B}"), NULL,
		"a.yaml:4:141: 'has_flag' in a condition must be a whole number or a constant's "
		"name (A|B joins flags), not 'A||B'");
	assert_refused(WHEN("{arg: 1, null: maybe}"), NULL,
		"a.yaml:4:137: 'null' in a condition must be true or false, not 'maybe'");
#undef WHEN
}

static void test_wrong_numbers_of_arguments(void **state)
{
	(void)state;
	assert_refused(PACK_HEAD "loops:\n- {id: l, register: [{function: f, params: 1, callbacks: "
				 "[{arg: 2, thread: loop}]}]}\n",
		NULL, "a.yaml:4:65: argument 2 of a function with 1 parameters");
	assert_refused(PACK_HEAD "loops:\n- {id: l, register: [{function: f, callbacks: [{arg: 2, "
				 "thread: loop, fd_arg: 1}]}]}\n",
		NULL, "a.yaml:4:48: 'fd_arg' and 'fd_param' belong together");
	assert_refused(PACK_HEAD "blocking:\n" SINK("a", "f", ", params: 1, args: [a, b]"), NULL,
		"a.yaml:4:110: 2 names for a function with 1 parameters");
}

/* ---- YAML that is refused ---- */

static void test_yaml_features(void **state)
{
	static const char decorated[] =
		"aliases, anchors and tags are not accepted; write the value out";
	char message[200];

	(void)state;
	snprintf(message, sizeof(message), "a.yaml:3:8: %s", decorated);
	assert_refused(PACK_HEAD "forks: &a [fork]\n", NULL, message);
	assert_refused(PACK_HEAD "forks: *a\n", NULL, message);
	assert_refused(PACK_HEAD "forks: !!set {a}\n", NULL, message);
	assert_refused(PACK_HEAD "forks: !x fork\n", NULL, message);
	assert_refused(PACK_HEAD "---\na: 1\n", NULL,
		"a.yaml:3:1: a second document begins here; one file holds one document");
	assert_refused(PACK_HEAD "? [a, b]\n: 1\n", NULL,
		"a.yaml:3:3: a key must be a word, not a list or mapping");
	assert_refused(PACK_HEAD "forks: [a\n", NULL,
		"a.yaml:4:1: not YAML: did not find expected ',' or ']' while parsing a flow "
		"sequence");
	assert_refused(
		PACK_HEAD "forks: \"a\\0b\"\n", NULL, "a.yaml:3:8: a NUL character inside a text");
}

static void test_empty_files(void **state)
{
	(void)state;
	assert_refused("", NULL, "a.yaml:1:1: the file is empty");
	assert_refused("# nothing\n", NULL, "a.yaml:1:1: the file is empty");
	assert_refused("\n\n\n", NULL, "a.yaml:1:1: the file is empty");
}

/* ---- bytes and sizes ---- */

static int read_yaml(const char *bytes, size_t size)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_yaml_node *root;
	int status = bc_yaml_read(&arena, "x", bytes, size, &root);

	bc_arena_fini(&arena);
	return status;
}

static void test_bytes_that_are_no_text(void **state)
{
	(void)state;
	assert_int_equal(read_yaml("a: \0b\n", 6), BC_EINPUT);
	assert_string_equal(bc_error_message(),
		"x:1:4: control characters are not allowed (byte 0x00); it must be UTF-8 text");
	assert_int_equal(read_yaml("a: 1\nb: \xff\n", 10), BC_EINPUT);
	assert_string_equal(bc_error_message(),
		"x:2:4: invalid leading UTF-8 octet (byte 0xff); it must be UTF-8 text");
	assert_int_equal(read_yaml("\xff\xfe\x61\x00", 4), BC_EINPUT); /* UTF-16 */
	assert_int_equal(read_yaml("\xc0\xaf: 1\n", 6), BC_EINPUT);    /* an overlong slash */
	assert_int_equal(read_yaml("\xef\xbb\xbf"
				   "a: 1\n",
				 8),
		0); /* a byte order mark */
	assert_int_equal(read_yaml("\xc3\xa4: 1\n", 6), 0);
}

/* `n` times `text`, then `end`. */
static int read_repeated(const char *text, size_t n, const char *end)
{
	struct bc_buf buf = {0};
	int status;

	for (size_t i = 0; i < n; i++)
		bc_buf_str(&buf, text);
	bc_buf_str(&buf, end);
	status = read_yaml(buf.data, buf.len);
	bc_buf_fini(&buf);
	return status;
}

static void test_deep_nesting(void **state)
{
	(void)state;
	assert_int_equal(read_repeated("[", BC_YAML_MAX_DEPTH + 1, ""), BC_ELIMIT);
	assert_string_equal(bc_error_message(), "x:1:33: nested too deeply");
	assert_int_equal(read_repeated("[", 1000000, ""), BC_ELIMIT);
	assert_int_equal(read_repeated("{a: ", 200000, ""), BC_ELIMIT);
	assert_int_equal(read_repeated("- ", 500000, "x"), BC_ELIMIT);
	assert_int_equal(read_repeated("? ", 500000, "x"), BC_EINPUT); /* mappings as keys */
}

static void test_large_files(void **state)
{
	char *dir = tempdir_make(), *path = tempdir_file(dir, "big.yaml", "");
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_models models;

	(void)state;
	assert_int_equal(truncate(path, 100 << 20), 0);
	assert_int_equal(bc_models_load(&arena, (const char *const *)&dir, 1, &models), BC_ELIMIT);
	assert_non_null(strstr(bc_error_message(), "larger than the limit of 1048576 bytes"));
	/* 100 MB of it were never read: what was kept shows that */
	assert_true(arena.total < 1 << 16);
	free(path);
	tempdir_remove(dir);
	bc_arena_fini(&arena);
	assert_int_equal(read_repeated("- a\n", BC_YAML_MAX_NODES - 1, ""), 0);
	assert_int_equal(read_repeated("- a\n", BC_YAML_MAX_NODES + 1, ""), BC_ELIMIT);
	assert_int_equal(read_repeated("a", (1 << 20) + 1, ""), BC_ELIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_required_keys),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_wrong_conditions),
		cmocka_unit_test(test_wrong_numbers_of_arguments),
		cmocka_unit_test(test_yaml_features),
		cmocka_unit_test(test_empty_files),
		cmocka_unit_test(test_bytes_that_are_no_text),
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_large_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
