/* The shipped packs: they load, fast, and say what they must about functions everybody knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "models/models.h"

enum {
	MAX_LOAD_MS = 150 /* ten times what it should take, for slow and instrumented builds */
};

struct shipped {
	struct bc_arena arena;
	struct bc_models models;
};

static const char *rules_dir(void)
{
	const char *dir = getenv("BLOCKCHECK_RULES");

	return dir ? dir : "rules";
}

static int load_shipped(void **state)
{
	struct shipped *shipped = calloc(1, sizeof(*shipped));
	const char *dir = rules_dir();

	if (bc_models_load(&shipped->arena, &dir, 1, &shipped->models) != 0) {
		fprintf(stderr, "%s\n", bc_error_message());
		return -1;
	}
	*state = shipped;
	return 0;
}

static int drop_shipped(void **state)
{
	struct shipped *shipped = *state;

	bc_arena_fini(&shipped->arena);
	free(shipped);
	return 0;
}

static const struct bc_sink_rule *sink(void **state, const char *name)
{
	const struct shipped *shipped = *state;
	const struct bc_sink_rule *const *rules;
	int n;

	rules = bc_models_sinks(&shipped->models, name, &n);
	if (n == 0)
		fail_msg("no rule for %s()", name);
	return rules[0];
}

/* ---- all of them ---- */

/* Of this process's own time: what else runs on the machine does not count. */
static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void test_loading_is_fast(void **state)
{
	const char *dir = rules_dir();
	double best = 1e9;

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct bc_arena arena = BC_ARENA_INIT;
		struct bc_models models;
		double start = now_ms(), took;

		assert_int_equal(bc_models_load(&arena, &dir, 1, &models), 0);
		took = now_ms() - start;
		best = took < best ? took : best;
		bc_arena_fini(&arena);
	}
	print_message("loading all packs took %.1f ms\n", best);
	assert_true(best < MAX_LOAD_MS);
}

static int sinks_of_packs; /* added up by count_sinks() */

static int count_sinks(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct bc_arena arena = BC_ARENA_INIT;
	size_t len = strlen(path);
	struct bc_models models;

	(void)st;
	(void)ftw;
	if (type != FTW_F || len < 5 || strcmp(path + len - 5, ".yaml") != 0)
		return 0;
	if (bc_models_load(&arena, &path, 1, &models) != 0)
		fail_msg("%s", bc_error_message());
	sinks_of_packs += models.nsinks;
	bc_arena_fini(&arena);
	return 0;
}

/* Each pack stands alone, and none takes a rule from another: an id in two would drop the first. */
static void test_packs_do_not_touch_each_other(void **state)
{
	const struct shipped *shipped = *state;

	sinks_of_packs = 0;
	assert_int_equal(nftw(rules_dir(), count_sinks, 16, FTW_PHYS), 0);
	assert_int_equal(sinks_of_packs, shipped->models.nsinks);
}

static int is_loop(const struct bc_models *models, const char *id)
{
	for (int i = 0; i < models->nloops; i++)
		if (!strcmp(models->loops[i], id))
			return 1;
	return 0;
}

static void test_alternatives_fit_a_loop(void **state)
{
	const struct shipped *shipped = *state;
	const struct bc_models *models = &shipped->models;

	for (int i = 0; i < models->nsinks; i++)
		for (int a = 0; a < models->sinks[i].nalternatives; a++) {
			const char *loop = models->sinks[i].alternatives[a].loop;

			if (*loop && !is_loop(models, loop))
				fail_msg("%s: no loop '%s'", models->sinks[i].id, loop);
		}
}

static void test_no_function_is_named_twice(void **state)
{
	const struct shipped *shipped = *state;
	const struct bc_models *models = &shipped->models;

	for (int i = 0; i < models->nsinks; i++)
		for (int f = 0; f < models->sinks[i].nfunctions; f++)
			for (int g = f + 1; g < models->sinks[i].nfunctions; g++)
				assert_string_not_equal(models->sinks[i].functions[f],
					models->sinks[i].functions[g]);
}

