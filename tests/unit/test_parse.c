/*
 * Sources through libclang into fact files, and back as text:
 *
 *	7 "s" &f x $a      number, string, function, file-scope or static variable, local variable
 *	(.f base)          field f
 *	(+ a b) (! a)      operators; (= a b) (|= a b) assignments, (:= a b) a declaration's,
 *	                   (atomic= a b) an atomic one
 *	(call f a) (call! f a) (cleanup f a)      value used, value discarded, attribute cleanup
 *	(set f v) (elem v)                        parts of (init ...)
 *	(while c step body) (do ...) (for ...)    loops
 *	none ? (? a)                              nothing there, unknown value, unknown of parts
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "facts/facts.h"
#include "parse/parse.h"
#include "tempdir.h"

/* ---- one unit, parsed ---- */

struct unit {
	char *dir;
	struct bc_parse_result result;
	struct bc_facts facts;
	struct bc_facts shards[8];
};

static const char *unit_path(const struct unit *unit, const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", unit->dir, name);
	return path;
}

static void put(struct unit *unit, const char *name, const char *text)
{
	if (!unit->dir)
		unit->dir = tempdir_make();
	free(tempdir_file(unit->dir, name, text));
}

static int parse_with(struct unit *unit, const char *name, const char *const *args, int nargs)
{
	char file[4096], out[4096], shards[4096];
	struct bc_parse_job job = {
		.file = file,
		.directory = unit->dir,
		.args = args,
		.nargs = nargs,
		.root = unit->dir,
		.unit_out = out,
		.shard_dir = shards,
	};

	snprintf(file, sizeof(file), "%s/%s", unit->dir, name);
	snprintf(out, sizeof(out), "%s/unit.bcf", unit->dir);
	snprintf(shards, sizeof(shards), "%s/shards", unit->dir);
	assert_int_equal(bc_mkdirs(shards), 0);
	return bc_parse_unit(&job, &unit->result);
}

static void open_facts(struct unit *unit)
{
	if (bc_facts_open(&unit->facts, unit_path(unit, "unit.bcf")))
		fail_msg("%s", bc_error_message());
	assert_true(unit->facts.nshards <= 8);
	for (uint32_t i = 0; i < unit->facts.nshards; i++) {
		char hex[33], name[64];

		bc_hash_hex(unit->facts.shards[i].hash, hex);
		snprintf(name, sizeof(name), "shards/%s.bcf", hex);
		if (bc_facts_open(&unit->shards[i], unit_path(unit, name)))
			fail_msg("%s", bc_error_message());
	}
}

static void parse_file(struct unit *unit, const char *name)
{
	static const char *const args[] = {"-std=gnu11"};

	if (parse_with(unit, name, args, 1))
		fail_msg("%s", bc_error_message());
	open_facts(unit);
}

/* Parses `text` as a.c, which must compile. */
static struct unit parse_text(const char *text)
{
	struct unit unit = {0};

	put(&unit, "a.c", text);
	parse_file(&unit, "a.c");
	assert_string_equal(unit.result.first_error, "");
	assert_int_equal(unit.result.errors, 0);
	return unit;
}

static void close_unit(struct unit *unit)
{
	for (uint32_t i = 0; i < unit->facts.nshards; i++)
		bc_facts_close(&unit->shards[i]);
	bc_facts_close(&unit->facts);
	tempdir_remove(unit->dir);
}

/* ---- trees as text ---- */

struct show {
	const struct bc_facts *facts;
	const struct bc_fact_function *function;
	struct bc_buf *out;
};

static const char *str(const struct bc_facts *facts, uint32_t offset)
{
	return bc_fact_str(facts, offset);
}

