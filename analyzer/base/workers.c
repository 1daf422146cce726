#define BC_DOMAIN "workers"
#include "base/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMIT_ADDRESS_SPACE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LIMIT_ADDRESS_SPACE 0
#endif
#endif
#ifndef LIMIT_ADDRESS_SPACE
#define LIMIT_ADDRESS_SPACE 1
#endif

enum {
	MAX_RESULT = 4096,
	POLL_MS = 100,         /* how late an interrupt may be noticed */
	STOPPED_MS = 2000,     /* a longer gap between two polls means that we were stopped */
	STACK_BYTES = 64 << 20 /* deeply nested sources exhaust the usual 8 MB */
};

struct reply {
	size_t job;
	int code;
	int leaving;       /* the worker ends after this job */
	int out_of_memory; /* the job failed, and memory is the likely reason */
	_Alignas(16) unsigned char result[MAX_RESULT];
};

struct worker {
	pid_t pid; /* 0: none */
	int fd;
	int busy;
	size_t job;
	int64_t deadline_ms; /* of the job */
};

struct run {
	const struct bc_worker_pool *pool;
	struct worker *workers;
	int nworkers;
	size_t njobs, next, finished;
};

/* Process-wide, as the kernel's own figure for ended children is. */
static _Atomic size_t peak_memory;

size_t bc_workers_peak_memory(void)
{
	return peak_memory;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- in the worker ---- */

static void reset_signals(void)
{
	static const int signals[] = {
		SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD, SIGALRM, SIGUSR1, SIGUSR2};
	sigset_t none;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	signal(SIGINT, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void detach_from_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!getenv("BLOCKCHECK_LOG"))
		dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

/* Lowers or raises a soft limit as far as the hard one allows. */
static void set_limit(__rlimit_resource_t resource, rlim_t wanted)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) != 0)
		return;
	if (limit.rlim_max != RLIM_INFINITY && wanted > limit.rlim_max)
		wanted = limit.rlim_max;
	limit.rlim_cur = wanted;
	setrlimit(resource, &limit);
}

static void raise_stack_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
		limit.rlim_cur < STACK_BYTES)
		set_limit(RLIMIT_STACK, STACK_BYTES);
}

static void set_limits(const struct bc_worker_pool *pool)
{
	set_limit(RLIMIT_CORE, 0);
	raise_stack_limit();
	if (LIMIT_ADDRESS_SPACE && pool->memory_limit)
		set_limit(RLIMIT_AS, pool->memory_limit);
}

/* A line such as "VmPeak:  123 kB" of /proc/self/status, in bytes. */
static size_t read_status_line(const char *name)
{
	FILE *f = fopen("/proc/self/status", "re");
	size_t len = strlen(name), kb = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ':')
			kb = strtoull(line + len + 1, NULL, 10);
	if (f)
		fclose(f);
	return kb * 1024;
}

static size_t own_resident_peak(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? (size_t)usage.ru_maxrss * 1024 : 0;
}

/*
 * Whether a worker that failed did so for want of memory. The allocation that failed is not known,
 * only how far the worker had come; growing arrays double, so the last step may be as large as all
 * before it.
 */
static int near_limit(const struct bc_worker_pool *pool, size_t resident, size_t address_space)
{
	size_t limit = LIMIT_ADDRESS_SPACE ? pool->memory_limit : 0;

	return limit && (resident >= limit / 2 || address_space >= limit / 8 * 7);
}

static void run_job(const struct bc_worker_pool *pool, struct reply *reply)
{
	size_t limit = pool->memory_limit;

	memset(reply->result, 0, pool->result_size);
	reply->code = pool->run(pool->context, reply->job, reply->result);
	reply->out_of_memory = reply->code < 0 &&
			       near_limit(pool, own_resident_peak(), read_status_line("VmPeak"));
	/*
	 * After a failure libclang may have recovered from a crash and hold locks or garbage; after
	 * a large unit the heap stays large, at the cost of the next one. A fresh fork is cheap.
	 */
	reply->leaving = reply->code < 0 || (limit && read_status_line("VmRSS") > limit / 4);
}

