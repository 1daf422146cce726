#include "link/retry.h"

#include <string.h>

#include "base/arena.h"
#include "link/values.h"

/* Functions that are looked into for their result are small: is_retryable(errno). */
enum { MAX_CALLEE_NODES = 200, MAX_CALLEE_DEPTH = 2 };

/* More fields and variables than this are not told apart: all count as changed. */
enum { MAX_CHANGED = 16 };

enum { MAX_ARGS = 12 };

/* Variables and fields are numbered apart. */
#define IS_VARIABLE 0x80000000u

/* How control leaves a statement. */
enum { GOES_ON = 1, BREAKS = 2, CONTINUES = 4, LEAVES = 8, AGAIN = 16 };

struct retry {
	const struct bc_retry_question *q;
	const struct bc_func *f;
	uint32_t func, call; /* the CALL node; BC_NONE in a callee that is looked into */
	uint32_t cycle;      /* the loop or label that leads back to it, BC_NONE */
	int depth, called;   /* called: the statements from now on come after it */
	struct bc_value *slots;
	uint8_t *changed; /* per slot: assigned somewhere between one call and the next */
	uint32_t memory[MAX_CHANGED]; /* fields and variables assigned, by kind and ref */
	int nmemory, all_memory, waits;
	int cycle_exits; /* of the loop statement around the call, BC_NONE's are the body's */
	struct bc_value returned;
	int nreturned;
	struct bc_arena arena;
};

static struct bc_value eval(struct retry *r, uint32_t node);
static int exec(struct retry *r, uint32_t node);

static int contains(const struct retry *r, uint32_t node)
{
	return r->call != BC_NONE && node <= r->call && r->call < node + r->f->nodes[node].size;
}

static int is_errno(const struct retry *r, uint32_t node)
{
	uint32_t callee = bc_callee_at(r->f, node);

	return callee != BC_NONE && !strcmp(r->q->program->syms[callee].name, "__errno_location");
}

/* ---- what changes between one call and the next ---- */

static uint32_t memory_key(const struct retry *r, uint32_t node)
{
	const struct bc_node *n = &r->f->nodes[node];

	return n->kind == BC_N_FIELD ? bc_node_field(r->f, n) : bc_node_sym(r->f, n) | IS_VARIABLE;
}

static void note_changed(struct retry *r, uint32_t target)
{
	const struct bc_func *f = r->f;

	while (f->nodes[target].kind == BC_N_CAST || f->nodes[target].kind == BC_N_INDEX)
		target++;
	if (f->nodes[target].kind == BC_N_LOCAL) {
		r->changed[f->nodes[target].ref] = 1;
		return;
	}
	if ((f->nodes[target].kind != BC_N_FIELD && f->nodes[target].kind != BC_N_VAR) ||
		r->nmemory == MAX_CHANGED)
		r->all_memory = 1;
	else
		r->memory[r->nmemory++] = memory_key(r, target);
}

static int increments(const struct bc_node *n)
{
	return n->kind == BC_N_UNARY && n->op >= BC_OP_PREINC && n->op <= BC_OP_POSTDEC;
}

static void note_call(struct retry *r, uint32_t node)
{
	int effects = is_errno(r, node) ? 0 : bc_effects_of_call(r->q->effects, r->func, node);

	if (effects & BC_EFFECT_WAITS)
		r->waits = 1;
	if (effects & BC_EFFECT_WRITES)
		r->all_memory = 1;
	for (uint32_t i = node + 2; i < node + r->f->nodes[node].size; i++)
		if (r->f->nodes[i].kind == BC_N_ADDR)
			note_changed(r, i + 1);
}

/* What runs on the way from the loop's start to the call. */
static void note_prefix(struct retry *r)
{
	for (uint32_t i = r->cycle; i < r->call; i++) {
		const struct bc_node *n = &r->f->nodes[i];

		if (n->kind == BC_N_ASSIGN || increments(n))
			note_changed(r, i + 1);
		else if (n->kind == BC_N_CALL && !contains(r, i))
			note_call(r, i);
	}
}

