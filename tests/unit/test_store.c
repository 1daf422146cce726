#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "store/migrate.h"
#include "unit/report_build.h"
#include "unit/store_build.h"

static int load_report(const char *path, struct bc_report *report, struct bc_store_run *run)
{
	struct bc_store *store;
	int status = bc_store_open(path, BC_STORE_READ, &store);

	if (status == 0)
		status = bc_store_load_last(store, report, run);
	bc_store_close(store);
	return status;
}

/* ---- equality ---- */

static void assert_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a)
		assert_string_equal(a, b);
}

static void assert_loc(struct bc_place_loc a, struct bc_place_loc b)
{
	assert_text(a.file, b.file);
	assert_int_equal(a.line, b.line);
	assert_int_equal(a.column, b.column);
}

static void assert_texts(const char **a, int na, const char **b, int nb)
{
	assert_int_equal(na, nb);
	for (int i = 0; i < na; i++)
		assert_text(a[i], b[i]);
}

static void assert_path(const struct bc_finding *a, const struct bc_finding *b)
{
	assert_int_equal(a->npath, b->npath);
	for (int i = 0; i < a->npath; i++) {
		const struct bc_step *p = &a->path[i], *q = &b->path[i];

		assert_text(p->function, q->function);
		assert_loc(p->at, q->at);
		assert_text(p->calls, q->calls);
		assert_int_equal(p->via, q->via);
		assert_int_equal(p->targets, q->targets);
		assert_text(p->witness_place, q->witness_place);
		assert_loc(p->witness, q->witness);
	}
}

static void assert_alternatives(const struct bc_finding *a, const struct bc_finding *b)
{
	assert_int_equal(a->nalternatives, b->nalternatives);
	for (int i = 0; i < a->nalternatives; i++) {
		assert_text(a->alternatives[i].use, b->alternatives[i].use);
		assert_text(a->alternatives[i].note, b->alternatives[i].note);
		assert_text(a->alternatives[i].loop, b->alternatives[i].loop);
	}
}

static void assert_finding(const struct bc_finding *a, const struct bc_finding *b)
{
	assert_string_equal(a->fingerprint, b->fingerprint);
	assert_string_equal(a->rule, b->rule);
	assert_int_equal(a->category, b->category);
	assert_int_equal(a->severity, b->severity);
	assert_int_equal(a->confidence, b->confidence);
	assert_int_equal(a->bound, b->bound);
	assert_true(a->bound_ms == b->bound_ms);
	assert_text(a->message, b->message);
	assert_text(a->because, b->because);
	assert_text(a->sink.function, b->sink.function);
	assert_text(a->sink.in, b->sink.in);
	assert_loc(a->sink.at, b->sink.at);
	assert_text(a->callback.function, b->callback.function);
	assert_loc(a->callback.at, b->callback.at);
	assert_text(a->callback.loop, b->callback.loop);
	assert_text(a->callback.registered_by, b->callback.registered_by);
	assert_loc(a->callback.registered_at, b->callback.registered_at);
	assert_path(a, b);
	assert_texts(a->callbacks, a->ncallbacks, b->callbacks, b->ncallbacks);
	assert_texts(a->assumptions, a->nassumptions, b->assumptions, b->nassumptions);
	assert_alternatives(a, b);
	assert_text(a->family, b->family);
	assert_int_equal(a->family_size, b->family_size);
	assert_int_equal(a->observed.runs, b->observed.runs);
	assert_int_equal(a->observed.count, b->observed.count);
	assert_true(a->observed.max_ms == b->observed.max_ms);
	assert_true(a->observed.p99_ms == b->observed.p99_ms);
	assert_text(a->suppressed, b->suppressed);
	assert_text(a->baseline, b->baseline);
	assert_true(a->worst.ms == b->worst.ms);
	assert_text(a->worst.why, b->worst.why);
	assert_int_equal(a->phase, b->phase);
	assert_text(a->phase_why, b->phase_why);
}

