/* Expressions behind a call that would block: values, as far as the call's failure decides them. */
#include <string.h>

#include "link/interp/values.h"
#include "link/modes/retry_run.h"

/* Functions that are looked into for their result are small: is_retryable(errno). */
enum { MAX_CALLEE_NODES = 200, MAX_CALLEE_DEPTH = 2 };

enum { MAX_ARGS = 12 };

int bc_retry_is_errno(const struct bc_retry_run *r, uint32_t node)
{
	uint32_t callee = bc_callee_at(r->f, node);

	return callee != BC_NONE && !strcmp(r->q->program->syms[callee].name, "__errno_location");
}

static struct bc_value eval_kids(struct bc_retry_run *r, uint32_t node)
{
	struct bc_value last = bc_value_top();

	BC_EACH_KID(r->f, node, kid)
	if (r->called || bc_retry_contains(r, kid))
		last = bc_retry_eval(r, kid);
	return last;
}

/* written += 0 */
static int adds_nothing(const struct bc_node *n, const struct bc_value *value)
{
	return (n->op == BC_OP_ADD || n->op == BC_OP_SUB || n->op == BC_OP_OR) &&
	       value->kind == BC_V_INTS && bc_value_truth(value) == BC_NO;
}

static struct bc_value eval_assign(struct bc_retry_run *r, uint32_t node)
{
	const struct bc_func *f = r->f;
	uint32_t target = bc_kid(f, node, 0), slot = bc_local_at(f, target);
	struct bc_value value;

	if (slot == BC_NONE && r->called)
		bc_retry_eval(r, target);
	value = bc_retry_eval(r, bc_kid(f, node, 1));
	if (adds_nothing(&f->nodes[node], &value))
		return bc_value_top();
	if (f->nodes[node].op != BC_OP_NONE)
		value = bc_value_top();
	bc_retry_note_changed(r, target);
	if (slot != BC_NONE)
		r->slots[slot] = value;
	return value;
}

static struct bc_value truth_of(enum bc_tri truth)
{
	return truth == BC_UNKNOWN ? bc_value_top() : bc_value_int(truth == BC_YES);
}

/* The call on the right was made, so the left let it happen. */
static struct bc_value eval_logical(struct bc_retry_run *r, uint32_t node)
{
	uint32_t left = bc_kid(r->f, node, 0), right = bc_kid(r->f, node, 1);
	enum bc_tri settles = r->f->nodes[node].op == BC_OP_LAND ? BC_NO : BC_YES;
	enum bc_tri a = settles == BC_NO ? BC_YES : BC_NO, b;
	struct bc_value value;

	if (r->called || bc_retry_contains(r, left)) {
		value = bc_retry_eval(r, left);
		a = bc_value_truth(&value);
		if (a == settles)
			return truth_of(a);
	}
	value = bc_retry_eval(r, right);
	b = bc_value_truth(&value);
	return truth_of(b == settles || a != BC_UNKNOWN ? b : BC_UNKNOWN);
}

static struct bc_value eval_cond(struct bc_retry_run *r, uint32_t node)
{
	uint32_t condition = bc_kid(r->f, node, 0), yes = bc_kid(r->f, node, 1),
		 no = bc_kid(r->f, node, 2);
	enum bc_tri truth = bc_retry_contains(r, yes)  ? BC_YES
			    : bc_retry_contains(r, no) ? BC_NO
						       : BC_UNKNOWN;
	struct bc_value value, other;

	if (truth == BC_UNKNOWN || r->called) {
		value = bc_retry_eval(r, condition);
		truth = bc_value_truth(&value);
	}
	if (truth != BC_UNKNOWN)
		return bc_retry_eval(r, truth == BC_YES ? yes : no);
	value = bc_retry_eval(r, yes);
	other = bc_retry_eval(r, no);
	return bc_value_join(&value, &other);
}

