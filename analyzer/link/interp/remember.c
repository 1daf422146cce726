/* The interpreter's memory: what it keeps in mind of locals, variables and fields of records. */
#include "link/interp/values.h"
#include "link/interp/walk.h"

/* ---- locals ---- */

uint32_t bc_walk_tested(const struct bc_func *f, uint32_t node)
{
	node = bc_uncast(f, node);
	return f->nodes[node].kind == BC_N_ASSIGN ? bc_kid(f, node, 0) : node;
}

/* The local whose value a condition's operand is: x, or x = ... */
uint32_t bc_walk_tested_slot(const struct bc_func *f, uint32_t node)
{
	return bc_local_at(f, bc_walk_tested(f, node));
}

void bc_walk_set_slot(struct bc_walk *w, struct bc_env *env, uint32_t slot, struct bc_value value)
{
	bc_env_forget(env, slot);
	if (!w->escaped[slot])
		env->slots[slot] = value;
}

/* ---- variables ---- */

/* A flag word of static storage, some bits of which are clear while the loop runs. */
static struct bc_value settled_value(uint64_t bits)
{
	if (bits == UINT64_MAX)
		return (struct bc_value){.kind = BC_V_INTS, .n = 1, .pad = 1};
	return (struct bc_value){
		.kind = bits ? BC_V_BITS : BC_V_TOP, .pad = 1, .u.bits.zeros = bits};
}

static int is_single(const struct bc_value *value)
{
	return value->kind == BC_V_INTS && value->n == 1;
}

struct bc_value bc_walk_variable_value(const struct bc_walk *w, uint32_t node)
{
	const struct bc_globals *globals = w->interp->globals;
	uint32_t sym = bc_node_sym(w->f, &w->f->nodes[node]);

	if (!globals)
		return bc_value_top();
	if (globals->settled[sym] && !is_single(&globals->constants[sym]))
		return settled_value(globals->settled[sym]);
	if (globals->filled[sym] && !is_single(&globals->constants[sym]))
		return (struct bc_value){.kind = BC_V_BITS, .pad = 1, .u.bits.ones = 1};
	return globals->constants[sym];
}

/* ---- fields of records ---- */

/* A field of a local record, directly or through a pointer known to point to one; else BC_NONE. */
uint32_t bc_walk_record(const struct bc_walk *w, uint32_t base, const struct bc_env *env)
{
	const struct bc_node *n = &w->f->nodes[base];
	uint32_t slot = bc_local_at(w->f, base);

	if (slot != BC_NONE &&
		(n->cls == BC_CLASS_RECORD || w->f->locals[slot].cls == BC_CLASS_RECORD))
		return slot;
	/* (*p).f is p's record; (*p)->f is that of what p points to */
	if (n->kind == BC_N_ADDR || (n->kind == BC_N_DEREF && n->cls == BC_CLASS_RECORD))
		return bc_walk_record(w, base + 1, env);
	if (slot != BC_NONE && env->slots[slot].kind == BC_V_LOCAL)
		return env->slots[slot].slot;
	return w->interp->fields ? slot : BC_NONE;
}

static const char *field_name(const struct bc_walk *w, uint32_t node)
{
	const struct bc_node *n = &w->f->nodes[node];

	return w->interp->program->fields[bc_node_field(w->f, n)].name;
}

uint32_t bc_walk_tested_field(const struct bc_walk *w, uint32_t node, const struct bc_env *env)
{
	uint32_t record;

	node = bc_walk_tested(w->f, node);
	if (w->f->nodes[node].kind != BC_N_FIELD)
		return BC_NONE;
	record = bc_walk_record(w, node + 1, env);
	if (record == BC_NONE || bc_walk_is_local_record(w, record) ||
		bc_fields_tracks(w->interp->fields, bc_node_field(w->f, &w->f->nodes[node])))
		return record;
	return BC_NONE;
}

struct bc_value bc_walk_field_value(
	const struct bc_walk *w, uint32_t node, const struct bc_env *env)
{
	uint32_t record = bc_walk_record(w, node + 1, env);

	if (w->f->nodes[node + 1].kind == BC_N_VAR && w->interp->globals)
		return settled_value(
			w->interp->globals
				->settled_fields[bc_node_field(w->f, &w->f->nodes[node])]);
	return record == BC_NONE ? bc_value_top() : bc_env_field(env, record, field_name(w, node));
}

void bc_walk_set_field(struct bc_walk *w, uint32_t node, struct bc_value value, struct bc_env *env)
{
	uint32_t record = bc_walk_tested_field(w, node, env);

	node = bc_walk_tested(w->f, node);
	if (record != BC_NONE)
		bc_env_set_field(env, record, field_name(w, node),
			bc_node_field(w->f, &w->f->nodes[node]), value);
}

/* x = {...} for a local record: named fields get values, the rest is zero. */
void bc_walk_init_record(struct bc_walk *w, uint32_t slot, uint32_t init, struct bc_env *env)
{
	bc_env_set_all_fields(env, slot, bc_value_int(0));
	BC_EACH_KID(w->f, init, kid)
	{
		struct bc_value value = bc_walk_eval(w, kid + 1, env);

		if (w->f->nodes[kid].kind == BC_N_SET)
			bc_env_set_field(env, slot, field_name(w, kid),
				bc_node_field(w->f, &w->f->nodes[kid]), value);
	}
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

/* ---- what somebody wrote ---- */

void bc_walk_forget_field(const struct bc_walk *w, struct bc_env *env, uint32_t field)
{
	for (uint32_t i = env->nmemory; i-- > 0;)
		if (env->memory[i].field == field &&
			!bc_walk_is_local_record(w, env->memory[i].slot))
			bc_env_drop_memory(env, i);
}

void bc_walk_forget_written(const struct bc_walk *w, struct bc_env *env, uint32_t call)
{
	for (uint32_t i = env->nmemory; i-- > 0;) {
		const struct bc_memory *m = &env->memory[i];

		if (bc_walk_is_local_record(w, m->slot))
			continue;
		if (m->field == BC_NONE || bc_fields_written_by(w->interp->fields, call, m->field))
			bc_env_drop_memory(env, i);
	}
}

/* *p = ...: of what p, or another pointer like it, points to, nothing is known. */
void bc_walk_forget_pointee(struct bc_walk *w, uint32_t pointer, struct bc_env *env)
{
	uint32_t slot = bc_interp_record(w->f, env, pointer);

	if (slot != BC_NONE && bc_walk_is_local_record(w, slot)) {
		bc_env_forget(env, slot);
		return;
	}
	for (uint32_t i = env->nmemory; i-- > 0;)
		if (!bc_walk_is_local_record(w, env->memory[i].slot))
			bc_env_drop_memory(env, i);
}
