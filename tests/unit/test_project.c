#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "base/progress.h"
#include "input/find.h"
#include "input/project.h"
#include "unit/fixture.h"

static const char *in(struct fixture *f, const char *name)
{
	return bc_path_absolute(&f->arena, f->dir, name);
}

static void make_file(struct fixture *f, const char *name)
{
	const char *path = in(f, name);

	assert_int_equal(bc_mkdirs(bc_path_dirname(&f->arena, path)), 0);
	assert_int_equal(bc_file_write(path, "", 0), 0);
}

static void check_found(
	struct fixture *f, const char *here, const char *wanted, const char *expected)
{
	const char *path = NULL;

	assert_int_equal(bc_compdb_find(&f->arena, in(f, here), wanted, &path), 0);
	assert_string_equal(path, in(f, expected));
}

static void test_find(void **state)
{
	struct fixture *f = *state;
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	const char *path = NULL;

	assert_int_equal(bc_mkdirs(in(f, "p/src/deep")), 0);
	assert_int_equal(bc_compdb_find(&f->arena, in(f, "p"), NULL, &path), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"));
	assert_null(strchr(bc_error_message(), '\n'));
	make_file(f, "p/Makefile");
	assert_int_equal(bc_compdb_find(&f->arena, in(f, "p"), NULL, &path), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "bear -- make"));
	assert_null(strstr(bc_error_message(), "CMAKE"));
	make_file(f, "p/out/debug/compile_commands.json");
	assert_int_equal(bc_compdb_find(&f->arena, in(f, "p"), NULL, &path), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "give -p out/debug"));
	assert_int_equal(bc_compdb_find(&f->arena, f->dir, "p", &path), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "give -p p/out/debug"));

	make_file(f, "p/build-debug/compile_commands.json");
	check_found(f, "p", NULL, "p/build-debug/compile_commands.json");
	check_found(f, "p/src/deep", NULL, "p/build-debug/compile_commands.json");
	make_file(f, "p/builddir/compile_commands.json");
	utimensat(AT_FDCWD, in(f, "p/builddir/compile_commands.json"), old, 0);
	check_found(f, "p", NULL, "p/build-debug/compile_commands.json"); /* the newer one */
	utimensat(AT_FDCWD, in(f, "p/build-debug/compile_commands.json"), old, 0);
	check_found(f, "p", NULL, "p/build-debug/compile_commands.json"); /* the first by name */
	make_file(f, "p/compile_commands.json");
	check_found(f, "p", NULL, "p/compile_commands.json");
	check_found(f, "p/builddir", NULL, "p/builddir/compile_commands.json");
	assert_int_equal(bc_mkdirs(in(f, "p/src/build/compile_commands.json")), 0);
	check_found(f, "p/src", NULL, "p/compile_commands.json"); /* a folder is no database */
}

static void test_find_wanted(void **state)
{
	struct fixture *f = *state;
	const char *path = NULL;

	make_file(f, "p/out/compile_commands.json");
	make_file(f, "p/other.json");
	check_found(f, "p", "out", "p/out/compile_commands.json");
	check_found(f, "p", "./other.json", "p/other.json");
	check_found(f, "p", in(f, "p/out"), "p/out/compile_commands.json");
	assert_int_equal(bc_compdb_find(&f->arena, in(f, "p"), "nope", &path), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "-p nope: no such file"));
	assert_int_equal(bc_mkdirs(in(f, "p/empty")), 0);
	assert_int_equal(bc_compdb_find(&f->arena, in(f, "p"), "empty", &path), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "-p empty: no compile_commands.json"));
}

static struct bc_compdb make_db(struct fixture *f, const char *const *names, size_t n)
{
	struct bc_compile *entries = BC_NEW_ARRAY(&f->arena, struct bc_compile, n);

	for (size_t i = 0; i < n; i++)
		entries[i].file = in(f, names[i]);
	return (struct bc_compdb){.path = "db.json", .entries = entries, .count = n};
}

