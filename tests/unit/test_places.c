/* Which folder the files of a report are shown below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "harness/collect/places.h"

static struct bc_run_where stack[] = {
	{.function = "read_it",
		.file = "/build/app-1.2/src/net/read.c",
		.line = 12,
		.module = "/usr/bin/app"},
	{.function = "bswap",
		.file = "/usr/include/bits/byteswap.h",
		.line = 33,
		.module = "/usr/bin/app"},
	{.function = "on_read",
		.file = "/build/app-1.2/src/conn.c",
		.line = 101,
		.module = "/usr/bin/app"},
	{.function = "uv__io",
		.file = "/build/libuv1/src/unix/linux.c",
		.line = 7,
		.module = "/usr/lib/libuv.so.1"},
	{.function = "ffi_call", .file = NULL, .line = 0, .module = "/usr/lib/libffi.so.8"},
};

static const char *find(struct bc_arena *arena, uint32_t count)
{
	struct bc_run_stall stall = {.stack = stack, .nstack = count};
	struct bc_run run = {0};

	run.stalls.items = &stall;
	run.stalls.count = 1;
	return bc_places_folder(arena, &run);
}

static void test_folder(void **state)
{
	struct bc_arena arena = BC_ARENA_INIT;
	const char *folder = find(&arena, 5);

	(void)state;
	/* neither the system's headers nor another module's files count */
	assert_string_equal(folder, "/build/app-1.2/src/");
	assert_string_equal(bc_places_show(&arena, folder, &stack[0]), "net/read.c:12");
	assert_string_equal(
		bc_places_show(&arena, folder, &stack[1]), "/usr/include/bits/byteswap.h:33");
	assert_string_equal(
		bc_places_show(&arena, folder, &stack[3]), "/build/libuv1/src/unix/linux.c:7");
	assert_string_equal(bc_places_show(&arena, folder, &stack[4]), "libffi.so.8");
	assert_string_equal(
		bc_places_show(&arena, NULL, &stack[2]), "/build/app-1.2/src/conn.c:101");
	assert_string_equal(find(&arena, 1), "/build/app-1.2/src/net/");
	bc_arena_fini(&arena);
}

static void test_nothing_in_common(void **state)
{
	struct bc_arena arena = BC_ARENA_INIT;
	const char *file = stack[0].file;

	(void)state;
	stack[0].file = "/other/read.c";
	assert_null(find(&arena, 3));
	stack[0].file = "/build/tools/read.c"; /* "/build/" alone is not worth a line */
	assert_null(find(&arena, 3));
	stack[0].file = NULL;
	stack[2].file = NULL;
	assert_null(find(&arena, 3));
	assert_null(find(&arena, 0));
	stack[0].file = file;
	stack[2].file = "/build/app-1.2/src/conn.c";
	bc_arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_nothing_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
