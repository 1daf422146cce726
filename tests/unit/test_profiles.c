/* Measured runs in the database, and databases of earlier versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "findings/join.h"
#include "findings/unseen.h"
#include "store/migrate.h"
#include "store/profile.h"
#include "unit/profile_build.h"
#include "unit/report_build.h"
#include "unit/store_build.h"

/* ---- saving and loading ---- */

/* As `run` does it: what is there, this run behind it, all of it joined. */
static int join_and_save(struct bc_store *store, const struct bc_profile *profile)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_report report = {.root = ""};
	struct bc_profiles profiles = {0};
	int status = 0;

	if (bc_store_has_run(store) == 1)
		status = bc_store_load_last(store, &report, NULL);
	if (status == 0)
		status = bc_store_load_graph(store, &arena, &report.graph);
	if (status == 0)
		status = bc_store_load_profiles(store, &arena, &profiles);
	if (status == 0) {
		profiles.items[profiles.count++] = *profile;
		bc_join(&report, &profiles);
		bc_unseen_find(&report, &report.graph, &profiles);
		status = bc_store_save_profile(store, &report, &profiles);
	}
	bc_report_fini(&report);
	bc_arena_fini(&arena);
	return status;
}

static int add_profile(const char *path, const struct bc_profile *profile)
{
	struct bc_store *store;
	int status = bc_store_open(path, BC_STORE_WRITE, &store);

	if (status == 0)
		status = bc_store_lock(store);
	if (status == 0)
		status = bc_store_unlock(store, join_and_save(store, profile));
	bc_store_close(store);
	return status;
}

static int load_profiles(const char *path, struct bc_arena *arena, struct bc_profiles *profiles)
{
	struct bc_store *store;
	int status = bc_store_open(path, BC_STORE_READ, &store);

	if (status == 0)
		status = bc_store_load_profiles(store, arena, profiles);
	bc_store_close(store);
	return status;
}

static void assert_times(const struct bc_times *a, const struct bc_times *b)
{
	assert_int_equal(a->count, b->count);
	assert_true(a->total_ms == b->total_ms && a->max_ms == b->max_ms);
	assert_int_equal(a->nbuckets, b->nbuckets);
	for (int i = 0; i < a->nbuckets; i++) {
		assert_int_equal(a->buckets[i].ns, b->buckets[i].ns);
		assert_int_equal(a->buckets[i].count, b->buckets[i].count);
	}
}

static void assert_where(const struct bc_profile_where *a, const struct bc_profile_where *b)
{
	assert_string_equal(a->function, b->function);
	assert_string_equal(a->file, b->file);
	assert_int_equal(a->line, b->line);
	assert_string_equal(a->module, b->module);
}

static void assert_stall(const struct bc_profile_stall *a, const struct bc_profile_stall *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->callback, b->callback);
	assert_int_equal(a->cause, b->cause);
	assert_string_equal(a->culprit, b->culprit);
	assert_true(a->culprit_ms == b->culprit_ms);
	assert_int_equal(a->culprit_calls, b->culprit_calls);
	assert_int_equal(a->inside == NULL, b->inside == NULL);
	if (a->inside)
		assert_string_equal(a->inside, b->inside);
	assert_times(&a->times, &b->times);
	assert_true(a->at_ms == b->at_ms && a->cpu_ms == b->cpu_ms);
	assert_true(a->runqueue_ms == b->runqueue_ms && a->blocked_ms == b->blocked_ms);
	assert_int_equal(a->major_faults, b->major_faults);
	assert_int_equal(a->minor_faults, b->minor_faults);
	assert_int_equal(a->thread, b->thread);
	assert_string_equal(a->library, b->library);
	assert_int_equal(a->open, b->open);
	assert_int_equal(a->allowed == NULL, b->allowed == NULL);
	if (a->allowed)
		assert_string_equal(a->allowed, b->allowed);
	assert_int_equal(a->nstack, b->nstack);
	for (int i = 0; i < a->nstack; i++)
		assert_where(&a->stack[i], &b->stack[i]);
	assert_int_equal(a->nshares, b->nshares);
	for (int i = 0; i < a->nshares; i++) {
		assert_string_equal(a->shares[i].function, b->shares[i].function);
		assert_int_equal(a->shares[i].count, b->shares[i].count);
		assert_true(a->shares[i].total_ms == b->shares[i].total_ms);
	}
}