static void test_filter(void **state)
{
	static const char *const names[] = {"src/a.c", "src/net/b.c", "srcs/c.c", "lib/d.c"};
	struct fixture *f = *state;
	struct bc_compdb db = make_db(f, names, 4);

	make_file(f, "src/a.c");
	make_file(f, "docs/x.txt");
	assert_int_equal(symlink("src", in(f, "way")), 0);
	assert_int_equal(bc_compdb_filter(&f->arena, &db, f->dir, NULL, 0), 0);
	assert_int_equal(db.count, 4);
	assert_int_equal(bc_compdb_filter(&f->arena, &db, in(f, "lib"),
				 (const char *[]){"../src", "d.c"}, 2),
		0);
	assert_int_equal(db.count, 3);
	assert_string_equal(db.entries[0].file, in(f, "src/a.c"));
	assert_string_equal(db.entries[2].file, in(f, "lib/d.c"));
	assert_int_equal(
		bc_compdb_filter(&f->arena, &db, f->dir, (const char *[]){"way/a.c"}, 1), 0);
	assert_int_equal(db.count, 1);
	assert_int_equal(
		bc_compdb_filter(&f->arena, &db, f->dir, (const char *[]){"src", "gone"}, 2),
		BC_EUSAGE);
	assert_string_equal(bc_error_message(), "gone: no such file or folder");
	assert_int_equal(
		bc_compdb_filter(&f->arena, &db, f->dir, (const char *[]){"docs"}, 1), BC_EUSAGE);
	assert_non_null(strstr(bc_error_message(), "docs: db.json has no C source below it"));
	assert_int_equal(
		bc_compdb_filter(&f->arena, &db, f->dir, (const char *[]){"docs/x.txt"}, 1),
		BC_EUSAGE);
	assert_non_null(strstr(bc_error_message(), "of this name"));
}

static void test_root(void **state)
{
	static const char *const names[] = {"p/src/a.c", "p/src/net/b.c", "p/lib/c.c"};
	struct fixture *f = *state;
	struct bc_compdb db = make_db(f, names, 3);
	struct bc_project project;

	assert_int_equal(bc_mkdirs(in(f, "p/src/net")), 0);
	assert_int_equal(bc_mkdirs(in(f, "p/build")), 0);
	bc_project_locate(&f->arena, in(f, "p"), &db, NULL, &project);
	assert_string_equal(project.root, in(f, "p"));
	assert_string_equal(project.database, in(f, "p/.blockcheck/blockcheck.db"));
	assert_string_equal(project.facts, in(f, "p/.blockcheck/facts"));
	assert_null(project.config);

	/* No source below the build folder: what they have in common is the root. */
	bc_project_locate(&f->arena, in(f, "p/build"), &db, NULL, &project);
	assert_string_equal(project.root, in(f, "p"));
	assert_string_equal(project.home, in(f, "p/build"));
	assert_string_equal(project.database, in(f, "p/build/.blockcheck/blockcheck.db"));

	bc_project_locate(&f->arena, in(f, "p/src"), &db, "x/y.db", &project);
	assert_string_equal(project.root, in(f, "p/src"));
	assert_string_equal(project.database, in(f, "p/src/x/y.db"));
	assert_string_equal(project.facts, in(f, "p/src/x/y.db.facts"));

	make_file(f, "p/" BC_PROJECT_FILE);
	bc_project_locate(&f->arena, in(f, "p/src/net"), &db, NULL, &project);
	assert_string_equal(project.root, in(f, "p"));
	assert_string_equal(project.config, in(f, "p/.blockcheck.yaml"));
	assert_string_equal(project.database, in(f, "p/.blockcheck/blockcheck.db"));
	bc_project_locate(&f->arena, in(f, "p/src/net"), NULL, NULL, &project);
	assert_string_equal(project.root, in(f, "p"));
}

static void test_root_of_strangers(void **state)
{
	struct fixture *f = *state;
	struct bc_compile entries[] = {{.file = "/usr/x/a.c"}, {.file = "/opt/b.c"}};
	struct bc_compdb db = {.entries = entries, .count = 2};
	struct bc_project project;

	bc_project_locate(&f->arena, f->dir, &db, NULL, &project);
	assert_string_equal(project.root, "/");
	db.count = 1;
	bc_project_locate(&f->arena, f->dir, &db, NULL, &project);
	assert_string_equal(project.root, "/usr/x");
}

