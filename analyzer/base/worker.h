/* Private to workers.c: one worker process, as both sides see it. */
#ifndef BC_BASE_WORKER_H
#define BC_BASE_WORKER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/workers.h"

enum { BC_WORKER_RESULT = 4096 };

struct bc_worker_reply {
	size_t job;
	int code;
	int leaving;       /* the worker ends after this job */
	int out_of_memory; /* the job failed, and memory is the likely reason */
	_Alignas(16) unsigned char result[BC_WORKER_RESULT];
};

struct bc_worker {
	pid_t pid; /* 0: none */
	int fd;
	int busy;
	size_t job;
	int64_t deadline_ms; /* of the job */
};

struct bc_worker_run {
	const struct bc_worker_pool *pool;
	struct bc_worker *workers;
	int nworkers;
	size_t njobs, next, finished;
};

/* What a forked process does from here on. */
void bc_worker_enter(const struct bc_worker_run *run, int fd, pid_t parent)
	__attribute__((noreturn));

/* Whether a worker that failed did so for want of memory. */
int bc_worker_near_limit(const struct bc_worker_pool *pool, size_t resident, size_t address_space);

#endif
