#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "output/frame.h"
#include "output/output.h"
#include "output/term.h"
#include "unit/report_build.h"
#include "unit/tempdir.h"

#define GOLDEN "tests/unit/golden/"

/* ---- goldens ---- */

/* UPDATE_GOLDEN=1 writes them; the diff is then to be read. */
static void check_golden(const char *name, const struct bc_buf *actual)
{
	char *path = NULL;
	struct bc_buf expected = {0};

	assert_true(asprintf(&path, GOLDEN "%s", name) > 0);
	if (getenv("UPDATE_GOLDEN"))
		assert_int_equal(bc_file_write(path, bc_buf_text(actual), actual->len), 0);
	assert_int_equal(bc_file_read(&expected, path, 0), 0);
	assert_string_equal(bc_buf_text(actual), bc_buf_text(&expected));
	bc_buf_fini(&expected);
	free(path);
}

/* A folder with the source that the report's first finding is about. */
static char *make_source(void)
{
	char *folder = tempdir_make(), *sub = NULL;
	struct bc_buf text = {0};

	for (int i = 0; report_net[i]; i++)
		bc_buf_printf(&text, "%s\n", report_net[i]);
	assert_true(asprintf(&sub, "%s/src", folder) > 0);
	assert_int_equal(mkdir(sub, 0700), 0);
	free(tempdir_file(sub, "net.c", bc_buf_text(&text)));
	bc_buf_fini(&text);
	free(sub);
	return folder;
}

static void write_report(const char *format, const struct bc_report *report,
	struct bc_output_options options, struct bc_buf *out)
{
	bc_output_find(format)->write(report, &options, out);
}

static void check_text(const char *golden, struct bc_output_options options)
{
	struct report_build built;
	struct bc_buf out = {0};
	char *folder = make_source();

	report_init(&built);
	built.report.root = folder;
	write_report("text", &built.report, options, &out);
	check_golden(golden, &out);
	bc_buf_fini(&out);
	tempdir_remove(folder);
}

static void test_text(void **state)
{
	(void)state;
	check_text("report.txt", (struct bc_output_options){0});
	check_text("report-color.txt", (struct bc_output_options){.color = 1, .width = 60});
	check_text("report-verbose.txt", (struct bc_output_options){.verbose = 1});
	check_text("report-quiet.txt", (struct bc_output_options){.quiet = 1});
}

/* ---- summaries ---- */

static void check_summary(const struct bc_report *report, const char *expected)
{
	struct bc_buf out = {0};

	write_report("text", report, (struct bc_output_options){0}, &out);
	assert_string_equal(bc_buf_text(&out), expected);
	bc_buf_fini(&out);
}

static void test_summaries(void **state)
{
	struct bc_report report = {.root = "", .summary = {.units = 214, .parsed = 214}};
	struct bc_finding finding = report_note("elsewhere", "new");
	struct bc_buf out = {0};

	(void)state;
	report.summary.callbacks = 61;
	report.summary.total_ms = 412;
	check_summary(&report,
		"blockcheck: no blocking calls found in 214 units, 61 callbacks, 0.41 s\n");
	report.summary.hidden_confidence = 2;
	report.summary.hidden_budget = 5; /* not worth a word */
	report.summary.cached = 1;
	report.summary.units = report.summary.callbacks = 1;
	report.summary.total_ms = 12345;
	check_summary(&report,
		"blockcheck: no blocking calls found (2 more with "
		"--min-confidence=possible) in 1 unit, 1 callback, 12.3 s (1 unit from "
		"cache)\n");
	report.findings = &finding;
	report.nfindings = 1;
	report.summary.hidden_confidence = 0;
	check_summary(&report, "blockcheck: no blocking calls found (1 suppressed) in 1 unit, 1 "
			       "callback, 12.3 s (1 unit from cache)\n");
	/* without callbacks nothing was checked, and that is not clean */
	report.nfindings = 0;
	report.summary.callbacks = 0;
	write_report("text", &report, (struct bc_output_options){0}, &out);
	assert_non_null(strstr(bc_buf_text(&out), "help: no event-loop callbacks were found"));
	assert_non_null(strstr(bc_buf_text(&out), "--rules FILE"));
	assert_non_null(strstr(bc_buf_text(&out), "\nblockcheck: nothing checked in 1 unit"));
	assert_null(strstr(bc_buf_text(&out), "no blocking calls"));
	bc_buf_fini(&out);
}

