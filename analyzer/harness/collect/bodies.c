/*
 * Loops that we know nothing of: what of a stack is the loop, what it called, and which of them are
 * no loops of events but workers that take one job after the other.
 */
#include <string.h>

#include "base/fs.h"
#include "harness/collect/stall.h"

static const char *name_of(const struct bc_run_where *where)
{
	return where->begins ? where->begins : where->function;
}

static int is_same_function(const struct bc_run_where *a, const struct bc_run_where *b)
{
	return !strcmp(name_of(a), name_of(b)) && !strcmp(a->module, b->module);
}

/* The innermost function that both have, of stacks whose outer ends are not there. */
static int find_meeting(const struct bc_stall_work *work, uint32_t *in_stack, uint32_t *in_wait)
{
	const struct bc_seen_thread *thread = work->thread;

	for (uint32_t i = 0; i < work->nstack; i++)
		for (uint32_t j = 0; j < thread->nwait_stack; j++)
			if (is_same_function(&work->stack[i], &thread->wait_stack[j])) {
				*in_stack = i;
				*in_wait = j;
				return 1;
			}
	return 0;
}

/*
 * Where this stack and the one of the loop's wait part: in the loop's function. Seen from the outer
 * end, for further in they may meet again, in what both call.
 */
static int find_parting(const struct bc_stall_work *work, uint32_t *in_stack, uint32_t *in_wait)
{
	const struct bc_seen_thread *thread = work->thread;
	uint32_t i = work->nstack, j = thread->nwait_stack;

	while (i && j && is_same_function(&work->stack[i - 1], &thread->wait_stack[j - 1]))
		i--, j--;
	if (i == work->nstack)
		return find_meeting(work, in_stack, in_wait);
	*in_stack = i;
	*in_wait = j;
	return 1;
}

static int is_in_file(const struct bc_run_where *where, const char *file)
{
	return where->file && !strcmp(where->file, file);
}

/* C++'s own have no ending at all. */
static int is_header(const char *file)
{
	const char *name = file ? bc_path_basename(file) : "", *ending = strrchr(name, '.');

	return file && (!ending || !strncmp(ending, ".h", 2) || !strcmp(ending, ".tcc"));
}

/* Past what C++ puts between a pointer and the function that it was given. */
static const struct bc_run_where *skip_headers(
	const struct bc_stall_work *work, const struct bc_run_where *pointed)
{
	const struct bc_run_where *at = pointed;

	while (at > work->stack && is_header(at->file))
		at--;
	return at->file && !is_header(at->file) ? at : pointed;
}

/*
 * What is called through a pointer, by the loop's function (at `i`) or by what its own file, or a
 * header, has between that and the callbacks. NULL: there is nothing.
 */
static const struct bc_run_where *find_pointed(
	const struct bc_stall_work *work, uint32_t i, const char *file)
{
	for (uint32_t at = i; at > 0; at--) {
		const struct bc_run_where *where = &work->stack[at];

		if (at < i && !(file && (is_in_file(where, file) || is_header(where->file))))
			break;
		if (at < work->nstack && where->by_pointer)
			return skip_headers(work, &work->stack[at - 1]);
	}
	return NULL;
}

/* What the loop called there was the callback, or some layers of the loop's own file in between. */
const struct bc_run_where *bc_stall_find_body(struct bc_stall_work *work)
{
	uint32_t i, j, at;
	const struct bc_run_where *pointed;
	const char *file;

	if (!find_parting(work, &i, &j))
		return NULL;
	file = work->thread->wait_stack[j].file;
	pointed = find_pointed(work, i, file);
	if (pointed)
		return pointed;
	at = i;
	while (file && at && is_in_file(&work->stack[at], file))
		at--;
	while (at < i && is_header(work->stack[at].file)) /* has no callbacks: inlined */
		at++;
	/* no file is known, or all is in one: the function next to the loop's */
	if (i && (!file || is_in_file(&work->stack[at], file)))
		at = i - 1;
	return &work->stack[at];
}

/* ---- workers ---- */

/* How far down in its own loop a worker may call this to wait for a job; -1: not at all. */
static int waits_for_jobs(const char *call, int is_main)
{
	static const struct {
		const char *name;
		int depth, even_main;
	} waits[] = {{"accept", 2, 1}, {"accept4", 2, 1}, {"pthread_cond_wait", 2, 0},
		{"pthread_cond_timedwait", 2, 0}, {"pthread_cond_clockwait", 2, 0},
		{"cnd_wait", 2, 0}, {"cnd_timedwait", 2, 0}, {"sem_wait", 2, 0},
		{"sem_timedwait", 2, 0}, {"sem_clockwait", 2, 0}, {"mq_receive", 2, 0},
		{"mq_timedreceive", 2, 0}, {"msgrcv", 2, 0}, {"sigwait", 2, 1},
		{"sigwaitinfo", 2, 1}, {"sigtimedwait", 2, 1}, {"g_cond_wait", 2, 0},
		{"g_cond_wait_until", 2, 0}, {"g_async_queue_pop", 2, 0},
		{"g_async_queue_timeout_pop", 2, 0}, {"pause", 2, 1}, {"sigsuspend", 2, 1},
		{"sleep", 0, 0}, {"usleep", 0, 0}, {"nanosleep", 0, 0}, {"clock_nanosleep", 0, 0}};

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		if (!strcmp(call, waits[i].name))
			return is_main && !waits[i].even_main ? -1 : waits[i].depth;
	return -1;
}

