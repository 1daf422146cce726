#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "input/compdb.h"
#include "input/cross.h"
#include "tempdir.h"

struct fixture {
	struct bc_arena arena;
	char *dir;  /* a.c, b.c, x.h and sub/c.c are in it */
	char *path; /* of the database */
	struct bc_compdb db;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = tempdir_make();
	assert_int_equal(chdir(f->dir), 0);
	mkdir("sub", 0777);
	free(tempdir_file(f->dir, "a.c", ""));
	free(tempdir_file(f->dir, "b.c", ""));
	free(tempdir_file(f->dir, "x.h", ""));
	free(tempdir_file(f->dir, "sub/c.c", ""));
	f->path = bc_path_join(&f->arena, f->dir, "compile_commands.json");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chdir("/"), 0);
	tempdir_remove(f->dir);
	bc_arena_fini(&f->arena);
	free(f);
	return 0;
}

static int parse(struct fixture *f, const char *text)
{
	/* An exact copy on the heap, so that reading past the end is seen. */
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	int status;

	memcpy(copy, text, len);
	status = bc_compdb_parse(&f->arena, copy, len, f->path, &f->db);
	free(copy);
	return status;
}

/* Parses one entry for a.c with this command; returns its arguments joined by '|'. */
static const char *args_of(struct fixture *f, const char *command)
{
	struct bc_buf text = {0};
	const char *joined = "";

	bc_buf_str(&text, "[{\"file\": \"a.c\", \"directory\": \"\", \"command\": \"");
	for (; *command; command++) {
		if (*command == '"' || *command == '\\')
			bc_buf_char(&text, '\\');
		if (*command == '\t')
			bc_buf_str(&text, "\\t");
		else
			bc_buf_char(&text, *command);
	}
	bc_buf_str(&text, "\"}]");
	assert_int_equal(parse(f, bc_buf_text(&text)), 0);
	bc_buf_fini(&text);
	assert_int_equal(f->db.count, 1);
	for (int i = 0; i < f->db.entries[0].nargs; i++)
		joined = bc_arena_printf(
			&f->arena, "%s%s%s", joined, i ? "|" : "", f->db.entries[0].args[i]);
	return joined;
}

static void check_error(struct fixture *f, const char *text, const char *expected)
{
	const char *message;

	assert_int_equal(parse(f, text), BC_EINPUT);
	message = bc_error_message();
	if (!strstr(message, expected))
		fail_msg("\"%s\" is not in \"%s\"", expected, message);
	assert_int_equal(f->db.count, 0);
}

static void check_path(struct fixture *f, const char *path, const char *expected)
{
	assert_string_equal(path, bc_path_absolute(&f->arena, f->dir, expected));
}

static void test_arguments_and_command(void **state)
{
	struct fixture *f = *state;
	const struct bc_compile *e;

	assert_int_equal(
		parse(f, "[\n{\"directory\": \".\", \"file\": \"a.c\",\n"
			 "  \"arguments\": [\"/usr/bin/gcc\", \"-DX=a b\", \"-c\", \"a.c\", \"-o\","
			 " \"out/a.o\"]},\n"
			 "{\"directory\": \"sub\", \"file\": \"c.c\","
			 " \"command\": \"cc -I ../inc -c c.c\", \"output\": \"c.o\"}\n]\n"),
		0);
	assert_int_equal(f->db.count, 2);
	e = &f->db.entries[0];
	check_path(f, e->file, "a.c");
	check_path(f, e->directory, ".");
	check_path(f, e->output, "out/a.o");
	assert_string_equal(e->compiler, "gcc");
	assert_int_equal(e->nargs, 1);
	assert_string_equal(e->args[0], "-DX=a b");
	assert_int_equal(e->line, 2);
	e = &f->db.entries[1];
	check_path(f, e->file, "sub/c.c");
	check_path(f, e->directory, "sub");
	check_path(f, e->output, "sub/c.o");
	assert_int_equal(e->nargs, 2);
	assert_string_equal(e->args[1], "../inc"); /* the parser resolves it in `directory` */
	assert_int_equal(e->line, 4);
	assert_int_equal(f->db.missing, 0);
}