static void test_prepare(void **state)
{
	struct fixture *f = *state;
	struct bc_project project;
	struct bc_buf text = {0};

	bc_project_locate(&f->arena, f->dir, NULL, NULL, &project);
	assert_int_equal(bc_project_prepare(&project), 0);
	assert_int_equal(bc_project_prepare(&project), 0);
	assert_int_equal(bc_file_read(&text, in(f, ".blockcheck/.gitignore"), 0), 0);
	assert_string_equal(bc_buf_text(&text), "*\n");
	assert_true(bc_file_exists(in(f, ".blockcheck/facts/shards")));
	bc_buf_fini(&text);

	/* The user's own folder is not hidden from git. */
	bc_project_locate(&f->arena, f->dir, NULL, "mine/x.db", &project);
	assert_int_equal(bc_project_prepare(&project), 0);
	assert_false(bc_file_exists(in(f, "mine/.gitignore")));
	assert_true(bc_file_exists(in(f, "mine/x.db.facts/.gitignore")));

	make_file(f, "taken");
	bc_project_locate(&f->arena, f->dir, NULL, "taken/x.db", &project);
	assert_int_equal(bc_project_prepare(&project), BC_EOUTPUT);
	assert_non_null(strstr(bc_error_message(), "taken: is in the way of a folder; --db FILE"));
	bc_project_locate(&f->arena, f->dir, NULL, "/proc/x/x.db", &project);
	assert_int_equal(bc_project_prepare(&project), BC_EOUTPUT);
}

/* Runs `act` with standard error on a terminal of 20 columns; what the terminal got. */
static void capture(char *got, size_t size, void (*act)(struct bc_progress *), int quiet)
{
	struct winsize window = {.ws_row = 24, .ws_col = 20};
	int master, slave, saved = dup(STDERR_FILENO);
	struct bc_progress progress;
	size_t used = 0;
	ssize_t n;

	if (openpty(&master, &slave, NULL, NULL, &window) != 0) {
		print_message("no pseudo-terminals here\n");
		skip();
	}
	dup2(slave, STDERR_FILENO);
	bc_progress_init(&progress, quiet);
	act(&progress);
	dup2(saved, STDERR_FILENO);
	/* the terminal hands things on in its own time, and in pieces: read up to a mark */
	assert_int_equal(write(slave, "|", 1), 1);
	do {
		n = read(master, got + used, size - 1 - used);
		used += n > 0 ? (size_t)n : 0;
		got[used] = '\0';
	} while (n > 0 && !strchr(got, '|'));
	got[strcspn(got, "|")] = '\0';
	close(master);
	close(slave);
	close(saved);
}

static void draw(struct bc_progress *progress)
{
	bc_progress_show(progress, "parsing", 12, 214, "\x1b[31m/a/long/name.c");
	bc_progress_show(progress, "parsing", 13, 214, "too soon");
	bc_progress_clear(progress);
	bc_progress_clear(progress);
}

static void test_progress(void **state)
{
	char got[500];
	struct bc_progress progress;
	int saved = dup(STDERR_FILENO), fds[2];

	(void)state;
	setenv("TERM", "xterm", 1);
	capture(got, sizeof(got), draw, 0);
	assert_string_equal(got, "\r\033[Kparsing 12/214 ?[31\r\033[K"); /* 19 columns and erased */
	capture(got, sizeof(got), draw, 1);
	assert_string_equal(got, "");
	setenv("TERM", "dumb", 1);
	capture(got, sizeof(got), draw, 0);
	assert_string_equal(got, "");
	setenv("TERM", "xterm", 1);

	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	dup2(fds[1], STDERR_FILENO);
	bc_progress_init(&progress, 0);
	draw(&progress);
	dup2(saved, STDERR_FILENO);
	assert_int_equal(read(fds[0], got, sizeof(got)), -1); /* nothing for a pipe */
	close(fds[0]);
	close(fds[1]);
	close(saved);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_find),
		TEST(test_find_wanted),
		TEST(test_filter),
		TEST(test_root),
		TEST(test_root_of_strangers),
		TEST(test_prepare),
		TEST(test_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
