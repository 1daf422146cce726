/* The stacks of a stall, from what was kept of it, and what can be told from them. */
#include "harness/collect/stall.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "harness/collect/vdso.h"

enum { MAX_CPU_STACKS = 5 };

static int is_libc(const struct bc_run_where *where)
{
	const char *file = bc_path_basename(where->module);

	return !strncmp(file, "libc.so", 7) || !strncmp(file, "libc-2", 6) ||
	       !strncmp(file, "libpthread", 10);
}

/* By what libc begins threads and main() has no name where it was stripped. */
static void cut_beginning(struct bc_stall_work *work)
{
	while (work->nstack > 1 && is_libc(&work->stack[work->nstack - 1]))
		work->nstack--;
}

/* A call that is let by untimed passes through it, too. */
static int is_call_stub(const char *function)
{
	return !strcmp(function, "__blockcheck_run") || !strcmp(function, "bc_call_stub") ||
	       !strcmp(function, "bc_library_stub");
}

/* Of a callback, which a loop's own body is not. */
static int is_in_callback(const struct bc_stall_work *work, const char *function)
{
	return work->event->kind == BC_WIRE_BODY &&
	       (!strcmp(function, "bc_thunk_common") || !strcmp(function, "bc_thunk_wide"));
}

/* The frames of our own library are no part of the program; below a thunk the loop begins, below
 * main() libc. */
static void keep_stack(
	struct bc_stall_work *work, const struct bc_run_where *frames, uint32_t count)
{
	work->nstack = 0;
	for (uint32_t i = 0; i < count; i++) {
		int ours = strstr(frames[i].module, "libblockcheck-preload") != NULL;

		if (ours && is_call_stub(frames[i].function))
			continue;
		if (ours && is_in_callback(work, frames[i].function)) {
			work->nstack = 0;
			return;
		}
		if ((ours && work->nstack && work->event->function) ||
			!strcmp(frames[i].function, "start_thread") ||
			!strncmp(frames[i].function, "__libc_start_main", 17))
			break;
		if (!ours)
			work->stack[work->nstack++] = frames[i];
		if (!strcmp(frames[i].function, "main"))
			break;
	}
	cut_beginning(work);
}

static int unwind(struct bc_stall_work *work, const struct bc_stack_piece *piece)
{
	struct bc_run_where frames[BC_STACK_MAX];
	uint32_t count = bc_seen_unwind(work->collector, work->thread->process, piece, frames);

	keep_stack(work, frames, count);
	return work->nstack > 0;
}

/* The slice may have been given to a later stall meanwhile: then its number differs. */
static int copy_slice(
	const struct bc_wire_thread *shared, uint32_t number, struct bc_wire_slice *copy)
{
	const struct bc_wire_slice *slice = &shared->slices[number % BC_WIRE_SLICES];

	if (!number)
		return 0;
	*copy = *slice;
	return copy->number == number && copy->size <= BC_WIRE_SLICE_BYTES;
}

static int unwind_seen(struct bc_stall_work *work, const struct bc_sample *sample)
{
	const struct bc_stack_piece piece = {.pc = sample->pc,
		.sp = sample->sp,
		.bp = sample->bp,
		.has_bp = sample->has_bp,
		.exact = sample->exact,
		.bytes = sample->bytes,
		.size = sample->size};

	return unwind(work, &piece);
}

/* Functions with large buffers on their stack leave no room for who called them. While the very
 * call lasted, the watchdog has seen more. */
static int is_cut_short(const struct bc_wire_slice *slice, const struct bc_sample *sample)
{
	return sample && slice->size == BC_WIRE_SLICE_BYTES && sample->size > slice->size &&
	       sample->sp == slice->sp && sample->pc == slice->pc && !sample->exact;
}

