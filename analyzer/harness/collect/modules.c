/*
 * Processes, and which file is mapped where in each. Reading a file's debug information takes long,
 * so it is only done when a name is wanted, and processes that were forked off one another share
 * it.
 */
#include "harness/collect/collector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fs.h"
#include "harness/collect/vdso.h"

enum { MAX_MAPS_READ = 16, MAX_IDLE_SETS = 4 };

static const char *find_program(struct bc_collector *collector, uint32_t pid)
{
	char link[64], path[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%u/exe", pid);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	if (n <= 0 || !strcmp(path, collector->target.path)) /* or gone already: most likely it */
		return collector->target.path;
	return bc_arena_strdup(&collector->run->arena, path);
}

/* ---- what was loaded when it began ---- */

/* A copy, since it may change while we look. 0: there are no more. */
static int read_module(const struct bc_collector *collector, uint32_t slot, uint32_t i,
	struct bc_wire_module *module)
{
	const struct bc_wire_process *shared = &collector->segment.wire->processes[slot];

	if (i >= BC_WIRE_MODULES || i >= __atomic_load_n(&shared->nmodules, __ATOMIC_ACQUIRE))
		return 0;
	*module = shared->modules[i];
	module->path[BC_WIRE_PATH - 1] = 0;
	return 1;
}

static const char *path_of(
	const struct bc_seen_process *process, uint32_t i, const struct bc_wire_module *module)
{
	if (!module->path[0] && i == 0)
		return process->program;
	return module->path[0] == '/' || !strcmp(module->path, BC_VDSO_NAME) ? module->path : NULL;
}

static void add_recorded(struct bc_collector *collector, uint32_t slot, struct bc_symbols *symbols)
{
	struct bc_wire_module module;

	for (uint32_t i = 0; read_module(collector, slot, i, &module); i++) {
		const char *path = path_of(&collector->processes[slot], i, &module);

		if (path)
			bc_symbols_add(symbols, path, module.bias);
	}
}

/* The same for the same files at the same places; not 0. */
static uint64_t find_key(const struct bc_collector *collector, uint32_t slot)
{
	struct bc_wire_module module;
	struct bc_buf list = {0};
	uint64_t hash[2];

	for (uint32_t i = 0; read_module(collector, slot, i, &module); i++) {
		const char *path = path_of(&collector->processes[slot], i, &module);

		if (path)
			bc_buf_printf(&list, "%llx %s\n", (unsigned long long)module.bias, path);
	}
	bc_hash_bytes(bc_buf_text(&list), list.len, hash);
	bc_buf_fini(&list);
	return hash[0] | 1;
}

static int was_recorded(const struct bc_collector *collector, uint32_t slot, uint64_t address)
{
	struct bc_wire_module module;

	for (uint32_t i = 0; read_module(collector, slot, i, &module); i++)
		if (address >= module.begin && address < module.end)
			return 1;
	return 0;
}

/* ---- sets of modules, shared by processes ---- */

static void close_set(struct bc_module_set *set)
{
	bc_symbols_close(set->symbols);
	*set = (struct bc_module_set){0};
}

static struct bc_module_set *open_set(struct bc_collector *collector, uint32_t slot, uint64_t key)
{
	struct bc_module_set *set = collector->sets;

	while (set->symbols)
		set++; /* there is one more than processes and idle sets */
	set->symbols = bc_symbols_open(&collector->run->arena, collector->options->debug_files);
	if (!set->symbols)
		return NULL;
	set->key = key;
	set->users = 1;
	add_recorded(collector, slot, set->symbols);
	return set;
}

static struct bc_module_set *find_set(struct bc_collector *collector, uint32_t slot)
{
	uint64_t key = find_key(collector, slot);

	for (size_t i = 0; i < BC_MODULE_SETS; i++)
		if (collector->sets[i].symbols && collector->sets[i].key == key) {
			collector->sets[i].users++;
			return &collector->sets[i];
		}
	return open_set(collector, slot, key);
}

/* Kept for the next child of the same parent, but not many of them. */
static void leave_set(struct bc_collector *collector, struct bc_module_set *set)
{
	struct bc_module_set *oldest = NULL;
	int idle = 0;

	if (--set->users)
		return;
	set->left_ns = bc_segment_now(&collector->segment);
	if (!set->key)
		close_set(set);
	for (size_t i = 0; i < BC_MODULE_SETS; i++) {
		struct bc_module_set *other = &collector->sets[i];

		if (!other->symbols || other->users)
			continue;
		idle++;
		if (!oldest || other->left_ns < oldest->left_ns)
			oldest = other;
	}
	if (idle > MAX_IDLE_SETS)
		close_set(oldest);
}

/* ---- what came later, by dlopen() ---- */

struct mapping {
	struct bc_collector *collector;
	uint32_t slot;
	uint64_t begin;
	const char *path;
};

/* 1 to go on. */
typedef int visit_mapping(const struct mapping *mapping);

/* What to visit: libraries, and the kernel's own. NULL for all else. */
static const char *name_of(const char *path)
{
	if (!strcmp(path, "[vdso]"))
		return BC_VDSO_NAME;
	return path[0] == '/' && strstr(path, ".so") ? path : NULL;
}

/* The first mapping of each library, at its beginning. 1 when all were visited. */
static int visit_mapped(struct bc_collector *collector, uint32_t slot, visit_mapping *visit)
{
	char name[64], line[4608], path[4096];
	unsigned long long begin, offset;
	int on = 1;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%u/maps", collector->processes[slot].pid);
	maps = fopen(name, "re");
	while (on && maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%llx-%*x %*s %llx %*s %*s %4095[^\n]", &begin, &offset, path) ==
				3 &&
			offset == 0 && name_of(path))
			on = visit(&(struct mapping){collector, slot, begin, name_of(path)});
	if (maps)
		fclose(maps);
	return on;
}

static int add_mapping(const struct mapping *mapping)
{
	struct bc_symbols *symbols = mapping->collector->processes[mapping->slot].set->symbols;

	if (!bc_symbols_covers(symbols, mapping->begin))
		bc_symbols_add(symbols, mapping->path, mapping->begin);
	return 1;
}

static int is_recorded(const struct mapping *mapping)
{
	return was_recorded(mapping->collector, mapping->slot, mapping->begin);
}

/* What one process loads is not its siblings'. */
static void extend_set(struct bc_collector *collector, uint32_t slot)
{
	struct bc_seen_process *process = &collector->processes[slot];
	struct bc_module_set *own = process->set;

	if (own->users > 1) {
		own = open_set(collector, slot, 0);
		if (!own)
			return;
		leave_set(collector, process->set);
		process->set = own;
	}
	own->key = 0;
	visit_mapped(collector, slot, add_mapping);
}

/* The first look at what names are wanted for takes its time; a program that is short-lived may be
 * gone then. So what came by dlopen() until now is noted before. */
static void make_set(struct bc_collector *collector, uint32_t slot)
{
	collector->processes[slot].set = find_set(collector, slot);
	if (collector->processes[slot].set && !visit_mapped(collector, slot, is_recorded))
		extend_set(collector, slot);
}

struct bc_symbols *bc_modules_symbols(
	struct bc_collector *collector, uint32_t slot, uint64_t address)
{
	struct bc_seen_process *process = &collector->processes[slot];

	if (!process->set)
		make_set(collector, slot);
	if (!process->set)
		return NULL;
	if (process->maps_read < MAX_MAPS_READ &&
		!bc_symbols_covers(process->set->symbols, address)) {
		process->maps_read++;
		extend_set(collector, slot);
	}
	return process->set->symbols;
}

/* Once the process has ended, nobody can say any more what was loaded. */
void bc_modules_notice(struct bc_collector *collector, uint32_t slot)
{
	const struct bc_wire_process *shared = &collector->segment.wire->processes[slot];
	struct bc_seen_process *process = &collector->processes[slot];
	uint32_t count = __atomic_load_n(&shared->nfunctions, __ATOMIC_ACQUIRE);

	for (; process->nfunctions < count && process->nfunctions < BC_WIRE_FUNCTIONS;
		process->nfunctions++) {
		uint64_t address = shared->functions[process->nfunctions].address;

		if (!address || was_recorded(collector, slot, address))
			continue;
		bc_deputy_call(collector);
		bc_modules_symbols(collector, slot, address);
		bc_deputy_dismiss(collector);
	}
}

/* ---- processes ---- */

void bc_modules_bind(struct bc_collector *collector, uint32_t slot)
{
	const struct bc_wire_process *shared = &collector->segment.wire->processes[slot];
	uint32_t pid = __atomic_load_n(&shared->pid, __ATOMIC_ACQUIRE);

	collector->processes[slot] = (struct bc_seen_process){
		.pid = pid,
		.pidfd = (int)syscall(SYS_pidfd_open, pid, 0),
		.started_ns = shared->started_ns,
		.program = find_program(collector, pid),
	};
	if (!collector->outside || slot != BC_OUTSIDE_PROCESS)
		collector->run->processes++;
}

void bc_modules_release(struct bc_collector *collector, uint32_t slot)
{
	struct bc_seen_process *process = &collector->processes[slot];

	if (process->set)
		leave_set(collector, process->set);
	if (process->pid && process->pidfd >= 0)
		close(process->pidfd);
	*process = (struct bc_seen_process){0};
}

void bc_modules_fini(struct bc_collector *collector)
{
	for (uint32_t i = 0; i < BC_WIRE_PROCESSES; i++)
		bc_modules_release(collector, i);
	for (size_t i = 0; i < BC_MODULE_SETS; i++)
		close_set(&collector->sets[i]);
}
