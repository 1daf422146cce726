/*
 * The static call graph as far as a join needs it, by names: which functions have bodies, and which
 * of them call which. Of all link units together.
 */
#ifndef BC_FINDINGS_GRAPH_H
#define BC_FINDINGS_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct bc_graph_function {
	const char *name;
	const char *file; /* relative to the project root */
	uint32_t line;
	int indirect; /* calls through pointers are in it */
	uint32_t call, ncalls;
};

struct bc_graph_call {
	uint32_t caller, callee; /* indices */
	int via;                 /* enum bc_via: DIRECT, or POINTER when only through pointers */
};

struct bc_graph {
	struct bc_graph_function *functions; /* by name, then file */
	uint32_t nfunctions;
	struct bc_graph_call *calls; /* by caller, then callee */
	uint32_t ncalls;
	uint64_t hash; /* of all of it */
};

/*
 * The function that a measured frame is in, or UINT32_MAX. `file` may be ""; of several functions
 * of one name it must be known.
 */
uint32_t bc_graph_find(const struct bc_graph *graph, const char *function, const char *file);
int bc_graph_has_call(const struct bc_graph *graph, uint32_t caller, uint32_t callee);

/* Sorts what was collected in any order, and drops what is there twice. The ids of calls are then
 * those of the sorted functions. */
void bc_graph_finish(struct bc_arena *arena, struct bc_graph *graph);

#endif
