#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static void check_value(
	void (*write)(struct bc_json *, const void *), const void *arg, const char *expected)
{
	struct bc_buf out = {0};
	struct bc_json json;

	bc_json_init(&json, &out, 0);
	write(&json, arg);
	assert_string_equal(bc_buf_text(&out), expected);
	bc_buf_fini(&out);
}

static void write_str(struct bc_json *json, const void *arg)
{
	bc_json_str(json, arg);
}

static void write_double(struct bc_json *json, const void *arg)
{
	bc_json_double(json, *(const double *)arg);
}

static void check_str(const char *text, const char *expected)
{
	check_value(write_str, text, expected);
}

static void check_double(double value, const char *expected)
{
	check_value(write_double, &value, expected);
}

static void test_layout(void **state)
{
	struct bc_buf out = {0};
	struct bc_json json;

	(void)state;
	bc_json_init(&json, &out, 2);
	bc_json_object(&json);
	bc_json_key(&json, "b");
	bc_json_int(&json, INT64_MIN);
	bc_json_key(&json, "a");
	bc_json_array(&json);
	bc_json_bool(&json, 1);
	bc_json_null(&json);
	bc_json_object(&json);
	bc_json_end(&json);
	bc_json_array(&json);
	bc_json_end(&json);
	bc_json_end(&json);
	bc_json_end(&json);
	assert_string_equal(bc_buf_text(&out),
		"{\n  \"b\": -9223372036854775808,\n  \"a\": [\n    true,\n    null,\n    {},\n"
		"    []\n  ]\n}");
	bc_buf_clear(&out);
	bc_json_init(&json, &out, 0);
	bc_json_object(&json);
	bc_json_key(&json, "x");
	bc_json_array(&json);
	bc_json_int(&json, 1);
	bc_json_int(&json, 2);
	bc_json_end(&json);
	bc_json_key(&json, "y");
	bc_json_str(&json, NULL);
	bc_json_end(&json);
	assert_string_equal(bc_buf_text(&out), "{\"x\":[1,2],\"y\":null}");
	bc_buf_fini(&out);
}

static void test_escapes(void **state)
{
	(void)state;
	check_str("", "\"\"");
	check_str("a\"b\\c/d\b\f\n\r\t\x01\x1f\x7f",
		"\"a\\\"b\\\\c/d\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
	check_str("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa2",
		"\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa2\"");
}

#define BAD "\xef\xbf\xbd"

static void test_bad_utf8(void **state)
{
	(void)state;
	check_str("\xff"
		  "a",
		"\"" BAD "a\"");
	check_str("\xc3", "\"" BAD "\"");                         /* cut short */
	check_str("\xe2\x82", "\"" BAD BAD "\"");                 /* cut short */
	check_str("\xe2\x82\"", "\"" BAD BAD "\\\"\"");           /* the quote is not swallowed */
	check_str("\xc0\x80", "\"" BAD BAD "\"");                 /* overlong NUL */
	check_str("\xe0\x80\x80", "\"" BAD BAD BAD "\"");         /* overlong */
	check_str("\xf0\x8f\xbf\xbf", "\"" BAD BAD BAD BAD "\""); /* overlong */
	check_str("\xed\xa0\x80", "\"" BAD BAD BAD "\"");         /* surrogate */
	check_str("\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""); /* above U+10FFFF */
	check_str("\xf5\x80\x80\x80", "\"" BAD BAD BAD BAD "\"");
}

static void test_doubles(void **state)
{
	(void)state;
	check_double(412, "412.0");
	check_double(0, "0.0");
	check_double(-0.0, "0.0");
	check_double(-0.0001, "0.0");
	check_double(-1.5, "-1.5");
	check_double(0.1254, "0.125");
	check_double(0.9996, "1.0");
	check_double(31.05, "31.05");
	check_double(0.003, "0.003");
	check_double(NAN, "null");
	check_double(INFINITY, "null");
	check_double(1e300, "9000000000000000.0");
}

/* Whatever bytes come, a strict reader accepts the result. */
static void test_any_bytes_parse(void **state)
{
	char text[41];

	(void)state;
	srand(7);
	for (int round = 0; round < 2000; round++) {
		struct bc_buf out = {0};
		struct bc_json json;
		json_t *value;
		size_t len = (size_t)rand() % 40;

		for (size_t i = 0; i < len; i++)
			text[i] = (char)(rand() % 4 ? 0x80 + rand() % 0x80 : 1 + rand() % 0x7f);
		text[len] = '\0';
		bc_json_init(&json, &out, round % 3);
		bc_json_object(&json);
		bc_json_key(&json, text);
		bc_json_str(&json, text);
		bc_json_end(&json);
		value = json_loadb(out.data, out.len, 0, NULL);
		assert_non_null(value);
		json_decref(value);
		bc_buf_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_bad_utf8),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_any_bytes_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