static void test_shell_quoting(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(args_of(f, "cc '-DA=\"x y\"' -c a.c"), "-DA=\"x y\"");
	assert_string_equal(
		args_of(f, "cc \"-DA=\\\"x\\\"\" -DB=\\\"y\\\" a.c"), "-DA=\"x\"|-DB=\"y\"");
	assert_string_equal(args_of(f, "cc -DA='a\\n' -DB=\"b\\n\" -D'C'=\"d\"e a.c"),
		"-DA=a\\n|-DB=b\\n|-DC=de");
	assert_string_equal(args_of(f, "  cc\t-DA=a\\ b   -DE=''  a.c "), "-DA=a b|-DE=");
	assert_string_equal(args_of(f, "cc -DA=$HOME -DB=`id` -DC=* a.c"),
		"-DA=$HOME|-DB=`id`|-DC=*"); /* nothing is expanded */
}

static void test_kept_and_dropped_options(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(args_of(f, "cc -std=gnu11 -Ia -I b -isystem c -iquoted -idirafter e "
				       "-DX -D Y=1 -UZ -include x.h -pthread -m32 -c a.c"),
		"-std=gnu11|-I|a|-I|b|-isystem|c|-iquote|d|-idirafter|e|-DX|-DY=1|-UZ|"
		"-include|x.h|-pthread|-m32");
	assert_string_equal(
		args_of(f, "cc -O2 -g -Wall -Werror -D_FORTIFY_SOURCE=2 -fopenmp "
			   "-Wp,-D_FORTIFY_SOURCE=3,-DK=1,-MD,x.d -MMD -MP -MF x.d -MTy "
			   "-Llib -l m -Xlinker -Dnot -T x.ld a.c -oa.o"),
		"-DK=1");
	assert_string_equal(args_of(f, "cc -fPIC -DPIC -fno-builtin-free a.c"),
		"-fPIC|-DPIC|-fno-builtin-free");
	assert_string_equal(args_of(f, "clang -Xclang -include-pch -Xclang y.pch -Xclang -include "
				       "-Xclang y.h -include./z.h --include=w.h -c a.c"),
		"-include|y.h|-include|./z.h|-include|w.h");
	assert_string_equal(args_of(f, "cc a.c -- -DX b.c"), "");
	assert_string_equal(args_of(f, "cc a.c -D"), ""); /* a value is missing */
	assert_string_equal(args_of(f, "cc a.c -Xclang -include -Xclang"), "");
	assert_string_equal(args_of(f, "cc -Xpreprocessor -DX -Xpreprocessor -MD a.c"), "-DX");
}

/* What would load code, read prepared binaries or write files never reaches the parser. */
static void test_hostile_options(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(
		args_of(f, "clang -fplugin=evil.so -fpass-plugin=evil.so -Xclang -load "
			   "-Xclang evil.so -mllvm -load=evil.so -mllvm=-load=evil.so "
			   "-include-pch evil.pch -fmodules -fmodule-file=evil.pcm "
			   "-fmodules-cache-path=/tmp/x -ivfsoverlay x.yaml --config x.cfg "
			   "-save-temps -ftime-trace=x.json -serialize-diagnostics x.dia "
			   "-specs=x -B /evil -wrapper sh,-c @nosuchfile a.c"),
		"");
}

static void test_wrappers(void **state)
{
	static const char *const commands[] = {
		"ccache gcc",
		"ccache compiler_check=none /usr/bin/gcc",
		"/usr/bin/distcc ccache gcc",
		"sccache gcc",
		"icecc gcc",
		"gomacc gcc",
		"env -u FOO A=B C='d e' gcc",
		"A=B CCACHE_DIR=/x ccache gcc",
		"libtool --silent --tag=CC --mode=compile gcc",
		"/bin/bash ./libtool --tag CC --mode compile gcc",
		"nice -n 10 gcc",
		"cmake -E env A=B gcc",
		"/usr/bin/cmake -E __run_co_compile --tidy=clang-tidy --source=a.c -- gcc",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *command = bc_arena_printf(&f->arena, "%s -DX -c a.c", commands[i]);

		assert_string_equal(args_of(f, command), "-DX");
		assert_string_equal(f->db.entries[0].compiler, "gcc");
	}
	assert_string_equal(args_of(f, "distcc -DX -c a.c"), "-DX"); /* its own default compiler */
	assert_string_equal(args_of(f, "cc -DX -c a.c && cc -DY -c b.c"), "-DX");
}

