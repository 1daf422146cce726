#include "facts/guards.h"

#include <stdlib.h>

#include "base/arena.h"

/* A guard and the nodes [begin, end) that it holds for. */
struct held {
	struct bc_condition guard;
	uint32_t begin, end;
	int ended; /* control joined from outside the region; stays until its scope is left */
};

/* A label and the first and last goto that lead to it; `first` > `last` without any. */
struct label {
	uint32_t at;
	uint32_t first, last;
};

/* The innermost statement that a break leaves. */
struct breakable {
	struct breakable *outer;
	int broke;
};

struct loop {
	struct loop *outer;
	int continued;
};

struct choice { /* a switch */
	struct choice *outer;
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

	struct held held[BC_GUARDS_MAX];
	uint32_t nheld;
	int partial;
	int alive; /* control can come here */
	uint32_t loops;
	uint32_t block_end; /* of the innermost block: where its early exits cease to matter */

	struct breakable *breakable;
	struct loop *loop;
	struct choice *choice;

	struct label *labels;
	uint32_t nlabels;
};

/* Beyond this many labels each one ends every guard, so that hostile input costs no square. */
enum { LABELS_MAX = 1024 };

static void walk_node(struct bc_guard_walk *walk, uint32_t node);

static const struct bc_node *at(const struct bc_guard_walk *walk, uint32_t node)
{
	return &walk->body->nodes[node];
}

static uint32_t end_of(const struct bc_guard_walk *walk, uint32_t node)
{
	return bc_body_end(walk->body, node);
}

/* ---- holding guards ---- */

/* 1 or 0 when the condition always has that truth, else -1. */
static int constant_truth(const struct bc_guard_walk *walk, uint32_t node)
{
	const struct bc_node *condition = at(walk, node);

	if (condition->kind == BC_N_NONE)
		return 1; /* for (;;) */
	if (condition->kind == BC_N_INT)
		return walk->body->facts->ints[condition->ref] != 0;
	return -1;
}

static void hold(struct bc_guard_walk *walk, uint32_t condition, enum bc_guard_truth truth,
	uint32_t begin, uint32_t end)
{
	if (truth != BC_GUARD_CASE && constant_truth(walk, condition) == (int)truth)
		return; /* says nothing */
	if (walk->nheld == BC_GUARDS_MAX) {
		walk->partial = 1;
		return;
	}
	walk->held[walk->nheld++] = (struct held){
		.guard = {condition, truth, BC_NONE, BC_NONE},
		.begin = begin,
		.end = end,
	};
}

static void release(struct bc_guard_walk *walk, uint32_t mark)
{
	walk->nheld = mark;
}

/* For what follows `node` in its block. */
static void hold_after(
	struct bc_guard_walk *walk, uint32_t node, uint32_t condition, enum bc_guard_truth truth)
{
	hold(walk, condition, truth, end_of(walk, node), walk->block_end);
}

/* ---- labels ---- */

static void note_goto(struct bc_guard_walk *walk, uint32_t label, uint32_t node)
{
	struct label *to = &walk->labels[label];

	to->first = node < to->first ? node : to->first;
	to->last = node > to->last ? node : to->last;
}

static void find_labels(struct bc_guard_walk *walk)
{
	const struct bc_body *body = walk->body;
	int computed = 0;

	if (!body->nlabels)
		return;
	walk->nlabels = body->nlabels;
	walk->labels = bc_xmalloc(walk->nlabels * sizeof(*walk->labels));
	for (uint32_t i = 0; i < walk->nlabels; i++)
		walk->labels[i] = (struct label){BC_NONE, BC_NONE, 0};
	for (uint32_t i = 0; i < body->nnodes; i++) {
		if (body->nodes[i].kind == BC_N_LABEL)
			walk->labels[body->nodes[i].ref].at = i;
		else if (body->nodes[i].kind == BC_N_GOTO && body->nodes[i].ref == BC_NONE)
			computed = 1;
		else if (body->nodes[i].kind == BC_N_GOTO)
			note_goto(walk, body->nodes[i].ref, i);
	}
	for (uint32_t i = 0; computed && i < walk->nlabels; i++)
		walk->labels[i] = (struct label){walk->labels[i].at, 0, BC_NONE - 1};
}

/* Control joins here from the gotos of `label`: guards whose region they are not in end. */
static void join(struct bc_guard_walk *walk, const struct label *label)
{
	for (uint32_t i = 0; i < walk->nheld; i++)
		if (label->first < walk->held[i].begin || label->last >= walk->held[i].end)
			walk->held[i].ended = 1;
}

/* Control that joins at a label in [begin, end) can come back to `begin`. */
static void join_all(struct bc_guard_walk *walk, uint32_t begin, uint32_t end)
{
	for (uint32_t i = 0; i < walk->nlabels && walk->nlabels <= LABELS_MAX; i++) {
		const struct label *label = &walk->labels[i];

		if (label->at >= begin && label->at < end && label->first <= label->last)
			join(walk, label);
	}
}

