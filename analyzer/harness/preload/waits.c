/*
 * Waits for events, which divide a loop's time into iterations; how a loop is recognised by them.
 * Compiled for general registers only, like hot.c.
 */
#include "harness/preload/core.h"

#include "harness/preload/frame.h"

enum {
	WAITS_OF_A_LOOP = 3,
	TURNS_OF_A_LOOP = 3,
	WAITS_OF_ANOTHER = 16 /* from a second place, until that is taken for the loop's */
};

/* ---- iterations ---- */

static void close_iteration(struct bc_wire_thread *thread, uint64_t now)
{
	struct bc_wire_frame *base = &thread->frames[0];
	uint64_t total = now - base->start_ns - base->waited_ns, own;
	uint64_t called = base->nested_ns - base->waited_ns;

	own = total > called ? total - called : 0;
	thread->busy_ns += total;
	bc_frame_count(thread, 0, total);
	if (BC_UNLIKELY(own >= bc_epoch.budget_ns)) {
		bc_frame_emit(thread, base, BC_WIRE_BODY, now, own);
	} else if (BC_UNLIKELY(total >= bc_epoch.budget_ns && !(base->flags & BC_WIRE_HAD_STALL))) {
		bc_frame_share(thread, base);
		bc_frame_emit(thread, base, BC_WIRE_MANY, now, own);
	} else if ((base->flags & BC_WIRE_TOUCHED) && base->slice &&
		   base->slice == thread->slices_taken) {
		thread->slices_taken--;
	}
	thread->iterations++;
	bc_thread.busy = 0;
	__atomic_store_n(&thread->depth, 0, __ATOMIC_RELEASE);
}

static void choose_base(const struct bc_wire_thread *thread)
{
	bc_thread.base_busy = thread->raw || bc_thread.own_loop || bc_has_inner;
	bc_thread.busy = bc_thread.base_busy;
}

static void open_iteration(struct bc_wire_thread *thread, uint64_t now)
{
	struct bc_wire_frame *base = &thread->frames[0];

	base->sp = UINT64_MAX;
	base->start_ns = now;
	base->nested_ns = 0;
	base->waited_ns = 0;
	base->function = 0;
	base->flags = 0;
	base->reading = bc_frame_reading(now);
	thread->waiting = 0;
	__atomic_store_n(&thread->depth, 1, __ATOMIC_RELEASE);
	choose_base(thread);
}

static int has_base(const struct bc_wire_thread *thread)
{
	return thread->depth == 1 && !thread->frames[0].function;
}

static void drop_iteration(struct bc_wire_thread *thread)
{
	if (!has_base(thread))
		return;
	bc_thread.busy = 0;
	__atomic_store_n(&thread->depth, 0, __ATOMIC_RELEASE);
}

/* A loop shows once where it waits: how its callbacks are told apart from itself. */
static BC_NOINLINE void set_site(
	struct bc_wire_thread *thread, const struct bc_call_frame *frame, uint64_t now)
{
	struct bc_caller caller = bc_find_caller(frame);
	struct bc_wire_frame shown = {.start_ns = now, .flags = BC_WIRE_TOUCHED};

	bc_thread.site = caller.pc;
	thread->site = caller.pc;
	thread->site_sp = caller.sp;
	bc_thread.own_loop = !bc_library_has_loop(caller.pc);
	shown.slice = bc_slice_take(thread, caller, 0, 0);
	bc_frame_emit(thread, &shown, BC_WIRE_SITE, now, 0);
}

static void begin_wait(
	struct bc_wire_thread *thread, struct bc_call_frame *frame, struct bc_caller caller)
{
	uint64_t now = bc_now();

	if (BC_UNLIKELY(thread->site != caller.pc)) {
		/* what waited here before was no callback, after all */
		drop_iteration(thread);
		set_site(thread, frame, now);
	}
	if (has_base(thread))
		close_iteration(thread, now);
	bc_library_find_late(now);
	bc_frame_wait_begin(now);
	thread->waiting_since_ns = now;
	__atomic_store_n(&thread->waiting, 1, __ATOMIC_RELEASE);
	frame->start_ns = now;
	frame->mode = BC_MODE_LOOP;
}

void bc_wait_leave(struct bc_wire_thread *thread, struct bc_call_frame *frame)
{
	uint64_t now = bc_now();

	thread->waiting = 0;
	thread->idle_ns += now - frame->start_ns;
	bc_frame_wait_end(frame->start_ns, now);
	if (thread->depth == 0)
		open_iteration(thread, now);
}

/* The first nine of calls.def. Some have their timeout as a pointer. */
static int is_prompt(const struct bc_call_row *row, const struct bc_call_frame *frame)
{
	static const struct {
		uint8_t argument, pointer;
	} timeouts[] = {{3, 0}, {3, 0}, {3, 1}, {2, 0}, {2, 0}, {2, 1}, {2, 1}, {4, 1}, {4, 1}};
	uint32_t i = row->id - 1;
	uint64_t value = i < 9 ? frame->args[timeouts[i].argument] : 1;
	const int64_t *time = (const int64_t *)value;

	if (i < 9 && timeouts[i].pointer)
		return time && !time[0] && !time[1];
	return (int32_t)value == 0;
}

/* At two places at a time: a callback may wait each time that it runs. */
static uint32_t count_wait(uint64_t site)
{
	if (bc_thread.site == site)
		return ++bc_thread.waits;
	if (!bc_thread.waits) {
		bc_thread.site = site;
		return ++bc_thread.waits;
	}
	if (bc_thread.other_site != site) {
		bc_thread.other_site = site;
		bc_thread.other_waits = 0;
	}
	return ++bc_thread.other_waits;
}

