/* The interpreter's expressions: values, assignments, both sides of a choice. */
#include "link/interp/values.h"
#include "link/interp/walk.h"
#include "link/summaries/letters.h"

/* `target` holds `value` from here on, and whatever else may be the same memory is forgotten. */
static void store(struct bc_walk *w, uint32_t target, struct bc_value value, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	uint32_t slot = bc_local_at(f, target);

	if (slot != BC_NONE) {
		bc_walk_set_slot(w, env, slot, value);
	} else if (f->nodes[target].kind == BC_N_INDEX && bc_local_at(f, target + 1) != BC_NONE) {
		slot = bc_local_at(f, target + 1);
		if (env->slots[slot].kind == BC_V_TEXT)
			bc_env_forget(env, slot);
	} else if (f->nodes[target].kind == BC_N_FIELD) {
		/* another pointer may lead to the same record */
		bc_walk_forget_field(w, env, bc_node_field(f, &f->nodes[target]));
		bc_walk_set_field(w, target, value, env);
	} else if (f->nodes[target].kind == BC_N_DEREF) {
		bc_walk_forget_pointee(w, target + 1, env);
	}
}

static struct bc_value eval_assign(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	const struct bc_node *n = &f->nodes[node];
	uint32_t target = bc_kid(f, node, 0), source = bc_kid(f, node, 1);
	uint32_t slot = bc_local_at(f, target);
	struct bc_value value, old;

	if (slot != BC_NONE && f->nodes[source].kind == BC_N_INIT &&
		bc_walk_is_local_record(w, slot)) {
		bc_walk_init_record(w, slot, source, env);
		return bc_value_top();
	}
	old = bc_walk_eval(w, target, env);
	value = bc_walk_eval(w, source, env);
	if (n->op != BC_OP_NONE)
		value = bc_value_binary((enum bc_op)n->op, &old, &value);
	store(w, target, value, env);
	return value;
}

static struct bc_value eval_condition(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	struct bc_env no;
	struct bc_value value;

	bc_walk_branch(w, node, env, &no);
	value = !no.alive ? bc_value_int(1) : !env->alive ? bc_value_int(0) : bc_value_top();
	if (env->alive && no.alive && env->maybe_start != no.maybe_start) {
		value = bc_value_int(no.maybe_start);
		value.pad = 1; /* settled: it hardly comes out the other way */
	}
	bc_env_join(env, &no, &w->scratch);
	return value;
}

/* One side of ?:; it is dead when the condition rules it out, or when the process ends in it. */
static struct bc_value eval_side(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	if (env->alive && !bc_completes(w->interp->completion, w->func, node))
		env->alive = 0;
	return env->alive ? bc_walk_eval(w, node, env) : bc_value_top();
}

static struct bc_value eval_cond(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	struct bc_env no;
	struct bc_value a, b;

	bc_walk_branch(w, bc_kid(f, node, 0), env, &no);
	a = eval_side(w, bc_kid(f, node, 1), env);
	b = eval_side(w, bc_kid(f, node, 2), &no);
	if (env->alive && no.alive)
		a = bc_value_join(&a, &b);
	else if (no.alive)
		a = b;
	bc_env_join(env, &no, &w->scratch);
	return a;
}

static struct bc_value eval_unary(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_node *n = &w->f->nodes[node];
	struct bc_value value = bc_walk_eval(w, node + 1, env), one = bc_value_int(1), changed;

	if (!bc_node_increments(n))
		return bc_value_unary((enum bc_op)n->op, &value);
	changed = bc_value_binary(
		n->op == BC_OP_PREINC || n->op == BC_OP_POSTINC ? BC_OP_ADD : BC_OP_SUB, &value,
		&one);
	store(w, node + 1, changed, env);
	return n->op == BC_OP_PREINC || n->op == BC_OP_PREDEC ? changed : value;
}

static struct bc_value eval_kids(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	struct bc_value last = bc_value_top();

	BC_EACH_KID(w->f, node, kid)
	last = bc_walk_eval(w, kid, env);
	return last;
}

static struct bc_value eval_address(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	uint32_t slot = bc_local_at(w->f, node + 1);

	if (w->f->nodes[node + 1].kind == BC_N_FUNC)
		return bc_value_func(bc_node_sym(w->f, &w->f->nodes[node + 1]));
	if (slot != BC_NONE)
		return (struct bc_value){.kind = BC_V_LOCAL, .slot = slot};
	bc_walk_eval(w, node + 1, env);
	return (struct bc_value){.kind = BC_V_NONNULL};
}

static struct bc_value eval_field(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	struct bc_value value = bc_walk_field_value(w, node, env);

	bc_walk_eval(w, node + 1, env);
	return value;
}

static struct bc_value eval_elvis(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	struct bc_value a = bc_walk_eval(w, bc_kid(w->f, node, 0), env), b;

	if (bc_value_truth(&a) == BC_YES)
		return a;
	b = bc_walk_eval(w, bc_kid(w->f, node, 1), env);
	return bc_value_join(&a, &b);
}

