#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/workers.h"
#include "unit/sanitized.h"

enum { MAX_JOBS = 300, LIMIT_MB = 256 };

enum deed { FINE, SEGFAULT, HANG, ABORT, EXIT, FAIL, EAT, EAT_AND_FAIL, KILLED, CHECK };

/* What the parent saw of each job. */
struct log {
	enum deed deeds[MAX_JOBS];
	int seen[MAX_JOBS];
	enum bc_job_status status[MAX_JOBS];
	int detail[MAX_JOBS], code[MAX_JOBS];
	size_t answer[MAX_JOBS];
	pid_t pid[MAX_JOBS];
	int interrupt_after; /* number of jobs; 0 never */
	int done;
	int started; /* set in the worker only */
};

struct answer {
	size_t square;
	pid_t pid;
	char text[2000];
};

static void on_start(void *context)
{
	((struct log *)context)->started++;
}

static void eat_memory(void)
{
	volatile size_t total = 0;

	while (total < (size_t)2048 << 20) {
		char *p = malloc(1 << 20);

		if (!p)
			return;
		memset(p, 1, 1 << 20);
		total += 1 << 20;
	}
}

/* What a worker must be like; the number of the first point that is not so. */
static int check_surroundings(const struct log *log)
{
	struct rlimit limit;
	struct stat in, null;
	struct sigaction action;

	if (log->started != 1)
		return 1;
	if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0)
		return 2;
	if (fstat(0, &in) != 0 || stat("/dev/null", &null) != 0 || in.st_rdev != null.st_rdev)
		return 3;
	if (fstat(1, &in) != 0 || in.st_rdev != null.st_rdev)
		return 4;
	if (sigaction(SIGINT, NULL, &action) != 0 || action.sa_handler != SIG_IGN)
		return 5;
	if (sigaction(SIGTERM, NULL, &action) != 0 || action.sa_handler != SIG_DFL)
		return 6;
	if (fstat(2, &in) != 0 || in.st_rdev != null.st_rdev)
		return 7;
	return 0;
}

static int run(void *context, size_t job, void *result)
{
	struct log *log = context;
	struct answer *answer = result;

	if (answer->square || answer->pid) /* not zeroed */
		return 99;
	answer->square = job * job;
	answer->pid = getpid();
	switch (log->deeds[job]) {
	case FINE: return (int)job;
	case SEGFAULT:
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
		break;
	case HANG:
		for (;;)
			pause();
	case ABORT: signal(SIGABRT, SIG_DFL); abort();
	case EXIT: _exit(7);
	case FAIL: return -5;
	case EAT: eat_memory(); abort();
	case EAT_AND_FAIL: eat_memory(); return -1;
	case KILLED: raise(SIGKILL); break;
	case CHECK: return check_surroundings(log);
	}
	return -1;
}

static void done(void *context, size_t job, enum bc_job_status status, int detail, int code,
	const void *result)
{
	struct log *log = context;
	const struct answer *answer = result;

	log->done++;
	log->seen[job]++;
	log->status[job] = status;
	log->detail[job] = detail;
	log->code[job] = code;
	log->answer[job] = answer->square;
	log->pid[job] = answer->pid;
}

static int interrupted(void *context)
{
	const struct log *log = context;

	return log->interrupt_after && log->done >= log->interrupt_after;
}

static int run_pool(struct log *log, int workers, int timeout_s, size_t njobs)
{
	struct bc_worker_pool pool = {.workers = workers,
		.timeout_s = timeout_s,
		.memory_limit = (size_t)LIMIT_MB << 20,
		.result_size = sizeof(struct answer),
		.context = log,
		.start = on_start,
		.run = run,
		.done = done,
		.interrupted = interrupted};

	return bc_workers_run(&pool, njobs);
}