static void show_leaf(const struct show *show, const struct bc_node *node)
{
	const struct bc_facts *facts = show->facts;

	switch ((int)node->kind) {
	case BC_N_INT: bc_buf_printf(show->out, "%lld", (long long)facts->ints[node->ref]); break;
	case BC_N_STR: bc_buf_printf(show->out, "\"%s\"", str(facts, node->ref)); break;
	case BC_N_FUNC:
		bc_buf_printf(show->out, "&%s", str(facts, facts->symbols[node->ref].name));
		break;
	case BC_N_VAR: bc_buf_str(show->out, str(facts, facts->symbols[node->ref].name)); break;
	case BC_N_LOCAL:
		bc_buf_printf(show->out, "$%s",
			str(facts, facts->locals[show->function->local + node->ref].name));
		break;
	case BC_N_LABEL: bc_buf_printf(show->out, "(label %u)", node->ref); break;
	case BC_N_GOTO:
		if (node->ref == BC_NONE)
			bc_buf_str(show->out, "(goto ?)");
		else
			bc_buf_printf(show->out, "(goto %u)", node->ref);
		break;
	case BC_N_OPAQUE: bc_buf_str(show->out, "?"); break;
	default: bc_buf_str(show->out, bc_node_kind_name((enum bc_node_kind)node->kind)); break;
	}
}

static void show_head(const struct show *show, const struct bc_node *node)
{
	static const char *const loops[] = {"while", "do", "for"};
	const char *op = node->op ? bc_op_name((enum bc_op)node->op) : "";
	const struct bc_fact_field *field = &show->facts->fields[node->ref];

	switch ((int)node->kind) {
	case BC_N_FIELD: bc_buf_printf(show->out, ".%s", str(show->facts, field->name)); break;
	case BC_N_SET: bc_buf_printf(show->out, "set %s", str(show->facts, field->name)); break;
	case BC_N_UNARY:
	case BC_N_BINARY: bc_buf_str(show->out, op); break;
	case BC_N_ASSIGN:
		if (node->flags & BC_NF_ATOMIC)
			bc_buf_str(show->out, "atomic");
		bc_buf_printf(show->out, "%s=", node->flags & BC_NF_INIT ? ":" : op);
		break;
	case BC_N_LOOP: bc_buf_str(show->out, loops[node->op]); break;
	case BC_N_CALL:
		if (node->flags & BC_NF_CLEANUP)
			bc_buf_str(show->out, "cleanup");
		else
			bc_buf_str(show->out, node->flags & BC_NF_UNUSED ? "call!" : "call");
		break;
	case BC_N_OPAQUE: bc_buf_char(show->out, '?'); break;
	default: bc_buf_str(show->out, bc_node_kind_name((enum bc_node_kind)node->kind)); break;
	}
}

static void show_node(const struct show *show, uint32_t at)
{
	const struct bc_node *nodes = show->facts->nodes + show->function->node;
	const struct bc_node *node = &nodes[at];
	int inner =
		node->kind == BC_N_INIT || node->kind == BC_N_BLOCK || node->kind == BC_N_RETURN;

	if (node->size == 1 && !inner) {
		show_leaf(show, node);
		return;
	}
	bc_buf_char(show->out, '(');
	show_head(show, node);
	for (uint32_t kid = at + 1; kid < at + node->size; kid += nodes[kid].size) {
		bc_buf_char(show->out, ' ');
		show_node(show, kid);
	}
	bc_buf_char(show->out, ')');
}

static const struct bc_fact_function *find_function(const struct bc_facts *facts, const char *name)
{
	for (uint32_t i = 0; i < facts->nfunctions; i++) {
		uint32_t symbol = facts->functions[i].symbol;

		if (symbol == BC_NONE ? !*name
				      : !strcmp(str(facts, facts->symbols[symbol].name), name))
			return &facts->functions[i];
	}
	return NULL;
}

/* The statements of function `name` ("": the initialisers at file scope). */
static char *body_of(const struct bc_facts *facts, const char *name)
{
	struct bc_buf out = {0};
	struct show show = {facts, find_function(facts, name), &out};
	const struct bc_node *nodes;

	if (!show.function)
		fail_msg("no function %s", name);
	nodes = facts->nodes + show.function->node;
	for (uint32_t kid = 1; kid < nodes[0].size; kid += nodes[kid].size) {
		if (kid > 1)
			bc_buf_char(&out, '\n');
		show_node(&show, kid);
	}
	return out.data ? out.data : strdup("");
}

