#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "facts/text.h"
#include "unit/facts_build.h"
#include "unit/facts_sample.h"

static void assert_print(struct bc_fw *fw, int trees, const char *wanted)
{
	struct bc_buf out = {0};
	struct bc_facts facts;

	sample_finish(fw, &facts);
	bc_facts_print(&facts, trees, &out);
	assert_string_equal(bc_buf_text(&out), wanted);
	bc_buf_fini(&out);
	bc_fw_free(fw);
}

static void test_whole_file(void **state)
{
	struct bc_fw *fw = sample();

	(void)state;
	build_function(fw, "open_it", NULL, 0, "(block (return (call &make &cb)))");
	assert_print(fw, 0,
		"facts 1  src/a.c\n"
		"\n"
		"function serve  src/a.c:10-20\n"
		"  12:3 call die()\n"
		"      when p && p->f == 0  @12\n"
		"      when !x  @12\n"
		"  12:3 call *struct rec.f(\"ab\")\n"
		"      when !(p && p->f == 0)  @12\n"
		"  16:3 call g(&v, serve(param 1) or 0)  unreachable\n"
		"      when v++ >= 8  @13\n"
		"      when v is 1...3  @16\n"
		"  flow v <- cb2  @11\n"
		"  flow struct rec.f <- cb  @11\n"
		"  flow g(param 1) <- &v  @16\n"
		"  flow g(param 2) <- serve(param 1)  @16\n"
		"  flow return of serve <- cb  @18\n"
		"\n"
		"function idle  src/a.c:10-20\n"
		"\n"
		"function open_it  src/a.c:10-20\n"
		"  10:3 call make(cb)\n"
		"  flow return of open_it <- return of make  @10\n"
		"  flow make(param 1) <- cb  @10\n"
		"\n"
		"function work  int (const char *, void (*)(int))  src/a.c:5:12 defined static"
		"  alias of real_work  key src/a.c:c:a.c@F@work\n"
		"function serve  src/a.c:1 defined\n"
		"function cb  src/a.c:1\n"
		"function cb2  src/a.c:1\n"
		"variable x  src/a.c:1 :ptr\n"
		"function die  src/a.c:1 noreturn\n"
		"function g  src/a.c:1\n"
		"function idle  src/a.c:1 defined\n"
		"function open_it  src/a.c:1 defined\n"
		"function make  src/a.c:1\n"
		"\n"
		"field struct ops.open  int (const char *, void (*)(int)) :fptr at bit 64 in union"
		"  key include/ops.h:8:1\n"
		"field struct rec.f :fptr  key src/a.c:3:1\n"
		"\n"
		"annotation work  blockcheck:nonblocking\n"
		"\n"
		"alias include/ops.h:8:1 = src/a.c:9:1  src/a.c:40\n"
		"\n"
		"comment src/a.c:7:3  blockcheck: allow(x)\n"
		"\n"
		"diagnostic (no file)  severity 3  no such file\n"
		"\n"
		"dep 112233445566778899aabbccddeeff00 1234 src/a.c\n"
		"\n"
		"shard 99aabbccddeeff001122334455667788\n");
}

static void test_tree(void **state)
{
	static const char *const params[] = {"p", NULL};
	struct bc_fw *fw = bc_fw_new("src/a.c");

	(void)state;
	build_function(fw, "f", params, 1,
		"(block (label 0)\n"
		"(while x (block (|= $p 4) (set f &g)))\n"
		"(return (call (.f $p) (! \"s\"))))");
	assert_print(fw, 1,
		"facts 1  src/a.c\n"
		"\n"
		"function f  src/a.c:10-20\n"
		"  12:3 call *struct rec.f(?)\n"
		"      when !x  @11\n"
		"  flow struct rec.f <- g  @11\n"
		"  flow return of f <- return of struct rec.f  @12\n"
		"  tree\n"
		"    (block @10:3\n"
		"      (label 0 @10:3)\n"
		"      (loop while @11:3\n"
		"        (var x :int @11:3)\n"
		"        (none)\n"
		"        (block @11:3\n"
		"          (assign |= :ptr @11:3\n"
		"            (local p :ptr @11:3)\n"
		"            (int 4 :int @11:3))\n"
		"          (set struct rec.f :ptr @11:3\n"
		"            (func g :fptr @11:3))))\n"
		"      (return @12:3\n"
		"        (call :ptr @12:3\n"
		"          (field struct rec.f :ptr @12:3\n"
		"            (local p :ptr @12:3))\n"
		"          (unary ! :ptr @12:3\n"
		"            (str \"s\" :ptr @12:3)))))\n"
		"\n"
		"function f  src/a.c:1 defined\n"
		"variable x  src/a.c:1 :ptr\n"
		"function g  src/a.c:1\n"
		"\n"
		"field struct rec.f :fptr  key src/a.c:3:1\n");
}