static void __attribute__((noreturn)) work(const struct bc_worker_pool *pool, int fd)
{
	size_t size = offsetof(struct reply, result) + pool->result_size;
	struct reply reply = {0};

	if (pool->start)
		pool->start(pool->context);
	while (!reply.leaving && recv(fd, &reply.job, sizeof(reply.job), 0) == sizeof(reply.job)) {
		run_job(pool, &reply);
		if (send(fd, &reply, size, 0) != (ssize_t)size)
			break;
	}
	_exit(0); /* the parent's buffered output must not be written twice */
}

static void __attribute__((noreturn)) enter_worker(const struct run *run, int fd, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0); /* it ended before we asked to be told */
	/* A descriptor of another worker, kept here, would hide from it that the parent closed. */
	for (int i = 0; i < run->nworkers; i++)
		if (run->workers[i].pid)
			close(run->workers[i].fd);
	reset_signals();
	detach_from_terminal();
	set_limits(run->pool);
	work(run->pool, fd);
}

/* ---- in the parent ---- */

static int spawn(const struct run *run, struct worker *worker)
{
	pid_t parent = getpid(), pid;
	int fds[2];

	/* Packets arrive whole or not at all, and send() can do without SIGPIPE. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return bc_fail(BC_EINTERNAL, "cannot start a worker process: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		enter_worker(run, fds[1], parent);
	}
	close(fds[1]);
	if (pid < 0) {
		int error = errno;

		close(fds[0]);
		return bc_fail(BC_EINTERNAL, "cannot start a worker process: %s", strerror(error));
	}
	*worker = (struct worker){.pid = pid, .fd = fds[0]};
	return 0;
}

/* Ends a worker that is of no more use. Its wait status; one that had ended by itself keeps its
 * own. */
static int reap(struct worker *worker, size_t *resident)
{
	struct rusage usage = {0};
	int status = 0;
	pid_t got;

	kill(worker->pid, SIGKILL);
	close(worker->fd);
	do
		got = wait4(worker->pid, &status, 0, &usage);
	while (got < 0 && errno == EINTR);
	*resident = (size_t)usage.ru_maxrss * 1024;
	for (size_t old = peak_memory; *resident > old;)
		if (atomic_compare_exchange_weak(&peak_memory, &old, *resident))
			break;
	*worker = (struct worker){0};
	return status;
}

static void finish(struct run *run, size_t job, enum bc_job_status status, int detail,
	const struct reply *reply)
{
	static const struct reply nothing;

	run->finished++;
	if (!reply)
		reply = &nothing;
	run->pool->done(run->pool->context, job, status, detail, reply->code, reply->result);
}

/* The worker ended by itself: says why, and reports the job it had. */
static void bury(struct run *run, struct worker *worker)
{
	struct worker dead = *worker;
	size_t resident;
	int status = reap(worker, &resident);
	int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	/* Exit status 2 is bc_xmalloc()'s; a SIGKILL that is not ours is the kernel's, out of
	 * memory. */
	int out_of_memory = near_limit(run->pool, resident, 0) || signal_number == SIGKILL ||
			    (WIFEXITED(status) && WEXITSTATUS(status) == 2);

	BC_LOG(DEBUG, "worker %d ended: wait status 0x%x, peak %zu bytes", (int)dead.pid, status,
		resident);
	if (dead.busy)
		finish(run, dead.job, out_of_memory ? BC_JOB_OUT_OF_MEMORY : BC_JOB_CRASHED,
			signal_number, NULL);
}

static void take_reply(struct run *run, struct worker *worker)
{
	struct reply reply;
	ssize_t n = recv(worker->fd, &reply, sizeof(reply), MSG_DONTWAIT);
	size_t resident;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != (ssize_t)(offsetof(struct reply, result) + run->pool->result_size)) {
		bury(run, worker);
		return;
	}
	worker->busy = 0;
	if (reply.leaving)
		reap(worker, &resident);
	finish(run, reply.job, reply.out_of_memory ? BC_JOB_OUT_OF_MEMORY : BC_JOB_DONE, 0, &reply);
}

