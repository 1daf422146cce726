/* The report for people. */
#include "harness/collect/places.h"
#include "harness/collect/report.h"
#include "harness/collect/stripped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/term.h"

enum {
	MAX_CALLBACKS = 15,
	MAX_STALLS = 15,
	MAX_FRAMES = 12,
	MAX_HELP = 3,
	MAX_COMMAND = 300,
	HANG = 8
};

struct writer {
	const struct bc_run *run;
	struct bc_term term;
	struct bc_arena arena;
	const char *folder; /* that files are shown below, or NULL */
};

#define SAY(writer, style, ...) bc_term_printf(&(writer)->term, BC_STYLE_##style, __VA_ARGS__)

static const char *show_time(struct writer *writer, uint64_t ns)
{
	return bc_report_time(&writer->arena, ns);
}

static void end_line(struct writer *writer)
{
	writer->term.hang = HANG;
	bc_term_newline(&writer->term);
}

/* Hundreds of file names are no help to anybody. */
static void write_command(struct writer *writer)
{
	const char *command = writer->run->command, *end = command;
	int width = 0;

	while (*end && width < MAX_COMMAND) {
		struct bc_glyph glyph = bc_term_glyph(end);

		width += glyph.width;
		end += glyph.bytes;
	}
	SAY(writer, STRONG, "blockcheck: %.*s%s", (int)(end - command), command, *end ? "..." : "");
}

static const char *show_where(struct writer *writer, const struct bc_run_where *where)
{
	return bc_places_show(&writer->arena, writer->folder, where);
}

/* ---- stalls ---- */

static void write_split(struct writer *writer, const struct bc_run_stall *stall)
{
	SAY(writer, PLAIN, "    %s computing, %s waiting for a CPU, %s blocked",
		show_time(writer, stall->split.cpu_ns), show_time(writer, stall->split.runqueue_ns),
		show_time(writer, stall->split.blocked_ns));
	if (stall->major_faults)
		SAY(writer, PLAIN, ", %u major page faults", stall->major_faults);
	end_line(writer);
}

static void write_cause(struct writer *writer, const struct bc_run_stall *stall)
{
	const char *time = show_time(writer, stall->culprit_ns);

	switch (stall->cause) {
	case BC_RUN_CALL:
		SAY(writer, STRONG, " in %s()", stall->culprit);
		if (stall->culprit_calls > 1)
			SAY(writer, PLAIN, ", %u calls", stall->culprit_calls);
		if (stall->inner)
			SAY(writer, PLAIN, ", there in %s()", stall->inner);
		break;
	case BC_RUN_CPU:
		SAY(writer, STRONG, " computing");
		if (*stall->culprit)
			SAY(writer, STRONG, " in %s()", stall->culprit);
		break;
	case BC_RUN_FAULT:
		SAY(writer, STRONG, " on page faults");
		SAY(writer, PLAIN, " (%u)", stall->minor_faults + stall->major_faults);
		break;
	case BC_RUN_RUNQUEUE:
		SAY(writer, STRONG, " waiting for a CPU: the machine is overloaded");
		break;
	case BC_RUN_SYSCALL:
		SAY(writer, STRONG, " blocked");
		if (!*stall->culprit)
			SAY(writer, PLAIN, ", in what was not seen");
		else
			SAY(writer, STRONG, " in system call %s", stall->culprit);
		if (*stall->culprit && writer->run->processes)
			SAY(writer, PLAIN, ", called by a library");
		break;
	}
	SAY(writer, PLAIN, " (%s)", time);
}

static void write_many(struct writer *writer, const struct bc_run_stall *stall)
{
	SAY(writer, STRONG, "%s", show_time(writer, stall->ns));
	SAY(writer, PLAIN, " in one iteration, by many small callbacks");
	if (stall->count > 1)
		SAY(writer, PLAIN, "; %u times", stall->count);
	end_line(writer);
	for (int i = 0; i < BC_WIRE_CALLS; i++) {
		if (!stall->shares[i].function)
			continue;
		SAY(writer, PLAIN, "    %s: %s in %u call%s", stall->shares[i].function,
			show_time(writer, stall->shares[i].total_ns), stall->shares[i].count,
			stall->shares[i].count == 1 ? "" : "s");
		end_line(writer);
	}
}

