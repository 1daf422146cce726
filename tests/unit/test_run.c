/* What `run` makes of its figures: histograms, percentiles, reports. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/fs.h"
#include "harness/collect/allow.h"
#include "harness/collect/collector.h"
#include "unit/tempdir.h"

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
	bc_run_write_text(&run, 0, 0, &out);
	assert_non_null(strstr(bc_buf_text(&out), "in read() (11.0 ms); 2 times, 23.0 ms in all"));
	assert_null(strchr(bc_buf_text(&out), '\033'));
	bc_buf_fini(&out);
	bc_run_fini(&run);
}

/* ---- advice ---- */

static void test_advice(void **state)
{
	static const char pack[] = "schema: blockcheck-rules/1\n"
				   "pack: {name: p}\n"
				   "blocking:\n"
				   "- id: p.read\n"
				   "  function: read\n"
				   "  category: network\n"
				   "  bound: unbounded\n"
				   "  provenance: {kind: man, ref: read(2)}\n"
				   "  alternatives:\n"
				   "  - {use: g_read, loop: glib}\n"
				   "  - {use: anything, note: anywhere}\n"
				   "  - {use: wl_read, loop: wayland-server}\n";
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_models models;
	struct bc_run run;
	struct bc_buf out = {0};

	(void)state;
	make_run(&run);
	bc_vec_push(&run.loops, (struct bc_run_loop){.tid = 7, .library = "wayland"});
	run.stalls.items[0].tid = 7;
	assert_int_equal(bc_models_load_text(&arena, "p", pack, strlen(pack), &models), 0);
	bc_run_advise(&run, &models);
	assert_int_equal(run.stalls.items[0].nalternatives, 2);
	assert_string_equal(run.stalls.items[0].alternatives[0].use, "wl_read");
	assert_string_equal(run.stalls.items[0].alternatives[1].use, "anything");
	bc_run_write_text(&run, 0, 0, &out);
	assert_non_null(strstr(bc_buf_text(&out), "    help: use wl_read\n"));
	assert_non_null(strstr(bc_buf_text(&out), "    help: use anything (anywhere)\n"));
	bc_buf_fini(&out);
	/* another loop's are of no use here, nor are those of other functions */
	run.stalls.items[0].nalternatives = 0;
	run.loops.items[0].library = "libuv";
	bc_run_advise(&run, &models);
	assert_int_equal(run.stalls.items[0].nalternatives, 1);
	run.stalls.items[0].nalternatives = 0;
	run.stalls.items[0].culprit = "write";
	bc_run_advise(&run, &models);
	assert_int_equal(run.stalls.items[0].nalternatives, 0);
	bc_run_fini(&run);
	bc_arena_fini(&arena);
}

/* ---- stalls that are accepted ---- */

static int load_allowed(struct bc_arena *arena, const char *text, struct bc_allow *allow)
{
	char *folder = tempdir_make(), path[256];
	int status;

	snprintf(path, sizeof(path), "%s/allow.yaml", folder);
	assert_int_equal(bc_file_write(path, text, strlen(text)), 0);
	status = bc_allow_load(arena, path, "2026-11-21", allow);
	tempdir_remove(folder);
	return status;
}

/* What becomes of the stall in read(), below `outer x`, of a callback on..._x. */
static const char *allow(struct bc_run *run, struct bc_arena *arena, const char *text)
{
	struct bc_allow allow;

	make_run(run);
	assert_int_equal(load_allowed(arena, text, &allow), 0);
	bc_allow_apply(&allow, run);
	return run->stalls.items[0].allowed;
}

static void test_allowed(void **state)
{
	static const struct {
		const char *text, *reason;
	} entries[] = {
		{"callback: on*_x", "why"},
		{"callback: on", NULL},
		{"culprit: read", "why"},
		{"culprit: rea?", "why"},
		{"culprit: reader", NULL},
		{"function: outer*", "why"},
		{"function: on*", "why"},
		{"function: other", NULL},
		{"culprit: read, function: other", NULL},
		{"culprit: read, up_to: 12ms", "why"},
		{"culprit: read, up_to: 11ms", NULL},
		{"culprit: read, until: 2026-11-21", "why"},
		{"culprit: read, until: 2026-11-20", NULL},
	};
	struct bc_arena arena = BC_ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		struct bc_run run;
		const char *reason;
		char text[256];

		snprintf(text, sizeof(text), "allow:\n- {%s, reason: why}\n", entries[i].text);
		reason = allow(&run, &arena, text);
		if (!reason != !entries[i].reason)
			fail_msg("%s: %s", entries[i].text, reason ? reason : "not allowed");
		/* what has no use is told */
		assert_int_equal(run.remarks.count, reason ? 0 : 1);
		bc_run_fini(&run);
	}
	bc_arena_fini(&arena);
}

