/* The stalls of a run, for people. */
#include "harness/collect/report_text.h"

#include <stdlib.h>
#include <string.h>

#include "harness/collect/stripped.h"

enum { MAX_STALLS = 15, MAX_FRAMES = 12, MAX_HELP = 3 };

static void write_split(struct bc_text_report *writer, const struct bc_run_stall *stall)
{
	BC_SAY(writer, PLAIN, "    %s computing, %s waiting for a CPU, %s blocked",
		bc_text_time(writer, stall->split.cpu_ns),
		bc_text_time(writer, stall->split.runqueue_ns),
		bc_text_time(writer, stall->split.blocked_ns));
	if (stall->major_faults)
		BC_SAY(writer, PLAIN, ", %u major page faults", stall->major_faults);
	bc_text_end_line(writer);
}

static void write_cause(struct bc_text_report *writer, const struct bc_run_stall *stall)
{
	const char *time = bc_text_time(writer, stall->culprit_ns);

	switch (stall->cause) {
	case BC_RUN_CALL:
		BC_SAY(writer, STRONG, " in %s()", stall->culprit);
		if (stall->culprit_calls > 1)
			BC_SAY(writer, PLAIN, ", %u calls", stall->culprit_calls);
		if (stall->inner)
			BC_SAY(writer, PLAIN, ", there in %s()", stall->inner);
		break;
	case BC_RUN_CPU:
		BC_SAY(writer, STRONG, " computing");
		if (*stall->culprit)
			BC_SAY(writer, STRONG, " in %s()", stall->culprit);
		break;
	case BC_RUN_FAULT:
		BC_SAY(writer, STRONG, " on page faults");
		BC_SAY(writer, PLAIN, " (%u)", stall->minor_faults + stall->major_faults);
		break;
	case BC_RUN_RUNQUEUE:
		BC_SAY(writer, STRONG, " waiting for a CPU: the machine is overloaded");
		break;
	case BC_RUN_SYSCALL:
		BC_SAY(writer, STRONG, " blocked");
		if (!*stall->culprit)
			BC_SAY(writer, PLAIN, ", in what was not seen");
		else
			BC_SAY(writer, STRONG, " in system call %s", stall->culprit);
		if (*stall->culprit && writer->run->processes)
			BC_SAY(writer, PLAIN, ", called by a library");
		break;
	}
	BC_SAY(writer, PLAIN, " (%s)", time);
}

static void write_many(struct bc_text_report *writer, const struct bc_run_stall *stall)
{
	BC_SAY(writer, STRONG, "%s", bc_text_time(writer, stall->ns));
	BC_SAY(writer, PLAIN, " in one iteration, by many small callbacks");
	if (stall->count > 1)
		BC_SAY(writer, PLAIN, "; %u times", stall->count);
	bc_text_end_line(writer);
	for (int i = 0; i < BC_WIRE_CALLS; i++) {
		if (!stall->shares[i].function)
			continue;
		BC_SAY(writer, PLAIN, "    %s: %s in %u call%s", stall->shares[i].function,
			bc_text_time(writer, stall->shares[i].total_ns), stall->shares[i].count,
			stall->shares[i].count == 1 ? "" : "s");
		bc_text_end_line(writer);
	}
}

/* What lies around the callback of a loop of the program's own is the same for all of them. */
static uint32_t count_frames(struct bc_text_report *writer, const struct bc_run_stall *stall)
{
	const char *callback = writer->run->callbacks.items[stall->callback].where.function;

	for (uint32_t i = 0; i < stall->nstack && stall->kind == BC_RUN_BODY; i++)
		if (!strcmp(stall->stack[i].function, callback))
			return i + 1;
	return stall->nstack;
}

