/*
 * The injected library's own interfaces. It depends on libc alone, and must not be noticed: no
 * allocation, lock, signal, thread or stdio where the program's code waits for it; errno is never
 * touched, since the system calls made on the way are raw ones.
 */
#ifndef BC_HARNESS_PRELOAD_CORE_H
#define BC_HARNESS_PRELOAD_CORE_H

#include <stddef.h>
#include <stdint.h>

#include "harness/wire.h"

#define BC_LIKELY(x) __builtin_expect(!!(x), 1)
#define BC_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define BC_PUBLIC __attribute__((visibility("default")))
#define BC_NOINLINE __attribute__((noinline))
#define BC_WIDE 0x80000000u /* plug.h has the same */

enum {
	BC_THUNKS = 4095,     /* thunk.S has the same number */
	BC_SYS_SECCOMP = 317, /* likewise */
	BC_NO_EPOCH = 0xffffffff
};

/* Thunk n reads record n; its layout is known to thunk.S. */
struct bc_record {
	void *original;
	uint64_t site;
	uint32_t id;
	uint16_t api;
	uint8_t wide; /* has arguments on the stack */
	uint8_t padding;
	struct bc_wire_stat *stat; /* of the thread that used it last, to be checked */
};
static_assert(sizeof(struct bc_record) == 32 && offsetof(struct bc_record, wide) == 22, "thunk.S");

/* What the thunks' stub keeps in its own frame. */
struct bc_local {
	uint64_t start_ns;
	uint32_t depth;
	uint32_t epoch;
};

/* One function of calls.def or runs.def; the layout is known to the assembler. */
struct bc_call_row {
	void *real;
	const char *name;
	const char *attempt_name; /* of what a lock is taken with when it is free */
	void *attempt;
	uint32_t id;
	uint16_t kind;  /* enum bc_call_kind */
	uint16_t quick; /* enum bc_quick */
};
static_assert(sizeof(struct bc_call_row) == 40, "thunk.S, library.S, plug.S");
enum bc_call_kind { BC_CALL, BC_WAIT, BC_RUN, BC_LIBRARY };

/*
 * The call of another library's function that a thread is in. What this calls in libc is timed,
 * too, and kept as its inside.
 */
struct bc_outer {
	uint64_t sp; /* of its bc_call_frame; 0: none */
	uint64_t pc, caller_sp, bp, start_ns;
	uint64_t inner_ns;
	uint32_t inner, id, depth, padding;
};
static_assert(sizeof(struct bc_outer) == 64, "library.S");

/* What the stub of a call keeps in its own frame: arguments, then our own notes. */
struct bc_call_frame {
	uint64_t args[6];
	uint64_t rax;
	struct bc_call_row *row;
	uint64_t start_ns;
	uint16_t mode;       /* enum bc_call_mode; thunk.S and library.S know where it is and that 0
				passes */
	uint16_t stands_for; /* so many calls */
	uint32_t depth;
};
static_assert(sizeof(struct bc_call_frame) == 80, "thunk.S");

/* A function in which something is noted on the way to the real one; rows lie in thunk.S. */
struct bc_pass_row {
	void *real; /* NULL: not looked for yet */
	const char *name;
};

/* One function of hooks.def. */
struct bc_hook_row {
	void *real;
	const char *name;
	uint32_t api;
	uint8_t callbacks[4]; /* which arguments, 1 to 15; 0 ends. 0x80: the watcher's field; 0x40:
				 wide */
};

/* What the kernel has counted of a thread. */
struct bc_reading {
	uint64_t at_ns, cpu_ns;
	uint64_t system_ns; /* of these */
	uint64_t faults;    /* major << 32 | minor */
	uint64_t switches;  /* that it asked for */
};

struct bc_thread_state {
	uint32_t busy;      /* calls are timed; first, where the assembler looks for it */
	uint32_t base_busy; /* so they are when only the outermost frame is left */
	uint32_t own_loop;  /* the program's, whatever library it asks for events */
	uint32_t epoch;
	uint32_t in_call; /* of libc: what it calls itself is part of it */
	struct bc_wire_thread *slot;
	struct bc_wire_thread *reserved; /* slot for a thread that has entered a sandbox */
	struct bc_reading now;           /* the latest */
	uint32_t reading;                /* its number */
	uint64_t site, other_site;       /* where this thread waits, where it also did */
	uint32_t waits, other_waits;
	uint64_t outer_site; /* likewise, but further up the stack than the loop's wait */
	uint32_t outer_waits;
	uint32_t turns, in_turn; /* how often the loop was run from one place in a row */
	uint64_t turn_site, turn_sp;
	uint32_t closing;
	uint32_t emitting;
	uint32_t passed; /* calls that needed no timing */
	struct bc_outer outer;
};

