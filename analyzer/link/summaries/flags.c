#include "link/summaries/flags.h"

#include <stdlib.h>
#include <string.h>

/* A handler is installed within so many nodes after it was put into its field. */
enum { MAX_NODES_BETWEEN = 200 };

struct finder {
	const struct bc_program *program;
	const struct bc_models *models;
	uint8_t *phases; /* per symbol: of a handler, the phases of its signals */
	uint8_t *flags;  /* per symbol: the result */
	uint8_t *spoilt; /* per symbol: somebody else sets it, too */
};

/* ---- handlers ---- */

static uint32_t function_at(const struct bc_func *f, uint32_t node)
{
	while (node != BC_NONE &&
		(f->nodes[node].kind == BC_N_CAST || f->nodes[node].kind == BC_N_ADDR))
		node++;
	return node != BC_NONE && f->nodes[node].kind == BC_N_FUNC ? bc_node_sym(f, &f->nodes[node])
								   : BC_NONE;
}

static int is_handler_field(const struct finder *finder, const struct bc_func *f,
	const struct bc_node *n, const struct bc_handler_rule *rule)
{
	const char *name = finder->program->fields[bc_node_field(f, n)].name;

	for (int i = 0; i < rule->nfields; i++)
		if (!strcmp(rule->fields[i], name))
			return 1;
	return 0;
}

/* sa.sa_handler = f, or {.sa_handler = f}: the one that was set last before `end`. */
static uint32_t handler_in_field(const struct finder *finder, const struct bc_func *f, uint32_t end,
	const struct bc_handler_rule *rule)
{
	uint32_t i = end > MAX_NODES_BETWEEN ? end - MAX_NODES_BETWEEN : 0, found = BC_NONE;

	for (; i + 2 < end; i++) {
		const struct bc_node *n = &f->nodes[i];

		if (n->kind == BC_N_SET && is_handler_field(finder, f, n, rule))
			found = function_at(f, i + 1);
		else if (n->kind == BC_N_ASSIGN && f->nodes[i + 1].kind == BC_N_FIELD &&
			 is_handler_field(finder, f, &f->nodes[i + 1], rule))
			found = function_at(f, bc_kid(f, i, 1));
	}
	return found;
}

static void install(
	struct finder *finder, const struct bc_call *c, const struct bc_handler_rule *rule)
{
	const struct bc_func *f = &finder->program->funcs[c->func];
	struct bc_value number = bc_call_constant(f, c->node, rule->signal_arg);
	uint32_t handler = rule->handler_arg
				   ? function_at(f, bc_call_argument(f, c->node, rule->handler_arg))
				   : handler_in_field(finder, f, c->node, rule);
	const char *name;

	if (handler == BC_NONE)
		return;
	/* a signal that is not known may be any */
	finder->phases[handler] |= BC_PHASE_BIT(
		number.kind == BC_V_INTS && number.n == 1
			? bc_models_phase_of_signal(finder->models, number.u.ints[0], &name)
			: BC_PHASE_NORMAL);
}

static int names(const struct bc_handler_rule *rule, const char *function)
{
	for (int i = 0; i < rule->nfunctions; i++)
		if (!strcmp(function, rule->functions[i]))
			return 1;
	return 0;
}

/* One byte per symbol, which the caller frees: it installs handlers. Calls outnumber symbols. */
static uint8_t *find_installers(const struct finder *finder)
{
	uint8_t *installs = bc_xcalloc(finder->program->nsyms + 1, 1);

	for (uint32_t i = 0; i < finder->program->nsyms; i++)
		for (int r = 0; r < finder->models->nhandlers; r++)
			installs[i] |= (uint8_t)names(
				&finder->models->handlers[r], finder->program->syms[i].name);
	return installs;
}

static void find_handlers(struct finder *finder)
{
	const struct bc_program *program = finder->program;
	uint8_t *installs = find_installers(finder);

	for (uint32_t i = 0; i < program->ncalls; i++) {
		const struct bc_call *c = &program->calls[i];

		if (c->sym == BC_NONE || !installs[c->sym])
			continue;
		for (int r = 0; r < finder->models->nhandlers; r++)
			if (names(&finder->models->handlers[r], program->syms[c->sym].name))
				install(finder, c, &finder->models->handlers[r]);
	}
	free(installs);
}

/* ---- flags ---- */

/* flag = 0: how a flag is taken back, which anybody may do. */
static int is_reset(const struct bc_func *f, uint32_t node)
{
	uint32_t value = bc_kid(f, node, 1);

	return f->nodes[node].op == BC_OP_NONE && f->nodes[value].kind == BC_N_INT &&
	       bc_node_int(f, &f->nodes[value]) == 0;
}

static uint32_t changed_variable(const struct bc_func *f, uint32_t node)
{
	const struct bc_node *n = &f->nodes[node];

	if (n->size == 1 || n[1].kind != BC_N_VAR ||
		(n->kind != BC_N_ASSIGN && n->kind != BC_N_ADDR && !bc_node_increments(n)) ||
		(n->kind == BC_N_ASSIGN && is_reset(f, node)))
		return BC_NONE;
	return bc_node_sym(f, n + 1);
}

static void find_changes(struct finder *finder, const struct bc_func *f)
{
	uint8_t phases = f->sym == BC_NONE ? 0 : finder->phases[f->sym];

	for (uint32_t i = 0; i < f->nnodes; i++) {
		uint32_t sym = changed_variable(f, i);

		if (sym == BC_NONE)
			continue;
		if (phases && f->nodes[i].kind != BC_N_ADDR)
			finder->flags[sym] |= phases;
		else
			finder->spoilt[sym] = 1;
	}
}

uint8_t *bc_flags_of_handlers(const struct bc_program *program, const struct bc_models *models)
{
	uint32_t n = program->nsyms;
	struct finder finder = {
		program, models, bc_xcalloc(n + 1, 1), bc_xcalloc(n + 1, 1), bc_xcalloc(n + 1, 1)};

	find_handlers(&finder);
	for (uint32_t i = 0; i < program->nfuncs; i++)
		find_changes(&finder, &program->funcs[i]);
	for (uint32_t i = 0; i < n; i++)
		if (finder.spoilt[i] || finder.flags[i] & BC_PHASE_BIT(BC_PHASE_NORMAL))
			finder.flags[i] = 0;
	free(finder.phases);
	free(finder.spoilt);
	return finder.flags;
}