static void test_cd_before_the_command(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "[{\"file\": \"c.c\", \"directory\": \".\","
				  "  \"command\": \"cd sub && cc -c c.c -o c.o\"}]"),
		0);
	check_path(f, f->db.entries[0].file, "sub/c.c");
	check_path(f, f->db.entries[0].directory, "sub");
	check_path(f, f->db.entries[0].output, "sub/c.o");
}

static void test_response_files(void **state)
{
	struct fixture *f = *state;

	free(tempdir_file(f->dir, "flags.rsp", "-DA='x y'\n@more.rsp \"-DC=\\\"q\\\"\"\n"));
	free(tempdir_file(f->dir, "more.rsp", "-DB=a\\ b"));
	assert_string_equal(args_of(f, "cc @flags.rsp -DD a.c"), "-DA=x y|-DB=a b|-DC=\"q\"|-DD");

	free(tempdir_file(f->dir, "loop.rsp", "-DA @loop.rsp"));
	check_error(f,
		"[{\"file\": \"a.c\", \"directory\": \".\", \"command\": \"cc @loop.rsp a.c\"}]",
		"json:1: @loop.rsp: response files nest");
	free(tempdir_file(f->dir, "big.rsp", ""));
	assert_int_equal(truncate("big.rsp", 5 << 20), 0);
	check_error(f,
		"[{\"file\": \"a.c\", \"directory\": \".\", \"command\": \"cc @big.rsp a.c\"}]",
		"big.rsp: larger than the limit");
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_string_equal(args_of(f, "cc @fifo @/dev/zero -DX a.c"), "-DX");
}

/* Hostile: every entry reads the same large file. */
static void test_response_budget(void **state)
{
	struct fixture *f = *state;
	struct bc_buf text = {0};

	free(tempdir_file(f->dir, "big.rsp", ""));
	assert_int_equal(truncate("big.rsp", 5 << 20), 0);
	bc_buf_str(&text, "[");
	for (int i = 0; i < 5000; i++)
		bc_buf_str(&text, "{\"file\": \"a.c\", \"command\": \"cc @big.rsp a.c\"},");
	bc_buf_str(&text, "{\"file\": \"a.c\", \"command\": \"cc a.c\"}]");
	assert_int_equal(parse(f, bc_buf_text(&text)), 0);
	assert_int_equal(f->db.count, 1);
	assert_int_equal(f->db.skipped[BC_SKIP_MALFORMED], 5000);
	bc_buf_fini(&text);
}

/* Hostile: one source compiled into very many outputs. */
static void test_many_outputs(void **state)
{
	struct fixture *f = *state;
	struct bc_buf text = {0};

	for (int i = 0; i < 20000; i++)
		bc_buf_printf(&text, "%s{\"file\": \"a.c\", \"command\": \"cc a.c -o %d.o\"}",
			i ? "," : "[", i);
	bc_buf_str(&text, "]");
	assert_int_equal(parse(f, bc_buf_text(&text)), 0);
	assert_int_equal(f->db.count, 1);
	assert_int_equal(f->db.entries[0].noutputs, 256);
	bc_buf_fini(&text);
}

