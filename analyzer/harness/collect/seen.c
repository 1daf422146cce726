/* Functions with their rows in the result. */
#include "harness/collect/collector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

struct bc_rows {
	char *key;
	uint32_t index;
	UT_hash_handle hh;
};

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
	bc_deputy_call(collector);
	symbols = copy.address ? bc_modules_symbols(collector, process, copy.address) : NULL;
	if (symbols)
		bc_symbols_function(symbols, copy.address, &where);
	bc_deputy_dismiss(collector);
	seen->rows[function] = bc_seen_row(collector, &where, bc_api_name(copy.api)) + 1;
	return seen->rows[function] - 1;
}

const char *bc_seen_name(struct bc_collector *collector, uint32_t process, uint32_t function)
{
	uint32_t row = bc_seen_callback(collector, process, function);

	return collector->run->callbacks.items[row].where.function;
}

/* How glibc from 2.41 on goes into system calls that are cancellation points says nothing. */
static uint32_t drop_plumbing(struct bc_run_where *frames, uint32_t count)
{
	uint32_t n = 0;

	while (n + 1 < count && (!strncmp(frames[n].function, "__syscall_cancel", 16) ||
					!strcmp(frames[n].function, "__internal_syscall_cancel")))
		n++;
	memmove(frames, frames + n, (count - n) * sizeof(*frames));
	return count - n;
}

/* Samples may be replaced by newer ones while this one is looked at. */
struct own_piece {
	uint64_t registers[BC_PERF_REGISTERS];
	uint8_t *bytes;
};

static void keep_piece(struct bc_stack_piece *piece, struct own_piece *own)
{
	if (piece->registers) {
		memcpy(own->registers, piece->registers, sizeof(own->registers));
		piece->registers = own->registers;
	}
	own->bytes = bc_xmalloc(piece->size + 1);
	memcpy(own->bytes, piece->bytes, piece->size);
	piece->bytes = own->bytes;
}

uint32_t bc_seen_unwind(struct bc_collector *collector, uint32_t process,
	const struct bc_stack_piece *piece, struct bc_run_where *frames)
{
	struct bc_stack_piece copy = *piece;
	struct bc_symbols *symbols;
	struct own_piece own;
	uint32_t count;

	keep_piece(&copy, &own);
	bc_deputy_call(collector);
	symbols = bc_modules_symbols(collector, process, copy.pc);
	count = symbols ? bc_symbols_unwind(symbols, &copy, frames) : 0;
	bc_deputy_dismiss(collector);
	free(own.bytes);
	return drop_plumbing(frames, count);
}

void bc_seen_fini(struct bc_collector *collector)
{
	struct bc_rows *row, *next;

	HASH_ITER (hh, collector->rows, row, next) {
		HASH_DEL(collector->rows, row);
		free(row->key);
		free(row);
	}
}
