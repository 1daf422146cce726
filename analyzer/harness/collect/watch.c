/*
 * The watchdog: looks at threads that have been in one callback for long, from outside. It reads
 * /proc and memory, and never stops or signals what is blocked: that would end the sleep it
 * measures.
 */
#include "harness/collect/collector.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/collect/kept.h"
#include "harness/collect/screen.h"
#include "harness/collect/stop.h"
#include "output/term.h"

enum { PERF_PERIOD_NS = 1000000 };

static int read_task(const struct bc_seen_thread *thread, const char *what, char *text, size_t size)
{
	return bc_task_read(thread->pid, thread->tid, what, text, size);
}

/* ---- stacks ---- */

static int is_outside(const struct bc_collector *collector, const struct bc_seen_thread *thread)
{
	return collector->outside && thread->process == BC_OUTSIDE_PROCESS;
}

/* In a call of ours the heartbeat has the registers; the call must not have ended meanwhile. */
static int sample_call(const struct bc_wire_thread *shared, const struct bc_seen_thread *thread,
	struct bc_sample *sample)
{
	uint32_t number = __atomic_load_n(&shared->call_number, __ATOMIC_ACQUIRE);

	if (!__atomic_load_n(&shared->call, __ATOMIC_ACQUIRE))
		return 0;
	sample->pc = shared->call_pc;
	sample->sp = shared->call_sp;
	sample->bp = shared->call_bp;
	sample->has_bp = 1;
	sample->exact = 0;
	sample->syscall = -1;
	bc_kept_read(thread, sample);
	return __atomic_load_n(&shared->call_number, __ATOMIC_ACQUIRE) == number;
}

/* Blocked in a system call that we do not stand before: the kernel shows where. */
static int sample_blocked(const struct bc_seen_thread *thread, struct bc_sample *sample)
{
	unsigned long long sp, pc;
	char text[256];
	long number;

	if (!read_task(thread, "syscall", text, sizeof(text)))
		return 0;
	if (sscanf(text, "-1 %llx %llx", &sp, &pc) == 2)
		number = BC_SAMPLE_FAULT; /* a page that has to be fetched first */
	else if (sscanf(text, "%ld %*s %*s %*s %*s %*s %*s %llx %llx", &number, &sp, &pc) != 3 ||
		 number < 0)
		return 0;
	sample->syscall = number;
	sample->pc = pc;
	sample->sp = sp;
	sample->has_bp = 0;
	sample->exact = 1;
	bc_kept_read(thread, sample);
	return 1;
}

static int is_computing(const struct bc_seen_thread *thread)
{
	char text[256];

	return read_task(thread, "syscall", text, sizeof(text)) && !strncmp(text, "running", 7);
}

static struct bc_perf_sample *next_perf_sample(struct bc_seen_thread *thread)
{
	if (!thread->samples)
		thread->samples = bc_xmalloc(BC_PERF_HISTORY * sizeof(*thread->samples));
	return &thread->samples[thread->nsamples % BC_PERF_HISTORY];
}

/* Debian and Ubuntu keep perf events from ordinary users, containers from all. */
static void sample_computing(struct bc_collector *collector, struct bc_seen_thread *thread)
{
	struct bc_perf_sample *sample = next_perf_sample(thread);
	uint64_t start = bc_segment_now(&collector->segment);
	int result;

	if (!is_computing(thread))
		return;
	result = bc_stop_sample((pid_t)thread->pid, (pid_t)thread->tid,
		(pid_t)thread->tid == collector->pid, sample);
	collector->run->unstoppable |= result == -EPERM;
	if (result < 0)
		return;
	sample->monotonic_ns = start;
	thread->nsamples++;
	thread->nstops++;
	collector->run->stops++;
	collector->run->stopped_ns += bc_segment_now(&collector->segment) - start;
}

static void keep_sight(struct bc_sample *sample, const struct bc_sight *sight)
{
	sample->syscall = sight->glance.number;
	sample->pc = sight->glance.pc;
	sample->sp = sight->glance.sp;
	sample->has_bp = 0;
	sample->exact = 1;
	sample->size = sight->size;
	memcpy(sample->bytes, sight->bytes, sight->size);
}