/* Is an expression that was true when the call was made still true when control comes back? */
static int is_stable(const struct retry *r, uint32_t node)
{
	for (uint32_t i = node; i < node + r->f->nodes[node].size; i++) {
		const struct bc_node *n = &r->f->nodes[i];
		int reads_memory = n->kind == BC_N_FIELD || n->kind == BC_N_VAR;

		if (n->kind == BC_N_ASSIGN || increments(n))
			return 0;
		if (n->kind == BC_N_LOCAL && r->changed[n->ref])
			return 0;
		if (n->kind == BC_N_CALL && !is_errno(r, i) &&
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
static uint32_t own_condition(const struct retry *r, uint32_t node)
{
	uint32_t found = BC_NONE;

	for (uint32_t i = r->cycle; i < node; i++)
		if (r->f->nodes[i].kind == BC_N_IF && i + r->f->nodes[i].size > node &&
			!contains(r, i))
			found = i + 1;
	return found;
}

/* Before the call: can another round end that the last one did not? */
static int prefix_may_leave(const struct retry *r)
{
	for (uint32_t i = r->cycle; i < r->call; i++) {
		int kind = r->f->nodes[i].kind;
		uint32_t condition;

		if (kind != BC_N_BREAK && kind != BC_N_RETURN && kind != BC_N_GOTO &&
			kind != BC_N_CONTINUE)
			continue;
		condition = own_condition(r, i);
		if (condition == BC_NONE || !is_stable(r, condition))
			return 1;
	}
	return 0;
}

/* Conditions that the call itself stands under. */
static int guards_may_change(const struct retry *r)
{
	const struct bc_func *f = r->f;

	for (uint32_t i = r->cycle; i < r->call; i++) {
		int kind = f->nodes[i].kind;
		int decides = kind == BC_N_IF || kind == BC_N_COND || kind == BC_N_SWITCH ||
			      (kind == BC_N_BINARY && (f->nodes[i].op == BC_OP_LAND ||
							      f->nodes[i].op == BC_OP_LOR));

		if (decides && contains(r, i) && !contains(r, i + 1) && !is_stable(r, i + 1))
			return 1;
	}
	return 0;
}

/* ---- expressions ---- */

static struct bc_value eval_kids(struct retry *r, uint32_t node)
{
	struct bc_value last = bc_value_top();

	BC_EACH_KID(r->f, node, kid)
	if (r->called || contains(r, kid))
		last = eval(r, kid);
	return last;
}

/* written += 0 */
static int adds_nothing(const struct bc_node *n, const struct bc_value *value)
{
	return (n->op == BC_OP_ADD || n->op == BC_OP_SUB || n->op == BC_OP_OR) &&
	       value->kind == BC_V_INTS && bc_value_truth(value) == BC_NO;
}

static struct bc_value eval_assign(struct retry *r, uint32_t node)
{
	const struct bc_func *f = r->f;
	uint32_t target = bc_kid(f, node, 0), slot = bc_local_at(f, target);
	struct bc_value value;

	if (slot == BC_NONE && r->called)
		eval(r, target);
	value = eval(r, bc_kid(f, node, 1));
	if (adds_nothing(&f->nodes[node], &value))
		return bc_value_top();
	if (f->nodes[node].op != BC_OP_NONE)
		value = bc_value_top();
	note_changed(r, target);
	if (slot != BC_NONE)
		r->slots[slot] = value;
	return value;
}

static struct bc_value truth_of(enum bc_tri truth)
{
	return truth == BC_UNKNOWN ? bc_value_top() : bc_value_int(truth == BC_YES);
}

/* The call on the right was made, so the left let it happen. */
static struct bc_value eval_logical(struct retry *r, uint32_t node)
{
	uint32_t left = bc_kid(r->f, node, 0), right = bc_kid(r->f, node, 1);
	enum bc_tri settles = r->f->nodes[node].op == BC_OP_LAND ? BC_NO : BC_YES;
	enum bc_tri a = settles == BC_NO ? BC_YES : BC_NO, b;
	struct bc_value value;

	if (r->called || contains(r, left)) {
		value = eval(r, left);
		a = bc_value_truth(&value);
		if (a == settles)
			return truth_of(a);
	}
	value = eval(r, right);
	b = bc_value_truth(&value);
	return truth_of(b == settles || a != BC_UNKNOWN ? b : BC_UNKNOWN);
}

static struct bc_value eval_cond(struct retry *r, uint32_t node)
{
	uint32_t condition = bc_kid(r->f, node, 0), yes = bc_kid(r->f, node, 1),
		 no = bc_kid(r->f, node, 2);
	enum bc_tri truth = contains(r, yes) ? BC_YES : contains(r, no) ? BC_NO : BC_UNKNOWN;
	struct bc_value value, other;

	if (truth == BC_UNKNOWN || r->called) {
		value = eval(r, condition);
		truth = bc_value_truth(&value);
	}
	if (truth != BC_UNKNOWN)
		return eval(r, truth == BC_YES ? yes : no);
	value = eval(r, yes);
	other = eval(r, no);
	return bc_value_join(&value, &other);
}

/* What a small function of the program makes of what is known: return err == EAGAIN. */
static struct bc_value eval_callee(
	struct retry *r, uint32_t callee, const struct bc_value *args, int nargs)
{
	const struct bc_func *f = &r->q->program->funcs[callee];
	struct retry inner = {.q = r->q,
		.f = f,
		.func = callee,
		.call = BC_NONE,
		.cycle = BC_NONE,
		.depth = r->depth + 1,
		.called = 1};

	if (f->nnodes > MAX_CALLEE_NODES || inner.depth > MAX_CALLEE_DEPTH)
		return bc_value_top();
	inner.slots = BC_NEW_ARRAY(&inner.arena, struct bc_value, f->nlocals + 1);
	inner.changed = bc_arena_alloc(&inner.arena, f->nlocals + 1);
	for (uint32_t i = 0; i < f->nparams && (int)i < nargs; i++)
		inner.slots[i] = args[i];
	if (exec(&inner, 0) & GOES_ON)
		inner.nreturned = 0; /* without a value */
	bc_arena_fini(&inner.arena);
	return inner.nreturned ? inner.returned : bc_value_top();
}

static struct bc_value eval_call(struct retry *r, uint32_t node)
{
	const struct bc_func *f = r->f;
	struct bc_value args[MAX_ARGS];
	int nargs = 0;
	uint32_t callee;

	BC_EACH_KID(f, node, kid)
	{
		struct bc_value value =
			r->called || contains(r, kid) ? eval(r, kid) : bc_value_top();

		if (kid != node + 1 && nargs < MAX_ARGS)
			args[nargs++] = value;
	}
	if (node == r->call) {
		r->called = 1;
		return r->q->result;
	}
	note_call(r, node);
	if (f->nodes[node + 1].kind != BC_N_FUNC)
		return bc_value_top();
	callee = r->q->program->syms[bc_node_sym(f, &f->nodes[node + 1])].func;
	return callee == BC_NONE ? bc_value_top() : eval_callee(r, callee, args, nargs);
}

static struct bc_value eval_unary(struct retry *r, uint32_t node)
{
	const struct bc_node *n = &r->f->nodes[node];
	uint32_t slot = bc_local_at(r->f, node + 1);
	struct bc_value value = eval(r, node + 1);

	if (!increments(n))
		return bc_value_unary((enum bc_op)n->op, &value);
	note_changed(r, node + 1);
	if (slot != BC_NONE)
		r->slots[slot] = bc_value_top();
	return bc_value_top();
}

static struct bc_value eval_binary(struct retry *r, uint32_t node)
{
	const struct bc_node *n = &r->f->nodes[node];
	uint32_t left = bc_kid(r->f, node, 0), right = bc_kid(r->f, node, 1);
	struct bc_value a, b;

	if (n->op == BC_OP_LAND || n->op == BC_OP_LOR)
		return eval_logical(r, node);
	a = r->called || contains(r, left) || r->f->nodes[left].kind == BC_N_INT ? eval(r, left)
										 : bc_value_top();
	b = eval(r, right);
	return bc_value_binary((enum bc_op)n->op, &a, &b);
}

/* ({ ...; value; }) */
static struct bc_value eval_block(struct retry *r, uint32_t block)
{
	uint32_t last = BC_NONE;

	exec(r, block);
	BC_EACH_KID(r->f, block, kid)
	last = kid;
	if (last == BC_NONE || bc_local_at(r->f, last) == BC_NONE)
		return bc_value_top();
	return r->slots[bc_local_at(r->f, last)];
}

static struct bc_value eval(struct retry *r, uint32_t node)
{
	const struct bc_node *n = &r->f->nodes[node];

	switch ((int)n->kind) {
	case BC_N_INT: return bc_value_int(bc_node_int(r->f, n));
	case BC_N_LOCAL: return r->slots[n->ref];
	case BC_N_CAST: return eval(r, node + 1);
	case BC_N_ASSIGN: return eval_assign(r, node);
	case BC_N_UNARY: return eval_unary(r, node);
	case BC_N_BINARY: return eval_binary(r, node);
	case BC_N_COND: return eval_cond(r, node);
	case BC_N_CALL: return eval_call(r, node);
	case BC_N_COMMA: return eval_kids(r, node);
	case BC_N_STMTEXPR: return eval_block(r, node + 1);
	case BC_N_DEREF:
		if (is_errno(r, node + 1))
			return r->called ? bc_value_int(r->q->error) : bc_value_top();
		eval_kids(r, node);
		return bc_value_top();
	default: eval_kids(r, node); return bc_value_top();
	}
}

/* ---- statements ---- */

static struct bc_value *save_slots(struct retry *r)
{
	struct bc_value *copy = BC_NEW_ARRAY(&r->arena, struct bc_value, r->f->nlocals + 1);

	memcpy(copy, r->slots, r->f->nlocals * sizeof(*copy));
	return copy;
}

static void join_slots(struct retry *r, const struct bc_value *other)
{
	for (uint32_t i = 0; i < r->f->nlocals; i++)
		r->slots[i] = bc_value_join(&r->slots[i], &other[i]);
}

static int exec_if(struct retry *r, uint32_t node)
{
	uint32_t yes = bc_kid(r->f, node, 1), no = bc_kid(r->f, node, 2);
	struct bc_value value, *before, *after;
	int exits_yes, exits_no;

	if (!r->called && !contains(r, node + 1))
		return exec(r, contains(r, yes) ? yes : no);
	value = eval(r, node + 1);
	if (bc_value_truth(&value) != BC_UNKNOWN)
		return exec(r, bc_value_truth(&value) == BC_YES ? yes : no);
	before = save_slots(r);
	exits_yes = exec(r, yes);
	after = r->slots;
	r->slots = before;
	exits_no = exec(r, no);
	if (!(exits_no & GOES_ON))
		r->slots = after;
	else if (exits_yes & GOES_ON)
		join_slots(r, after);
	return exits_yes | exits_no;
}

/* The end of the loop that the call stands in: does its condition let it go round again? */
static int close_cycle(struct retry *r, uint32_t node)
{
	const struct bc_func *f = r->f;
	uint32_t condition = bc_kid(f, node, 0);
	struct bc_value value;

	eval(r, bc_kid(f, node, 1));
	if (f->nodes[condition].kind == BC_N_NONE)
		return AGAIN;
	if (f->nodes[node].op != BC_LOOP_DO && is_stable(r, condition))
		return AGAIN; /* as true as it was before */
	value = eval(r, condition);
	switch (bc_value_truth(&value)) {
	case BC_YES: return AGAIN;
	case BC_NO: return GOES_ON;
	case BC_UNKNOWN: break;
	}
	return AGAIN | GOES_ON;
}

/* A loop around the call. */
static int exec_cycle(struct retry *r, uint32_t node)
{
	const struct bc_func *f = r->f;
	uint32_t condition = bc_kid(f, node, 0), body = bc_kid(f, node, 2);
	struct bc_value value;
	int exits, inner = r->cycle == node;

	if (contains(r, condition)) {
		value = eval(r, condition);
		if (bc_value_truth(&value) == BC_NO)
			return GOES_ON;
		exits = bc_value_truth(&value) == BC_YES ? 0 : GOES_ON;
		if (f->nodes[node].op != BC_LOOP_DO) {
			int e = exec(r, body);

			if (e & (GOES_ON | CONTINUES))
				eval(r, bc_kid(f, node, 1));
			exits |= (e & (LEAVES | AGAIN)) | (e & BREAKS ? GOES_ON : 0);
			exits |= e & (GOES_ON | CONTINUES) ? AGAIN : 0;
		} else {
			exits |= AGAIN;
		}
	} else {
		int e = exec(r, body);

		exits = (e & (LEAVES | AGAIN)) | (e & BREAKS ? GOES_ON : 0);
		if (e & (GOES_ON | CONTINUES))
			exits |= inner ? close_cycle(r, node) : GOES_ON;
	}
	if (inner)
		r->cycle_exits = exits;
	return exits & ~AGAIN;
}

/* A loop that comes after the call. */
static int exec_later_loop(struct retry *r, uint32_t node)
{
	int exits;

	eval(r, bc_kid(r->f, node, 0));
	exits = exec(r, bc_kid(r->f, node, 2));
	eval(r, bc_kid(r->f, node, 1));
	for (uint32_t i = node; i < node + r->f->nodes[node].size; i++)
		if (r->f->nodes[i].kind == BC_N_ASSIGN || increments(&r->f->nodes[i])) {
			uint32_t slot = bc_local_at(r->f, i + 1);

			if (slot != BC_NONE)
				r->slots[slot] = bc_value_top();
		}
	return GOES_ON | (exits & (LEAVES | AGAIN));
}

/* Does this case of the switch take the value? */
static enum bc_tri takes(const struct retry *r, uint32_t label, const struct bc_value *value)
{
	const struct bc_func *f = r->f;

	if (f->nodes[label + 1].kind != BC_N_INT ||
		f->nodes[bc_kid(f, label, 1)].kind != BC_N_NONE || value->kind != BC_V_INTS ||
		value->n != 1)
		return BC_UNKNOWN;
	return bc_node_int(f, &f->nodes[label + 1]) == value->u.ints[0] ? BC_YES : BC_NO;
}

static int exec_cases(struct retry *r, uint32_t body, const struct bc_value *value)
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
			int e = exec(r, kid);

			exits |= e & ~GOES_ON;
			alive = e & GOES_ON;
		}
	}
	if (alive || (!taken && !has_default))
		exits |= GOES_ON;
	return exits;
}