static void give_job(struct run *run, struct worker *worker)
{
	worker->job = run->next++;
	worker->busy = 1;
	worker->deadline_ms = now_ms() + (int64_t)run->pool->timeout_s * 1000;
	/* A failure means that the worker is dead, which poll() tells next. */
	send(worker->fd, &worker->job, sizeof(worker->job), MSG_NOSIGNAL);
}

/* Starts the workers there is work for. Fewer than wanted will do; none is an error. */
static int start_workers(struct run *run)
{
	int alive = 0, status = 0;

	for (int i = 0; i < run->nworkers; i++) {
		struct worker *worker = &run->workers[i];

		if (!worker->pid && run->next < run->njobs && status == 0)
			status = spawn(run, worker);
		if (worker->pid && !worker->busy && run->next < run->njobs)
			give_job(run, worker);
		alive += worker->pid != 0;
	}
	return alive ? 0 : status;
}

static void end_late_jobs(struct run *run)
{
	int64_t now = now_ms();
	size_t resident;

	for (int i = 0; run->pool->timeout_s && i < run->nworkers; i++) {
		struct worker *worker = &run->workers[i];
		size_t job = worker->job;

		if (!worker->busy || now < worker->deadline_ms)
			continue;
		reap(worker, &resident);
		finish(run, job, BC_JOB_TIMED_OUT, run->pool->timeout_s, NULL);
	}
}

/* Waits for replies and deaths. */
static void wait_for_workers(struct run *run, struct pollfd *polls)
{
	int64_t before = now_ms(), stopped;
	nfds_t n = 0;

	for (int i = 0; i < run->nworkers; i++)
		if (run->workers[i].busy)
			polls[n++] = (struct pollfd){.fd = run->workers[i].fd, .events = POLLIN};
	if (poll(polls, n, POLL_MS) > 0) {
		n = 0;
		for (int i = 0; i < run->nworkers; i++)
			if (run->workers[i].busy && polls[n++].revents)
				take_reply(run, &run->workers[i]);
	}
	/* The user stopped us all (^Z): that time was nobody's. */
	stopped = now_ms() - before - POLL_MS;
	for (int i = 0; stopped > STOPPED_MS && i < run->nworkers; i++)
		run->workers[i].deadline_ms += stopped;
}

/* Reports whatever was not done. */
static void cancel(struct run *run)
{
	size_t resident;

	for (int i = 0; i < run->nworkers; i++) {
		struct worker worker = run->workers[i];

		if (worker.pid)
			reap(&run->workers[i], &resident);
		if (worker.busy)
			finish(run, worker.job, BC_JOB_CANCELLED, 0, NULL);
	}
	while (run->next < run->njobs)
		finish(run, run->next++, BC_JOB_CANCELLED, 0, NULL);
}

static int run_jobs(struct run *run, struct pollfd *polls)
{
	const struct bc_worker_pool *pool = run->pool;

	while (run->finished < run->njobs) {
		int status;

		if (pool->interrupted && pool->interrupted(pool->context))
			return bc_fail(BC_EINTERRUPTED, "interrupted");
		status = start_workers(run);
		if (status != 0)
			return status;
		wait_for_workers(run, polls);
		end_late_jobs(run);
	}
	return 0;
}

int bc_workers_run(const struct bc_worker_pool *pool, size_t njobs)
{
	size_t wanted = pool->workers > 1 ? (size_t)pool->workers : 1;
	struct run run = {.pool = pool, .njobs = njobs};
	struct pollfd *polls;
	int status;

	if (pool->result_size > MAX_RESULT)
		return bc_fail(BC_EINTERNAL, "a worker's result has %zu bytes, at most %d fit",
			pool->result_size, MAX_RESULT);
	if (wanted > njobs)
		wanted = njobs;
	run.nworkers = (int)wanted;
	run.workers = bc_xmalloc(wanted * sizeof(*run.workers));
	memset(run.workers, 0, wanted * sizeof(*run.workers));
	polls = bc_xmalloc(wanted * sizeof(*polls));
	status = run_jobs(&run, polls);
	cancel(&run); /* after success, only ends the idle workers */
	free(polls);
	free(run.workers);
	return status;
}
