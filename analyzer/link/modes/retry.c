#include "link/modes/retry.h"

#include "link/modes/retry_run.h"

/* ---- what changes between one call and the next ---- */

/* Variables and fields are numbered apart. */
#define IS_VARIABLE 0x80000000u

static uint32_t memory_key(const struct bc_retry_run *r, uint32_t node)
{
	const struct bc_node *n = &r->f->nodes[node];

	return n->kind == BC_N_FIELD ? bc_node_field(r->f, n) : bc_node_sym(r->f, n) | IS_VARIABLE;
}

void bc_retry_note_changed(struct bc_retry_run *r, uint32_t target)
{
	const struct bc_func *f = r->f;

	while (f->nodes[target].kind == BC_N_CAST || f->nodes[target].kind == BC_N_INDEX)
		target++;
	if (f->nodes[target].kind == BC_N_LOCAL) {
		r->changed[f->nodes[target].ref] = 1;
		return;
	}
	if ((f->nodes[target].kind != BC_N_FIELD && f->nodes[target].kind != BC_N_VAR) ||
		r->nmemory == BC_RETRY_CHANGED)
		r->all_memory = 1;
	else
		r->memory[r->nmemory++] = memory_key(r, target);
}

void bc_retry_note_call(struct bc_retry_run *r, uint32_t node)
{
	int effects =
		bc_retry_is_errno(r, node) ? 0 : bc_effects_of_call(r->q->effects, r->func, node);

	if (effects & BC_EFFECT_WAITS)
		r->waits = 1;
	if (effects & BC_EFFECT_WRITES)
		r->all_memory = 1;
	for (uint32_t i = node + 2; i < node + r->f->nodes[node].size; i++)
		if (r->f->nodes[i].kind == BC_N_ADDR)
			bc_retry_note_changed(r, i + 1);
}

/* What runs on the way from the loop's start to the call. */
static void note_prefix(struct bc_retry_run *r)
{
	for (uint32_t i = r->cycle; i < r->call; i++) {
		const struct bc_node *n = &r->f->nodes[i];

		if (n->kind == BC_N_ASSIGN || bc_node_increments(n))
			bc_retry_note_changed(r, i + 1);
		else if (n->kind == BC_N_CALL && !bc_retry_contains(r, i))
			bc_retry_note_call(r, i);
	}
}

/* Is an expression that was true when the call was made still true when control comes back? */
int bc_retry_is_stable(const struct bc_retry_run *r, uint32_t node)
{
	for (uint32_t i = node; i < node + r->f->nodes[node].size; i++) {
		const struct bc_node *n = &r->f->nodes[i];
		int reads_memory = n->kind == BC_N_FIELD || n->kind == BC_N_VAR;

		if (n->kind == BC_N_ASSIGN || bc_node_increments(n))
			return 0;
		if (n->kind == BC_N_LOCAL && r->changed[n->ref])
			return 0;
		if (n->kind == BC_N_CALL && !bc_retry_is_errno(r, i) &&
			(r->all_memory || r->f->nodes[i + 1].kind != BC_N_FUNC ||
				r->q->program->syms[bc_node_sym(r->f, &r->f->nodes[i + 1])].func ==
					BC_NONE ||
				bc_effects_of_call(r->q->effects, r->func, i)))
			return 0;
		if ((reads_memory || n->kind == BC_N_DEREF || n->kind == BC_N_INDEX) &&
			r->all_memory)
			return 0;
		for (int k = 0; reads_memory && k < r->nmemory; k++)
			if (r->memory[k] == memory_key(r, i))
				return 0;
	}
	return 1;
}

/* The condition of the innermost if or ?: around a node that is not around the call; BC_NONE. */
static uint32_t own_condition(const struct bc_retry_run *r, uint32_t node)
{
	uint32_t found = BC_NONE;

	for (uint32_t i = r->cycle; i < node; i++)
		if (r->f->nodes[i].kind == BC_N_IF && i + r->f->nodes[i].size > node &&
			!bc_retry_contains(r, i))
			found = i + 1;
	return found;
}

/* Before the call: can another round end that the last one did not? */
static int prefix_may_leave(const struct bc_retry_run *r)
{
	for (uint32_t i = r->cycle; i < r->call; i++) {
		int kind = r->f->nodes[i].kind;
		uint32_t condition;

		if (kind != BC_N_BREAK && kind != BC_N_RETURN && kind != BC_N_GOTO &&
			kind != BC_N_CONTINUE)
			continue;
		condition = own_condition(r, i);
		if (condition == BC_NONE || !bc_retry_is_stable(r, condition))
			return 1;
	}
	return 0;
}

/* Conditions that the call itself stands under. */
static int guards_may_change(const struct bc_retry_run *r)
{
	const struct bc_func *f = r->f;

	for (uint32_t i = r->cycle; i < r->call; i++) {
		int kind = f->nodes[i].kind;
		int decides = kind == BC_N_IF || kind == BC_N_COND || kind == BC_N_SWITCH ||
			      (kind == BC_N_BINARY && (f->nodes[i].op == BC_OP_LAND ||
							      f->nodes[i].op == BC_OP_LOR));

		if (decides && bc_retry_contains(r, i) && !bc_retry_contains(r, i + 1) &&
			!bc_retry_is_stable(r, i + 1))
			return 1;
	}
	return 0;
}

/* ---- the whole ---- */

/* The innermost loop statement around the call; else the label that a later goto jumps back to. */
static uint32_t find_cycle(const struct bc_func *f, uint32_t call)
{
	uint32_t found = BC_NONE;

	for (uint32_t i = 0; i < call; i++)
		if (f->nodes[i].kind == BC_N_LOOP && i + f->nodes[i].size > call)
			found = i;
	for (uint32_t i = 0; found == BC_NONE && i < call; i++) {
		if (f->nodes[i].kind != BC_N_LABEL)
			continue;
		for (uint32_t k = call; k < f->nnodes && found == BC_NONE; k++)
			if (f->nodes[k].kind == BC_N_GOTO && f->nodes[k].ref == f->nodes[i].ref)
				found = i;
	}
	return found;
}

struct bc_retry_answer bc_retry(const struct bc_retry_question *q)
{
	const struct bc_func *f = &q->program->funcs[q->func];
	struct bc_retry_run r = {.q = q, .f = f, .func = q->func, .call = q->node};
	struct bc_retry_answer answer = {0};
	int exits;

	r.cycle = find_cycle(f, q->node);
	r.slots = BC_NEW_ARRAY(&r.arena, struct bc_value, f->nlocals + 1);
	r.changed = bc_arena_alloc(&r.arena, f->nlocals + 1);
	if (r.cycle != BC_NONE)
		note_prefix(&r);
	exits = bc_retry_exec(&r, 0);
	if (r.cycle == BC_NONE || f->nodes[r.cycle].kind == BC_N_LABEL)
		r.cycle_exits = exits;
	answer.again = r.cycle != BC_NONE && r.cycle_exits == BC_AGAIN && !r.waits &&
		       !prefix_may_leave(&r) && !guards_may_change(&r);
	answer.returns = r.nreturned > 0 && !(exits & BC_GOES_ON);
	answer.returned = r.returned;
	bc_arena_fini(&r.arena);
	return answer;
}
