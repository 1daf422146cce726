/* Statements behind a call that would block: where control goes. */
#include <string.h>

#include "link/interp/values.h"
#include "link/modes/retry_run.h"

static struct bc_value *save_slots(struct bc_retry_run *r)
{
	struct bc_value *copy = BC_NEW_ARRAY(&r->arena, struct bc_value, r->f->nlocals + 1);

	memcpy(copy, r->slots, r->f->nlocals * sizeof(*copy));
	return copy;
}

static void join_slots(struct bc_retry_run *r, const struct bc_value *other)
{
	for (uint32_t i = 0; i < r->f->nlocals; i++)
		r->slots[i] = bc_value_join(&r->slots[i], &other[i]);
}

static int exec_if(struct bc_retry_run *r, uint32_t node)
{
	uint32_t yes = bc_kid(r->f, node, 1), no = bc_kid(r->f, node, 2);
	struct bc_value value, *before, *after;
	int exits_yes, exits_no;

	if (!r->called && !bc_retry_contains(r, node + 1))
		return bc_retry_exec(r, bc_retry_contains(r, yes) ? yes : no);
	value = bc_retry_eval(r, node + 1);
	if (bc_value_truth(&value) != BC_UNKNOWN)
		return bc_retry_exec(r, bc_value_truth(&value) == BC_YES ? yes : no);
	before = save_slots(r);
	exits_yes = bc_retry_exec(r, yes);
	after = r->slots;
	r->slots = before;
	exits_no = bc_retry_exec(r, no);
	if (!(exits_no & BC_GOES_ON))
		r->slots = after;
	else if (exits_yes & BC_GOES_ON)
		join_slots(r, after);
	return exits_yes | exits_no;
}

/* The end of the loop that the call stands in: does its condition let it go round again? */
static int close_cycle(struct bc_retry_run *r, uint32_t node)
{
	const struct bc_func *f = r->f;
	uint32_t condition = bc_kid(f, node, 0);
	struct bc_value value;

	bc_retry_eval(r, bc_kid(f, node, 1));
	if (f->nodes[condition].kind == BC_N_NONE)
		return BC_AGAIN;
	if (f->nodes[node].op != BC_LOOP_DO && bc_retry_is_stable(r, condition))
		return BC_AGAIN; /* as true as it was before */
	value = bc_retry_eval(r, condition);
	switch (bc_value_truth(&value)) {
	case BC_YES: return BC_AGAIN;
	case BC_NO: return BC_GOES_ON;
	case BC_UNKNOWN: break;
	}
	return BC_AGAIN | BC_GOES_ON;
}

/* while (read(fd, ...) < 0) body: the condition is what decides first. */
static int exec_called_condition(struct bc_retry_run *r, uint32_t node)
{
	struct bc_value value = bc_retry_eval(r, bc_kid(r->f, node, 0));
	int exits, body;

	if (bc_value_truth(&value) == BC_NO)
		return BC_GOES_ON;
	exits = bc_value_truth(&value) == BC_YES ? 0 : BC_GOES_ON;
	if (r->f->nodes[node].op == BC_LOOP_DO)
		return exits | BC_AGAIN;
	body = bc_retry_exec(r, bc_kid(r->f, node, 2));
	if (body & (BC_GOES_ON | BC_CONTINUES)) {
		bc_retry_eval(r, bc_kid(r->f, node, 1));
		exits |= BC_AGAIN;
	}
	return exits | (body & (BC_LEAVES | BC_AGAIN)) | (body & BC_BREAKS ? BC_GOES_ON : 0);
}

/* while (...) { ... read(fd, ...); ... }: `inner` is 0 for a loop further out. */
static int exec_called_body(struct bc_retry_run *r, uint32_t node, int inner)
{
	int body = bc_retry_exec(r, bc_kid(r->f, node, 2));
	int exits = (body & (BC_LEAVES | BC_AGAIN)) | (body & BC_BREAKS ? BC_GOES_ON : 0);

	if (body & (BC_GOES_ON | BC_CONTINUES))
		exits |= inner ? close_cycle(r, node) : BC_GOES_ON;
	return exits;
}

/* A loop around the call. */
static int exec_cycle(struct bc_retry_run *r, uint32_t node)
{
	int inner = r->cycle == node;
	int exits = bc_retry_contains(r, bc_kid(r->f, node, 0)) ? exec_called_condition(r, node)
								: exec_called_body(r, node, inner);

	if (inner)
		r->cycle_exits = exits;
	return exits & ~BC_AGAIN;
}

