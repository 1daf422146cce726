#include "harness/collect/report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"

struct key {
	uint64_t ns;
	uint32_t index;
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static size_t sort_keys(struct key *keys, size_t count, uint32_t **order)
{
	qsort(keys, count, sizeof(*keys), compare_keys);
	*order = bc_xmalloc((count + 1) * sizeof(**order));
	for (size_t i = 0; i < count; i++)
		(*order)[i] = keys[i].index;
	free(keys);
	return count;
}

size_t bc_report_callbacks(const struct bc_run *run, uint32_t **order)
{
	struct key *keys = bc_xmalloc((run->callbacks.count + 1) * sizeof(*keys));
	size_t count = 0;

	for (size_t i = 0; i < run->callbacks.count; i++)
		if (run->callbacks.items[i].times.count)
			keys[count++] =
				(struct key){run->callbacks.items[i].times.max_ns, (uint32_t)i};
	return sort_keys(keys, count, order);
}

size_t bc_report_stalls(const struct bc_run *run, uint32_t **order)
{
	struct key *keys = bc_xmalloc((run->stalls.count + 1) * sizeof(*keys));

	for (size_t i = 0; i < run->stalls.count; i++)
		keys[i] = (struct key){run->stalls.items[i].ns, (uint32_t)i};
	return sort_keys(keys, run->stalls.count, order);
}

const char *bc_report_time(struct bc_arena *arena, uint64_t ns)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	double value = (double)ns;
	int unit = 0;

	while (unit < 3 && value >= 999.5) {
		value /= 1000;
		unit++;
	}
	return bc_arena_printf(arena, "%.*f %s",
		value >= 99.95 || unit == 0 ? 0
		: value >= 9.995            ? 1
					    : 2,
		value, units[unit]);
}

const char *bc_report_cause(enum bc_run_cause cause)
{
	switch (cause) {
	case BC_RUN_CALL: return "call";
	case BC_RUN_CPU: return "cpu";
	case BC_RUN_FAULT: return "fault";
	case BC_RUN_RUNQUEUE: return "runqueue";
	case BC_RUN_SYSCALL: return "syscall";
	}
	return "";
}

const char *bc_report_culprit(struct bc_arena *arena, const struct bc_run_stall *stall)
{
	if (stall->kind == BC_RUN_MANY)
		return bc_arena_printf(
			arena, "of many small callbacks, most in %s", stall->culprit);
	switch (stall->cause) {
	case BC_RUN_CALL: return bc_arena_printf(arena, "in %s()", stall->culprit);
	case BC_RUN_CPU:
		if (!*stall->culprit)
			return "computing";
		return bc_arena_printf(arena, "computing in %s()", stall->culprit);
	case BC_RUN_FAULT: return "on page faults";
	case BC_RUN_RUNQUEUE: return "waiting for a CPU";
	case BC_RUN_SYSCALL:
		if (!*stall->culprit)
			return "blocked";
		return bc_arena_printf(arena, "blocked in system call %s", stall->culprit);
	}
	return "";
}

const char *bc_report_path(struct bc_arena *arena, const char *path)
{
	char *folder = path ? getcwd(NULL, 0) : NULL;
	const char *relative = path;

	if (folder)
		relative = bc_path_relative(bc_arena_strdup(arena, folder), path);
	free(folder);
	return relative;
}

const char *bc_report_library(const struct bc_run *run, uint32_t tid)
{
	for (size_t i = 0; i < run->loops.count; i++)
		if (run->loops.items[i].tid == tid)
			return run->loops.items[i].library;
	return "";
}
