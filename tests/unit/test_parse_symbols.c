/* Who is who in a unit: statics of one name, attributes, locals, and where code stands. */
#include "unit/parse_build.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_static_locals),
		cmocka_unit_test(test_same_named_statics),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_locations),
		cmocka_unit_test(test_locals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
