#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "options.h"

/* The command line belongs to the program, not to a library. */
#include "help.c"
#include "options.c"
#include "verbs.c"

enum { MAX_ARGUMENTS = 32 };

/* Splits a command line at blanks and parses it; "" stands for an empty argument as <>. */
static int parse(struct bc_options *options, const char *line)
{
	static char text[512];
	char *argv[MAX_ARGUMENTS] = {"blockcheck"};
	int n = 1;

	assert_true(strlen(line) < sizeof(text));
	strcpy(text, line);
	for (char *word = strtok(text, " "); word && n < MAX_ARGUMENTS - 1;
		word = strtok(NULL, " "))
		argv[n++] = strcmp(word, "<>") != 0 ? word : "";
	return bc_options_parse(options, argv);
}

static void check_fails(const char *line, const char *message)
{
	struct bc_options options;

	assert_int_equal(parse(&options, line), BC_EUSAGE);
	assert_string_equal(bc_error_message(), message);
	bc_options_fini(&options);
}

static void test_defaults(void **state)
{
	struct bc_options options;

	(void)state;
	assert_int_equal(parse(&options, "check"), 0);
	assert_string_equal(options.verb->name, "check");
	assert_null(options.check.database);
	assert_null(options.check.db);
	assert_null(options.check.rules[0]);
	assert_null(options.check.paths[0]);
	assert_int_equal(options.check.jobs, 0);
	assert_int_equal(options.check.timeout_s, 0);
	assert_int_equal(options.check.min_confidence, BC_CONF_LIKELY);
	assert_true(options.check.budget_ms == 10);
	assert_false(options.check.quiet || options.check.no_cache || options.check.logging);
	assert_int_equal(options.fail_on, BC_SEV_WARNING);
	assert_int_equal(options.color, BC_COLOR_AUTO);
	assert_string_equal(options.format->name, "text");
	assert_null(options.output);
	assert_false(options.help || options.verbose);
	bc_options_fini(&options);
}

static void test_all_options(void **state)
{
	struct bc_options options;

	(void)state;
	assert_int_equal(
		parse(&options, "check -p build --rules a.yaml --db=x.db src -j4 --timeout "
				"2min --no-cache --min-confidence possible --budget=500us "
				"--logging -"),
		0);
	assert_string_equal(options.check.database, "build");
	assert_string_equal(options.check.rules[0], "a.yaml");
	assert_null(options.check.rules[1]);
	assert_string_equal(options.check.db, "x.db");
	assert_string_equal(options.check.paths[0], "src");
	assert_string_equal(options.check.paths[1], "-");
	assert_null(options.check.paths[2]);
	assert_int_equal(options.check.jobs, 4);
	assert_int_equal(options.check.timeout_s, 120);
	assert_int_equal(options.check.min_confidence, BC_CONF_POSSIBLE);
	assert_true(options.check.budget_ms == 0.5);
	assert_true(options.check.no_cache && options.check.logging);
	bc_options_fini(&options);

	assert_int_equal(
		parse(&options, "check --fail-on=never --format json -o out --color=always "
				"-qv --rules=a --rules b --rules c"),
		0);
	assert_int_equal(options.fail_on, BC_FAIL_NEVER);
	assert_string_equal(options.format->name, "json");
	assert_string_equal(options.output, "out");
	assert_int_equal(options.color, BC_COLOR_ALWAYS);
	assert_true(options.check.quiet && options.verbose);
	assert_string_equal(options.check.rules[0], "a");
	assert_string_equal(options.check.rules[2], "c");
	assert_null(options.check.rules[3]);
	bc_options_fini(&options);
}

