/*
 * Guards: the conditions that a place in a body stands under, read from the tree alone.
 *
 *	if (c) A else B;              A: c           B: !c
 *	c && A,  c || B,  c ? A : B   the same
 *	while (c) A;  B               A: c           B: !c, unless the loop has a break
 *	if (c) return;  B             B: !c          so with goto, break, continue, noreturn calls
 *	switch (v) { case 1: A }      A: v is 1      with the labels one can fall through from
 *
 * A guard says what was true when the condition was evaluated: assignments in between are not
 * looked at. At a label that a goto reaches from outside a guard's region the guard ends. Guards
 * explain a path to people; what decides about feasibility interprets values and is elsewhere.
 */
#ifndef BC_FACTS_GUARDS_H
#define BC_FACTS_GUARDS_H

#include "facts/body.h"

enum bc_guard_truth {
	BC_GUARD_FALSE,
	BC_GUARD_TRUE,
	BC_GUARD_CASE /* the condition is a switch's value; see `first` */
};

struct bc_condition {
	uint32_t condition; /* node */
	enum bc_guard_truth truth;
	uint32_t first,
		last; /* CASE: control came through one of the CASE and DEFAULT nodes of this
			 switch from `first` to `last`; BC_NONE: through none of them */
};

enum { BC_GUARDS_MAX = 128 };

struct bc_guards {
	struct bc_condition items[BC_GUARDS_MAX]; /* outermost first */
	uint32_t count;
	uint32_t loops; /* loops around the place; do { } while (0) is none */
	int partial;    /* there were more guards than fit; the innermost are missing */
	int dead;       /* control does not reach the place */
};

/* The guards of `node`. 0, or -1 when the body has no such node. */
int bc_guards_of(const struct bc_body *body, uint32_t node, struct bc_guards *out);

/*
 * All nodes in the order of evaluation, in one pass. The visitor asks for the guards of those it
 * cares about with bc_guards_here(); non-zero stops the walk.
 */
struct bc_guard_walk;
typedef int bc_guard_visit(void *context, const struct bc_guard_walk *walk, uint32_t node);

void bc_guards_walk(const struct bc_body *body, bc_guard_visit *visit, void *context);
void bc_guards_here(const struct bc_guard_walk *walk, struct bc_guards *out);

#endif