static void test_languages(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		parse(f, "[{\"file\": \"a.c\", \"command\": \"cc -c a.c\"},"
			 " {\"file\": \"a.cc\", \"command\": \"c++ -c a.cc\"},"
			 " {\"file\": \"a.C\", \"command\": \"cc -c a.C\"},"
			 " {\"file\": \"b.c\", \"command\": \"g++-12 -c b.c\"},"
			 " {\"file\": \"b.c\", \"command\": \"cc -x c++ -c b.c\"},"
			 " {\"file\": \"a.S\", \"command\": \"cc -c a.S\"},"
			 " {\"file\": \"b.c\", \"command\": \"cc -xassembler-with-cpp -c b.c\"},"
			 " {\"file\": \"a.m\", \"command\": \"cc -c a.m\"},"
			 " {\"file\": \"a.cu\", \"command\": \"nvcc -c a.cu\"},"
			 " {\"file\": \"x.h\", \"command\": \"cc -c x.h\"},"
			 " {\"file\": \"a.f90\", \"command\": \"gfortran -c a.f90\"},"
			 " {\"file\": \"sub/c.c\", \"command\": \"g++ -x c -c sub/c.c\"},"
			 " {\"file\": \"x.h\", \"command\": \"cc -x c x.h -x none\"}]"),
		0);
	assert_int_equal(f->db.count, 3);
	assert_int_equal(f->db.skipped[BC_SKIP_CXX], 4);
	assert_int_equal(f->db.skipped[BC_SKIP_ASSEMBLER], 2);
	assert_int_equal(f->db.skipped[BC_SKIP_OBJC], 1);
	assert_int_equal(f->db.skipped[BC_SKIP_CUDA], 1);
	assert_int_equal(f->db.skipped[BC_SKIP_HEADER], 1);
	assert_int_equal(f->db.skipped[BC_SKIP_OTHER], 1);
	assert_int_equal(f->db.entries[1].nargs, 0);
	assert_int_equal(f->db.entries[2].nargs, 2); /* a header forced to be C: -x c */
	assert_string_equal(bc_compdb_skipped_text(&f->arena, &f->db),
		"4 C++, 1 Objective-C, 1 CUDA, 2 assembler, 1 header, 1 other");
}

/* FRR's build looks for its commands in what the preprocessor says under another macro. */
static void test_preprocessing_is_no_compile(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		parse(f, "[{\"file\": \"a.c\", \"command\": \"cc -E -P -DEXTRACT a.c\"},"
			 " {\"file\": \"a.c\", \"command\": \"cc -M a.c\"},"
			 " {\"file\": \"a.c\", \"command\": \"cc -MM -MF a.d a.c\"},"
			 " {\"file\": \"a.c\", \"command\": \"cc -MD -MP -MT a.o -MF a.d -c a.c\"},"
			 " {\"file\": \"b.c\", \"command\": \"cc -MMD -c b.c\"}]"),
		0);
	assert_int_equal(f->db.count, 2);
	assert_int_equal(f->db.skipped[BC_SKIP_PREPROCESS], 3);
	assert_string_equal(bc_compdb_skipped_text(&f->arena, &f->db), "3 only preprocessed");
}

static void test_duplicates(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(symlink("a.c", "link.c"), 0);
	assert_int_equal(
		parse(f,
			"[{\"file\": \"a.c\", \"command\": \"cc -Iinc -O0 -DX -c a.c -o one/a.o\"},"
			" {\"file\": \"../a.c\", \"directory\": \"sub\","
			"  \"command\": \"cc -I../inc -O2 -g -Wall -DX -c ../a.c -o ../two/a.o\"},"
			" {\"file\": \"a.c\", \"command\": \"cc -Iinc -fPIC -DPIC -DX -c a.c -o "
			"two/a.o\"},"
			" {\"file\": \"link.c\", \"command\": \"cc -Iinc -DX -c link.c\"},"
			" {\"file\": \"a.c\", \"command\": \"cc -Iinc -DY -c a.c -o y/a.o\"},"
			" {\"file\": \"a.c\", \"command\": \"arm-linux-gnueabi-gcc -Iinc -DX -c "
			"a.c\"},"
			" {\"file\": \"a.c\", \"command\": \"cc -I other -DX -c a.c\"},"
			" {\"file\": \"a.c\", \"command\": \"cc -DFIFTH -c a.c -o five/a.o\"},"
			" {\"file\": \"b.c\", \"command\": \"cc -Iinc -DX -c b.c\"}]"),
		0);
	assert_int_equal(f->db.missing, 0);
	assert_int_equal(f->db.count, 5);
	assert_int_equal(f->db.skipped[BC_SKIP_DUPLICATE], 3);
	assert_int_equal(f->db.skipped[BC_SKIP_VARIANT], 1);
	assert_int_equal(f->db.entries[0].noutputs, 3);
	check_path(f, f->db.entries[0].outputs[0], "one/a.o");
	check_path(f, f->db.entries[0].outputs[1], "two/a.o");
	check_path(f, f->db.entries[0].outputs[2], "five/a.o");
	check_path(f, f->db.entries[4].file, "b.c");
}

