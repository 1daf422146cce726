#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "unit/fixture.h"

static void test_absolute(void **state)
{
	static const char *const cases[][3] = {
		{"/a/b", "c.c", "/a/b/c.c"},
		{"/a/b", "./x/../c.c", "/a/b/c.c"},
		{"/a/b", "../../../c.c", "/c.c"},
		{"/a/b/", "//c//d/", "/c/d"},
		{"/a/b", "", "/a/b"},
		{"/", "..", "/"},
		{"/a", "..a/...b/.c", "/a/..a/...b/.c"},
		{"/a//./b/..", "c", "/a/c"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
			bc_path_absolute(&f->arena, cases[i][0], cases[i][1]), cases[i][2]);
}

static void test_relative(void **state)
{
	(void)state;
	assert_string_equal(bc_path_relative("/a/b", "/a/b/src/c.c"), "src/c.c");
	assert_string_equal(bc_path_relative("/a/b/", "/a/b/c.c"), "c.c");
	assert_string_equal(bc_path_relative("/a/b", "/a/b"), ".");
	assert_string_equal(bc_path_relative("/a/b", "/a/bc/c.c"), "/a/bc/c.c");
	assert_string_equal(bc_path_relative("/a/b", "/a"), "/a");
	assert_string_equal(bc_path_relative("/", "/a/c.c"), "a/c.c");
}

static void test_parts(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(bc_path_dirname(&f->arena, "/a/b.c"), "/a");
	assert_string_equal(bc_path_dirname(&f->arena, "/a/b//"), "/a");
	assert_string_equal(bc_path_dirname(&f->arena, "/a"), "/");
	assert_string_equal(bc_path_dirname(&f->arena, "/"), "/");
	assert_string_equal(bc_path_dirname(&f->arena, "a"), ".");
	assert_string_equal(bc_path_dirname(&f->arena, ""), ".");
	assert_string_equal(bc_path_basename("/a/b.c"), "b.c");
	assert_string_equal(bc_path_basename("b.c"), "b.c");
	assert_string_equal(bc_path_join(&f->arena, "/a", "b"), "/a/b");
	assert_string_equal(bc_path_join(&f->arena, "/", "b"), "/b");
	assert_string_equal(bc_path_join(&f->arena, "/a", "/b"), "/b");
}

static void test_write_then_read(void **state)
{
	struct fixture *f = *state;
	char *path = bc_path_join(&f->arena, f->dir, "x");
	struct bc_buf out = {0};
	struct stat st;

	assert_int_equal(bc_file_write(path, "one\0two", 7), 0);
	assert_int_equal(bc_file_read(&out, path, 7), 0);
	assert_int_equal(out.len, 7);
	assert_memory_equal(out.data, "one\0two", 8);
	bc_buf_clear(&out);
	assert_int_equal(bc_file_read(&out, path, 6), BC_ELIMIT);
	assert_non_null(strstr(bc_error_message(), "limit of 6 bytes"));

	umask(022);
	assert_int_equal(bc_file_write(path, "", 0), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(tempdir_count(f->dir), 1); /* no temporary stays behind */
	bc_buf_fini(&out);
}

static void test_write_keeps_links_and_fifos(void **state)
{
	struct fixture *f = *state;
	char *real = bc_path_join(&f->arena, f->dir, "real");
	char *link = bc_path_join(&f->arena, f->dir, "link");
	char *fifo = bc_path_join(&f->arena, f->dir, "fifo");
	struct stat st;
	int fd;
	char byte;

	assert_int_equal(bc_file_write(real, "a", 1), 0);
	assert_int_equal(symlink("real", link), 0);
	assert_int_equal(bc_file_write(link, "bc", 2), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(real, &st), 0);
	assert_int_equal(st.st_size, 2);

	assert_int_equal(mkfifo(fifo, 0600), 0);
	fd = open(fifo, O_RDWR);
	assert_int_equal(bc_file_write(fifo, "z", 1), 0);
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(byte, 'z');
	close(fd);
}

static void test_read_refuses_what_would_wait(void **state)
{
	struct fixture *f = *state;
	char *fifo = bc_path_join(&f->arena, f->dir, "fifo");
	struct bc_buf out = {0};
	uint64_t hash[2], size;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(bc_file_read(&out, fifo, 0), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "not a regular file"));
	assert_int_equal(bc_file_hash(fifo, hash, &size), BC_EINPUT);
	assert_int_equal(bc_file_read(&out, "/dev/zero", 10), BC_EINPUT);
	assert_int_equal(bc_file_read(&out, f->dir, 0), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "is a folder"));
	assert_int_equal(bc_file_read(&out, "/nonexistent/x", 0), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "/nonexistent/x: No such file"));
}

