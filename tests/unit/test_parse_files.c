/* What a unit is made of: headers and their shards, system headers, comments, diagnostics. */
#include <unistd.h>

#include "unit/parse_build.h"

static const struct bc_facts *find_shard(const struct unit *unit, const char *path)
{
	for (uint32_t i = 0; i < unit->facts.nshards; i++)
		if (!strcmp(unit->shards[i].path_main, path))
			return &unit->shards[i];
	return NULL;
}

static void test_shards(void **state)
{
	struct unit unit = {0};

	(void)state;
	put(&unit, "h.h",
		"#include <stdint.h>\nint low(int);\nstatic inline int inl(int a) { return low(a); "
		"}\n"
		"static void (*const hook)(void) = (void *)0;\n/* blockcheck: allow(x) */\n");
	put(&unit, "back.c", "static int back(void) { return inl(2); }\n");
	put(&unit, "plain.h", "int plain(void);\n");
	put(&unit, "a.c",
		"#include \"h.h\"\n#include \"plain.h\"\n#include \"back.c\"\n"
		"int f(void) { return inl(1) + back() + plain(); }\n");
	parse_file(&unit, "a.c");
	assert_int_equal(unit.result.nshards, 2);
	check_body(find_shard(&unit, "h.h"), "inl", "(return (call &low $a))");
	check_body(find_shard(&unit, "h.h"), "", "(:= hook (cast 0))");
	assert_int_equal(find_shard(&unit, "h.h")->ncomments, 1);
	check_body(find_shard(&unit, "back.c"), "back", "(return (call &inl 2))");
	assert_null(find_function(&unit.facts, "inl"));
	assert_false(find_symbol(&unit.facts, "inl")->flags & BC_SYM_DEFINED);
	assert_true(find_symbol(find_shard(&unit, "h.h"), "inl")->flags & BC_SYM_DEFINED);
	assert_string_equal(str(&unit.facts, find_symbol(&unit.facts, "inl")->key),
		str(find_shard(&unit, "h.h"), find_symbol(find_shard(&unit, "h.h"), "inl")->key));
	close_unit(&unit);
}

/* A system header's inline functions count when they are used, library functions' twins never. */
static void test_system_headers(void **state)
{
	static const char header[] =
		"#pragma GCC system_header\nvoid run(int);\n"
		"static inline void inner(void) { run(1); }\n"
		"static inline void wrapper(void) { inner(); }\n"
		"extern inline __attribute__((gnu_inline)) int twin(void) { return 0; }\n";
	static const char *const args[] = {"-isystem", "sys"};
	struct unit unit = {.dir = tempdir_make()};

	(void)state;
	assert_int_equal(bc_mkdirs(unit_path(&unit, "sys")), 0);
	put(&unit, "sys/lib.h", header);
	put(&unit, "sys/unused.h", "static inline int unused(void) { return 1; }\n");
	put(&unit, "a.c",
		"#include <lib.h>\n#include <unused.h>\n"
		"void f(void) { wrapper(); twin(); }\n");
	assert_int_equal(parse_with(&unit, "a.c", args, 2), 0);
	open_facts(&unit);
	assert_int_equal(unit.facts.nshards, 1);
	check_body(&unit.shards[0], "wrapper", "(call! &inner)");
	check_body(&unit.shards[0], "inner", "(call! &run 1)");
	assert_null(find_function(&unit.shards[0], "twin"));
	assert_true(find_symbol(&unit.facts, "wrapper")->flags & BC_SYM_SYSTEM);
	assert_false(find_symbol(&unit.facts, "f")->flags & BC_SYM_SYSTEM);
	close_unit(&unit);
}