/* What loops wait in must also be known to block inside a callback, and the same way. */
static void test_waits_are_sinks(void **state)
{
	const struct shipped *shipped = *state;
	const struct bc_models *models = &shipped->models;

	for (int i = 0; i < models->nwaits; i++)
		for (int f = 0; f < models->waits[i].nfunctions; f++) {
			const struct bc_wait_rule *wait = &models->waits[i];
			const struct bc_sink_rule *rule = sink(state, wait->functions[f]);

			assert_int_equal(rule->category, BC_CAT_NESTED_LOOP);
			assert_memory_equal(&rule->timeout, &wait->timeout, sizeof(wait->timeout));
		}
}

/* ---- well-known functions ---- */

static void test_categories(void **state)
{
	static const struct {
		const char *function;
		enum bc_category category;
		enum bc_bound bound;
	} rows[] = {
		{"usleep", BC_CAT_SLEEP, BC_BOUND_TIMEOUT},
		{"getaddrinfo", BC_CAT_DNS, BC_BOUND_UNBOUNDED},
		{"recvmsg", BC_CAT_NETWORK, BC_BOUND_UNBOUNDED},
		{"fsync", BC_CAT_DISK, BC_BOUND_DATA},
		{"fopen", BC_CAT_DISK, BC_BOUND_DATA},
		{"stat", BC_CAT_DISK, BC_BOUND_SHORT},
		{"waitpid", BC_CAT_PROCESS, BC_BOUND_UNBOUNDED},
		{"system", BC_CAT_PROCESS, BC_BOUND_UNBOUNDED},
		{"pthread_mutex_lock", BC_CAT_LOCK, BC_BOUND_SHORT},
		{"pthread_cond_wait", BC_CAT_LOCK, BC_BOUND_UNBOUNDED},
		{"poll", BC_CAT_NESTED_LOOP, BC_BOUND_TIMEOUT},
		{"printf", BC_CAT_LOGGING, BC_BOUND_DATA},
		{"syslog", BC_CAT_LOGGING, BC_BOUND_UNBOUNDED},
		{"g_dbus_proxy_call_sync", BC_CAT_IPC, BC_BOUND_TIMEOUT},
		{"g_file_set_contents", BC_CAT_DISK, BC_BOUND_DATA},
		{"bd_fs_ext4_get_info", BC_CAT_PROCESS, BC_BOUND_UNBOUNDED},
		{"sqlite3_step", BC_CAT_DISK, BC_BOUND_DATA},
		{"PQexec", BC_CAT_NETWORK, BC_BOUND_UNBOUNDED},
		{"crypt", BC_CAT_CPU, BC_BOUND_DATA},
		{"tcdrain", BC_CAT_DEVICE, BC_BOUND_UNBOUNDED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct bc_sink_rule *rule = sink(state, rows[i].function);

		assert_int_equal(rule->category, rows[i].category);
		assert_int_equal(rule->bound, rows[i].bound);
		assert_true(rule->provenance[0] && rule->because[0]);
	}
}

/* Calls with literal arguments. */
struct call {
	int64_t args[8];
	int flags; /* of what argument 3 points to */
	const char *text;
	enum bc_fd_mode fd;
};

static struct bc_value view_value(void *context, int arg)
{
	const struct call *call = context;

	if (arg == 1 && call->text)
		return (struct bc_value){.kind = BC_V_TEXT, .u.text = call->text};
	return bc_value_int(call->args[arg - 1]);
}

static struct bc_value view_field(void *context, int arg, const char *field)
{
	(void)arg;
	(void)field;
	return bc_value_int(((const struct call *)context)->flags);
}

static enum bc_fd_mode view_fd(void *context, int arg)
{
	(void)arg;
	return ((const struct call *)context)->fd;
}

static void assert_blocks(void **state, const char *function, struct call call, enum bc_tri blocks)
{
	const struct shipped *shipped = *state;
	const struct bc_sink_rule *rule = sink(state, function);
	struct bc_call_view view = {&call, view_value, view_field, view_fd};
	enum bc_tri quiet = bc_pred_eval(&shipped->models, rule->nonblocking_when, &view, NULL);

	if (quiet != (blocks == BC_UNKNOWN ? BC_UNKNOWN : blocks == BC_YES ? BC_NO : BC_YES))
		fail_msg("%s: %d", function, quiet);
}

static void test_nonblocking_calls(void **state)
{
	struct shipped *shipped = *state;

	bc_models_set_constant(&shipped->models, "MSG_DONTWAIT", 0x40);
	bc_models_set_constant(&shipped->models, "WNOHANG", 1);
	bc_models_set_constant(&shipped->models, "F_SETLKW", 7);
	bc_models_set_constant(&shipped->models, "LOCK_NB", 4);
	bc_models_set_constant(&shipped->models, "LOCK_UN", 8);
	bc_models_set_constant(&shipped->models, "AI_NUMERICHOST", 4);
#define CALL(...) ((struct call){__VA_ARGS__})
	assert_blocks(state, "recv", CALL(.args = {3, 1, 9, 0x40}), BC_NO);
	assert_blocks(state, "recv", CALL(.args = {3, 1, 9, 0}, .fd = BC_FD_NONBLOCKING), BC_NO);
	assert_blocks(state, "recv", CALL(.args = {3, 1, 9, 0}, .fd = BC_FD_BLOCKING), BC_YES);
	assert_blocks(state, "recv", CALL(.args = {3, 1, 9, 0}), BC_UNKNOWN);
	assert_blocks(state, "waitpid", CALL(.args = {-1, 0, 1}), BC_NO);
	assert_blocks(state, "waitpid", CALL(.args = {-1, 0, 0}), BC_YES);
	assert_blocks(state, "fcntl", CALL(.args = {3, 4}), BC_NO);
	assert_blocks(state, "fcntl", CALL(.args = {3, 7}), BC_YES);
	assert_blocks(state, "fcntl", CALL(.args = {3, 38}), BC_YES);
	assert_blocks(state, "flock", CALL(.args = {3, 8}), BC_NO);
	assert_blocks(state, "flock", CALL(.args = {3, 2}), BC_YES);
	assert_blocks(state, "poll", CALL(.args = {1, 1, 0}), BC_NO);
	assert_blocks(state, "poll", CALL(.args = {1, 1, -1}), BC_YES);
	assert_blocks(state, "system", CALL(.args = {0}), BC_NO);
	assert_blocks(state, "system", CALL(.text = "ls"), BC_YES);
	assert_blocks(state, "getaddrinfo", CALL(.text = "::1"), BC_NO);
	assert_blocks(state, "getaddrinfo", CALL(.text = "a.org"), BC_YES);
	assert_blocks(
		state, "getaddrinfo", CALL(.text = "a.org", .args = {1, 0, 1}, .flags = 4), BC_NO);
	assert_blocks(state, "uv_fs_open", CALL(.args = {1, 1, 1, 0, 0, 0}), BC_YES);
	assert_blocks(state, "uv_fs_open", CALL(.args = {1, 1, 1, 0, 0, 9}), BC_NO);
#undef CALL
}

/* A rule without a limit of its own has something to say of its worst case, on one short line. */
static void test_worst_cases(void **state)
{
	const struct shipped *shipped = *state;
	struct bc_worst worst;

	for (int i = 0; i < shipped->models.nsinks; i++) {
		const struct bc_sink_rule *rule = &shipped->models.sinks[i];

		worst = bc_models_worst(&shipped->models, rule, rule->category, rule->bound);
		if (rule->bound == BC_BOUND_TIMEOUT)
			continue;
		if (!worst.why)
			fail_msg("%s: nothing is said of its worst case", rule->id);
		assert_in_range(strlen(worst.why), 10, 110);
	}
	worst = bc_models_worst(
		&shipped->models, sink(state, "getaddrinfo"), BC_CAT_DNS, BC_BOUND_UNBOUNDED);
	assert_true(worst.ms == 30000);
	worst = bc_models_worst(
		&shipped->models, sink(state, "connect"), BC_CAT_NETWORK, BC_BOUND_UNBOUNDED);
	assert_true(worst.ms == 127000);
	/* what turned out to be something else is judged as that */
	worst = bc_models_worst(
		&shipped->models, sink(state, "connect"), BC_CAT_DISK, BC_BOUND_DATA);
	assert_true(worst.ms < 0);
	assert_non_null(strstr(worst.why, "device"));
}

static void test_who_registers(void **state)
{
	static const struct {
		const char *function;
		int role, arg;
		enum bc_context context;
		const char *loop;
	} rows[] = {
		{"pthread_create", 0, 3, BC_CTX_WORKER, "posix"},
		{"qsort", 0, 4, BC_CTX_SYNC, "posix"},
		{"uv_queue_work", 0, 3, BC_CTX_WORKER, "libuv"},
		{"uv_queue_work", 1, 4, BC_CTX_LOOP, "libuv"},
		{"event_new", 0, 4, BC_CTX_LOOP, "libevent"},
		{"g_unix_fd_add", 0, 3, BC_CTX_LOOP, "glib"},
		{"g_task_run_in_thread", 0, 2, BC_CTX_WORKER, "glib"},
		{"sd_event_add_io", 0, 5, BC_CTX_LOOP, "sd-event"},
		{"wl_event_loop_add_fd", 0, 4, BC_CTX_LOOP, "wayland-server"},
		{"aeCreateFileEvent", 0, 4, BC_CTX_LOOP, "ae"},
	};
	const struct shipped *shipped = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct bc_register_rule *const *rules;
		int n;

		rules = bc_models_registers(&shipped->models, rows[i].function, &n);
		assert_int_equal(n, 1);
		assert_true(rows[i].role < rules[0]->nroles);
		assert_int_equal(rules[0]->roles[rows[i].role].arg, rows[i].arg);
		assert_int_equal(rules[0]->roles[rows[i].role].context, rows[i].context);
		assert_string_equal(rules[0]->loop, rows[i].loop);
	}
}