static void check_body(const struct bc_facts *facts, const char *name, const char *wanted)
{
	char *text = body_of(facts, name);

	assert_string_equal(text, wanted);
	free(text);
}

/* `code` within void f(int a, int b, char *s), after some declarations. */
static void check_code(const char *declarations, const char *code, const char *wanted)
{
	char *text = NULL;
	struct unit unit;

	if (asprintf(&text,
		    "int g(void); int h(int); void v(void);\n%s\n"
		    "void f(int a, int b, char *s)\n{\n%s\n}\n",
		    declarations, code) < 0)
		abort();
	unit = parse_text(text);
	check_body(&unit.facts, "f", wanted);
	close_unit(&unit);
	free(text);
}

static const struct bc_fact_symbol *find_symbol(const struct bc_facts *facts, const char *name)
{
	for (uint32_t i = 0; i < facts->nsymbols; i++)
		if (!strcmp(str(facts, facts->symbols[i].name), name))
			return &facts->symbols[i];
	fail_msg("no symbol %s", name);
	return NULL;
}

static const struct bc_fact_field *find_field(const struct bc_facts *facts, const char *name)
{
	for (uint32_t i = 0; i < facts->nfields; i++)
		if (!strcmp(str(facts, facts->fields[i].name), name))
			return &facts->fields[i];
	fail_msg("no field %s", name);
	return NULL;
}

/* The first node of this kind in a function. */
static const struct bc_node *find_node(
	const struct bc_facts *facts, const char *function, enum bc_node_kind kind)
{
	const struct bc_fact_function *found = find_function(facts, function);

	assert_non_null(found);
	for (uint32_t i = 0; i < found->nnodes; i++)
		if (facts->nodes[found->node + i].kind == kind)
			return &facts->nodes[found->node + i];
	fail_msg("no such node in %s", function);
	return NULL;
}

/* ---- initialisers ---- */

static const char records[] =
	"typedef void (*fn)(void);\n"
	"struct in { int a; fn cb; };\n"
	"struct out { int x; struct in n; union { int u; fn f; }; int t[3]; };\n";

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

/* ---- identity ---- */

static void test_static_locals(void **state)
{
	struct unit unit = parse_text("void v(void); void w(void);\n"
				      "void f(void) { static void (*p)(void) = v; p(); }\n"
				      "void g(void) { static void (*p)(void) = w; p(); }\n");
	const struct bc_node *a = find_node(&unit.facts, "f", BC_N_VAR);
	const struct bc_node *b = find_node(&unit.facts, "g", BC_N_VAR);

	(void)state;
	assert_int_not_equal(a->ref, b->ref);
	assert_true(unit.facts.symbols[a->ref].flags & BC_SYM_INTERNAL);
	check_body(&unit.facts, "f", "(call! p)");
	check_body(&unit.facts, "", "(:= p &v)\n(:= p &w)");
	close_unit(&unit);
}

static char *copy_key(const struct bc_facts *facts, const char *name)
{
	return strdup(str(facts, find_symbol(facts, name)->key));
}

/* libclang's own identity of a static names the file by its last component only. */
static void test_same_named_statics(void **state)
{
	static const char text[] = "static void helper(void) { }\nvoid f(void) { helper(); }\n";
	struct unit unit = {.dir = tempdir_make()};
	char *keys[2], *external;

	(void)state;
	for (int i = 0; i < 2; i++) {
		char name[32];

		snprintf(name, sizeof(name), "d%d", i);
		assert_int_equal(bc_mkdirs(unit_path(&unit, name)), 0);
		snprintf(name, sizeof(name), "d%d/util.c", i);
		put(&unit, name, text);
		parse_file(&unit, name);
		keys[i] = copy_key(&unit.facts, "helper");
		external = copy_key(&unit.facts, "f");
		assert_string_equal(external, "f");
		free(external);
		if (!i)
			bc_facts_close(&unit.facts);
	}
	assert_string_not_equal(keys[0], keys[1]);
	assert_int_equal(strncmp(keys[0], "d0/util.c:", 10), 0);
	free(keys[0]);
	free(keys[1]);
	close_unit(&unit);
}