static void test_read_takes_a_shell_pipe(void **state)
{
	struct bc_buf out = {0};
	char name[32];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "[]", 2), 2);
	close(fds[1]);
	snprintf(name, sizeof(name), "/dev/fd/%d", fds[0]);
	assert_int_equal(bc_file_read(&out, name, 0), 0);
	assert_string_equal(bc_buf_text(&out), "[]");
	close(fds[0]);
	bc_buf_fini(&out);
}

static void test_write_errors(void **state)
{
	struct fixture *f = *state;
	char *missing = bc_path_join(&f->arena, f->dir, "no/such/x");

	assert_int_equal(bc_file_write(missing, "", 0), BC_EOUTPUT);
	assert_non_null(strstr(bc_error_message(), missing));
	assert_int_equal(bc_file_write(f->dir, "", 0), BC_EOUTPUT);
}

static void test_mkdirs(void **state)
{
	struct fixture *f = *state;
	char *deep = bc_path_join(&f->arena, f->dir, "a/b//c/");
	char *file = bc_path_join(&f->arena, f->dir, "file");
	struct stat st;

	assert_int_equal(bc_mkdirs(deep), 0);
	assert_int_equal(bc_mkdirs(deep), 0);
	assert_int_equal(stat(deep, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(bc_file_write(file, "", 0), 0);
	assert_int_equal(bc_mkdirs(bc_path_join(&f->arena, file, "x")), BC_EOUTPUT);
	assert_int_equal(bc_mkdirs(file), BC_EOUTPUT);
	assert_non_null(strstr(bc_error_message(), "in the way"));
	assert_int_equal(bc_mkdirs("/proc/nope"), BC_EOUTPUT);
}

static void test_hash(void **state)
{
	struct fixture *f = *state;
	char *path = bc_path_join(&f->arena, f->dir, "x");
	size_t n = 300000; /* more than one read */
	char *bytes = calloc(1, n);
	uint64_t a[2], b[2], size;
	char hex[33];

	assert_int_equal(bc_file_write(path, "", 0), 0);
	assert_int_equal(bc_file_hash(path, a, &size), 0);
	bc_hash_hex(a, hex);
	assert_string_equal(hex, "99aa06d3014798d86001c324468d497f"); /* as `xxhsum -H2` says */

	memset(bytes, 'x', n);
	assert_int_equal(bc_file_write(path, bytes, n), 0);
	assert_int_equal(bc_file_hash(path, a, &size), 0);
	bc_hash_bytes(bytes, n, b);
	assert_int_equal(size, n);
	assert_memory_equal(a, b, sizeof(a));
	bytes[n - 1] = 'y';
	bc_hash_bytes(bytes, n, b);
	assert_memory_not_equal(a, b, sizeof(a));
	free(bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_absolute),
		TEST(test_relative),
		TEST(test_parts),
		TEST(test_write_then_read),
		TEST(test_write_keeps_links_and_fifos),
		TEST(test_read_refuses_what_would_wait),
		TEST(test_read_takes_a_shell_pipe),
		TEST(test_write_errors),
		TEST(test_mkdirs),
		TEST(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