/* The same holds for headers outside of the project, system or not. */
static void test_foreign_headers(void **state)
{
	struct unit unit = {.dir = tempdir_make()};
	char *elsewhere = tempdir_make();
	char *option = NULL;
	const char *args[1];

	(void)state;
	free(tempdir_file(elsewhere, "lib.h",
		"void run(int);\n"
		"static void (*const unused_hook)(int) = run, (*const hook)(int) = run;\n"
		"static inline void unused(void) { run(0); }\n"
		"static inline void used(void) { hook(1); }\n"
		"int table = 3;\n"));
	put(&unit, "a.c", "#include <lib.h>\nvoid f(void) { used(); }\n");
	if (asprintf(&option, "-I%s", elsewhere) < 0)
		abort();
	args[0] = option;
	assert_int_equal(parse_with(&unit, "a.c", args, 1), 0);
	open_facts(&unit);
	assert_int_equal(unit.facts.nshards, 1);
	check_body(&unit.shards[0], "used", "(call! hook 1)");
	check_body(&unit.shards[0], "", "(:= table 3)\n(:= hook &run)");
	assert_null(find_function(&unit.shards[0], "unused"));
	free(option);
	tempdir_remove(elsewhere);
	close_unit(&unit);
}

static void test_c23(void **state)
{
	static const char *const args[] = {"-std=c23"};
	struct unit unit = {0};

	(void)state;
	put(&unit, "a.c",
		"[[noreturn]] void die(void);\nvoid (*p)(void) = nullptr;\n"
		"void f(bool b) { if (b == true) die(); auto x = 0b11; int y = {}; }\n");
	assert_int_equal(parse_with(&unit, "a.c", args, 1), 0);
	open_facts(&unit);
	assert_string_equal(unit.result.first_error, "");
	check_body(&unit.facts, "f", "(if (== $b 1) (call! &die) none)\n(:= $x 3)\n(:= $y (init))");
	check_body(&unit.facts, "", "(:= p 0)");
	assert_true(find_symbol(&unit.facts, "die")->flags & BC_SYM_NORETURN);
	close_unit(&unit);
}

static void test_dependencies(void **state)
{
	struct unit unit = {0};
	uint64_t hash[2], size;
	int seen = 0;

	(void)state;
	put(&unit, "h.h", "int h(void);\n");
	put(&unit, "a.c", "#include <stddef.h>\n#include \"h.h\"\n#include \"./h.h\"\n");
	parse_file(&unit, "a.c");
	assert_int_equal(bc_file_hash(unit_path(&unit, "h.h"), hash, &size), 0);
	for (uint32_t i = 0; i < unit.facts.ndeps; i++) {
		const struct bc_fact_dep *dep = &unit.facts.deps[i];

		if (strcmp(str(&unit.facts, dep->path), "h.h") != 0)
			continue;
		seen++;
		assert_int_equal(dep->size, size);
		assert_memory_equal(dep->hash, hash, sizeof(hash));
	}
	assert_int_equal(seen, 1);
	assert_string_equal(str(&unit.facts, unit.facts.deps[0].path), "a.c");
	assert_true(unit.facts.ndeps >= 3);
	close_unit(&unit);
}

static void test_comments(void **state)
{
	struct unit unit =
		parse_text("/* blockcheck: allow(first)  */\n"
			   "const char *s = \"/* blockcheck: no */ // blockcheck: no\";\n"
			   "char c = '\"'; // blockcheck: allow(second)\n"
			   "int x; // blockcheck: one line \\\n   and another\n"
			   "/* a\n * text, then blockcheck: third\n */\n"
			   "/* notblockcheck: no */\n");
	const struct bc_fact_comment *comments = unit.facts.comments;

	(void)state;
	assert_int_equal(unit.facts.ncomments, 4);
	assert_string_equal(str(&unit.facts, comments[0].text), "blockcheck: allow(first)");
	assert_int_equal(comments[0].line, 1);
	assert_int_equal(comments[0].column, 4);
	assert_string_equal(str(&unit.facts, comments[1].text), "blockcheck: allow(second)");
	assert_int_equal(comments[1].line, 3);
	assert_int_equal(comments[3].line, 7);
	close_unit(&unit);
}

