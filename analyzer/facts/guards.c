#include "facts/guards.h"

#include <stdlib.h>

#include "facts/guard_walk.h"

static void walk_node(struct bc_guard_walk *walk, uint32_t node);

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

	bc_guard_hold(walk, condition, truth, branch, bc_guard_end(walk, branch));
	own = walk->nheld > mark;
	walk_node(walk, branch);
	joined = own && walk->held[mark].ended;
	bc_guard_release(walk, mark);
	return joined;
}

/* (condition, then, else), as a statement or an expression */
static void walk_if(struct bc_guard_walk *walk, uint32_t node)
{
	uint32_t condition = node + 1;
	uint32_t then = bc_guard_end(walk, condition), otherwise = bc_guard_end(walk, then);
	int before, joined_then, after_then, joined_else;

	walk_node(walk, condition);
	before = walk->alive;
	joined_then = walk_branch(walk, then, condition, BC_GUARD_TRUE);
	after_then = walk->alive;
	walk->alive = before;
	joined_else = walk_branch(walk, otherwise, condition, BC_GUARD_FALSE);
	if (after_then && !walk->alive && !joined_then)
		bc_guard_hold_after(walk, node, condition, BC_GUARD_TRUE);
	else if (!after_then && walk->alive && !joined_else)
		bc_guard_hold_after(walk, node, condition, BC_GUARD_FALSE);
	walk->alive = walk->alive || after_then;
}

/* && || ?: evaluate the right side where the left one is `truth`. */
static void walk_logical(struct bc_guard_walk *walk, uint32_t node, enum bc_guard_truth truth)
{
	uint32_t left = node + 1, right = bc_guard_end(walk, left);
	int before;

	walk_node(walk, left);
	before = walk->alive;
	walk_branch(walk, right, left, truth);
	if (before && !walk->alive) /* `ok || die();` */
		bc_guard_hold_after(walk, node, left, truth ? BC_GUARD_FALSE : BC_GUARD_TRUE);
	walk->alive = walk->alive || before;
}

/* ---- loops ---- */

/* Walks the parts; returns whether control can come to the end of the condition's evaluation. */
static int walk_loop_parts(
	struct bc_guard_walk *walk, uint32_t node, const struct bc_guard_loop *loop)
{
	uint32_t condition = node + 1, step = bc_guard_end(walk, condition),
		 body = bc_guard_end(walk, step);
	int tested_first = bc_guard_at(walk, node)->op != BC_LOOP_DO, before = 0;
	uint32_t mark = walk->nheld, inside;

	if (tested_first) {
		walk_node(walk, condition);
		before = walk->alive;
		bc_guard_hold(walk, condition, BC_GUARD_TRUE, step, bc_guard_end(walk, node));
		inside = walk->nheld;
		walk_node(walk, body);
		bc_guard_release(walk, inside);
		walk->alive = walk->alive || loop->continued;
		walk_node(walk, step);
	} else {
		walk_node(walk, body);
		bc_guard_release(walk, mark);
		walk->alive = walk->alive || loop->continued;
		walk_node(walk, step);
		walk_node(walk, condition);
	}
	bc_guard_release(walk, mark);
	return before || walk->alive;
}

static void walk_loop(struct bc_guard_walk *walk, uint32_t node)
{
	struct bc_guard_breakable breakable = {walk->breakable, 0};
	struct bc_guard_loop loop = {walk->loop, 0};
	uint32_t condition = node + 1;
	int truth = bc_guard_constant(walk, condition);
	int once = bc_guard_at(walk, node)->op == BC_LOOP_DO && truth == 0;
	int tested;

	walk->breakable = &breakable;
	walk->loop = &loop;
	walk->loops += !once;
	bc_guard_join_all(walk, node, bc_guard_end(walk, node));
	tested = walk_loop_parts(walk, node, &loop);
	walk->loops -= !once;
	walk->loop = loop.outer;
	walk->breakable = breakable.outer;
	walk->alive = (tested && truth != 1) || breakable.broke;
	if (walk->alive && !breakable.broke)
		bc_guard_hold_after(walk, node, condition, BC_GUARD_FALSE);
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
	uint32_t value = node + 1, body = bc_guard_end(walk, value), mark;
	struct bc_guard_breakable breakable = {walk->breakable, 0};
	struct bc_guard_choice choice = {.outer = walk->choice};

	walk_node(walk, value);
	mark = walk->nheld;
	choice.reached = walk->alive;
	bc_guard_hold(walk, value, BC_GUARD_CASE, body, bc_guard_end(walk, node));
	choice.guard = walk->nheld > mark ? mark : BC_NONE;
	choice.above = walk->nheld;
	walk->breakable = &breakable;
	walk->choice = &choice;
	walk->alive = 0; /* nothing runs before the first case */
	walk_node(walk, body);
	walk->choice = choice.outer;
	walk->breakable = breakable.outer;
	bc_guard_release(walk, mark);
	walk->alive = walk->alive || breakable.broke || (choice.reached && !choice.has_default);
}

/* CASE or DEFAULT: control joins from the head of the switch. */
static void walk_case(struct bc_guard_walk *walk, uint32_t node)
{
	struct bc_guard_choice *choice = walk->choice;

	if (!choice)
		return;
	choice->has_default |= bc_guard_at(walk, node)->kind == BC_N_DEFAULT;
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
	uint32_t end = bc_guard_end(walk, node);

	for (uint32_t child = node + 1; child < end; child = bc_guard_end(walk, child))
		walk_node(walk, child);
}

static void walk_block(struct bc_guard_walk *walk, uint32_t node)
{
	uint32_t mark = walk->nheld, outer = walk->block_end;

	walk->block_end = bc_guard_end(walk, node);
	walk_children(walk, node);
	walk->block_end = outer;
	bc_guard_release(walk, mark);
}

static int is_noreturn(const struct bc_guard_walk *walk, uint32_t call)
{
	const struct bc_node *callee = bc_guard_at(walk, call + 1);
	const struct bc_fact_symbol *symbols = walk->body->facts->symbols;

	return callee->kind == BC_N_FUNC && (symbols[callee->ref].flags & BC_SYM_NORETURN);
}

static void walk_node(struct bc_guard_walk *walk, uint32_t node)
{
	const struct bc_node *here = bc_guard_at(walk, node);

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
	case BC_N_LABEL: bc_guard_join_at(walk, node); break;
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

	bc_guard_find_labels(&walk);
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
