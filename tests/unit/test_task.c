/* How long a thread waited for a CPU within a stall, from looks that came before, within and after.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "harness/collect/collector.h"

static struct bc_seen_thread thread;

static void look(uint64_t at, uint64_t waited)
{
	thread.sched[thread.nsched++ % BC_SCHED_HISTORY] =
		(struct bc_sched){.at_ns = at, .wait_ns = waited};
}

static void begin(void)
{
	memset(&thread, 0, sizeof(thread));
}

static void test_even(void **state)
{
	(void)state;
	begin();
	look(100, 0);
	look(200, 50);
	look(300, 50);
	assert_int_equal(bc_task_waited(&thread, 100, 200), 50);
	assert_int_equal(bc_task_waited(&thread, 150, 250), 25);
	assert_int_equal(bc_task_waited(&thread, 200, 300), 0);
}

static void test_certain(void **state)
{
	(void)state;
	begin();
	look(100, 0);
	look(200, 80);
	look(300, 150);
	look(400, 240);
	/* between two looks within the stall: all of it */
	assert_int_equal(bc_task_waited_least(&thread, 100, 400), 240);
	/* what is new at the first look within may have been before */
	assert_int_equal(bc_task_waited_least(&thread, 150, 400), 160);
	/* and of the last, what there was time for after it */
	assert_int_equal(bc_task_waited_least(&thread, 150, 350), 70 + 40);
	assert_int_equal(bc_task_waited_least(&thread, 150, 305), 70);
	/* a stall between two looks may have had nothing of it */
	assert_int_equal(bc_task_waited_least(&thread, 210, 290), 0);
}

static void test_few_looks(void **state)
{
	(void)state;
	begin();
	assert_int_equal(bc_task_waited_least(&thread, 100, 200), 0);
	look(100, 70);
	assert_int_equal(bc_task_waited_least(&thread, 100, 200), 0);
	look(200, 60); /* which no kernel says */
	assert_int_equal(bc_task_waited_least(&thread, 100, 200), 0);
	for (uint64_t i = 0; i < 2 * BC_SCHED_HISTORY; i++)
		look(300 + i * 10, 100 + i);
	assert_int_equal(bc_task_waited_least(&thread, 0, UINT64_MAX), BC_SCHED_HISTORY - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_even),
		cmocka_unit_test(test_certain),
		cmocka_unit_test(test_few_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
