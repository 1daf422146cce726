#include "link/interp.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/values.h"

/* An enclosing loop or switch: where break leads. */
struct frame {
	struct frame *up;
	struct bc_env breaks; /* joined environments at break */
	int is_switch;

	/* switches */
	const struct bc_env *head; /* at the start */
	uint32_t subject;          /* the expression switched on */
	uint32_t node;
};

struct walk {
	const struct bc_interp *interp;
	const struct bc_func *f;
	uint32_t func;
	struct bc_arena scratch;
	struct frame *frame;
	struct bc_env *labels; /* per label: joined environments of the gotos seen so far */
	uint8_t *back;         /* per label: a goto comes after it, or a computed one exists */
	uint8_t *escaped; /* per slot: its address is kept somewhere, so its value is not tracked */
};

static struct bc_value eval(struct walk *w, uint32_t node, struct bc_env *env);
static void exec(struct walk *w, uint32_t node, struct bc_env *env);
static void branch(struct walk *w, uint32_t node, struct bc_env *yes, struct bc_env *no);

/* ---- expressions ---- */

/* The local that an lvalue names, through casts; BC_NONE for anything else. */
static uint32_t slot_of(const struct bc_func *f, uint32_t node)
{
	while (f->nodes[node].kind == BC_N_CAST)
		node++;
	return f->nodes[node].kind == BC_N_LOCAL ? f->nodes[node].ref : BC_NONE;
}

static void set_slot(struct walk *w, struct bc_env *env, uint32_t slot, struct bc_value value)
{
	bc_env_forget(env, slot);
	if (!w->escaped[slot])
		env->slots[slot] = value;
}

/* A field of a local record, directly or through a pointer known to point to one; else BC_NONE. */
static uint32_t record_slot(struct walk *w, uint32_t base, struct bc_env *env)
{
	const struct bc_node *n = &w->f->nodes[base];
	uint32_t slot = slot_of(w->f, base);

	if (slot != BC_NONE &&
		(n->cls == BC_CLASS_RECORD || w->f->locals[slot].cls == BC_CLASS_RECORD))
		return slot;
	if (n->kind == BC_N_DEREF || n->kind == BC_N_ADDR)
		return record_slot(w, base + 1, env);
	if (slot != BC_NONE && env->slots[slot].kind == BC_V_LOCAL)
		return env->slots[slot].slot;
	return BC_NONE;
}

static const char *field_name(const struct walk *w, uint32_t node)
{
	const struct bc_node *n = &w->f->nodes[node];

	return w->interp->program->fields[bc_node_field(w->f, n)].name;
}

/* x = {...} for a local record: named fields get values, the rest is zero. */
static void init_record(struct walk *w, uint32_t slot, uint32_t init, struct bc_env *env)
{
	bc_env_set_all_fields(env, slot, bc_value_int(0));
	BC_EACH_KID(w->f, init, kid)
	{
		struct bc_value value = eval(w, kid + 1, env);

		if (w->f->nodes[kid].kind == BC_N_SET)
			bc_env_set_field(env, slot, field_name(w, kid), value);
	}
}

static struct bc_value eval_assign(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	const struct bc_node *n = &f->nodes[node];
	uint32_t target = bc_kid(f, node, 0), source = bc_kid(f, node, 1);
	uint32_t slot = slot_of(f, target);
	struct bc_value value, old;

	if (slot != BC_NONE && f->nodes[source].kind == BC_N_INIT &&
		f->locals[slot].cls == BC_CLASS_RECORD) {
		init_record(w, slot, source, env);
		return bc_value_top();
	}
	old = eval(w, target, env);
	value = eval(w, source, env);
	if (n->op != BC_OP_NONE)
		value = bc_value_binary((enum bc_op)n->op, &old, &value);
	if (slot != BC_NONE) {
		set_slot(w, env, slot, value);
	} else if (f->nodes[target].kind == BC_N_FIELD) {
		uint32_t record = record_slot(w, target + 1, env);

		if (record != BC_NONE)
			bc_env_set_field(env, record, field_name(w, target), value);
	}
	return value;
}

