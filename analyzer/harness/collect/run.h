/* `blockcheck run`: what was measured, from launching the program to writing the report. */
#ifndef BC_HARNESS_COLLECT_RUN_H
#define BC_HARNESS_COLLECT_RUN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "findings/finding.h"
#include "harness/wire.h"

enum bc_run_live {
	BC_RUN_LIVE_AUTO, /* on a terminal to which the program does not write its output */
	BC_RUN_LIVE_ALWAYS,
	BC_RUN_LIVE_NEVER
};

struct bc_run_options {
	char *const *argv; /* of the program; ends with NULL */
	double budget_ms;
	double grace_ms;          /* stalls that begin earlier are not reported */
	double duration_ms;       /* 0: until the program ends */
	const char *const *calls; /* functions of libraries that may block; NULL ends them */
	int follow;               /* measure forked and executed children, too */
	int quiet;
	int silent;        /* standard error is for data alone: no warnings on it, no view */
	int live;          /* enum bc_run_live */
	int color;         /* of the live view */
	const char *trace; /* file to write events to as they come, or NULL */
	const char
		*debug_files; /* folder with separate debug files, beside the usual ones, or NULL */
	const char *preload_dir; /* NULL: beside the program, installed, or of the build tree */
};

struct bc_run_histogram {
	uint64_t count, total_ns, max_ns;
	uint64_t buckets[BC_WIRE_BUCKETS];
};

struct bc_run_where {
	const char *function; /* never NULL; "libfoo.so+0x12" without symbols */
	const char *file;     /* NULL: not known */
	int line;             /* 0: not known */
	const char *module;   /* path, never NULL */
	const char
		*begins; /* without symbols: "libfoo.so+0x10", the same for all of the function */
	int by_pointer;  /* on a stack: it calls the frame inside through a pointer */
};

struct bc_run_split {
	uint64_t cpu_ns, runqueue_ns, blocked_ns;
};

struct bc_run_callback {
	struct bc_run_where where;
	const char *api; /* that registered it; "loop" for bodies of loops */
	int internal;    /* it belongs to the loop's library */
	struct bc_run_histogram times;
	struct bc_run_split split; /* of its stalls */
	uint32_t stalls;
};

enum bc_run_kind { BC_RUN_CALLBACK, BC_RUN_BODY, BC_RUN_MANY };
enum bc_run_cause { BC_RUN_CALL, BC_RUN_CPU, BC_RUN_FAULT, BC_RUN_RUNQUEUE, BC_RUN_SYSCALL };

struct bc_run_share {
	const char *function;
	uint32_t count;
	uint64_t total_ns;
};

/* Stalls of one callback with one culprit and one stack; the figures are those of the longest. */
struct bc_run_stall {
	enum bc_run_kind kind;
	uint32_t callback; /* index */
	enum bc_run_cause cause;
	const char *culprit; /* function, "" where there is none */
	uint64_t culprit_ns;
	uint32_t culprit_calls;
	const char *inner; /* the call of libc inside the culprit that took most; NULL: none */
	uint64_t inner_ns;
	const char *longest; /* call, the culprit's or not; NULL: none */
	uint64_t call_pc;    /* where that was made; 0: not known */
	uint32_t count;
	uint64_t total_ns;
	struct bc_run_histogram times; /* of all of them */
	uint64_t ns;                   /* of the longest */
	uint64_t start_ns;             /* since the beginning of the run */
	struct bc_run_split split;
	uint32_t major_faults, minor_faults;
	uint32_t tid;
	const char *site;           /* as of struct bc_run_loop */
	struct bc_run_where *stack; /* innermost first */
	uint32_t nstack;
	struct bc_run_share shares[BC_WIRE_CALLS]; /* of MANY: what the iteration was made of */
	int open;                                  /* still lasting when the program ended */
	/* set when the run is over */
	const char *allowed;     /* the reason that --allow gives, or NULL */
	const char *finding;     /* fingerprint of what predicted it, or NULL */
	const char *finding_why; /* where that is, for people; NULL: nothing was looked for */
	const struct bc_alternative *alternatives; /* what the rule packs say to use instead */
	int nalternatives;
};