static void assert_others(const struct bc_report *a, const struct bc_report *b)
{
	assert_int_equal(a->ncallbacks, b->ncallbacks);
	for (int i = 0; i < a->ncallbacks; i++) {
		assert_text(a->callbacks[i].function, b->callbacks[i].function);
		assert_loc(a->callbacks[i].at, b->callbacks[i].at);
		assert_text(a->callbacks[i].loop, b->callbacks[i].loop);
		assert_text(a->callbacks[i].registered_by, b->callbacks[i].registered_by);
		assert_loc(a->callbacks[i].registered_at, b->callbacks[i].registered_at);
		assert_int_equal(a->callbacks[i].context, b->callbacks[i].context);
	}
	assert_int_equal(a->nunresolved, b->nunresolved);
	for (int i = 0; i < a->nunresolved; i++) {
		assert_loc(a->unresolved[i].at, b->unresolved[i].at);
		assert_text(a->unresolved[i].in, b->unresolved[i].in);
		assert_text(a->unresolved[i].place, b->unresolved[i].place);
		assert_text(a->unresolved[i].reason, b->unresolved[i].reason);
	}
	assert_int_equal(a->ndegraded, b->ndegraded);
	for (int i = 0; i < a->ndegraded; i++) {
		assert_text(a->degraded[i].file, b->degraded[i].file);
		assert_int_equal(a->degraded[i].errors, b->degraded[i].errors);
		assert_text(a->degraded[i].first, b->degraded[i].first);
	}
}

static void assert_report(const struct bc_report *a, const struct bc_report *b)
{
	assert_text(a->root, b->root);
	assert_int_equal(a->nfindings, b->nfindings);
	for (int i = 0; i < a->nfindings; i++)
		assert_finding(&a->findings[i], &b->findings[i]);
	assert_others(a, b);
	assert_memory_equal(&a->summary, &b->summary, sizeof(a->summary));
}

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
		size_t at = (seed = seed * 1664525 + 1013904223) >> 4;

		/* every other one in the header and the schema, which matter most */
		at %= i % 2 ? good.len : 4096;
		good.data[at] ^= (char)(1 << i % 8);
		assert_int_equal(bc_file_write(place->path, good.data, good.len), 0);
		good.data[at] ^= (char)(1 << i % 8);
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

/* ---- places ---- */

static void test_no_file(void **state)
{
	const struct place *place = *state;
	struct bc_report loaded;
	struct bc_store *store;

	assert_int_equal(load_report(place->path, &loaded, NULL), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), place->path));
	assert_false(bc_file_exists(place->path));
	free(tempdir_file(place->folder, "x.db", ""));
	assert_int_equal(load_report(place->path, &loaded, NULL), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "empty"));
	assert_int_equal(bc_store_open(place->path, BC_STORE_WRITE, &store), 0);
	bc_store_close(store);
	assert_int_equal(load_report(place->path, &loaded, NULL), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "no run yet"));
}

static void test_odd_places(void **state)
{
	static const char *const names[] = {":memory:", "file:x.db?mode=memory", "a%20b#c?d.db"};
	const struct place *place = *state;
	struct report_build built;
	char *here = getcwd(NULL, 0);

	report_init(&built);
	assert_int_equal(save_report(place->folder, &built.report), BC_EINPUT);
	assert_int_equal(mkfifo(place->path, 0600), 0);
	assert_int_equal(save_report(place->path, &built.report), BC_EINPUT);
	assert_int_equal(save_report("/no/such/folder/x.db", &built.report), BC_EOUTPUT);
	assert_non_null(strstr(bc_error_message(), "/no/such/folder/x.db"));
	/* names that mean something to SQLite are names of files here */
	assert_int_equal(chdir(place->folder), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(save_report(names[i], &built.report), 0);
		assert_true(bc_file_exists(names[i]));
	}
	assert_int_equal(chdir(here), 0);
	free(here);
}

/* Runs `work` in a child, as nobody where we are root. Its exit status, or -1. */
static int run_as_nobody(int (*work)(void *context), void *context)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(77);
		_exit(work(context));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int work_read_only(void *context)
{
	const struct place *place = context;
	struct report_build built;
	struct bc_report loaded;
	int status;

	report_init(&built);
	status = save_report(place->path, &built.report);
	if (status != BC_EOUTPUT || !strstr(bc_error_message(), "--db"))
		return 1;
	if (load_report(place->path, &loaded, NULL) != 0)
		return 2;
	return loaded.nfindings == 5 ? 0 : 3;
}

static void test_read_only_folder(void **state)
{
	struct place *place = *state;
	struct report_build built;
	int status;

	report_init(&built);
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(chmod(place->path, 0444), 0);
	assert_int_equal(chmod(place->folder, 0555), 0);
	status = run_as_nobody(work_read_only, place);
	chmod(place->folder, 0755);
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

/* ---- many at once, and sudden ends ---- */

static pid_t start_saver(const char *path, int units, int runs)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct report_build built;
		int status = 0;

		report_init(&built);
		built.report.summary.units = units;
		for (int i = 0; status == 0 && (runs == 0 || i < runs); i++)
			status = save_report(path, &built.report);
		if (status)
			fprintf(stderr, "%s\n", bc_error_message());
		_exit(status ? 1 : 0);
	}
	return pid;
}

