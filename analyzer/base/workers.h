/*
 * A pool of worker processes.
 *
 * Each worker is a fork of this process that runs jobs one at a time. A job that crashes, hangs or
 * eats memory costs that job alone: the pool notices, reports it, and starts a fresh worker.
 * Results are small fixed-size records sent over a socket; anything large goes into files.
 *
 * Workers do not outlive this process, nor the thread that called bc_workers_run(): the kernel ends
 * them. They ignore SIGINT, which a terminal sends to all of us, because the parent decides. They
 * have no standard input or output; standard error is kept only under BLOCKCHECK_LOG, for libclang
 * prints what it crashed on there. Memory limits are not set under AddressSanitizer, which reserves
 * terabytes of address space.
 */
#ifndef BC_BASE_WORKERS_H
#define BC_BASE_WORKERS_H

#include <stddef.h>

enum bc_job_status {
	BC_JOB_DONE,      /* `result` holds what run() filled in; its return value is in `code` */
	BC_JOB_CRASHED,   /* `detail` is the signal */
	BC_JOB_TIMED_OUT, /* `detail` is the limit in seconds */
	BC_JOB_OUT_OF_MEMORY,
	BC_JOB_CANCELLED /* the pool was interrupted before it ran */
};

struct bc_worker_pool {
	int workers;         /* processes at once, at least 1 */
	int timeout_s;       /* per job; 0 for none */
	size_t memory_limit; /* bytes of address space per worker; 0 for none */
	size_t result_size;  /* at most 4096 */
	void *context;

	/* In the worker, once, before its first job; may be NULL. */
	void (*start)(void *context);
	/* In the worker. Fills `result` (zeroed, result_size bytes); what it returns becomes
	 * `code`. */
	int (*run)(void *context, size_t job, void *result);
	/* In the parent, in order of completion. `result` is valid during the call. */
	void (*done)(void *context, size_t job, enum bc_job_status status, int detail, int code,
		const void *result);
	/* In the parent, polled between events; returning non-zero kills the workers and cancels
	 * the rest. */
	int (*interrupted)(void *context);
};

/* Runs jobs 0..njobs-1. 0, BC_EINTERRUPTED, or BC_EINTERNAL when no worker could be started. */
int bc_workers_run(const struct bc_worker_pool *pool, size_t njobs);

/* Peak resident memory over all workers that ended so far, in bytes (for --stats). */
size_t bc_workers_peak_memory(void);

#endif