/* Of a long one both ends: where it is, and what the callback had to do with it. */
static void write_stack(struct bc_text_report *writer, const struct bc_run_stall *stall)
{
	uint32_t count = count_frames(writer, stall);
	uint32_t hidden = count > MAX_FRAMES + 1 ? count - MAX_FRAMES : 0;

	for (uint32_t i = 0; i < count; i++) {
		if (hidden && i == MAX_FRAMES / 2) {
			BC_SAY(writer, PLAIN, "      ... %u more", hidden);
			bc_text_end_line(writer);
			i += hidden;
		}
		BC_SAY(writer, FRAME, "      %s", stall->stack[i].function);
		BC_SAY(writer, PLAIN, "  %s", bc_text_where(writer, &stall->stack[i]));
		bc_text_end_line(writer);
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
static void write_finding(struct bc_text_report *writer, const struct bc_run_stall *stall)
{
	if (!stall->finding_why || stall->cause == BC_RUN_RUNQUEUE)
		return;
	if (stall->finding)
		BC_SAY(writer, PLAIN, "    predicted by %s, %s", stall->finding,
			stall->finding_why);
	else if (has_names(stall))
		BC_SAY(writer, WARNING, "    nothing predicted it");
	else
		BC_SAY(writer, WARNING,
			"    without names nobody can tell whether something predicted it");
	bc_text_end_line(writer);
}

static void write_allowed(struct bc_text_report *writer, const struct bc_run_stall *stall)
{
	if (!stall->allowed)
		return;
	BC_SAY(writer, PLAIN, "    allowed: %s", stall->allowed);
	bc_text_end_line(writer);
}

static void write_help(struct bc_text_report *writer, const struct bc_run_stall *stall)
{
	for (int i = 0; i < stall->nalternatives && i < MAX_HELP; i++) {
		const struct bc_alternative *other = &stall->alternatives[i];

		BC_SAY(writer, HELP, "    help");
		BC_SAY(writer, PLAIN, ": use %s%s%s%s", other->use, *other->note ? " (" : "",
			other->note, *other->note ? ")" : "");
		bc_text_end_line(writer);
	}
}

static void write_stall(struct bc_text_report *writer, const struct bc_run_stall *stall)
{
	const struct bc_run_callback *callback = &writer->run->callbacks.items[stall->callback];

	if (stall->kind == BC_RUN_MANY) {
		write_many(writer, stall);
		return;
	}
	BC_SAY(writer, STRONG, "%s", bc_text_time(writer, stall->ns));
	BC_SAY(writer, PLAIN, stall->kind == BC_RUN_BODY ? " in the loop's body, " : " in ");
	if (stall->kind == BC_RUN_BODY && !stall->nstack) /* it goes by the wait's name */
		BC_SAY(writer, PLAIN, stall->open ? "where was not seen" : "where was not seen,");
	else
		BC_SAY(writer, STRONG, "%s", callback->where.function);
	if (!stall->open || stall->cause == BC_RUN_CALL)
		write_cause(writer, stall);
	if (stall->open)
		BC_SAY(writer, WARNING, ", still running when its process ended");
	if (stall->count > 1)
		BC_SAY(writer, PLAIN, "; %u times, %s in all", stall->count,
			bc_text_time(writer, stall->total_ns));
	bc_text_end_line(writer);
	if (!stall->open)
		write_split(writer, stall);
	write_stack(writer, stall);
	write_finding(writer, stall);
	write_allowed(writer, stall);
	if (!stall->allowed)
		write_help(writer, stall);
}

void bc_text_stalls(struct bc_text_report *writer)
{
	uint32_t *order;
	size_t count = bc_report_stalls(writer->run, &order);

	for (size_t i = 0; i < count && i < MAX_STALLS; i++) {
		bc_text_end_line(writer);
		write_stall(writer, &writer->run->stalls.items[order[i]]);
	}
	if (count > MAX_STALLS) {
		BC_SAY(writer, PLAIN, "and %zu more kinds of stalls: --format=json has them all",
			count - MAX_STALLS);
		bc_text_end_line(writer);
	}
	free(order);
}
