/* Compilation databases that are malformed, damaged or made to harm. */
#include "unit/compdb_build.h"

#define GOOD "{\"file\": \"a.c\", \"command\": \"cc -c a.c\"}"

static void test_malformed_entries_are_skipped(void **state)
{
	static const char *const bad[] = {
		"1",
		"null",
		"\"text\"",
		"[]",
		"{}",
		"{\"file\": 7, \"command\": \"cc -c a.c\"}",
		"{\"file\": \"\", \"command\": \"cc -c a.c\"}",
		"{\"command\": \"cc -c a.c\"}",
		"{\"file\": \"a.c\"}",
		"{\"file\": \"a.c\", \"command\": []}",
		"{\"file\": \"a.c\", \"arguments\": \"cc -c a.c\"}",
		"{\"file\": \"a.c\", \"arguments\": [\"cc\", 5]}",
		"{\"file\": \"a.c\", \"arguments\": []}",
		"{\"file\": \"a.c\", \"command\": \"\"}",
		"{\"file\": \"a.c\", \"command\": \"ccache\"}",
		"{\"file\": \"a.c\", \"command\": \"cc 'open a.c\"}",
		"{\"file\": \"a\\u0000.c\", \"command\": \"cc -c a.c\"}",
		"{\"file\": \"gr\xfc.c\", \"command\": \"cc\"}",
		"{\"file\": \"a.c\", \"x\": 1e999999}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *text =
			bc_arena_printf(&f->arena, "[" GOOD ",\n%s\n,\n" GOOD "]", bad[i]);

		assert_int_equal(parse(f, text), 0);
		assert_int_equal(f->db.count, 1);
		assert_int_equal(f->db.skipped[BC_SKIP_MALFORMED], 1);
		assert_non_null(strstr(f->db.first_malformed, "compile_commands.json:2: "));
	}
}

static void test_broken_databases(void **state)
{
	struct fixture *f = *state;

	check_error(f, "", "json:1: not a compilation database");
	check_error(f, "\n\n{}", "json:3: not a compilation database: it must be an array");
	check_error(f, "nonsense", "must be an array");
	check_error(f, "[", "ends in the middle");
	check_error(f, "[\n" GOOD, "json:2: not a compilation database: it ends in the middle");
	check_error(f, "[" GOOD ",", "ends in the middle");
	check_error(f, "[" GOOD "\n\n" GOOD "]", "json:3: not a compilation database: ',' or ']'");
	check_error(f, "[" GOOD "] x", "something follows");
	check_error(f, "[" GOOD ",]", "not a compilation database");
	check_error(f, "[" GOOD "}", "not a compilation database");
	check_error(f, "[\n{\"file\":\n\"a.c\" \"command\": \"cc\"}]", "json:3: ");
	check_error(f, "[{\"file\": \"a.c", "not a compilation database");
	check_error(f, "[{\"file\": \"a.c\\", "not a compilation database");
	check_error(f, "[]", "the compilation database is empty");
	check_error(f, "[{\"file\": \"a.cc\", \"command\": \"c++ -c a.cc\"}]",
		"no C source in it, only 1 C++");
	check_error(f, "[7]", "json:1: an entry that is not an object");
	check_error(f, "[\"\x1b[31m\x07\", \"\x1b\" 1]", "not a compilation database");
	assert_null(strchr(bc_error_message(), '\x1b'));
}

static void test_deep_nesting(void **state)
{
	struct fixture *f = *state;
	size_t depth = 1000000;
	char *text = malloc(2 * depth + 3 + strlen(GOOD) + 1), *p;

	p = text + sprintf(text, "[" GOOD ",");
	memset(p, '[', depth);
	memset(p + depth, ']', depth + 1);
	p[2 * depth + 1] = '\0';
	assert_int_equal(parse(f, text), 0);
	assert_int_equal(f->db.count, 1);
	assert_int_equal(f->db.skipped[BC_SKIP_MALFORMED], 1);
	p[depth] = '\0'; /* never closed */
	assert_int_equal(parse(f, text), BC_EINPUT);
	free(text);
}

static void test_huge_string(void **state)
{
	struct fixture *f = *state;
	size_t size = 100 << 20;
	char *text = malloc(size + 1000);
	int at = sprintf(text, "[{\"file\": \"a.c\", \"command\": \"cc ");

	memset(text + at, 'x', size);
	strcpy(text + at + size, "\"},\n" GOOD "]");
	assert_int_equal(bc_compdb_parse(&f->arena, text, strlen(text), f->path, &f->db), 0);
	free(text);
	assert_int_equal(f->db.count, 1);
	assert_int_equal(f->db.entries[0].line, 2);
	assert_int_equal(f->db.skipped[BC_SKIP_MALFORMED], 1);
}

/* Any prefix and any single changed byte of a database is read or refused, never a crash. */
static void test_damaged_databases(void **state)
{
	static const char whole[] =
		"[{\"file\": \"a.c\", \"directory\": \".\", \"arguments\": [\"cc\","
		" \"-DX=\\\"\\u00e9\\\"\", \"a.c\"]},\n" GOOD "]";
	struct fixture *f = *state;
	char text[sizeof(whole)];

	for (size_t i = 0; i < strlen(whole); i++) {
		memcpy(text, whole, sizeof(whole));
		text[i] = '\0';
		assert_true(parse(f, text) < 0);
		for (const char *p = "\"\\[]{},\xff 1'"; *p; p++) {
			memcpy(text, whole, sizeof(whole));
			text[i] = *p;
			if (parse(f, text) == 0)
				assert_true(f->db.count + f->db.skipped[BC_SKIP_MALFORMED] +
						    f->db.skipped[BC_SKIP_DUPLICATE] +
						    f->db.skipped[BC_SKIP_OTHER] +
						    f->db.skipped[BC_SKIP_HEADER] >=
					    1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_malformed_entries_are_skipped),
		TEST(test_broken_databases),
		TEST(test_deep_nesting),
		TEST(test_huge_string),
		TEST(test_damaged_databases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
