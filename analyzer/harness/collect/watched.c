#include "harness/collect/watched.h"

#include <string.h>

#include "harness/collect/collector.h"

enum {
	PLAIN_LOOKS = 200, /* a thread that has shown no loop by then is looked at less often */
	PLAIN_EVERY = 8
};

/* ---- what the reader gets to see ---- */

static void push_event(struct bc_wire_thread *shared, const struct bc_wire_event *event)
{
	shared->events[shared->head % BC_WIRE_EVENTS] = *event;
	shared->head++;
}

static void show_site(struct bc_collector *collector, struct bc_watched *watched,
	struct bc_wire_thread *shared, const struct bc_sight *sight)
{
	struct bc_wire_event event = {.kind = BC_WIRE_SITE, .start_ns = sight->glance.at_ns};
	uint32_t number = shared->slices_taken + 1;
	struct bc_wire_slice *slice = &shared->slices[number % BC_WIRE_SLICES];

	slice->number = number;
	slice->pc = sight->glance.pc;
	slice->sp = sight->glance.sp;
	slice->bp = 0;
	slice->size = sight->size;
	memcpy(slice->bytes, sight->bytes, sight->size);
	shared->slices_taken = number;
	event.slice = number;
	push_event(shared, &event);
	watched->shown = bc_wait_site_find(collector, &watched->sites, sight)->id;
}

static uint64_t between(uint64_t a, uint64_t b)
{
	return a + (b - a) / 2;
}

static void begin_stretch(struct bc_wire_thread *shared, struct bc_watched *watched,
	const struct bc_glance *glance, uint64_t start_ns)
{
	shared->frames[0] = (struct bc_wire_frame){.sp = UINT64_MAX, .start_ns = start_ns};
	shared->depth = 1;
	watched->first = *glance;
}

static void end_stretch(struct bc_collector *collector, struct bc_wire_thread *shared,
	struct bc_watched *watched, uint64_t end_ns)
{
	struct bc_wire_stat *stat = &shared->stats[0];
	uint64_t start_ns = shared->frames[0].start_ns;
	uint64_t ns = end_ns > start_ns ? end_ns - start_ns : 0;
	uint64_t ran = watched->last.run_ns - watched->first.run_ns;
	struct bc_wire_event event = {.kind = BC_WIRE_BODY,
		.start_ns = start_ns,
		.total_ns = ns,
		.own_ns = ns,
		.cpu_ns = ran < ns ? ran : ns,
		.switches = watched->last.switches - watched->first.switches +
			    (watched->first.look == BC_LOOK_BLOCKED)};

	shared->depth = 0;
	shared->iterations++;
	shared->busy_ns += ns;
	stat->count++;
	stat->total_ns += ns;
	stat->buckets[bc_wire_bucket(ns)]++;
	if (ns > stat->max_ns)
		stat->max_ns = ns;
	if (ns >= collector->run->budget_ns)
		push_event(shared, &event);
}

static void enter_wait(struct bc_wire_thread *shared, uint64_t now)
{
	shared->waiting_since_ns = now;
	shared->waiting = 1;
}

static void leave_wait(struct bc_wire_thread *shared, uint64_t now)
{
	shared->waiting = 0;
	shared->idle_ns += now - shared->waiting_since_ns;
}

/* ---- from one look to the next ---- */

/* 1 when the thread cannot have been in its loop's wait since the last look: it has not gone to
 * sleep, but for the one time that it is seen asleep now. */
static int goes_on(const struct bc_glance *last, const struct bc_glance *now)
{
	uint64_t slept = now->switches - last->switches;

	return slept == 0 || (slept == 1 && now->look == BC_LOOK_BLOCKED);
}

static int is_same_block(const struct bc_glance *a, const struct bc_glance *b)
{
	return a->look == BC_LOOK_BLOCKED && b->look == BC_LOOK_BLOCKED && a->number == b->number &&
	       a->switches == b->switches;
}

static struct bc_run_blocked *find_figures(struct bc_run_thread *thread, long number)
{
	struct bc_run_blocked *least = thread->calls;

	for (uint32_t i = 0; i < thread->ncalls; i++) {
		if (thread->calls[i].number == number)
			return &thread->calls[i];
		if (thread->calls[i].total_ns < least->total_ns)
			least = &thread->calls[i];
	}
	if (thread->ncalls < BC_RUN_BLOCKED)
		least = &thread->calls[thread->ncalls++];
	*least = (struct bc_run_blocked){.number = number};
	return least;
}