/* What lies around the callback of a loop of the program's own is the same for all of them. */
static uint32_t count_frames(struct writer *writer, const struct bc_run_stall *stall)
{
	const char *callback = writer->run->callbacks.items[stall->callback].where.function;

	for (uint32_t i = 0; i < stall->nstack && stall->kind == BC_RUN_BODY; i++)
		if (!strcmp(stall->stack[i].function, callback))
			return i + 1;
	return stall->nstack;
}

/* Of a long one both ends: where it is, and what the callback had to do with it. */
static void write_stack(struct writer *writer, const struct bc_run_stall *stall)
{
	uint32_t count = count_frames(writer, stall);
	uint32_t hidden = count > MAX_FRAMES + 1 ? count - MAX_FRAMES : 0;

	for (uint32_t i = 0; i < count; i++) {
		if (hidden && i == MAX_FRAMES / 2) {
			SAY(writer, PLAIN, "      ... %u more", hidden);
			end_line(writer);
			i += hidden;
		}
		SAY(writer, FRAME, "      %s", stall->stack[i].function);
		SAY(writer, PLAIN, "  %s", show_where(writer, &stall->stack[i]));
		end_line(writer);
	}
}

static int has_names(const struct bc_run_stall *stall)
{
	for (uint32_t i = 0; i < stall->nstack; i++)
		if (bc_stripped_is_named(&stall->stack[i]))
			return 1;
	return !stall->nstack;
}

/* Which finding of the last check it was, if there was a check at all. */
static void write_finding(struct writer *writer, const struct bc_run_stall *stall)
{
	if (!stall->finding_why || stall->cause == BC_RUN_RUNQUEUE)
		return;
	if (stall->finding)
		SAY(writer, PLAIN, "    predicted by %s, %s", stall->finding, stall->finding_why);
	else if (has_names(stall))
		SAY(writer, WARNING, "    nothing predicted it");
	else
		SAY(writer, WARNING,
			"    without names nobody can tell whether something predicted it");
	end_line(writer);
}

static void write_allowed(struct writer *writer, const struct bc_run_stall *stall)
{
	if (!stall->allowed)
		return;
	SAY(writer, PLAIN, "    allowed: %s", stall->allowed);
	end_line(writer);
}

static void write_help(struct writer *writer, const struct bc_run_stall *stall)
{
	for (int i = 0; i < stall->nalternatives && i < MAX_HELP; i++) {
		const struct bc_alternative *other = &stall->alternatives[i];

		SAY(writer, HELP, "    help");
		SAY(writer, PLAIN, ": use %s%s%s%s", other->use, *other->note ? " (" : "",
			other->note, *other->note ? ")" : "");
		end_line(writer);
	}
}

static void write_stall(struct writer *writer, const struct bc_run_stall *stall)
{
	const struct bc_run_callback *callback = &writer->run->callbacks.items[stall->callback];

	if (stall->kind == BC_RUN_MANY) {
		write_many(writer, stall);
		return;
	}
	SAY(writer, STRONG, "%s", show_time(writer, stall->ns));
	SAY(writer, PLAIN, stall->kind == BC_RUN_BODY ? " in the loop's body, " : " in ");
	if (stall->kind == BC_RUN_BODY && !stall->nstack) /* it goes by the wait's name */
		SAY(writer, PLAIN, stall->open ? "where was not seen" : "where was not seen,");
	else
		SAY(writer, STRONG, "%s", callback->where.function);
	if (stall->open)
		SAY(writer, WARNING, ", still running when its process ended");
	if (!stall->open || stall->cause == BC_RUN_CALL)
		write_cause(writer, stall);
	if (stall->count > 1)
		SAY(writer, PLAIN, "; %u times, %s in all", stall->count,
			show_time(writer, stall->total_ns));
	end_line(writer);
	if (!stall->open)
		write_split(writer, stall);
	write_stack(writer, stall);
	write_finding(writer, stall);
	write_allowed(writer, stall);
	if (!stall->allowed)
		write_help(writer, stall);
}