static void assert_profile(const struct bc_profile *a, const struct bc_profile *b)
{
	assert_int_equal(a->started_ms, b->started_ms);
	assert_string_equal(a->command, b->command);
	assert_string_equal(a->blockcheck, b->blockcheck);
	assert_string_equal(a->tier, b->tier);
	assert_int_equal(a->code, b->code);
	assert_int_equal(a->signal, b->signal);
	assert_true(a->duration_ms == b->duration_ms && a->budget_ms == b->budget_ms);
	assert_int_equal(a->lost, b->lost);
	assert_int_equal(a->ncallbacks, b->ncallbacks);
	for (int i = 0; i < a->ncallbacks; i++) {
		const struct bc_profile_callback *x = &a->callbacks[i], *y = &b->callbacks[i];

		assert_where(&x->where, &y->where);
		assert_string_equal(x->api, y->api);
		assert_int_equal(x->internal, y->internal);
		assert_times(&x->times, &y->times);
		assert_true(x->blocked_ms == y->blocked_ms);
		assert_int_equal(x->stalls, y->stalls);
	}
	assert_int_equal(a->nstalls, b->nstalls);
	for (int i = 0; i < a->nstalls; i++)
		assert_stall(&a->stalls[i], &b->stalls[i]);
}

static void test_round_trip(void **state)
{
	const struct place *place = *state;
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_profiles loaded;
	struct profile_build built;

	profile_init(&built);
	for (int i = 0; i < 3; i++)
		assert_int_equal(add_profile(place->path, &built.profile), 0);
	assert_int_equal(load_profiles(place->path, &arena, &loaded), 0);
	assert_int_equal(loaded.count, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(loaded.items[i].id, i + 1);
		assert_profile(&built.profile, &loaded.items[i]);
	}
	/* one stack, however often it was seen */
	assert_int_equal(ask(place->path, "SELECT count(*) FROM stacks"), 1);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM stack_frames"), 3);
	bc_arena_fini(&arena);
}

static void test_joined(void **state)
{
	const struct place *place = *state;
	struct profile_build profile;
	struct report_build built;

	report_init(&built);
	for (int i = 0; i < built.report.nfindings; i++)
		memset(&built.findings[i].observed, 0, sizeof(built.findings[i].observed));
	profile_init(&profile);
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM confirmed_findings"), 0);
	assert_int_equal(add_profile(place->path, &profile.profile), 0);
	assert_int_equal(add_profile(place->path, &profile.profile), 0);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM joins"), 2);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM confirmed_findings"
					  " WHERE fingerprint = '39fa2ee980eb94b0'"
					  " AND worst_ms = 412"),
		1);
	assert_int_equal(ask(place->path, "SELECT observed_runs = 2 AND observed_count = 2"
					  " FROM findings WHERE finding = 0"),
		1);
	/* the computation is allowed, many small callbacks are predicted by nothing */
	assert_int_equal(ask(place->path, "SELECT count(*) FROM surprises"), 1);
	assert_int_equal(ask(place->path, "SELECT count FROM worst_callbacks"
					  " WHERE function = 'on_read'"),
		200);
}

static void test_old_profiles_are_dropped(void **state)
{
	const struct place *place = *state;
	struct profile_build built;

	profile_init(&built);
	assert_int_equal(add_profile(place->path, &built.profile), 0);
	built.stack[0].line = 7;
	for (int i = 0; i < BC_STORE_KEPT_PROFILES; i++)
		assert_int_equal(add_profile(place->path, &built.profile), 0);
	assert_int_equal(
		ask(place->path, "SELECT count(*) FROM profile_runs"), BC_STORE_KEPT_PROFILES);
	assert_int_equal(ask(place->path, "SELECT min(profile) FROM stalls"), 2);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM stacks"), 1);
}

/* What a measured program is called, and its functions, is up to that program. */
static void test_hostile_texts(void **state)
{
	static const char *const texts[] = {"", "'; DROP TABLE runs; --", "\xff\xfe\x80", "\x1b[2J",
		"a\nb\r\tc", "%s%n", "\xe2\x80\xae", "../../etc/passwd"};
	const struct place *place = *state;
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_profiles loaded;
	struct profile_build built;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		profile_init(&built);
		built.profile.command = built.callbacks[0].where.function = texts[i];
		built.callbacks[0].where.module = built.stack[1].function = texts[i];
		built.stack[2].file = built.stalls[0].culprit = built.shares[0].function = texts[i];
		assert_int_equal(add_profile(place->path, &built.profile), 0);
		assert_int_equal(load_profiles(place->path, &arena, &loaded), 0);
		assert_profile(&built.profile, &loaded.items[loaded.count - 1]);
	}
	bc_arena_fini(&arena);
}

