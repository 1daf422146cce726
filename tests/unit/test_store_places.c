/* The database where it cannot be, where others write at the same time, and where writing ends
 * suddenly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "unit/report_build.h"
#include "unit/report_equal.h"
#include "unit/store_build.h"

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

	for (int i = 0; i < 6; i++)
		pids[i] = start_saver(place->path, i, 3);
	assert_all_end_well(pids, 6);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_file),
		TEST(test_odd_places),
		TEST(test_read_only_folder),
		TEST(test_concurrent_savers),
		TEST(test_killed_savers),
		TEST(test_without_wal),
		TEST(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
