/* The interpreter's conditions: which sides can be taken, and what is known on each. */
#include "link/interp/values.h"
#include "link/interp/walk.h"

/* Narrows the tested local on one side; the side dies when nothing remains. */
void bc_walk_narrow(struct bc_walk *w, struct bc_env *env, uint32_t operand,
	const struct bc_value *value, enum bc_op op, int64_t number, int truth)
{
	uint32_t slot = bc_walk_tested_slot(w->f, operand);
	int possible;
	struct bc_value kept = bc_value_refine(value, op, number, truth, &possible);

	if (!possible) {
		env->alive = 0;
		return;
	}
	if (slot != BC_NONE && !w->escaped[slot])
		env->slots[slot] = kept;
	else if (slot == BC_NONE)
		bc_walk_set_field(w, operand, kept, env);
	/* "not the parent" is the child: the failed fork() is no place where anyone sleeps long */
	if (kept.kind == BC_V_FORK && !(kept.mask & BC_FORK_PARENT) && (kept.mask & BC_FORK_CHILD))
		env->child = 1;
}

static void decide(struct bc_walk *w, uint32_t node, const struct bc_value *value,
	struct bc_env *yes, struct bc_env *no)
{
	enum bc_tri truth = bc_value_truth(value);

	if (bc_value_is_settled(value)) {
		yes->maybe_start |= truth == BC_NO;
		no->maybe_start |= truth == BC_YES;
	} else if (truth == BC_YES)
		no->alive = 0;
	else if (truth == BC_NO)
		yes->alive = 0;
	if (!yes->alive || !no->alive)
		return;
	bc_env_add_guard(yes, &w->scratch, node, 1);
	bc_env_add_guard(no, &w->scratch, node, 0);
}

static enum bc_op mirrored(enum bc_op op)
{
	if (op == BC_OP_LT)
		return BC_OP_GT;
	if (op == BC_OP_GT)
		return BC_OP_LT;
	if (op == BC_OP_LE)
		return BC_OP_GE;
	if (op == BC_OP_GE)
		return BC_OP_LE;
	return op;
}

static int single_int(const struct bc_value *value)
{
	return value->kind == BC_V_INTS && value->n == 1;
}

static void branch_compare(struct bc_walk *w, uint32_t node, struct bc_env *yes, struct bc_env *no)
{
	const struct bc_func *f = w->f;
	enum bc_op op = (enum bc_op)f->nodes[node].op;
	uint32_t left = bc_kid(f, node, 0), right = bc_kid(f, node, 1);
	struct bc_value a = bc_walk_eval(w, left, yes), b = bc_walk_eval(w, right, yes);
	struct bc_value value = bc_value_binary(op, &a, &b);

	bc_env_copy(no, yes, &w->scratch);
	decide(w, node, &value, yes, no);
	if (bc_value_is_settled(&a) || bc_value_is_settled(&b))
		return;
	if (single_int(&b)) {
		bc_walk_narrow(w, yes, left, &a, op, b.u.ints[0], 1);
		bc_walk_narrow(w, no, left, &a, op, b.u.ints[0], 0);
	} else if (single_int(&a)) {
		bc_walk_narrow(w, yes, right, &b, mirrored(op), a.u.ints[0], 1);
		bc_walk_narrow(w, no, right, &b, mirrored(op), a.u.ints[0], 0);
	}
}

static void branch_value(struct bc_walk *w, uint32_t node, struct bc_env *yes, struct bc_env *no)
{
	struct bc_value value = bc_walk_eval(w, node, yes);

	bc_env_copy(no, yes, &w->scratch);
	decide(w, node, &value, yes, no);
	if (bc_value_is_settled(&value))
		return;
	bc_walk_narrow(w, yes, node, &value, BC_OP_NE, 0, 1);
	bc_walk_narrow(w, no, node, &value, BC_OP_NE, 0, 0);
}

/* a && b, a || b: the right side only runs where the left did not settle it. */
static void branch_logical(struct bc_walk *w, uint32_t node, struct bc_env *yes, struct bc_env *no)
{
	const struct bc_func *f = w->f;
	int is_and = f->nodes[node].op == BC_OP_LAND;
	struct bc_env *goes_on = is_and ? yes : no, *settled = is_and ? no : yes;
	struct bc_env second;
	int half_child;

	bc_walk_branch(w, bc_kid(f, node, 0), yes, no);
	if (!goes_on->alive)
		return;
	if (is_and) {
		bc_walk_branch(w, bc_kid(f, node, 1), goes_on, &second);
	} else {
		bc_env_copy(&second, goes_on, &w->scratch);
		bc_walk_branch(w, bc_kid(f, node, 1), &second, goes_on);
	}
	half_child = settled->alive && second.alive && settled->child != second.child;
	bc_env_join(settled, &second, &w->scratch);
	settled->maybe_child |= (uint8_t)half_child;
}

/* Runs a condition: `yes` comes in, `yes` and `no` (of any content before) go out as the
 * environments of the two sides. */
void bc_walk_branch(struct bc_walk *w, uint32_t node, struct bc_env *yes, struct bc_env *no)
{
	const struct bc_node *n = &w->f->nodes[node];

	if (n->kind == BC_N_CAST)
		bc_walk_branch(w, node + 1, yes, no);
	else if (n->kind == BC_N_UNARY && n->op == BC_OP_LNOT) {
		struct bc_env swap;

		bc_walk_branch(w, node + 1, yes, no);
		swap = *yes;
		*yes = *no;
		*no = swap;
	} else if (n->kind == BC_N_BINARY && (n->op == BC_OP_LAND || n->op == BC_OP_LOR))
		branch_logical(w, node, yes, no);
	else if (n->kind == BC_N_BINARY && n->op >= BC_OP_EQ && n->op <= BC_OP_GE)
		branch_compare(w, node, yes, no);
	else
		branch_value(w, node, yes, no);
}
