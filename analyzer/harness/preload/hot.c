/*
 * Where callbacks begin and end. Compiled for general registers only: vector and x87 registers may
 * hold arguments or what the callback returned.
 */
#include "harness/preload/core.h"

#include "harness/preload/frame.h"

enum { OFF = 0xffffffff };

/* ---- how often, and how long ---- */

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

static struct bc_wire_stat *find_stat(struct bc_wire_thread *thread, uint32_t function)
{
	uint32_t i = 0;

	if (function) {
		i = thread->stat_of[function];
		i = BC_LIKELY(i) ? i - 1 : add_stat(thread, function);
	}
	return &thread->stats[i & (BC_WIRE_STATS - 1)];
}

/* As a rule one thread runs a callback, and its record, which was read anyway, has the place. */
static inline __attribute__((always_inline)) struct bc_wire_stat *find_stat_of(
	struct bc_wire_thread *thread, struct bc_record *record)
{
	struct bc_wire_stat *stat = __atomic_load_n(&record->stat, __ATOMIC_RELAXED);

	if (BC_LIKELY((uint64_t)stat - (uint64_t)thread->stats < sizeof(thread->stats) &&
		      stat->function == record->id))
		return stat;
	stat = find_stat(thread, record->id);
	__atomic_store_n(&record->stat, stat, __ATOMIC_RELAXED);
	return stat;
}

static inline __attribute__((always_inline)) void count(
	struct bc_wire_thread *thread, struct bc_wire_stat *stat, uint64_t ns)
{
	if (stat->iteration != (uint32_t)thread->iterations) {
		stat->iteration = (uint32_t)thread->iterations;
		stat->count_before = stat->count;
		stat->total_before_ns = stat->total_ns;
	}
	stat->count++;
	stat->total_ns += ns;
	if (BC_UNLIKELY(ns > stat->max_ns))
		stat->max_ns = ns;
	stat->buckets[bc_wire_bucket(ns)]++;
}

void bc_frame_count(struct bc_wire_thread *thread, uint32_t function, uint64_t ns)
{
	count(thread, find_stat(thread, function), ns);
}

/* A callback over the budget, or with a slice that may be of no use. */
static BC_NOINLINE void finish_slowly(
	struct bc_wire_thread *thread, struct bc_wire_frame *frame, uint64_t now, uint64_t own)
{
	if (own >= bc_epoch.budget_ns) {
		bc_frame_emit(thread, frame, BC_WIRE_CALLBACK, now, own);
		thread->frames[0].flags |= BC_WIRE_HAD_STALL;
	} else if (frame->slice && frame->slice == thread->slices_taken) {
		thread->slices_taken--;
	}
}

/* A callback is over, by whatever way; `depth` is its own. Gives its own time. */
static inline __attribute__((always_inline)) uint64_t finish(struct bc_wire_thread *thread,
	struct bc_wire_stat *stat, uint32_t depth, uint64_t start, uint64_t now)
{
	struct bc_wire_frame *frame = &thread->frames[depth];
	uint64_t total = now - start;
	uint64_t own = total > frame->nested_ns ? total - frame->nested_ns : 0;

	count(thread, stat, own);
	if (depth) {
		frame[-1].nested_ns += total;
		frame[-1].waited_ns += frame->waited_ns;
	}
	return own;
}

static inline __attribute__((always_inline)) int is_slow(
	const struct bc_wire_frame *frame, uint64_t own)
{
	return BC_UNLIKELY(own >= bc_epoch.budget_ns || (frame->flags & BC_WIRE_TOUCHED));
}

static inline void set_depth(struct bc_wire_thread *thread, uint32_t depth)
{
	__atomic_store_n(&thread->depth, depth, __ATOMIC_RELEASE);
	bc_thread.busy = depth > 1 || (depth == 1 && bc_thread.base_busy);
}

static BC_NOINLINE uint32_t leave_frames(
	struct bc_wire_thread *thread, uint64_t sp, uint64_t *counter)
{
	uint32_t depth = thread->depth;
	uint64_t now = bc_now();

