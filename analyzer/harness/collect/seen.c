/* Processes with their modules, functions with their rows in the result. */
#include "harness/collect/collector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uthash.h>

#include "base/fs.h"

struct bc_rows {
	char *key;
	uint32_t index;
	UT_hash_handle hh;
};

/* ---- modules ---- */

static const char *find_program(struct bc_collector *collector, uint32_t pid)
{
	char link[64], path[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%u/exe", pid);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0) /* gone already: then it was the first one, most likely */
		return collector->target.path;
	path[n] = 0;
	return bc_arena_strdup(&collector->run->arena, path);
}

/* What was loaded when it began; copied first, since it may change while we look. */
static void add_recorded(struct bc_collector *collector, uint32_t slot)
{
	const struct bc_wire_process *shared = &collector->segment.wire->processes[slot];
	struct bc_seen_process *process = &collector->processes[slot];
	uint32_t count = __atomic_load_n(&shared->nmodules, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < count && i < BC_WIRE_MODULES; i++) {
		struct bc_wire_module module = shared->modules[i];

		module.path[BC_WIRE_PATH - 1] = 0;
		if (!module.path[0] && i == 0)
			bc_symbols_add(process->symbols, find_program(collector, process->pid),
				module.bias);
		else if (module.path[0] == '/')
			bc_symbols_add(process->symbols, module.path, module.bias);
	}
}

/* What came later, by dlopen(): the first mapping of each file, at its beginning. */
static void add_mapped(struct bc_seen_process *process)
{
	char name[64], line[4608], path[4096];
	unsigned long long begin, offset;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%u/maps", process->pid);
	maps = fopen(name, "re");
	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%llx-%*x %*s %llx %*s %*s %4095[^\n]", &begin, &offset, path) ==
				3 &&
			offset == 0 && path[0] == '/' && strstr(path, ".so") &&
			!bc_symbols_covers(process->symbols, begin))
			bc_symbols_add(process->symbols, path, begin);
	if (maps)
		fclose(maps);
}

static struct bc_symbols *symbols_for(
	struct bc_collector *collector, uint32_t slot, uint64_t address)
{
	struct bc_seen_process *process = &collector->processes[slot];

	if (!process->symbols) {
		process->symbols = bc_symbols_open(&collector->run->arena);
		if (process->symbols)
			add_recorded(collector, slot);
	}
	if (process->symbols && process->maps_read < 16 &&
		!bc_symbols_covers(process->symbols, address)) {
		process->maps_read++;
		add_mapped(process);
	}
	return process->symbols;
}

void bc_seen_bind(struct bc_collector *collector, uint32_t slot)
{
	const struct bc_wire_process *shared = &collector->segment.wire->processes[slot];
	struct bc_seen_process *process = &collector->processes[slot];

	*process = (struct bc_seen_process){
		.pid = __atomic_load_n(&shared->pid, __ATOMIC_ACQUIRE),
		.started_ns = shared->started_ns,
	};
	/* while it lives its path can be asked for */
	symbols_for(collector, slot, 0);
	collector->run->processes++;
}

void bc_seen_release(struct bc_collector *collector, uint32_t slot)
{
	bc_symbols_close(collector->processes[slot].symbols);
	collector->processes[slot] = (struct bc_seen_process){0};
}

/* ---- rows ---- */

uint32_t bc_seen_row(
	struct bc_collector *collector, const struct bc_run_where *where, const char *api)
{
	char *key = NULL;
	struct bc_rows *row;
	int len = asprintf(&key, "%s|%s|%d|%s|%d", where->function, where->file ? where->file : "",
		where->line, where->module, !strcmp(api, "loop"));

	if (len < 0)
		abort();
	HASH_FIND_STR(collector->rows, key, row);
	if (row) {
		free(key);
		return row->index;
	}
	row = bc_xmalloc(sizeof(*row));
	*row = (struct bc_rows){.key = key, .index = (uint32_t)collector->run->callbacks.count};
	HASH_ADD_KEYPTR(hh, collector->rows, row->key, (size_t)len, row);
	bc_vec_push(&collector->run->callbacks,
		(struct bc_run_callback){.where = *where,
			.api = api,
			.internal = bc_library_of(where->module) != NULL});
	return row->index;
}

uint32_t bc_seen_callback(struct bc_collector *collector, uint32_t process, uint32_t function)
{
	struct bc_seen_process *seen = &collector->processes[process];
	const struct bc_wire_function *shared =
		&collector->segment.wire->processes[process].functions[function];
	struct bc_wire_function copy = *shared;
	struct bc_run_where where = {.function = "(other callbacks)", .module = ""};
	struct bc_symbols *symbols;

	if (seen->rows[function])
		return seen->rows[function] - 1;
	symbols = copy.address ? symbols_for(collector, process, copy.address) : NULL;
	if (symbols)
		bc_symbols_function(symbols, copy.address, &where);
	seen->rows[function] = bc_seen_row(collector, &where, bc_api_name(copy.api)) + 1;
	return seen->rows[function] - 1;
}

const char *bc_seen_name(struct bc_collector *collector, uint32_t process, uint32_t function)
{
	uint32_t row = bc_seen_callback(collector, process, function);

	return collector->run->callbacks.items[row].where.function;
}

uint32_t bc_seen_unwind(struct bc_collector *collector, uint32_t process,
	const struct bc_stack_piece *piece, struct bc_run_where *frames)
{
	struct bc_symbols *symbols = symbols_for(collector, process, piece->pc);

	return symbols ? bc_symbols_unwind(symbols, piece, frames) : 0;
}

void bc_seen_fini(struct bc_collector *collector)
{
	struct bc_rows *row, *next;

	HASH_ITER (hh, collector->rows, row, next) {
		HASH_DEL(collector->rows, row);
		free(row->key);
		free(row);
	}
	for (uint32_t i = 0; i < BC_WIRE_PROCESSES; i++)
		bc_seen_release(collector, i);
}