static void test_attributes(void **state)
{
	struct unit unit = parse_text(
		"#define FATAL __attribute__((__noreturn__))\n"
		"#define ALIAS(n) __attribute__((alias(#n)))\n"
		"FATAL void die(void); _Noreturn void die2(void); void die3(void) FATAL;\n"
		"__attribute__((constructor(101))) static void up(void) { die(); }\n"
		"static void down(void) __attribute__((destructor)); static void down(void) { "
		"die2(); }\n"
		"void real(void) { die3(); } void other(void) __attribute__((alias(\"real\")));\n"
		"void third(void) ALIAS(real); void weak(void) __attribute__((weak));\n"
		"static void (*init)(void) __attribute__((section(\"calls\"), used)) = real;\n"
		"__attribute__((annotate(\"blockcheck:nonblocking\"))) void quick(int, ...);\n"
		"inline int inl(void) { weak(); quick(1); return 0; }\n");
	const struct bc_facts *facts = &unit.facts;
	const struct bc_fact_symbol *symbol;

	(void)state;
	assert_true(find_symbol(facts, "die")->flags & BC_SYM_NORETURN);
	assert_true(find_symbol(facts, "die2")->flags & BC_SYM_NORETURN);
	assert_true(find_symbol(facts, "die3")->flags & BC_SYM_NORETURN);
	assert_false(find_symbol(facts, "real")->flags & BC_SYM_NORETURN);
	assert_true(find_symbol(facts, "up")->flags & BC_SYM_CTOR);
	assert_true(find_symbol(facts, "down")->flags & BC_SYM_DTOR);
	symbol = find_symbol(facts, "other");
	assert_string_equal(str(facts, symbol->alias), "real");
	assert_true(symbol->flags & BC_SYM_DEFINED);
	assert_string_equal(str(facts, find_symbol(facts, "third")->alias), "real");
	assert_true(find_symbol(facts, "weak")->flags & BC_SYM_WEAK);
	assert_true(find_symbol(facts, "init")->flags & BC_SYM_SECTION);
	symbol = find_symbol(facts, "quick");
	assert_true(symbol->flags & BC_SYM_VARIADIC);
	assert_int_equal(facts->nannotations, 1);
	assert_ptr_equal(&facts->symbols[facts->annotations[0].symbol], symbol);
	assert_string_equal(str(facts, facts->annotations[0].text), "blockcheck:nonblocking");
	assert_true(find_symbol(facts, "inl")->flags & BC_SYM_INLINE);
	/* The function type is the same with and without the attribute. */
	assert_int_equal(find_symbol(facts, "die")->type, find_symbol(facts, "real")->type);
	close_unit(&unit);
}

static void check_loc(const struct bc_node *node, unsigned line, unsigned column)
{
	assert_int_equal(BC_LOC_LINE(node->loc), line);
	assert_int_equal(BC_LOC_COLUMN(node->loc), column);
}

static void test_locations(void **state)
{
	struct unit unit = parse_text("void on_read(void); struct e { void (*cb)(void); };\n"
				      "#define ASSIGN(e, f) \\\n"
				      "	((e)->cb = (f))\n"
				      "void f(struct e *e)\n"
				      "{\n"
				      "	ASSIGN(e,\n"
				      "	       on_read);\n"
				      "	e->cb();\n"
				      "}\n");
	const struct bc_fact_function *function = find_function(&unit.facts, "f");

	(void)state;
	check_loc(find_node(&unit.facts, "f", BC_N_FUNC), 7, 9);
	check_loc(find_node(&unit.facts, "f", BC_N_ASSIGN), 6, 2);
	check_loc(find_node(&unit.facts, "f", BC_N_CALL), 8, 2);
	assert_true(find_node(&unit.facts, "f", BC_N_ASSIGN)->flags & BC_NF_MACRO);
	assert_false(find_node(&unit.facts, "f", BC_N_CALL)->flags & BC_NF_MACRO);
	assert_int_equal(function->line, 4);
	assert_int_equal(function->end_line, 9);
	assert_int_equal(find_symbol(&unit.facts, "on_read")->line, 1);
	close_unit(&unit);
}