/* Locals whose address a call receives may have changed when it returns. */
static void forget_out_arguments(struct walk *w, uint32_t arg, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	uint32_t end = arg + f->nodes[arg].size;

	for (uint32_t i = arg; i < end; i++) {
		uint32_t slot = BC_NONE;

		if (f->nodes[i].kind == BC_N_ADDR)
			slot = slot_of(f, i + 1);
		else if (f->nodes[i].kind == BC_N_LOCAL && f->nodes[i].cls == BC_CLASS_ARRAY)
			slot = f->nodes[i].ref;
		else if (f->nodes[i].kind == BC_N_LOCAL &&
			 env->slots[f->nodes[i].ref].kind == BC_V_LOCAL)
			slot = env->slots[f->nodes[i].ref].slot;
		if (slot != BC_NONE)
			bc_env_forget(env, slot);
	}
}

static int is_memset_zero(const struct walk *w, const struct bc_call_event *event)
{
	uint32_t sym = w->interp->program->calls[event->call].sym;

	return sym != BC_NONE && event->nargs >= 2 && event->args[0].kind == BC_V_LOCAL &&
	       !strcmp(w->interp->program->syms[sym].name, "memset") &&
	       bc_value_truth(&event->args[1]) == BC_NO;
}

static struct bc_value call_result(const struct walk *w, uint32_t call)
{
	uint32_t sym = w->interp->program->calls[call].sym;

	if (sym != BC_NONE && w->interp->forks[sym])
		return (struct bc_value){
			.kind = BC_V_FORK, .mask = BC_FORK_ERROR | BC_FORK_CHILD | BC_FORK_PARENT};
	return bc_value_top();
}

static struct bc_value eval_call(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	struct bc_value args[BC_MAX_ARGS];
	struct bc_call_event event = {.func = w->func, .args = args, .env = env};
	int first = 1;

	event.call = bc_program_call_at(w->interp->program, w->func, node);
	BC_EACH_KID(f, node, kid)
	{
		struct bc_value value = eval(w, kid, env);

		if (first)
			event.callee = value;
		else if (event.nargs < BC_MAX_ARGS)
			args[event.nargs++] = value;
		first = 0;
	}
	if (!env->child)
		w->interp->call(w->interp->context, &event);
	if (is_memset_zero(w, &event)) {
		bc_env_set_all_fields(env, args[0].slot, bc_value_int(0));
		return args[0];
	}
	BC_EACH_KID(f, node, kid)
	if (kid != node + 1)
		forget_out_arguments(w, kid, env);
	return call_result(w, event.call);
}

static struct bc_value eval_condition(struct walk *w, uint32_t node, struct bc_env *env)
{
	struct bc_env no;
	struct bc_value value;

	bc_env_copy(&no, env, &w->scratch);
	branch(w, node, env, &no);
	value = !no.alive ? bc_value_int(1) : !env->alive ? bc_value_int(0) : bc_value_top();
	bc_env_join(env, &no, &w->scratch);
	return value;
}

static struct bc_value eval_cond(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	struct bc_env no;
	struct bc_value a, b;

	bc_env_copy(&no, env, &w->scratch);
	branch(w, bc_kid(f, node, 0), env, &no);
	a = env->alive ? eval(w, bc_kid(f, node, 1), env) : bc_value_top();
	b = no.alive ? eval(w, bc_kid(f, node, 2), &no) : bc_value_top();
	if (env->alive && no.alive)
		a = bc_value_join(&a, &b);
	else if (no.alive)
		a = b;
	bc_env_join(env, &no, &w->scratch);
	return a;
}