static void test_fields_and_names(void **state)
{
	const struct shipped *shipped = *state;
	const struct bc_models *models = &shipped->models;
	const struct bc_field_rule *rule;

	assert_string_equal(bc_models_field(models, "struct ev_io", "cb")->loop, "libev");
	assert_non_null(bc_models_field(models, "uv_process_options_t", "exit_cb"));
	rule = bc_models_field(models, "struct wl_seat_interface", "get_pointer");
	assert_string_equal(rule->loop, "wayland-server");
	assert_true(rule->nrequires > 0);
	assert_null(bc_models_field(models, "struct anything", "cb"));
	assert_true(bc_models_is_fork(models, "fork"));
	assert_true(bc_models_never_blocks(models, "setsockopt"));
	assert_false(bc_models_never_blocks(models, "recv"));
	assert_true(bc_models_knows(models, "memcpy"));
	assert_false(bc_models_knows(models, "memcpyy"));
	assert_true(models->nloop_annotations >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loading_is_fast),
		cmocka_unit_test(test_packs_do_not_touch_each_other),
		cmocka_unit_test(test_alternatives_fit_a_loop),
		cmocka_unit_test(test_no_function_is_named_twice),
		cmocka_unit_test(test_waits_are_sinks),
		cmocka_unit_test(test_categories),
		cmocka_unit_test(test_nonblocking_calls),
		cmocka_unit_test(test_worst_cases),
		cmocka_unit_test(test_who_registers),
		cmocka_unit_test(test_fields_and_names),
	};

	return cmocka_run_group_tests(tests, load_shipped, drop_shipped);
}