static void walk_label(struct bc_guard_walk *walk, uint32_t node)
{
	const struct label *label = &walk->labels[at(walk, node)->ref];
	static const struct label anywhere = {0, 0, BC_NONE};

	if (label->first > label->last)
		return; /* no goto leads here */
	walk->alive = 1;
	if (walk->nlabels > LABELS_MAX)
		join(walk, &anywhere);
	join(walk, label);
	if (label->last > node)
		join_all(walk, node, label->last);
}

/* ---- branches ---- */

/*
 * Walks what runs where `condition` is `truth`. 1 when control also joined inside it from
 * elsewhere, so that coming out of it proves nothing.
 */
static int walk_branch(
	struct bc_guard_walk *walk, uint32_t branch, uint32_t condition, enum bc_guard_truth truth)
{
	uint32_t mark = walk->nheld;
	int own, joined;

	hold(walk, condition, truth, branch, end_of(walk, branch));
	own = walk->nheld > mark;
	walk_node(walk, branch);
	joined = own && walk->held[mark].ended;
	release(walk, mark);
	return joined;
}

/* (condition, then, else), as a statement or an expression */
static void walk_if(struct bc_guard_walk *walk, uint32_t node)
{
	uint32_t condition = node + 1;
	uint32_t then = end_of(walk, condition), otherwise = end_of(walk, then);
	int before, joined_then, after_then, joined_else;

	walk_node(walk, condition);
	before = walk->alive;
	joined_then = walk_branch(walk, then, condition, BC_GUARD_TRUE);
	after_then = walk->alive;
	walk->alive = before;
	joined_else = walk_branch(walk, otherwise, condition, BC_GUARD_FALSE);
	if (after_then && !walk->alive && !joined_then)
		hold_after(walk, node, condition, BC_GUARD_TRUE);
	else if (!after_then && walk->alive && !joined_else)
		hold_after(walk, node, condition, BC_GUARD_FALSE);
	walk->alive = walk->alive || after_then;
}

/* && || ?: evaluate the right side where the left one is `truth`. */
static void walk_logical(struct bc_guard_walk *walk, uint32_t node, enum bc_guard_truth truth)
{
	uint32_t left = node + 1, right = end_of(walk, left);
	int before;

	walk_node(walk, left);
	before = walk->alive;
	walk_branch(walk, right, left, truth);
	if (before && !walk->alive) /* `ok || die();` */
		hold_after(walk, node, left, truth ? BC_GUARD_FALSE : BC_GUARD_TRUE);
	walk->alive = walk->alive || before;
}

/* ---- loops ---- */

/* Walks the parts; returns whether control can come to the end of the condition's evaluation. */
static int walk_loop_parts(struct bc_guard_walk *walk, uint32_t node, const struct loop *loop)
{
	uint32_t condition = node + 1, step = end_of(walk, condition), body = end_of(walk, step);
	int tested_first = at(walk, node)->op != BC_LOOP_DO, before = 0;
	uint32_t mark = walk->nheld, inside;

	if (tested_first) {
		walk_node(walk, condition);
		before = walk->alive;
		hold(walk, condition, BC_GUARD_TRUE, step, end_of(walk, node));
		inside = walk->nheld;
		walk_node(walk, body);
		release(walk, inside);
		walk->alive = walk->alive || loop->continued;
		walk_node(walk, step);
	} else {
		walk_node(walk, body);
		release(walk, mark);
		walk->alive = walk->alive || loop->continued;
		walk_node(walk, step);
		walk_node(walk, condition);
	}
	release(walk, mark);
	return before || walk->alive;
}

static void walk_loop(struct bc_guard_walk *walk, uint32_t node)
{
	struct breakable breakable = {walk->breakable, 0};
	struct loop loop = {walk->loop, 0};
	uint32_t condition = node + 1;
	int truth = constant_truth(walk, condition);
	int once = at(walk, node)->op == BC_LOOP_DO && truth == 0;
	int tested;

	walk->breakable = &breakable;
	walk->loop = &loop;
	walk->loops += !once;
	join_all(walk, node, end_of(walk, node));
	tested = walk_loop_parts(walk, node, &loop);
	walk->loops -= !once;
	walk->loop = loop.outer;
	walk->breakable = breakable.outer;
	walk->alive = (tested && truth != 1) || breakable.broke;
	if (walk->alive && !breakable.broke)
		hold_after(walk, node, condition, BC_GUARD_FALSE);
}

static void walk_continue(struct bc_guard_walk *walk)
{
	if (walk->loop && walk->alive)
		walk->loop->continued = 1;
	walk->alive = 0;
}

static void walk_break(struct bc_guard_walk *walk)
{
	if (walk->breakable && walk->alive)
		walk->breakable->broke = 1;
	walk->alive = 0;
}

/* ---- switch ---- */

