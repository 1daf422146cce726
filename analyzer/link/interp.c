#include "link/interp.h"

#include <string.h>

#include "link/values.h"
#include "link/walk.h"

/* ---- statements ---- */

static void exec_if(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	struct bc_env no;

	bc_env_copy(&no, env, &w->scratch);
	if (env->alive) /* else only a label inside brings control here */
		bc_walk_branch(w, bc_kid(f, node, 0), env, &no);
	bc_walk_exec(w, bc_kid(f, node, 1), env);
	bc_walk_exec(w, bc_kid(f, node, 2), &no);
	bc_env_join(env, &no, &w->scratch);
}

/* One write in a loop's body, to the lvalue `target`. */
static void forget_target(struct bc_walk *w, uint32_t target, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	int is_field = f->nodes[target].kind == BC_N_FIELD;
	uint32_t slot = is_field ? bc_walk_record(w, target + 1, env) : bc_local_at(f, target);

	if (is_field)
		bc_walk_forget_field(w, env, bc_node_field(f, &f->nodes[target]));
	if (slot != BC_NONE && (!is_field || f->locals[slot].cls == BC_CLASS_RECORD))
		bc_env_forget(env, slot);
}

/* Whatever the subtree assigns, or hands out the address of, is unknown from here on. */
static void forget_assigned(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	uint32_t end = node + f->nodes[node].size;

	for (uint32_t i = node; i < end; i++) {
		const struct bc_node *n = &f->nodes[i];
		int increments = bc_node_increments(n);

		if (n->kind == BC_N_CALL)
			bc_walk_forget_written(
				w, env, bc_program_call_at(w->interp->program, w->func, i));
		if (n->kind == BC_N_ASSIGN || n->kind == BC_N_ADDR || increments)
			forget_target(w, i + 1, env);
	}
}

static void exec_do(struct bc_walk *w, uint32_t node, struct bc_env *env, struct bc_env *exits)
{
	struct bc_env entry;

	bc_env_copy(&entry, env, &w->scratch);
	bc_walk_exec(w, bc_kid(w->f, node, 2), env);
	/* continue leads to the condition, with nothing known that the body changed */
	bc_env_join(env, &entry, &w->scratch);
	bc_env_copy(exits, env, &w->scratch);
	if (env->alive)
		bc_walk_branch(w, bc_kid(w->f, node, 0), env, exits);
}

/* while and for. A loop that is not reached may still be entered by a label in its body. */
static void exec_while(struct bc_walk *w, uint32_t node, struct bc_env *env, struct bc_env *exits)
{
	const struct bc_func *f = w->f;
	uint32_t condition = bc_kid(f, node, 0);
	int reached = env->alive;

	bc_env_copy(exits, env, &w->scratch);
	if (f->nodes[condition].kind == BC_N_NONE)
		exits->alive = 0;
	else if (reached)
		bc_walk_branch(w, condition, env, exits);
	bc_walk_exec(w, bc_kid(f, node, 2), env);
	if (!reached)
		bc_env_join(exits, env, &w->scratch);
	else
		env->alive = 1; /* continue may come from anywhere in the body */
	if (env->alive)
		bc_walk_exec(w, bc_kid(f, node, 1), env);
}