/* From outside: what was seen, if it is time to keep another stack of what goes on. */
void bc_watch_keep(struct bc_collector *collector, uint32_t slot, const struct bc_sight *sight)
{
	const struct bc_wire_thread *shared = &collector->segment.wire->threads[slot];
	const struct bc_glance *glance = &sight->glance;
	int blocked = glance->look == BC_LOOK_BLOCKED && glance->number >= 0;
	uint64_t start = shared->frames[0].start_ns;
	struct bc_seen_thread *thread = collector->threads[slot];
	struct bc_sample *sample;

	if (!thread || !shared->depth || (!blocked && glance->look != BC_LOOK_RUNNING))
		return;
	sample = *bc_kept_at(collector, thread, start);
	if (glance->at_ns < sample->next_ns)
		return;
	sample->next_ns = glance->at_ns + (glance->at_ns - start);
	if (blocked)
		keep_sight(sample, sight);
	else if (thread->perf.denied)
		sample_computing(collector, thread);
}

/* ---- what lasts ---- */

uint64_t bc_watch_idle(const struct bc_wire_thread *shared, uint64_t now)
{
	uint64_t idle = shared->idle_ns, since = shared->waiting_since_ns;

	return idle + (shared->waiting && now > since ? now - since : 0);
}

const char *bc_watch_call(
	struct bc_collector *collector, uint32_t slot, const struct bc_wire_frame *frame)
{
	const struct bc_wire_thread *shared = &collector->segment.wire->threads[slot];

	const struct bc_sample *sample = bc_kept_find(collector->threads[slot], frame->start_ns);

	if (collector->outside && sample)
		return bc_syscall_name(sample->syscall);
	return shared->call_ns >= frame->start_ns ? bc_call_name(collector, shared->call) : NULL;
}

/* A loop's own code may be over, with the loop; in a call or not, its last one is named if it can.
 */
static void say_lasting(struct bc_collector *collector, uint32_t slot,
	const struct bc_wire_frame *frame, uint64_t age)
{
	const char *call = bc_watch_call(collector, slot, frame);
	const char *name = bc_stalls_running(collector, slot, frame);
	struct bc_buf line = {0};
	struct bc_term term = {.out = &line};

	if (!name || bc_screen_is_taken())
		return;
	bc_term_printf(&term, BC_STYLE_PLAIN, "blockcheck: %s has held the loop for %.1f s so far",
		name, (double)age / 1e9);
	if (call)
		bc_term_printf(&term, BC_STYLE_PLAIN, ", in %s()", call);
	bc_term_newline(&term);
	fputs(bc_buf_text(&line), stderr);
	bc_buf_fini(&line);
}

static void keep_perf_samples(struct bc_seen_thread *thread)
{
	if (thread->perf.fd < 0)
		return;
	while (bc_perf_read(&thread->perf, next_perf_sample(thread)))
		thread->nsamples++;
}

/*
 * Where an event is attached to a thread, each of its waits costs a microsecond more. That is
 * nothing to a loop that waits seldom: it is sampled all the time. One that waits often is only
 * sampled while something holds it, from half of the budget on.
 */
static void choose_perf(struct bc_collector *collector, uint32_t slot, uint64_t now)
{
	enum { WINDOW_MS = 20, OFTEN = 40, SELDOM = 10 /* in a window */ };
	struct bc_seen_thread *thread = collector->threads[slot];
	uint64_t iterations = collector->segment.wire->threads[slot].iterations;
	uint64_t ms = (now - thread->iterations_ns) / 1000000;
	uint64_t count = iterations - thread->iterations;

	if (thread->iterations_ns && ms < WINDOW_MS)
		return;
	if (thread->perf.fd >= 0 && count > OFTEN * ms / WINDOW_MS)
		bc_perf_close(&thread->perf);
	else if (thread->perf.fd < 0 && count < SELDOM * ms / WINDOW_MS)
		bc_perf_open(&thread->perf, (int)thread->tid, collector->run->budget_ns / 2);
	thread->iterations = iterations;
	thread->iterations_ns = now;
}

