#include "link/interp/interp.h"

#include <string.h>

#include "link/interp/values.h"
#include "link/interp/walk.h"

/* ---- statements ---- */

static void exec_if(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	struct bc_env no;

	if (env->alive)
		bc_walk_branch(w, bc_kid(f, node, 0), env, &no);
	else /* only a label inside brings control here */
		bc_env_copy(&no, env, &w->scratch);
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
	if (env->alive)
		bc_walk_branch(w, bc_kid(w->f, node, 0), env, exits);
	else
		bc_env_copy(exits, env, &w->scratch);
}

/* while and for. A loop that is not reached may still be entered by a label in its body. */
static void exec_while(struct bc_walk *w, uint32_t node, struct bc_env *env, struct bc_env *exits)
{
	const struct bc_func *f = w->f;
	uint32_t condition = bc_kid(f, node, 0);
	int reached = env->alive;

	if (reached && f->nodes[condition].kind != BC_N_NONE)
		bc_walk_branch(w, condition, env, exits);
	else
		bc_env_copy(exits, env, &w->scratch);
	if (f->nodes[condition].kind == BC_N_NONE)
		exits->alive = 0;
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
	case BC_N_SWITCH: bc_walk_switch(w, node, env); break;
	case BC_N_CASE: bc_walk_case(w, node, env); break;
	case BC_N_DEFAULT: bc_walk_default(w, env); break;
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

	if (!f->nlabels)
		return;
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

	w.labels = bc_arena_raw(&w.scratch, f->nlabels * sizeof(*w.labels));
	for (uint32_t i = 0; i < f->nlabels; i++)
		w.labels[i].alive = 0; /* the rest is filled in by who comes there first */
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
