/* Entries of compilation databases: commands, options, languages, names. */
#include "unit/compdb_build.h"

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

	free(tempdir_file(f->dir, "d.c", ""));
	assert_int_equal(parse(f, "[{\"file\": \"d.c\", \"directory\": \".\","
				  "  \"command\": \"cd sub && cc -c ../d.c -o d.o\"}]"),
		0);
	check_path(f, f->db.entries[0].file, "d.c");
	check_path(f, f->db.entries[0].directory, "sub");
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