	while (depth && (depth > BC_WIRE_FRAMES || thread->frames[depth - 1].sp < sp)) {
		depth--;
		if (depth < BC_WIRE_FRAMES) {
			struct bc_wire_frame *frame = &thread->frames[depth];
			uint64_t own = finish(thread, find_stat(thread, frame->function), depth,
				frame->start_ns, now);

			++*counter;
			if (is_slow(frame, own))
				finish_slowly(thread, frame, now, own);
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

static BC_NOINLINE void refresh(struct bc_wire_frame *frame, uint64_t now)
{
	bc_frame_read(now);
	frame->reading = bc_thread.reading;
}

static inline __attribute__((always_inline)) void open_frame(struct bc_wire_thread *thread,
	uint32_t depth, const struct bc_record *record, struct bc_local *local, uint64_t now)
{
	struct bc_wire_frame *frame = &thread->frames[depth];

	local->start_ns = now;
	local->depth = depth;
	local->epoch = bc_thread.epoch;
	frame->sp = (uint64_t)local;
	frame->start_ns = now;
	frame->nested_ns = 0;
	frame->waited_ns = 0;
	frame->function = record->id;
	frame->reading = bc_thread.reading;
	frame->flags = 0;
	__atomic_store_n(&thread->depth, depth + 1, __ATOMIC_RELEASE);
	bc_thread.busy = 1;
	if (!depth)
		bc_thread.base_busy = 1;
	if (BC_UNLIKELY(now - bc_thread.now.at_ns > CPU_EVERY_NS))
		refresh(frame, now);
}

static BC_NOINLINE void enter_slowly(struct bc_record *record, struct bc_local *local)
{
	struct bc_wire_thread *thread;
	uint32_t depth;

	local->depth = OFF;
	if (bc_thread.epoch != bc_epoch.value)
		bc_keep_vectors(attach, NULL);
	thread = bc_thread.slot;
	if (!thread)
		return;
	thread->raw = 0;
	depth = thread->depth;
	if (depth && (depth > BC_WIRE_FRAMES || thread->frames[depth - 1].sp <= (uint64_t)local))
		depth = leave_frames(thread, (uint64_t)local + 1, &thread->stale);
	if (depth < BC_WIRE_FRAMES) {
		open_frame(thread, depth, record, local, bc_now());
		return;
	}
	thread->deep++;
	thread->depth = depth + 1;
	local->depth = depth;
	local->epoch = bc_thread.epoch;
}

static BC_NOINLINE uint64_t read_system_clock(void)
{
	return bc_now();
}

/* The system's clock is asked out of line, so that the straight way keeps its registers. */
static inline __attribute__((always_inline)) uint64_t read_clock(void)
{
	if (BC_LIKELY(bc_epoch.clock.factor))
		return bc_wire_from_ticks(&bc_epoch.clock, bc_wire_ticks());
	return read_system_clock();
}

/* The straight way; all else goes the other one. */
void bc_enter(struct bc_record *record, struct bc_local *local)
{
	struct bc_wire_thread *thread = bc_thread.slot;
	uint32_t depth;

	if (BC_UNLIKELY(!thread || thread->raw || bc_thread.epoch != bc_epoch.value)) {
		enter_slowly(record, local);
		return;
	}
	depth = thread->depth;
	if (BC_UNLIKELY(depth >= BC_WIRE_FRAMES ||
			(depth && thread->frames[depth - 1].sp <= (uint64_t)local))) {
		enter_slowly(record, local);
		return;
	}
	open_frame(thread, depth, record, local, read_clock());
}

static BC_NOINLINE void leave_slowly(struct bc_local *local)
{
	struct bc_wire_thread *thread = bc_thread.slot;
	struct bc_wire_frame *frame;
	uint32_t depth = local->depth;
	uint64_t now, own;

	if (depth == OFF)
		return;
	if (bc_thread.epoch != bc_epoch.value)
		bc_keep_vectors(attach, NULL); /* forked inside the callback */
	if (!thread || thread != bc_thread.slot || local->epoch != bc_thread.epoch)
		return;
	if (depth >= BC_WIRE_FRAMES) {
		thread->depth = depth;
		return;
	}
	frame = &thread->frames[depth];
	if (thread->depth <= depth || frame->sp != (uint64_t)local) {
		thread->orphaned++; /* a coroutine was moved to another stack or thread */
		return;
	}
	if (thread->depth > depth + 1)
		leave_frames(thread, (uint64_t)local, &thread->stale);
	now = bc_now();
	own = finish(thread, find_stat(thread, frame->function), depth, local->start_ns, now);
	if (is_slow(frame, own))
		finish_slowly(thread, frame, now, own);
	set_depth(thread, depth);
}

static BC_NOINLINE void end_slowly(
	struct bc_wire_thread *thread, uint32_t depth, uint64_t now, uint64_t own)
{
	finish_slowly(thread, &thread->frames[depth], now, own);
	set_depth(thread, depth);
}

void bc_leave(struct bc_record *record, struct bc_local *local)
{
	struct bc_wire_thread *thread = bc_thread.slot;
	uint32_t depth = local->depth;
	uint64_t now, own;

	if (BC_UNLIKELY(depth >= BC_WIRE_FRAMES || !thread || local->epoch != bc_epoch.value ||
			thread->depth != depth + 1 ||
			thread->frames[depth].sp != (uint64_t)local)) {
		leave_slowly(local);
		return;
	}
	now = read_clock();
	own = finish(thread, find_stat_of(thread, record), depth, local->start_ns, now);
	if (is_slow(&thread->frames[depth], own)) {
		end_slowly(thread, depth, now, own);
		return;
	}
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
