/* Calls that change the mode of a descriptor, and the wrappers around them. */
#include "link/modes/origins.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/interp/events.h"
#include "link/interp/values.h"
#include "link/modes/sometimes.h"

/* Wrappers of wrappers of fcntl() are followed this far. */
enum { MAX_WRAPPERS = 5 };

/* ---- who changes modes ---- */

/*
 * The descriptor arguments of a call that changes modes, in turn from *nth: of a rule, or of a
 * wrapper found so far. BC_NONE after the last.
 */
static uint32_t next_set_argument(const struct bc_mode_solver *s, uint32_t sym, uint32_t *nth)
{
	const struct bc_program *program = s->modes->program;
	uint32_t func = program->syms[sym].func, param;
	const struct bc_mode_rule *rule = func == BC_NONE ? program->syms[sym].rules->mode : NULL;

	if (rule)
		return (*nth)++ == 0 ? (uint32_t)rule->fd_arg : BC_NONE;
	if (func == BC_NONE)
		return BC_NONE;
	param = bc_wrappers_next(&s->wrappers, func, nth);
	return param == BC_NONE ? BC_NONE : param + 1;
}

int bc_setters_infer_once(struct bc_mode_solver *s)
{
	const struct bc_program *program = s->modes->program;
	int found = 0;

	for (uint32_t i = 0; i < program->ncalls; i++) {
		const struct bc_call *c = &program->calls[i];
		uint32_t nth = 0, arg;

		while (c->sym != BC_NONE && (arg = next_set_argument(s, c->sym, &nth)) != BC_NONE)
			found |= bc_wrappers_add(&s->wrappers, program, c, arg);
	}
	return found;
}

/* ---- what one call does ---- */

static int effect_of_rule(const struct bc_mode_solver *s, const struct bc_mode_rule *rule,
	const struct bc_call_event *event)
{
	if (rule->when &&
		bc_event_ask(s->modes->program, s->modes->models, rule->when, event) == BC_NO)
		return 0;
	if (!rule->nonblocking_when)
		return BC_ORIGIN_NB;
	switch (bc_event_ask(s->modes->program, s->modes->models, rule->nonblocking_when, event)) {
	case BC_YES: return BC_ORIGIN_NB;
	case BC_NO: return BC_ORIGIN_BLOCKING;
	case BC_UNKNOWN: break;
	}
	return BC_ORIGIN_UNDECIDED;
}

/* A run of a wrapper with known arguments, to see what it does to one parameter. */
struct trial {
	const struct bc_mode_solver *solver;
	uint32_t param;
	int depth, effect;
	uint32_t unless; /* see struct bc_fd_origin */
};

static int effect_of_call(const struct bc_mode_solver *s, const struct bc_call_event *event,
	uint32_t arg, int depth, uint32_t *unless);

static void try_call(void *context, const struct bc_call_event *event)
{
	struct trial *trial = context;
	const struct bc_mode_solver *s = trial->solver;
	const struct bc_call *c = &s->modes->program->calls[event->call];
	const struct bc_func *f = &s->modes->program->funcs[c->func];
	uint32_t nth = 0, arg;

	while (c->sym != BC_NONE && !event->env->child &&
		(arg = next_set_argument(s, c->sym, &nth)) != BC_NONE) {
		if (bc_param_at(f, bc_call_argument(f, c->node, (int)arg)) == trial->param)
			trial->effect |=
				effect_of_call(s, event, arg, trial->depth + 1, &trial->unless);
	}
}

/* The same effect, where the call stands under a condition that a callback is not set. */
static int under_condition(const struct bc_mode_solver *s, const struct bc_call_event *event,
	int effect, uint32_t *unless)
{
	const struct bc_program *program = s->modes->program;
	uint32_t field =
		effect & BC_ORIGIN_NB
			? bc_null_field(program, &program->funcs[event->func], event->env->guards)
			: BC_NONE;

	if (field == BC_NONE)
		return effect;
	*unless = field;
	return (effect & ~BC_ORIGIN_NB) | BC_ORIGIN_SOMETIMES;
}

/* enum bc_origin_flag bits: what the call does to the descriptor in argument `arg`. */
static int effect_of_call(const struct bc_mode_solver *s, const struct bc_call_event *event,
	uint32_t arg, int depth, uint32_t *unless)
{
	const struct bc_sym *sym =
		&s->modes->program->syms[s->modes->program->calls[event->call].sym];
	struct trial trial = {s, arg - 1, depth, 0, BC_NONE};
	struct bc_interp interp = s->interp;
	uint32_t nparams;

	if (sym->func == BC_NONE)
		return under_condition(
			s, event, effect_of_rule(s, sym->rules->mode, event), unless);
	if (depth > MAX_WRAPPERS)
		return BC_ORIGIN_UNDECIDED;
	interp.context = &trial;
	interp.call = try_call;
	nparams = s->modes->program->funcs[sym->func].nparams;
	bc_interp_run(&interp, sym->func, event->args,
		(uint32_t)event->nargs < nparams ? (uint32_t)event->nargs : nparams);
	if (trial.unless != BC_NONE)
		*unless = trial.unless;
	return under_condition(s, event, trial.effect, unless);
}

