#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "facts/guards.h"
#include "facts/text.h"
#include "unit/facts_build.h"

/* The node of the call of `hit` in the body. */
static uint32_t find_hit(const struct bc_body *body)
{
	for (uint32_t i = 0; i < body->nnodes; i++) {
		const struct bc_node *callee = &body->nodes[i + 1];
		const struct bc_facts *facts = body->facts;

		if (body->nodes[i].kind == BC_N_CALL && callee->kind == BC_N_FUNC &&
			!strcmp(bc_fact_str(facts, facts->symbols[callee->ref].name), "hit"))
			return i;
	}
	fail_msg("no call of hit");
	return 0;
}

/* The guards of the call of `hit`, outermost first, with "; " between them. */
static void guards_text(const char *text, struct bc_buf *out)
{
	struct bc_fw *fw = bc_fw_new("src/a.c");
	struct bc_guards guards;
	struct bc_facts facts;
	struct bc_body body;
	uint64_t hash[2];
	const void *image;
	size_t size;

	build_function(fw, "f", NULL, strstr(text, "(label") ? 2 : 0, text);
	image = bc_fw_finish(fw, &size, hash);
	if (bc_facts_load(&facts, image, size))
		fail_msg("%s: %s", text, bc_error_message());
	body = bc_body_of(&facts, 0);
	assert_int_equal(bc_guards_of(&body, find_hit(&body), &guards), 0);
	for (uint32_t i = 0; i < guards.count; i++) {
		bc_buf_str(out, i ? "; " : "");
		bc_text_guard(&body, &guards.items[i], out);
	}
	if (guards.loops)
		bc_buf_printf(out, " [loops %u]", guards.loops);
	bc_buf_str(out, guards.dead ? " [dead]" : "");
	bc_buf_str(out, guards.partial ? " [partial]" : "");
	bc_fw_free(fw);
}

static void expect(const char *text, const char *guards)
{
	struct bc_buf out = {0};

	guards_text(text, &out);
	if (strcmp(bc_buf_text(&out), guards))
		fail_msg("%s\n  has   '%s'\n  wants '%s'", text, bc_buf_text(&out), guards);
	bc_buf_fini(&out);
}

#define HIT "(call &hit)"

static void test_branches(void **state)
{
	(void)state;
	expect("(block " HIT ")", "");
	expect("(block (if x " HIT " none))", "x");
	expect("(block (if x none " HIT "))", "!x");
	expect("(block (if (! x) " HIT " none))", "!x");
	expect("(block (if (! x) none " HIT "))", "x");
	expect("(block (if (> x 3) (block (if y none " HIT ")) none))", "x > 3; !y");
	expect("(block (if (> x 3) none " HIT "))", "x <= 3");
	expect("(block (if (< x 3) none " HIT "))", "x >= 3");
	expect("(block (if (== x 3) none " HIT "))", "x != 3");
	expect("(block (if (! (>= x 3)) " HIT " none))", "x < 3");
	expect("(block (if (& x 0x80) none " HIT "))", "!(x & 0x80)");
	expect("(block (if (&& x y) " HIT " none))", "x && y");
	expect("(block (if (&& x y) none " HIT "))", "!(x && y)");
	expect("(block (if x none none) " HIT ")", "");
	expect("(block (if " HIT " none none))", "");
	expect("(block (if 1 " HIT " none))", "");
	expect("(block (if 0 " HIT " none))", "0");
}

static void test_expressions(void **state)
{
	(void)state;
	expect("(block (&& x " HIT "))", "x");
	expect("(block (|| x " HIT "))", "!x");
	expect("(block (elvis x " HIT "))", "!x");
	expect("(block (= y (cond x " HIT " 0)))", "x");
	expect("(block (= y (cond x 0 " HIT ")))", "!x");
	expect("(block (if (&& x (|| y " HIT ")) none none))", "x; !y");
	expect("(block (&& x y) " HIT ")", "");
	expect("(block (call &g (&& x " HIT ")))", "x");
}

static void test_early_exits(void **state)
{
	(void)state;
	expect("(block (if x (return) none) " HIT ")", "!x");
	expect("(block (if x (block (call &g) (return 1)) none) " HIT ")", "!x");
	expect("(block (if x none (return)) " HIT ")", "x");
	expect("(block (if x (return) (return)) " HIT ")", " [dead]");
	expect("(block (if x (call &die) none) " HIT ")", "!x");
	expect("(block (|| x (call &die)) " HIT ")", "x");
	expect("(block (&& x (call &die)) " HIT ")", "!x");
	expect("(block (block (if x (return) none)) " HIT ")", "");
	expect("(block (if x (block (if y (return) none) " HIT ") none))", "x; !y");
	expect("(block (if x (block (if y (return) none)) none) " HIT ")", "");
	expect("(block (if x (if y (return) (return)) none) " HIT ")", "!x");
	expect("(block (return) " HIT ")", " [dead]");
	expect("(block (if (call &die) none none) " HIT ")", " [dead]");
}