/* What is too long ends before the character that does not fit whole. */
static void test_clipped_texts(void **state)
{
	static const char euro[] = "\xe2\x82\xac";
	char text[BC_PROFILE_TEXT + 8];
	struct bc_arena arena = BC_ARENA_INIT;

	(void)state;
	for (size_t into = 0; into < 3; into++) {
		memset(text, 'x', sizeof(text));
		memcpy(text + BC_PROFILE_TEXT - into, euro, 3);
		text[sizeof(text) - 1] = '\0';
		assert_int_equal(strlen(bc_profile_clip(&arena, text)), BC_PROFILE_TEXT - into);
	}
	bc_arena_fini(&arena);
}

static void test_huge_figures(void **state)
{
	const struct place *place = *state;
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_profiles loaded;
	struct profile_build built;

	profile_init(&built);
	built.once[0] = (struct bc_bucket){INT64_MAX, INT64_MAX};
	built.stalls[0].times.count = INT64_MAX;
	built.stalls[0].times.total_ms = 1e300;
	built.stalls[0].culprit_calls = built.stalls[0].minor_faults = INT64_MAX;
	built.stack[0].line = UINT32_MAX;
	assert_int_equal(add_profile(place->path, &built.profile), 0);
	assert_int_equal(load_profiles(place->path, &arena, &loaded), 0);
	assert_profile(&built.profile, &loaded.items[0]);
	bc_arena_fini(&arena);
}

/* Single values that no version of ours wrote. */
static void test_senseless_values(void **state)
{
	static const char *const changes[] = {
		"UPDATE stalls SET cause = 'magic'",
		"UPDATE stalls SET kind = ''",
		"UPDATE stalls SET count = -1",
		"UPDATE stalls SET stall = stall + 9",
		"UPDATE stalls SET callback = 77 WHERE stall = 0",
		"UPDATE callback_stats SET callback = callback + 9",
		"UPDATE callback_times SET ns = -5 WHERE ns = 1000",
		"UPDATE callback_times SET callback = 1000000 WHERE callback = 1",
		"UPDATE stall_times SET stall = -1 WHERE stall = 0",
		"UPDATE stack_frames SET line = -1",
		"UPDATE stall_shares SET stall = 50",
		"UPDATE joins SET fingerprint = '0123456789abcdef0'",
		"UPDATE profile_runs SET exit_code = -1",
	};
	const struct place *place = *state;
	struct profile_build profile;
	struct report_build built;

	report_init(&built);
	profile_init(&profile);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct bc_arena arena = BC_ARENA_INIT;
		struct bc_profiles loaded;

		remove(place->path);
		assert_int_equal(save_report(place->path, &built.report), 0);
		assert_int_equal(add_profile(place->path, &profile.profile), 0);
		tell(place->path, changes[i]);
		if (load_profiles(place->path, &arena, &loaded) != BC_EINPUT)
			fail_msg("taken as good: %s", changes[i]);
		assert_int_equal(loaded.count, 0);
		bc_arena_fini(&arena);
	}
}

/* Wherever a byte is wrong, the file is read, written or refused, and nothing worse. */
static void test_flipped_bytes(void **state)
{
	const struct place *place = *state;
	struct bc_buf good = {0};
	struct profile_build profile;
	struct report_build built;
	uint32_t seed = 1;
	int refused = 0;

	report_init(&built);
	profile_init(&profile);
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(add_profile(place->path, &profile.profile), 0);
	assert_int_equal(bc_file_read(&good, place->path, 0), 0);
	for (int i = 0; i < 300; i++) {
		write_flipped(place->path, &good, good.len, &seed);
		refused += add_profile(place->path, &profile.profile) != 0;
	}
	assert_true(refused > 10);
	bc_buf_fini(&good);
}

/* Runs that end at the same time: none loses the join of another. */
static void test_concurrent_runs(void **state)
{
	const struct place *place = *state;
	struct profile_build profile;
	struct report_build built;
	pid_t pids[5];

	report_init(&built);
	profile_init(&profile);
	assert_int_equal(save_report(place->path, &built.report), 0);
	for (int i = 0; i < 5; i++) {
		pids[i] = fork();
		for (int run = 0; pids[i] == 0 && run < 4; run++)
			if (add_profile(place->path, &profile.profile) != 0)
				_exit(1);
		if (pids[i] == 0)
			_exit(0);
	}
	assert_all_end_well(pids, 5);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM profile_runs"), 20);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM joins"), 20);
	assert_int_equal(
		ask(place->path, "SELECT observed_runs FROM findings WHERE finding = 0"), 20);
}