int bc_stall_unwind_slice(struct bc_stall_work *work)
{
	struct bc_wire_slice slice;
	struct bc_stack_piece piece;

	if (!copy_slice(work->shared, work->event->slice, &slice))
		return 0;
	work->stall.call_pc = slice.pc;
	if (is_cut_short(&slice, work->sample))
		return unwind_seen(work, work->sample);
	piece = (struct bc_stack_piece){.pc = slice.pc,
		.sp = slice.sp,
		.bp = slice.bp,
		.has_bp = slice.bp != 0,
		.bytes = slice.bytes,
		.size = slice.size};
	return unwind(work, &piece);
}

int bc_stall_unwind_sample(struct bc_stall_work *work)
{
	return work->sample && work->sample->size && unwind_seen(work, work->sample);
}

static int unwind_perf(struct bc_stall_work *work, const struct bc_perf_sample *sample)
{
	const struct bc_stack_piece piece = {.pc = sample->registers[16],
		.sp = sample->registers[7],
		.bp = sample->registers[6],
		.has_bp = 1,
		.exact = 1,
		.registers = sample->registers,
		.bytes = sample->stack,
		.size = sample->size};

	return unwind(work, &piece);
}

/* The innermost function that has a name: stubs between modules have none. What the kernel has lent
 * to libc goes by libc's name. */
static const char *name_hot(const struct bc_stall_work *work)
{
	for (uint32_t i = 0; i < work->nstack; i++)
		if (!strstr(work->stack[i].function, "+0x") &&
			strcmp(bc_path_basename(work->stack[i].module), BC_VDSO_NAME) != 0)
			return work->stack[i].function;
	return work->stack[0].function;
}

/* What more than half of them are, or NULL. */
static const char *find_most(const char *const *names, int count)
{
	for (int i = 0; i < count; i++) {
		int same = 0;

		for (int j = 0; names[i] && j < count; j++)
			same += names[j] && !strcmp(names[i], names[j]);
		if (same * 2 > count)
			return names[i];
	}
	return NULL;
}

/* Of the samples within the stall, the function that most of them were in. */
int bc_stall_unwind_computing(struct bc_stall_work *work)
{
	const struct bc_seen_thread *thread = work->thread;
	const char *names[MAX_CPU_STACKS], *contained[MAX_CPU_STACKS];
	uint64_t end = work->event->start_ns + work->event->total_ns;
	uint32_t newest = thread->nsamples; /* more may come while these are looked at */
	int count = 0, best = 0;

	for (uint32_t i = 0; i < BC_PERF_HISTORY && i < newest; i++) {
		const struct bc_perf_sample *sample =
			&thread->samples[(newest - 1 - i) % BC_PERF_HISTORY];
		int same = 0;

		if (count == MAX_CPU_STACKS || sample->monotonic_ns > end ||
			sample->monotonic_ns < work->event->start_ns || !unwind_perf(work, sample))
			continue;
		contained[count] = bc_stall_find_contained(work);
		names[count++] = name_hot(work);
		for (int j = 0; j < count; j++)
			same += !strcmp(names[j], names[count - 1]);
		if (same > best) {
			best = same;
			work->hot = names[count - 1];
		}
	}
	work->contained = find_most(contained, count);
	return count > 0;
}

/* ---- where a loop waits ---- */

/* What is further up the stack than the slice reaches stays as it is while the loop runs. */
static void add_rest(const struct bc_seen_thread *thread, struct bc_sample *wait)
{
	uint32_t size = wait->size;

	if (size < BC_WIRE_SLICE_BYTES)
		return;
	wait->size += bc_watch_stack(
		thread->pid, wait->sp + size, wait->bytes + size, sizeof(wait->bytes) - size);
}

/* To name the functions takes a tenth of a second of CPU, once. That is not done while the program
 * is at its beginning, but when something held the loop, or at the end. */
