#include "facts/guard_walk.h"

#include <stdlib.h>

#include "base/arena.h"

/* Beyond this many labels each one ends every guard, so that hostile input costs no square. */
enum { LABELS_MAX = 1024 };

/* ---- holding guards ---- */

/* 1 or 0 when the condition always has that truth, else -1. */
int bc_guard_constant(const struct bc_guard_walk *walk, uint32_t node)
{
	const struct bc_node *condition = bc_guard_at(walk, node);

	if (condition->kind == BC_N_NONE)
		return 1; /* for (;;) */
	if (condition->kind == BC_N_INT)
		return walk->body->facts->ints[condition->ref] != 0;
	return -1;
}

void bc_guard_hold(struct bc_guard_walk *walk, uint32_t condition, enum bc_guard_truth truth,
	uint32_t begin, uint32_t end)
{
	if (truth != BC_GUARD_CASE && bc_guard_constant(walk, condition) == (int)truth)
		return; /* says nothing */
	if (walk->nheld == BC_GUARDS_MAX) {
		walk->partial = 1;
		return;
	}
	walk->held[walk->nheld++] = (struct bc_held_guard){
		.guard = {condition, truth, BC_NONE, BC_NONE},
		.begin = begin,
		.end = end,
	};
}

/* For what follows `node` in its block. */
void bc_guard_hold_after(
	struct bc_guard_walk *walk, uint32_t node, uint32_t condition, enum bc_guard_truth truth)
{
	bc_guard_hold(walk, condition, truth, bc_guard_end(walk, node), walk->block_end);
}

/* ---- labels ---- */

static void note_goto(struct bc_guard_walk *walk, uint32_t label, uint32_t node)
{
	struct bc_guard_label *to = &walk->labels[label];

	to->first = node < to->first ? node : to->first;
	to->last = node > to->last ? node : to->last;
}

void bc_guard_find_labels(struct bc_guard_walk *walk)
{
	const struct bc_body *body = walk->body;
	int computed = 0;

	if (!body->nlabels)
		return;
	walk->nlabels = body->nlabels;
	walk->labels = bc_xmalloc(walk->nlabels * sizeof(*walk->labels));
	for (uint32_t i = 0; i < walk->nlabels; i++)
		walk->labels[i] = (struct bc_guard_label){BC_NONE, BC_NONE, 0};
	for (uint32_t i = 0; i < body->nnodes; i++) {
		if (body->nodes[i].kind == BC_N_LABEL)
			walk->labels[body->nodes[i].ref].at = i;
		else if (body->nodes[i].kind == BC_N_GOTO && body->nodes[i].ref == BC_NONE)
			computed = 1;
		else if (body->nodes[i].kind == BC_N_GOTO)
			note_goto(walk, body->nodes[i].ref, i);
	}
	for (uint32_t i = 0; computed && i < walk->nlabels; i++)
		walk->labels[i] = (struct bc_guard_label){walk->labels[i].at, 0, BC_NONE - 1};
}

/* Control joins here from the gotos of `label`: guards whose region they are not in end. */
static void join(struct bc_guard_walk *walk, const struct bc_guard_label *label)
{
	for (uint32_t i = 0; i < walk->nheld; i++)
		if (label->first < walk->held[i].begin || label->last >= walk->held[i].end)
			walk->held[i].ended = 1;
}

/* Control that joins at a label in [begin, end) can come back to `begin`. */
void bc_guard_join_all(struct bc_guard_walk *walk, uint32_t begin, uint32_t end)
{
	for (uint32_t i = 0; i < walk->nlabels && walk->nlabels <= LABELS_MAX; i++) {
		const struct bc_guard_label *label = &walk->labels[i];

		if (label->at >= begin && label->at < end && label->first <= label->last)
			join(walk, label);
	}
}

void bc_guard_join_at(struct bc_guard_walk *walk, uint32_t node)
{
	const struct bc_guard_label *label = &walk->labels[bc_guard_at(walk, node)->ref];
	static const struct bc_guard_label anywhere = {0, 0, BC_NONE};

	if (label->first > label->last)
		return; /* no goto leads here */
	walk->alive = 1;
	if (walk->nlabels > LABELS_MAX)
		join(walk, &anywhere);
	join(walk, label);
	if (label->last > node)
		bc_guard_join_all(walk, node, label->last);
}
