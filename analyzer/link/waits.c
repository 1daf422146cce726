#include "link/waits.h"

#include <stdlib.h>

#include "base/vec.h"
#include "link/events.h"

struct finder {
	const struct bc_program *program;
	struct bc_waits *waits;
};

static int is_at_most_one(struct bc_value count)
{
	return count.kind == BC_V_INTS && count.u.ints[0] <= 1;
}

/* The parameter of the caller that says how many descriptors there are, from 1; 0 without. */
static int count_parameter(const struct finder *w, const struct bc_call *c, int count_arg)
{
	const struct bc_func *f = &w->program->funcs[c->func];
	uint32_t node = count_arg ? bc_call_argument(f, c->node, count_arg) : BC_NONE;

	if (node == BC_NONE)
		return 0;
	node = bc_uncast(f, node);
	return f->nodes[node].kind == BC_N_LOCAL && f->nodes[node].ref < f->nparams
		       ? (int)f->nodes[node].ref + 1
		       : 0;
}

/* The rule of a call that waits, without a look at its limit; NULL for any other. */
static const struct bc_wait_rule *rule_of(const struct finder *w, uint32_t call)
{
	const struct bc_call *c = &w->program->calls[call];
	const struct bc_wait_rule *rule;

	if (c->sym == BC_NONE || w->program->syms[c->sym].func != BC_NONE)
		return NULL;
	rule = w->program->syms[c->sym].rules->wait;
	if (!rule || !rule->count_arg)
		return rule;
	return is_at_most_one(
		       bc_call_constant(&w->program->funcs[c->func], c->node, rule->count_arg))
		       ? NULL
		       : rule;
}

/* Every path that comes to a wait is asked; one on which it waits is enough. */
static void see_call(void *context, const struct bc_call_event *event)
{
	struct finder *w = context;
	struct bc_event_reader reader = {w->program, event};
	struct bc_call_view view = bc_event_view(&reader);
	const struct bc_wait_rule *rule = rule_of(w, event->call);
	double ms;

	if (!rule || (bc_timeout_eval(&rule->timeout, &view, &ms) == BC_YES && ms <= 0))
		return;
	w->waits->is[event->call] = 1;
	w->waits->count[event->call] =
		(uint8_t)count_parameter(w, &w->program->calls[event->call], rule->count_arg);
}

void bc_waits_find(struct bc_waits *waits, const struct bc_interp *interp)
{
	const struct bc_program *program = interp->program;
	struct finder finder = {program, waits};
	struct bc_interp looking = *interp;

	waits->is = bc_xcalloc(program->ncalls + 1, 1);
	waits->count = bc_xcalloc(program->ncalls + 1, 1);
	looking.context = &finder;
	looking.call = see_call;
	looking.to_the_end = 1; /* what follows the loop's end may end the process */
	for (uint32_t func = 0; func < program->nfuncs; func++) {
		const struct bc_func *f = &program->funcs[func];

		for (uint32_t c = f->call; c < f->call + f->ncalls; c++)
			if (rule_of(&finder, c)) {
				bc_interp_run(&looking, func, NULL, 0);
				break;
			}
	}
}

int bc_wait_is_for_one(const struct bc_waits *waits, const struct bc_program *program,
	uint32_t wait, uint32_t call)
{
	const struct bc_call *c = &program->calls[call];

	return waits->count[wait] && is_at_most_one(bc_call_constant(&program->funcs[c->func],
					     c->node, waits->count[wait]));
}

void bc_waits_fini(struct bc_waits *waits)
{
	free(waits->is);
	free(waits->count);
}
