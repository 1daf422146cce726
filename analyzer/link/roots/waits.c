#include "link/roots/waits.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/interp/events.h"

struct finder {
	const struct bc_program *program;
	struct bc_waits *waits;
};

/* ---- FD_SET(fd, &set); select(fd + 1, &set, ...) ---- */

/* The descriptor that `set.fds_bits[fd / 64] |= ...` puts into a set, or BC_NONE. */
static uint32_t descriptor_put(
	const struct bc_program *program, const struct bc_func *f, uint32_t node)
{
	uint32_t index = node + 1, position;
	const struct bc_node *nodes = f->nodes;

	if (nodes[node].kind != BC_N_ASSIGN || nodes[node].op != BC_OP_OR ||
		nodes[index].kind != BC_N_INDEX || nodes[index + 1].kind != BC_N_FIELD ||
		!strstr(program->fields[bc_node_field(f, &nodes[index + 1])].name, "fds_bits"))
		return BC_NONE;
	position = bc_uncast(f, bc_kid(f, index, 1));
	return nodes[position].kind == BC_N_BINARY ? bc_uncast(f, position + 1) : BC_NONE;
}

/* (&set)->fds_bits, where the set is a variable of the function's: which one, or BC_NONE. */
static uint32_t own_set(const struct bc_func *f, uint32_t put)
{
	uint32_t set = put + 3;

	if (f->nodes[set].kind == BC_N_ADDR)
		set++;
	return f->nodes[set].kind == BC_N_LOCAL && f->nodes[set].cls == BC_CLASS_RECORD
		       ? f->nodes[set].ref
		       : BC_NONE;
}

static int is_same_expression(const struct bc_func *f, uint32_t a, uint32_t b)
{
	if (f->nodes[a].size != f->nodes[b].size)
		return 0;
	for (uint32_t i = 0; i < f->nodes[a].size; i++)
		if (f->nodes[a + i].kind != f->nodes[b + i].kind ||
			f->nodes[a + i].ref != f->nodes[b + i].ref)
			return 0;
	return 1;
}

/* Is a set copied, or handed to somebody who may put more into it? */
static int is_shared(const struct bc_func *f, uint32_t set, uint32_t wait)
{
	for (uint32_t i = 0; i + 1 < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];

		if (n->kind == BC_N_CALL && i != wait) {
			BC_EACH_KID(f, i, kid)
			{
				uint32_t arg = bc_uncast(f, kid);

				if (f->nodes[arg].kind == BC_N_ADDR &&
					f->nodes[arg + 1].kind == BC_N_LOCAL &&
					f->nodes[arg + 1].ref == set)
					return 1;
			}
		} else if (n->kind == BC_N_ASSIGN && n[1].kind == BC_N_LOCAL && n[1].ref == set) {
			return 1;
		}
	}
	return 0;
}

static int stands_in_other_loop(const struct bc_func *f, uint32_t node, uint32_t wait)
{
	for (uint32_t i = 0; i < node; i++)
		if (f->nodes[i].kind == BC_N_LOOP && i + f->nodes[i].size > node &&
			f->nodes[i + 1].kind != BC_N_INT && /* do {} while (0) of a macro */
			(wait < i || wait >= i + f->nodes[i].size))
			return 1;
	return 0;
}

static int waits_for_one(const struct bc_program *program, const struct bc_func *f, uint32_t wait)
{
	uint32_t one = BC_NONE;

	for (uint32_t i = 0; i + 3 < f->nnodes; i++) {
		uint32_t fd = descriptor_put(program, f, i), set;

		if (fd == BC_NONE)
			continue;
		set = own_set(f, i);
		if (set == BC_NONE || (one != BC_NONE && !is_same_expression(f, one, fd)) ||
			is_shared(f, set, wait) || stands_in_other_loop(f, i, wait))
			return 0;
		one = fd;
	}
	return one != BC_NONE;
}

/* ---- the waits ---- */

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
	w->waits->one[event->call] = (uint8_t)waits_for_one(
		w->program, &w->program->funcs[event->func], w->program->calls[event->call].node);
}

void bc_waits_find(struct bc_waits *waits, const struct bc_interp *interp)
{
	const struct bc_program *program = interp->program;
	struct finder finder = {program, waits};
	struct bc_interp looking = *interp;

	waits->is = bc_xcalloc(program->ncalls + 1, 1);
	waits->count = bc_xcalloc(program->ncalls + 1, 1);
	waits->one = bc_xcalloc(program->ncalls + 1, 1);
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

	if (waits->one[wait])
		return 1;
	return waits->count[wait] && is_at_most_one(bc_call_constant(&program->funcs[c->func],
					     c->node, waits->count[wait]));
}

void bc_waits_fini(struct bc_waits *waits)
{
	free(waits->is);
	free(waits->count);
	free(waits->one);
}
