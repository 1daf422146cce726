#include "link/modes/makers.h"

#include <stdlib.h>

#include "base/vec.h"
#include "link/interp/events.h"
#include "link/interp/values.h"

/* Wrappers of wrappers of socket() are followed this far. */
enum { MAX_WRAPPERS = 4 };

enum { PARAMS = 32 }; /* bits in bc_makers.params */

/* ---- wrappers ---- */

const struct bc_creator_rule *bc_makers_rule(const struct bc_makers *makers, uint32_t sym)
{
	if (sym == BC_NONE || makers->program->syms[sym].func != BC_NONE)
		return NULL;
	return makers->program->syms[sym].rules->creator;
}

int bc_makers_same(const struct bc_makers *makers, uint32_t sym)
{
	const struct bc_same_rule *rule;

	if (sym == BC_NONE || makers->program->syms[sym].func != BC_NONE)
		return 0;
	rule = makers->program->syms[sym].rules->same;
	return rule ? rule->arg : 0;
}

static uint32_t arguments_of(const struct bc_pred *pred)
{
	uint32_t mask = 0;

	if (!pred)
		return 0;
	if (pred->arg > 0 && pred->arg <= PARAMS)
		mask = 1u << (pred->arg - 1);
	for (int i = 0; i < pred->nkids; i++)
		mask |= arguments_of(&pred->kids[i]);
	return mask;
}

/* Which arguments of a maker say how the descriptor is born. */
static uint32_t deciding_arguments(const struct bc_makers *makers, uint32_t sym)
{
	const struct bc_creator_rule *rule = bc_makers_rule(makers, sym);

	if (!rule)
		return makers->params[sym];
	if (rule->out_arg)
		return 0;
	return arguments_of(rule->nonblocking_when) | arguments_of(rule->datagram_when) |
	       arguments_of(rule->kernel_when);
}

static uint32_t parameters_in(const struct bc_func *f, uint32_t node)
{
	uint32_t mask = 0;

	for (uint32_t i = node; i < node + f->nodes[node].size; i++)
		if (f->nodes[i].kind == BC_N_LOCAL && f->nodes[i].ref < f->nparams &&
			f->nodes[i].ref < PARAMS)
			mask |= 1u << f->nodes[i].ref;
	return mask;
}

/* The parameters that a call of a maker passes on to where they decide. */
static uint32_t passed_on(const struct bc_makers *makers, const struct bc_call *c)
{
	const struct bc_func *f = &makers->program->funcs[c->func];
	uint32_t deciding = deciding_arguments(makers, c->sym), mask = 0;

	for (int i = 0; i < PARAMS && deciding >> i; i++) {
		uint32_t node = deciding >> i & 1 ? bc_call_argument(f, c->node, i + 1) : BC_NONE;

		if (node != BC_NONE)
			mask |= parameters_in(f, node);
	}
	return mask;
}

/* Is the value what a call of `sym` made, or an error? */
static int is_made(const struct bc_func *f, uint32_t node, uint32_t sym, const uint8_t *holds)
{
	node = bc_uncast(f, node);
	switch ((int)f->nodes[node].kind) {
	case BC_N_INT: return 1;
	case BC_N_UNARY: return f->nodes[node + 1].kind == BC_N_INT;
	case BC_N_LOCAL: return holds[f->nodes[node].ref];
	case BC_N_CALL: return bc_callee_at(f, node) == sym;
	default: return 0;
	}
}

