/* Expressions and statements as trees. */
#include "unit/parse_build.h"

/* ---- expressions ---- */

static void test_elvis(void **state)
{
	(void)state;
	check_code("", "a = g() ?: h(1);", "(= $a (elvis (call &g) (call &h 1)))");
	check_code(
		"", "a = (g() ?: b) ?: h(2);", "(= $a (elvis (elvis (call &g) $b) (call &h 2)))");
	check_code("", "char c = *s ?: 'x'; long l = a ?: 3L;",
		"(:= $c (elvis (deref $s) 120))\n(:= $l (elvis $a 3))");
}

/* A copy of the condition in each copy of the condition: 2^60 nodes for who follows them all. */
static void test_elvis_does_not_explode(void **state)
{
	struct bc_buf text = {0}, wanted = {0};

	(void)state;
	for (int i = 0; i < 60; i++) {
		bc_buf_char(&text, '(');
		bc_buf_str(&wanted, "(elvis ");
	}
	bc_buf_str(&text, "g()");
	bc_buf_str(&wanted, "(call! &g)");
	wanted.len -= strlen("(call! &g)");
	bc_buf_str(&wanted, "(call &g)");
	for (int i = 0; i < 60; i++) {
		bc_buf_str(&text, " ?: a)");
		bc_buf_str(&wanted, " $a)");
	}
	bc_buf_char(&text, ';');
	check_code("", bc_buf_text(&text), bc_buf_text(&wanted));
	bc_buf_fini(&text);
	bc_buf_fini(&wanted);
}

static void test_unevaluated(void **state)
{
	(void)state;
	check_code("", "a = sizeof(g()) + sizeof a + _Alignof(long);", "(= $a 16)");
	check_code("", "__typeof__(g()) t = 3; __typeof__(h(1)) *p = &a, n[h(a)];",
		"(:= $t 3)\n(:= $p (addr $a))\n(call! &h $a)");
	check_code(records, "a = __builtin_offsetof(struct out, n.cb);", "(= $a 16)");
	check_code("", "a = __builtin_choose_expr(1, g(), h(2)); __builtin_choose_expr(0, a, v)();",
		"(= $a (call &g))\n(call! &v)");
	check_code("", "a = __builtin_constant_p(g()); b = __builtin_constant_p(3);",
		"(= $a 0)\n(= $b 1)");
	check_code("", "a = __builtin_types_compatible_p(int, long);", "(= $a 0)");
	check_code("", "_Static_assert(sizeof(g()) == 4, \"\"); typedef int T[sizeof(h(1))];", "");
}

static void test_generic(void **state)
{
	static const char macro[] =
		"typedef unsigned u32; int fi(); int fu(); int fs(); int fd();\n"
		"#define pick(x) _Generic((x), u32: fu, \\\n"
		"	int: fi, const char *: fs, default: fd)(x)";

	(void)state;
	check_code("", "a = _Generic(a, int: g(), default: h(3));", "(= $a (call &g))");
	check_code("", "a = _Generic(a, long: g(), default: h(3));", "(= $a (call &h 3))");
	check_code("", "a = _Generic(s, char *: g(), int: v());", "(= $a (call &g))");
	check_code(macro, "unsigned u = 1; const char *c = s; pick(a); pick(u); pick(c); pick(s);",
		"(:= $u 1)\n(:= $c $s)\n"
		"(call! &fi $a)\n(call! &fu $u)\n(call! &fs $c)\n(call! &fd $s)");
}

