/* Initialisers as libclang gives them: brace elision, designators, padding, long tables. */
#include "unit/parse_build.h"

static void check_init(const char *init, const char *wanted)
{
	char *text = NULL;
	struct unit unit;

	if (asprintf(&text, "%svoid v(void); void w(void);\n%s\n", records, init) < 0)
		abort();
	unit = parse_text(text);
	check_body(&unit.facts, "", wanted);
	close_unit(&unit);
	free(text);
}

static void test_init_positional(void **state)
{
	(void)state;
	check_init("struct in x = { 1, v };", "(:= x (init (set a 1) (set cb &v)))");
	check_init("struct in x = { 1 };", "(:= x (init (set a 1)))");
	check_init("struct out x = { 1, { 2, v }, { 3 }, { 4, 5 } };",
		"(:= x (init (set x 1) (set n (init (set a 2) (set cb &v))) "
		"(set  (init (set u 3))) (set t (init (elem 4) (elem 5)))))");
	check_init("int x = { 7 };", "(:= x 7)");
	check_init("fn x[] = { v, &w };", "(:= x (init (elem &v) (elem &w)))");
}

static void test_init_elided_braces(void **state)
{
	(void)state;
	check_init("struct out x = { 1, 2, v, 3, 4, 5, 6 };",
		"(:= x (init (set x 1) (set n (init (set a 2) (set cb &v))) "
		"(set  (init (set u 3))) (set t (init (elem 4) (elem 5) (elem 6)))))");
	check_init("struct in x[] = { 1, v, 2, w };",
		"(:= x (init (elem (init (set a 1) (set cb &v))) "
		"(elem (init (set a 2) (set cb &w)))))");
	check_init("struct { struct in p[2]; fn last; } x = { 1, v, 2, w, v };",
		"(:= x (init (set p (init (elem (init (set a 1) (set cb &v))) "
		"(elem (init (set a 2) (set cb &w))))) (set last &v)))");
}

static void test_init_designated(void **state)
{
	(void)state;
	check_init("struct in x = { .cb = v, .a = 1 };", "(:= x (init (set cb &v) (set a 1)))");
	check_init("struct in x = { cb: v };", "(:= x (init (set cb &v)))");
	check_init("struct out x = { .n.cb = v, .f = w };",
		"(:= x (init (set n (init (set cb &v))) (set  (init (set f &w)))))");
	/* What follows a designator goes on from there, also inside the object it leads into. */
	check_init("struct out x = { .n.a = 1, v, .t = { [1] = 2 } };",
		"(:= x (init (set n (init (set a 1) (set cb &v))) (set t (init (elem 2)))))");
	check_init("struct out x = { .n = { 1, v }, { .f = w } };",
		"(:= x (init (set n (init (set a 1) (set cb &v))) (set  (init (set f &w)))))");
	check_init("struct out x = { .t = 1, 2, 3 };",
		"(:= x (init (set t (init (elem 1) (elem 2) (elem 3)))))");
}

static void test_init_arrays(void **state)
{
	(void)state;
	check_init("fn x[4] = { [0 ... 1] = v, [3] = w };", "(:= x (init (elem &v) (elem &w)))");
	check_init("struct in x[9] = { [2].cb = v, [3] = { 1, w }, 5, v };",
		"(:= x (init (elem (init (set cb &v))) (elem (init (set a 1) (set cb &w))) "
		"(elem (init (set a 5) (set cb &v)))))");
	check_init("fn x[2][2] = { [0] = { v }, [1][1] = w };",
		"(:= x (init (elem (init (elem &v))) (elem (init (elem &w)))))");
	check_init("fn x[2][2] = { [0 ... 1] = { v, w } };",
		"(:= x (init (elem (init (elem &v) (elem &w)))))");
	check_init("char x[2][4] = { \"ab\", \"cd\" }; char y[] = { \"z\" };",
		"(:= x (init (elem \"ab\") (elem \"cd\")))\n(:= y \"z\")");
}

static void test_init_unions_and_copies(void **state)
{
	(void)state;
	check_init("union { int u; fn f; } x = { 1 }, y = { .f = v };",
		"(:= x (init (set u 1)))\n(:= y (init (set f &v)))");
	check_code(records,
		"struct in i = { 1, v }; struct out o = { 2, i, { 3 } }; struct in c = i;",
		"(:= $i (init (set a 1) (set cb &v)))\n"
		"(:= $o (init (set x 2) (set n $i) (set  (init (set u 3)))))\n"
		"(:= $c $i)");
	check_code(records, "struct in *p = &(struct in){ .cb = v }; h((int){ 3 });",
		"(:= $p (addr (init (set cb &v))))\n(call! &h 3)");
	check_code("struct empty { }; struct has { struct empty e; int a; };",
		"struct empty e; struct has x = { e, 1 }, y = { { }, g() };",
		"(:= $x (init (set e $e) (set a 1)))\n(:= $y (init (set e (init)) (set a (call "
		"&g))))");
}

static void test_init_with_padding_and_surplus(void **state)
{
	struct unit unit = {0};

	(void)state;
	check_init("struct { int a : 3; int : 5; int b : 4; } x = { 1, 2 };",
		"(:= x (init (set a 1) (set b 2)))");
	put(&unit, "a.c", "int g(void); void f(void) { int x[1] = { 1, g() }; }\n");
	parse_file(&unit, "a.c");
	check_body(&unit.facts, "f", "(:= $x (init (elem 1) (elem (call &g))))");
	close_unit(&unit);
}

static void test_init_long_tables(void **state)
{
	struct bc_buf text = {0};
	struct unit unit;

	(void)state;
	bc_buf_str(&text, "void v(void); struct row { int a; void (*f)(void); };\n"
			  "int numbers[] = {");
	for (int i = 0; i < 3000; i++)
		bc_buf_printf(&text, "%d,", i);
	bc_buf_str(&text, "};\nstruct row rows[] = {");
	for (int i = 0; i < 3000; i++)
		bc_buf_printf(&text, "{%d, v},", i);
	bc_buf_str(&text, "};\n");
	unit = parse_text(bc_buf_text(&text));
	bc_buf_fini(&text);
	/* 5 nodes and more for each row; of the numbers a few. */
	assert_in_range(find_function(&unit.facts, "")->nnodes, 5 * 3000, 6 * 3000 + 300);
	close_unit(&unit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init_positional),
		cmocka_unit_test(test_init_elided_braces),
		cmocka_unit_test(test_init_designated),
		cmocka_unit_test(test_init_arrays),
		cmocka_unit_test(test_init_unions_and_copies),
		cmocka_unit_test(test_init_with_padding_and_surplus),
		cmocka_unit_test(test_init_long_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