static void test_missing_file_stays(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "[{\"file\": \"gone/x.c\", \"command\": \"cc -c gone/x.c\"},"
				  " {\"file\": \"a.c\", \"command\": \"cc -c a.c\"}]"),
		0);
	assert_int_equal(f->db.count, 2);
	assert_int_equal(f->db.missing, 1);
	assert_true(f->db.entries[0].missing);
	assert_false(f->db.entries[1].missing);
}

/* A link to a source keeps its own name: headers beside the link are the ones it includes. */
static void test_symbolic_links(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(symlink("../a.c", "sub/l.c"), 0);
	assert_int_equal(symlink("sub", "way"), 0);
	assert_int_equal(parse(f, "[{\"file\": \"l.c\", \"directory\": \"way\", \"command\": \"cc "
				  "-c l.c\"}]"),
		0);
	check_path(f, f->db.entries[0].file, "sub/l.c");
	check_path(f, f->db.entries[0].directory, "sub");
}

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

static void test_cross_triples(void **state)
{
	static const char *const cases[][2] = {
		{"arm-linux-gnueabihf-gcc-12", "arm-linux-gnueabihf"},
		{"/opt/x/bin/aarch64-linux-gnu-gcc", "aarch64-linux-gnu"},
		{"aarch64-linux-android21-clang", "aarch64-linux-android21"},
		{"riscv64-unknown-elf-gcc-12.2.0", "riscv64-unknown-elf"},
		{"x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32"},
		{"i686-linux-gnu-cc", "i686-linux-gnu"},
		{"gcc", NULL},
		{"gcc-12", NULL},
		{"clang-19", NULL},
		{"musl-gcc", NULL},
		{"afl-clang", NULL},
		{"-gcc", NULL},
		{"c99-gcc", NULL},
		{"arm-gcc", NULL},
		{"", NULL},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *triple = bc_cross_triple(&f->arena, cases[i][0]);

		if (cases[i][1])
			assert_string_equal(triple, cases[i][1]);
		else
			assert_null(triple);
	}
}

static void test_cross_flags(void **state)
{
	struct fixture *f = *state;
	struct utsname host;

	assert_string_equal(args_of(f, "sparc64-linux-gnu-gcc-12 -DX -c a.c"),
		bc_file_exists("/usr/sparc64-linux-gnu/include")
			? "-DX|-target|sparc64-linux-gnu|-isystem|/usr/sparc64-linux-gnu/include"
			: "-DX|-target|sparc64-linux-gnu");
	assert_string_equal(args_of(f, "clang --target=sparc64-linux-gnu --sysroot=/s -c a.c"),
		"-target|sparc64-linux-gnu|--sysroot|/s");
	assert_string_equal(args_of(f, "clang -target ../../etc -c a.c"), "-target|../../etc");
	assert_int_equal(uname(&host), 0);
	assert_string_equal(
		args_of(f, bc_arena_printf(&f->arena, "%s-linux-gnu-gcc -c a.c", host.machine)),
		"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_arguments_and_command),
		TEST(test_shell_quoting),
		TEST(test_kept_and_dropped_options),
		TEST(test_hostile_options),
		TEST(test_wrappers),
		TEST(test_cd_before_the_command),
		TEST(test_response_files),
		TEST(test_response_budget),
		TEST(test_many_outputs),
		TEST(test_languages),
		TEST(test_preprocessing_is_no_compile),
		TEST(test_duplicates),
		TEST(test_missing_file_stays),
		TEST(test_symbolic_links),
		TEST(test_malformed_entries_are_skipped),
		TEST(test_broken_databases),
		TEST(test_deep_nesting),
		TEST(test_huge_string),
		TEST(test_damaged_databases),
		TEST(test_cross_triples),
		TEST(test_cross_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
