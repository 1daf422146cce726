#include "base/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

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

enum { STACK_BYTES = 64 << 20 }; /* deeply nested sources exhaust the usual 8 MB */

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

/* ---- limits ---- */

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
int bc_worker_near_limit(const struct bc_worker_pool *pool, size_t resident, size_t address_space)
{
	size_t limit = LIMIT_ADDRESS_SPACE ? pool->memory_limit : 0;

	return limit && (resident >= limit / 2 || address_space >= limit / 8 * 7);
}

/* ---- jobs ---- */

static void run_job(const struct bc_worker_pool *pool, struct bc_worker_reply *reply)
{
	size_t limit = pool->memory_limit;

	memset(reply->result, 0, pool->result_size);
	reply->code = pool->run(pool->context, reply->job, reply->result);
	reply->out_of_memory = reply->code < 0 && bc_worker_near_limit(pool, own_resident_peak(),
							  read_status_line("VmPeak"));
	/*
	 * After a failure libclang may have recovered from a crash and hold locks or garbage; after
	 * a large unit the heap stays large, at the cost of the next one. A fresh fork is cheap.
	 */
	reply->leaving = reply->code < 0 || (limit && read_status_line("VmRSS") > limit / 4);
}

static void __attribute__((noreturn)) work(const struct bc_worker_pool *pool, int fd)
{
	size_t size = offsetof(struct bc_worker_reply, result) + pool->result_size;
	struct bc_worker_reply reply = {0};

	if (pool->start)
		pool->start(pool->context);
	while (!reply.leaving && recv(fd, &reply.job, sizeof(reply.job), 0) == sizeof(reply.job)) {
		run_job(pool, &reply);
		if (send(fd, &reply, size, 0) != (ssize_t)size)
			break;
	}
	_exit(0); /* the parent's buffered output must not be written twice */
}

void __attribute__((noreturn))
bc_worker_enter(const struct bc_worker_run *run, int fd, pid_t parent)
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
