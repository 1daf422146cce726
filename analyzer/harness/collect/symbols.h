/* Addresses of the measured program to functions and lines, and stack slices to stacks; by libdw,
 * in our own process. Nothing here needs the program to be alive. */
#ifndef BC_HARNESS_COLLECT_SYMBOLS_H
#define BC_HARNESS_COLLECT_SYMBOLS_H

#include "harness/collect/run.h"

struct bc_symbols;

/* Results live in the arena. Separate debug files are also looked for in the folder `debug_files`,
 * as below /usr/lib/debug; it may be NULL. NULL when libdw cannot be set up. */
struct bc_symbols *bc_symbols_open(struct bc_arena *arena, const char *debug_files);
void bc_symbols_close(struct bc_symbols *symbols);

/* A file mapped at `bias`; one that is known already, or cannot be read, is passed over. */
void bc_symbols_add(struct bc_symbols *symbols, const char *path, uint64_t bias);
/* 1 when the address lies in a module that was added. */
int bc_symbols_covers(struct bc_symbols *symbols, uint64_t address);

void bc_symbols_function(struct bc_symbols *symbols, uint64_t address, struct bc_run_where *where);

struct bc_stack_piece {
	uint64_t pc, sp, bp;
	int has_bp;
	int exact;                 /* pc is where it runs, not where a call returns to */
	const uint64_t *registers; /* all of them in DWARF's order, or NULL */
	const uint8_t *bytes;      /* from sp upwards */
	size_t size;
};

enum { BC_STACK_MAX = 48 };

/* The frames, inlined ones included, innermost first; returns how many. */
uint32_t bc_symbols_unwind(struct bc_symbols *symbols, const struct bc_stack_piece *piece,
	struct bc_run_where *frames);

#endif
