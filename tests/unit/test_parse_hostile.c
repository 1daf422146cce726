/* Sources and options that would harm the analyser; and constants that rules ask for by name. */
#include "unit/parse_build.h"

static void check_deep(const char *open, const char *inner, const char *close, int times)
{
	struct bc_buf text = {0};
	struct unit unit = {0};
	const struct bc_node *call;

	bc_buf_str(&text, "int deep(void);\nvoid f(int a)\n{\n");
	for (int i = 0; i < times; i++)
		bc_buf_str(&text, open);
	bc_buf_str(&text, inner);
	for (int i = 0; i < times; i++)
		bc_buf_str(&text, close);
	bc_buf_str(&text, "\n}\n");
	put(&unit, "a.c", bc_buf_text(&text));
	bc_buf_fini(&text);
	{
		static const char *const args[] = {"-fbracket-depth=100000"};

		assert_int_equal(parse_with(&unit, "a.c", args, 1), 0);
	}
	open_facts(&unit);
	if (unit.facts.ndiags)
		fail_msg("%s", str(&unit.facts, unit.facts.diags[0].text));
	call = find_node(&unit.facts, "f", BC_N_CALL);
	assert_string_equal(str(&unit.facts, unit.facts.symbols[call[1].ref].name), "deep");
	close_unit(&unit);
}

static void test_deep_nesting(void **state)
{
	(void)state;
	check_deep("{", "deep();", "}", 3000);
	check_deep("if (a) ", "deep();", "", 3000);
	check_deep("if (a) ; else ", "deep();", "", 3000);
	check_deep("a = ", "deep();", "", 3000);
	check_deep("a ? 1 : ", "deep();", "", 3000);
	check_deep("({ ", "deep();", " });", 200);
}

static void test_wide_sum(void **state)
{
	struct bc_buf text = {0};
	struct unit unit;

	(void)state;
	bc_buf_str(&text, "int deep(void);\nint f(int a)\n{\n\treturn deep()");
	for (int i = 0; i < 10000; i++)
		bc_buf_str(&text, " + a");
	bc_buf_str(&text, ";\n}\n");
	unit = parse_text(bc_buf_text(&text));
	bc_buf_fini(&text);
	find_node(&unit.facts, "f", BC_N_CALL);
	close_unit(&unit);
}

/* Options of the analysed project must not load code into the analyser. */
static void test_harmful_options(void **state)
{
	static const char *const args[] = {"-Xclang", "-load", "-Xclang", "/nonexistent/plugin.so",
		"-fplugin=/nonexistent/plugin.so", "-include-pch", "/nonexistent/x.pch", "--config",
		"/nonexistent/config", "-resource-dir", "/nonexistent",
		"-fpass-plugin=/nonexistent/plugin.so", "-mllvm", "-load=/nonexistent/plugin.so",
		"@/nonexistent/response", "-DVALUE=3"};
	struct unit unit = {0};

	(void)state;
	put(&unit, "a.c", "#include <stddef.h>\nsize_t f(void) { return VALUE; }\n");
	assert_int_equal(parse_with(&unit, "a.c", args, (int)(sizeof(args) / sizeof(*args))), 0);
	open_facts(&unit);
	assert_string_equal(unit.result.first_error, "");
	check_body(&unit.facts, "f", "(return 3)");
	close_unit(&unit);
}

static void test_no_unit(void **state)
{
	struct unit unit = {.dir = tempdir_make()};

	(void)state;
	assert_int_equal(parse_with(&unit, "missing.c", NULL, 0), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "missing.c"));
	put(&unit, "a.c", "");
	parse_file(&unit, "a.c");
	assert_int_equal(unit.facts.nfunctions, 0);
	assert_int_equal(unit.facts.ndeps, 1);
	close_unit(&unit);
}

static void test_binary_source(void **state)
{
	struct unit unit = {.dir = tempdir_make()};
	FILE *file = fopen(unit_path(&unit, "a.c"), "w");

	(void)state;
	assert_non_null(file);
	for (unsigned i = 0, x = 1; i < 20000; i++, x = x * 1664525 + 1013904223)
		fputc((int)(x >> 24), file);
	fclose(file);
	parse_file(&unit, "a.c");
	assert_true(unit.result.errors > 0);
	close_unit(&unit);
}

/* ---- constants and the library itself ---- */

static void test_named_constants(void **state)
{
	static const char *const headers[] = {
		"sys/socket.h", "nonexistent/header.h", "fcntl.h", "bad\nname.h", "limits.h"};
	static const char *const names[] = {"MSG_DONTWAIT", "NO_SUCH_CONSTANT", "SOCK_STREAM",
		"O_NONBLOCK", "stdin; int x", "LLONG_MIN", "MINE", "accept", "", "STRING"};
	static const uint8_t wanted_known[] = {1, 0, 1, 1, 0, 1, 1, 0, 0, 0};
	static const int64_t wanted[] = {0x40, 0, 1, 04000, 0, INT64_MIN, 7, 0, 0, 0};
	static const char *const args[] = {"-DMINE=(3+4)", "-DSTRING=\"text\""};
	struct unit unit = {.dir = tempdir_make()};
	struct bc_parse_job job = {
		.directory = unit.dir, .root = unit.dir, .args = args, .nargs = 2};
	int64_t values[10];
	uint8_t known[10];
	const struct bc_constants asked = {headers, 5, names, 10, values, known};

	(void)state;
	assert_int_equal(bc_parse_constants(&job, &asked), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(known[i], wanted_known[i]);
		assert_int_equal(values[i], wanted[i]);
	}
	assert_int_equal(tempdir_count(unit.dir), 0);
	tempdir_remove(unit.dir);
}

static void test_probe(void **state)
{
	(void)state;
	assert_int_equal(bc_parse_probe(), 0);
	assert_non_null(strstr(bc_parse_version(), "clang version"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_wide_sum),
		cmocka_unit_test(test_harmful_options),
		cmocka_unit_test(test_no_unit),
		cmocka_unit_test(test_binary_source),
		cmocka_unit_test(test_named_constants),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