void bc_stall_keep_wait(struct bc_stall_work *work)
{
	struct bc_seen_thread *thread = work->thread;
	struct bc_wire_slice slice;
	struct bc_sample *wait;

	free(thread->wait);
	thread->wait = NULL;
	if (!copy_slice(work->shared, work->event->slice, &slice))
		return;
	wait = bc_xmalloc(sizeof(*wait));
	wait->pc = slice.pc;
	wait->sp = slice.sp;
	wait->bp = slice.bp;
	wait->has_bp = slice.bp != 0;
	wait->exact = 0;
	wait->size = slice.size;
	memcpy(wait->bytes, slice.bytes, slice.size);
	add_rest(thread, wait);
	thread->wait = wait;
}

void bc_stalls_find_wait(struct bc_collector *collector, uint32_t slot)
{
	struct bc_seen_thread *thread = collector->threads[slot];
	struct bc_wire_event site = {.kind = BC_WIRE_SITE};
	struct bc_stall_work work = {.collector = collector, .thread = thread, .event = &site};
	struct bc_sample *wait = thread->wait;

	if (!wait)
		return;
	thread->wait = NULL;
	if (unwind_seen(&work, wait)) {
		thread->nwait_stack = work.nstack;
		thread->wait_stack =
			BC_NEW_ARRAY(&collector->run->arena, struct bc_run_where, work.nstack);
		memcpy(thread->wait_stack, work.stack, work.nstack * sizeof(*work.stack));
	}
	for (uint32_t i = 0; i < work.nstack && !thread->library; i++)
		thread->library = bc_library_of(work.stack[i].module);
	free(wait);
}

/* ---- who is to be named ---- */

const char *bc_stall_find_libc(const struct bc_stall_work *work)
{
	const char *name;
	uint32_t n = 0;

	while (n < work->nstack && is_libc(&work->stack[n]))
		n++;
	if (n == 0 || n == work->nstack)
		return NULL;
	name = work->stack[n - 1].function;
	if (strncmp(name, "_IO_", 4) != 0)
		name += strspn(name, "_");
	if (strstr(name, "+0x") || !strcmp(name, "syscall"))
		return NULL;
	return bc_arena_strndup(&work->collector->run->arena, name, strcspn(name, ".@"));
}

/* libffi calls with arguments that come as a list; signals of GObject are emitted so. */
static int is_of_loop(const struct bc_run_where *where)
{
	return bc_library_of(where->module) != NULL ||
	       !strncmp(bc_path_basename(where->module), "libffi", 6);
}

const struct bc_run_where *bc_stall_skip_library(
	const struct bc_stall_work *work, const struct bc_run_where *outer)
{
	const struct bc_run_where *where = outer;

	/* its own call may be to blame, by whatever of the program's that came to do it */
	while (where > work->stack && is_of_loop(where))
		if (!strcmp((where--)->function, work->stall.culprit))
			return outer;
	return is_of_loop(where) || is_libc(where) ? outer : where;
}

const struct bc_run_where *bc_stall_find_own(const struct bc_stall_work *work)
{
	const struct bc_run_where *outer = work->stack + work->nstack - 1, *own;

	if (!work->nstack)
		return NULL;
	own = bc_stall_skip_library(work, outer);
	return own == outer ? NULL : own;
}

/* ---- functions that the rule packs name ---- */

/* How many frames lie within the callback. */
static uint32_t count_inner(struct bc_stall_work *work)
{
	const struct bc_run_where *body;
	uint32_t n = work->nstack;

	if (work->event->function)
		return n && !strcmp(work->stack[n - 1].function,
				    bc_seen_name(work->collector, work->thread->process,
					    work->event->function))
			       ? n - 1
			       : n;
	body = bc_stall_find_body(work);
	return body ? (uint32_t)(body - work->stack) : 0;
}

const char *bc_stall_find_contained(struct bc_stall_work *work)
{
	const char *found = NULL;

	for (uint32_t i = count_inner(work); i-- > 0 && !found;)
		found = bc_call_find(work->collector, work->stack[i].function);
	return found;
}
