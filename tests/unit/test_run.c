/* What `run` makes of its figures: histograms, percentiles, reports. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/collect/run.h"

static void add(struct bc_run_histogram *times, uint64_t ns, uint64_t count)
{
	times->buckets[bc_wire_bucket(ns)] += count;
	times->count += count;
	times->total_ns += ns * count;
	if (ns > times->max_ns)
		times->max_ns = ns;
}

static void test_buckets(void **state)
{
	(void)state;
	for (uint64_t ns = 1; ns < 1ull << 40; ns += ns / 7 + 1) {
		double middle = (double)bc_wire_bucket_ns(bc_wire_bucket(ns));

		assert_true(middle > (double)ns * 0.9375 && middle < (double)ns * 1.0625);
		assert_true(bc_wire_bucket(ns) <= bc_wire_bucket(ns + 1));
	}
	assert_int_equal(bc_wire_bucket(0), 0);
	assert_int_equal(bc_wire_bucket(UINT64_MAX), BC_WIRE_BUCKETS - 1);
}

static void test_percentiles(void **state)
{
	struct bc_run_histogram times = {0};

	(void)state;
	assert_int_equal(bc_run_percentile(&times, 0.99), 0);
	add(&times, 777, 1);
	assert_int_equal(bc_run_percentile(&times, 0.50), 777);
	add(&times, 1000, 97);
	add(&times, 5000000, 2);
	assert_in_range(bc_run_percentile(&times, 0.50), 938, 1062);
	assert_in_range(bc_run_percentile(&times, 0.97), 938, 1062);
	assert_int_equal(bc_run_percentile(&times, 0.99), 5000000);
	assert_int_equal(bc_run_percentile(&times, 1), 5000000);
}

/* One second busy out of ten: 99 of 100 moments wait at most 0.9 s, 90 of 100 not at all. */
static void test_imposed(void **state)
{
	struct bc_run run = {0};
	struct bc_run_loop loop = {.busy_ns = 1000000000, .idle_ns = 9000000000ull};

	(void)state;
	assert_int_equal(bc_run_imposed(&run, 0.99), 0);
	add(&loop.times, 1000000000, 1);
	bc_vec_push(&run.loops, loop);
	assert_in_range(bc_run_imposed(&run, 0.99), 840000000, 960000000);
	assert_in_range(bc_run_imposed(&run, 0.85), 0, 1000000);
	bc_run_fini(&run);
}

/* Names come out of the program: nothing in them may end a line or a field. */
static void make_run(struct bc_run *run)
{
	static struct bc_run_where stack[] = {
		{.function = "in;ner", .module = ""}, {.function = "outer x", .module = ""}};

	*run = (struct bc_run){.command = "a\nb", .tier = "inside", .tier_why = "", .clock = "tsc"};
	bc_vec_push(&run->callbacks,
		(struct bc_run_callback){
			.where = {.function = "on\033[31m_x", .module = "/m"}, .api = "event_new"});
	bc_vec_push(&run->stalls, (struct bc_run_stall){.cause = BC_RUN_CALL,
					  .culprit = "read",
					  .culprit_ns = 11000000,
					  .count = 2,
					  .ns = 12000000,
					  .total_ns = 23000000,
					  .stack = stack,
					  .nstack = 2});
}

static void test_folded(void **state)
{
	struct bc_run run;
	struct bc_buf out = {0};

	(void)state;
	make_run(&run);
	bc_run_write_folded(&run, &out);
	assert_string_equal(bc_buf_text(&out), "outer_x;in_ner;read 23000\n");
	bc_buf_fini(&out);
	bc_run_fini(&run);
}

static void test_json(void **state)
{
	struct bc_run run;
	struct bc_buf out = {0};
	json_t *root, *stall;

	(void)state;
	make_run(&run);
	bc_run_write_json(&run, &out);
	root = json_loads(bc_buf_text(&out), 0, NULL);
	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(root, "schema")), "blockcheck-run/1");
	assert_string_equal(json_string_value(json_object_get(root, "command")), "a\nb");
	stall = json_array_get(json_object_get(root, "stalls"), 0);
	assert_int_equal(json_integer_value(json_object_get(stall, "count")), 2);
	assert_float_equal(json_number_value(json_object_get(stall, "duration_ms")), 12, 1e-9);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(stall, "culprit"), "function")),
		"read");
	json_decref(root);
	bc_buf_fini(&out);
	bc_run_fini(&run);
}

static void test_text(void **state)
{
	struct bc_run run;
	struct bc_buf out = {0};

	(void)state;
	make_run(&run);
	bc_run_write_text(&run, 0, &out);
	assert_non_null(strstr(bc_buf_text(&out), "in read() (11.0 ms); 2 times, 23.0 ms in all"));
	assert_null(strchr(bc_buf_text(&out), '\033'));
	bc_buf_fini(&out);
	bc_run_fini(&run);
}

static void test_advice(void **state)
{
	(void)state;
	assert_string_equal(bc_run_advice("usleep", "libuv"), "use uv_timer_start()");
	assert_string_equal(bc_run_advice("usleep", "glib"), "use a timer of the loop");
	assert_null(bc_run_advice("sl", "libuv"));
	assert_null(bc_run_advice("", "libuv"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_imposed),
		cmocka_unit_test(test_folded),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