static struct bc_value eval_unary(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_node *n = &w->f->nodes[node];
	struct bc_value value = eval(w, node + 1, env), one = bc_value_int(1), changed;
	uint32_t slot;

	if (n->op < BC_OP_PREINC || n->op > BC_OP_POSTDEC)
		return bc_value_unary((enum bc_op)n->op, &value);
	changed = bc_value_binary(
		n->op == BC_OP_PREINC || n->op == BC_OP_POSTINC ? BC_OP_ADD : BC_OP_SUB, &value,
		&one);
	slot = slot_of(w->f, node + 1);
	if (slot != BC_NONE)
		set_slot(w, env, slot, changed);
	return n->op == BC_OP_PREINC || n->op == BC_OP_PREDEC ? changed : value;
}

static struct bc_value eval_kids(struct walk *w, uint32_t node, struct bc_env *env)
{
	struct bc_value last = bc_value_top();

	BC_EACH_KID(w->f, node, kid)
	last = eval(w, kid, env);
	return last;
}

static struct bc_value eval_address(struct walk *w, uint32_t node, struct bc_env *env)
{
	uint32_t slot = slot_of(w->f, node + 1);

	if (w->f->nodes[node + 1].kind == BC_N_FUNC)
		return bc_value_func(bc_node_sym(w->f, &w->f->nodes[node + 1]));
	if (slot != BC_NONE)
		return (struct bc_value){.kind = BC_V_LOCAL, .slot = slot};
	eval(w, node + 1, env);
	return (struct bc_value){.kind = BC_V_NONNULL};
}

static struct bc_value eval_field(struct walk *w, uint32_t node, struct bc_env *env)
{
	uint32_t record = record_slot(w, node + 1, env);

	eval(w, node + 1, env);
	return record == BC_NONE ? bc_value_top() : bc_env_field(env, record, field_name(w, node));
}

static struct bc_value eval_elvis(struct walk *w, uint32_t node, struct bc_env *env)
{
	struct bc_value a = eval(w, bc_kid(w->f, node, 0), env), b;

	if (bc_value_truth(&a) == BC_YES)
		return a;
	b = eval(w, bc_kid(w->f, node, 1), env);
	return bc_value_join(&a, &b);
}

/* A statement expression; its value is that of its last statement when that is an expression. */
static struct bc_value eval_block(struct walk *w, uint32_t node, struct bc_env *env)
{
	uint32_t last = BC_NONE;

	exec(w, node, env);
	BC_EACH_KID(w->f, node, kid)
	last = kid;
	if (last != BC_NONE && slot_of(w->f, last) != BC_NONE)
		return env->slots[slot_of(w->f, last)];
	return bc_value_top();
}

static struct bc_value eval_binary(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_node *n = &w->f->nodes[node];
	struct bc_value a, b;

	if (n->op == BC_OP_LAND || n->op == BC_OP_LOR)
		return eval_condition(w, node, env);
	a = eval(w, bc_kid(w->f, node, 0), env);
	b = eval(w, bc_kid(w->f, node, 1), env);
	return bc_value_binary((enum bc_op)n->op, &a, &b);
}

static struct bc_value eval(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_node *n = &w->f->nodes[node];
	struct bc_value value;

	switch ((enum bc_node_kind)n->kind) {
	case BC_N_INT: return bc_value_int(bc_node_int(w->f, n));
	case BC_N_STR:
		return (struct bc_value){
			.kind = BC_V_TEXT, .u.text = bc_fact_str(w->f->image->facts, n->ref)};
	case BC_N_FUNC: return bc_value_func(bc_node_sym(w->f, n));
	case BC_N_LOCAL:
		if (n->cls == BC_CLASS_ARRAY)
			return (struct bc_value){.kind = BC_V_LOCAL, .slot = n->ref};
		return env->slots[n->ref];
	case BC_N_FIELD: return eval_field(w, node, env);
	case BC_N_DEREF: /* *f of a function pointer is f; of anything else, unknown */
		value = eval(w, node + 1, env);
		return value.kind == BC_V_FUNCS ? value : bc_value_top();
	case BC_N_ADDR: return eval_address(w, node, env);
	case BC_N_UNARY: return eval_unary(w, node, env);
	case BC_N_BINARY: return eval_binary(w, node, env);
	case BC_N_ASSIGN: return eval_assign(w, node, env);
	case BC_N_COND: return eval_cond(w, node, env);
	case BC_N_ELVIS: return eval_elvis(w, node, env);
	case BC_N_COMMA: return eval_kids(w, node, env);
	case BC_N_CAST: return eval(w, node + 1, env);
	case BC_N_CALL: return eval_call(w, node, env);
	case BC_N_STMTEXPR: return eval_block(w, node + 1, env);
	case BC_N_VAR:
	case BC_N_NONE: return bc_value_top();
	case BC_N_INDEX:
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
	case BC_N_KIND_COUNT: exec(w, node, env); return bc_value_top();
	}
	return bc_value_top();
}

