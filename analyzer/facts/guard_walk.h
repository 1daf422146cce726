/* Private to guards.c: one walk over a body, and the guards that hold where it is. */
#ifndef BC_FACTS_GUARD_WALK_H
#define BC_FACTS_GUARD_WALK_H

#include "facts/guards.h"

/* A guard and the nodes [begin, end) that it holds for. */
struct bc_held_guard {
	struct bc_condition guard;
	uint32_t begin, end;
	int ended; /* control joined from outside the region; stays until its scope is left */
};

/* A label and the first and last goto that lead to it; `first` > `last` without any. */
struct bc_guard_label {
	uint32_t at;
	uint32_t first, last;
};

/* The innermost statement that a break leaves. */
struct bc_guard_breakable {
	struct bc_guard_breakable *outer;
	int broke;
};

struct bc_guard_loop {
	struct bc_guard_loop *outer;
	int continued;
};

struct bc_guard_choice { /* a switch */
	struct bc_guard_choice *outer;
	uint32_t guard; /* its index in held[]; BC_NONE when there was no room */
	uint32_t above; /* guards from here on began inside its body */
	int reached;    /* control can come to its head */
	int has_default;
};

struct bc_guard_walk {
	const struct bc_body *body;
	bc_guard_visit *visit;
	void *context;
	int stopped;

	struct bc_held_guard held[BC_GUARDS_MAX];
	uint32_t nheld;
	int partial;
	int alive; /* control can come here */
	uint32_t loops;
	uint32_t block_end; /* of the innermost block: where its early exits cease to matter */

	struct bc_guard_breakable *breakable;
	struct bc_guard_loop *loop;
	struct bc_guard_choice *choice;

	struct bc_guard_label *labels;
	uint32_t nlabels;
};

static inline const struct bc_node *bc_guard_at(const struct bc_guard_walk *walk, uint32_t node)
{
	return &walk->body->nodes[node];
}

static inline uint32_t bc_guard_end(const struct bc_guard_walk *walk, uint32_t node)
{
	return bc_body_end(walk->body, node);
}

/* 1 or 0 when the condition always has that truth, else -1. */
int bc_guard_constant(const struct bc_guard_walk *walk, uint32_t node);

/* The condition is `truth` in [begin, end), unless control joins there from elsewhere. */
void bc_guard_hold(struct bc_guard_walk *walk, uint32_t condition, enum bc_guard_truth truth,
	uint32_t begin, uint32_t end);
/* The same for what follows `node` in its block. */
void bc_guard_hold_after(
	struct bc_guard_walk *walk, uint32_t node, uint32_t condition, enum bc_guard_truth truth);

/* Of the guards, only the first `mark` still hold. */
static inline void bc_guard_release(struct bc_guard_walk *walk, uint32_t mark)
{
	walk->nheld = mark;
}

/* Where labels are, and which gotos lead to them. The caller frees walk->labels. */
void bc_guard_find_labels(struct bc_guard_walk *walk);
/* Control joins at the label `node`. */
void bc_guard_join_at(struct bc_guard_walk *walk, uint32_t node);
/* Control that joins at a label in [begin, end) can come back to `begin`. */
void bc_guard_join_all(struct bc_guard_walk *walk, uint32_t begin, uint32_t end);

#endif