static void test_loops(void **state)
{
	(void)state;
	expect("(block (while x " HIT "))", "x [loops 1]");
	expect("(block (while " HIT " none))", " [loops 1]");
	expect("(block (while x none) " HIT ")", "!x");
	expect("(block (while x (block (if y break none))) " HIT ")", "");
	expect("(block (while x (block (if y break none) " HIT ")))", "x; !y [loops 1]");
	expect("(block (while x (block (if y continue none) " HIT ")))", "x; !y [loops 1]");
	expect("(block (while x (if y break none)) " HIT ")", "");
	expect("(block (while 1 " HIT "))", " [loops 1]");
	expect("(block (while 1 none) " HIT ")", " [dead]");
	expect("(block (while 1 (if y break none)) " HIT ")", "");
	expect("(block (for none none " HIT "))", " [loops 1]");
	expect("(block (for x " HIT " none))", "x [loops 1]");
	expect("(block (for x " HIT " (if y (return) none)))", "x [loops 1]");
	expect("(block (do x " HIT "))", " [loops 1]");
	expect("(block (do x none) " HIT ")", "!x");
	expect("(block (do 0 " HIT "))", "");
	expect("(block (do 0 (block (if x break none) " HIT ")))", "!x");
	expect("(block (do 0 (block (if x break none) (return))) " HIT ")", "");
	expect("(block (do 0 (return)) " HIT ")", " [dead]");
	expect("(block (do x (block (if y continue none) (return))) " HIT ")", "!x");
	expect("(block (while x (while y " HIT ")))", "x; y [loops 2]");
}

static void test_switches(void **state)
{
	(void)state;
	expect("(block (switch x (block (case 1 none) " HIT " break (case 2 none))))", "x is 1");
	expect("(block (switch x (block (case 1 none) break (case 2 none) " HIT ")))", "x is 2");
	expect("(block (switch x (block (case 1 none) (case 5 8) " HIT ")))", "x is 1 or 5...8");
	expect("(block (switch x (block (case 1 none) (call &g) (case 2 none) " HIT ")))",
		"x is 1 or 2");
	expect("(block (switch x (block (case 1 none) (return) default " HIT ")))", "x is default");
	expect("(block (switch x (block (case 1 none) (if y break none) (case 2 none) " HIT ")))",
		"x is 1 or 2");
	expect("(block (switch x (block (case 1 none) (if y break none) " HIT ")))", "x is 1; !y");
	expect("(block (switch x (block " HIT " (case 1 none))))", "x before any case [dead]");
	expect("(block (switch x (block (case 1 none) (switch y (block (case 7 none) break)) " HIT
	       ")))",
		"x is 1");
	expect("(block (switch x (block (case 1 none) (return) default (return))) " HIT ")",
		" [dead]");
	expect("(block (switch x (block (case 1 none) (return))) " HIT ")", "");
	expect("(block (return) (switch x (block (case 1 none) " HIT ")))", "x is 1 [dead]");
	/* Duff's device: one case lies inside the loop */
	expect("(block (switch x (block (case 1 none) (while y (block (case 2 none) " HIT ")))))",
		"x is 1 or 2 [loops 1]");
	expect("(block (if z (return) none) (switch x (block (case 1 none) " HIT ")))",
		"!z; x is 1");
	/* a switch is no loop: its continue belongs to the loop around it */
	expect("(block (do x (switch y (block (case 1 none) continue))) " HIT ")", "!x");
}

static void test_labels(void **state)
{
	(void)state;
	/* the goto comes from where the guard does not hold */
	expect("(block (if x (goto 0) none) (label 0) " HIT ")", "");
	expect("(block (if x (goto 0) none) " HIT " (label 0))", "!x");
	expect("(block (if x (return) none) (if y (goto 0) none) (label 0) " HIT ")", "!x");
	expect("(block (if x (return) none) (label 0) " HIT " (goto 0))", "!x");
	expect("(block (goto 0) (if x (block (label 0) " HIT ") none))", "");
	expect("(block (goto 0) (if x (block " HIT " (label 0)) none))", "x [dead]");
	/* into a branch: leaving it proves nothing */
	expect("(block (if z (goto 0) none) (if x (label 0) (return)) " HIT ")", "");
	/* into a loop: the next turn comes by without the guard */
	expect("(block (if z (goto 0) none) (if x (while y (block " HIT " (label 0))) none))",
		"y [loops 1]");
	expect("(block (if z (goto 0) none) (while y (block (label 0) " HIT ")))", " [loops 1]");
	/* the same with a backward goto for a loop */
	expect("(block (if z (goto 0) none) (label 1) " HIT " (label 0) (goto 1))", "");
	expect("(block (if x (return) none) (goto computed) (label 0) " HIT ")", "");
	/* a label that nothing jumps to */
	expect("(block (if x (return) none) (label 0) " HIT ")", "!x");
}

static void test_limits(void **state)
{
	struct bc_buf text = {0}, out = {0};

	(void)state;
	bc_buf_str(&text, "(block ");
	for (int i = 0; i < 2 * BC_GUARDS_MAX; i++)
		bc_buf_str(&text, "(if x (return) none) ");
	bc_buf_str(&text, HIT ")");
	guards_text(bc_buf_text(&text), &out);
	assert_non_null(strstr(bc_buf_text(&out), "!x; !x"));
	assert_non_null(strstr(bc_buf_text(&out), " [partial]"));
	bc_buf_fini(&text);
	bc_buf_fini(&out);
}

static void test_foreign_node(void **state)
{
	struct bc_fw *fw = bc_fw_new("src/a.c");
	struct bc_guards guards;
	struct bc_facts facts;
	struct bc_body body;
	uint64_t hash[2];
	const void *image;
	size_t size;

	(void)state;
	build_function(fw, "f", NULL, 0, "(block " HIT ")");
	image = bc_fw_finish(fw, &size, hash);
	assert_int_equal(bc_facts_load(&facts, image, size), 0);
	body = bc_body_of(&facts, 0);
	assert_int_equal(bc_guards_of(&body, body.nnodes, &guards), -1);
	assert_int_equal(guards.count, 0);
	bc_fw_free(fw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_branches),
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_early_exits),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_foreign_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