/* Frames of the call itself, where the stack reaches into it. */
static uint32_t count_inside(const struct bc_stall_work *work, const char *call)
{
	for (uint32_t i = work->nstack; i > 0; i--)
		if (!strcmp(work->stack[i - 1].function, call))
			return i;
	return 0;
}

/*
 * A process that serves one client after the other waits for this one's words where it accepts it,
 * and for the next one when it is done. A loop that learns of a client accepts it at once.
 */
static int has_done_with(const struct bc_stall_work *work, const char *call)
{
	enum { AT_ONCE_NS = 100000 };
	const struct bc_wire_event *event = work->event;

	return !strncmp(call, "accept", 6) && event->worst_start_ns > event->start_ns + AT_ONCE_NS;
}

/*
 * A worker waits for its next job, or sleeps until it is time for it, right in its own loop, and
 * for what it needs for the job, such as its client's next words, from deep inside. That it does
 * the latter again and again at one place makes it look like a loop.
 */
int bc_stall_is_between_jobs(const struct bc_stall_work *work, const char *call)
{
	enum { FURTHER = 2 };
	const struct bc_seen_thread *thread = work->thread;
	int depth = call ? waits_for_jobs(call, thread->pid == thread->tid) : -1;
	uint32_t i, j, inside;

	if (depth < 0 || !work->shared->raw)
		return 0;
	if (!strncmp(call, "sigwait", 7)) /* for signals, which is all that its thread does */
		return 1;
	if (!find_parting(work, &i, &j))
		return 0;
	inside = count_inside(work, call);
	return i <= inside + (uint32_t)depth &&
	       (j + inside >= i + FURTHER || has_done_with(work, call));
}

/* All threads that wait there for events are such workers, but a process' first is its loop. */
const char *bc_workers_site(
	const struct bc_seen_thread *thread, const struct bc_wire_thread *shared)
{
	if (!shared->raw || thread->pid == thread->tid || !thread->nwait_stack)
		return NULL;
	return name_of(&thread->wait_stack[0]);
}

void bc_workers_note(struct bc_run *run, const char *site)
{
	if (site && !bc_workers_have(run, site))
		bc_vec_push(&run->workers, site);
}

int bc_workers_have(const struct bc_run *run, const char *site)
{
	for (size_t i = 0; site && i < run->workers.count; i++)
		if (!strcmp(run->workers.items[i], site))
			return 1;
	return 0;
}

static void subtract(struct bc_run_callback *row, const struct bc_run_stall *stall)
{
	row->stalls -= stall->count;
	row->times.count -= stall->times.count;
	row->times.total_ns -= stall->times.total_ns;
	for (uint32_t i = 0; i < BC_WIRE_BUCKETS; i++)
		row->times.buckets[i] -= stall->times.buckets[i];
	if (!row->stalls)
		row->split = (struct bc_run_split){0};
}

void bc_bodies_drop(struct bc_run *run, uint32_t tid, uint64_t site)
{
	size_t kept = 0;

	for (size_t i = 0; i < run->stalls.count; i++) {
		struct bc_run_stall *stall = &run->stalls.items[i];

		if (stall->kind == BC_RUN_BODY && stall->tid == tid && site &&
			stall->call_pc == site)
			subtract(&run->callbacks.items[stall->callback], stall);
		else
			run->stalls.items[kept++] = *stall;
	}
	run->stalls.count = kept;
}

void bc_workers_drop(struct bc_run *run)
{
	size_t kept = 0;

	for (size_t i = 0; i < run->loops.count; i++) {
		if (bc_workers_have(run, run->loops.items[i].site))
			run->nworkers++;
		else
			run->loops.items[kept++] = run->loops.items[i];
	}
	run->loops.count = kept;
	kept = 0;
	for (size_t i = 0; i < run->stalls.count; i++) {
		struct bc_run_stall *stall = &run->stalls.items[i];

		if (stall->kind == BC_RUN_BODY && bc_workers_have(run, stall->site))
			subtract(&run->callbacks.items[stall->callback], stall);
		else
			run->stalls.items[kept++] = *stall;
	}
	run->stalls.count = kept;
}
