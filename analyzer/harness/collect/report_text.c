/* The report for people: its head, what is missing from it, remarks. */
#include "harness/collect/report_text.h"

#include <signal.h>

#include "harness/collect/stripped.h"

enum { MAX_COMMAND = 300 };

/* ---- the head ---- */

/* Hundreds of file names are no help to anybody. */
static void write_command(struct bc_text_report *writer)
{
	const char *command = writer->run->command, *end = command;
	int width = 0;

	while (*end && width < MAX_COMMAND) {
		struct bc_glyph glyph = bc_term_glyph(end);

		width += glyph.width;
		end += glyph.bytes;
	}
	BC_SAY(writer, STRONG, "blockcheck: %.*s%s", (int)(end - command), command,
		*end ? "..." : "");
}

static void write_head(struct bc_text_report *writer)
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
	if (run->over_time && run->signal == SIGTERM)
		BC_SAY(writer, PLAIN, ", ended by --duration");
	else if (run->signal)
		BC_SAY(writer, PLAIN, ", ended by signal %d", run->signal);
	else if (run->code)
		BC_SAY(writer, PLAIN, ", exit status %d", run->code);
	bc_text_end_line(writer);
	if (*run->tier_why) {
		BC_SAY(writer, WARNING, "observed from outside: ");
		BC_SAY(writer, PLAIN, "%s", run->tier_why);
		bc_text_end_line(writer);
	}
	BC_SAY(writer, PLAIN, "%s, %llu stall%s of %s or more",
		bc_text_time(writer, run->duration_ns), (unsigned long long)stalls,
		stalls == 1 ? "" : "s", bc_text_time(writer, run->budget_ns));
	if (allowed)
		BC_SAY(writer, PLAIN, ", %llu of them allowed", (unsigned long long)allowed);
	if (!run->loops.count)
		BC_SAY(writer, PLAIN, "; no event loop was seen%s",
			run->followed || !run->processes
				? ""
				: " (--follow-fork measures what the program starts, too)");
	bc_text_end_line(writer);
	if (writer->folder && run->stalls.count) {
		BC_SAY(writer, PLAIN, "files are below %s", writer->folder);
		bc_text_end_line(writer);
	}
}

/* ---- what is missing ---- */

static void write_loss(struct bc_text_report *writer, uint64_t count, const char *what)
{
	if (!count)
		return;
	BC_SAY(writer, WARNING, "not in these figures: ");
	BC_SAY(writer, PLAIN, "%llu %s", (unsigned long long)count, what);
	bc_text_end_line(writer);
}

static void write_losses(struct bc_text_report *writer)
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
		BC_SAY(writer, PLAIN,
			run->nworkers == 1
				? "%u thread is no loop: it waits for its next job elsewhere than "
				  "for events"
				: "%u threads are no loops: they wait for their next job elsewhere "
				  "than for events",
			run->nworkers);
		bc_text_end_line(writer);
	}
	write_loss(writer, run->detached, "forked children; --follow-fork measures them");
}

static void write_stripped(struct bc_text_report *writer)
{
	for (size_t i = 0; i < writer->run->stripped.count; i++) {
		const struct bc_run_stripped *file = &writer->run->stripped.items[i];

		BC_SAY(writer, WARNING, "names are missing: ");
		BC_SAY(writer, PLAIN, "%s is stripped; ", file->module);
		if (file->package)
			BC_SAY(writer, PLAIN, "they are in the package %s", file->package);
		else
			BC_SAY(writer, PLAIN,
				"build it without -s and strip, or say where its debug files are "
				"(--debug-files)");
		bc_text_end_line(writer);
	}
}

/* ---- remarks, and the whole ---- */

static void write_remarks(struct bc_text_report *writer)
{
	for (size_t i = 0; i < writer->run->remarks.count; i++) {
		const struct bc_remark *remark = &writer->run->remarks.items[i];

		BC_SAY(writer, NOTE, "note[%s]", remark->rule);
		BC_SAY(writer, PLAIN, ": %s:%u: %s", remark->at.file, remark->at.line,
			remark->message);
		bc_text_end_line(writer);
	}
}

static void write_stops(struct bc_text_report *writer)
{
	const struct bc_run *run = writer->run;

	if (run->stops) {
		BC_SAY(writer, PLAIN,
			"stopped %llu times while it computed, for %s in all, since perf events "
			"are "
			"not permitted here",
			(unsigned long long)run->stops, bc_text_time(writer, run->stopped_ns));
		bc_text_end_line(writer);
	}
	if (run->unstoppable) {
		BC_SAY(writer, PLAIN,
			"what computes has no stacks: neither perf events "
			"(kernel.perf_event_paranoid) "
			"nor ptrace are permitted here");
		bc_text_end_line(writer);
	}
}

static void write_tail(struct bc_text_report *writer)
{
	const struct bc_run *run = writer->run;

	if (!run->processes)
		return;
	BC_SAY(writer, PLAIN,
		"measured inside the program, clock %s: %.0f ns per callback by the self-test; %s "
		"of CPU here",
		run->clock, run->per_callback_ns, bc_text_time(writer, run->collector_cpu_ns));
	bc_text_end_line(writer);
}

void bc_run_write_text(const struct bc_run *run, int color, int width, struct bc_buf *out)
{
	struct bc_text_report writer = {
		.run = run, .term = {.out = out, .color = color, .width = width}};

	writer.folder = bc_places_folder(&writer.arena, run);
	write_head(&writer);
	bc_text_stalls(&writer);
	bc_text_callbacks(&writer);
	if (run->loops.count)
		bc_text_end_line(&writer);
	bc_text_loops(&writer);
	bc_text_imposed(&writer);
	bc_text_threads(&writer);
	write_losses(&writer);
	write_stops(&writer);
	write_stripped(&writer);
	write_remarks(&writer);
	write_tail(&writer);
	bc_arena_fini(&writer.arena);
}