static void test_locals(void **state)
{
	struct unit unit =
		parse_text("int f(int a, void (*cb)(int), char *buf, struct s *s)\n"
			   "{ long n = a; void (*tab[2])(int) = { cb, cb };\n"
			   "  double d; struct { int x; } r; tab[0]((int)n); return a; }\n");
	const struct bc_fact_function *function = find_function(&unit.facts, "f");
	static const uint8_t classes[] = {BC_CLASS_INT, BC_CLASS_FPTR, BC_CLASS_PTR, BC_CLASS_PTR,
		BC_CLASS_LONG, BC_CLASS_FPTR, BC_CLASS_FLOAT, BC_CLASS_RECORD};

	(void)state;
	assert_int_equal(function->nparams, 4);
	assert_int_equal(function->nlocals, 8);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(unit.facts.locals[function->local + i].cls, classes[i]);
	assert_int_not_equal(unit.facts.locals[function->local + 1].type, BC_NONE);
	assert_int_equal(find_symbol(&unit.facts, "f")->nparams, 4);
	close_unit(&unit);
}

/* ---- files ---- */

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

/* ---- hostile input ---- */

static void check_deep(const char *open, const char *inner, const char *close, int times)
{
	struct bc_buf text = {0};
	struct unit unit = {0};
	const struct bc_node *call;

	bc_buf_str(&text, "int deep(void);\nvoid f(int a)\n{\n");
	for (int i = 0; i < times; i++)
		bc_buf_str(&text, open);
	bc_buf_str(&text, inner);
	for (int i = 0; i < times; i++)
		bc_buf_str(&text, close);
	bc_buf_str(&text, "\n}\n");
	put(&unit, "a.c", bc_buf_text(&text));
	bc_buf_fini(&text);
	{
		static const char *const args[] = {"-fbracket-depth=100000"};

		assert_int_equal(parse_with(&unit, "a.c", args, 1), 0);
	}
	open_facts(&unit);
	if (unit.facts.ndiags)
		fail_msg("%s", str(&unit.facts, unit.facts.diags[0].text));
	call = find_node(&unit.facts, "f", BC_N_CALL);
	assert_string_equal(str(&unit.facts, unit.facts.symbols[call[1].ref].name), "deep");
	close_unit(&unit);
}

static void test_deep_nesting(void **state)
{
	(void)state;
	check_deep("{", "deep();", "}", 3000);
	check_deep("if (a) ", "deep();", "", 3000);
	check_deep("if (a) ; else ", "deep();", "", 3000);
	check_deep("a = ", "deep();", "", 3000);
	check_deep("a ? 1 : ", "deep();", "", 3000);
	check_deep("({ ", "deep();", " });", 200);
}

static void test_wide_sum(void **state)
{
	struct bc_buf text = {0};
	struct unit unit;

	(void)state;
	bc_buf_str(&text, "int deep(void);\nint f(int a)\n{\n\treturn deep()");
	for (int i = 0; i < 10000; i++)
		bc_buf_str(&text, " + a");
	bc_buf_str(&text, ";\n}\n");
	unit = parse_text(bc_buf_text(&text));
	bc_buf_fini(&text);
	find_node(&unit.facts, "f", BC_N_CALL);
	close_unit(&unit);
}