/* Nothing is left behind: no child and no descriptor. */
static void check_clean(int next_fd)
{
	int fd = open("/dev/null", O_RDONLY);

	assert_int_equal(fd, next_fd);
	close(fd);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static int next_fd(void)
{
	int fd = open("/dev/null", O_RDONLY);

	close(fd);
	return fd;
}

static void test_all_jobs_run_once(void **state)
{
	static const int worker_counts[] = {0, 1, 2, 7};
	int fd = next_fd();

	(void)state;
	for (size_t w = 0; w < 4; w++) {
		struct log log = {0};

		assert_int_equal(run_pool(&log, worker_counts[w], 60, MAX_JOBS), 0);
		for (int i = 0; i < MAX_JOBS; i++) {
			assert_int_equal(log.seen[i], 1);
			assert_int_equal(log.status[i], BC_JOB_DONE);
			assert_int_equal(log.code[i], i);
			assert_int_equal(log.answer[i], (size_t)i * (size_t)i);
			assert_int_not_equal(log.pid[i], getpid());
		}
	}
	check_clean(fd);
	assert_true(bc_workers_peak_memory() > 64 << 10);
}

static void test_no_jobs(void **state)
{
	struct log log = {0};

	(void)state;
	assert_int_equal(run_pool(&log, 4, 1, 0), 0);
	assert_int_equal(log.done, 0);
}

static void test_surroundings(void **state)
{
	struct log log = {.deeds = {CHECK, CHECK, CHECK}};

	(void)state;
	unsetenv("BLOCKCHECK_LOG");
	assert_int_equal(run_pool(&log, 1, 60, 3), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(log.code[i], 0);
	assert_int_equal(log.pid[0], log.pid[2]); /* one worker did them all */

	setenv("BLOCKCHECK_LOG", "error", 1);
	assert_int_equal(run_pool(&log, 1, 60, 1), 0);
	assert_int_equal(log.code[0], 7);
	unsetenv("BLOCKCHECK_LOG");
}

static void test_each_failure_costs_its_own_job(void **state)
{
	struct log log = {0};
	int fd = next_fd();

	(void)state;
	log.deeds[3] = SEGFAULT;
	log.deeds[4] = ABORT;
	log.deeds[5] = EXIT;
	log.deeds[6] = HANG;
	log.deeds[7] = FAIL;
	log.deeds[8] = KILLED;
	log.deeds[29] = SEGFAULT; /* the last one */
	assert_int_equal(run_pool(&log, 2, 1, 30), 0);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(log.seen[i], 1);
		if (log.deeds[i] == FINE)
			assert_int_equal(log.status[i], BC_JOB_DONE);
	}
	assert_int_equal(log.status[3], BC_JOB_CRASHED);
	assert_int_equal(log.detail[3], SIGSEGV);
	assert_int_equal(log.status[4], BC_JOB_CRASHED);
	assert_int_equal(log.detail[4], SIGABRT);
	assert_int_equal(log.status[5], BC_JOB_CRASHED);
	assert_int_equal(log.detail[5], 0);
	assert_int_equal(log.status[6], BC_JOB_TIMED_OUT);
	assert_int_equal(log.detail[6], 1);
	assert_int_equal(log.status[7], BC_JOB_DONE);
	assert_int_equal(log.code[7], -5);
	assert_int_equal(log.status[8], BC_JOB_OUT_OF_MEMORY);
	assert_int_equal(log.status[29], BC_JOB_CRASHED);
	check_clean(fd);
}

/* A worker whose job failed is not trusted with another. */
static void test_failure_retires_the_worker(void **state)
{
	struct log log = {.deeds = {FINE, FAIL, FINE, FINE}};

	(void)state;
	assert_int_equal(run_pool(&log, 1, 60, 4), 0);
	assert_int_equal(log.pid[0], log.pid[1]);
	assert_int_not_equal(log.pid[1], log.pid[2]);
	assert_int_equal(log.pid[2], log.pid[3]);
}

static void test_memory_limit(void **state)
{
	struct log log = {.deeds = {EAT, EAT_AND_FAIL, FINE}};

	(void)state;
	if (SANITIZED)
		skip();
	assert_int_equal(run_pool(&log, 1, 60, 3), 0);
	assert_int_equal(log.status[0], BC_JOB_OUT_OF_MEMORY);
	assert_int_equal(log.status[1], BC_JOB_OUT_OF_MEMORY);
	assert_int_equal(log.status[2], BC_JOB_DONE);
	assert_true(bc_workers_peak_memory() > (size_t)LIMIT_MB / 2 << 20);
	assert_true(bc_workers_peak_memory() < (size_t)LIMIT_MB * 2 << 20);
}

static void test_interrupt(void **state)
{
	struct log log = {.interrupt_after = 5};
	int fd = next_fd(), cancelled = 0;

	(void)state;
	log.deeds[0] = HANG;
	assert_int_equal(run_pool(&log, 2, 0, 50), BC_EINTERRUPTED);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(log.seen[i], 1);
		cancelled += log.status[i] == BC_JOB_CANCELLED;
	}
	assert_int_equal(log.status[0], BC_JOB_CANCELLED);
	assert_in_range(cancelled, 43, 45);
	check_clean(fd);
}