/* Does the function return what `sym` makes, and nothing else but errors? */
static int returns_made(const struct bc_func *f, uint32_t sym)
{
	uint8_t *holds = bc_xcalloc(f->nlocals + 1, 1);
	int found = 0, others = 0;

	for (uint32_t i = 0; i < f->nnodes; i++)
		if (f->nodes[i].kind == BC_N_ASSIGN && f->nodes[i + 1].kind == BC_N_LOCAL &&
			f->nodes[bc_kid(f, i, 1)].kind == BC_N_CALL &&
			is_made(f, bc_kid(f, i, 1), sym, holds))
			holds[f->nodes[i + 1].ref] = 1;
	for (uint32_t i = 0; i < f->nnodes; i++) {
		if (f->nodes[i].kind != BC_N_RETURN || f->nodes[i].size == 1)
			continue;
		if (!is_made(f, i + 1, sym, holds))
			others = 1;
		else if (f->nodes[i + 1].kind != BC_N_INT && f->nodes[i + 1].kind != BC_N_UNARY)
			found = 1;
	}
	free(holds);
	return found && !others;
}

static int infer_once(struct bc_makers *makers)
{
	const struct bc_program *program = makers->program;
	int found = 0;

	for (uint32_t i = 0; i < program->ncalls; i++) {
		const struct bc_call *c = &program->calls[i];
		uint32_t sym = program->funcs[c->func].sym, params;

		if (c->sym == BC_NONE || sym == BC_NONE || !makers->makes[c->sym] ||
			makers->makes[sym])
			continue;
		params = passed_on(makers, c);
		if (!params || !returns_made(&program->funcs[c->func], c->sym))
			continue;
		makers->params[sym] = params;
		makers->makes[sym] = 1;
		found = 1;
	}
	return found;
}

void bc_makers_init(
	struct bc_makers *makers, const struct bc_program *program, const struct bc_models *models)
{
	*makers = (struct bc_makers){.program = program, .models = models};
	makers->makes = bc_xmalloc(program->nsyms + 1);
	makers->params = bc_xcalloc(program->nsyms + 1, sizeof(*makers->params));
	for (uint32_t i = 0; i < program->nsyms; i++)
		makers->makes[i] = bc_makers_rule(makers, i) != NULL;
	makers->apart = bc_xmalloc(program->nsyms + 1);
	for (int round = 0; round < MAX_WRAPPERS && infer_once(makers); round++)
		;
	for (uint32_t i = 0; i < program->nsyms; i++)
		makers->apart[i] = makers->makes[i] || bc_makers_same(makers, i) != 0;
}

void bc_makers_fini(struct bc_makers *makers)
{
	free(makers->apart);
	free(makers->makes);
	free(makers->params);
}

/* ---- birth ---- */

static const struct bc_fieldinfo *field_at(
	const struct bc_program *program, const struct bc_func *f, uint32_t node)
{
	return &program->fields[bc_node_field(f, &f->nodes[node])];
}

/* The field that a node stores to, with what: hints.ai_socktype = SOCK_DGRAM, or the same in an
 * initialiser. BC_NONE when it stores to none. */
static uint32_t stored_field(const struct bc_func *f, uint32_t node, uint32_t *value)
{
	const struct bc_node *n = &f->nodes[node];

	*value = node + 1;
	if (n->kind == BC_N_SET)
		return node;
	if (n->kind != BC_N_ASSIGN || n[1].kind != BC_N_FIELD)
		return BC_NONE;
	*value = bc_kid(f, node, 1);
	return node + 1;
}

/*
 * What a function asks a library for, the library gives: getaddrinfo(..., &hints, &found), and then
 * socket(found->ai_family, found->ai_socktype, ...). All stores to the field in this function store
 * one constant, so that is what it holds.
 */
static struct bc_value wanted_value(
	const struct bc_program *program, const struct bc_func *f, uint32_t node)
{
	struct bc_value wanted = bc_value_top();
	const struct bc_fieldinfo *field;

	node = bc_uncast(f, node);
	if (f->nodes[node].kind != BC_N_FIELD)
		return wanted;
	field = field_at(program, f, node);
	for (uint32_t i = 0; i + 1 < f->nnodes; i++) {
		uint32_t value, stored = stored_field(f, i, &value);
		struct bc_value one;

		if (stored == BC_NONE || field_at(program, f, stored) != field)
			continue;
		value = bc_uncast(f, value);
		if (f->nodes[value].kind != BC_N_INT)
			return bc_value_top();
		one = bc_value_int(bc_node_int(f, &f->nodes[value]));
		if (wanted.kind != BC_V_TOP && !bc_value_same(&wanted, &one))
			return bc_value_top();
		wanted = one;
	}
	return wanted;
}

