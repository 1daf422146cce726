#include "harness/collect/outside.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/collect/collector.h"
#include "harness/collect/glance.h"

enum {
	MAX_WATCHED = 64,
	LIST_EVERY_NS = 50000000,
	PLAIN_LOOKS = 200, /* a thread that has shown no loop by then is looked at less often */
	PLAIN_EVERY = 8
};

struct watched {
	uint32_t tid, slot;
	struct bc_glance last;
	struct bc_wait_sites sites;
	uint32_t shown; /* site that the reader knows */
	uint32_t looks;
	uint64_t blocked_ns;    /* since when, while it is blocked */
	struct bc_glance first; /* of what goes on since the loop's last wait */
	struct bc_run_thread figures;
};

struct bc_outside {
	struct watched threads[MAX_WATCHED];
	uint64_t listed_ns;
	uint32_t too_many;
};

/* ---- what the reader gets to see ---- */

static void push_event(struct bc_wire_thread *shared, const struct bc_wire_event *event)
{
	shared->events[shared->head % BC_WIRE_EVENTS] = *event;
	shared->head++;
}

static void show_site(struct bc_collector *collector, struct watched *watched,
	struct bc_wire_thread *shared, const struct bc_glance *glance)
{
	struct bc_wire_event event = {.kind = BC_WIRE_SITE, .start_ns = glance->at_ns};
	uint32_t number = shared->slices_taken + 1;
	struct bc_wire_slice *slice = &shared->slices[number % BC_WIRE_SLICES];

	slice->number = number;
	slice->pc = glance->pc;
	slice->sp = glance->sp;
	slice->bp = 0;
	slice->size = bc_watch_stack(
		(uint32_t)collector->pid, glance->sp, slice->bytes, sizeof(slice->bytes));
	shared->slices_taken = number;
	event.slice = number;
	push_event(shared, &event);
	watched->shown = bc_wait_site_find(collector, &watched->sites, glance)->id;
}

static uint64_t between(uint64_t a, uint64_t b)
{
	return a + (b - a) / 2;
}

static void begin_stretch(struct bc_wire_thread *shared, struct watched *watched,
	const struct bc_glance *glance, uint64_t start_ns)
{
	shared->frames[0] = (struct bc_wire_frame){.sp = UINT64_MAX, .start_ns = start_ns};
	shared->depth = 1;
	watched->first = *glance;
}

static void end_stretch(struct bc_collector *collector, struct bc_wire_thread *shared,
	struct watched *watched, uint64_t end_ns)
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

static void count_block(struct watched *watched, uint64_t end_ns)
{
	struct bc_run_blocked *call = find_figures(&watched->figures, watched->last.number);
	uint64_t ns = end_ns > watched->blocked_ns ? end_ns - watched->blocked_ns : 0;

	call->count++;
	call->total_ns += ns;
	if (ns > call->max_ns)
		call->max_ns = ns;
}

static void follow_blocks(struct watched *watched, const struct bc_glance *now, uint64_t middle)
{
	if (watched->last.look == BC_LOOK_BLOCKED && !is_same_block(&watched->last, now))
		count_block(watched, middle);
	if (now->look == BC_LOOK_BLOCKED && !is_same_block(&watched->last, now))
		watched->blocked_ns = middle;
}

static void add_share(struct watched *watched, const struct bc_glance *now)
{
	uint64_t ns = now->at_ns - watched->last.at_ns;

	watched->figures.seen_ns += ns;
	if (now->look == BC_LOOK_WAITING)
		watched->figures.waited_ns += ns;
	else if (now->look == BC_LOOK_BLOCKED)
		watched->figures.blocked_ns += ns;
	watched->figures.cpu_ns += now->run_ns - watched->last.run_ns;
}

static void follow_loop(struct bc_collector *collector, struct watched *watched,
	struct bc_wire_thread *shared, const struct bc_glance *now, uint64_t middle)
{
	const struct bc_glance *last = &watched->last;

