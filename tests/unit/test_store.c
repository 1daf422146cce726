/* Reports in the database: round trips, versions of the schema, and files that are damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "store/migrate.h"
#include "unit/report_build.h"
#include "unit/report_equal.h"
#include "unit/store_build.h"

/* ---- round trips ---- */

static void test_round_trip(void **state)
{
	const struct place *place = *state;
	struct report_build built;
	struct bc_report loaded;
	struct bc_store_run run;

	report_init(&built);
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(load_report(place->path, &loaded, &run), 0);
	assert_report(&built.report, &loaded);
	assert_true(run.started_ms == a_run.started_ms);
	assert_string_equal(run.command, a_run.command);
	assert_string_equal(run.blockcheck, a_run.blockcheck);
	assert_string_equal(run.libclang, a_run.libclang);
	assert_int_equal(run.min_confidence, a_run.min_confidence);
	assert_true(run.budget_ms == a_run.budget_ms);
	bc_report_fini(&loaded);
	assert_int_equal(ask(place->path, "SELECT complete FROM last_run"), 0);
}

/* An empty report, and one in which optional texts are left NULL. */
static void test_sparse_reports(void **state)
{
	const struct place *place = *state;
	struct bc_finding bare = {.rule = "BC101", .category = BC_CAT_SLEEP};
	struct bc_report report = {.root = "/x"}, loaded;

	assert_int_equal(save_report(place->path, &report), 0);
	assert_int_equal(load_report(place->path, &loaded, NULL), 0);
	assert_report(&report, &loaded);
	bc_report_fini(&loaded);

	report.findings = &bare;
	report.nfindings = 1;
	bare.bound_ms = bare.observed.max_ms = (double)NAN;
	assert_int_equal(save_report(place->path, &report), 0);
	assert_int_equal(load_report(place->path, &loaded, NULL), 0);
	assert_int_equal(loaded.nfindings, 1);
	assert_string_equal(loaded.findings[0].message, "");
	assert_string_equal(loaded.findings[0].baseline, "new");
	assert_null(loaded.findings[0].suppressed);
	assert_null(loaded.findings[0].callback.registered_by);
	assert_true(loaded.findings[0].bound_ms == -1);
	bc_report_fini(&loaded);
}

/* Texts come from sources: quotes, bytes that are no UTF-8 and long ones are kept as they are. */
static void test_hostile_texts(void **state)
{
	const struct place *place = *state;
	char *longest = malloc(3000001);
	struct report_build built;
	struct bc_report loaded;

	memset(longest, 'x', 3000000);
	longest[3000000] = '\0';
	report_init(&built);
	built.findings[0].message = "'); DROP TABLE runs; --\"\xff\xfe\x1b[31m\n\t\xe2\x80\xae";
	built.findings[1].message = longest;
	built.findings[1].sink.at.line = UINT32_MAX;
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(load_report(place->path, &loaded, NULL), 0);
	assert_report(&built.report, &loaded);
	bc_report_fini(&loaded);
	free(longest);
}

static void test_old_runs_are_dropped(void **state)
{
	const struct place *place = *state;
	struct report_build built;
	struct bc_report loaded;
	struct bc_store *store;
	int runs = BC_STORE_KEPT_RUNS + 5;

	report_init(&built);
	assert_int_equal(bc_store_open(place->path, BC_STORE_WRITE, &store), 0);
	for (int i = 1; i <= runs; i++) {
		built.report.summary.units = i;
		assert_int_equal(bc_store_save_run(store, &built.report, &a_run, NULL), 0);
	}
	bc_store_close(store);
	assert_int_equal(load_report(place->path, &loaded, NULL), 0);
	assert_int_equal(loaded.summary.units, runs);
	bc_report_fini(&loaded);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM runs"), BC_STORE_KEPT_RUNS);
	assert_int_equal(ask(place->path, "SELECT min(run) FROM runs"), 6);
	assert_int_equal(ask(place->path, "SELECT count(DISTINCT run) FROM finding_steps"),
		BC_STORE_KEPT_RUNS);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM finding_steps"),
		BC_STORE_KEPT_RUNS * (3 + 12 + 1 + 1 + 1));
	assert_int_equal(ask(place->path, "SELECT count(*) FROM degraded"), BC_STORE_KEPT_RUNS);
	/* the largest table has the last run only */
	assert_int_equal(
		ask(place->path, "SELECT count(*) FROM finding_callbacks"), 3 + 10 + 1 + 1 + 1);
	assert_int_equal(ask(place->path, "SELECT min(run) FROM finding_callbacks"), runs);
}