/* However little is asked for, an incomplete run says that it is. */
static void test_incomplete(void **state)
{
	struct bc_degraded degraded = {"src/a.c", 0, "crashed (signal 11)"};
	struct bc_report report = {.root = "", .degraded = &degraded, .ndegraded = 1};
	struct bc_buf out = {0};

	(void)state;
	report.summary.units = 2;
	report.summary.callbacks = 1;
	write_report("text", &report, (struct bc_output_options){.quiet = 1}, &out);
	assert_string_equal(bc_buf_text(&out), "incomplete: src/a.c: crashed (signal 11)\n\n");
	bc_buf_clear(&out);
	write_report("text", &report, (struct bc_output_options){0}, &out);
	assert_non_null(strstr(bc_buf_text(&out),
		"blockcheck: incomplete: 1 of 2 units could not be read whole, so findings may be "
		"missing\nblockcheck: nothing found in what was read in 2 units, 1 callback, "));
	bc_buf_fini(&out);
}

/* What people meet first, each with what to do; of many units, no more than fit on a screen. */
static void test_unread(void **state)
{
	struct bc_degraded degraded[24];
	struct bc_report report = {.root = "/p", .degraded = degraded, .ndegraded = 24};
	struct bc_buf out = {0};

	(void)state;
	for (int i = 0; i < 24; i++)
		degraded[i] = (struct bc_degraded){"src/a.c", 0, "file not found"};
	report.summary.units = 30;
	write_report("text", &report, (struct bc_output_options){.here = "/q"}, &out);
	assert_ptr_equal(strstr(bc_buf_text(&out), "files are below /p\n\nincomplete: src/a.c"),
		bc_buf_text(&out));
	assert_non_null(strstr(bc_buf_text(&out), "\nand 15 more (--verbose: all of them)\n"));
	assert_non_null(strstr(bc_buf_text(&out), "\nhelp: sources are missing"));
	assert_null(strstr(bc_buf_text(&out), "header"));
	assert_null(strstr(bc_buf_text(&out), "--rules FILE")); /* the fault is another one */
	bc_buf_clear(&out);
	report.ndegraded = report.summary.malformed = 1;
	degraded[0] = (struct bc_degraded){"c.json", 1, "c.json:2: the entry has no \"file\""};
	write_report("text", &report, (struct bc_output_options){.here = "/p"}, &out);
	assert_null(strstr(bc_buf_text(&out), "files are below"));
	assert_non_null(strstr(bc_buf_text(&out), ": incomplete: 1 entry of the compilation "
						  "database could not be read, so findings"));
	bc_buf_fini(&out);
}

/* On a terminal, lines are broken between words; code, and what is to be copied, is not. */
static void test_wrapped(void **state)
{
	struct bc_buf out = {0};
	struct bc_term term = {.out = &out, .color = 1, .width = 30};

	(void)state;
	term.hang = 4;
	bc_term_printf(&term, BC_STYLE_ERROR, "error");
	bc_term_printf(&term, BC_STYLE_PLAIN, ": thirty columns, no more than");
	bc_term_newline(&term);
	bc_term_printf(&term, BC_STYLE_PLAIN, "  %s", "one-word-that-is-longer-than-the-line");
	bc_term_newline(&term);
	bc_term_printf(&term, BC_STYLE_PLAIN, "to be copied, however long it may be");
	term.hang = BC_TERM_WHOLE;
	bc_term_newline(&term);
	bc_term_printf(
		&term, BC_STYLE_PLAIN, "\xe6\xbc\xa2\xe5\xad\x97 are two columns each, then");
	bc_term_newline(&term);
	assert_string_equal(bc_buf_text(&out), "\033[1;31merror\033[0m: thirty columns, no more\n"
					       "    than\n"
					       "  one-word-that-is-longer-than-the-line\n"
					       "to be copied, however long it may be\n"
					       "\xe6\xbc\xa2\xe5\xad\x97 are two columns each,\n"
					       "then\n");
	bc_buf_fini(&out);
}

static void test_counts(void **state)
{
	struct report_build built;

	(void)state;
	report_init(&built);
	assert_int_equal(bc_report_count_open(&built.report, BC_SEV_ERROR), 1);
	assert_int_equal(bc_report_count_open(&built.report, BC_SEV_WARNING), 2);
	assert_int_equal(bc_report_count_open(&built.report, BC_SEV_NOTE), 3);
}

/* ---- JSON ---- */

static const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static int number_at(json_t *object, const char *key)
{
	assert_true(json_is_integer(json_object_get(object, key)));
	return (int)json_integer_value(json_object_get(object, key));
}

static json_t *parse_report(const struct bc_report *report)
{
	struct bc_buf out = {0};
	json_t *root;

	write_report("json", report, (struct bc_output_options){.color = 1, .quiet = 1}, &out);
	root = json_loads(bc_buf_text(&out), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_true(out.data[out.len - 1] == '\n');
	bc_buf_fini(&out);
	return root;
}

static void check_keys(json_t *object, const char *const *keys)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		assert_non_null(*keys);
		assert_string_equal(key, *keys++);
	}
	assert_null(*keys);
}