static void exec_loop(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	struct bc_frame frame; /* filled in by hand: it is large, and mostly not looked at */
	int way_out = w->way_out;
	struct bc_env exits;

	frame.up = w->frame;
	frame.node = node;
	frame.is_switch = 0;
	forget_assigned(w, node, env);
	frame.breaks.alive = 0;
	w->frame = &frame;
	w->way_out = 0; /* the body's end leads to its start */
	if (w->f->nodes[node].op == BC_LOOP_DO)
		exec_do(w, node, env, &exits);
	else
		exec_while(w, node, env, &exits);
	w->way_out = way_out;
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

static void exec_switch(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	uint32_t subject = bc_kid(f, node, 0), body = bc_kid(f, node, 1);
	struct bc_frame frame; /* as in exec_loop() */
	struct bc_env head;

	frame.up = w->frame;
	frame.node = node;
	frame.is_switch = 1;
	frame.subject = subject;
	if (env->alive)
		bc_walk_eval(w, subject, env);
	bc_env_copy(&head, env, &w->scratch);
	frame.head = &head;
	frame.breaks.alive = 0;
	w->frame = &frame;
	env->alive = 0;
	bc_walk_exec(w, body, env);
	w->frame = frame.up;
	bc_env_join(env, &frame.breaks, &w->scratch);
	if (!has_default(f, body))
		bc_env_join(env, &head, &w->scratch);
}

static struct bc_frame *enclosing_switch(struct bc_walk *w)
{
	struct bc_frame *frame = w->frame;

	while (frame && !frame->is_switch)
		frame = frame->up;
	return frame;
}

/* The value switched on, without running its side effects a second time. */
static struct bc_value switch_value(struct bc_walk *w, const struct bc_frame *frame)
{
	const struct bc_node *n = &w->f->nodes[frame->subject];
	uint32_t slot = bc_walk_tested_slot(w->f, frame->subject);

	if (slot != BC_NONE)
		return frame->head->slots[slot];
	if (bc_walk_tested_field(w, frame->subject, frame->head) != BC_NONE)
		return bc_walk_field_value(w, bc_walk_tested(w->f, frame->subject), frame->head);
	if (n->kind == BC_N_CALL)
		return bc_walk_call_result(
			w, bc_program_call_at(w->interp->program, w->func, frame->subject));
	if (n->kind == BC_N_DEREF || n->kind == BC_N_INDEX || n->kind == BC_N_CAST)
		return bc_walk_letter(w, frame->subject, frame->head);
	return n->kind == BC_N_INT ? bc_value_int(bc_node_int(w->f, n)) : bc_value_top();
}

static void exec_case(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	struct bc_frame *frame = enclosing_switch(w);
	const struct bc_node *low = &f->nodes[node + 1];
	struct bc_env entry;

	if (!frame)
		return;
	bc_env_copy(&entry, frame->head, &w->scratch);
	if (low->kind == BC_N_INT && f->nodes[bc_kid(f, node, 1)].kind == BC_N_NONE) {
		struct bc_value value = switch_value(w, frame);

		bc_walk_narrow(w, &entry, frame->subject, &value, BC_OP_EQ, bc_node_int(f, low), 1);
	}
	if (entry.alive)
		bc_env_add_guard(&entry, &w->scratch, node, 1);
	bc_env_join(env, &entry, &w->scratch);
}

/* default: the values that no case of the same switch takes. */
static void exec_default(struct bc_walk *w, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	struct bc_frame *frame = enclosing_switch(w);
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
		bc_walk_narrow(w, &entry, frame->subject, &value, BC_OP_NE, INT32_MIN, 1);
	bc_env_join(env, &entry, &w->scratch);
}

static void forget_everything(struct bc_env *env)
{
	for (uint32_t i = 0; i < env->nslots; i++)
		env->slots[i] = bc_value_top();
	env->nmemory = 0;
}

static void exec_label(struct bc_walk *w, uint32_t label, struct bc_env *env)
{
	bc_env_join(env, &w->labels[label], &w->scratch);
	if (!w->back[label])
		return;
	/* reached again from below: what the body changes is not known, the rest stays */
	if (env->alive)
		forget_assigned(w, 0, env);
	else
		forget_everything(env);
	env->alive = 1;
	env->guards = NULL;
}

static void leave(struct bc_walk *w, struct bc_env *to, struct bc_env *env)
{
	bc_env_join(to, env, &w->scratch);
	env->alive = 0;
}

/*
 * Which statements of a block are on the way out: from them on, the process surely ends, in the
 * block or, where `way_out`, behind it. Filled from the end, one completion per statement.
 */
static uint8_t *mark_way_out(struct bc_walk *w, uint32_t node, uint32_t nkids, int way_out)
{
	const struct bc_func *f = w->f;
	uint32_t *kids = BC_NEW_ARRAY(&w->scratch, uint32_t, nkids);
	uint8_t *out = bc_arena_alloc(&w->scratch, nkids + 1);
	uint32_t n = 0;

	BC_EACH_KID(f, node, kid)
	kids[n++] = kid;
	out[n] = (uint8_t)way_out;
	while (n--) {
		int exits = bc_completes(w->interp->completion, w->func, kids[n]);

		if (bc_has_entry(f, kids[n]))
			continue; /* someone may jump in; the label decides for what follows it */
		out[n] = exits == 0 || (exits == BC_EXIT_NORMAL && out[n + 1]);
	}
	return out;
}

static void exec_block(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	uint32_t nkids = 0, i = 0;
	int way_out = w->way_out;
	uint8_t *out;

	BC_EACH_KID(f, node, kid)
	nkids++;
	out = mark_way_out(w, node, nkids, way_out);
	if (w->interp->to_the_end)
		memset(out, 0, nkids + 1);
	BC_EACH_KID(f, node, kid)
	{
		w->way_out = out[i + 1];
		if (out[i++])
			env->alive = 0;
		else if (env->alive || bc_has_entry(f, kid))
			bc_walk_exec(w, kid, env);
	}
	w->way_out = way_out;
}

/* What is evaluated on the way to the end of the process blocks nobody. */
static void exec_expression(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	int ends = !bc_completes(w->interp->completion, w->func, node);

	if (w->interp->to_the_end || (!w->way_out && !ends))
		bc_walk_eval(w, node, env);
	if (w->way_out || ends)
		env->alive = 0;
}

void bc_walk_exec(struct bc_walk *w, uint32_t node, struct bc_env *env)
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
			bc_walk_eval(w, node + 1, env);
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
	case BC_N_KIND_COUNT: exec_expression(w, node, env); break;
	}
}