static int exec_block(struct retry *r, uint32_t node)
{
	int exits = 0, alive = 1;

	BC_EACH_KID(r->f, node, kid)
	{
		int e;

		if (!alive || (!r->called && !contains(r, kid)))
			continue;
		e = exec(r, kid);
		exits |= e & ~GOES_ON;
		alive = e & GOES_ON;
	}
	return exits | alive;
}

static int exec_switch(struct retry *r, uint32_t node)
{
	uint32_t body = bc_kid(r->f, node, 1);
	struct bc_value value;
	int exits;

	if (contains(r, body)) {
		exits = exec(r, body);
	} else {
		value = eval(r, node + 1);
		exits = r->f->nodes[body].kind == BC_N_BLOCK ? exec_cases(r, body, &value)
							     : GOES_ON | LEAVES;
	}
	return (exits & ~BREAKS) | (exits & BREAKS ? GOES_ON : 0);
}

static int exec_return(struct retry *r, uint32_t node)
{
	struct bc_value value = r->f->nodes[node].size > 1 ? eval(r, node + 1) : bc_value_top();

	r->returned = r->nreturned++ ? bc_value_join(&r->returned, &value) : value;
	return LEAVES;
}

/* Back to a label before the call, or away. */
static int exec_goto(const struct retry *r, uint32_t node)
{
	if (r->call == BC_NONE || r->f->nodes[node].ref == BC_NONE)
		return LEAVES;
	for (uint32_t i = 0; i < r->call; i++)
		if (r->f->nodes[i].kind == BC_N_LABEL &&
			r->f->nodes[i].ref == r->f->nodes[node].ref)
			return AGAIN;
	return LEAVES;
}