/* Looking takes its time: what was seen may be the wait after the frame. */
static int is_still_in(
	const struct bc_wire_thread *shared, uint32_t depth, const struct bc_wire_frame *frame)
{
	return __atomic_load_n(&shared->depth, __ATOMIC_ACQUIRE) == depth &&
	       !__atomic_load_n(&shared->waiting, __ATOMIC_ACQUIRE) &&
	       __atomic_load_n(&shared->frames[depth - 1].start_ns, __ATOMIC_ACQUIRE) ==
		       frame->start_ns;
}

static void sample_frame(
	struct bc_collector *collector, uint32_t slot, uint32_t depth, uint64_t now)
{
	const struct bc_wire_thread *shared = &collector->segment.wire->threads[slot];
	struct bc_seen_thread *thread = collector->threads[slot];
	struct bc_wire_frame frame = shared->frames[depth - 1];
	struct bc_sample **kept, *fresh;
	uint64_t age = now > frame.start_ns ? now - frame.start_ns : 0;

	if (age < collector->run->budget_ns / 2)
		return;
	if (thread->perf.fd < 0)
		bc_perf_open(&thread->perf, (int)thread->tid, PERF_PERIOD_NS);
	if (is_outside(collector, thread))
		return; /* bc_watch_keep() gets what is seen of it */
	kept = bc_kept_at(collector, thread, frame.start_ns);
	if (now < (*kept)->next_ns)
		return;
	(*kept)->next_ns = now + age;
	fresh = bc_kept_new(frame.start_ns);
	fresh->next_ns = (*kept)->next_ns;
	fresh->say_ns = (*kept)->say_ns;
	if (sample_call(shared, thread, fresh) ||
		(sample_blocked(thread, fresh) && is_still_in(shared, depth, &frame))) {
		free(*kept);
		*kept = fresh;
		return;
	}
	free(fresh);
	if (thread->perf.denied && is_still_in(shared, depth, &frame))
		sample_computing(collector, thread);
}

static uint32_t find_depth(const struct bc_wire_thread *shared)
{
	uint32_t depth = __atomic_load_n(&shared->depth, __ATOMIC_ACQUIRE);

	return depth <= BC_WIRE_FRAMES && !__atomic_load_n(&shared->waiting, __ATOMIC_ACQUIRE)
		       ? depth
		       : 0;
}

static void look_at_thread(struct bc_collector *collector, uint32_t slot, uint64_t now)
{
	uint32_t depth = find_depth(&collector->segment.wire->threads[slot]);

	keep_perf_samples(collector->threads[slot]);
	bc_task_look(collector, collector->threads[slot]);
	if (depth)
		sample_frame(collector, slot, depth, now);
}

void bc_watch_note(struct bc_collector *collector, uint64_t now)
{
	struct bc_run *run = collector->run;

	if (now - collector->seen_ns > run->blind_ns)
		run->blind_ns = now - collector->seen_ns;
	collector->seen_ns = now;
}

void bc_watch_all(struct bc_collector *collector)
{
	uint64_t now = bc_segment_now(&collector->segment);

	if (collector->outside)
		bc_outside_look(collector->outside, collector);
	else
		bc_watch_note(collector, now);
	for (uint32_t i = 0; i < collector->nthreads; i++)
		if (collector->threads[i] && !is_outside(collector, collector->threads[i]))
			look_at_thread(collector, i, now);
}

/* ---- saying it ---- */

static void say_frame(struct bc_collector *collector, uint32_t slot, uint64_t now)
{
	const struct bc_wire_thread *shared = &collector->segment.wire->threads[slot];
	uint32_t depth = find_depth(shared);
	struct bc_wire_frame frame;
	struct bc_sample *sample;
	uint64_t age;

	if (!depth || collector->options->quiet || collector->options->silent || collector->live)
		return;
	frame = shared->frames[depth - 1];
	age = now > frame.start_ns ? now - frame.start_ns : 0;
	sample = bc_kept_find(collector->threads[slot], frame.start_ns);
	if (!sample || now < sample->say_ns ||
		now - collector->start_ns <= collector->options->grace_ms * 1e6)
		return;
	sample->say_ns = now + age;
	say_lasting(collector, slot, &frame, age);
}

void bc_watch_tick(struct bc_collector *collector, uint32_t slot, uint64_t now)
{
	look_at_thread(collector, slot, now);
	choose_perf(collector, slot, now);
	say_frame(collector, slot, now);
}