extern __thread struct bc_thread_state bc_thread __attribute__((tls_model("initial-exec")));
extern struct bc_wire *bc_wire; /* NULL: measure nothing */
extern int bc_sandboxed;        /* no system call may be made any more (sandbox.c) */

/*
 * A page that the system wipes in a forked child. `value` is 0 there until it has been looked at,
 * and equals the epoch of threads that have. The rest stands here to share a cache line with it.
 */
extern struct bc_epoch {
	_Alignas(4096) uint32_t value;
	uint32_t padding;
	uint64_t budget_ns;
	struct bc_wire_clock clock; /* wiped, the system's clock is read, which tells the same */
	char rest[4096 - 40];
} bc_epoch;

extern int bc_has_inner; /* libevent has callbacks of its own, which have no thunks (table.c) */

/* thunk.S */
extern struct bc_record bc_records[];
extern char bc_thunks[], bc_thunks_end[];
void bc_keep_vectors(void (*run)(void *), void *argument);
void bc_thunk_common(void);

/* memory.c. The file that BC_WIRE_ENV names: "/proc/12/fd/3", or "/proc/12/fd/3:200", since what is
 * executed as another user, or in another root, may not look there, but has inherited a descriptor;
 * that may also be another file's by now. NULL when there is none of ours. */
struct bc_wire *bc_memory_map(const char *value);
/* So many slots, from the first one on, are mapped. */
extern uint32_t bc_memory_processes, bc_memory_threads;

/* thread.c. Attaching finds a slot in the memory file. NULL when this thread is not measured. */
struct bc_wire_thread *bc_attach(void);
struct bc_wire_process *bc_process(void);
void bc_start(void);
void bc_after_fork(void);
/* Has a slot ready for this thread, should it turn out to run a loop. */
void bc_reserve(void);

/* table.c. `api` may have BC_WIDE in it. */
void *bc_thunk(void *function, uint32_t api, uint64_t site);
void *bc_original(void *function);
/* The function of a loop's library for whoever calls from `site`, or one that fails. */
void *bc_find_real(const char *name, uint64_t site);

void *bc_pass_real(struct bc_pass_row *row);

/* hot.c */
void bc_enter(struct bc_record *record, struct bc_local *local);
void bc_leave(struct bc_record *record, struct bc_local *local);
void bc_leave_above(uint64_t sp);

/* calls.c */
void bc_call_enter(struct bc_call_row *row, struct bc_call_frame *frame);
void bc_call_leave(struct bc_call_row *row, struct bc_call_frame *frame);
void *bc_call_resolve(struct bc_call_row *row, uint64_t *args);
void bc_calls_resolve_all(void);
/* How many words of a caller's frame can be read; it may end with its stack. */
size_t bc_call_words(const uint64_t *words, size_t count);
void bc_frame_emit(struct bc_wire_thread *thread, struct bc_wire_frame *frame, uint32_t kind,
	uint64_t now, uint64_t own);
void bc_frame_count(struct bc_wire_thread *thread, uint32_t function, uint64_t ns);

/* library.c */
void bc_library_find(void);
/* 1 for code of a library whose callbacks are known, or where that cannot be told. */
int bc_library_has_loop(uint64_t address);
void bc_library_find_late(uint64_t now);
/* Something may have come by dlopen(); and: then it is looked through now. */
void bc_library_note_open(void);
void bc_library_find_opened(void);
/* What times a function, or NULL when there is no room; and the function behind it, or the address
 * itself. */
void *bc_gate_of(uint32_t id, uint64_t real);
void *bc_gate_real(void *address);
/* The number of a function that the rule packs name, under any name that headers give it, or 0. */
uint32_t bc_gate_find_id(const char *name, uint32_t hash);

/* search.c. The only function of this name in all that was loaded when it was looked through last,
 * or NULL. */
void *bc_library_search(const char *name);

static inline uint64_t bc_now(void)
{
	return bc_wire_now(&bc_epoch.clock);
}

#endif