static void test_views(void **state)
{
	const struct place *place = *state;
	struct report_build built;

	report_init(&built);
	assert_int_equal(save_report(place->path, &built.report), 0);
	built.report.nfindings = 4;
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(ask(place->path, "SELECT run FROM last_run"), 2);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM open_findings"), 3);
	assert_int_equal(
		ask(place->path,
			"SELECT path = 'on_read -> dispatch -> resolve_peer -> getaddrinfo'"
			" AND file = 'src/net.c' AND line = 6 AND worst_ms = 412"
			" FROM open_findings LIMIT 1"),
		1);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM confirmed_findings"), 1);
	assert_int_equal(ask(place->path, "SELECT findings FROM callback_findings"
					  " WHERE callback = 'on_timer' AND errors = 1"),
		2);
}

/* ---- versions ---- */

static void test_migration(void **state)
{
	static const char *const steps[] = {
		"CREATE TABLE old (a INTEGER) STRICT; INSERT INTO old VALUES (7)",
		"ALTER TABLE old ADD COLUMN b TEXT NOT NULL DEFAULT 'new'",
		"CREATE TABLE third (c); SELECT no_such_function()",
	};
	const struct place *place = *state;
	sqlite3 *db;
	int version;

	assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
	assert_int_equal(bc_store_migrate(db, place->path, steps, 1), 0);
	assert_int_equal(bc_store_check_version(db, place->path, 3, &version), 0);
	assert_int_equal(version, 1);
	assert_int_equal(ask(place->path, "SELECT a FROM old"), 7);
	assert_int_equal(bc_store_migrate(db, place->path, steps, 2), 0);
	assert_int_equal(ask(place->path, "SELECT a FROM old WHERE b = 'new'"), 7);
	/* a step that fails leaves the version before it, whole */
	assert_int_equal(bc_store_migrate(db, place->path, steps, 3), BC_EOUTPUT);
	assert_int_equal(bc_store_check_version(db, place->path, 3, &version), 0);
	assert_int_equal(version, 2);
	assert_int_equal(
		ask(place->path, "SELECT count(*) FROM sqlite_schema WHERE name = 'third'"), 0);
	/* an older program meets it */
	assert_int_equal(bc_store_migrate(db, place->path, steps, 1), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "newer"));
	sqlite3_close(db);
}

static void test_new_file_has_our_mark(void **state)
{
	const struct place *place = *state;
	struct bc_store *store;

	assert_int_equal(bc_store_open(place->path, BC_STORE_WRITE, &store), 0);
	bc_store_close(store);
	assert_int_equal(ask(place->path, "PRAGMA user_version"), BC_STORE_VERSION);
	assert_int_equal(ask(place->path, "PRAGMA application_id"), BC_STORE_APPLICATION_ID);
}

/* Opening must fail with a message that has `why`, and leave the file as it is. */
static void check_refused(const char *path, int code, const char *why)
{
	struct report_build built;
	struct bc_report loaded;
	uint64_t before[2], after[2], size;

	report_init(&built);
	assert_int_equal(bc_file_hash(path, before, &size), 0);
	assert_int_equal(save_report(path, &built.report), code);
	assert_non_null(strstr(bc_error_message(), path));
	assert_non_null(strstr(bc_error_message(), why));
	assert_int_equal(load_report(path, &loaded, NULL), code);
	assert_int_equal(bc_file_hash(path, after, &size), 0);
	assert_memory_equal(before, after, sizeof(before));
}

static void test_newer_version(void **state)
{
	const struct place *place = *state;
	struct report_build built;

	report_init(&built);
	assert_int_equal(save_report(place->path, &built.report), 0);
	tell(place->path, "PRAGMA user_version = 99");
	check_refused(place->path, BC_EINPUT, "newer");
}

static void test_foreign_databases(void **state)
{
	const struct place *place = *state;

	tell(place->path, "CREATE TABLE bookmarks (url TEXT)");
	check_refused(place->path, BC_EINPUT, "another program");
	tell(place->path, "PRAGMA user_version = 1");
	check_refused(place->path, BC_EINPUT, "another program");
}

