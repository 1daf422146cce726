#define BC_DOMAIN "workers"
#include "base/workers.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/worker.h"

enum {
	POLL_MS = 100,    /* how late an interrupt may be noticed */
	STOPPED_MS = 2000 /* a longer gap between two polls means that we were stopped */
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

static int spawn(const struct bc_worker_run *run, struct bc_worker *worker)
{
	pid_t parent = getpid(), pid;
	int fds[2];

	/* Packets arrive whole or not at all, and send() can do without SIGPIPE. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return bc_fail(BC_EINTERNAL, "cannot start a worker process: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		bc_worker_enter(run, fds[1], parent);
	}
	close(fds[1]);
	if (pid < 0) {
		int error = errno;

		close(fds[0]);
		return bc_fail(BC_EINTERNAL, "cannot start a worker process: %s", strerror(error));
	}
	*worker = (struct bc_worker){.pid = pid, .fd = fds[0]};
	return 0;
}

/* Ends a worker that is of no more use. Its wait status; one that had ended by itself keeps its
 * own. */
static int reap(struct bc_worker *worker, size_t *resident)
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
	*worker = (struct bc_worker){0};
	return status;
}

static void finish(struct bc_worker_run *run, size_t job, enum bc_job_status status, int detail,
	const struct bc_worker_reply *reply)
{
	static const struct bc_worker_reply nothing;

	run->finished++;
	if (!reply)
		reply = &nothing;
	run->pool->done(run->pool->context, job, status, detail, reply->code, reply->result);
}

/* The worker ended by itself: says why, and reports the job it had. */
static void bury(struct bc_worker_run *run, struct bc_worker *worker)
{
	struct bc_worker dead = *worker;
	size_t resident;
	int status = reap(worker, &resident);
	int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	/* Exit status 2 is bc_xmalloc()'s; a SIGKILL that is not ours is the kernel's, out of
	 * memory. */
	int out_of_memory = bc_worker_near_limit(run->pool, resident, 0) ||
			    signal_number == SIGKILL ||
			    (WIFEXITED(status) && WEXITSTATUS(status) == 2);

	BC_LOG(DEBUG, "worker %d ended: wait status 0x%x, peak %zu bytes", (int)dead.pid, status,
		resident);
	if (dead.busy)
		finish(run, dead.job, out_of_memory ? BC_JOB_OUT_OF_MEMORY : BC_JOB_CRASHED,
			signal_number, NULL);
}

static void take_reply(struct bc_worker_run *run, struct bc_worker *worker)
{
	struct bc_worker_reply reply;
	ssize_t n = recv(worker->fd, &reply, sizeof(reply), MSG_DONTWAIT);
	size_t resident;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != (ssize_t)(offsetof(struct bc_worker_reply, result) + run->pool->result_size)) {
		bury(run, worker);
		return;
	}
	worker->busy = 0;
	if (reply.leaving)
		reap(worker, &resident);
	finish(run, reply.job, reply.out_of_memory ? BC_JOB_OUT_OF_MEMORY : BC_JOB_DONE, 0, &reply);
}

static void give_job(struct bc_worker_run *run, struct bc_worker *worker)
{
	worker->job = run->next++;
	worker->busy = 1;
	worker->deadline_ms = now_ms() + (int64_t)run->pool->timeout_s * 1000;
	/* A failure means that the worker is dead, which poll() tells next. */
	send(worker->fd, &worker->job, sizeof(worker->job), MSG_NOSIGNAL);
}

/* Starts the workers there is work for. Fewer than wanted will do; none is an error. */
static int start_workers(struct bc_worker_run *run)
{
	int alive = 0, status = 0;

	for (int i = 0; i < run->nworkers; i++) {
		struct bc_worker *worker = &run->workers[i];

		if (!worker->pid && run->next < run->njobs && status == 0)
			status = spawn(run, worker);
		if (worker->pid && !worker->busy && run->next < run->njobs)
			give_job(run, worker);
		alive += worker->pid != 0;
	}
	return alive ? 0 : status;
}

static void end_late_jobs(struct bc_worker_run *run)
{
	int64_t now = now_ms();
	size_t resident;

	for (int i = 0; run->pool->timeout_s && i < run->nworkers; i++) {
		struct bc_worker *worker = &run->workers[i];
		size_t job = worker->job;

		if (!worker->busy || now < worker->deadline_ms)
			continue;
		reap(worker, &resident);
		finish(run, job, BC_JOB_TIMED_OUT, run->pool->timeout_s, NULL);
	}
}

/* Waits for replies and deaths. */
static void wait_for_workers(struct bc_worker_run *run, struct pollfd *polls)
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
static void cancel(struct bc_worker_run *run)
{
	size_t resident;

	for (int i = 0; i < run->nworkers; i++) {
		struct bc_worker worker = run->workers[i];

		if (worker.pid)
			reap(&run->workers[i], &resident);
		if (worker.busy)
			finish(run, worker.job, BC_JOB_CANCELLED, 0, NULL);
	}
	while (run->next < run->njobs)
		finish(run, run->next++, BC_JOB_CANCELLED, 0, NULL);
}

static int run_jobs(struct bc_worker_run *run, struct pollfd *polls)
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
	struct bc_worker_run run = {.pool = pool, .njobs = njobs};
	struct pollfd *polls;
	int status;

	if (pool->result_size > BC_WORKER_RESULT)
		return bc_fail(BC_EINTERNAL, "a worker's result has %zu bytes, at most %d fit",
			pool->result_size, BC_WORKER_RESULT);
	if (wanted > njobs)
		wanted = njobs;
	run.nworkers = (int)wanted;
	run.workers = bc_xcalloc(wanted, sizeof(*run.workers));
	polls = bc_xmalloc(wanted * sizeof(*polls));
	status = run_jobs(&run, polls);
	cancel(&run); /* after success, only ends the idle workers */
	free(polls);
	free(run.workers);
	return status;
}
