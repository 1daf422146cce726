/*
 * Where callbacks begin and end. Compiled for general registers only: vector and x87 registers may
 * hold arguments or what the callback returned.
 */
#include "harness/preload/core.h"

#include <dlfcn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unwind.h>

#include "harness/preload/frame.h"
#include "harness/preload/raw.h"

enum { OFF = 0xffffffff, CPU_EVERY_NS = 1000000 };

/* ---- CPU time ---- */

static uint64_t to_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000u;
}

static void read_cpu(uint64_t now)
{
	struct rusage usage;

	bc_thread.cpu_at_ns = now;
	if (bc_raw2(SYS_getrusage, RUSAGE_THREAD, (long)&usage) < 0)
		return;
	bc_thread.system_ns = to_ns(&usage.ru_stime);
	bc_thread.cpu_ns = to_ns(&usage.ru_utime) + bc_thread.system_ns;
	bc_thread.switches = (uint64_t)usage.ru_nvcsw;
	bc_thread.faults = (uint64_t)usage.ru_majflt << 32 | (uint32_t)usage.ru_minflt;
}

/* Off the loop's waits a thread is taken to compute, for at most a millisecond: then ask again. */
uint64_t bc_frame_cpu(uint64_t now)
{
	if (BC_UNLIKELY(now - bc_thread.cpu_at_ns > CPU_EVERY_NS))
		read_cpu(now);
	return bc_thread.cpu_ns + (now - bc_thread.cpu_at_ns);
}

void bc_frame_wait_begin(uint64_t now)
{
	if (now - bc_thread.cpu_at_ns <= CPU_EVERY_NS)
		bc_thread.cpu_ns += now - bc_thread.cpu_at_ns;
}

/* Time asleep is no CPU time; after a long busy stretch the reading is taken anew. */
void bc_frame_wait_end(uint64_t begin, uint64_t now)
{
	if (begin - bc_thread.cpu_at_ns <= CPU_EVERY_NS)
		bc_thread.cpu_at_ns += now - bc_thread.cpu_at_ns;
}

/* ---- what is recorded ---- */

/* Slots are only ever taken by this thread, but a signal handler may run callbacks, too. */
BC_NOINLINE void bc_frame_emit(struct bc_wire_thread *thread, struct bc_wire_frame *frame,
	uint32_t kind, uint64_t now, uint64_t own)
{
	uint64_t head = thread->head, faults, cpu, system;
	struct bc_wire_event *event = &thread->events[head & (BC_WIRE_EVENTS - 1)];

	if (bc_thread.emitting ||
		head - __atomic_load_n(&thread->tail, __ATOMIC_ACQUIRE) >= BC_WIRE_EVENTS) {
		thread->dropped++;
		return;
	}
	bc_thread.emitting = 1;
	read_cpu(now);
	cpu = bc_thread.cpu_ns;
	system = bc_thread.system_ns;
	faults = bc_thread.faults;
	event->kind = kind;
	event->function = frame->function;
	event->start_ns = frame->start_ns;
	event->total_ns = now - frame->start_ns - frame->waited_ns;
	event->own_ns = own;
	event->waited_ns = frame->waited_ns;
	event->cpu_ns = cpu > frame->cpu_ns ? cpu - frame->cpu_ns : 0;
	event->system_ns = system > frame->system_ns ? system - frame->system_ns : 0;
	event->worst_ns = frame->worst_ns;
	event->worst_start_ns = frame->worst_start_ns;
	event->worst_call = frame->worst_call;
	event->slice = frame->slice;
	event->major_faults = (uint32_t)(faults >> 32) - (uint32_t)(frame->faults >> 32);
	event->minor_faults = (uint32_t)faults - (uint32_t)frame->faults;
	event->switches = bc_thread.switches - frame->switches;
	for (int i = 0; i < BC_WIRE_CALLS; i++)
		event->calls[i] = frame->calls[i];
	event->site = thread->site;
	__atomic_store_n(&thread->head, head + 1, __ATOMIC_RELEASE);
	bc_thread.emitting = 0;
}

static BC_NOINLINE uint32_t add_stat(struct bc_wire_thread *thread, uint32_t function)
{
	uint32_t i = thread->nstats;

	if (i < 1)
		i = 1; /* 0 is for iterations */
	if (i >= BC_WIRE_STATS - 1) {
		thread->no_stat++;
		i = BC_WIRE_STATS - 1;
	} else {
		thread->nstats = i + 1;
	}
	thread->stats[i].function = function;
	thread->stat_of[function] = (uint16_t)(i + 1);
	return i;
}