static void test_noise(void **state)
{
	const struct place *place = *state;
	FILE *f = fopen(place->path, "w");

	for (int i = 0; i < 40000; i++)
		fputc((i * 7919) >> 3 & 0xff, f);
	fclose(f);
	check_refused(place->path, BC_EINPUT, "damaged");
}

/* A good header, and nothing behind it. */
static void test_torn_file(void **state)
{
	const struct place *place = *state;
	struct report_build built;
	struct bc_report loaded;
	char zeros[4096] = {0};
	int fd, status;

	report_init(&built);
	assert_int_equal(save_report(place->path, &built.report), 0);
	fd = open(place->path, O_WRONLY);
	for (off_t at = 100; at < 80000; at += (off_t)sizeof(zeros))
		assert_true(pwrite(fd, zeros, sizeof(zeros), at) == (ssize_t)sizeof(zeros));
	close(fd);
	status = save_report(place->path, &built.report);
	assert_int_equal(status, BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "damaged"));
	assert_int_equal(load_report(place->path, &loaded, NULL), BC_EINPUT);
}

/* Single values that no version of ours wrote. */
static void test_senseless_values(void **state)
{
	static const char *const changes[] = {
		"UPDATE findings SET severity = 'fatal'",
		"UPDATE findings SET category = ''",
		"UPDATE findings SET fingerprint = '0123456789abcdef0'",
		"UPDATE findings SET rule = 'BC10200000'",
		"UPDATE findings SET sink_line = -1",
		"UPDATE findings SET family_size = 4294967296",
		"UPDATE finding_steps SET via = 'magic'",
		"UPDATE callbacks SET context = 'loop'",
		"UPDATE runs SET units = 1 << 40",
		"UPDATE runs SET min_confidence = 'sure'",
		"UPDATE degraded SET errors = -2",
	};
	const struct place *place = *state;
	struct report_build built;
	struct bc_report loaded;

	report_init(&built);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		assert_int_equal(save_report(place->path, &built.report), 0);
		assert_int_equal(load_report(place->path, &loaded, NULL), 0);
		bc_report_fini(&loaded);
		tell(place->path, changes[i]);
		assert_int_equal(load_report(place->path, &loaded, NULL), BC_EINPUT);
		assert_non_null(strstr(bc_error_message(), "damaged"));
		assert_int_equal(loaded.nfindings, 0);
	}
	/* and the next run mends it: what is senseless was in older runs only */
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(load_report(place->path, &loaded, NULL), 0);
	bc_report_fini(&loaded);
}

/* Wherever a byte is wrong, the file is read, written or refused, and nothing worse. */
static void test_flipped_bytes(void **state)
{
	const struct place *place = *state;
	struct bc_buf good = {0};
	struct report_build built;
	uint32_t seed = 1;
	int refused = 0;

	report_init(&built);
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(bc_file_read(&good, place->path, 0), 0);
	for (int i = 0; i < 300; i++) {
		struct bc_report loaded;

		/* every other one in the header and the schema, which matter most */
		write_flipped(place->path, &good, i % 2 ? good.len : 4096, &seed);
		if (load_report(place->path, &loaded, NULL) == 0)
			bc_report_fini(&loaded);
		else
			refused++;
		save_report(place->path, &built.report);
	}
	assert_true(refused > 10);
	bc_buf_fini(&good);
}

/* A trigger in a file that came with a source tree must not run. */
static void test_triggers_are_off(void **state)
{
	const struct place *place = *state;
	struct report_build built;
	struct bc_report loaded;

	report_init(&built);
	assert_int_equal(save_report(place->path, &built.report), 0);
	tell(place->path, "CREATE TRIGGER t AFTER INSERT ON findings BEGIN"
			  " UPDATE findings SET message = 'all is well'; END");
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(load_report(place->path, &loaded, NULL), 0);
	assert_report(&built.report, &loaded);
	bc_report_fini(&loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_sparse_reports),
		TEST(test_hostile_texts),
		TEST(test_old_runs_are_dropped),
		TEST(test_views),
		TEST(test_migration),
		TEST(test_new_file_has_our_mark),
		TEST(test_newer_version),
		TEST(test_foreign_databases),
		TEST(test_noise),
		TEST(test_torn_file),
		TEST(test_senseless_values),
		TEST(test_flipped_bytes),
		TEST(test_triggers_are_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