static void test_no_process_to_be_had(void **state)
{
	struct log log = {0};
	struct rlimit old, few;

	(void)state;
	/* Descriptors run out before the first worker. */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	few.rlim_cur = (rlim_t)next_fd();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(run_pool(&log, 2, 1, 10), BC_EINTERNAL);
	assert_non_null(strstr(bc_error_message(), "cannot start a worker process: "));
	assert_int_equal(log.done, 10);
	assert_int_equal(log.status[9], BC_JOB_CANCELLED);

	/* There is room for one worker only: it does all. */
	few.rlim_cur += 2;
	memset(&log, 0, sizeof(log));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(run_pool(&log, 8, 1, 10), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(log.status[i], BC_JOB_DONE);
}

static void test_result_too_large(void **state)
{
	struct bc_worker_pool pool = {.workers = 1, .result_size = 4097, .run = run, .done = done};

	(void)state;
	assert_int_equal(bc_workers_run(&pool, 1), BC_EINTERNAL);
}

static int run_and_tell(void *context, size_t job, void *result)
{
	(void)job;
	(void)result;
	*(volatile pid_t *)context = getpid();
	for (;;)
		pause();
	return 0;
}

static void ignore(void *context, size_t job, enum bc_job_status status, int detail, int code,
	const void *result)
{
	(void)context;
	(void)job;
	(void)status;
	(void)detail;
	(void)code;
	(void)result;
}

/* Gone, or a zombie where nobody reaps orphans. */
static int is_dead(pid_t pid)
{
	char path[64], text[512] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f && !fgets(text, sizeof(text), f))
		text[0] = '\0';
	if (f)
		fclose(f);
	return !text[0] || strstr(text, ") Z");
}

/* kill -9 of the parent takes the workers along. */
static void test_workers_die_with_the_parent(void **state)
{
	volatile pid_t *worker = mmap(
		NULL, sizeof(*worker), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct bc_worker_pool pool = {
		.workers = 1, .context = (void *)worker, .run = run_and_tell, .done = ignore};
	pid_t parent = fork();

	(void)state;
	if (parent == 0) {
		bc_workers_run(&pool, 1);
		_exit(0);
	}
	for (int i = 0; i < 3000 && !*worker; i++)
		usleep(10000);
	assert_int_not_equal(*worker, 0);
	assert_false(is_dead(*worker));
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	for (int i = 0; i < 3000 && !is_dead(*worker); i++)
		usleep(10000);
	assert_true(is_dead(*worker));
	munmap((void *)worker, sizeof(*worker));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_jobs_run_once),
		cmocka_unit_test(test_no_jobs),
		cmocka_unit_test(test_surroundings),
		cmocka_unit_test(test_each_failure_costs_its_own_job),
		cmocka_unit_test(test_failure_retires_the_worker),
		cmocka_unit_test(test_memory_limit),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_no_process_to_be_had),
		cmocka_unit_test(test_result_too_large),
		cmocka_unit_test(test_workers_die_with_the_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