/* Clusters of letters, values of all kinds attached or not, and the last of two that disagree. */
static void test_forms(void **state)
{
	struct bc_options options;

	(void)state;
	assert_int_equal(parse(&options, "check -qj 3 -pX --color=never --color=always"), 0);
	assert_true(options.check.quiet);
	assert_int_equal(options.check.jobs, 3);
	assert_string_equal(options.check.database, "X");
	assert_int_equal(options.color, BC_COLOR_ALWAYS);
	bc_options_fini(&options);
	assert_int_equal(parse(&options, "check --db=a=b -o --quiet"), 0);
	assert_string_equal(options.check.db, "a=b");
	assert_string_equal(options.output, "--quiet");
	bc_options_fini(&options);
	assert_int_equal(parse(&options, "dump graph main -q"), 0);
	assert_string_equal(options.verb->name, "dump");
	assert_string_equal(options.operands.items[0], "graph");
	assert_string_equal(options.operands.items[1], "main");
	assert_null(options.operands.items[2]);
	bc_options_fini(&options);
}

static void check_budget(const char *text, double ms)
{
	struct bc_options options;
	char line[64];

	snprintf(line, sizeof(line), "check --budget %s", text);
	assert_int_equal(parse(&options, line), 0);
	assert_true(options.check.budget_ms > ms * 0.999999 - 1e-12);
	assert_true(options.check.budget_ms < ms * 1.000001 + 1e-12);
	bc_options_fini(&options);
}

static void check_no_time(const char *option, const char *text)
{
	struct bc_options options;
	char line[64];

	snprintf(line, sizeof(line), "check %s=%s", option, text);
	assert_int_equal(parse(&options, line), BC_EUSAGE);
	assert_non_null(strstr(bc_error_message(), option));
	bc_options_fini(&options);
}

static void test_times(void **state)
{
	static const char *const wrong[] = {"5", "soon", "-1ms", "1e3ms", "0x10ms", "nan", "inf",
		".ms", "ms", "1.2.3s", "10 ms", "10MS", "2days", "99999999s"};
	struct bc_options options;

	(void)state;
	check_budget("10ms", 10);
	check_budget("0.25s", 250);
	check_budget("500us", 0.5);
	check_budget("1.5ms", 1.5);
	check_budget(".5ms", 0.5);
	check_budget("0", 0);
	check_budget("1min", 60000);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		check_no_time("--budget", wrong[i]);
	assert_int_equal(parse(&options, "check --timeout 60"), 0);
	assert_int_equal(options.check.timeout_s, 60);
	bc_options_fini(&options);
	assert_int_equal(parse(&options, "check --timeout 1ms"), 0);
	assert_int_equal(options.check.timeout_s, 1);
	bc_options_fini(&options);
	check_no_time("--timeout", "0s");
	check_no_time("--timeout", "");
}

static void test_errors(void **state)
{
	(void)state;
	check_fails("", "no command given; 'blockcheck help' lists them");
	check_fails("chekc", "unknown command 'chekc'; did you mean 'check'?");
	check_fails("CHECK", "unknown command 'CHECK'; did you mean 'check'?");
	check_fails("/etc/passwd", "'/etc/passwd' is a file, and no command; write 'blockcheck "
				   "check /etc/passwd'");
	check_fails(
		"/bin/sh", "'/bin/sh' is a file, and no command; write 'blockcheck run /bin/sh'");
	check_fails("/etc", "'/etc' is a folder, and no command; write 'blockcheck check /etc'");
	check_fails("frobnicate", "unknown command 'frobnicate'; there are: check, run, explain, "
				  "report, config, dump, "
				  "rules, schema, help, version");
	check_fails("--quiet",
		"'--quiet' stands where a command must be; 'blockcheck help' lists them");
	check_fails("check --formt=json", "unknown option '--formt'; did you mean '--format'?");
	check_fails("check --min", "unknown option '--min'; did you mean '--min-confidence'?");
	check_fails("check --sarif",
		"unknown option '--sarif'; 'blockcheck check --help' lists the options");
	check_fails(
		"check -qx", "unknown option '-x'; 'blockcheck check --help' lists the options");
	check_fails("dump facts --format=json",
		"unknown option '--format'; 'blockcheck dump --help' lists the options");
	check_fails("check --format yaml", "unknown format 'yaml'; there are: text, json");
	check_fails("check --format=jsno", "unknown format 'jsno'; did you mean 'json'?");
	check_fails("check --fail-on=warn",
		"unknown value of --fail-on: 'warn'; did you mean 'warning'?");
	check_fails("check --min-confidence 7",
		"unknown value of --min-confidence: '7'; there are: "
		"certain, likely, possible");
	check_fails("check --quiet=yes", "--quiet: takes no value");
	check_fails("check --db", "--db: needs a value (FILE)");
	check_fails("check --db=", "--db: needs a value (FILE)");
	check_fails("check --db <>", "--db: needs a value (FILE)");
	check_fails("check -p", "-p: needs a value (FILE_OR_DIR)");
	check_fails("check -j0", "--jobs: '0' is not a number from 1 to 1024");
	check_fails("check -j -1", "--jobs: '-1' is not a number from 1 to 1024");
	check_fails("check -j 99999999999999999999",
		"--jobs: '99999999999999999999' is not a number from 1 to 1024");
	check_fails("check --jobs=4x", "--jobs: '4x' is not a number from 1 to 1024");
	check_fails("dump graph main more", "dump: unexpected argument 'more'");
	check_fails("version 2", "version: unexpected argument '2'");
}