/* A loop that comes after the call. */
static int exec_later_loop(struct bc_retry_run *r, uint32_t node)
{
	int exits;

	bc_retry_eval(r, bc_kid(r->f, node, 0));
	exits = bc_retry_exec(r, bc_kid(r->f, node, 2));
	bc_retry_eval(r, bc_kid(r->f, node, 1));
	for (uint32_t i = node; i < node + r->f->nodes[node].size; i++)
		if (r->f->nodes[i].kind == BC_N_ASSIGN || bc_node_increments(&r->f->nodes[i])) {
			uint32_t slot = bc_local_at(r->f, i + 1);

			if (slot != BC_NONE)
				r->slots[slot] = bc_value_top();
		}
	return BC_GOES_ON | (exits & (BC_LEAVES | BC_AGAIN));
}

/* Does this case of the switch take the value? */
static enum bc_tri takes(const struct bc_retry_run *r, uint32_t label, const struct bc_value *value)
{
	const struct bc_func *f = r->f;

	if (f->nodes[label + 1].kind != BC_N_INT ||
		f->nodes[bc_kid(f, label, 1)].kind != BC_N_NONE || value->kind != BC_V_INTS ||
		value->n != 1)
		return BC_UNKNOWN;
	return bc_node_int(f, &f->nodes[label + 1]) == value->u.ints[0] ? BC_YES : BC_NO;
}

static int exec_cases(struct bc_retry_run *r, uint32_t body, const struct bc_value *value)
{
	const struct bc_func *f = r->f;
	int exits = 0, alive = 0, taken = 0, has_default = 0;

	BC_EACH_KID(f, body, kid)
	{
		int kind = f->nodes[kid].kind;

		if (kind == BC_N_CASE && takes(r, kid, value) != BC_NO) {
			taken |= takes(r, kid, value) == BC_YES;
			alive = 1;
		} else if (kind == BC_N_DEFAULT) {
			has_default = 1;
			alive |= !taken; /* a case further down may take it: then both count */
		} else if (alive && kind != BC_N_CASE) {
			int e = bc_retry_exec(r, kid);

			exits |= e & ~BC_GOES_ON;
			alive = e & BC_GOES_ON;
		}
	}
	if (alive || (!taken && !has_default))
		exits |= BC_GOES_ON;
	return exits;
}

static int exec_block(struct bc_retry_run *r, uint32_t node)
{
	int exits = 0, alive = 1;

	BC_EACH_KID(r->f, node, kid)
	{
		int e;

		if (!alive || (!r->called && !bc_retry_contains(r, kid)))
			continue;
		e = bc_retry_exec(r, kid);
		exits |= e & ~BC_GOES_ON;
		alive = e & BC_GOES_ON;
	}
	return exits | alive;
}

static int exec_switch(struct bc_retry_run *r, uint32_t node)
{
	uint32_t body = bc_kid(r->f, node, 1);
	struct bc_value value;
	int exits;

	if (bc_retry_contains(r, body)) {
		exits = bc_retry_exec(r, body);
	} else {
		value = bc_retry_eval(r, node + 1);
		exits = r->f->nodes[body].kind == BC_N_BLOCK ? exec_cases(r, body, &value)
							     : BC_GOES_ON | BC_LEAVES;
	}
	return (exits & ~BC_BREAKS) | (exits & BC_BREAKS ? BC_GOES_ON : 0);
}

static int exec_return(struct bc_retry_run *r, uint32_t node)
{
	struct bc_value value =
		r->f->nodes[node].size > 1 ? bc_retry_eval(r, node + 1) : bc_value_top();

	r->returned = r->nreturned++ ? bc_value_join(&r->returned, &value) : value;
	return BC_LEAVES;
}

/* Back to a label before the call, or away. */
static int exec_goto(const struct bc_retry_run *r, uint32_t node)
{
	if (r->call == BC_NONE || r->f->nodes[node].ref == BC_NONE)
		return BC_LEAVES;
	for (uint32_t i = 0; i < r->call; i++)
		if (r->f->nodes[i].kind == BC_N_LABEL &&
			r->f->nodes[i].ref == r->f->nodes[node].ref)
			return BC_AGAIN;
	return BC_LEAVES;
}

int bc_retry_exec(struct bc_retry_run *r, uint32_t node)
{
	switch ((int)r->f->nodes[node].kind) {
	case BC_N_BLOCK: return exec_block(r, node);
	case BC_N_IF: return exec_if(r, node);
	case BC_N_LOOP:
		return bc_retry_contains(r, node) ? exec_cycle(r, node) : exec_later_loop(r, node);
	case BC_N_SWITCH: return exec_switch(r, node);
	case BC_N_RETURN: return exec_return(r, node);
	case BC_N_GOTO: return exec_goto(r, node);
	case BC_N_BREAK: return BC_BREAKS;
	case BC_N_CONTINUE: return BC_CONTINUES;
	case BC_N_CASE:
	case BC_N_DEFAULT:
	case BC_N_LABEL:
	case BC_N_NONE: return BC_GOES_ON;
	default: break;
	}
	bc_retry_eval(r, node);
	return bc_completes(r->q->completion, r->func, node) ? BC_GOES_ON : BC_LEAVES;
}