/* What a small function of the program makes of what is known: return err == EAGAIN. */
static struct bc_value eval_callee(
	struct bc_retry_run *r, uint32_t callee, const struct bc_value *args, int nargs)
{
	const struct bc_func *f = &r->q->program->funcs[callee];
	struct bc_retry_run inner = {.q = r->q,
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
	if (bc_retry_exec(&inner, 0) & BC_GOES_ON)
		inner.nreturned = 0; /* without a value */
	bc_arena_fini(&inner.arena);
	return inner.nreturned ? inner.returned : bc_value_top();
}

static struct bc_value eval_call(struct bc_retry_run *r, uint32_t node)
{
	const struct bc_func *f = r->f;
	struct bc_value args[MAX_ARGS];
	int nargs = 0;
	uint32_t callee;

	BC_EACH_KID(f, node, kid)
	{
		struct bc_value value = r->called || bc_retry_contains(r, kid)
						? bc_retry_eval(r, kid)
						: bc_value_top();

		if (kid != node + 1 && nargs < MAX_ARGS)
			args[nargs++] = value;
	}
	if (node == r->call) {
		r->called = 1;
		return r->q->result;
	}
	bc_retry_note_call(r, node);
	if (f->nodes[node + 1].kind != BC_N_FUNC)
		return bc_value_top();
	callee = r->q->program->syms[bc_node_sym(f, &f->nodes[node + 1])].func;
	return callee == BC_NONE ? bc_value_top() : eval_callee(r, callee, args, nargs);
}

static struct bc_value eval_unary(struct bc_retry_run *r, uint32_t node)
{
	const struct bc_node *n = &r->f->nodes[node];
	uint32_t slot = bc_local_at(r->f, node + 1);
	struct bc_value value = bc_retry_eval(r, node + 1);

	if (!bc_node_increments(n))
		return bc_value_unary((enum bc_op)n->op, &value);
	bc_retry_note_changed(r, node + 1);
	if (slot != BC_NONE)
		r->slots[slot] = bc_value_top();
	return bc_value_top();
}

static struct bc_value eval_binary(struct bc_retry_run *r, uint32_t node)
{
	const struct bc_node *n = &r->f->nodes[node];
	uint32_t left = bc_kid(r->f, node, 0), right = bc_kid(r->f, node, 1);
	struct bc_value a, b;

	if (n->op == BC_OP_LAND || n->op == BC_OP_LOR)
		return eval_logical(r, node);
	a = r->called || bc_retry_contains(r, left) || r->f->nodes[left].kind == BC_N_INT
		    ? bc_retry_eval(r, left)
		    : bc_value_top();
	b = bc_retry_eval(r, right);
	return bc_value_binary((enum bc_op)n->op, &a, &b);
}

/* ({ ...; value; }) */
static struct bc_value eval_block(struct bc_retry_run *r, uint32_t block)
{
	uint32_t last = BC_NONE;

	bc_retry_exec(r, block);
	BC_EACH_KID(r->f, block, kid)
	last = kid;
	if (last == BC_NONE || bc_local_at(r->f, last) == BC_NONE)
		return bc_value_top();
	return r->slots[bc_local_at(r->f, last)];
}

struct bc_value bc_retry_eval(struct bc_retry_run *r, uint32_t node)
{
	const struct bc_node *n = &r->f->nodes[node];

	switch ((int)n->kind) {
	case BC_N_INT: return bc_value_int(bc_node_int(r->f, n));
	case BC_N_LOCAL: return r->slots[n->ref];
	case BC_N_CAST: return bc_retry_eval(r, node + 1);
	case BC_N_ASSIGN: return eval_assign(r, node);
	case BC_N_UNARY: return eval_unary(r, node);
	case BC_N_BINARY: return eval_binary(r, node);
	case BC_N_COND: return eval_cond(r, node);
	case BC_N_CALL: return eval_call(r, node);
	case BC_N_COMMA: return eval_kids(r, node);
	case BC_N_STMTEXPR: return eval_block(r, node + 1);
	case BC_N_DEREF:
		if (bc_retry_is_errno(r, node + 1))
			return r->called ? bc_value_int(r->q->error) : bc_value_top();
		eval_kids(r, node);
		return bc_value_top();
	default: eval_kids(r, node); return bc_value_top();
	}
}
