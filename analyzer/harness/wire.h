/*
 * What the injected library and the collector share: one memory file, laid out as `struct bc_wire`.
 * Only fixed widths, no pointers. The library writes; the collector writes what is marked so.
 * Whoever reads must not trust a single field: the program under study may have scribbled over it.
 *
 * Times are nanoseconds of bc_wire_now(), which both sides compute alike.
 */
#ifndef BC_HARNESS_WIRE_H
#define BC_HARNESS_WIRE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define BC_WIRE_MAGIC 0x3165726977636221ull
/* How the library finds the memory file: BLOCKCHECK_RUN=/proc/PID/fd/N */
#define BC_WIRE_ENV "BLOCKCHECK_RUN"

enum {
	BC_WIRE_VERSION = 6,
	BC_WIRE_PROCESSES = 64,
	BC_WIRE_THREADS = 512,
	BC_WIRE_FUNCTIONS = 4096, /* per process; 0 is the body of a loop */
	BC_WIRE_MODULES = 128,
	BC_WIRE_FRAMES = 32, /* nested callbacks that are told apart */
	BC_WIRE_EVENTS = 512,
	BC_WIRE_STATS = 256, /* distinct callbacks per thread; 0: iterations, the last: the rest */
	BC_WIRE_SLICES = 16,
	BC_WIRE_SLICE_BYTES = 8192,
	BC_WIRE_CALLS = 4, /* that one frame remembers */
	BC_WIRE_PATH = 240,
	BC_WIRE_NAMES = 8192, /* of functions of other libraries; a power of two */
	BC_WIRE_NAMES_TEXT = 262144,
	BC_WIRE_SUB = 16, /* histogram buckets per power of two */
	BC_WIRE_BUCKETS = 608
};

/* `state` of processes and threads. FREE to OPEN by the library, CLOSED to FREE by the collector.
 */
enum { BC_WIRE_FREE, BC_WIRE_OPEN, BC_WIRE_CLOSED };

enum bc_wire_kind {
	BC_WIRE_CALLBACK = 1, /* one callback held the loop over the budget */
	BC_WIRE_BODY,         /* so did a loop outside of callbacks that are known */
	BC_WIRE_MANY,         /* only all callbacks of an iteration together did */
	BC_WIRE_SITE          /* a loop was recognised; the slice shows where it waits */
};

struct bc_wire_clock {
	uint64_t base_ns, base_tsc;
	uint64_t factor; /* ns per tick, 32 bits of fraction; 0: no usable counter */
};

struct bc_wire_call {
	uint32_t id; /* of calls.def, or of bc_wire_names; in MANY a function */
	uint32_t count;
	uint64_t total_ns;
	uint64_t inner_ns; /* within: in the call of calls.def that took most */
	uint32_t inner;
	uint32_t padding;
};

/*
 * What runs, innermost last. A base frame (function 0) is an iteration of the loop. Only the first
 * part is written for every callback; what follows `flags` counts only with BC_WIRE_TOUCHED, and
 * what follows `calls` is the library's own.
 */
struct bc_wire_frame {
	_Alignas(64) uint64_t sp;
	uint64_t start_ns;
	uint64_t nested_ns; /* spent in frames inside this one, or waiting in a nested loop */
	uint64_t waited_ns; /* of these, waiting in nested loops */
	uint32_t function;
	uint32_t reading; /* which reading of the thread's figures came before it */
	uint32_t flags;
	uint32_t slice;    /* number of the slice taken there, 0: none */
	uint64_t worst_ns; /* longest call, when it began, and where it was made */
	uint64_t worst_start_ns;
	uint32_t worst_call;
	uint32_t padding;
	struct bc_wire_call calls[BC_WIRE_CALLS];
	uint64_t cpu_ns;    /* of the thread when it began, to within a millisecond */
	uint64_t system_ns; /* of cpu_ns, in the kernel */
	uint64_t faults;    /* page faults of the thread when it began: major << 32 | minor */
	uint64_t switches;  /* how often the thread had gone to sleep, as late as it is known */
};