static void test_constants_fold(void **state)
{
	static const char declarations[] = "enum { A = 4, B = 0x800 };\n"
					   "static const int C = A | 1;\n"
					   "#define NB (B | A)";

	(void)state;
	check_code(declarations, "h(A | B); h(a | NB); h(C); h(-1); h(~0); h('a'); h(a & ~NB);",
		"(call! &h 2052)\n(call! &h (| $a 2052))\n(call! &h 5)\n(call! &h -1)\n"
		"(call! &h -1)\n(call! &h 97)\n(call! &h (& $a -2053))");
	check_code("void u(unsigned); void z(unsigned long);",
		"u(-1); z(-1); h(0xffffffffu); h(3 > 2 ? 5 : 6);",
		"(call! &u 4294967295)\n(call! &z -1)\n(call! &h -1)\n(call! &h 5)");
	check_code("", "s = 0; s = (void *)0; if (s == ((void *)0)) v();",
		"(= $s 0)\n(= $s (cast 0))\n(if (== $s (cast 0)) (call! &v) none)");
	/* Wider than libclang can evaluate. */
	check_code("", "__int128 w = (__int128)1 << 100; h(w == 0);",
		"(:= $w (<< (cast 1) 100))\n(call! &h (== $w 0))");
}

static void test_strings(void **state)
{
	char long_text[700];
	struct unit unit;
	const struct bc_node *node;

	(void)state;
	check_code("", "s = \"a\\\"b\\\\c\"; s = \"x\" \"y\"; const char *n = __func__;",
		"(= $s \"a\"b\\c\")\n(= $s \"xy\")\n(:= $n \"f\")");
	snprintf(long_text, sizeof(long_text), "const char *s = \"%0600d\";\n", 1);
	unit = parse_text(long_text);
	node = find_node(&unit.facts, "", BC_N_STR);
	assert_int_equal(strlen(str(&unit.facts, node->ref)), 256);
	close_unit(&unit);
}

static void test_operators(void **state)
{
	(void)state;
	check_code("", "a += 2; a++; --b; a = -a; a = !b; b = ~a; s[1] = *s; 1[s] = 0; *&a = +b;",
		"(+= $a 2)\n(post++ $a)\n(pre-- $b)\n(= $a (- $a))\n(= $a (! $b))\n(= $b (~ $a))\n"
		"(= (index $s 1) (deref $s))\n(= (index $s 1) 0)\n(= (deref (addr $a)) $b)");
	check_code("", "a = (g(), 1); a = (b, 2); a = b ? g() : h(1); (void)a; a;",
		"(= $a (comma (call! &g) 1))\n(= $a 2)\n(= $a (cond $b (call &g) (call &h 1)))");
	check_code("", "a = b && g() || h(0);", "(= $a (|| (&& $b (call &g)) (call &h 0)))");
	check_code("", "_Bool t = a & 4; t = a == b; t = !a; t = (_Bool)g(); t = t;",
		"(:= $t (!= (& $a 4) 0))\n(= $t (== $a $b))\n(= $t (! $a))\n"
		"(= $t (!= (call &g) 0))\n(= $t $t)");
	check_code("double d(void);", "double x = 1.5 * a; x = d() * 2; if (x > 1.0) v();",
		"(:= $x ?)\n(= $x (* (call &d) ?))\n(if (> $x ?) (call! &v) none)");
	check_code("", "if (__builtin_expect(!!g(), 0)) v();",
		"(if (! (! (call &g))) (call! &v) none)");
}

static void test_statement_expression(void **state)
{
	(void)state;
	check_code("", "a = ({ int t = g(); t + 1; }); ({ h(1); h(2); });",
		"(= $a (stmtexpr (block (:= $t (call &g)) (+ $t 1))))\n"
		"(stmtexpr (block (call! &h 1) (call! &h 2)))");
	check_code("", "a = ({ v(); b; });", "(= $a (stmtexpr (block (call! &v) $b)))");
}

static void test_calls_through_pointers(void **state)
{
	static const char declarations[] = "struct ops { void (*f)(int); }; struct ops tab[2];\n"
					   "void (*pick(void))(int); void (**pp)(int);";

	(void)state;
	check_code(declarations,
		"struct ops *p = tab; p->f(1); (*p->f)(2); tab[a].f(3); pick()(4); (**pp)(5);\n"
		"void (*l)(int) = p->f; l(6); (*l)(7); (a ? p->f : l)(8); ((void (*)(void))l)();",
		"(:= $p tab)\n(call! (.f $p) 1)\n(call! (.f $p) 2)\n"
		"(call! (.f (index tab $a)) 3)\n(call! (call &pick) 4)\n(call! (deref pp) 5)\n"
		"(:= $l (.f $p))\n(call! $l 6)\n(call! $l 7)\n"
		"(call! (cond $a (.f $p) $l) 8)\n(call! (cast $l))");
	check_code(
		declarations, "(*v)(); (&v)(); (****v)();", "(call! &v)\n(call! &v)\n(call! &v)");
}

