/* The interpreter's expressions: values, assignments, calls. */
#include <string.h>

#include "link/values.h"
#include "link/walk.h"

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

static void set_slot(struct bc_walk *w, struct bc_env *env, uint32_t slot, struct bc_value value)
{
	bc_env_forget(env, slot);
	if (!w->escaped[slot])
		env->slots[slot] = value;
}

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

static int is_local_record(const struct bc_walk *w, uint32_t slot)
{
	return w->f->locals[slot].cls == BC_CLASS_RECORD;
}

void bc_walk_forget_field(const struct bc_walk *w, struct bc_env *env, uint32_t field)
{
	for (uint32_t i = env->nmemory; i-- > 0;)
		if (env->memory[i].field == field && !is_local_record(w, env->memory[i].slot))
			bc_env_drop_memory(env, i);
}

void bc_walk_forget_written(const struct bc_walk *w, struct bc_env *env, uint32_t call)
{
	for (uint32_t i = env->nmemory; i-- > 0;) {
		const struct bc_memory *m = &env->memory[i];

		if (is_local_record(w, m->slot))
			continue;
		if (m->field == BC_NONE || bc_fields_written_by(w->interp->fields, call, m->field))
			bc_env_drop_memory(env, i);
	}
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
	if (record == BC_NONE || is_local_record(w, record) ||
		bc_fields_tracks(w->interp->fields, bc_node_field(w->f, &w->f->nodes[node])))
		return record;
	return BC_NONE;
}

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

static struct bc_value variable_value(const struct bc_walk *w, uint32_t node)
{
	const struct bc_globals *globals = w->interp->globals;
	uint32_t sym = bc_node_sym(w->f, &w->f->nodes[node]);

	if (!globals)
		return bc_value_top();
	if (globals->settled[sym] && !is_single(&globals->constants[sym]))
		return settled_value(globals->settled[sym]);
	return globals->constants[sym];
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
static void init_record(struct bc_walk *w, uint32_t slot, uint32_t init, struct bc_env *env)
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

/* *p = ...: of what p, or another pointer like it, points to, nothing is known. */
static void forget_pointee(struct bc_walk *w, uint32_t pointer, struct bc_env *env)
{
	uint32_t slot = bc_interp_record(w->f, env, pointer);

	if (slot != BC_NONE && is_local_record(w, slot)) {
		bc_env_forget(env, slot);
		return;
	}
	for (uint32_t i = env->nmemory; i-- > 0;)
		if (!is_local_record(w, env->memory[i].slot))
			bc_env_drop_memory(env, i);
}

static struct bc_value eval_assign(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	const struct bc_node *n = &f->nodes[node];
	uint32_t target = bc_kid(f, node, 0), source = bc_kid(f, node, 1);
	uint32_t slot = bc_local_at(f, target);
	struct bc_value value, old;

	if (slot != BC_NONE && f->nodes[source].kind == BC_N_INIT &&
		f->locals[slot].cls == BC_CLASS_RECORD) {
		init_record(w, slot, source, env);
		return bc_value_top();
	}
	old = bc_walk_eval(w, target, env);
	value = bc_walk_eval(w, source, env);
	if (n->op != BC_OP_NONE)
		value = bc_value_binary((enum bc_op)n->op, &old, &value);
	if (slot != BC_NONE) {
		set_slot(w, env, slot, value);
	} else if (f->nodes[target].kind == BC_N_INDEX && bc_local_at(f, target + 1) != BC_NONE) {
		slot = bc_local_at(f, target + 1);
		if (env->slots[slot].kind == BC_V_TEXT)
			bc_env_forget(env, slot);
	} else if (f->nodes[target].kind == BC_N_FIELD) {
		/* another pointer may lead to the same record */
		bc_walk_forget_field(w, env, bc_node_field(f, &f->nodes[target]));
		bc_walk_set_field(w, target, value, env);
	} else if (f->nodes[target].kind == BC_N_DEREF) {
		forget_pointee(w, target + 1, env);
	}
	return value;
}

/* The name of a local array, which is a pointer to its start by now. */
static int is_array(const struct bc_func *f, uint32_t node)
{
	return f->nodes[node].kind == BC_N_LOCAL &&
	       f->locals[f->nodes[node].ref].cls == BC_CLASS_ARRAY;
}

/* The array, or the pointer whose address this is, that an argument lets a call write a text to. */
static uint32_t text_slot(const struct bc_walk *w, uint32_t node)
{
	const struct bc_func *f = w->f;

	node = bc_uncast(f, node);
	if (f->nodes[node].kind == BC_N_ADDR)
		return bc_local_at(f, node + 1);
	return is_array(f, node) ? f->nodes[node].ref : BC_NONE;
}

/*
 * snprintf(path, sizeof(path), "/proc/%d", pid): the array begins with the format now. Returns what
 * the call yields, where that is the text.
 */
static struct bc_value write_text(
	struct bc_walk *w, const struct bc_call_event *event, struct bc_env *env)
{
	const struct bc_call *c = &w->interp->program->calls[event->call];
	struct bc_text_rule rule = {0, 0};
	struct bc_value text;
	uint32_t target, slot;

