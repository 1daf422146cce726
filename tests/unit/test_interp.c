/*
 * The interpreter: which calls of probe() a body can make, and with which argument. A result reads
 * "1 child:? 7": one word per call in order; "?" is an unknown value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"
#include "link/interp/interp.h"
#include "unit/facts_build.h"

struct probe {
	const struct bc_program *program;
	struct bc_buf out;
};

static void print_value(struct bc_buf *out, const struct bc_value *value)
{
	if (value->kind == BC_V_INTS) {
		for (int i = 0; i < value->n; i++)
			bc_buf_printf(out, "%s%lld", i ? "," : "", (long long)value->u.ints[i]);
	} else if (value->kind == BC_V_BITS) {
		bc_buf_printf(out, "bits+%llx-%llx",
			(unsigned long long)value->u.bits.ones & 0xffff,
			(unsigned long long)value->u.bits.zeros & 0xffff);
	} else {
		bc_buf_str(out, value->kind == BC_V_FUNCS     ? "func"
				: value->kind == BC_V_NONNULL ? "nonnull"
				: value->kind == BC_V_FORK    ? "fork"
							      : "?");
	}
}

static void on_call(void *context, const struct bc_call_event *event)
{
	struct probe *probe = context;
	uint32_t sym = probe->program->calls[event->call].sym;

	if (sym == BC_NONE || strcmp(probe->program->syms[sym].name, "probe") != 0)
		return;
	bc_buf_str(&probe->out, probe->out.len ? " " : "");
	bc_buf_str(&probe->out, event->env->child ? "child:" : "");
	if (event->nargs)
		print_value(&probe->out, &event->args[0]);
	else
		bc_buf_str(&probe->out, "call");
}

static const char pack[] = "schema: blockcheck-rules/1\n"
			   "pack: {name: p, version: '1', license: MIT}\n"
			   "forks: [fork]\n";

/* Runs f(p, q) with the given first parameter (NULL: unknown). */
static void run(const char *text, const struct bc_value *param, struct bc_buf *out)
{
	static const char *const params[] = {"p", "q", NULL};
	struct bc_fw *fw = bc_fw_new("src/a.c");
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_completion completion;
	struct bc_program program;
	struct bc_models models;
	struct bc_facts facts;
	const struct bc_facts *list[] = {&facts};
	struct probe probe = {.program = &program};
	struct bc_interp interp = {
		.program = &program, .completion = &completion, .context = &probe, .call = on_call};
	uint64_t hash[2];
	const void *image;
	uint8_t *forks;
	size_t size;

	build_function(fw, "f", params, strstr(text, "label") ? 3 : 0, text);
	image = bc_fw_finish(fw, &size, hash);
	if (bc_facts_load(&facts, image, size))
		fail_msg("%s: %s", text, bc_error_message());
	if (bc_models_load_text(&arena, "p.yaml", pack, strlen(pack), &models))
		fail_msg("%s", bc_error_message());
	bc_program_build(&program, &arena, list, 1, &models);
	for (uint32_t i = 0; i < program.ncalls; i++)
		program.calls[i].ntargets = 0;
	bc_completion_init(&completion, &program);
	forks = bc_find_forks(&program);
	interp.forks = forks;
	bc_interp_run(&interp, 0, param, param ? 1 : 0);
	bc_buf_str(out, bc_buf_text(&probe.out));
	bc_buf_fini(&probe.out);
	free(forks);
	bc_completion_fini(&completion);
	bc_facts_close(&facts);
	bc_fw_free(fw);
	bc_arena_fini(&arena);
}

static void expect_with(const char *text, const struct bc_value *param, const char *calls)
{
	struct bc_buf out = {0};

	run(text, param, &out);
	if (strcmp(bc_buf_text(&out), calls) != 0)
		fail_msg("%s\n  gives  '%s'\n  wanted '%s'", text, bc_buf_text(&out), calls);
	bc_buf_fini(&out);
}

static void expect(const char *text, const char *calls)
{
	expect_with(text, NULL, calls);
}

static void test_straight_lines(void **state)
{
	(void)state;
	expect("(block (= $x 3) (call &probe $x))", "3");
	expect("(block (= $x 3) (+= $x 4) (call &probe $x))", "7");
	expect("(block (call &probe $p))", "?");
	expect("(block (= $x (| $p 64)) (call &probe $x))", "bits+40-0");
	expect("(block (= $x &g) (call &probe $x))", "func");
	expect("(block (return) (call &probe 1))", "");
}

static void test_branches_join(void **state)
{
	(void)state;
	expect("(block (if $p (= $x 1) (= $x 2)) (call &probe $x))", "1,2");
	expect("(block (= $x 1) (if $p (return) none) (call &probe $x))", "1");
	expect("(block (= $x (cond $p 5 6)) (call &probe $x))", "5,6");
	expect("(block (if 0 (call &probe 1) (call &probe 2)))", "2");
	expect("(block (if (&& $p 0) (call &probe 1) none))", "");
	expect("(block (if (|| $p 1) (call &probe 1) (call &probe 2)))", "1");
	expect("(block (if (! 0) (call &probe 1) none))", "1");
}

