/*
 * Loops that do nothing but look: while (!flag); and the like.
 *
 * Such a loop ends when another thread changes what it reads, or when some time has come; until
 * then the event loop stands still, with a processor at full load. There is no call that could be
 * reported, so each of these loops gets an entry behind the calls of the program, where hits find
 * its place; nobody who walks over the calls gets to see these entries.
 */
#ifndef BC_LINK_SUMMARIES_BUSY_H
#define BC_LINK_SUMMARIES_BUSY_H

#include "base/vec.h"
#include "link/program/program.h"
#include "models/models.h"

struct bc_busy_loop {
	uint32_t func, node;   /* the loop statement */
	uint32_t call, target; /* its entries in the program's tables */
};

struct bc_busy {
	BC_VEC(struct bc_busy_loop) list; /* in order of the functions */
	uint8_t *has;                     /* per function */
	struct bc_sink_rule rule;
};

/* Adds to the tables of calls, targets and symbols. */
void bc_busy_init(struct bc_busy *busy, struct bc_program *program);
void bc_busy_fini(struct bc_busy *busy);

#endif