/* What stands behind `--` is a build's command, one day; it must not be taken for PATHs until then.
 */
static void test_build_command(void **state)
{
	struct bc_options options;

	(void)state;
	assert_int_equal(parse(&options, "check -- make"), BC_EUSAGE);
	assert_non_null(strstr(bc_error_message(), "-p FILE"));
	bc_options_fini(&options);
}

static void test_stand_ins(void **state)
{
	static const char *const lines[][2] = {{"--help", "help"}, {"-h", "help"},
		{"--version", "version"}, {"-V", "version"}, {"help check", "help"}};
	struct bc_options options;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(parse(&options, lines[i][0]), 0);
		assert_string_equal(options.verb->name, lines[i][1]);
		bc_options_fini(&options);
	}
	assert_int_equal(parse(&options, "dump --help"), 0);
	assert_true(options.help);
	bc_options_fini(&options);
}

static void test_command_line_is_kept(void **state)
{
	char *argv[] = {"/usr/bin/blockcheck", "check", "-p", "my build", "", NULL};
	char *none[] = {NULL};
	struct bc_options options;

	(void)state;
	assert_int_equal(bc_options_parse(&options, argv), 0);
	assert_string_equal(options.command, "blockcheck check -p \"my build\" \"\"");
	bc_options_fini(&options);
	assert_int_equal(bc_options_parse(&options, none), BC_EUSAGE);
	bc_options_fini(&options);
}

static void check_lines(const char *text)
{
	for (const char *end; *text; text = end + 1) {
		end = strchr(text, '\n');
		assert_non_null(end);
		assert_true(end - text <= 100);
		assert_true(end == text || end[-1] != ' ');
	}
}

/* Help names everything that the parser knows, in lines that fit. */
static void test_help(void **state)
{
	struct bc_buf out = {0};

	(void)state;
	bc_options_help(NULL, &out);
	check_lines(bc_buf_text(&out));
	for (const struct bc_verb *verb = bc_options_verbs(); verb->name; verb++) {
		struct bc_buf help = {0};

		assert_non_null(strstr(bc_buf_text(&out), verb->summary));
		bc_options_help(verb, &help);
		check_lines(bc_buf_text(&help));
		for (const struct bc_option *o = verb->options; !bc_option_is_end(o); o++) {
			assert_non_null(strstr(bc_buf_text(&help), show_option(o).text));
			for (int i = 0; o->words && o->words[i].text; i++)
				assert_non_null(strstr(bc_buf_text(&help), o->words[i].text));
		}
		bc_buf_fini(&help);
	}
	bc_buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all_options),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_build_command),
		cmocka_unit_test(test_stand_ins),
		cmocka_unit_test(test_command_line_is_kept),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