static void count_block(struct bc_watched *watched, uint64_t end_ns)
{
	struct bc_run_blocked *call = find_figures(&watched->figures, watched->last.number);
	uint64_t ns = end_ns > watched->blocked_ns ? end_ns - watched->blocked_ns : 0;

	call->count++;
	call->total_ns += ns;
	if (ns > call->max_ns)
		call->max_ns = ns;
}

static void follow_blocks(struct bc_watched *watched, const struct bc_glance *now, uint64_t middle)
{
	if (watched->last.look == BC_LOOK_BLOCKED && !is_same_block(&watched->last, now))
		count_block(watched, middle);
	if (now->look == BC_LOOK_BLOCKED && !is_same_block(&watched->last, now))
		watched->blocked_ns = middle;
}

static void add_share(struct bc_watched *watched, const struct bc_glance *now)
{
	uint64_t ns = now->at_ns - watched->last.at_ns;

	watched->figures.seen_ns += ns;
	if (now->look == BC_LOOK_WAITING)
		watched->figures.waited_ns += ns;
	else if (now->look == BC_LOOK_BLOCKED)
		watched->figures.blocked_ns += ns;
	watched->figures.cpu_ns += now->run_ns - watched->last.run_ns;
}

static void follow_loop(struct bc_collector *collector, struct bc_watched *watched,
	struct bc_wire_thread *shared, const struct bc_sight *sight, uint64_t middle)
{
	const struct bc_glance *last = &watched->last, *now = &sight->glance;

	if (now->look == BC_LOOK_WAITING) {
		watched->figures.is_loop = 1;
		if (shared->depth)
			end_stretch(collector, shared, watched, middle);
		if (!shared->waiting)
			enter_wait(shared, middle);
		if (watched->shown != bc_wait_site_find(collector, &watched->sites, sight)->id)
			show_site(collector, watched, shared, sight);
		return;
	}
	if (shared->waiting) {
		leave_wait(shared, middle);
		begin_stretch(shared, watched, now, middle);
	} else if (shared->depth && !goes_on(last, now)) {
		end_stretch(collector, shared, watched, last->at_ns);
		begin_stretch(shared, watched, now, now->at_ns);
	}
}

/* Keeps what is known of it, if that is worth it; the reader gives its slot back. */
static void forget_thread(struct bc_collector *collector, struct bc_watched *watched)
{
	collector->segment.wire->threads[watched->slot].state = BC_WIRE_CLOSED;
	if (watched->figures.is_loop)
		bc_vec_push(&collector->run->threads, watched->figures);
	bc_sights_fini(&watched->sights);
	watched->tid = 0;
}

/* A stall that has ended is read at once, while the stack that was kept is its own. */
static void follow_sight(
	struct bc_collector *collector, struct bc_watched *watched, struct bc_sight *sight)
{
	struct bc_wire_thread *shared = &collector->segment.wire->threads[watched->slot];
	struct bc_glance *now = &sight->glance;
	uint64_t middle, head = shared->head;

	if (bc_wait_site_is_loops(collector, &watched->sites, sight))
		now->look = BC_LOOK_WAITING;
	if (now->number == BC_GLANCE_HIDDEN)
		watched->figures.hidden = 1;
	if (watched->last.look == BC_LOOK_NOTHING) {
		watched->blocked_ns = now->at_ns;
	} else {
		middle = between(watched->last.at_ns, now->at_ns);
		add_share(watched, now);
		follow_blocks(watched, now, middle);
		follow_loop(collector, watched, shared, sight, middle);
	}
	watched->last = *now;
	if (shared->head != head)
		bc_reader_drain(collector, watched->slot);
	bc_watch_keep(collector, watched->slot, sight);
}

void bc_watched_follow(struct bc_collector *collector, struct bc_watched *watched)
{
	struct bc_sight sight;

	while (watched->tid && bc_sights_next(&watched->sights, &sight)) {
		if (sight.glance.look == BC_LOOK_NOTHING)
			forget_thread(collector, watched);
		else
			follow_sight(collector, watched, &sight);
	}
}

int bc_watched_look(struct bc_collector *collector, struct bc_watched *watched)
{
	struct bc_sight sight;
	uint64_t now;

	if (watched->looks++ > PLAIN_LOOKS && !watched->figures.is_loop &&
		watched->looks % PLAIN_EVERY)
		return 1;
	now = bc_segment_now(&collector->segment);
	bc_glance_take((uint32_t)collector->pid, watched->tid, &sight);
	sight.glance.at_ns = now;
	if (collector->threads[watched->slot]) /* that was no sleep */
		sight.glance.switches -= collector->threads[watched->slot]->nstops;
	return bc_sights_add(&watched->sights, &sight);
}