static void test_concurrent_savers(void **state)
{
	const struct place *place = *state;
	pid_t pids[6];
	int status;

	for (int i = 0; i < 6; i++)
		pids[i] = start_saver(place->path, i, 3);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_int_equal(ask(place->path, "SELECT count(*) FROM runs"), 18);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM findings"), 18 * 5);
}

static void sleep_us(long us)
{
	struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

	nanosleep(&t, NULL);
}

/* Many findings, so that a good part of the time goes into the middle of a transaction. */
static void make_large(struct report_build *built, struct bc_finding *findings, int n)
{
	report_init(built);
	for (int i = 0; i < n; i++)
		findings[i] = built->findings[i % 5];
	built->report.findings = findings;
	built->report.nfindings = n;
}

static void test_killed_savers(void **state)
{
	enum { FINDINGS = 500, KILLS = 60 };
	static struct bc_finding findings[FINDINGS];
	const struct place *place = *state;
	struct report_build built;
	int cut_short = 0;

	make_large(&built, findings, FINDINGS);
	assert_int_equal(save_report(place->path, &built.report), 0);
	for (int i = 0; i < KILLS; i++) {
		int64_t before = ask(place->path, "SELECT max(run) FROM runs");
		struct bc_report loaded;
		pid_t pid = fork();
		int status;

		if (pid == 0)
			for (;;)
				if (save_report(place->path, &built.report) != 0)
					_exit(1);
		sleep_us(1000 + i * 997 % 40000);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
		cut_short += tempdir_count(place->folder) > 1; /* a journal was left */
		assert_int_equal(load_report(place->path, &loaded, NULL), 0);
		assert_report(&built.report, &loaded);
		bc_report_fini(&loaded);
		assert_true(ask(place->path, "SELECT max(run) FROM runs") >= before);
		assert_int_equal(ask(place->path, "SELECT count(*) % 500 FROM findings"), 0);
	}
	/* else the kills all came while nobody had the file open, and nothing was tried */
	assert_true(cut_short > KILLS / 4);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM pragma_integrity_check"
					  " WHERE integrity_check = 'ok'"),
		1);
}

/* File systems without shared memory, as some network ones: no WAL there, and no error either. */
static void test_without_wal(void **state)
{
	const struct place *place = *state;
	sqlite3_vfs *usual = sqlite3_vfs_find(NULL);
	struct report_build built;
	struct bc_report loaded;
	pid_t pids[2];
	int status;

	report_init(&built);
	sqlite3_vfs_register(sqlite3_vfs_find("unix-dotfile"), 1);
	assert_int_equal(save_report(place->path, &built.report), 0);
	for (int i = 0; i < 2; i++)
		pids[i] = start_saver(place->path, i, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_int_equal(load_report(place->path, &loaded, NULL), 0);
	assert_int_equal(loaded.nfindings, 5);
	bc_report_fini(&loaded);
	assert_int_equal(
		ask(place->path, "SELECT journal_mode = 'delete' FROM pragma_journal_mode"), 1);
	sqlite3_vfs_register(usual, 1);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM runs"), 5);
	/* the usual way again, and then there is one */
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(
		ask(place->path, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

/* No more room: the file may not grow. */
static int work_without_room(void *context)
{
	const struct place *place = context;
	static struct bc_finding findings[2000];
	struct rlimit limit = {.rlim_cur = 128 * 1024, .rlim_max = 128 * 1024};
	struct report_build built;

	make_large(&built, findings, 2000);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	return save_report(place->path, &built.report) == BC_EOUTPUT ? 0 : 1;
}

static void test_no_room(void **state)
{
	struct place *place = *state;
	struct report_build built;
	struct bc_report loaded;

	report_init(&built);
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(chmod(place->folder, 0777), 0);
	assert_int_equal(chmod(place->path, 0666), 0);
	assert_int_equal(run_as_nobody(work_without_room, place), 0);
	assert_int_equal(load_report(place->path, &loaded, NULL), 0);
	assert_report(&built.report, &loaded);
	bc_report_fini(&loaded);
	assert_int_equal(save_report(place->path, &built.report), 0);
	assert_int_equal(ask(place->path, "SELECT count(*) FROM runs"), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
		TEST(test_no_file),
		TEST(test_odd_places),
		TEST(test_read_only_folder),
		TEST(test_concurrent_savers),
		TEST(test_killed_savers),
		TEST(test_without_wal),
		TEST(test_no_room),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
