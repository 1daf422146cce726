/* The collector's state, shared by the files of this folder. */
#ifndef BC_HARNESS_COLLECT_COLLECTOR_H
#define BC_HARNESS_COLLECT_COLLECTOR_H

#include <sys/types.h>

#include "harness/collect/deputy.h"
#include "harness/collect/glance.h"
#include "harness/collect/live.h"
#include "harness/collect/outside.h"
#include "harness/collect/perf.h"
#include "harness/collect/run.h"
#include "harness/collect/segment.h"
#include "harness/collect/symbols.h"
#include "harness/collect/target.h"
#include "harness/collect/trace.h"

enum { BC_SCHED_HISTORY = 1024, BC_PERF_HISTORY = 32, BC_MODULE_SETS = BC_WIRE_PROCESSES + 8 };

/* In place of a system call: a page that has to be fetched first. */
enum { BC_SAMPLE_FAULT = -2 };

/* So much of a stack is looked at from here; what the library keeps of it is less. */
enum { BC_SAMPLE_BYTES = 1 << 18, BC_KEPT = 8 };

/* A blocked thread as the watchdog saw it, or where a loop waits. */
struct bc_sample {
	uint64_t frame_ns; /* when the frame it belongs to began; 0: no sample */
	uint64_t next_ns;  /* when to look again */
	uint64_t say_ns;   /* when to say again that it lasts */
	long syscall;      /* -1: in a call that is known by name, or not in any; see above */
	uint64_t pc, sp, bp;
	int has_bp, exact;
	uint32_t size;
	uint8_t bytes[BC_SAMPLE_BYTES]; /* `size` of them */
};

struct bc_sched {
	uint64_t at_ns, run_ns, wait_ns;
};

/* Files that are mapped at the same places in one or more processes. */
struct bc_module_set {
	struct bc_symbols *symbols; /* NULL: not in use */
	uint64_t key;               /* 0: of one process alone */
	uint32_t users;
	uint64_t left_ns; /* when the last of them did */
};

struct bc_seen_process {
	uint32_t pid; /* 0: the slot is not in use */
	int pidfd;    /* readable once it has ended; -1: unknown to this kernel, or gone */
	uint64_t started_ns;
	const char *program;
	struct bc_module_set *set;        /* NULL until a name is wanted */
	uint32_t rows[BC_WIRE_FUNCTIONS]; /* callback index + 1 */
	uint32_t nfunctions;              /* that modules are known for */
	int maps_read;
};

/* How busy a loop is, from one look to the next. */
struct bc_pace {
	uint64_t at_ns, idle_ns;
	int percent; /* as last written to the trace; -1: never */
};

/* A stall that may lie within one that has not ended yet. */
struct bc_within {
	uint64_t start_ns, end_ns, runqueue_ns;
};
enum { BC_WITHIN = 8 };

struct bc_seen_thread {
	uint32_t pid, tid; /* 0: the slot is not in use */
	uint32_t process;
	int worker; /* it was seen between two jobs (bodies.c) */
	const char *library;
	struct bc_sample *wait; /* where its loop waits; NULL: not known, or looked at */
	struct bc_run_where *wait_stack;
	uint32_t nwait_stack;
	struct bc_sample *kept[BC_KEPT]; /* of its last frames that lasted; NULL: none */
	struct bc_sched sched[BC_SCHED_HISTORY];
	uint32_t nsched; /* ever */
	struct bc_pace pace;
	struct bc_within within[BC_WITHIN];
	uint64_t open_ns; /* that the stall lasted in which the program ended */
	struct bc_perf perf;
	int schedstat;                      /* descriptor, -1: not open */
	uint64_t iterations, iterations_ns; /* of its loop, as of then */
	struct bc_perf_sample *samples;     /* BC_PERF_HISTORY */
	uint32_t nsamples;                  /* ever */
	uint32_t nstops;                    /* how many of them by stopping it, ever */
};

struct bc_collector {
	const struct bc_run_options *options;
	struct bc_run *run;
	struct bc_segment segment;
	struct bc_target target;
	struct bc_trace *trace;     /* NULL: not asked for */
	struct bc_live *live;       /* NULL: no live view */
	struct bc_outside *outside; /* NULL: the library is in the program */
	struct bc_deputy *deputy;   /* NULL: none */
	pid_t pid;
	uint64_t start_ns;
	int said;                      /* which measurement is possible */
	uint64_t looked_ns;            /* whether the library was loaded */
	const char *runs;              /* path of what it had executed then, or NULL */
	int looks;                     /* at that */
	uint64_t seen_ns;              /* when somebody last looked at the program */
	uint32_t nprocesses, nthreads; /* slots in use lie below */
	struct bc_seen_process processes[BC_WIRE_PROCESSES];
	struct bc_module_set sets[BC_MODULE_SETS];
	struct bc_seen_thread *threads[BC_WIRE_THREADS];
	struct bc_rows *rows;         /* of run->callbacks, by place */
	const char *const *functions; /* timed ones beyond calls.def; their ids follow its own */
	uint32_t nfunctions;
	const char **sorted; /* these, by name */
};