static void write_stalls(struct writer *writer)
{
	uint32_t *order;
	size_t count = bc_report_stalls(writer->run, &order);

	for (size_t i = 0; i < count && i < MAX_STALLS; i++) {
		end_line(writer);
		write_stall(writer, &writer->run->stalls.items[order[i]]);
	}
	if (count > MAX_STALLS) {
		SAY(writer, PLAIN, "and %zu more kinds of stalls: --format=json has them all",
			count - MAX_STALLS);
		end_line(writer);
	}
	free(order);
}

/* ---- callbacks and loops ---- */

/* Of the time of its stalls: computing, waiting for a CPU, blocked, in percent. */
static const char *show_shares(struct writer *writer, const struct bc_run_callback *callback)
{
	const struct bc_run_split *split = &callback->split;
	double all = (double)(split->cpu_ns + split->runqueue_ns + split->blocked_ns) / 100;

	if (all <= 0)
		return "";
	return bc_arena_printf(&writer->arena, "%.0f/%.0f/%.0f %%", (double)split->cpu_ns / all,
		(double)split->runqueue_ns / all, (double)split->blocked_ns / all);
}

static void write_callbacks(struct writer *writer)
{
	uint32_t *order;
	size_t count = bc_report_callbacks(writer->run, &order), shown = 0;

	if (count) {
		end_line(writer);
		SAY(writer, STRONG, "%8s %8s %8s %8s %8s %6s %11s  %s", "max", "p99", "p50",
			"total", "count", "stalls", "cpu/wait/bl", "callback");
		end_line(writer);
	}
	for (size_t i = 0; i < count && shown < MAX_CALLBACKS; i++) {
		const struct bc_run_callback *callback = &writer->run->callbacks.items[order[i]];
		const struct bc_run_histogram *times = &callback->times;

		if (callback->internal && !callback->stalls)
			continue;
		shown++;
		SAY(writer, PLAIN, "%8s %8s %8s %8s %8llu %6u %11s  ",
			show_time(writer, times->max_ns),
			show_time(writer, bc_run_percentile(times, 0.99)),
			show_time(writer, bc_run_percentile(times, 0.50)),
			show_time(writer, times->total_ns), (unsigned long long)times->count,
			callback->stalls, show_shares(writer, callback));
		SAY(writer, STRONG, "%s", callback->where.function);
		SAY(writer, PLAIN, "  %s  %s", show_where(writer, &callback->where),
			strcmp(callback->api, "loop") ? callback->api : "(seen in stalls only)");
		end_line(writer);
	}
	free(order);
}

static void write_loops(struct writer *writer)
{
	const struct bc_run *run = writer->run;

	for (size_t i = 0; i < run->loops.count; i++) {
		const struct bc_run_loop *loop = &run->loops.items[i];

		if (!loop->iterations)
			continue;
		SAY(writer, PLAIN,
			"loop of thread %u (%s): %llu iterations, busy %s, p50 %s, p99 %s, max %s",
			loop->tid, loop->library, (unsigned long long)loop->iterations,
			show_time(writer, loop->busy_ns),
			show_time(writer, bc_run_percentile(&loop->times, 0.50)),
			show_time(writer, bc_run_percentile(&loop->times, 0.99)),
			show_time(writer, loop->times.max_ns));
		end_line(writer);
	}
}

/* Not per iteration, of which one long one is only one, but per moment in which something may come.
 */
static void write_imposed(struct writer *writer)
{
	const struct bc_run *run = writer->run;
	uint64_t half = bc_run_imposed(run, 0.5), most = bc_run_imposed(run, 0.99);

	if (!run->loops.count)
		return;
	SAY(writer, PLAIN, "an event that comes at any moment waits ");
	if (!most)
		SAY(writer, PLAIN, "for next to nothing, in 99 of 100 cases");
	else
		SAY(writer, PLAIN, "%s in half of all cases, %s or less in 99 of 100",
			half ? bc_arena_printf(
				       &writer->arena, "%s or less", show_time(writer, half))
			     : "not at all",
			show_time(writer, most));
	end_line(writer);
}