/* ---- conditions ---- */

/* The local whose value a condition's operand is: x, or x = ... */
static uint32_t tested_slot(const struct bc_func *f, uint32_t node)
{
	if (f->nodes[node].kind == BC_N_ASSIGN)
		return slot_of(f, bc_kid(f, node, 0));
	return slot_of(f, node);
}

/* Narrows the tested local on one side; the side dies when nothing remains. */
static void narrow(struct walk *w, struct bc_env *env, uint32_t operand,
	const struct bc_value *value, enum bc_op op, int64_t number, int truth)
{
	uint32_t slot = tested_slot(w->f, operand);
	int possible;
	struct bc_value kept = bc_value_refine(value, op, number, truth, &possible);

	if (!possible) {
		env->alive = 0;
		return;
	}
	if (slot != BC_NONE && !w->escaped[slot])
		env->slots[slot] = kept;
	/* "not the parent" is the child: the failed fork() is no place where anyone sleeps long */
	if (kept.kind == BC_V_FORK && !(kept.mask & BC_FORK_PARENT) && (kept.mask & BC_FORK_CHILD))
		env->child = 1;
}

static void decide(struct walk *w, uint32_t node, const struct bc_value *value, struct bc_env *yes,
	struct bc_env *no)
{
	enum bc_tri truth = bc_value_truth(value);