/* names.c */
/* Has these functions of libraries timed, too, as far as they are not in calls.def; they must stay
 * where they are. NULL ends the list. */
void bc_calls_add(struct bc_collector *collector, const char *const *functions);
/* The one of them that a function on a stack is, or NULL. */
const char *bc_call_find(const struct bc_collector *collector, const char *function);
/* NULL when there is no such call. */
const char *bc_call_name(const struct bc_collector *collector, uint32_t id);
const char *bc_api_name(uint32_t api);
const char *bc_syscall_name(long number);
const char *bc_library_of(const char *module);

/* modules.c: processes, and what is mapped where in them */
void bc_modules_bind(struct bc_collector *collector, uint32_t slot);
void bc_modules_release(struct bc_collector *collector, uint32_t slot);
void bc_modules_fini(struct bc_collector *collector);
/* While it lives: finds out what its new callbacks belong to. */
void bc_modules_notice(struct bc_collector *collector, uint32_t slot);
/* For addresses of the process, the given one above all. NULL when libdw cannot be set up. */
struct bc_symbols *bc_modules_symbols(
	struct bc_collector *collector, uint32_t slot, uint64_t address);

/* seen.c: functions and their rows in run->callbacks */
/* Index in run->callbacks. */
uint32_t bc_seen_callback(struct bc_collector *collector, uint32_t process, uint32_t function);
const char *bc_seen_name(struct bc_collector *collector, uint32_t process, uint32_t function);
uint32_t bc_seen_row(
	struct bc_collector *collector, const struct bc_run_where *where, const char *api);
uint32_t bc_seen_unwind(struct bc_collector *collector, uint32_t process,
	const struct bc_stack_piece *piece, struct bc_run_where *frames);
void bc_seen_fini(struct bc_collector *collector);

/* watch.c */
/* A piece of the process' memory, less than `size` where it ends sooner. Returns how much. */
uint32_t bc_watch_stack(uint32_t pid, uint64_t sp, uint8_t *bytes, size_t size);
/* How long the thread has waited for events until now. */
uint64_t bc_watch_idle(const struct bc_wire_thread *shared, uint64_t now);
/* The call in which the frame is at this moment, or NULL. */
const char *bc_watch_call(
	struct bc_collector *collector, uint32_t slot, const struct bc_wire_frame *frame);
/* At one thread; says what lasts. */
void bc_watch_tick(struct bc_collector *collector, uint32_t slot, uint64_t now);
/* Somebody looks, at this moment. */
void bc_watch_note(struct bc_collector *collector, uint64_t now);
/* What cannot be made up for, of all threads; nothing in it is slow. */
void bc_watch_all(struct bc_collector *collector);
void bc_watch_keep(struct bc_collector *collector, uint32_t slot, const struct bc_sight *sight);

/* task.c */
/* A file of /proc/PID/task/TID. 0 when it cannot be read. */
int bc_task_read(uint32_t pid, uint32_t tid, const char *what, char *text, size_t size);
/* Notes how long it has run and waited for a CPU until now. */
void bc_task_look(struct bc_collector *collector, struct bc_seen_thread *thread);
/* As far as the kernel's counts tell that were seen: spread evenly between two looks. */
uint64_t bc_task_ran(const struct bc_seen_thread *thread, uint64_t from, uint64_t to);
uint64_t bc_task_waited(const struct bc_seen_thread *thread, uint64_t from, uint64_t to);
/* The part of it that is certain. */
uint64_t bc_task_waited_least(const struct bc_seen_thread *thread, uint64_t from, uint64_t to);

/* reader.c */
/* Takes the events of one thread, if that is known already. */
void bc_reader_drain(struct bc_collector *collector, uint32_t slot);
void bc_reader_scan(struct bc_collector *collector);
/* The program has executed another one, without the library: what it ran before is over. */
void bc_reader_leave(struct bc_collector *collector);
/* After the program's end: folds in all that is left. `signalled`: it did not end by itself. */
void bc_reader_finish(struct bc_collector *collector, int signalled);

/* stalls.c */
void bc_stalls_add(
	struct bc_collector *collector, uint32_t slot, struct bc_wire_event *event, int open);

/* bodies.c: takes what was measured of workers out of the result. */
void bc_workers_drop(struct bc_run *run);

/* Finds out where the thread's loop waits, and which library's it is, if that was not done yet. */
void bc_stalls_find_wait(struct bc_collector *collector, uint32_t slot);

/* What holds the thread's loop at this moment, from its innermost frame; NULL when that cannot be
 * told. */
const char *bc_stalls_running(
	struct bc_collector *collector, uint32_t slot, const struct bc_wire_frame *frame);

#endif
