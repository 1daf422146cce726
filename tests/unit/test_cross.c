/* Compilers for other machines: what libclang is told of them. */
#include <sys/utsname.h>

#include "input/cross.h"
#include "unit/compdb_build.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cross_triples),
		TEST(test_cross_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