/* A statement expression; its value is that of its last statement when that is an expression. */
static struct bc_value eval_block(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	uint32_t last = BC_NONE;

	bc_walk_exec(w, node, env);
	BC_EACH_KID(w->f, node, kid)
	last = kid;
	if (last != BC_NONE && bc_local_at(w->f, last) != BC_NONE)
		return env->slots[bc_local_at(w->f, last)];
	return bc_value_top();
}

static struct bc_value eval_binary(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_node *n = &w->f->nodes[node];
	struct bc_value a, b;

	if (n->op == BC_OP_LAND || n->op == BC_OP_LOR)
		return eval_condition(w, node, env);
	a = bc_walk_eval(w, bc_kid(w->f, node, 0), env);
	b = bc_walk_eval(w, bc_kid(w->f, node, 1), env);
	return bc_value_binary((enum bc_op)n->op, &a, &b);
}

/* *mode and mode[0] of a local, without running anything. */
struct bc_value bc_walk_letter(const struct bc_walk *w, uint32_t node, const struct bc_env *env)
{
	const struct bc_func *f = w->f;
	struct bc_value index = bc_value_int(0);
	uint32_t base, at;

	node = bc_uncast(f, node);
	if (f->nodes[node].kind == BC_N_INDEX) {
		at = bc_uncast(f, bc_kid(f, node, 1));
		if (f->nodes[at].kind != BC_N_INT)
			return bc_value_top();
		index = bc_value_int(bc_node_int(f, &f->nodes[at]));
	} else if (f->nodes[node].kind != BC_N_DEREF) {
		return bc_value_top();
	}
	base = bc_local_at(f, node + 1);
	return base == BC_NONE ? bc_value_top() : bc_letter_at(&env->slots[base], &index);
}

/* *f of a function pointer is f, *text its first letter; of anything else, it is unknown. */
static struct bc_value eval_deref(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	struct bc_value value = bc_walk_eval(w, node + 1, env), first = bc_value_int(0);

	return value.kind == BC_V_FUNCS ? value : bc_letter_at(&value, &first);
}

static struct bc_value eval_index(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	struct bc_value base = bc_walk_eval(w, node + 1, env);
	struct bc_value index = bc_walk_eval(w, bc_kid(w->f, node, 1), env);

	return bc_letter_at(&base, &index);
}

struct bc_value bc_walk_eval(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_node *n = &w->f->nodes[node];

	switch ((enum bc_node_kind)n->kind) {
	case BC_N_INT: return bc_value_int(bc_node_int(w->f, n));
	case BC_N_STR:
		return (struct bc_value){
			.kind = BC_V_TEXT, .u.text = bc_fact_str(w->f->image->facts, n->ref)};
	case BC_N_FUNC: return bc_value_func(bc_node_sym(w->f, n));
	case BC_N_LOCAL:
		if (bc_walk_is_array(w->f, node) && env->slots[n->ref].kind != BC_V_TEXT)
			return (struct bc_value){.kind = BC_V_LOCAL, .slot = n->ref};
		return env->slots[n->ref];
	case BC_N_FIELD: return eval_field(w, node, env);
	case BC_N_DEREF: return eval_deref(w, node, env);
	case BC_N_INDEX: return eval_index(w, node, env);
	case BC_N_ADDR: return eval_address(w, node, env);
	case BC_N_UNARY: return eval_unary(w, node, env);
	case BC_N_BINARY: return eval_binary(w, node, env);
	case BC_N_ASSIGN: return eval_assign(w, node, env);
	case BC_N_COND: return eval_cond(w, node, env);
	case BC_N_ELVIS: return eval_elvis(w, node, env);
	case BC_N_COMMA: return eval_kids(w, node, env);
	case BC_N_CAST: return bc_walk_eval(w, node + 1, env);
	case BC_N_CALL: return bc_walk_call(w, node, env);
	case BC_N_STMTEXPR: return eval_block(w, node + 1, env);
	case BC_N_VAR: return bc_walk_variable_value(w, node);
	case BC_N_NONE: return bc_value_top();
	case BC_N_INIT:
	case BC_N_SET:
	case BC_N_ELEM:
	case BC_N_OPAQUE: eval_kids(w, node, env); return bc_value_top();
	case BC_N_BLOCK:
	case BC_N_IF:
	case BC_N_LOOP:
	case BC_N_SWITCH:
	case BC_N_CASE:
	case BC_N_DEFAULT:
	case BC_N_LABEL:
	case BC_N_GOTO:
	case BC_N_RETURN:
	case BC_N_BREAK:
	case BC_N_CONTINUE:
	case BC_N_KIND_COUNT: bc_walk_exec(w, node, env); return bc_value_top();
	}
	return bc_value_top();
}