	if (w->interp->texts && c->sym != BC_NONE)
		rule = w->interp->texts[c->sym];
	if (!rule.from || rule.from > event->nargs)
		return bc_value_top();
	text = event->args[rule.from - 1];
	if (text.kind != BC_V_TEXT)
		return bc_value_top();
	text.pad |= strchr(text.u.text, '%') != NULL;
	if (!rule.into)
		return text;
	target = bc_call_argument(w->f, c->node, rule.into);
	slot = target == BC_NONE ? BC_NONE : text_slot(w, target);
	if (slot != BC_NONE)
		set_slot(w, env, slot, text);
	return bc_value_top();
}

/* A text that a call only reads is still known afterwards. */
static int keeps_text(const struct bc_walk *w, uint32_t call, int arg, const struct bc_value *value)
{
	const struct bc_call *c = &w->interp->program->calls[call];
	uint32_t type = c->sym == BC_NONE ? c->type : w->interp->program->syms[c->sym].type;

	return value->kind == BC_V_TEXT && !bc_may_write_argument(w->interp->program, type, arg);
}

static void forget_fields_of(struct bc_walk *w, uint32_t slot, struct bc_env *env)
{
	for (uint32_t i = env->nmemory; i-- > 0;)
		if (env->memory[i].slot == slot && !is_local_record(w, slot))
			env->memory[i] = env->memory[--env->nmemory];
}

/* The local that a call receives, or the one that its argument points to, may have changed. */
static void forget_given(
	struct bc_walk *w, uint32_t slot, uint32_t call, int arg, struct bc_env *env)
{
	const struct bc_fields *fields = w->interp->fields;

	if (!fields || !is_local_record(w, slot) || bc_fields_spoiled_by(fields, call, arg)) {
		bc_env_forget(env, slot);
		return;
	}
	/* the callee does no more to the record than to write some fields; which, is known of those
	 * that are tracked */
	if (bc_fields_only_reads(fields, call, arg))
		return;
	for (uint32_t i = env->nmemory; i-- > 0;)
		if (env->memory[i].slot == slot && env->memory[i].field != BC_NONE &&
			bc_fields_written_by(fields, call, env->memory[i].field))
			bc_env_drop_memory(env, i);
	bc_env_drop_rest(env, slot);
}

/* Locals whose address a call receives may have changed when it returns. */
static void forget_out_arguments(
	struct bc_walk *w, uint32_t arg, uint32_t call, int nth, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	uint32_t end = arg + f->nodes[arg].size;

	for (uint32_t i = arg; i < end; i++) {
		uint32_t slot = BC_NONE;

		if (f->nodes[i].kind == BC_N_ADDR)
			slot = bc_local_at(f, i + 1);
		else if (is_array(f, i))
			slot = f->nodes[i].ref;
		else if (f->nodes[i].kind == BC_N_LOCAL &&
			 env->slots[f->nodes[i].ref].kind == BC_V_LOCAL)
			slot = env->slots[f->nodes[i].ref].slot;
		if (slot != BC_NONE)
			forget_given(w, slot, call, nth, env);
		else if (f->nodes[i].kind == BC_N_ADDR && f->nodes[i + 1].kind == BC_N_FIELD)
			bc_walk_forget_field(w, env, bc_node_field(f, &f->nodes[i + 1]));
	}
	/* what a pointer points to */
	if (w->interp->fields && bc_local_at(f, arg) != BC_NONE &&
		bc_fields_spoiled_by(w->interp->fields, call, nth))
		forget_fields_of(w, bc_local_at(f, arg), env);
}

static int is_memset_zero(const struct bc_walk *w, const struct bc_call_event *event)
{
	uint32_t sym = w->interp->program->calls[event->call].sym;

	return sym != BC_NONE && event->nargs >= 2 &&
	       !strcmp(w->interp->program->syms[sym].name, "memset") &&
	       bc_value_truth(&event->args[1]) == BC_NO;
}

/*
 * What `slot` points to is zero: the fields that it is known to have, that is those that the
 * function itself names, and those that its callees want to know.
 */
static void zero_pointee(struct bc_walk *w, uint32_t slot, struct bc_env *env)
{
	const struct bc_program *program = w->interp->program;
	const char *record = NULL;

	for (uint32_t i = 0; i < w->f->nnodes && !record; i++)
		if (w->f->nodes[i].kind == BC_N_FIELD && bc_local_at(w->f, i + 1) == slot)
			record = program->fields[bc_node_field(w->f, &w->f->nodes[i])].record_key;
	for (uint32_t i = 0; record && i < w->interp->fields->ntracked; i++) {
		uint32_t field = w->interp->fields->tracked[i];

		if (!strcmp(program->fields[field].record_key, record))
			bc_env_set_field(
				env, slot, program->fields[field].name, field, bc_value_int(0));
	}
}

/* memset(x, 0, ...) of a local record, an array, or what a pointer points to. */
static void apply_memset(
	struct bc_walk *w, uint32_t node, const struct bc_value *target, struct bc_env *env)
{
	uint32_t slot = bc_interp_record(w->f, env, bc_call_argument(w->f, node, 1));

