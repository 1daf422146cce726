#include "link/summaries/effects.h"

#include <string.h>

#include "base/vec.h"

/* in bc_effects.known; calls that lead back into what is being looked at count for nothing */
enum { LOOKED_AT = 8 };

/* of what cannot be looked into */
enum { ANYTHING = BC_EFFECT_WAITS | BC_EFFECT_WRITES };

/* Deeper than any call chain that somebody follows while reading. */
enum { MAX_DEPTH = 64 };

static int effects_of_function(struct bc_effects *effects, uint32_t func, int depth);

static int rule_waits(const struct bc_sink_rule *rule)
{
	switch (rule->category) {
	case BC_CAT_SLEEP:
	case BC_CAT_PROCESS:
	case BC_CAT_NESTED_LOOP: return 1;
	case BC_CAT_LOCK:
	case BC_CAT_IPC: return rule->bound != BC_BOUND_SHORT;
	case BC_CAT_DNS:
	case BC_CAT_NETWORK:
	case BC_CAT_DISK:
	case BC_CAT_CPU:
	case BC_CAT_DEVICE:
	case BC_CAT_LOGGING:
	case BC_CAT_COUNT: break;
	}
	return 0;
}

/* Coroutines hand the processor on under many names, which all say so. */
static int is_named_wait(const char *name)
{
	return strstr(name, "yield") || strstr(name, "swapcontext") || strstr(name, "longjmp");
}

static int effects_of_library(const struct bc_sym *sym)
{
	if (sym->rules->wait)
		return BC_EFFECT_WAITS | BC_EFFECT_POLLS;
	if (is_named_wait(sym->name))
		return BC_EFFECT_WAITS;
	for (int i = 0; i < sym->rules->nsinks; i++)
		if (rule_waits(sym->rules->sinks[i]))
			return BC_EFFECT_WAITS;
	return 0;
}

static int effects_of_symbol(struct bc_effects *effects, uint32_t sym, int depth)
{
	const struct bc_sym *s;

	if (sym == BC_NONE)
		return ANYTHING;
	s = &effects->program->syms[sym];
	if (s->func == BC_NONE)
		return effects_of_library(s);
	return (is_named_wait(s->name) ? BC_EFFECT_WAITS : 0) |
	       effects_of_function(effects, s->func, depth);
}

/* Does the node write to anything but a local? */
static int writes(const struct bc_func *f, uint32_t node)
{
	const struct bc_node *n = &f->nodes[node];

	if (n->kind != BC_N_ASSIGN && !bc_node_increments(n))
		return 0;
	return bc_local_at(f, node + 1) == BC_NONE;
}

static int effects_of_function(struct bc_effects *effects, uint32_t func, int depth)
{
	const struct bc_func *f = &effects->program->funcs[func];
	int found = 0;

	if (effects->known[func])
		return effects->known[func] & (LOOKED_AT - 1);
	if (depth == MAX_DEPTH)
		return ANYTHING;
	effects->known[func] = LOOKED_AT;
	for (uint32_t i = 0; i < f->nnodes; i++) {
		if (writes(f, i))
			found |= BC_EFFECT_WRITES;
		if (f->nodes[i].kind == BC_N_CALL)
			found |= effects_of_symbol(effects, bc_callee_at(f, i), depth + 1);
	}
	effects->known[func] = (uint8_t)(LOOKED_AT | found);
	return found;
}

int bc_effects_of_call(struct bc_effects *effects, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &effects->program->funcs[func];

	return effects_of_symbol(effects, bc_callee_at(f, node), 0);
}

void bc_effects_init(struct bc_effects *effects, const struct bc_program *program)
{
	*effects = (struct bc_effects){.program = program};
	effects->known = bc_xcalloc(program->nfuncs + 1, 1);
}

void bc_effects_fini(struct bc_effects *effects)
{
	free(effects->known);
}