	if (now->look == BC_LOOK_WAITING) {
		watched->figures.is_loop = 1;
		if (shared->depth)
			end_stretch(collector, shared, watched, middle);
		if (!shared->waiting)
			enter_wait(shared, middle);
		if (watched->shown != bc_wait_site_find(collector, &watched->sites, now)->id)
			show_site(collector, watched, shared, now);
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
static void forget_thread(struct bc_collector *collector, struct watched *watched)
{
	collector->segment.wire->threads[watched->slot].state = BC_WIRE_CLOSED;
	if (watched->figures.is_loop)
		bc_vec_push(&collector->run->threads, watched->figures);
	watched->tid = 0;
}

static void watch_thread(struct bc_collector *collector, struct watched *watched, uint64_t now_ns)
{
	struct bc_wire_thread *shared = &collector->segment.wire->threads[watched->slot];
	struct bc_glance now;
	uint64_t middle;

	if (watched->looks++ > PLAIN_LOOKS && !watched->figures.is_loop &&
		watched->looks % PLAIN_EVERY)
		return;
	if (!bc_glance_take((uint32_t)collector->pid, watched->tid, &now)) {
		forget_thread(collector, watched);
		return;
	}
	now.at_ns = now_ns;
	if (bc_wait_site_is_loops(collector, &watched->sites, &now))
		now.look = BC_LOOK_WAITING;
	if (now.number == BC_GLANCE_HIDDEN)
		watched->figures.hidden = 1;
	if (watched->last.look == BC_LOOK_NOTHING) {
		watched->blocked_ns = now_ns;
	} else {
		middle = between(watched->last.at_ns, now_ns);
		add_share(watched, &now);
		follow_blocks(watched, &now, middle);
		follow_loop(collector, watched, shared, &now, middle);
	}
	watched->last = now;
}

/* ---- threads ---- */

/* From the end: should a library of ours come to life after all, it begins at the other one. */
static struct watched *find_free(struct bc_outside *outside, const struct bc_collector *collector)
{
	for (uint32_t i = 0; i < MAX_WATCHED; i++) {
		uint32_t slot = collector->segment.nthreads - 1 - i;

		if (!outside->threads[i].tid && !collector->threads[slot] &&
			collector->segment.wire->threads[slot].state == BC_WIRE_FREE) {
			outside->threads[i] = (struct watched){.slot = slot};
			return &outside->threads[i];
		}
	}
	return NULL;
}

static void add_thread(struct bc_outside *outside, struct bc_collector *collector, uint32_t tid)
{
	struct watched *watched = find_free(outside, collector);
	struct bc_wire_thread *shared;

	if (!watched) {
		outside->too_many++;
		return;
	}
	watched->tid = watched->figures.tid = tid;
	bc_watch_read((uint32_t)collector->pid, tid, "comm", watched->figures.name,
		sizeof(watched->figures.name));
	watched->figures.name[strcspn(watched->figures.name, "\n")] = 0;
	shared = &collector->segment.wire->threads[watched->slot];
	shared->process = BC_OUTSIDE_PROCESS;
	shared->tid = tid;
	shared->raw = 1;
	shared->pid = (uint32_t)collector->pid;
	shared->state = BC_WIRE_OPEN;
}

static int is_known(const struct bc_outside *outside, uint32_t tid)
{
	for (uint32_t i = 0; i < MAX_WATCHED; i++)
		if (outside->threads[i].tid == tid)
			return 1;
	return 0;
}

static void list_threads(struct bc_outside *outside, struct bc_collector *collector)
{
	struct dirent *entry;
	char path[64];
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)collector->pid);
	folder = opendir(path);
	outside->too_many = 0;
	while (folder && (entry = readdir(folder))) {
		uint32_t tid = (uint32_t)strtoul(entry->d_name, NULL, 10);

		if (tid && !is_known(outside, tid))
			add_thread(outside, collector, tid);
	}
	if (folder)
		closedir(folder);
}