	if (target->kind == BC_V_LOCAL)
		bc_env_set_all_fields(env, target->slot, bc_value_int(0));
	else if (slot != BC_NONE && w->interp->fields)
		zero_pointee(w, slot, env);
}

struct bc_value bc_walk_call_result(const struct bc_walk *w, uint32_t call)
{
	uint32_t sym = w->interp->program->calls[call].sym;

	if (sym != BC_NONE && w->interp->forks[sym])
		return (struct bc_value){
			.kind = BC_V_FORK, .mask = BC_FORK_ERROR | BC_FORK_CHILD | BC_FORK_PARENT};
	return bc_value_top();
}

static struct bc_value eval_call(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	const struct bc_func *f = w->f;
	struct bc_value args[BC_MAX_ARGS];
	struct bc_call_event event = {.func = w->func, .args = args, .env = env};
	struct bc_value result;
	int first = 1, nth = 0;

	event.call = bc_program_call_at(w->interp->program, w->func, node);
	BC_EACH_KID(f, node, kid)
	{
		struct bc_value value = bc_walk_eval(w, kid, env);

		if (first)
			event.callee = value;
		else if (event.nargs < BC_MAX_ARGS)
			args[event.nargs++] = value;
		first = 0;
	}
	w->interp->call(w->interp->context, &event);
	if (is_memset_zero(w, &event)) {
		apply_memset(w, node, &args[0], env);
		return args[0];
	}
	BC_EACH_KID(f, node, kid)
	if (kid != node + 1) {
		if (nth >= event.nargs || !keeps_text(w, event.call, nth + 1, &args[nth]))
			forget_out_arguments(w, kid, event.call, nth + 1, env);
		nth++;
	}
	if (w->interp->fields)
		bc_walk_forget_written(w, env, event.call);
	result = write_text(w, &event, env);
	return result.kind == BC_V_TEXT ? result : bc_walk_call_result(w, event.call);
}

static struct bc_value eval_condition(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	struct bc_env no;
	struct bc_value value;

	bc_env_copy(&no, env, &w->scratch);
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

	bc_env_copy(&no, env, &w->scratch);
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
	uint32_t slot;

	if (!bc_node_increments(n))
		return bc_value_unary((enum bc_op)n->op, &value);
	changed = bc_value_binary(
		n->op == BC_OP_PREINC || n->op == BC_OP_POSTINC ? BC_OP_ADD : BC_OP_SUB, &value,
		&one);
	slot = bc_local_at(w->f, node + 1);
	if (slot != BC_NONE) {
		set_slot(w, env, slot, changed);
	} else if (w->f->nodes[node + 1].kind == BC_N_FIELD) {
		bc_walk_forget_field(w, env, bc_node_field(w->f, &w->f->nodes[node + 1]));
		bc_walk_set_field(w, node + 1, changed, env);
	}
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

struct bc_value bc_walk_eval(struct bc_walk *w, uint32_t node, struct bc_env *env)
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
		if (is_array(w->f, node) && env->slots[n->ref].kind != BC_V_TEXT)
			return (struct bc_value){.kind = BC_V_LOCAL, .slot = n->ref};
		return env->slots[n->ref];
	case BC_N_FIELD: return eval_field(w, node, env);
	case BC_N_DEREF: /* *f of a function pointer is f; of anything else, unknown */
		value = bc_walk_eval(w, node + 1, env);
		return value.kind == BC_V_FUNCS ? value : bc_value_top();
	case BC_N_ADDR: return eval_address(w, node, env);
	case BC_N_UNARY: return eval_unary(w, node, env);
	case BC_N_BINARY: return eval_binary(w, node, env);
	case BC_N_ASSIGN: return eval_assign(w, node, env);
	case BC_N_COND: return eval_cond(w, node, env);
	case BC_N_ELVIS: return eval_elvis(w, node, env);
	case BC_N_COMMA: return eval_kids(w, node, env);
	case BC_N_CAST: return bc_walk_eval(w, node + 1, env);
	case BC_N_CALL: return eval_call(w, node, env);
	case BC_N_STMTEXPR: return eval_block(w, node + 1, env);
	case BC_N_VAR: return variable_value(w, node);
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
	case BC_N_KIND_COUNT: bc_walk_exec(w, node, env); return bc_value_top();
	}
	return bc_value_top();
}
