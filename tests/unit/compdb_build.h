/* A folder with a few sources, and compilation databases for it. */
#ifndef BC_TEST_COMPDB_BUILD_H
#define BC_TEST_COMPDB_BUILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "input/compdb.h"
#include "unit/tempdir.h"

struct fixture {
	struct bc_arena arena;
	char *dir;  /* a.c, b.c, x.h and sub/c.c are in it */
	char *path; /* of the database */
	struct bc_compdb db;
};

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chdir("/"), 0);
	tempdir_remove(f->dir);
	bc_arena_fini(&f->arena);
	free(f);
	return 0;
}

static inline int parse(struct fixture *f, const char *text)
{
	/* An exact copy on the heap, so that reading past the end is seen. */
	size_t len = strlen(text);
	char *copy = calloc(1, len ? len : 1);
	int status;

	memcpy(copy, text, len);
	status = bc_compdb_parse(&f->arena, copy, len, f->path, &f->db);
	free(copy);
	return status;
}

/* Parses one entry for a.c with this command; returns its arguments joined by '|'. */
static inline const char *args_of(struct fixture *f, const char *command)
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

static inline void check_error(struct fixture *f, const char *text, const char *expected)
{
	const char *message;

	assert_int_equal(parse(f, text), BC_EINPUT);
	message = bc_error_message();
	if (!strstr(message, expected))
		fail_msg("\"%s\" is not in \"%s\"", expected, message);
	assert_int_equal(f->db.count, 0);
}

static inline void check_path(struct fixture *f, const char *path, const char *expected)
{
	assert_string_equal(path, bc_path_absolute(&f->arena, f->dir, expected));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