static void test_json_shape(void **state)
{
	static const char *const root_keys[] = {
		"schema", "summary", "findings", "unresolved", "degraded", "remarks", NULL};
	static const char *const finding_keys[] = {"fingerprint", "rule", "category", "severity",
		"confidence", "bound", "phase", "message", "sink", "callback", "path", "callbacks",
		"assumptions", "alternatives", "observed", "suppressed", "baseline", NULL};
	struct report_build built;
	json_t *root, *findings, *dns, *worst, *hop, *callback;

	(void)state;
	report_init(&built);
	root = parse_report(&built.report);
	check_keys(root, root_keys);
	assert_string_equal(text_at(root, "schema"), "blockcheck-findings/1");
	findings = json_object_get(root, "findings");
	assert_int_equal(json_array_size(findings), 5);
	assert_int_equal(number_at(json_object_get(root, "summary"), "findings"), 5);
	assert_int_equal(number_at(json_object_get(root, "summary"), "degraded"), 1);
	dns = json_array_get(findings, 0);
	check_keys(dns, finding_keys);
	assert_string_equal(text_at(json_object_get(dns, "bound"), "kind"), "unbounded");
	assert_int_equal(json_object_size(json_object_get(dns, "bound")), 2);
	worst = json_object_get(json_object_get(dns, "bound"), "worst");
	assert_true(json_real_value(json_object_get(worst, "ms")) == 30000);
	assert_string_equal(text_at(worst, "why"), "servers that do not answer");
	assert_string_equal(text_at(dns, "phase"), "normal");
	assert_string_equal(text_at(json_array_get(findings, 1), "phase"), "shutdown");
	assert_string_equal(
		text_at(json_array_get(findings, 1), "phase_why"), "the loop ends after this");
	worst = json_object_get(json_object_get(json_array_get(findings, 2), "bound"), "worst");
	assert_true(json_is_null(json_object_get(worst, "ms")));
	hop = json_array_get(json_object_get(dns, "path"), 1);
	assert_string_equal(text_at(hop, "via"), "pointer");
	assert_int_equal(number_at(hop, "targets"), 4);
	assert_string_equal(
		text_at(json_object_get(hop, "witness"), "place"), "struct proto.handle");
	assert_null(json_object_get(json_array_get(json_object_get(dns, "path"), 0), "witness"));
	assert_true(json_is_null(json_object_get(dns, "suppressed")));
	assert_int_equal(number_at(json_object_get(dns, "observed"), "runs"), 3);

	callback = json_object_get(json_array_get(findings, 1), "callback");
	assert_true(json_is_null(json_object_get(callback, "registered_by")));
	assert_int_equal(number_at(json_object_get(callback, "registered_at"), "line"), 7);
	assert_int_equal(
		number_at(json_object_get(json_array_get(findings, 1), "family"), "size"), 266);
	assert_true(json_is_null(json_object_get(json_array_get(findings, 1), "observed")));
	assert_true(json_real_value(json_object_get(
			    json_object_get(json_array_get(findings, 1), "bound"), "ms")) == 1500);
	assert_string_equal(
		text_at(json_array_get(findings, 3), "suppressed"), "read once, at start");
	assert_string_equal(text_at(json_array_get(findings, 4), "baseline"), "known");
	json_decref(root);
}

static void test_json_golden(void **state)
{
	struct report_build built;
	struct bc_buf out = {0};

	(void)state;
	report_init(&built);
	write_report("json", &built.report, (struct bc_output_options){0}, &out);
	check_golden("report.json", &out);
	bc_buf_fini(&out);
}

/* A limit that nobody knows, and texts of which not all is UTF-8. */
static void test_json_odd_values(void **state)
{
	struct bc_finding finding = report_long();
	struct bc_report report = {.root = "", .findings = &finding, .nfindings = 1};
	json_t *root;

	(void)state;
	finding.bound_ms = -1;
	finding.message = "\"\\\x01\xff \xc3\xa9";
	root = parse_report(&report);
	finding = (struct bc_finding){0};
	assert_true(json_is_null(json_object_get(
		json_object_get(json_array_get(json_object_get(root, "findings"), 0), "bound"),
		"ms")));
	assert_string_equal(
		text_at(json_array_get(json_object_get(root, "findings"), 0), "message"),
		"\"\\\x01\xef\xbf\xbd \xc3\xa9");
	json_decref(root);
}

/* ---- frames ---- */