/* A thread that nothing is known of becomes a loop when it waits at one place again and again. */
static struct bc_wire_thread *find_waiting_thread(
	struct bc_call_row *row, struct bc_call_frame *frame, uint64_t site)
{
	if (BC_LIKELY(bc_thread.epoch == bc_epoch.value))
		return bc_thread.slot;
	if (!bc_epoch.value)
		bc_after_fork();
	if (!bc_wire || is_prompt(row, frame))
		return NULL;
	if (count_wait(site) < WAITS_OF_A_LOOP)
		return NULL;
	bc_thread.other_waits = 0;
	return bc_attach();
}

/*
 * 1 when this wait is the loop's own, not one that a callback does. What was taken for the loop may
 * have been a library that waited for its answers while the program began: the program's own loop
 * waits further up the stack than that, where callbacks hardly do. Looks that do not wait, in
 * between, say nothing.
 */
static int is_loops_wait(struct bc_wire_thread *thread, const struct bc_call_row *row,
	const struct bc_call_frame *frame, const struct bc_caller *caller)
{
	int is_outer = caller->sp > thread->site_sp;
	uint64_t *site = is_outer ? &bc_thread.outer_site : &bc_thread.other_site;
	uint32_t *waits = is_outer ? &bc_thread.outer_waits : &bc_thread.other_waits;

	if (thread->depth == 0 || caller->pc == thread->site)
		return 1;
	if (!has_base(thread) || is_prompt(row, frame))
		return 0;
	if (*site != caller->pc) {
		*site = caller->pc;
		*waits = 0;
	}
	return ++*waits >= (is_outer ? WAITS_OF_A_LOOP : WAITS_OF_ANOTHER);
}

/* What waited at other places meanwhile was a callback. Where this is a library's wait, and it is
 * asked from elsewhere than before, it says nothing of those further up. */
static void forget_others(const struct bc_wire_thread *thread, const struct bc_caller *caller)
{
	bc_thread.other_waits = 0;
	if (caller->sp == thread->site_sp)
		bc_thread.outer_waits = 0;
}

void bc_wait_enter(struct bc_call_row *row, struct bc_call_frame *frame)
{
	struct bc_caller caller = bc_find_caller(frame);
	struct bc_wire_thread *thread = find_waiting_thread(row, frame, caller.pc);

	if (!thread || bc_thread.in_call)
		return;
	if (!is_loops_wait(thread, row, frame, &caller)) {
		if (bc_thread.busy)
			bc_call_begin(thread, row, frame);
		return;
	}
	if (thread->depth == 0 || has_base(thread)) {
		if ((bc_thread.other_waits || bc_thread.outer_waits) && !is_prompt(row, frame))
			forget_others(thread, &caller);
		begin_wait(thread, frame, caller);
		return;
	}
	if (bc_call_is_inside(thread, frame)) {
		bc_call_begin(thread, row, frame);
		return;
	}
	frame->mode = BC_MODE_NESTED;
	frame->start_ns = bc_now();
	frame->depth = thread->depth;
	thread->waiting_since_ns = frame->start_ns;
	__atomic_store_n(&thread->waiting, 1, __ATOMIC_RELEASE);
}

void bc_wait_leave_nested(struct bc_wire_thread *thread, struct bc_call_frame *frame)
{
	uint32_t depth = thread->depth;

	thread->waiting = 0;
	if (depth == frame->depth && depth && depth <= BC_WIRE_FRAMES) {
		uint64_t ns = bc_now() - frame->start_ns;

		thread->frames[depth - 1].nested_ns += ns;
		thread->frames[depth - 1].waited_ns += ns;
	}
}

/* ---- functions that run a loop ---- */

/*
 * A program may run its loop a turn at a time, `while (on) { uv_run(loop, UV_RUN_ONCE); more(); }`:
 * what comes in between keeps the loop waiting, too. 0 for a call that the library makes within
 * one.
 */
static int begin_turn(const struct bc_call_frame *frame)
{
	struct bc_caller caller = bc_find_caller(frame);

	if (bc_thread.in_turn && caller.sp < bc_thread.turn_sp)
		return 0;
	if (bc_thread.turn_site != caller.pc || bc_thread.turn_sp != caller.sp)
		bc_thread.turns = 0;
	bc_thread.turn_site = caller.pc;
	bc_thread.turn_sp = caller.sp;
	bc_thread.in_turn = 1;
	if (bc_thread.turns < TURNS_OF_A_LOOP)
		bc_thread.turns++;
	return 1;
}

/* What came since the last wait of a loop that ended is not an iteration. */
void bc_run_enter(struct bc_call_frame *frame)
{
	struct bc_wire_thread *thread;

	if (!bc_wire)
		return;
	if (bc_thread.epoch != bc_epoch.value)
		bc_attach();
	thread = bc_thread.slot;
	if (!thread || (thread->depth && !has_base(thread)) || !begin_turn(frame))
		return;
	frame->mode = BC_MODE_RUN;
	if (bc_thread.turns < TURNS_OF_A_LOOP)
		drop_iteration(thread);
	else if (has_base(thread))
		choose_base(thread);
}

void bc_run_leave(struct bc_wire_thread *thread)
{
	bc_thread.in_turn = 0;
	if (!has_base(thread))
		return;
	if (bc_thread.turns < TURNS_OF_A_LOOP)
		close_iteration(thread, bc_now());
	else
		bc_thread.busy = bc_thread.base_busy = 1;
}