enum { MAX_KNOWN = 8 };

/* The event once more, with what it wants to know about its arguments. */
static struct bc_call_event with_wanted(const struct bc_makers *makers,
	const struct bc_call_event *event, struct bc_value args[MAX_KNOWN])
{
	const struct bc_program *program = makers->program;
	const struct bc_func *f = &program->funcs[event->func];
	struct bc_call_event more = *event;

	if (event->nargs > MAX_KNOWN)
		return more;
	for (int i = 0; i < event->nargs; i++) {
		uint32_t node = bc_call_argument(f, program->calls[event->call].node, i + 1);

		args[i] = event->args[i].kind == BC_V_TOP && node != BC_NONE
				  ? wanted_value(program, f, node)
				  : event->args[i];
	}
	more.args = args;
	return more;
}

static struct bc_birth birth_by_rule(const struct bc_makers *makers,
	const struct bc_creator_rule *rule, const struct bc_call_event *plain)
{
	struct bc_birth birth = {.kind = rule->kind};
	struct bc_value args[MAX_KNOWN];
	struct bc_call_event more = with_wanted(makers, plain, args), *event = &more;

	if (rule->nonblocking_when && bc_event_ask(makers->program, makers->models,
					      rule->nonblocking_when, event) == BC_YES)
		birth.nonblocking = 1;
	if (rule->datagram_when &&
		bc_event_ask(makers->program, makers->models, rule->datagram_when, event) == BC_YES)
		birth.kind = BC_FDK_DATAGRAM;
	if (rule->kernel_when &&
		bc_event_ask(makers->program, makers->models, rule->kernel_when, event) == BC_YES)
		birth.kind = BC_FDK_KERNEL;
	return birth;
}

/* A run of a wrapper with the arguments of one call. */
struct trial {
	const struct bc_makers *makers;
	const struct bc_interp *interp;
	int depth, nbirths;
	struct bc_birth birth;
};

static struct bc_birth birth_at(const struct bc_makers *makers, const struct bc_interp *interp,
	const struct bc_call_event *event, int depth);

static void try_call(void *context, const struct bc_call_event *event)
{
	struct trial *trial = context;
	const struct bc_makers *makers = trial->makers;
	uint32_t sym = makers->program->calls[event->call].sym;
	struct bc_birth birth;

	if (sym == BC_NONE || !makers->makes[sym] || event->env->child)
		return;
	birth = birth_at(makers, trial->interp, event, trial->depth + 1);
	if (trial->nbirths++ == 0) {
		trial->birth = birth;
		return;
	}
	if (trial->birth.kind != birth.kind)
		trial->birth.kind = BC_FDK_UNKNOWN;
	trial->birth.nonblocking = trial->birth.nonblocking && birth.nonblocking;
}

static struct bc_birth birth_at(const struct bc_makers *makers, const struct bc_interp *interp,
	const struct bc_call_event *event, int depth)
{
	uint32_t sym = makers->program->calls[event->call].sym;
	const struct bc_creator_rule *rule = bc_makers_rule(makers, sym);
	struct trial trial = {.makers = makers, .interp = interp, .depth = depth};
	struct bc_interp run = *interp;

	if (rule)
		return birth_by_rule(makers, rule, event);
	if (depth > MAX_WRAPPERS)
		return trial.birth;
	run.context = &trial;
	run.call = try_call;
	bc_interp_run(&run, makers->program->syms[sym].func, event->args, (uint32_t)event->nargs);
	return trial.birth;
}

struct bc_birth bc_makers_birth(const struct bc_makers *makers, const struct bc_interp *interp,
	const struct bc_call_event *event)
{
	return birth_at(makers, interp, event, 0);
}