/* The type of a call is that of the callee as called. */
static void test_call_types(void **state)
{
	struct unit unit = parse_text("struct s { int a; }; void (*p)(struct s *const, int, ...);\n"
				      "void f(void *q) { ((int (*)(const char *const))q)(0); }\n"
				      "void g(struct s *s) { p(s, 1); }\n"
				      "int k(); void h(void) { k(1); }\n");
	const struct bc_fact_type *type;

	(void)state;
	type = &unit.facts.types[find_node(&unit.facts, "f", BC_N_CALL)->ref];
	assert_string_equal(str(&unit.facts, type->spelling), "int (const char *)");
	assert_string_equal(str(&unit.facts, type->params), "e");
	assert_int_equal(type->ret, BC_CLASS_INT);
	type = &unit.facts.types[find_node(&unit.facts, "g", BC_N_CALL)->ref];
	assert_string_equal(str(&unit.facts, type->spelling), "void (struct s *, int, ...)");
	assert_int_equal(type->variadic, 1);
	type = &unit.facts.types[find_node(&unit.facts, "h", BC_N_CALL)->ref];
	assert_int_equal(type->noproto, 1);
	assert_int_equal(find_symbol(&unit.facts, "p")->cls, BC_CLASS_FPTR);
	close_unit(&unit);
}

static void test_atomics(void **state)
{
	static const char declarations[] =
		"#include <stdatomic.h>\n"
		"typedef void (*fn)(void); fn p, q; _Atomic(fn) at; _Atomic int n; int x;";

	(void)state;
	check_code(declarations,
		"__atomic_store_n(&p, v, 5); __atomic_store(&p, &q, 5); p = __atomic_load_n(&q, "
		"5);\n"
		"__atomic_load(&p, &q, 5); atomic_store(&at, v); p = atomic_load(&at); at = v; p = "
		"at;",
		"(atomic= p &v)\n(atomic= p q)\n(= p q)\n(atomic= q p)\n(atomic= at &v)\n(= p at)\n"
		"(= at &v)\n(= p at)");
	check_code(declarations,
		"__atomic_exchange_n(&p, v, 5); q = __atomic_exchange_n(&p, v, 5);",
		"(atomic= p &v)\n(= q (cond ? p (atomic= p &v)))");
	check_code(declarations, "__atomic_exchange(&p, &q, &p, 5);",
		"(comma (atomic= p p) (atomic= p q))");
	check_code(declarations, "__atomic_compare_exchange_n(&p, &q, v, 0, 5, 5);",
		"(? (cond ? (atomic= p &v) (atomic= q p)))");
	check_code(declarations,
		"__sync_bool_compare_and_swap(&p, q, v); __sync_lock_test_and_set(&x, 1);\n"
		"__sync_lock_release(&x); a = __sync_fetch_and_or(&x, 4); __sync_fetch_and_or(&x, "
		"8);",
		"(? (cond ? (atomic= p &v) ?))\n(atomic= x 1)\n(atomic= x 0)\n"
		"(= $a (? (atomic|= x 4)))\n(atomic|= x 8)");
	check_code(declarations,
		"atomic_fetch_add(&n, 2); a = __atomic_sub_fetch(&x, 1, 5); n++; n |= 3;",
		"(atomic+= n 2)\n(= $a (atomic-= x 1))\n(post++ n)\n(|= n 3)");
}

