/* Abstract values: joins, folding, truth and refinement. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "link/interp/values.h"

static struct bc_value set2(int64_t a, int64_t b)
{
	return (struct bc_value){.kind = BC_V_INTS, .n = 2, .u.ints = {a, b}};
}

static struct bc_value fork_value(int mask)
{
	return (struct bc_value){.kind = BC_V_FORK, .mask = (uint8_t)mask};
}

static void test_join_collects_numbers(void **state)
{
	struct bc_value a = set2(1, 3), b = bc_value_int(2), joined = bc_value_join(&a, &b);

	(void)state;
	assert_int_equal(joined.kind, BC_V_INTS);
	assert_int_equal(joined.n, 3);
	assert_int_equal(joined.u.ints[0], 1);
	assert_int_equal(joined.u.ints[1], 2);
	assert_int_equal(joined.u.ints[2], 3);
}

static void test_join_beyond_the_limit_keeps_common_bits(void **state)
{
	struct bc_value a = {.kind = BC_V_INTS, .n = 4, .u.ints = {0x41, 0x42, 0x43, 0x44}};
	struct bc_value b = bc_value_int(0x48), joined = bc_value_join(&a, &b);

	(void)state;
	assert_int_equal(joined.kind, BC_V_BITS);
	assert_true(joined.u.bits.ones & 0x40);
	assert_true(joined.u.bits.zeros & 0x80);
	assert_false(joined.u.bits.ones & 1);
}

static void test_join_of_unlike_kinds_knows_nothing(void **state)
{
	struct bc_value a = bc_value_int(0), b = bc_value_func(7), joined = bc_value_join(&a, &b);

	(void)state;
	assert_int_equal(joined.kind, BC_V_TOP);
	b = (struct bc_value){.kind = BC_V_NONNULL};
	a = bc_value_func(7);
	assert_int_equal(bc_value_join(&a, &b).kind, BC_V_NONNULL);
}

static void test_flags_survive_or(void **state)
{
	struct bc_value unknown = bc_value_top(), flag = bc_value_int(0x40);
	struct bc_value both = bc_value_binary(BC_OP_OR, &unknown, &flag);

	(void)state;
	assert_int_equal(both.kind, BC_V_BITS);
	assert_int_equal(both.u.bits.ones, 0x40);
	both = bc_value_unary(BC_OP_NOT, &flag);
	both = bc_value_binary(BC_OP_AND, &unknown, &both);
	assert_int_equal(both.kind, BC_V_BITS);
	assert_true(both.u.bits.zeros & 0x40);
	assert_int_equal(both.u.bits.ones, 0);
}

static void test_folding_never_traps(void **state)
{
	struct bc_value min = bc_value_int(INT64_MIN), minus = bc_value_int(-1);
	struct bc_value zero = bc_value_int(0), wide = bc_value_int(200);

	(void)state;
	assert_int_equal(bc_value_binary(BC_OP_DIV, &min, &minus).kind, BC_V_TOP);
	assert_int_equal(bc_value_binary(BC_OP_DIV, &min, &zero).kind, BC_V_TOP);
	assert_int_equal(bc_value_binary(BC_OP_REM, &min, &zero).kind, BC_V_TOP);
	assert_int_equal(bc_value_binary(BC_OP_SHL, &minus, &wide).kind, BC_V_TOP);
	assert_int_equal(bc_value_binary(BC_OP_MUL, &min, &min).kind, BC_V_INTS);
	assert_int_equal(bc_value_unary(BC_OP_NEG, &min).u.ints[0], INT64_MIN);
}

static void test_pointers_compared_with_null(void **state)
{
	struct bc_value pointer = bc_value_func(3), null = bc_value_int(0), truth;

	(void)state;
	truth = bc_value_binary(BC_OP_EQ, &pointer, &null);
	assert_int_equal(bc_value_truth(&truth), BC_NO);
	truth = bc_value_binary(BC_OP_NE, &null, &pointer);
	assert_int_equal(bc_value_truth(&truth), BC_YES);
	pointer = bc_value_top();
	truth = bc_value_binary(BC_OP_EQ, &pointer, &null);
	assert_int_equal(bc_value_truth(&truth), BC_UNKNOWN);
}

static void test_refining_narrows_and_contradicts(void **state)
{
	struct bc_value v = set2(0, 5), kept;
	int possible;

	(void)state;
	kept = bc_value_refine(&v, BC_OP_NE, 0, 1, &possible);
	assert_true(possible);
	assert_int_equal(kept.n, 1);
	assert_int_equal(kept.u.ints[0], 5);
	bc_value_refine(&v, BC_OP_GT, 10, 1, &possible);
	assert_false(possible);
	v = bc_value_func(1);
	bc_value_refine(&v, BC_OP_EQ, 0, 1, &possible);
	assert_false(possible);
	v = bc_value_top();
	kept = bc_value_refine(&v, BC_OP_EQ, 9, 1, &possible);
	assert_int_equal(kept.u.ints[0], 9);
}

/* Every way to tell the parent, the child and the error apart. */
static void test_fork_results(void **state)
{
	struct bc_value all = fork_value(BC_FORK_ERROR | BC_FORK_CHILD | BC_FORK_PARENT);
	int possible;

	(void)state;
	assert_int_equal(bc_value_refine(&all, BC_OP_EQ, 0, 1, &possible).mask, BC_FORK_CHILD);
	assert_int_equal(bc_value_refine(&all, BC_OP_NE, 0, 1, &possible).mask,
		BC_FORK_ERROR | BC_FORK_PARENT);
	assert_int_equal(bc_value_refine(&all, BC_OP_GT, 0, 0, &possible).mask,
		BC_FORK_ERROR | BC_FORK_CHILD);
	assert_int_equal(bc_value_refine(&all, BC_OP_LT, 0, 1, &possible).mask, BC_FORK_ERROR);
	assert_int_equal(bc_value_refine(&all, BC_OP_EQ, -1, 0, &possible).mask,
		BC_FORK_CHILD | BC_FORK_PARENT);
	/* a pid that is compared with some other number says nothing */
	assert_int_equal(bc_value_refine(&all, BC_OP_EQ, 4711, 1, &possible).mask, all.mask);
}

static void test_fork_joined_with_its_initial_value(void **state)
{
	struct bc_value fork = fork_value(BC_FORK_PARENT), minus = bc_value_int(-1);
	struct bc_value other = bc_value_int(12);

	(void)state;
	assert_int_equal(bc_value_join(&fork, &minus).mask, BC_FORK_PARENT | BC_FORK_ERROR);
	assert_int_equal(bc_value_join(&minus, &fork).mask, BC_FORK_PARENT | BC_FORK_ERROR);
	assert_int_equal(bc_value_join(&fork, &other).kind, BC_V_TOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join_collects_numbers),
		cmocka_unit_test(test_join_beyond_the_limit_keeps_common_bits),
		cmocka_unit_test(test_join_of_unlike_kinds_knows_nothing),
		cmocka_unit_test(test_flags_survive_or),
		cmocka_unit_test(test_folding_never_traps),
		cmocka_unit_test(test_pointers_compared_with_null),
		cmocka_unit_test(test_refining_narrows_and_contradicts),
		cmocka_unit_test(test_fork_results),
		cmocka_unit_test(test_fork_joined_with_its_initial_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