/* ---- what was seen from outside ---- */

static double share_of(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void write_blocked(struct writer *writer, const struct bc_run_blocked *call)
{
	if (call->name)
		SAY(writer, PLAIN, "    %s", call->name);
	else if (call->number == -1)
		SAY(writer, PLAIN, "    no system call");
	else if (call->number < 0)
		SAY(writer, PLAIN,
			"    calls that the system does not tell us: it is another user's");
	else
		SAY(writer, PLAIN, "    system call %ld", call->number);
	SAY(writer, PLAIN, ": %u time%s, %s in all, at most %s", call->count,
		call->count == 1 ? "" : "s", show_time(writer, call->total_ns),
		show_time(writer, call->max_ns));
	end_line(writer);
}

static void write_thread(struct writer *writer, const struct bc_run_thread *thread)
{
	SAY(writer, STRONG, "thread %u %s", thread->tid, thread->name);
	SAY(writer, PLAIN, thread->is_loop ? ", a loop: waiting for events %.0f %%, " : ": ",
		share_of(thread->waited_ns, thread->seen_ns));
	SAY(writer, PLAIN, "computing %.0f %%, asleep %s%.0f %%",
		share_of(thread->cpu_ns, thread->seen_ns), thread->is_loop ? "elsewhere " : "",
		share_of(thread->blocked_ns, thread->seen_ns));
	end_line(writer);
	for (uint32_t i = 0; i < thread->ncalls; i++)
		write_blocked(writer, &thread->calls[i]);
}

static void write_threads(struct writer *writer)
{
	const struct bc_run *run = writer->run;

	if (!run->threads.count)
		return;
	end_line(writer);
	for (size_t i = 0; i < run->threads.count; i++)
		write_thread(writer, &run->threads.items[i]);
	SAY(writer, PLAIN,
		"looked at every %s: times are right within that, and what is shorter than twice "
		"that may be missing",
		show_time(writer, run->resolution_ns));
	if (run->blind_ns > 2 * run->resolution_ns)
		SAY(writer, PLAIN, "; on a busy machine, once nobody looked for %s",
			show_time(writer, run->blind_ns));
	end_line(writer);
}

/* ---- what is missing ---- */

static void write_loss(struct writer *writer, uint64_t count, const char *what)
{
	if (!count)
		return;
	SAY(writer, WARNING, "not in these figures: ");
	SAY(writer, PLAIN, "%llu %s", (unsigned long long)count, what);
	end_line(writer);
}

static void write_losses(struct writer *writer)
{
	const struct bc_run *run = writer->run;

	write_loss(writer, run->lost_events, "stalls that came faster than they could be read");
	write_loss(writer, run->lost_stacks, "stacks, for the same reason");
	write_loss(writer, run->lost_threads, "threads: there were too many at once");
	write_loss(writer, run->lost_processes, "processes: there were too many at once");
	write_loss(writer, run->sandboxed,
		"threads and processes that began inside a sandbox (seccomp)");
	write_loss(writer, run->unwrapped,
		"callbacks: more functions, or tables of them, than there is room for");
	write_loss(writer, run->untimed, "functions of libraries: too many that may block");
	write_loss(writer, run->corrupt, "records that the program had damaged");
	write_loss(writer, run->early_stalls, "stalls within --grace");
	if (run->nworkers) {
		SAY(writer, PLAIN,
			run->nworkers == 1
				? "%u thread is no loop: it waits for its next job elsewhere than "
				  "for events"
				: "%u threads are no loops: they wait for their next job elsewhere "
				  "than for events",
			run->nworkers);
		end_line(writer);
	}
	write_loss(writer, run->detached, "forked children; --follow-fork measures them");
}

static void write_stripped(struct writer *writer)
{
	for (size_t i = 0; i < writer->run->stripped.count; i++) {
		const struct bc_run_stripped *file = &writer->run->stripped.items[i];

		SAY(writer, WARNING, "names are missing: ");
		SAY(writer, PLAIN, "%s is stripped; ", file->module);
		if (file->package)
			SAY(writer, PLAIN, "they are in the package %s", file->package);
		else
			SAY(writer, PLAIN,
				"build it without -s and strip, or say where its debug files are "
				"(--debug-files)");
		end_line(writer);
	}
}

static void write_head(struct writer *writer)
{
	const struct bc_run *run = writer->run;
	uint64_t stalls = 0, allowed = 0;

	for (size_t i = 0; i < run->stalls.count; i++) {
		const struct bc_run_stall *stall = &run->stalls.items[i];

		if (stall->ns < run->budget_ns)
			continue;
		stalls += stall->count;
		allowed += stall->allowed ? stall->count : 0;
	}
	write_command(writer);
	if (run->signal)
		SAY(writer, PLAIN, ", ended by signal %d", run->signal);
	else if (run->code)
		SAY(writer, PLAIN, ", exit status %d", run->code);
	end_line(writer);
	if (*run->tier_why) {
		SAY(writer, WARNING, "observed from outside: ");
		SAY(writer, PLAIN, "%s", run->tier_why);
		end_line(writer);
	}
	SAY(writer, PLAIN, "%s, %llu stall%s of %s or more", show_time(writer, run->duration_ns),
		(unsigned long long)stalls, stalls == 1 ? "" : "s",
		show_time(writer, run->budget_ns));
	if (allowed)
		SAY(writer, PLAIN, ", %llu of them allowed", (unsigned long long)allowed);
	if (!run->loops.count)
		SAY(writer, PLAIN, "; no event loop was seen%s",
			run->followed || !run->processes
				? ""
				: " (--follow-fork measures what the program starts, too)");
	end_line(writer);
	if (writer->folder && run->stalls.count) {
		SAY(writer, PLAIN, "files are below %s", writer->folder);
		end_line(writer);
	}
}

static void write_remarks(struct writer *writer)
{
	for (size_t i = 0; i < writer->run->remarks.count; i++) {
		const struct bc_remark *remark = &writer->run->remarks.items[i];

		SAY(writer, NOTE, "note[%s]", remark->rule);
		SAY(writer, PLAIN, ": %s:%u: %s", remark->at.file, remark->at.line,
			remark->message);
		end_line(writer);
	}
}

static void write_stops(struct writer *writer)
{
	const struct bc_run *run = writer->run;

	if (run->stops) {
		SAY(writer, PLAIN,
			"stopped %llu times while it computed, for %s in all, since perf events "
			"are "
			"not permitted here",
			(unsigned long long)run->stops, show_time(writer, run->stopped_ns));
		end_line(writer);
	}
	if (run->unstoppable) {
		SAY(writer, PLAIN,
			"what computes has no stacks: neither perf events "
			"(kernel.perf_event_paranoid) "
			"nor ptrace are permitted here");
		end_line(writer);
	}
}

static void write_tail(struct writer *writer)
{
	const struct bc_run *run = writer->run;

	if (!run->processes)
		return;
	SAY(writer, PLAIN,
		"measured inside the program, clock %s: %.0f ns per callback by the self-test; %s "
		"of CPU here",
		run->clock, run->per_callback_ns, show_time(writer, run->collector_cpu_ns));
	end_line(writer);
}

void bc_run_write_text(const struct bc_run *run, int color, int width, struct bc_buf *out)
{
	struct writer writer = {.run = run, .term = {.out = out, .color = color, .width = width}};

	writer.folder = bc_places_folder(&writer.arena, run);
	write_head(&writer);
	write_stalls(&writer);
	write_callbacks(&writer);
	if (run->loops.count)
		end_line(&writer);
	write_loops(&writer);
	write_imposed(&writer);
	write_threads(&writer);
	write_losses(&writer);
	write_stops(&writer);
	write_stripped(&writer);
	write_remarks(&writer);
	write_tail(&writer);
	bc_arena_fini(&writer.arena);
}
