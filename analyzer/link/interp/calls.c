/* The interpreter's calls: it tells its user of them, and what is known afterwards. */
#include <string.h>

#include "link/interp/values.h"
#include "link/interp/walk.h"
#include "link/program/reads.h"
#include "link/summaries/letters.h"

/* ---- texts ---- */

/* The array, or the pointer whose address this is, that an argument lets a call write a text to. */
static uint32_t text_slot(const struct bc_walk *w, uint32_t node)
{
	const struct bc_func *f = w->f;

	node = bc_uncast(f, node);
	if (f->nodes[node].kind == BC_N_ADDR)
		return bc_local_at(f, node + 1);
	return bc_walk_is_array(f, node) ? f->nodes[node].ref : BC_NONE;
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
		bc_walk_set_slot(w, env, slot, text);
	return bc_value_top();
}

/* strcmp() and its kin; where the program has its own, it is none of theirs. */
static struct bc_value compare_texts(const struct bc_walk *w, const struct bc_call_event *event)
{
	const struct bc_call *c = &w->interp->program->calls[event->call];
	const struct bc_sym *sym;

	if (c->sym == BC_NONE || event->nargs < 2 || event->args[0].kind != BC_V_TEXT)
		return bc_value_top();
	sym = &w->interp->program->syms[c->sym];
	return sym->func == BC_NONE ? bc_letters_result(sym->name, event->args, event->nargs)
				    : bc_value_top();
}

/* A text that a call only reads is still known afterwards. */
static int keeps_text(const struct bc_walk *w, uint32_t call, int arg, const struct bc_value *value)
{
	const struct bc_call *c = &w->interp->program->calls[call];
	uint32_t type = c->sym == BC_NONE ? c->type : w->interp->program->syms[c->sym].type;

	return value->kind == BC_V_TEXT && !bc_may_write_argument(w->interp->program, type, arg);
}

/* ---- what a call may have changed ---- */

static void forget_fields_of(struct bc_walk *w, uint32_t slot, struct bc_env *env)
{
	for (uint32_t i = env->nmemory; i-- > 0;)
		if (env->memory[i].slot == slot && !bc_walk_is_local_record(w, slot))
			env->memory[i] = env->memory[--env->nmemory];
}

/* The local that a call receives, or the one that its argument points to, may have changed. */
static void forget_given(
	struct bc_walk *w, uint32_t slot, uint32_t call, int arg, struct bc_env *env)
{
	const struct bc_fields *fields = w->interp->fields;

	if (!fields || !bc_walk_is_local_record(w, slot) ||
		bc_fields_spoiled_by(fields, call, arg)) {
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
		else if (bc_walk_is_array(f, i))
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

/* ---- memset() ---- */

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

/* ---- the call ---- */

struct bc_value bc_walk_call_result(const struct bc_walk *w, uint32_t call)
{
	uint32_t sym = w->interp->program->calls[call].sym;

	if (sym != BC_NONE && w->interp->forks[sym])
		return (struct bc_value){
			.kind = BC_V_FORK, .mask = BC_FORK_ERROR | BC_FORK_CHILD | BC_FORK_PARENT};
	return bc_value_top();
}

static void forget_changed(
	struct bc_walk *w, uint32_t node, const struct bc_call_event *event, struct bc_env *env)
{
	int nth = 0;

	BC_EACH_KID(w->f, node, kid)
	{
		if (kid == node + 1)
			continue; /* the callee */
		if (nth >= event->nargs || !keeps_text(w, event->call, nth + 1, &event->args[nth]))
			forget_out_arguments(w, kid, event->call, nth + 1, env);
		nth++;
	}
	if (w->interp->fields)
		bc_walk_forget_written(w, env, event->call);
}

/* A parameter may be a union of all pointers that it takes, as sendto()'s address is: what is given
 * is its only member. */
static uint32_t member_of(const struct bc_func *f, uint32_t arg)
{
	const struct bc_node *n = &f->nodes[arg];

	return n->kind == BC_N_INIT && n->size > 2 && n[1].kind == BC_N_SET &&
			       n[1].size == n->size - 1
		       ? arg + 2
		       : arg;
}

struct bc_value bc_walk_call(struct bc_walk *w, uint32_t node, struct bc_env *env)
{
	struct bc_value args[BC_MAX_ARGS];
	struct bc_call_event event = {.func = w->func, .args = args, .env = env};
	struct bc_value result;

	event.call = bc_program_call_at(w->interp->program, w->func, node);
	BC_EACH_KID(w->f, node, kid)
	{
		struct bc_value value = bc_walk_eval(w, member_of(w->f, kid), env);

		if (kid == node + 1)
			event.callee = value;
		else if (event.nargs < BC_MAX_ARGS)
			args[event.nargs++] = value;
	}
	w->interp->call(w->interp->context, &event);
	if (is_memset_zero(w, &event)) {
		apply_memset(w, node, &args[0], env);
		return args[0];
	}
	forget_changed(w, node, &event, env);
	result = write_text(w, &event, env);
	if (result.kind == BC_V_TOP)
		result = compare_texts(w, &event);
	return result.kind != BC_V_TOP ? result : bc_walk_call_result(w, event.call);
}