static void test_diagnostics(void **state)
{
	struct unit unit = {0};
	const struct bc_fact_symbol *symbol;

	(void)state;
	put(&unit, "a.c",
		"#include \"missing.h\"\nint low(int);\n"
		"unsigned long strlen(const char *); void exit(int) __attribute__((noreturn));\n"
		"int f(void) { return undeclared(3) + low(1); }\n"
		"void library(void) { strlen(\"\"); exit(1); }\n"
		"void g(void) { unknown_t *x; low(2); }\n");
	parse_file(&unit, "a.c");
	assert_string_equal(unit.result.first_error, "a.c:1: 'missing.h' file not found");
	assert_true(unit.result.errors >= 2);
	assert_int_equal(unit.facts.ndiags, unit.result.errors);
	assert_int_equal(unit.facts.diags[0].severity, 3);
	/* What follows the missing header is read nevertheless. */
	check_body(&unit.facts, "f", "(return (+ (call &undeclared 3) (call &low 1)))");
	symbol = find_symbol(&unit.facts, "undeclared");
	assert_true(symbol->flags & BC_SYM_IMPLICIT);
	assert_false(find_symbol(&unit.facts, "low")->flags & BC_SYM_IMPLICIT);
	/* clang knows these without a declaration, but here they have one. */
	assert_false(find_symbol(&unit.facts, "strlen")->flags & BC_SYM_IMPLICIT);
	assert_int_equal(find_symbol(&unit.facts, "strlen")->line, 3);
	assert_true(find_symbol(&unit.facts, "exit")->flags & BC_SYM_NORETURN);
	close_unit(&unit);
}

/* gcc accepts these with warnings: they do not make a unit degraded. */
static void test_tolerated(void **state)
{
	struct unit unit = parse_text("void cb(int);\nvoid (*p)(void) = cb;\nvoid f(char *s)\n"
				      "{ int i = s; s = i; later(i); }\nint g(void) { return; }\n");

	(void)state;
	check_body(&unit.facts, "f", "(:= $i $s)\n(= $s $i)\n(call! &later $i)");
	close_unit(&unit);
}

static void read_all(struct unit *unit, const char *name, struct bc_buf *out)
{
	if (bc_file_read(out, unit_path(unit, name), 0))
		fail_msg("%s", bc_error_message());
}

/* Everything that could carry the path of the checkout into a fact file. */
static struct unit parse_checkout(struct bc_buf *image)
{
	static const char *const args[] = {"-Iinc/../inc", "-include", "inc/first.h"};
	struct unit unit = {.dir = tempdir_make()};

	assert_int_equal(bc_mkdirs(unit_path(&unit, "inc")), 0);
	put(&unit, "inc/first.h", "typedef struct { int a; } first_t;\n");
	put(&unit, "inc/x.h",
		"extern struct { void (*cb)(struct { int q; } *, first_t *); } x;\n"
		"static inline const char *where(void) { return __FILE__; }\n");
	put(&unit, "a.c",
		"#include <x.h>\n#include \"missing.h\"\nvoid log_(const char *, int);\n"
		"static int once(void) { static int n = 3; x.cb(0, 0); return n; }\n"
		"void f(void) { log_(__FILE__, once()); log_(where(), 1); nosuch->x(); }\n");
	assert_int_equal(parse_with(&unit, "a.c", args, 3), 0);
	open_facts(&unit);
	read_all(&unit, "unit.bcf", image);
	return unit;
}

static void test_two_checkouts(void **state)
{
	struct bc_buf images[2] = {{0}, {0}};
	struct unit one = parse_checkout(&images[0]), two = parse_checkout(&images[1]);

	(void)state;
	assert_string_not_equal(one.dir, two.dir);
	assert_int_equal(images[0].len, images[1].len);
	assert_memory_equal(images[0].data, images[1].data, images[0].len);
	assert_memory_equal(one.result.hash, two.result.hash, sizeof(one.result.hash));
	assert_null(memmem(images[0].data, images[0].len, one.dir, strlen(one.dir)));
	assert_int_equal(one.facts.nshards, 1);
	assert_memory_equal(one.facts.shards, two.facts.shards, sizeof(*one.facts.shards));
	check_body(&one.facts, "f",
		"(call! &log_ \"a.c\" (call &once))\n(call! &log_ (call &where) 1)");
	bc_buf_fini(&images[0]);
	bc_buf_fini(&images[1]);
	close_unit(&one);
	close_unit(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shards),
		cmocka_unit_test(test_system_headers),
		cmocka_unit_test(test_foreign_headers),
		cmocka_unit_test(test_c23),
		cmocka_unit_test(test_dependencies),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_diagnostics),
		cmocka_unit_test(test_tolerated),
		cmocka_unit_test(test_two_checkouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