static inline __attribute__((always_inline)) void count(
	struct bc_wire_thread *thread, uint32_t function, uint64_t ns)
{
	uint32_t i = 0;
	struct bc_wire_stat *stat;

	if (function) {
		i = thread->stat_of[function];
		i = BC_LIKELY(i) ? i - 1 : add_stat(thread, function);
	}
	stat = &thread->stats[i & (BC_WIRE_STATS - 1)];
	stat->count++;
	stat->total_ns += ns;
	if (BC_UNLIKELY(ns > stat->max_ns))
		stat->max_ns = ns;
	stat->buckets[bc_wire_bucket(ns)]++;
}

void bc_frame_count(struct bc_wire_thread *thread, uint32_t function, uint64_t ns)
{
	count(thread, function, ns);
}

/* The functions that took most of an iteration. The smallest gives way, with its share. */
static void add_share(struct bc_wire_frame *base, uint32_t function, uint64_t ns)
{
	struct bc_wire_call *least = base->calls;

	for (int i = 0; i < BC_WIRE_CALLS; i++) {
		struct bc_wire_call *share = &base->calls[i];

		if (share->id == function || !share->id) {
			share->id = function;
			share->count++;
			share->total_ns += ns;
			return;
		}
		if (share->total_ns < least->total_ns)
			least = share;
	}
	if (least->total_ns < ns)
		*least = (struct bc_wire_call){.id = function, .count = 1, .total_ns = ns};
}

/* A callback is over, by whatever way; `depth` is its own. */
static inline __attribute__((always_inline)) void finish(
	struct bc_wire_thread *thread, uint32_t depth, uint64_t start, uint64_t now)
{
	struct bc_wire_frame *frame = &thread->frames[depth];
	struct bc_wire_frame *outer = depth ? frame - 1 : NULL;
	uint64_t total = now - start;
	uint64_t own = total > frame->nested_ns ? total - frame->nested_ns : 0;

	thread->callbacks++;
	count(thread, frame->function, own);
	if (outer) {
		outer->nested_ns += total;
		outer->waited_ns += frame->waited_ns;
		if (!outer->function)
			add_share(outer, frame->function, total - frame->waited_ns);
	}
	if (BC_UNLIKELY(own >= bc_wire->budget_ns)) {
		bc_frame_emit(thread, frame, BC_WIRE_CALLBACK, now, own);
		thread->frames[0].flags |= BC_WIRE_HAD_STALL;
	} else if (BC_UNLIKELY(frame->slice && frame->slice == thread->slices_taken)) {
		thread->slices_taken--;
	}
}

static void set_depth(struct bc_wire_thread *thread, uint32_t depth)
{
	__atomic_store_n(&thread->depth, depth, __ATOMIC_RELEASE);
	bc_thread.busy = depth > 1 || (depth == 1 && (thread->raw || thread->frames[0].function));
}

static BC_NOINLINE uint32_t leave_frames(
	struct bc_wire_thread *thread, uint64_t sp, uint64_t *counter)
{
	uint32_t depth = thread->depth;
	uint64_t now = bc_now();

	while (depth && (depth > BC_WIRE_FRAMES || thread->frames[depth - 1].sp < sp)) {
		depth--;
		if (depth < BC_WIRE_FRAMES) {
			++*counter;
			finish(thread, depth, thread->frames[depth].start_ns, now);
		}
	}
	thread->call = 0;
	bc_thread.in_call = 0;
	set_depth(thread, depth);
	return depth;
}

/* ---- callbacks ---- */

static void attach(void *unused)
{
	(void)unused;
	bc_attach();
}

void bc_enter(struct bc_record *record, struct bc_local *local)
{
	struct bc_wire_thread *thread;
	struct bc_wire_frame *frame;
	uint64_t sp = (uint64_t)local;
	uint32_t depth;

	if (BC_UNLIKELY(bc_thread.epoch != bc_epoch.value))
		bc_keep_vectors(attach, NULL);
	thread = bc_thread.slot;
	local->depth = OFF;
	if (BC_UNLIKELY(!thread))
		return;
	thread->raw = 0;
	depth = thread->depth;
	if (BC_UNLIKELY(depth && (depth > BC_WIRE_FRAMES || thread->frames[depth - 1].sp <= sp)))
		depth = leave_frames(thread, sp + 1, &thread->stale);
	local->depth = depth;
	local->epoch = bc_thread.epoch;
	local->start_ns = bc_now();
	if (BC_UNLIKELY(depth >= BC_WIRE_FRAMES)) {
		thread->deep++;
		thread->depth = depth + 1;
		return;
	}
	frame = &thread->frames[depth];
	frame->sp = sp;
	frame->start_ns = local->start_ns;
	frame->nested_ns = 0;
	frame->waited_ns = 0;
	frame->worst_ns = 0;
	frame->worst_call = 0;
	frame->function = record->id;
	frame->slice = 0;
	frame->flags = 0;
	for (int i = 0; i < BC_WIRE_CALLS; i++)
		frame->calls[i].id = 0;
	frame->cpu_ns = bc_frame_cpu(frame->start_ns);
	frame->system_ns = bc_thread.system_ns;
	frame->faults = bc_thread.faults;
	frame->switches = bc_thread.switches;
	__atomic_store_n(&thread->depth, depth + 1, __ATOMIC_RELEASE);
	bc_thread.busy = 1;
}