static void test_graph(void **state)
{
	struct bc_graph_function functions[] = {{"main", "b.c", 9, 0, 0, 0},
		{"helper", "b.c", 1, 0, 0, 0}, {"helper", "a.c", 4, 1, 0, 0},
		{"helper", "b.c", 1, 0, 0, 0}};
	struct bc_graph_call calls[] = {{0, 1, BC_VIA_POINTER}, {0, 3, BC_VIA_DIRECT},
		{2, 0, BC_VIA_POINTER}, {0, 2, BC_VIA_DIRECT}};
	const struct place *place = *state;
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_store *store;
	struct bc_graph loaded;
	struct report_build built;

	report_init(&built);
	built.report.graph = (struct bc_graph){functions, 4, calls, 4, 0};
	bc_graph_finish(&arena, &built.report.graph);
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(bc_store_open(place->path, BC_STORE_READ, &store), 0);
	assert_int_equal(bc_store_load_graph(store, &arena, &loaded), 0);
	bc_store_close(store);
	assert_int_equal(loaded.nfunctions, 3);
	assert_int_equal(loaded.ncalls, 3);
	assert_int_equal(bc_graph_find(&loaded, "helper", ""), UINT32_MAX);
	assert_int_equal(bc_graph_find(&loaded, "helper", "/x/y/a.c"), 0);
	assert_int_equal(bc_graph_find(&loaded, "helper.isra.0", "/x/y/b.c"), 1);
	assert_int_equal(bc_graph_find(&loaded, "helper", "/x/y/c.c"), UINT32_MAX);
	assert_int_equal(bc_graph_find(&loaded, "help", "a.c"), UINT32_MAX);
	assert_int_equal(bc_graph_find(&loaded, "main", ""), 2);
	assert_true(loaded.functions[0].indirect && !loaded.functions[1].indirect);
	assert_true(bc_graph_has_call(&loaded, 2, 0) && bc_graph_has_call(&loaded, 2, 1));
	assert_false(bc_graph_has_call(&loaded, 1, 0));
	assert_int_equal(ask(place->path, "SELECT count(*) FROM calls WHERE via = 'pointer'"), 1);
	/* a second save leaves it as it is */
	tell(place->path, "UPDATE functions SET line = 1234");
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(ask(place->path, "SELECT min(line) FROM functions"), 1234);
	bc_arena_fini(&arena);
}

/* ---- earlier versions ---- */

/* What the first release wrote; its early builds had no finding_sites. */
static void make_version_1(const char *path, int with_sites)
{
	struct bc_buf sql = {0};

	tell(path, bc_store_steps[0]);
	bc_buf_printf(&sql, "PRAGMA application_id = %d; PRAGMA user_version = 1",
		BC_STORE_APPLICATION_ID);
	tell(path, bc_buf_text(&sql));
	if (!with_sites)
		tell(path, "DROP TABLE finding_sites");
	tell(path, "INSERT INTO runs VALUES (NULL, 1, 'blockcheck check', '0.1.0', 'clang', '/x',"
		   " 'likely', 10, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)");
	bc_buf_fini(&sql);
}

static void test_version_1(void **state)
{
	const struct place *place = *state;
	struct profile_build profile;
	struct report_build built;

	report_init(&built);
	profile_init(&profile);
	for (int with_sites = 0; with_sites < 2; with_sites++) {
		struct bc_store *store;

		remove(place->path);
		make_version_1(place->path, with_sites);
		/* a reader changes nothing, and says what to do */
		assert_int_equal(bc_store_open(place->path, BC_STORE_READ, &store), BC_EINPUT);
		assert_non_null(
			strstr(bc_error_message(), "older blockcheck; run blockcheck check"));
		assert_int_equal(ask(place->path, "PRAGMA user_version"), 1);
		assert_int_equal(add_profile(place->path, &profile.profile), 0);
		assert_int_equal(ask(place->path, "PRAGMA user_version"), BC_STORE_VERSION);
		assert_int_equal(ask(place->path, "SELECT count(*) FROM runs"), 1);
		assert_int_equal(save_report(place->path, &built.report), 0);
		assert_int_equal(ask(place->path, "SELECT count(*) FROM finding_sites"), 0);
		assert_int_equal(ask(place->path, "SELECT count(*) FROM runs"), 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_joined),
		TEST(test_old_profiles_are_dropped),
		TEST(test_hostile_texts),
		TEST(test_clipped_texts),
		TEST(test_huge_figures),
		TEST(test_senseless_values),
		TEST(test_flipped_bytes),
		TEST(test_concurrent_runs),
		TEST(test_graph),
		TEST(test_version_1),
	};

	return cmocka_run_group_tests_name("profiles", tests, NULL, NULL);
}