static void test_casts_and_aliases(void **state)
{
	struct unit unit = parse_text("struct base { int a; void (*cb)(void); };\n"
				      "struct derived { struct base b; int c; };\n"
				      "struct hidden;\n"
				      "void f(struct derived *d, struct hidden *h) {\n"
				      "	((struct base *)(void *)d)->cb();\n"
				      "	((struct base *)h)->cb(); ((struct derived *)d)->c = 1;\n"
				      "}\n");
	const struct bc_fact_alias *alias = unit.facts.aliases;

	(void)state;
	check_body(&unit.facts, "f",
		"(call! (.cb (cast (cast $d))))\n(call! (.cb (cast $h)))\n(= (.c (cast $d)) 1)");
	assert_int_equal(unit.facts.naliases, 1);
	assert_string_equal(str(&unit.facts, alias->record_a), "a.c:1:8");
	assert_string_equal(str(&unit.facts, alias->record_b), "a.c:2:8");
	assert_int_equal(alias->line, 5);
	close_unit(&unit);
}

static void test_fields(void **state)
{
	struct unit unit = parse_text(
		"typedef struct { int first; void (*cb)(int); } named_t;\n"
		"struct o { long l; struct { int deep; }; union { int u; void *p; } un; named_t t; "
		"};\n"
		"#define PAIR(n) struct n##_a { int left; }; struct n##_b { int right; };\n"
		"PAIR(m)\n"
		"int f(struct o *o, struct m_a *a, struct m_b *b)\n"
		"{ o->t.cb(1); return o->deep + o->un.u + a->left + b->right + (o->un.p != 0); "
		"}\n");
	const struct bc_facts *facts = &unit.facts;
	const struct bc_fact_field *field = find_field(facts, "cb");

	(void)state;
	assert_string_equal(str(facts, field->record_key), "a.c:1:9");
	assert_string_equal(str(facts, field->record), "named_t");
	assert_int_equal(field->offset, 64);
	assert_int_equal(field->cls, BC_CLASS_FPTR);
	assert_string_equal(str(facts, facts->types[field->type].spelling), "void (int)");
	field = find_field(facts, "deep");
	assert_string_equal(str(facts, field->record_key), "a.c:2:8#1");
	assert_string_equal(str(facts, field->record), "struct o");
	assert_int_equal(field->in_union, 0);
	field = find_field(facts, "p");
	assert_string_equal(str(facts, field->record_key), "a.c:2:8#2");
	assert_int_equal(field->in_union, 1);
	assert_int_equal(field->cls, BC_CLASS_VPTR);
	/* Two records of one macro use are not the same. */
	assert_string_not_equal(str(facts, find_field(facts, "left")->record_key),
		str(facts, find_field(facts, "right")->record_key));
	close_unit(&unit);
}

/* ---- statements ---- */

static void test_for_parts(void **state)
{
	(void)state;
	check_code("", "for (;;) break; for (a = 0;;) v(); for (; a < 1;) v(); for (;; a++) v();",
		"(for none none break)\n(= $a 0)\n(for none none (call! &v))\n"
		"(for (< $a 1) none (call! &v))\n(for none (post++ $a) (call! &v))");
	check_code("", "for (a = 0; b;) v(); for (a = 0;; b++) v(); for (; a; b = 1) v();",
		"(= $a 0)\n(for $b none (call! &v))\n(= $a 0)\n(for none (post++ $b) (call! &v))\n"
		"(for $a (= $b 1) (call! &v))");
	check_code("", "for (int i = 0, j = g(); i < j; i++, j--) ;",
		"(:= $i 0)\n(:= $j (call &g))\n"
		"(for (< $i $j) (comma (post++ $i) (post-- $j)) (block))");
	check_code("", "for (/* ; */ ; ({ for (;;) break; g(); }) ; /* none */ ) { }",
		"(for (stmtexpr (block (for none none break) (call &g))) none (block))");
	check_code("", "if (a) for (b = 0; ; ) v(); for (; (b = g()) ; ) ;",
		"(if $a (block (= $b 0) (for none none (call! &v))) none)\n"
		"(for (= $b (call &g)) none (block))");
	check_code("#define EACH(x, n) for (; (x) != (n); \\\n	(x) = (x) + 1)\n"
		   "#define EVER ;;",
		"EACH(a, b) v(); for (EVER) break; for (char c = ';', *p = \"(;\"; *p; ) v();",
		"(for (!= $a $b) (= $a (+ $a 1)) (call! &v))\n(for none none break)\n"
		"(:= $c 59)\n(:= $p \"(;\")\n(for (deref $p) none (call! &v))");
}