static void test_bound_parameters_decide(void **state)
{
	struct bc_value zero = bc_value_int(0), one = bc_value_int(1);
	const char *early = "(block (if (! $p) (return) none) (call &probe $p))";

	(void)state;
	expect_with(early, &zero, "");
	expect_with(early, &one, "1");
	expect("(block (if (== $p 4) (call &probe $p) none))", "4");
	expect_with("(block (if (== $p 4) (call &probe $p) none))", &one, "");
}

static void test_loops_forget_what_they_change(void **state)
{
	(void)state;
	expect("(block (= $x 1) (= $y 2) (while $p (block (call &probe $x) (= $x 3))) (call &probe "
	       "$y))",
		"? 2");
	expect("(block (while 1 (if $p break none)) (call &probe 1))", "1");
	expect("(block (while 1 (call &g)) (call &probe 1))", "");
	expect("(block (do $p (call &probe 1)) (call &probe 2))", "1 2");
	expect("(block (= $x 0) (for none (+= $x 1) (call &probe $x)))", "?");
}

static void test_switches(void **state)
{
	struct bc_value two = bc_value_int(2);
	const char *text = "(block (switch $p (block (case 1 none) (call &probe 1) break"
			   " (case 2 none) (call &probe 2) default (call &probe 3))))";

	(void)state;
	expect(text, "1 2 3");
	expect_with(text, &two, "2 3");
	expect("(block (switch $p (block (case 1 none) (= $x 1) break (case 2 none) (= $x 2) break"
	       " default (return))) (call &probe $x))",
		"1,2");
}

/* Cases of a switch in dead code do not revive it; a label in it does. */
static void test_dead_code_stays_dead(void **state)
{
	(void)state;
	expect("(block (return) (if $p (block (call &probe 1) (switch $q (block (case 1 none)"
	       " (call &probe 2)))) none))",
		"");
	expect("(block (return) (while $p (block (call &probe 1) (switch $q (block (case 1 none)"
	       " break)))) (call &probe 3))",
		"");
	expect("(block (if $p (goto 1) none) (return) (while $q (block (call &probe 1) (label 1)"
	       " (call &probe 2))) (call &probe 3))",
		"2 3");
}

static void test_ways_out_are_left_out(void **state)
{
	(void)state;
	expect("(block (call &probe 1) (call &die))", "");
	expect("(block (if $p (block (call &probe 1) (call &die)) none) (call &probe 2))", "2");
	expect("(block (call &probe 1) (if $p (call &die) none))", "1");
	expect("(block (cond $p 0 (comma (call &probe 1) (call &die))) (call &probe 2))", "2");
}

/* The four shapes in which people write fork(). */
static void test_fork(void **state)
{
	(void)state;
	expect("(block (= $x (call &fork)) (if (== $x 0) (call &probe 1) (call &probe 2)))",
		"child:1 2");
	expect("(block (if (! (= $x (call &fork))) (call &probe 1) none) (call &probe 2))",
		"child:1 2");
	expect("(block (= $x (call &fork)) (if (> $x 0) (return) none) (call &probe 1))",
		"child:1");
	expect("(block (switch (call &fork) (block (case 0 none) (call &probe 1) break"
	       " (case -1 none) (call &probe 2) break default (call &probe 3))))",
		"child:1 2 3");
	expect("(block (= $x (call &fork)) (if (== $x -1) (return) none) (call &probe 1))", "1");
}

static void test_jumps(void **state)
{
	struct bc_value one = bc_value_int(1);

	(void)state;
	expect("(block (= $x 1) (if $p (goto 0) none) (= $x 2) (label 0) (call &probe $x))", "1,2");
	expect("(block (goto 0) (call &probe 1) (label 0) (call &probe 2))", "2");
	expect("(block (= $x 1) (label 0) (call &probe $x) (= $x 2) (if $p (goto 0) none))", "?");
	expect("(block (return) (label 1) (call &probe 1))", "");
	expect_with("(block (label 0) (call &probe $p) (= $x 2) (if $q (goto 0) none))", &one, "1");
}

static void test_addresses_are_forgotten(void **state)
{
	(void)state;
	expect("(block (= $x 1) (call &g (addr $x)) (call &probe $x))", "?");
	expect("(block (= $x 1) (= global (addr $x)) (call &g) (call &probe $x))", "?");
	expect("(block (= $x 1) (call &g $x) (call &probe $x))", "1");
}

static void test_logic_narrows(void **state)
{
	(void)state;
	expect("(block (if (&& (== $p 1) (== $q 2)) (call &probe $p) none))", "1");
	expect("(block (if (|| (!= $p 1) (!= $q 2)) (return) none) (call &probe $q))", "2");
	expect("(block (if (== 3 $p) (call &probe $p) none))", "3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_straight_lines),
		cmocka_unit_test(test_branches_join),
		cmocka_unit_test(test_bound_parameters_decide),
		cmocka_unit_test(test_loops_forget_what_they_change),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_dead_code_stays_dead),
		cmocka_unit_test(test_ways_out_are_left_out),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_addresses_are_forgotten),
		cmocka_unit_test(test_logic_narrows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
