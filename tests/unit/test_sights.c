/* What is kept of many looks at a thread that nobody could follow at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "harness/collect/sights.h"

static struct bc_sight sight;

static int add(struct bc_sights *sights, uint64_t at, enum bc_look look, uint64_t switches)
{
	memset(&sight, 0, sizeof(sight));
	sight.glance.at_ns = at;
	sight.glance.look = look;
	sight.glance.switches = switches;
	sight.glance.number = look == BC_LOOK_BLOCKED ? 7 : -1;
	sight.size = 16;
	memset(sight.bytes, (int)at, sight.size);
	return bc_sights_add(sights, &sight);
}

static void expect(struct bc_sights *sights, uint64_t at)
{
	assert_true(bc_sights_next(sights, &sight));
	assert_int_equal(sight.glance.at_ns, at);
	assert_int_equal(sight.size, 16);
	assert_int_equal(sight.bytes[15], (uint8_t)at);
}

static void test_in_order(void **state)
{
	struct bc_sights sights = {0};

	(void)state;
	assert_false(bc_sights_next(&sights, &sight));
	for (uint64_t i = 0; i < 500; i++) {
		assert_true(add(&sights, 2 * i, BC_LOOK_RUNNING, i));
		assert_true(add(&sights, 2 * i + 1, BC_LOOK_BLOCKED, i + 1));
		expect(&sights, 2 * i);
		expect(&sights, 2 * i + 1);
		assert_false(bc_sights_next(&sights, &sight));
	}
	bc_sights_fini(&sights);
}

/* One long sleep takes the room of two looks, its first and its last. */
static void test_nothing_new(void **state)
{
	struct bc_sights sights = {0};

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++)
		assert_true(add(&sights, i, BC_LOOK_BLOCKED, 5));
	for (uint64_t i = 1001; i <= 2000; i++)
		assert_true(add(&sights, i, BC_LOOK_BLOCKED, 6));
	assert_true(add(&sights, 2001, BC_LOOK_NOTHING, 6));
	expect(&sights, 1);
	expect(&sights, 1000);
	expect(&sights, 1001);
	expect(&sights, 2000);
	expect(&sights, 2001);
	assert_false(bc_sights_next(&sights, &sight));
	bc_sights_fini(&sights);
}

/* The newest is never left out, and what is lost is said. */
static void test_no_room(void **state)
{
	struct bc_sights sights = {0};
	uint64_t kept = 0, last = 0;

	(void)state;
	for (uint64_t i = 1; i <= 500; i++)
		kept += (uint64_t)add(&sights, i, BC_LOOK_BLOCKED, i);
	assert_in_range(kept, 16, 499);
	for (uint64_t i = 1; i < kept; i++)
		expect(&sights, i);
	while (bc_sights_next(&sights, &sight))
		last = sight.glance.at_ns;
	assert_int_equal(last, 500);
	bc_sights_fini(&sights);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_nothing_new),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
