/* The tables of callbacks, loops and threads, for people. */
#include "harness/collect/report_text.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CALLBACKS = 15 };

/* ---- callbacks and loops ---- */

/* Of the time of its stalls: computing, waiting for a CPU, blocked, in percent. */
static const char *show_shares(
	struct bc_text_report *writer, const struct bc_run_callback *callback)
{
	const struct bc_run_split *split = &callback->split;
	double all = (double)(split->cpu_ns + split->runqueue_ns + split->blocked_ns) / 100;

	if (all <= 0)
		return "";
	return bc_arena_printf(&writer->arena, "%.0f/%.0f/%.0f %%", (double)split->cpu_ns / all,
		(double)split->runqueue_ns / all, (double)split->blocked_ns / all);
}

void bc_text_callbacks(struct bc_text_report *writer)
{
	uint32_t *order;
	size_t count = bc_report_callbacks(writer->run, &order), shown = 0;

	if (count) {
		bc_text_end_line(writer);
		BC_SAY(writer, STRONG, "%8s %8s %8s %8s %8s %6s %11s  %s", "max", "p99", "p50",
			"total", "count", "stalls", "cpu/wait/bl", "callback");
		bc_text_end_line(writer);
	}
	for (size_t i = 0; i < count && shown < MAX_CALLBACKS; i++) {
		const struct bc_run_callback *callback = &writer->run->callbacks.items[order[i]];
		const struct bc_run_histogram *times = &callback->times;

		if (callback->internal && !callback->stalls)
			continue;
		shown++;
		BC_SAY(writer, PLAIN, "%8s %8s %8s %8s %8llu %6u %11s  ",
			bc_text_time(writer, times->max_ns),
			bc_text_time(writer, bc_run_percentile(times, 0.99)),
			bc_text_time(writer, bc_run_percentile(times, 0.50)),
			bc_text_time(writer, times->total_ns), (unsigned long long)times->count,
			callback->stalls, show_shares(writer, callback));
		BC_SAY(writer, STRONG, "%s", callback->where.function);
		BC_SAY(writer, PLAIN, "  %s  %s", bc_text_where(writer, &callback->where),
			strcmp(callback->api, "loop") ? callback->api : "(seen in stalls only)");
		bc_text_end_line(writer);
	}
	free(order);
}

void bc_text_loops(struct bc_text_report *writer)
{
	const struct bc_run *run = writer->run;

	for (size_t i = 0; i < run->loops.count; i++) {
		const struct bc_run_loop *loop = &run->loops.items[i];

		if (!loop->iterations)
			continue;
		BC_SAY(writer, PLAIN,
			"loop of thread %u (%s): %llu iterations, busy %s, p50 %s, p99 %s, max %s",
			loop->tid, loop->library, (unsigned long long)loop->iterations,
			bc_text_time(writer, loop->busy_ns),
			bc_text_time(writer, bc_run_percentile(&loop->times, 0.50)),
			bc_text_time(writer, bc_run_percentile(&loop->times, 0.99)),
			bc_text_time(writer, loop->times.max_ns));
		bc_text_end_line(writer);
	}
}

/* Not per iteration, of which one long one is only one, but per moment in which something may come.
 */
void bc_text_imposed(struct bc_text_report *writer)
{
	const struct bc_run *run = writer->run;
	uint64_t half = bc_run_imposed(run, 0.5), most = bc_run_imposed(run, 0.99);

	if (!run->loops.count)
		return;
	BC_SAY(writer, PLAIN, "an event that comes at any moment waits ");
	if (!most)
		BC_SAY(writer, PLAIN, "for next to nothing, in 99 of 100 cases");
	else
		BC_SAY(writer, PLAIN, "%s in half of all cases, %s or less in 99 of 100",
			half ? bc_arena_printf(
				       &writer->arena, "%s or less", bc_text_time(writer, half))
			     : "not at all",
			bc_text_time(writer, most));
	bc_text_end_line(writer);
}

/* ---- what was seen from outside ---- */

static double share_of(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void write_blocked(struct bc_text_report *writer, const struct bc_run_blocked *call)
{
	if (call->name)
		BC_SAY(writer, PLAIN, "    %s", call->name);
	else if (call->number == -1)
		BC_SAY(writer, PLAIN, "    no system call");
	else if (call->number < 0)
		BC_SAY(writer, PLAIN,
			"    calls that the system does not tell us: it is another user's");
	else
		BC_SAY(writer, PLAIN, "    system call %ld", call->number);
	BC_SAY(writer, PLAIN, ": %u time%s, %s in all, at most %s", call->count,
		call->count == 1 ? "" : "s", bc_text_time(writer, call->total_ns),
		bc_text_time(writer, call->max_ns));
	bc_text_end_line(writer);
}

static void write_thread(struct bc_text_report *writer, const struct bc_run_thread *thread)
{
	BC_SAY(writer, STRONG, "thread %u %s", thread->tid, thread->name);
	BC_SAY(writer, PLAIN, thread->is_loop ? ", a loop: waiting for events %.0f %%, " : ": ",
		share_of(thread->waited_ns, thread->seen_ns));
	BC_SAY(writer, PLAIN, "computing %.0f %%, asleep %s%.0f %%",
		share_of(thread->cpu_ns, thread->seen_ns), thread->is_loop ? "elsewhere " : "",
		share_of(thread->blocked_ns, thread->seen_ns));
	bc_text_end_line(writer);
	for (uint32_t i = 0; i < thread->ncalls; i++)
		write_blocked(writer, &thread->calls[i]);
}

void bc_text_threads(struct bc_text_report *writer)
{
	const struct bc_run *run = writer->run;

	if (!run->threads.count)
		return;
	bc_text_end_line(writer);
	for (size_t i = 0; i < run->threads.count; i++)
		write_thread(writer, &run->threads.items[i]);
	BC_SAY(writer, PLAIN,
		"looked at every %s: times are right within that, and what is shorter than twice "
		"that may be missing",
		bc_text_time(writer, run->resolution_ns));
	if (run->blind_ns > 2 * run->resolution_ns)
		BC_SAY(writer, PLAIN, "; on a busy machine, once nobody looked for %s",
			bc_text_time(writer, run->blind_ns));
	bc_text_end_line(writer);
}