/* ---- a whole body ---- */

/* Locals whose address goes anywhere but straight into a call: changes to them are not seen. */
static void find_escaped(struct bc_walk *w)
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
			slot = bc_local_at(f, k + 1);
			if (slot != BC_NONE && f->locals[slot].cls != BC_CLASS_RECORD)
				w->escaped[slot] = 1;
		}
	}
}

/* Labels that a later goto jumps back to. */
static void find_back_jumps(struct bc_walk *w)
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

/* The address of a caller's local names none of the callee's. */
static struct bc_value as_parameter(const struct bc_value *value)
{
	return value->kind == BC_V_LOCAL ? (struct bc_value){.kind = BC_V_NONNULL} : *value;
}

/* What the caller knows of fields of what its arguments point to. */
static void enter_fields(const struct bc_walk *w, const struct bc_value *values, uint32_t nvalues,
	struct bc_env *env)
{
	const struct bc_fields *fields = w->interp->fields;

	for (uint32_t i = 0; fields && i < nvalues && i < fields->nwanted[w->func]; i++) {
		struct bc_wanted_field wish = fields->wanted[w->func][i];

		bc_env_set_field(env, wish.param, w->interp->program->fields[wish.field].name,
			wish.field, values[i]);
	}
}

void bc_interp_run(const struct bc_interp *interp, uint32_t func, const struct bc_value *values,
	uint32_t nvalues)
{
	const struct bc_func *f = &interp->program->funcs[func];
	struct bc_walk w = {.interp = interp, .f = f, .func = func};
	struct bc_env env;

	w.labels = BC_NEW_ARRAY(&w.scratch, struct bc_env, f->nlabels);
	w.back = bc_arena_alloc(&w.scratch, f->nlabels);
	w.escaped = bc_arena_alloc(&w.scratch, f->nlocals);
	find_back_jumps(&w);
	find_escaped(&w);
	bc_env_init(&env, &w.scratch, f->nlocals);
	for (uint32_t i = 0; i < f->nparams && i < nvalues; i++)
		if (!w.escaped[i])
			env.slots[i] = as_parameter(&values[i]);
	if (nvalues > f->nparams)
		enter_fields(&w, values + f->nparams, nvalues - f->nparams, &env);
	bc_walk_exec(&w, 0, &env);
	bc_arena_fini(&w.scratch);
}

uint32_t bc_interp_record(const struct bc_func *f, const struct bc_env *env, uint32_t node)
{
	uint32_t slot;

	while (f->nodes[node].kind == BC_N_CAST ||
		(f->nodes[node].kind == BC_N_ADDR && f->nodes[node + 1].kind == BC_N_DEREF))
		node += f->nodes[node].kind == BC_N_ADDR ? 2 : 1; /* &*p is p */
	if (f->nodes[node].kind == BC_N_ADDR)
		return bc_local_at(f, node + 1);
	slot = bc_local_at(f, node);
	return slot != BC_NONE && env->slots[slot].kind == BC_V_LOCAL ? env->slots[slot].slot
								      : slot;
}