struct bc_run_loop {
	uint32_t pid, tid;
	const char *library; /* "discovered": a loop of the program's own */
	const char *site;    /* where that waits, on other threads than the first; or NULL */
	uint64_t iterations, busy_ns, idle_ns;
	struct bc_run_histogram times;
};

/* What was seen of a thread from outside. */
enum { BC_RUN_BLOCKED = 8 };

struct bc_run_blocked {
	long number;      /* of the system call; -1: in none, a page fault most likely */
	const char *name; /* NULL: not known */
	uint32_t count;
	uint64_t total_ns, max_ns;
};

struct bc_run_thread {
	uint32_t tid;
	char name[32];
	int is_loop; /* it was seen waiting for events */
	int hidden;  /* the system does not say in which calls it is */
	uint64_t seen_ns, waited_ns, blocked_ns, cpu_ns;
	struct bc_run_blocked calls[BC_RUN_BLOCKED]; /* that took most */
	uint32_t ncalls;
};

/* A file without names that stalls lead through. */
struct bc_run_stripped {
	const char *module;
	const char *package; /* that has its names; NULL: not known */
};

struct bc_run {
	struct bc_arena arena;
	const char *command;
	const char *tier;     /* which measurement was possible, one word */
	const char *tier_why; /* a sentence for people */
	int code, signal;     /* how the program ended */
	int interrupted;      /* by a signal to us */
	int over_time;        /* its time was over (duration_ms), so we asked it to end */
	uint64_t duration_ns, budget_ns;
	uint64_t resolution_ns;               /* from outside: how often it was looked at */
	BC_VEC(struct bc_run_thread) threads; /* from outside alone */
	BC_VEC(struct bc_run_loop) loops;
	BC_VEC(const char *) workers; /* sites of what looked like loops */
	uint32_t nworkers;            /* threads that are not among the loops therefore */
	BC_VEC(struct bc_run_callback) callbacks;
	BC_VEC(struct bc_run_stall) stalls;
	BC_VEC(struct bc_run_stripped) stripped;
	/* what is missing from the picture */
	uint64_t lost_events, lost_stacks, lost_threads, lost_processes, sandboxed, unwrapped,
		untimed, corrupt;
	uint64_t early_stalls; /* within the grace period */
	uint32_t processes, detached;
	int followed; /* so were its children */
	double per_callback_ns;
	uint64_t collector_cpu_ns;
	uint64_t stops, stopped_ns; /* of what computed, for its stack */
	int unstoppable;            /* that was not permitted, nor perf events */
	uint64_t late_ns;           /* the longest that nothing was read; then events may be lost */
	uint64_t blind_ns; /* the longest that nobody looked; then stacks may be missing, and from
			      outside shorter stalls */
	const char *clock; /* "tsc" or "vdso" */
	const char *trace_error;          /* why the trace is not whole, or NULL */
	int checked;                      /* stalls were compared with the findings of a check */
	BC_VEC(struct bc_remark) remarks; /* about the file of --allow */
};

/*
 * Runs the program and measures until it ends. 0, or a negative error when it could not be started;
 * how it ended is in `run`. The caller drops the arena and the vectors with bc_run_fini().
 */
int bc_run_program(const struct bc_run_options *options, struct bc_run *run);
void bc_run_fini(struct bc_run *run);

/* The value below which `share` (0.99) of all times lie, in ns. */
uint64_t bc_run_percentile(const struct bc_run_histogram *histogram, double share);
/* How long an event that becomes ready at a random moment waits for the loop, at that share. */
uint64_t bc_run_imposed(const struct bc_run *run, double share);

/* `width`: columns of the terminal, 0 where there is none. */
void bc_run_write_text(const struct bc_run *run, int color, int width, struct bc_buf *out);
void bc_run_write_json(const struct bc_run *run, struct bc_buf *out);
/* Stacks of stalls for flame graphs: "outer;inner;culprit MICROSECONDS". */
void bc_run_write_folded(const struct bc_run *run, struct bc_buf *out);
/* The same for speedscope, in milliseconds. */
void bc_run_write_speedscope(const struct bc_run *run, struct bc_buf *out);
/* Sets the alternatives of each stall, as the packs name them for its loop. */
void bc_run_advise(struct bc_run *run, const struct bc_models *models);

#endif