/* The text that `print` makes of the expression, which stands alone in a function f(p). */
static void assert_text(const char *expression, const char *wanted,
	void (*print)(const struct bc_body *, uint32_t, struct bc_buf *))
{
	static const char *const params[] = {"p", NULL};
	struct bc_fw *fw = bc_fw_new("src/a.c");
	struct bc_buf text = {0}, out = {0};
	struct bc_facts facts;
	struct bc_body body;

	bc_buf_printf(&text, "(block %s)", expression);
	build_function(fw, "f", params, 0, bc_buf_text(&text));
	sample_finish(fw, &facts);
	body = bc_body_of(&facts, 0);
	print(&body, 1, &out);
	if (strcmp(bc_buf_text(&out), wanted))
		fail_msg("%s\n  is    '%s'\n  wants '%s'", expression, bc_buf_text(&out), wanted);
	bc_buf_fini(&text);
	bc_buf_fini(&out);
	bc_fw_free(fw);
}

static void test_values(void **state)
{
	static const struct {
		const char *expression, *value;
	} cases[] = {
		{"7", "7"},
		{"-1", "-1"},
		{"(- 0x7fffffffffffffff)", "-9223372036854775807"},
		{"(~ 0)", "-1"},
		{"(! 3)", "0"},
		{"(| 0x800 0x2)", "2050"},
		{"(| $p 0x800)", "bits 0x800"},
		{"(| (| x 0x800) (| 1 $p))", "bits 0x801"},
		{"(& (| x 0x800) 0xff)", "?"},
		{"(& (| x 0x8ff) (| 0x80f $p))", "bits 0x80f"},
		{"(<< 1 4)", "16"},
		{"(<< 1 64)", "?"},
		{"(>> -1 1)", "?"},
		{"(/ 4 0)", "?"},
		{"(+ 0x7fffffffffffffff 1)", "-9223372036854775808"},
		{"(+ $p 1)", "?"},
		{"$p", "f(param 1)"},
		{"$v", "v"},
		{"x", "x"},
		{"&g", "g"},
		{"(addr &g)", "g"},
		{"(addr $v)", "&v"},
		{"(addr (init))", "&{...}"},
		{"(.f $p)", "struct rec.f"},
		{"(.f (.f2 $p))", "struct rec.f"},
		{"(index x 3)", "x"},
		{"(deref $v)", "*v"},
		{"(deref (+ $v 1))", "?"},
		{"(cast $v)", "v"},
		{"(call &g 1)", "return of g"},
		{"(index (index (index (index (index (index (index (index (index (index (index "
		 "(index "
		 "(index (index (index (index (index (index (index (index (index (index (index "
		 "(index "
		 "(index (index (index (index (index (index (index (index (index (index x 0) 0) 0) "
		 "0) "
		 "0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) 0) "
		 "0) "
		 "0) 0)",
			"?"},
		{"(call (deref (.f $p)) 1)", "return of struct rec.f"},
		{"\"text\"", "\"text\""},
		{"(cond x &g &h)", "g or h"},
		{"(elvis $v (cond x 1 2))", "v or 1 or 2"},
		{"(comma 1 2 $v)", "v"},
		{"(= x (= y &g))", "g"},
		{"(|= x 4)", "?"},
		{"(cond x (cond x 1 2) (cond x (cond y 3 4) 5))", "1 or 2 or 3 or 4 or ?"},
		{"(opaque x)", "?"},
		{"none", "?"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_text(cases[i].expression, cases[i].value, bc_text_value);
}

static void print_expr(const struct bc_body *body, uint32_t node, struct bc_buf *out)
{
	bc_text_expr(body, node, 40, out);
}

static void test_expressions(void **state)
{
	static const struct {
		const char *expression, *text;
	} cases[] = {
		{"(&& (> x 0) (&& y z))", "x > 0 && y && z"},
		{"(&& x (|| y z))", "x && (y || z)"},
		{"(! (& (.f $p) 4))", "!(p->f & 4)"},
		{"(== (& x 4) 0)", "(x & 4) == 0"},
		{"(.f (.f2 $p))", "p->f2->f"},
		{"(.f (init))", "{...}.f"},
		{"(deref (+ $p 1))", "*(p + 1)"},
		{"(post++ (index $v (+ x 1)))", "v[x + 1]++"},
		{"(pre-- x)", "--x"},
		{"(== (= x (call &g 1 \"a\")) -1)", "(x = g(1, \"a\")) == -1"},
		{"(|= x 4)", "x |= 4"},
		{"(cond x y z)", "x ? y : z"},
		{"(+ (cond x y z) 1)", "(x ? y : z) + 1"},
		{"(cast (cast x))", "x"},
		{"(comma x y)", "x, y"},
		{"(elvis x y)", "x ?: y"},
		{"(stmtexpr (block))", "({...})"},
		{"(call &g (call &g (call &g (call &g (call &g (call &g (call &g (call &g (call &g "
		 "(call &g (call &g (call &g (call &g (call &g (call &g (call &g (call &g (call &g "
		 "(call &g (call &g (call &g (call &g 1))))))))))))))))))))))",
			"g(g(g(g(g(g(g(g(g(g(g(g(g(g(g(g(g(g(g(g(...))))))))))))))))))))"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_text(cases[i].expression, cases[i].text, print_expr);
}

/* A body as deep as a file may hold, of each kind of nesting that readers recurse into. */
static void test_deepest(void **state)
{
	static const char *const shapes[][2] = {
		{"(if x (block ", ") none)"},
		{"(&& x ", ")"},
		{"(= $v ", ")"},
		{"(call (deref ", "))"},
		{"(call &g ", ")"},
		{"(switch x (while y ", "))"},
		{"(- (cond x 1 ", "))"},
		{"(init (elem ", "))"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct bc_fw *fw = bc_fw_new("src/a.c");
		struct bc_buf text = {0}, out = {0};
		struct bc_facts facts;

		bc_buf_str(&text, "(block (return (= $v (call &hit ");
		for (int level = 0; level < BC_FACTS_MAX_DEPTH; level++)
			bc_buf_str(&text, shapes[i][0]);
		bc_buf_str(&text, "&g");
		for (int level = 0; level < BC_FACTS_MAX_DEPTH; level++)
			bc_buf_str(&text, shapes[i][1]);
		bc_buf_str(&text, "))))");
		build_function(fw, "f", NULL, 0, bc_buf_text(&text));
		sample_finish(fw, &facts);
		assert_int_equal(facts.ndiags, 1); /* it was deeper than that */
		bc_facts_print(&facts, 1, &out);
		assert_non_null(strstr(bc_buf_text(&out), "call hit("));
		bc_buf_fini(&text);
		bc_buf_fini(&out);
		bc_fw_free(fw);
	}
}

/* Names and literals of the analysed program do not reach a terminal as they are. */
static void test_escapes(void **state)
{
	struct bc_buf out = {0};

	(void)state;
	bc_text_escape("a\n\t\x1b[31m\x7f\xc3\xa9", &out);
	assert_string_equal(bc_buf_text(&out), "a\\n\\t\\x1b[31m\\x7f\xc3\xa9");
	bc_buf_clear(&out);
	bc_text_quote("say \"\\\"", 40, &out);
	assert_string_equal(bc_buf_text(&out), "\"say \\\"\\\\\\\"\"");
	bc_buf_clear(&out);
	bc_text_quote("ab\xc3\xa9z", 3, &out); /* not in the middle of a character */
	assert_string_equal(bc_buf_text(&out), "\"ab\xc3\xa9...\"");
	bc_buf_fini(&out);
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < BC_N_KIND_COUNT; i++)
		assert_string_not_equal(bc_node_kind_name((enum bc_node_kind)i), "?");
	for (int i = 0; i < BC_OP_COUNT; i++)
		assert_string_not_equal(bc_op_name((enum bc_op)i), "?");
	for (int i = 0; i < BC_CLASS_COUNT; i++)
		assert_string_not_equal(bc_class_name((enum bc_class)i), "?");
	assert_string_equal(bc_node_kind_name(BC_N_KIND_COUNT), "?");
	assert_string_equal(bc_op_name(BC_OP_COUNT), "?");
	assert_string_equal(bc_class_name(BC_CLASS_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_file),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_deepest),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
