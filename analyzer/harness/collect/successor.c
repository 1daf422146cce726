#include "harness/collect/successor.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/collect/collector.h"

enum { COMES_WITHIN_MS = 2000, LOOKS = 2 };

/* Mapped by the dynamic linker itself, before any library. */
static int is_linker(const char *line)
{
	return strstr(line, "/ld-linux") || strstr(line, "/ld-musl") || strstr(line, "/ld.so");
}

/*
 * With hundreds of libraries a program may still be at loading the others; and where the disk or
 * the CPU is wanted by many, it may not have come to the first, which is ours.
 */
int bc_successor_may_come(pid_t pid, uint64_t age_ns)
{
	char name[64], line[4608];
	int mapped = 0, others = 0;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	maps = fopen(name, "re");
	while (!mapped && maps && fgets(line, sizeof(line), maps)) {
		mapped = strstr(line, "/libblockcheck-preload") != NULL;
		others |= strstr(line, ".so") && !is_linker(line);
	}
	if (maps)
		fclose(maps);
	return mapped || (!others && age_ns < COMES_WITHIN_MS * 1000000ull);
}

/* Two looks at whatever it runs, for most programs have the library a moment later. */
static int is_settled(struct bc_collector *collector, const char *path)
{
	if (!collector->runs || strcmp(collector->runs, path) != 0) {
		collector->runs = bc_arena_strdup(&collector->run->arena, path);
		collector->looks = 0;
	}
	return ++collector->looks != LOOKS;
}

const char *bc_successor_look(struct bc_collector *collector)
{
	struct bc_arena *arena = &collector->run->arena;
	char name[64], path[4096];
	struct bc_target target;
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/%d/exe", (int)collector->pid);
	n = readlink(name, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	if (n <= 0 || !strcmp(path, collector->target.path) || is_settled(collector, path) ||
		bc_target_inspect(arena, path, &target) < 0 ||
		(target.preloadable && bc_successor_may_come(collector->pid, 0)))
		return NULL;
	collector->target.foreign = target.foreign;
	return bc_arena_printf(arena, "it has executed %s: %s", path,
		target.why ? target.why : "was LD_PRELOAD taken away?");
}