/* ---- the whole ---- */

/* Where its file is mapped, less where it wants to be. */
static uint64_t find_bias(const struct bc_collector *collector)
{
	char path[64], line[4608];
	unsigned long long begin = 0, offset;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)collector->pid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%llx-%*x %*s %llx", &begin, &offset) == 2 && offset == 0)
			break;
	if (maps)
		fclose(maps);
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)collector->pid);
	return begin > bc_target_base(path) ? begin - bc_target_base(path) : 0;
}

/* It may execute another program: then other files are mapped, and its loop waits elsewhere. */
static void follow_program(struct bc_outside *outside, struct bc_collector *collector)
{
	const char *program = collector->processes[BC_OUTSIDE_PROCESS].program;
	char path[64], now[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)collector->pid);
	n = readlink(path, now, sizeof(now) - 1);
	now[n > 0 ? n : 0] = 0;
	if (n <= 0 || !strcmp(now, program))
		return;
	bc_modules_release(collector, BC_OUTSIDE_PROCESS);
	collector->segment.wire->processes[BC_OUTSIDE_PROCESS].modules[0].bias =
		find_bias(collector);
	bc_modules_bind(collector, BC_OUTSIDE_PROCESS);
	for (uint32_t i = 0; i < MAX_WATCHED; i++)
		outside->threads[i].sites = (struct bc_wait_sites){0};
}

void bc_outside_open(struct bc_collector *collector)
{
	struct bc_outside *outside = bc_xmalloc(sizeof(*outside));
	struct bc_wire_process *process = &collector->segment.wire->processes[BC_OUTSIDE_PROCESS];

	*outside = (struct bc_outside){0};
	process->nmodules = 1;
	process->modules[0].bias = find_bias(collector);
	process->started_ns = collector->start_ns;
	process->pid = (uint32_t)collector->pid;
	process->state = BC_WIRE_OPEN;
	collector->outside = outside;
	bc_modules_bind(collector, BC_OUTSIDE_PROCESS);
}

void bc_outside_tick(struct bc_outside *outside, struct bc_collector *collector, uint64_t now_ns)
{
	if (now_ns - outside->listed_ns >= LIST_EVERY_NS) {
		outside->listed_ns = now_ns;
		follow_program(outside, collector);
		list_threads(outside, collector);
	}
	for (uint32_t i = 0; i < MAX_WATCHED; i++)
		if (outside->threads[i].tid)
			watch_thread(collector, &outside->threads[i], now_ns);
}

static void name_call(const struct bc_collector *collector, struct bc_run_blocked *call)
{
	call->name = collector->target.foreign ? NULL : bc_syscall_name(call->number);
}

void bc_outside_close(struct bc_outside *outside, struct bc_collector *collector)
{
	struct bc_run *run = collector->run;

	if (!outside)
		return;
	for (uint32_t i = 0; i < MAX_WATCHED; i++)
		if (outside->threads[i].tid)
			bc_vec_push(&run->threads, outside->threads[i].figures);
	for (size_t i = 0; i < run->threads.count; i++)
		for (uint32_t n = 0; n < run->threads.items[i].ncalls; n++)
			name_call(collector, &run->threads.items[i].calls[n]);
	run->lost_threads += outside->too_many;
	free(outside);
}

void bc_outside_drop(struct bc_outside *outside, struct bc_collector *collector)
{
	for (uint32_t i = 0; i < MAX_WATCHED; i++) {
		struct bc_wire_thread *shared =
			&collector->segment.wire->threads[outside->threads[i].slot];

		if (!outside->threads[i].tid)
			continue;
		shared->iterations = 0;
		shared->head = shared->tail;
		shared->depth = 0;
		shared->state = BC_WIRE_CLOSED;
	}
	free(outside);
}