/* The frame of a one-line source, without its first line, which is empty but for the gutter. */
static void check_frame(
	const char *source, uint32_t column, int width, const char *label, const char *expected)
{
	char *folder = tempdir_make();
	struct bc_buf out = {0};
	struct bc_term term = {.out = &out};
	struct bc_frames frames = {.root = folder};
	const struct bc_frame frame = {
		.at = AT("a.c", 1, column), .gutter = 1, .width = width, .label = label};

	free(tempdir_file(folder, "a.c", source));
	assert_int_equal(bc_frame_write(&term, &frames, &frame), *expected ? 1 : 0);
	assert_string_equal(bc_buf_text(&out), expected);
	bc_frames_fini(&frames);
	bc_buf_fini(&out);
	tempdir_remove(folder);
}

static void test_frames(void **state)
{
	(void)state;
	check_frame("\tif (x)\tsleep(1);\n", 9, 80, "sleeps",
		"  |\n1 |     if (x)  sleep(1);\n  |             ^^^^^ sleeps\n");
	check_frame("sleep(1);\r\n", 1, 80, NULL, "  |\n1 | sleep(1);\n  | ^^^^^\n");
	check_frame("sleep(1);", 6, 80, "", "  |\n1 | sleep(1);\n  |      ^\n");
	/* wide and combining characters before the mark */
	check_frame("f(\"\xe6\x97\xa5"
		    "e\xcc\x81\"); g();\n",
		14, 80, "",
		"  |\n1 | f(\"\xe6\x97\xa5"
		"e\xcc\x81\"); g();\n  |           ^\n");
	/* a place that is not in the line: the file has changed */
	check_frame("x();\n", 77, 80, "", "  |\n1 | x();\n");
	check_frame("x();\n", 0, 80, "", "  |\n1 | x();\n");
	check_frame("\nx();\n", 1, 80, "", "");
	check_frame("", 1, 80, "", "");
}

static void test_long_lines(void **state)
{
	(void)state;
	check_frame("aaaaaaaaaaaaaaaaaaaa = sleep(bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb);\n", 24, 44, "",
		"  |\n1 | aaaaaaaaaaaaaaaaaaaa = sleep(bbbbb...\n  |                        "
		"^^^^^\n");
	check_frame("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa = sleep(bbbb);\n", 46, 34, "",
		"  |\n1 | ...aaaaaaaaaaaaaaaa = sleep...\n  |                       ^^^^^\n");
	/* a mark that is longer than the line may be */
	check_frame("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa();\n", 1, 24, "",
		"  |\n1 | aaaaaaaaaaaaaa...\n  | ^^^^^^^^^^^^^^\n");
}

/* What a program's author wrote must not reach the terminal as a command to it. */
static void test_terminal_is_safe(void **state)
{
	struct bc_finding finding = report_dns();
	struct bc_report report = {.root = "", .findings = &finding, .nfindings = 1};
	struct bc_buf out = {0};

	(void)state;
	finding.message = "a\x1b[2Jb\nc\r\xc2\x9b"
			  "d\xe2\x80\xae"
			  "e\xff";
	finding.callback.function = "\x1b]0;title\x07";
	write_report("text", &report, (struct bc_output_options){0}, &out);
	assert_null(strpbrk(bc_buf_text(&out), "\x1b\r\x07"));
	assert_non_null(strstr(bc_buf_text(&out), ": a\xef\xbf\xbd[2Jb\xef\xbf\xbd"
						  "c\xef\xbf\xbd\xef\xbf\xbd"
						  "d\xef\xbf\xbd"
						  "e\xef\xbf\xbd (certain"));
	bc_buf_fini(&out);
	check_frame(
		"/*\x1b[31m*/ f();\n", 1, 80, "", "  |\n1 | /*\xef\xbf\xbd[31m*/ f();\n  | ^\n");
}

static void test_widths(void **state)
{
	(void)state;
	assert_int_equal(bc_term_width(""), 0);
	assert_int_equal(bc_term_width("abc"), 3);
	assert_int_equal(bc_term_width("\xc3\xa9"), 1);
	assert_int_equal(bc_term_width("\xe6\x97\xa5\xe6\x9c\xac"), 4);
	assert_int_equal(bc_term_width("e\xcc\x81"), 1);
	assert_int_equal(bc_term_width("\xf0\x9f\x98\x80"), 2);
	/* truncated, overlong, surrogate, beyond Unicode: one replacement for each byte */
	assert_int_equal(bc_term_width("\xe6\x97"), 2);
	assert_int_equal(bc_term_width("\xc0\x80"), 2);
	assert_int_equal(bc_term_width("\xed\xa0\x80"), 3);
	assert_int_equal(bc_term_width("\xf4\x90\x80\x80"), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_summaries),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_json_shape),
		cmocka_unit_test(test_json_golden),
		cmocka_unit_test(test_json_odd_values),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_terminal_is_safe),
		cmocka_unit_test(test_widths),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