void bc_leave(struct bc_record *record, struct bc_local *local)
{
	struct bc_wire_thread *thread = bc_thread.slot;
	uint32_t depth = local->depth;
	uint64_t now;

	(void)record;
	if (BC_UNLIKELY(depth == OFF))
		return;
	if (BC_UNLIKELY(bc_thread.epoch != bc_epoch.value))
		bc_keep_vectors(attach, NULL); /* forked inside the callback */
	if (BC_UNLIKELY(!thread || thread != bc_thread.slot || local->epoch != bc_thread.epoch))
		return;
	if (BC_UNLIKELY(depth >= BC_WIRE_FRAMES)) {
		thread->depth = depth;
		return;
	}
	if (BC_UNLIKELY(thread->depth <= depth || thread->frames[depth].sp != (uint64_t)local)) {
		thread->orphaned++; /* a coroutine was moved to another stack or thread */
		return;
	}
	if (BC_UNLIKELY(thread->depth > depth + 1))
		leave_frames(thread, (uint64_t)local, &thread->stale);
	now = bc_now();
	finish(thread, depth, local->start_ns, now);
	set_depth(thread, depth);
}

/* ---- ways out that pass no return ---- */

/* Leaves all callbacks whose frames lie below `sp`. */
void bc_leave_above(uint64_t sp)
{
	struct bc_wire_thread *thread = bc_thread.slot;
	uint32_t depth;

	if (!thread || bc_thread.epoch != bc_epoch.value)
		return;
	if (bc_thread.outer.sp && bc_thread.outer.sp < sp)
		bc_thread.outer.sp = 0;
	if (thread->call && thread->call_sp < sp) {
		thread->call = 0;
		bc_thread.in_call = 0;
		set_depth(thread, thread->depth);
	}
	depth = thread->depth;
	if (depth && (depth > BC_WIRE_FRAMES || thread->frames[depth - 1].sp < sp))
		leave_frames(thread, sp, &thread->unwound);
}

typedef _Unwind_Word get_cfa_function(struct _Unwind_Context *context);

/* libgcc_s is not among our libraries: plain C must not load it for our sake. Here it is loaded, if
 * only by libc for the cancellation that is under way. */
static BC_NOINLINE get_cfa_function *find_get_cfa(void)
{
	void *library = dlopen("libgcc_s.so.1", RTLD_LAZY | RTLD_NOLOAD);

	return library ? (get_cfa_function *)dlsym(library, "_Unwind_GetCFA") : NULL;
}

/*
 * The personalities of our stubs, which all come by at: C++ exceptions, pthread_exit(),
 * cancellation. What libgcc calls the CFA here is the stack pointer at the call; from there to just
 * above what is left it is the number given here, see the frames in thunk.S and library.S.
 */
#define PERSONALITY(name, above) \
	_Unwind_Reason_Code name(int version, _Unwind_Action actions, \
		_Unwind_Exception_Class class, struct _Unwind_Exception *exception, \
		struct _Unwind_Context *context); \
	_Unwind_Reason_Code name(int version, _Unwind_Action actions, \
		_Unwind_Exception_Class class, struct _Unwind_Exception *exception, \
		struct _Unwind_Context *context) \
	{ \
		(void)version; \
		(void)class; \
		(void)exception; \
		if (actions & _UA_CLEANUP_PHASE) \
			leave_stub(context, above); \
		return _URC_CONTINUE_UNWIND; \
	}

static void leave_stub(struct _Unwind_Context *context, uint64_t above)
{
	static get_cfa_function *get_cfa;

	if (!get_cfa)
		get_cfa = find_get_cfa();
	if (get_cfa)
		bc_leave_above(get_cfa(context) + above);
}

PERSONALITY(bc_personality, 0x41)
PERSONALITY(bc_call_personality, 0x91)
PERSONALITY(bc_library_personality, 0x2b1)