/* Of the memory file: F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW. */
enum { BC_WIRE_SEALS = 7 };

enum { BC_WIRE_HAD_STALL = 1, BC_WIRE_TOUCHED = 2 };

#define BC_WIRE_UNKNOWN UINT64_MAX

struct bc_wire_event {
	uint32_t kind; /* enum bc_wire_kind */
	uint32_t function;
	uint64_t start_ns;
	uint64_t total_ns;
	uint64_t own_ns;    /* less what nested_ns of the frame counts */
	uint64_t waited_ns; /* in nested loops; not in total_ns */
	uint64_t cpu_ns;    /* BC_WIRE_UNKNOWN in a sandbox */
	uint64_t system_ns; /* of these, in the kernel */
	uint64_t worst_ns;
	uint64_t worst_start_ns;
	uint32_t worst_call;
	uint32_t slice;
	uint32_t major_faults, minor_faults;
	uint64_t switches; /* 0: it never slept; more may be older than the event */
	struct bc_wire_call calls[BC_WIRE_CALLS];
	uint64_t site;
};

struct bc_wire_stat {
	_Alignas(64) uint32_t function;
	uint32_t iteration; /* in which it ran last, and its figures before that */
	uint64_t count, total_ns, max_ns;
	uint64_t count_before, total_before_ns;
	uint32_t buckets[BC_WIRE_BUCKETS];
};

/* A piece of stack, from `sp` upwards, and the registers to unwind it with. */
struct bc_wire_slice {
	uint32_t number;
	uint32_t size;
	uint64_t pc, sp, bp;
	uint8_t bytes[BC_WIRE_SLICE_BYTES];
};

/* What every callback and every wait touches comes first and fills one cache line. */
struct bc_wire_thread {
	/* heartbeat */
	uint32_t depth;
	uint32_t waiting;
	uint32_t raw;  /* no callback of a known library has run */
	uint32_t call; /* id in progress, 0: none */
	uint64_t waiting_since_ns;
	uint64_t iterations, busy_ns, idle_ns;
	uint64_t site; /* of the loop's wait */
	uint32_t call_number;
	uint32_t state;
	uint64_t call_ns, call_pc, call_sp, call_bp, site_sp;

	uint32_t process; /* index */
	uint32_t pid, tid;
	uint32_t generation; /* counts the users of this slot */
	/* lost or guessed */
	uint64_t dropped, no_slice, deep, stale, unwound, orphaned, no_stat;

	struct bc_wire_frame frames[BC_WIRE_FRAMES];

	uint32_t nstats;
	uint32_t slices_taken;
	uint16_t stat_of[BC_WIRE_FUNCTIONS]; /* index + 1 */
	struct bc_wire_stat stats[BC_WIRE_STATS];

	_Alignas(64) uint64_t head;
	_Alignas(64) uint64_t tail; /* collector */
	uint32_t slices_read;       /* collector */
	_Alignas(64) struct bc_wire_event events[BC_WIRE_EVENTS];
	struct bc_wire_slice slices[BC_WIRE_SLICES];
};

struct bc_wire_function {
	uint64_t address;
	uint64_t site; /* where it was registered */
	uint32_t api;  /* of hooks.def */
	uint32_t padding;
};

struct bc_wire_module {
	uint64_t bias, begin, end;
	char path[BC_WIRE_PATH]; /* NUL-terminated; "" for the program itself */
};

struct bc_wire_process {
	uint32_t state;
	uint32_t pid;
	uint32_t generation;
	uint32_t nmodules;
	uint32_t nfunctions; /* highest used + 1 */
	uint32_t unwrapped;  /* callbacks, or tables of them, for which there was no room */
	uint64_t started_ns;
	struct bc_wire_module modules[BC_WIRE_MODULES];
	struct bc_wire_function functions[BC_WIRE_FUNCTIONS];
};

/*
 * Functions of other libraries that may block, as the rule packs say: a hash table over
 * bc_wire_name_hash(), open addressing, no text is the end. Written by the collector.
 */
struct bc_wire_name {
	uint32_t hash;
	uint32_t text; /* offset, 0: no entry */
	uint32_t id;   /* several names may have one */
};