struct unless_setting {
	struct bc_mode_solver *solver;
	uint32_t field;
};

static void set_unless(void *context, uint32_t origin)
{
	struct unless_setting *setting = context;

	setting->solver->origins.items[origin].unless = setting->field;
}

static void note_fifo(struct bc_mode_solver *s, const struct bc_call_event *event)
{
	const struct bc_creator_rule *rule =
		bc_makers_rule(&s->modes->makers, s->modes->program->calls[event->call].sym);

	if (rule && rule->out_arg && rule->out_arg <= event->nargs &&
		event->args[rule->out_arg - 1].kind == BC_V_TEXT)
		bc_vec_push(&s->modes->fifos, event->args[rule->out_arg - 1].u.text);
}

static void settle_birth(struct bc_mode_solver *s, const struct bc_call_event *event)
{
	struct bc_birth birth = bc_makers_birth(&s->modes->makers, &s->interp, event);

	if (birth.kind == BC_FDK_FIFO)
		note_fifo(s, event);

	for (size_t i = 0; i < s->origins.count; i++) {
		if (s->origins.items[i].call != event->call)
			continue;
		s->origins.items[i].kind = (uint8_t)birth.kind;
		if (birth.nonblocking)
			s->origins.items[i].flags |= BC_ORIGIN_NB;
	}
}

/* What a wrapper does to a descriptor before it returns it. */
void bc_setters_settle_made(struct bc_mode_solver *s)
{
	for (size_t i = 0; i < s->origins.count; i++) {
		uint32_t sym = s->modes->program->calls[s->origins.items[i].call].sym, n;
		const uint32_t *returned;

		if (!bc_makers_is_wrapper(&s->modes->makers, sym))
			continue;
		returned = bc_travel_held(
			&s->modes->travel, bc_place_of_return(&s->modes->travel.places, sym), &n);
		for (uint32_t k = 0; k < n; k++)
			s->origins.items[i].flags |= s->origins.items[returned[k]].flags;
	}
}

/* A call that changes the mode of what its argument holds. */
static void settle_set(
	struct bc_mode_solver *s, const struct bc_call_event *event, uint32_t arg, uint32_t node)
{
	struct unless_setting setting = {s, BC_NONE};
	int effect = effect_of_call(s, event, arg, 0, &setting.field);

	bc_origins_mark(s, event->func, node, effect, event->call);
	if (effect & BC_ORIGIN_SOMETIMES)
		bc_modes_each_origin(s->modes, event->func, node, set_unless, &setting);
}

/* A call in some function, with what is known of its arguments there. */
static void settle_call(void *context, const struct bc_call_event *event)
{
	struct bc_mode_solver *s = context;
	const struct bc_call *c = &s->modes->program->calls[event->call];
	const struct bc_func *f = &s->modes->program->funcs[c->func];
	uint32_t nth = 0, arg;

	if (c->sym == BC_NONE || event->env->child)
		return;
	if (bc_origins_makes(s, c->sym))
		settle_birth(s, event);
	while ((arg = next_set_argument(s, c->sym, &nth)) != BC_NONE) {
		uint32_t node = bc_call_argument(f, c->node, (int)arg);
		uint32_t param = bc_param_at(f, node);

		/* inside a wrapper nothing is known; its callers settle it */
		if (node != BC_NONE && !bc_wrappers_has(&s->wrappers, c->func, param))
			settle_set(s, event, arg, node);
	}
}

static int concerns_modes(const struct bc_mode_solver *s, const struct bc_func *f)
{
	for (uint32_t i = f->call; i < f->call + f->ncalls; i++) {
		uint32_t sym = s->modes->program->calls[i].sym, nth = 0;

		if (sym != BC_NONE &&
			(bc_origins_makes(s, sym) || next_set_argument(s, sym, &nth) != BC_NONE))
			return 1;
	}
	return 0;
}

void bc_setters_settle(struct bc_mode_solver *s)
{
	const struct bc_program *program = s->modes->program;

	s->interp.context = s;
	s->interp.call = settle_call;
	for (uint32_t i = 0; i < program->nfuncs; i++)
		if (concerns_modes(s, &program->funcs[i]))
			bc_interp_run(&s->interp, i, NULL, 0);
}