static void test_allowed_with_faults(void **state)
{
	static const struct {
		const char *entry, *why;
	} faults[] = {
		{"{culprit: read}", "reason"},
		{"{culprit: read, reason: ''}", "empty"},
		{"{reason: why}", "needs 'callback', 'function' or 'culprit'"},
		{"{culpirt: read, reason: why}", "did you mean 'culprit'"},
		{"{culprit: read, up_to: long, reason: why}", "long"},
		{"{culprit: read, until: soon, reason: why}", "'soon' is no day"},
		{"{culprit: read, until: 2026-13-01, reason: why}", "is no day"},
		{"{culprit: read, until: 2025-01-01, reason: why}", "was allowed until 2025-01-01"},
		{"read", ""},
	};
	struct bc_arena arena = BC_ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct bc_run run;
		char text[256];

		snprintf(text, sizeof(text), "allow:\n- %s\n", faults[i].entry);
		assert_null(allow(&run, &arena, text));
		assert_int_equal(run.remarks.count, 1);
		assert_string_equal(run.remarks.items[0].rule, "BC302");
		assert_int_equal(run.remarks.items[0].at.line, 2);
		if (!strstr(run.remarks.items[0].message, faults[i].why))
			fail_msg("%s: %s", faults[i].entry, run.remarks.items[0].message);
		bc_run_fini(&run);
	}
	bc_arena_fini(&arena);
}

static void test_no_allow_file(void **state)
{
	static const char *const texts[] = {"", "[]", "allow: x", "allow: {a: b}", "alow: []",
		"allow: []\nmore: 1", "allow: [", "- allow"};
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_allow allow;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (load_allowed(&arena, texts[i], &allow) != BC_EINPUT)
			fail_msg("taken: %s", texts[i]);
	assert_int_equal(bc_allow_load(&arena, "/no/such/file", "2026-11-21", &allow), BC_EINPUT);
	assert_int_equal(load_allowed(&arena, "allow: []\n", &allow), 0);
	bc_arena_fini(&arena);
}

/* As the injected library looks a name up. */
/* A memory file as the collector maps it; only what is touched takes memory. */
static struct bc_wire *new_wire(void)
{
	void *wire = mmap(NULL, sizeof(struct bc_wire), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_ptr_not_equal(wire, MAP_FAILED);
	return wire;
}

static uint32_t find_call(const struct bc_wire_names *names, const char *name)
{
	uint32_t hash = bc_wire_name_hash(name);

	for (uint32_t at = hash;; at++) {
		const struct bc_wire_name *entry = &names->table[at % BC_WIRE_NAMES];

		if (!entry->text || !strcmp(names->text + entry->text, name))
			return entry->text ? entry->id : 0;
	}
}

static void test_calls(void **state)
{
	static const char *const functions[] = {
		"PQexec", "read", "vfork", "dlopen", "sqlite3_step", "PQexec", NULL};
	struct bc_run run = {0};
	struct bc_collector *collector = bc_xmalloc(sizeof(*collector));
	struct bc_wire *wire = new_wire();
	uint32_t id;

	(void)state;
	*collector = (struct bc_collector){.run = &run, .segment.wire = wire};
	bc_calls_add(collector, functions);
	assert_int_equal(wire->names.count, 2);
	assert_int_equal(run.untimed, 0);
	id = find_call(&wire->names, "PQexec");
	assert_string_equal(bc_call_name(collector, id), "PQexec");
	id = find_call(&wire->names, "sqlite3_step");
	assert_string_equal(bc_call_name(collector, id), "sqlite3_step");
	assert_int_equal(find_call(&wire->names, "vfork"), 0);
	assert_int_equal(find_call(&wire->names, "dlopen"), 0);
	assert_int_equal(find_call(&wire->names, "read"), 0); /* known by itself */
	assert_null(bc_call_name(collector, 0));
	assert_null(bc_call_name(collector, UINT32_MAX));
	assert_null(bc_call_name(collector, id + 2));
	/* as they stand on stacks */
	assert_string_equal(bc_call_find(collector, "PQexec"), "PQexec");
	assert_string_equal(bc_call_find(collector, "sqlite3_step.part.0"), "sqlite3_step");
	assert_string_equal(bc_call_find(collector, "__libc_read"), "read");
	assert_string_equal(bc_call_find(collector, "__read"), "read");
	assert_null(bc_call_find(collector, "PQexecParams"));
	assert_null(bc_call_find(collector, "app+0x1234"));
	assert_null(bc_call_find(collector, ""));
	munmap(wire, sizeof(*wire));
	bc_run_fini(&run);
	free(collector);
	bc_run_fini(&run);
}

/* More than there is room for are counted, not forgotten. */
static void test_too_many_calls(void **state)
{
	enum { COUNT = 5000 };
	static char texts[COUNT][16];
	static const char *functions[COUNT + 1];
	struct bc_run run = {0};
	struct bc_collector *collector = bc_xmalloc(sizeof(*collector));
	struct bc_wire *wire = new_wire();
	uint32_t found = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		snprintf(texts[i], sizeof(texts[i]), "function_%d", i);
		functions[i] = texts[i];
	}
	*collector = (struct bc_collector){.run = &run, .segment.wire = wire};
	bc_calls_add(collector, functions);
	for (int i = 0; i < COUNT; i++) {
		uint32_t id = find_call(&wire->names, functions[i]);

		found += id && !strcmp(bc_call_name(collector, id), functions[i]);
	}
	assert_in_range(found, 3000, COUNT - 1);
	assert_int_equal(run.untimed, COUNT - found);
	munmap(wire, sizeof(*wire));
	bc_run_fini(&run);
	free(collector);
	bc_run_fini(&run);
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
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_allowed_with_faults),
		cmocka_unit_test(test_no_allow_file),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_too_many_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