struct bc_wire_names {
	uint32_t count;
	uint32_t padding;
	struct bc_wire_name table[BC_WIRE_NAMES];
	char text[BC_WIRE_NAMES_TEXT];
};

struct bc_wire {
	uint64_t magic;
	uint32_t version;
	uint32_t follow; /* collector, as the next three */
	uint64_t size;
	uint64_t budget_ns;
	struct bc_wire_clock clock;
	/* how the library fares */
	uint32_t processes_used, threads_used; /* the first so many slots were ever taken */
	uint32_t attached;                     /* processes, ever */
	uint32_t detached;                     /* forked children that are not followed */
	uint32_t no_process;                   /* found no free slot */
	uint32_t no_thread;
	uint32_t missing;     /* functions of libc that could not be found */
	uint32_t no_gate;     /* calls of other libraries for which there was no room */
	uint32_t selftest_ns; /* cost of one empty callback here, in 1/16 ns */
	uint32_t sandboxed; /* threads and processes that began where no system call may be made */
	_Alignas(4096) struct bc_wire_names names;
	_Alignas(4096) struct bc_wire_process processes[BC_WIRE_PROCESSES];
	_Alignas(4096) struct bc_wire_thread threads[BC_WIRE_THREADS];
};

static_assert(sizeof(struct bc_wire_call) == 32, "wire format");
static_assert(sizeof(struct bc_wire_frame) == 256, "wire format");
static_assert(offsetof(struct bc_wire_thread, call_ns) == 64, "wire format");
static_assert(sizeof(struct bc_wire_event) == 232, "wire format");
static_assert(sizeof(struct bc_wire_name) == 12, "wire format");
static_assert(sizeof(struct bc_wire_stat) == 2496, "wire format");
static_assert(sizeof(struct bc_wire_slice) == 32 + BC_WIRE_SLICE_BYTES, "wire format");
static_assert(sizeof(struct bc_wire_module) == 264, "wire format");
static_assert(sizeof(struct bc_wire_function) == 24, "wire format");
static_assert((BC_WIRE_EVENTS & (BC_WIRE_EVENTS - 1)) == 0, "events are indexed by a mask");

/* The hash of ELF's symbol tables (DT_GNU_HASH), so that one computation serves both. */
static inline uint32_t bc_wire_name_hash(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

static inline uint64_t bc_wire_ticks(void)
{
#ifdef __x86_64__
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return low | (uint64_t)high << 32;
#else
	return 0;
#endif
}

static inline uint64_t bc_wire_from_ticks(const struct bc_wire_clock *clock, uint64_t ticks)
{
	return clock->base_ns +
	       (uint64_t)((unsigned __int128)(ticks - clock->base_tsc) * clock->factor >> 32);
}

static inline uint64_t bc_wire_now(const struct bc_wire_clock *clock)
{
	struct timespec now;

	if (clock->factor)
		return bc_wire_from_ticks(clock, bc_wire_ticks());
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Log-linear: below 16 exact, then 16 buckets per power of two, so within 6.25 %. */
static inline uint32_t bc_wire_bucket(uint64_t ns)
{
	uint32_t top, bucket;

	if (ns < BC_WIRE_SUB)
		return (uint32_t)ns;
	top = 63 - (uint32_t)__builtin_clzll(ns);
	bucket = (top - 3) * BC_WIRE_SUB + ((uint32_t)(ns >> (top - 4)) & (BC_WIRE_SUB - 1));
	return bucket < BC_WIRE_BUCKETS ? bucket : BC_WIRE_BUCKETS - 1;
}

/* The middle of a bucket. */
static inline uint64_t bc_wire_bucket_ns(uint32_t bucket)
{
	uint32_t top = bucket / BC_WIRE_SUB + 3;

	if (bucket < BC_WIRE_SUB)
		return bucket;
	return ((uint64_t)(BC_WIRE_SUB + bucket % BC_WIRE_SUB) << (top - 4)) +
	       ((1ull << (top - 4)) >> 1);
}

#endif