	if (truth == BC_YES)
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

static void branch_compare(struct walk *w, uint32_t node, struct bc_env *yes, struct bc_env *no)
{
	const struct bc_func *f = w->f;
	enum bc_op op = (enum bc_op)f->nodes[node].op;
	uint32_t left = bc_kid(f, node, 0), right = bc_kid(f, node, 1);
	struct bc_value a = eval(w, left, yes), b = eval(w, right, yes);
	struct bc_value value = bc_value_binary(op, &a, &b);

	bc_env_copy(no, yes, &w->scratch);
	decide(w, node, &value, yes, no);
	if (single_int(&b)) {
		narrow(w, yes, left, &a, op, b.u.ints[0], 1);
		narrow(w, no, left, &a, op, b.u.ints[0], 0);
	} else if (single_int(&a)) {
		narrow(w, yes, right, &b, mirrored(op), a.u.ints[0], 1);
		narrow(w, no, right, &b, mirrored(op), a.u.ints[0], 0);
	}
}

static void branch_value(struct walk *w, uint32_t node, struct bc_env *yes, struct bc_env *no)
{
	struct bc_value value = eval(w, node, yes);

	bc_env_copy(no, yes, &w->scratch);
	decide(w, node, &value, yes, no);
	narrow(w, yes, node, &value, BC_OP_NE, 0, 1);
	narrow(w, no, node, &value, BC_OP_NE, 0, 0);
}

/* a && b, a || b: the right side only runs where the left did not settle it. */
static void branch_logical(struct walk *w, uint32_t node, struct bc_env *yes, struct bc_env *no)
{
	const struct bc_func *f = w->f;
	int is_and = f->nodes[node].op == BC_OP_LAND;
	struct bc_env *goes_on = is_and ? yes : no, *settled = is_and ? no : yes;
	struct bc_env second;

	branch(w, bc_kid(f, node, 0), yes, no);
	if (!goes_on->alive)
		return;
	bc_env_copy(&second, goes_on, &w->scratch);
	if (is_and)
		branch(w, bc_kid(f, node, 1), goes_on, &second);
	else
		branch(w, bc_kid(f, node, 1), &second, goes_on);
	bc_env_join(settled, &second, &w->scratch);
}

/* Runs a condition: `yes` comes in, `yes` and `no` go out as the environments of the two sides. */
static void branch(struct walk *w, uint32_t node, struct bc_env *yes, struct bc_env *no)
{
	const struct bc_node *n = &w->f->nodes[node];

	if (n->kind == BC_N_CAST)
		branch(w, node + 1, yes, no);
	else if (n->kind == BC_N_UNARY && n->op == BC_OP_LNOT) {
		struct bc_env swap;

		branch(w, node + 1, yes, no);
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

/* ---- statements ---- */

static void exec_if(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	struct bc_env no;

	bc_env_copy(&no, env, &w->scratch);
	branch(w, bc_kid(f, node, 0), env, &no);
	exec(w, bc_kid(f, node, 1), env);
	exec(w, bc_kid(f, node, 2), &no);
	bc_env_join(env, &no, &w->scratch);
}

/* Whatever the subtree assigns, or hands out the address of, is unknown from here on. */
static void forget_assigned(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	uint32_t end = node + f->nodes[node].size;

	for (uint32_t i = node; i < end; i++) {
		const struct bc_node *n = &f->nodes[i];
		int increments =
			n->kind == BC_N_UNARY && n->op >= BC_OP_PREINC && n->op <= BC_OP_POSTDEC;
		uint32_t target = i + 1, slot;

		if (n->kind != BC_N_ASSIGN && n->kind != BC_N_ADDR && !increments)
			continue;
		if (f->nodes[target].kind == BC_N_FIELD)
			slot = record_slot(w, target + 1, env);
		else
			slot = slot_of(f, target);
		if (slot != BC_NONE)
			bc_env_forget(env, slot);
	}
}

static void exec_loop(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	uint32_t condition = bc_kid(f, node, 0), step = bc_kid(f, node, 1),
		 body = bc_kid(f, node, 2);
	struct frame frame = {.up = w->frame, .node = node};
	struct bc_env exits;

	forget_assigned(w, node, env);
	frame.breaks.alive = 0;
	w->frame = &frame;
	if (f->nodes[node].op == BC_LOOP_DO) {
		struct bc_env entry;

		bc_env_copy(&entry, env, &w->scratch);
		exec(w, body, env);
		/* continue leads to the condition, with nothing known that the body changed */
		bc_env_join(env, &entry, &w->scratch);
		bc_env_copy(&exits, env, &w->scratch);
		branch(w, condition, env, &exits);
	} else {
		bc_env_copy(&exits, env, &w->scratch);
		if (f->nodes[condition].kind == BC_N_NONE)
			exits.alive = 0;
		else
			branch(w, condition, env, &exits);
		exec(w, body, env);
		env->alive = 1; /* continue may come from anywhere in the body */
		exec(w, step, env);
	}
	w->frame = frame.up;
	bc_env_join(&exits, &frame.breaks, &w->scratch);
	*env = exits;
}

static int has_default(const struct bc_func *f, uint32_t body)
{
	for (uint32_t i = body; i < body + f->nodes[body].size; i++)
		if (f->nodes[i].kind == BC_N_DEFAULT)
			return 1;
	return 0;
}

static void exec_switch(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	uint32_t subject = bc_kid(f, node, 0), body = bc_kid(f, node, 1);
	struct frame frame = {.up = w->frame, .is_switch = 1, .subject = subject, .node = node};
	struct bc_env head;

	eval(w, subject, env);
	bc_env_copy(&head, env, &w->scratch);
	frame.head = &head;
	frame.breaks.alive = 0;
	w->frame = &frame;
	env->alive = 0;
	exec(w, body, env);
	w->frame = frame.up;
	bc_env_join(env, &frame.breaks, &w->scratch);
	if (!has_default(f, body))
		bc_env_join(env, &head, &w->scratch);
}

static struct frame *enclosing_switch(struct walk *w)
{
	struct frame *frame = w->frame;

	while (frame && !frame->is_switch)
		frame = frame->up;
	return frame;
}

/* The value switched on, without running its side effects a second time. */
static struct bc_value switch_value(struct walk *w, const struct frame *frame)
{
	uint32_t slot = tested_slot(w->f, frame->subject);
	const struct bc_node *n = &w->f->nodes[frame->subject];

	if (slot != BC_NONE)
		return frame->head->slots[slot];
	if (n->kind == BC_N_CALL)
		return call_result(
			w, bc_program_call_at(w->interp->program, w->func, frame->subject));
	return n->kind == BC_N_INT ? bc_value_int(bc_node_int(w->f, n)) : bc_value_top();
}

static void exec_case(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	struct frame *frame = enclosing_switch(w);
	const struct bc_node *low = &f->nodes[node + 1];
	struct bc_env entry;

	if (!frame)
		return;
	bc_env_copy(&entry, frame->head, &w->scratch);
	if (low->kind == BC_N_INT && f->nodes[bc_kid(f, node, 1)].kind == BC_N_NONE) {
		struct bc_value value = switch_value(w, frame);

		narrow(w, &entry, frame->subject, &value, BC_OP_EQ, bc_node_int(f, low), 1);
	}
	if (entry.alive)
		bc_env_add_guard(&entry, &w->scratch, node, 1);
	bc_env_join(env, &entry, &w->scratch);
}

/* default: the values that no case of the same switch takes. */
static void exec_default(struct walk *w, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	struct frame *frame = enclosing_switch(w);
	struct bc_env entry;
	struct bc_value value;
	uint32_t end;

	if (!frame)
		return;
	bc_env_copy(&entry, frame->head, &w->scratch);
	value = switch_value(w, frame);
	end = frame->node + f->nodes[frame->node].size;
	for (uint32_t i = bc_kid(f, frame->node, 1); i < end && entry.alive; i++) {
		int possible = 1;

		if (f->nodes[i].kind == BC_N_SWITCH) {
			i += f->nodes[i].size - 1; /* its cases are its own */
			continue;
		}
		if (f->nodes[i].kind != BC_N_CASE || f->nodes[i + 1].kind != BC_N_INT ||
			f->nodes[bc_kid(f, i, 1)].kind != BC_N_NONE)
			continue;
		if (value.kind != BC_V_TOP)
			value = bc_value_refine(
				&value, BC_OP_NE, bc_node_int(f, &f->nodes[i + 1]), 1, &possible);
		entry.alive = (uint8_t)possible;
	}
	if (entry.alive && value.kind == BC_V_FORK)
		narrow(w, &entry, frame->subject, &value, BC_OP_NE, INT32_MIN, 1);
	bc_env_join(env, &entry, &w->scratch);
}

static void exec_label(struct walk *w, uint32_t label, struct bc_env *env)
{
	bc_env_join(env, &w->labels[label], &w->scratch);
	if (!w->back[label])
		return;
	/* reached again from below: nothing is known of the locals */
	env->alive = 1;
	for (uint32_t i = 0; i < env->nslots; i++)
		env->slots[i] = bc_value_top();
	env->nmemory = 0;
	env->guards = NULL;
}

static void leave(struct walk *w, struct bc_env *to, struct bc_env *env)
{
	bc_env_join(to, env, &w->scratch);
	env->alive = 0;
}

/*
 * Which statements of a block are on the way out: from them on, the process surely ends before the
 * block does. Filled from the end, one completion per statement.
 */
static uint8_t *mark_way_out(struct walk *w, uint32_t node, uint32_t nkids)
{
	const struct bc_func *f = w->f;
	uint32_t *kids = BC_NEW_ARRAY(&w->scratch, uint32_t, nkids);
	uint8_t *out = bc_arena_alloc(&w->scratch, nkids + 1);
	uint32_t n = 0;

	BC_EACH_KID(f, node, kid)
	kids[n++] = kid;
	while (n--) {
		int exits = bc_completes(w->interp->completion, w->func, kids[n]);

		if (bc_has_entry(f, kids[n]))
			continue; /* someone may jump in; the label decides for what follows it */
		out[n] = exits == 0 || (exits == BC_EXIT_NORMAL && out[n + 1]);
	}
	return out;
}

static void exec_block(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	uint32_t nkids = 0, i = 0;
	uint8_t *out;

	BC_EACH_KID(f, node, kid)
	nkids++;
	out = mark_way_out(w, node, nkids);
	BC_EACH_KID(f, node, kid)
	{
		if (out[i++])
			env->alive = 0;
		else if (env->alive || bc_has_entry(f, kid))
			exec(w, kid, env);
	}
}

static void exec(struct walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_node *n = &w->f->nodes[node];

	if (!env->alive && !bc_has_entry(w->f, node))
		return;
	switch ((enum bc_node_kind)n->kind) {
	case BC_N_BLOCK: exec_block(w, node, env); break;
	case BC_N_IF: exec_if(w, node, env); break;
	case BC_N_LOOP: exec_loop(w, node, env); break;
	case BC_N_SWITCH: exec_switch(w, node, env); break;
	case BC_N_CASE: exec_case(w, node, env); break;
	case BC_N_DEFAULT: exec_default(w, env); break;
	case BC_N_LABEL: exec_label(w, n->ref, env); break;
	case BC_N_GOTO:
		if (n->ref != BC_NONE)
			bc_env_join(&w->labels[n->ref], env, &w->scratch);
		env->alive = 0;
		break;
	case BC_N_RETURN:
		if (n->size > 1)
			eval(w, node + 1, env);
		env->alive = 0;
		break;
	case BC_N_BREAK:
		if (w->frame)
			leave(w, &w->frame->breaks, env);
		env->alive = 0;
		break;
	case BC_N_CONTINUE: env->alive = 0; break;
	case BC_N_NONE: break;
	case BC_N_INT:
	case BC_N_STR:
	case BC_N_FUNC:
	case BC_N_VAR:
	case BC_N_LOCAL:
	case BC_N_FIELD:
	case BC_N_INDEX:
	case BC_N_DEREF:
	case BC_N_ADDR:
	case BC_N_UNARY:
	case BC_N_BINARY:
	case BC_N_ASSIGN:
	case BC_N_COND:
	case BC_N_ELVIS:
	case BC_N_COMMA:
	case BC_N_CAST:
	case BC_N_CALL:
	case BC_N_INIT:
	case BC_N_SET:
	case BC_N_ELEM:
	case BC_N_STMTEXPR:
	case BC_N_OPAQUE:
	case BC_N_KIND_COUNT: eval(w, node, env); break;
	}
}

/* ---- a whole body ---- */

/* Locals whose address goes anywhere but straight into a call: changes to them are not seen. */
static void find_escaped(struct walk *w)
{
	const struct bc_func *f = w->f;

	for (uint32_t i = 0; i < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];
		uint32_t slot;

		if (n->kind != BC_N_ASSIGN && n->kind != BC_N_SET && n->kind != BC_N_ELEM &&
			n->kind != BC_N_RETURN)
			continue;
		for (uint32_t k = i + 1; k < i + n->size; k++) {
			if (f->nodes[k].kind == BC_N_CALL) {
				k += f->nodes[k].size - 1;
				continue;
			}
			if (f->nodes[k].kind != BC_N_ADDR)
				continue;
			slot = slot_of(f, k + 1);
			if (slot != BC_NONE && f->locals[slot].cls != BC_CLASS_RECORD)
				w->escaped[slot] = 1;
		}
	}
}

/* Labels that a later goto jumps back to. */
static void find_back_jumps(struct walk *w)
{
	const struct bc_func *f = w->f;
	uint8_t *seen = bc_arena_alloc(&w->scratch, f->nlabels + 1);
	int computed = 0;

	for (uint32_t i = 0; i < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];

		if (n->kind == BC_N_LABEL)
			seen[n->ref] = 1;
		else if (n->kind == BC_N_GOTO && n->ref == BC_NONE)
			computed = 1;
		else if (n->kind == BC_N_GOTO && seen[n->ref])
			w->back[n->ref] = 1;
	}
	if (computed)
		memset(w->back, 1, f->nlabels);
}

void bc_interp_run(const struct bc_interp *interp, uint32_t func, const struct bc_value *params,
	uint32_t nparams)
{
	const struct bc_func *f = &interp->program->funcs[func];
	struct walk w = {.interp = interp, .f = f, .func = func};
	struct bc_env env;

	w.labels = BC_NEW_ARRAY(&w.scratch, struct bc_env, f->nlabels);
	w.back = bc_arena_alloc(&w.scratch, f->nlabels);
	w.escaped = bc_arena_alloc(&w.scratch, f->nlocals);
	find_back_jumps(&w);
	find_escaped(&w);
	bc_env_init(&env, &w.scratch, f->nlocals);
	for (uint32_t i = 0; i < f->nparams && i < nparams; i++)
		if (!w.escaped[i])
			env.slots[i] = params[i];
	exec(&w, 0, &env);
	bc_arena_fini(&w.scratch);
}

struct bc_value bc_interp_pointee(
	const struct bc_env *env, const struct bc_value *pointer, const char *field)
{
	if (pointer->kind != BC_V_LOCAL)
		return bc_value_top();
	return bc_env_field(env, pointer->slot, field);
}

/* ---- functions that hand on fork()'s result ---- */

/* Does the body return the result of a fork-like call, directly or through a local? */
static int returns_fork(const struct bc_program *program, uint32_t func, const uint8_t *forks)
{
	const struct bc_func *f = &program->funcs[func];
	uint8_t *holds = bc_xmalloc(f->nlocals + 1);
	int found = 0;

	memset(holds, 0, f->nlocals + 1);
	for (uint32_t i = 0; i < f->nnodes && !found; i++) {
		const struct bc_node *n = &f->nodes[i];
		uint32_t value = n->kind == BC_N_ASSIGN ? bc_kid(f, i, 1) : i + 1;
		int is_fork;

		if (n->kind != BC_N_ASSIGN && !(n->kind == BC_N_RETURN && n->size > 1))
			continue;
		is_fork = f->nodes[value].kind == BC_N_CALL &&
			  f->nodes[value + 1].kind == BC_N_FUNC &&
			  forks[bc_node_sym(f, &f->nodes[value + 1])];
		if (n->kind == BC_N_RETURN)
			found = is_fork ||
				(f->nodes[value].kind == BC_N_LOCAL && holds[f->nodes[value].ref]);
		else if (is_fork && f->nodes[i + 1].kind == BC_N_LOCAL)
			holds[f->nodes[i + 1].ref] = 1;
	}
	free(holds);
	return found;
}

uint8_t *bc_find_forks(
	const struct bc_program *program, int (*is_fork)(void *, const char *), void *context)
{
	uint8_t *forks = bc_xmalloc(program->nsyms + 1);
	int changed = 1;

	for (uint32_t i = 0; i < program->nsyms; i++)
		forks[i] =
			program->syms[i].func == BC_NONE && is_fork(context, program->syms[i].name);
	while (changed) {
		changed = 0;
		for (uint32_t i = 0; i < program->ncalls; i++) {
			const struct bc_call *c = &program->calls[i];
			uint32_t sym = program->funcs[c->func].sym;

			if (c->sym == BC_NONE || sym == BC_NONE || !forks[c->sym] || forks[sym])
				continue;
			forks[sym] = (uint8_t)returns_fork(program, c->func, forks);
			changed |= forks[sym];
		}
	}
	return forks;
}