static void walk_switch(struct bc_guard_walk *walk, uint32_t node)
{
	uint32_t value = node + 1, body = end_of(walk, value), mark;
	struct breakable breakable = {walk->breakable, 0};
	struct choice choice = {.outer = walk->choice};

	walk_node(walk, value);
	mark = walk->nheld;
	choice.reached = walk->alive;
	hold(walk, value, BC_GUARD_CASE, body, end_of(walk, node));
	choice.guard = walk->nheld > mark ? mark : BC_NONE;
	choice.above = walk->nheld;
	walk->breakable = &breakable;
	walk->choice = &choice;
	walk->alive = 0; /* nothing runs before the first case */
	walk_node(walk, body);
	walk->choice = choice.outer;
	walk->breakable = breakable.outer;
	release(walk, mark);
	walk->alive = walk->alive || breakable.broke || (choice.reached && !choice.has_default);
}

/* CASE or DEFAULT: control joins from the head of the switch. */
static void walk_case(struct bc_guard_walk *walk, uint32_t node)
{
	struct choice *choice = walk->choice;

	if (!choice)
		return;
	choice->has_default |= at(walk, node)->kind == BC_N_DEFAULT;
	for (uint32_t i = choice->above; i < walk->nheld; i++)
		walk->held[i].ended = 1;
	if (choice->guard != BC_NONE) {
		struct bc_condition *guard = &walk->held[choice->guard].guard;

		guard->first = walk->alive && guard->first != BC_NONE ? guard->first : node;
		guard->last = node;
	}
	walk->alive = walk->alive || choice->reached;
}

/* ---- the walk ---- */

static void walk_children(struct bc_guard_walk *walk, uint32_t node)
{
	uint32_t end = end_of(walk, node);

	for (uint32_t child = node + 1; child < end; child = end_of(walk, child))
		walk_node(walk, child);
}

static void walk_block(struct bc_guard_walk *walk, uint32_t node)
{
	uint32_t mark = walk->nheld, outer = walk->block_end;

	walk->block_end = end_of(walk, node);
	walk_children(walk, node);
	walk->block_end = outer;
	release(walk, mark);
}

static int is_noreturn(const struct bc_guard_walk *walk, uint32_t call)
{
	const struct bc_node *callee = at(walk, call + 1);
	const struct bc_fact_symbol *symbols = walk->body->facts->symbols;

	return callee->kind == BC_N_FUNC && (symbols[callee->ref].flags & BC_SYM_NORETURN);
}

static void walk_node(struct bc_guard_walk *walk, uint32_t node)
{
	const struct bc_node *here = at(walk, node);

	walk->stopped = walk->stopped || walk->visit(walk->context, walk, node);
	if (walk->stopped)
		return;
	switch (here->kind) {
	case BC_N_IF:
	case BC_N_COND: walk_if(walk, node); return;
	case BC_N_LOOP: walk_loop(walk, node); return;
	case BC_N_SWITCH: walk_switch(walk, node); return;
	case BC_N_BLOCK: walk_block(walk, node); return;
	case BC_N_ELVIS: walk_logical(walk, node, BC_GUARD_FALSE); return;
	default: break;
	}
	if (here->kind == BC_N_BINARY && here->op >= BC_OP_LAND) {
		walk_logical(walk, node, here->op == BC_OP_LAND ? BC_GUARD_TRUE : BC_GUARD_FALSE);
		return;
	}
	walk_children(walk, node);
	switch (here->kind) {
	case BC_N_CASE:
	case BC_N_DEFAULT: walk_case(walk, node); break;
	case BC_N_LABEL: walk_label(walk, node); break;
	case BC_N_BREAK: walk_break(walk); break;
	case BC_N_CONTINUE: walk_continue(walk); break;
	case BC_N_GOTO:
	case BC_N_RETURN: walk->alive = 0; break;
	case BC_N_CALL: walk->alive = walk->alive && !is_noreturn(walk, node); break;
	default: break;
	}
}

void bc_guards_walk(const struct bc_body *body, bc_guard_visit *visit, void *context)
{
	struct bc_guard_walk walk = {
		.body = body,
		.visit = visit,
		.context = context,
		.alive = 1,
		.block_end = body->nnodes,
	};

	find_labels(&walk);
	walk_node(&walk, 0);
	free(walk.labels);
}

void bc_guards_here(const struct bc_guard_walk *walk, struct bc_guards *out)
{
	out->count = 0;
	out->loops = walk->loops;
	out->partial = walk->partial;
	out->dead = !walk->alive;
	for (uint32_t i = 0; i < walk->nheld; i++)
		if (!walk->held[i].ended)
			out->items[out->count++] = walk->held[i].guard;
}

struct question {
	uint32_t node;
	struct bc_guards *out;
	int found;
};

static int answer(void *context, const struct bc_guard_walk *walk, uint32_t node)
{
	struct question *question = context;

	if (node != question->node)
		return 0;
	bc_guards_here(walk, question->out);
	question->found = 1;
	return 1;
}

int bc_guards_of(const struct bc_body *body, uint32_t node, struct bc_guards *out)
{
	struct question question = {node, out, 0};

	*out = (struct bc_guards){0};
	bc_guards_walk(body, answer, &question);
	return question.found ? 0 : -1;
}