/* Options of the analysed project must not load code into the analyser. */
static void test_harmful_options(void **state)
{
	static const char *const args[] = {"-Xclang", "-load", "-Xclang", "/nonexistent/plugin.so",
		"-fplugin=/nonexistent/plugin.so", "-include-pch", "/nonexistent/x.pch", "--config",
		"/nonexistent/config", "-resource-dir", "/nonexistent",
		"-fpass-plugin=/nonexistent/plugin.so", "-mllvm", "-load=/nonexistent/plugin.so",
		"@/nonexistent/response", "-DVALUE=3"};
	struct unit unit = {0};

	(void)state;
	put(&unit, "a.c", "#include <stddef.h>\nsize_t f(void) { return VALUE; }\n");
	assert_int_equal(parse_with(&unit, "a.c", args, (int)(sizeof(args) / sizeof(*args))), 0);
	open_facts(&unit);
	assert_string_equal(unit.result.first_error, "");
	check_body(&unit.facts, "f", "(return 3)");
	close_unit(&unit);
}

static void test_no_unit(void **state)
{
	struct unit unit = {.dir = tempdir_make()};

	(void)state;
	assert_int_equal(parse_with(&unit, "missing.c", NULL, 0), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "missing.c"));
	put(&unit, "a.c", "");
	parse_file(&unit, "a.c");
	assert_int_equal(unit.facts.nfunctions, 0);
	assert_int_equal(unit.facts.ndeps, 1);
	close_unit(&unit);
}

static void test_binary_source(void **state)
{
	struct unit unit = {.dir = tempdir_make()};
	FILE *file = fopen(unit_path(&unit, "a.c"), "w");

	(void)state;
	assert_non_null(file);
	for (unsigned i = 0, x = 1; i < 20000; i++, x = x * 1664525 + 1013904223)
		fputc((int)(x >> 24), file);
	fclose(file);
	parse_file(&unit, "a.c");
	assert_true(unit.result.errors > 0);
	close_unit(&unit);
}

/* ---- constants and the library itself ---- */

static void test_named_constants(void **state)
{
	static const char *const headers[] = {
		"sys/socket.h", "nonexistent/header.h", "fcntl.h", "bad\nname.h", "limits.h"};
	static const char *const names[] = {"MSG_DONTWAIT", "NO_SUCH_CONSTANT", "SOCK_STREAM",
		"O_NONBLOCK", "stdin; int x", "LLONG_MIN", "MINE", "accept", "", "STRING"};
	static const uint8_t wanted_known[] = {1, 0, 1, 1, 0, 1, 1, 0, 0, 0};
	static const int64_t wanted[] = {0x40, 0, 1, 04000, 0, INT64_MIN, 7, 0, 0, 0};
	static const char *const args[] = {"-DMINE=(3+4)", "-DSTRING=\"text\""};
	struct unit unit = {.dir = tempdir_make()};
	struct bc_parse_job job = {
		.directory = unit.dir, .root = unit.dir, .args = args, .nargs = 2};
	int64_t values[10];
	uint8_t known[10];

	(void)state;
	assert_int_equal(bc_parse_constants(&job, headers, 5, names, 10, values, known), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(known[i], wanted_known[i]);
		assert_int_equal(values[i], wanted[i]);
	}
	assert_int_equal(tempdir_count(unit.dir), 0);
	tempdir_remove(unit.dir);
}

static void test_probe(void **state)
{
	(void)state;
	assert_int_equal(bc_parse_probe(), 0);
	assert_non_null(strstr(bc_parse_version(), "clang version"));
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
		cmocka_unit_test(test_static_locals),
		cmocka_unit_test(test_same_named_statics),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_locations),
		cmocka_unit_test(test_locals),
		cmocka_unit_test(test_shards),
		cmocka_unit_test(test_system_headers),
		cmocka_unit_test(test_foreign_headers),
		cmocka_unit_test(test_c23),
		cmocka_unit_test(test_dependencies),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_diagnostics),
		cmocka_unit_test(test_tolerated),
		cmocka_unit_test(test_two_checkouts),
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_wide_sum),
		cmocka_unit_test(test_harmful_options),
		cmocka_unit_test(test_no_unit),
		cmocka_unit_test(test_binary_source),
		cmocka_unit_test(test_named_constants),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