static int exec(struct retry *r, uint32_t node)
{
	switch ((int)r->f->nodes[node].kind) {
	case BC_N_BLOCK: return exec_block(r, node);
	case BC_N_IF: return exec_if(r, node);
	case BC_N_LOOP: return contains(r, node) ? exec_cycle(r, node) : exec_later_loop(r, node);
	case BC_N_SWITCH: return exec_switch(r, node);
	case BC_N_RETURN: return exec_return(r, node);
	case BC_N_GOTO: return exec_goto(r, node);
	case BC_N_BREAK: return BREAKS;
	case BC_N_CONTINUE: return CONTINUES;
	case BC_N_CASE:
	case BC_N_DEFAULT:
	case BC_N_LABEL:
	case BC_N_NONE: return GOES_ON;
	default: break;
	}
	eval(r, node);
	return bc_completes(r->q->completion, r->func, node) ? GOES_ON : LEAVES;
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
	struct retry r = {.q = q, .f = f, .func = q->func, .call = q->node};
	struct bc_retry_answer answer = {0};
	int exits;

	r.cycle = find_cycle(f, q->node);
	r.slots = BC_NEW_ARRAY(&r.arena, struct bc_value, f->nlocals + 1);
	r.changed = bc_arena_alloc(&r.arena, f->nlocals + 1);
	if (r.cycle != BC_NONE)
		note_prefix(&r);
	exits = exec(&r, 0);
	if (r.cycle == BC_NONE || f->nodes[r.cycle].kind == BC_N_LABEL)
		r.cycle_exits = exits;
	answer.again = r.cycle != BC_NONE && r.cycle_exits == AGAIN && !r.waits &&
		       !prefix_may_leave(&r) && !guards_may_change(&r);
	answer.returns = r.nreturned > 0 && !(exits & GOES_ON);
	answer.returned = r.returned;
	bc_arena_fini(&r.arena);
	return answer;
}