static void test_loops_and_branches(void **state)
{
	(void)state;
	check_code("", "while (g()) v(); do { v(); continue; } while (a--); while (a) ;",
		"(while (call &g) none (call! &v))\n"
		"(do (post-- $a) none (block (call! &v) continue))\n(while $a none (block))");
	check_code("", "if (a) v(); else if (b) g(); else ; if (a) int_: ; return;",
		"(if $a (call! &v) (if $b (call! &g) (block)))\n"
		"(if $a (block (label 0)) none)\n(return)");
}

static void test_switch_and_goto(void **state)
{
	(void)state;
	check_code("",
		"switch (a) { case 1: case 2 ... 4: g(); break; default: h(1); }\n"
		"switch (b) case 7: v();",
		"(switch $a (block (case 1 none) (case 2 4) (call! &g) break default (call! &h "
		"1)))\n"
		"(switch $b (block (case 7 none) (call! &v)))");
	check_code("", "switch (g()) { case 0: if (a) { case 1: v(); } }",
		"(switch (call &g) (block (case 0 none) (if $a (block (case 1 none) (call! &v)) "
		"none)))");
	check_code("", "again: if (a) goto out; goto again; out: v(); void *p = &&again; goto *p;",
		"(label 0)\n(if $a (goto 1) none)\n(goto 0)\n(label 1)\n(call! &v)\n"
		"(:= $p ?)\n(goto ?)");
}

static void test_cleanup(void **state)
{
	static const char declarations[] =
		"static void drop(int *p) { (void)p; }\n"
		"typedef struct thing thing; void thing_free(thing *);\n"
		"static inline void auto_thing(thing **t) { thing_free(*t); }\n"
		"#define DROP __attribute__((cleanup(drop)))\n"
		"#define cleanup_with(x) __attribute__((__cleanup__(x)))\n"
		"#define DROP_NESTED cleanup_with(drop)\n"
		"#define AUTO_NAME(T) auto_##T\n"
		"#define AUTO_CLEANUP(f) __attribute__((cleanup(f)))\n"
		"#define AUTO(T) AUTO_CLEANUP(AUTO_NAME(T)) T *";

	(void)state;
	check_code(declarations,
		"DROP int x = 1; cleanup_with(drop) int y; DROP_NESTED int z = g(); AUTO(thing) t "
		"= 0;\n"
		"int w DROP, u = 2;",
		"(:= $x 1)\n(cleanup &drop (addr $x))\n(cleanup &drop (addr $y))\n"
		"(:= $z (call &g))\n(cleanup &drop (addr $z))\n"
		"(:= $t 0)\n(cleanup &auto_thing (addr $t))\n(cleanup &drop (addr $w))\n(:= $u 2)");
}

static void test_hidden_parts(void **state)
{
	(void)state;
	check_code("", "__builtin_va_list ap; a = __builtin_va_arg(ap, int);", "(= $a ?)");
	check_code(
		"", "__asm__ volatile(\"\" : \"=r\"(a) : \"r\"(g()));", "(? (= $a ?) (call &g))");
	check_code("", "__extension__ ({ v(); }); _Complex double c;",
		"(stmtexpr (block (call! &v)))");
	check_code("", "switch (a) { case 1: v(); __attribute__((fallthrough)); default: ; }",
		"(switch $a (block (case 1 none) (call! &v) default))");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elvis),
		cmocka_unit_test(test_elvis_does_not_explode),
		cmocka_unit_test(test_unevaluated),
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_constants_fold),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_statement_expression),
		cmocka_unit_test(test_calls_through_pointers),
		cmocka_unit_test(test_call_types),
		cmocka_unit_test(test_atomics),
		cmocka_unit_test(test_casts_and_aliases),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_for_parts),
		cmocka_unit_test(test_loops_and_branches),
		cmocka_unit_test(test_switch_and_goto),
		cmocka_unit_test(test_cleanup),
		cmocka_unit_test(test_hidden_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
