#include "harness/collect/outside.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/collect/collector.h"
#include "harness/collect/watched.h"

enum { MAX_WATCHED = 64, LIST_EVERY_NS = 50000000 };

struct bc_outside {
	struct bc_watched threads[MAX_WATCHED];
	uint64_t listed_ns;
	uint32_t too_many;
};

/* ---- threads ---- */

/* From the end: should a library of ours come to life after all, it begins at the other one. */
static struct bc_watched *find_free(
	struct bc_outside *outside, const struct bc_collector *collector)
{
	for (uint32_t i = 0; i < MAX_WATCHED; i++) {
		uint32_t slot = collector->segment.nthreads - 1 - i;

		if (!outside->threads[i].tid && !collector->threads[slot] &&
			collector->segment.wire->threads[slot].state == BC_WIRE_FREE) {
			outside->threads[i] = (struct bc_watched){.slot = slot};
			return &outside->threads[i];
		}
	}
	return NULL;
}

static void add_thread(struct bc_outside *outside, struct bc_collector *collector, uint32_t tid)
{
	struct bc_watched *watched = find_free(outside, collector);
	struct bc_wire_thread *shared;

	if (!watched) {
		outside->too_many++;
		return;
	}
	watched->tid = watched->figures.tid = tid;
	bc_task_read((uint32_t)collector->pid, tid, "comm", watched->figures.name,
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

void bc_outside_look(struct bc_outside *outside, struct bc_collector *collector)
{
	uint64_t now = bc_segment_now(&collector->segment);
	int kept = 1;

	for (uint32_t i = 0; i < MAX_WATCHED; i++)
		if (outside->threads[i].tid)
			kept &= bc_watched_look(collector, &outside->threads[i]);
	if (kept)
		bc_watch_note(collector, now);
}

static void follow_threads(struct bc_outside *outside, struct bc_collector *collector)
{
	for (uint32_t i = 0; i < MAX_WATCHED; i++)
		if (outside->threads[i].tid)
			bc_watched_follow(collector, &outside->threads[i]);
}

void bc_outside_tick(struct bc_outside *outside, struct bc_collector *collector, uint64_t now_ns)
{
	follow_threads(outside, collector);
	if (now_ns - outside->listed_ns >= LIST_EVERY_NS) {
		outside->listed_ns = now_ns;
		follow_program(outside, collector);
		list_threads(outside, collector);
	}
	bc_outside_look(outside, collector);
	follow_threads(outside, collector);
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
		if (outside->threads[i].tid) {
			bc_vec_push(&run->threads, outside->threads[i].figures);
			bc_sights_fini(&outside->threads[i].sights);
		}
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
		bc_sights_fini(&outside->threads[i].sights);
		shared->iterations = 0;
		shared->head = shared->tail;
		shared->depth = 0;
		shared->state = BC_WIRE_CLOSED;
	}
	free(outside);
}
