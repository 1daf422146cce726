/* The interpreter's switches: what each case is reached with. */
#include "link/interp/values.h"
#include "link/interp/walk.h"

static int has_default(const struct bc_func *f, uint32_t body)
{
	for (uint32_t i = body; i < body + f->nodes[body].size; i++)
		if (f->nodes[i].kind == BC_N_DEFAULT)
			return 1;
	return 0;
}

void bc_walk_switch(struct bc_walk *w, uint32_t node, struct bc_env *env)
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

void bc_walk_case(struct bc_walk *w, uint32_t node, struct bc_env *env)
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
void bc_walk_default(struct bc_walk *w, struct bc_env *env)
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
