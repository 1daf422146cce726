#include "link/modes.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/held.h"
#include "link/sometimes.h"
#include "link/values.h"

/* Wrappers of wrappers of fcntl() are followed this far. */
enum { MAX_WRAPPERS = 5 };

/* Explanations can do without the rest. */
enum { MAX_EVENTS = 1 << 18 };

/* A parameter that a function passes on to a setter. */
struct wrapper {
	uint32_t func, param;
};

struct edge {
	uint32_t dst, next; /* next edge out of the same place */
};

struct solver {
	struct bc_modes *modes;
	struct bc_places places; /* with results of makers kept apart by call */
	uint32_t *out;           /* per place: first edge */
	BC_VEC(struct edge) edges;
	BC_VEC(struct bc_fd_origin) origins;
	BC_VEC(struct bc_held_entry) work;
	BC_VEC(struct wrapper) wrappers;
	struct bc_interp interp;
};

/* ---- origins and where they travel ---- */

static void hold(struct solver *s, uint32_t place, uint32_t origin)
{
	if (bc_held_add(s->modes->held, place, origin, 0, 0))
		bc_vec_push(&s->work, (struct bc_held_entry){.place = place, .sym = origin});
}

static int is_integer(const struct bc_places *places, uint32_t place)
{
	enum bc_class cls = bc_place_class(places, place);

	return cls != BC_CLASS_FLOAT && cls != BC_CLASS_RECORD && cls != BC_CLASS_FPTR;
}

static void add_edge(struct solver *s, uint32_t dst, uint32_t src)
{
	if (dst == src || !is_integer(&s->places, dst) || !is_integer(&s->places, src))
		return;
	bc_vec_push(&s->edges, (struct edge){dst, s->out[src]});
	s->out[src] = (uint32_t)s->edges.count - 1;
}

static void flow(struct solver *s, uint32_t dst, uint32_t func, uint32_t value)
{
	struct bc_sources sources = {0};

	bc_places_of_expr(&s->places, func, value, &sources);
	for (size_t i = 0; i < sources.list.count; i++)
		if (!(sources.list.items[i] & BC_SRC_FUNC))
			add_edge(s, dst, sources.list.items[i]);
	bc_vec_fini(&sources.list);
}

static void flow_assignment(struct solver *s, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &s->modes->program->funcs[func];
	struct bc_sources targets = {0};

	bc_places_of_expr(&s->places, func, node + 1, &targets);
	for (size_t i = 0; i < targets.list.count; i++)
		if (!(targets.list.items[i] & BC_SRC_FUNC))
			flow(s, targets.list.items[i], func, bc_kid(f, node, 1));
	bc_vec_fini(&targets.list);
}

/* Arguments into parameters; and back, where a parameter points to the caller's descriptor. */
static void flow_arguments(struct solver *s, uint32_t call)
{
	const struct bc_program *program = s->modes->program;
	const struct bc_call *c = &program->calls[call];

	for (uint32_t t = 0; t < c->ntargets; t++) {
		uint32_t sym = program->targets[c->target + t].sym,
			 callee = program->syms[sym].func;

		if (callee == BC_NONE)
			continue;
		for (uint32_t i = 0; i < program->funcs[callee].nparams; i++) {
			uint32_t arg =
				bc_call_argument(&program->funcs[c->func], c->node, (int)i + 1);

			if (arg == BC_NONE)
				break;
			flow(s, bc_place_of_local(&s->places, callee, i), c->func, arg);
			if (program->funcs[c->func].nodes[arg].kind == BC_N_ADDR) {
				struct bc_sources sources = {0};

				bc_places_of_expr(&s->places, c->func, arg, &sources);
				for (size_t k = 0; k < sources.list.count; k++)
					add_edge(s, sources.list.items[k],
						bc_place_of_local(&s->places, callee, i));
				bc_vec_fini(&sources.list);
			}
		}
		if (c->sym == BC_NONE)
			add_edge(s, bc_place_of_call(&s->places, call),
				bc_place_of_return(&s->places, sym));
	}
}

/* FILE *stream = fdopen(fd, "w"); fd = dup(fd) */
static void flow_other_name(struct solver *s, uint32_t call)
{
	const struct bc_call *c = &s->modes->program->calls[call];
	int same = bc_makers_same(&s->modes->makers, c->sym);
	uint32_t arg = same ? bc_call_argument(&s->modes->program->funcs[c->func], c->node, same)
			    : BC_NONE;

	if (arg != BC_NONE)
		flow(s, bc_place_of_call(&s->places, call), c->func, arg);
}

static int is_maker(const struct solver *s, uint32_t sym)
{
	return sym != BC_NONE && s->modes->makers.makes[sym];
}

/* A call that makes a descriptor. Its mode at birth is settled later, with the arguments known. */
static void add_origin(struct solver *s, uint32_t call)
{
	const struct bc_call *c = &s->modes->program->calls[call];
	uint32_t origin = (uint32_t)s->origins.count, arg;
	const struct bc_creator_rule *rule = bc_makers_rule(&s->modes->makers, c->sym);
	struct bc_sources sources = {0};

	bc_vec_push(&s->origins, (struct bc_fd_origin){.unless = BC_NONE,
					 .call = call,
					 .kind = rule ? (uint8_t)rule->kind : BC_FDK_UNKNOWN});
	if (!rule || !rule->out_arg) {
		hold(s, bc_place_of_call(&s->places, call), origin);
		return;
	}
	arg = bc_call_argument(&s->modes->program->funcs[c->func], c->node, rule->out_arg);
	if (arg == BC_NONE)
		return;
	bc_places_of_expr(&s->places, c->func, arg, &sources);
	for (size_t i = 0; i < sources.list.count; i++)
		if (!(sources.list.items[i] & BC_SRC_FUNC))
			hold(s, sources.list.items[i], origin);
	bc_vec_fini(&sources.list);
}

/* The functions that an argument may be, each through `use`. */
static void each_function(struct solver *s, uint32_t func, uint32_t arg,
	void (*use)(struct solver *, uint32_t callee, void *), void *context)
{
	const struct bc_solution *solution = s->modes->solution;
	struct bc_sources sources = {0};

	bc_places_of_expr(&solution->places, func, arg, &sources);
	for (size_t i = 0; i < sources.list.count; i++) {
		uint32_t one = sources.list.items[i] & ~BC_SRC_FUNC, n = 1;
		const uint32_t *syms = &one;

		if (!(sources.list.items[i] & BC_SRC_FUNC))
			syms = bc_held_by(solution, sources.list.items[i], &n);
		for (uint32_t k = 0; k < n; k++)
			if (s->modes->program->syms[syms[k]].func != BC_NONE)
				use(s, s->modes->program->syms[syms[k]].func, context);
	}
	bc_vec_fini(&sources.list);
}

struct registration {
	uint32_t func, fd_node; /* the registered descriptor */
	uint32_t param;         /* of the callback, from 0 */
};

static void flow_to_callback(struct solver *s, uint32_t callee, void *context)
{
	const struct registration *r = context;

	if (r->param < s->modes->program->funcs[callee].nparams)
		flow(s, bc_place_of_local(&s->places, callee, r->param), r->func, r->fd_node);
}

/* Calls `use` for each role of each registration that takes a descriptor. */
static void each_watch(struct solver *s, uint32_t call,
	void (*use)(struct solver *, uint32_t call, const struct bc_role *, uint32_t fd_node))
{
	const struct bc_program *program = s->modes->program;
	const struct bc_call *c = &program->calls[call];
	const struct bc_register_rule *const *rules;
	int n = 0;

	if (c->sym == BC_NONE)
		return;
	rules = bc_models_registers(s->modes->models, program->syms[c->sym].name, &n);
	for (int r = 0; r < n; r++)
		for (int i = 0; i < rules[r]->nroles; i++) {
			const struct bc_role *role = &rules[r]->roles[i];
			uint32_t fd = role->fd_arg ? bc_call_argument(&program->funcs[c->func],
							     c->node, role->fd_arg)
						   : BC_NONE;

			if (fd != BC_NONE && role->context == BC_CTX_LOOP)
				use(s, call, role, fd);
		}
}

static void flow_watch(
	struct solver *s, uint32_t call, const struct bc_role *role, uint32_t fd_node)
{
	const struct bc_call *c = &s->modes->program->calls[call];
	uint32_t callback =
		bc_call_argument(&s->modes->program->funcs[c->func], c->node, role->arg);
	struct registration r = {c->func, fd_node, (uint32_t)role->fd_param - 1};

	if (callback != BC_NONE && role->fd_param > 0)
		each_function(s, c->func, callback, flow_to_callback, &r);
}

static void collect(struct solver *s, uint32_t func)
{
	const struct bc_func *f = &s->modes->program->funcs[func];
	uint32_t call = f->call;

	for (uint32_t i = 0; i < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];

		if (n->kind == BC_N_ASSIGN && n->op == BC_OP_NONE)
			flow_assignment(s, func, i);
		else if (n->kind == BC_N_SET)
			flow(s, bc_place_of_field(&s->places, bc_node_field(f, n)), func, i + 1);
		else if (n->kind == BC_N_RETURN && n->size > 1 && f->sym != BC_NONE)
			flow(s, bc_place_of_return(&s->places, f->sym), func, i + 1);
		if (n->kind != BC_N_CALL)
			continue;
		flow_arguments(s, call);
		each_watch(s, call, flow_watch);
		if (is_maker(s, s->modes->program->calls[call].sym))
			add_origin(s, call);
		flow_other_name(s, call);
		call++;
	}
}

static void propagate(struct solver *s)
{
	while (s->work.count) {
		struct bc_held_entry e = bc_vec_pop(&s->work);

		for (uint32_t i = s->out[e.place]; i != BC_NONE; i = s->edges.items[i].next)
			hold(s, s->edges.items[i].dst, e.sym);
	}
}

/* ---- who changes modes ---- */

static int is_wrapper(const struct solver *s, uint32_t func, uint32_t param)
{
	for (size_t i = 0; i < s->wrappers.count; i++)
		if (s->wrappers.items[i].func == func && s->wrappers.items[i].param == param)
			return 1;
	return 0;
}

/* Which of a function's parameters is the expression, directly; BC_NONE for anything else. */
static uint32_t parameter_of(const struct bc_func *f, uint32_t node)
{
	while (f->nodes[node].kind == BC_N_CAST)
		node++;
	return f->nodes[node].kind == BC_N_LOCAL && f->nodes[node].ref < f->nparams
		       ? f->nodes[node].ref
		       : BC_NONE;
}

/*
 * The descriptor arguments of a call that changes modes, in turn from *nth: of a rule, or of a
 * wrapper found so far. BC_NONE after the last.
 */
static uint32_t next_set_argument(const struct solver *s, uint32_t sym, uint32_t *nth)
{
	const struct bc_program *program = s->modes->program;
	uint32_t func = program->syms[sym].func;
	const struct bc_mode_rule *rule =
		func == BC_NONE ? bc_models_mode(s->modes->models, program->syms[sym].name) : NULL;

	if (rule)
		return (*nth)++ == 0 ? (uint32_t)rule->fd_arg : BC_NONE;
	for (; func != BC_NONE && *nth < s->wrappers.count; (*nth)++)
		if (s->wrappers.items[*nth].func == func)
			return s->wrappers.items[(*nth)++].param + 1;
	return BC_NONE;
}

static int infer_wrappers_once(struct solver *s)
{
	const struct bc_program *program = s->modes->program;
	int found = 0;

	for (uint32_t i = 0; i < program->ncalls; i++) {
		const struct bc_call *c = &program->calls[i];
		const struct bc_func *f = &program->funcs[c->func];
		uint32_t nth = 0, arg;

		while (c->sym != BC_NONE && (arg = next_set_argument(s, c->sym, &nth)) != BC_NONE) {
			uint32_t node = bc_call_argument(f, c->node, (int)arg);
			uint32_t param = node == BC_NONE ? BC_NONE : parameter_of(f, node);

			if (param == BC_NONE || is_wrapper(s, c->func, param))
				continue;
			bc_vec_push(&s->wrappers, (struct wrapper){c->func, param});
			found = 1;
		}
	}
	return found;
}

/* ---- what one call does ---- */

static int effect_of_rule(
	const struct solver *s, const struct bc_mode_rule *rule, const struct bc_call_event *event)
{
	if (rule->when && bc_makers_ask(s->modes->models, rule->when, event) == BC_NO)
		return 0;
	if (!rule->nonblocking_when)
		return BC_ORIGIN_NB;
	switch (bc_makers_ask(s->modes->models, rule->nonblocking_when, event)) {
	case BC_YES: return BC_ORIGIN_NB;
	case BC_NO: return BC_ORIGIN_BLOCKING;
	case BC_UNKNOWN: break;
	}
	return BC_ORIGIN_UNDECIDED;
}

/* A run of a wrapper with known arguments, to see what it does to one parameter. */
struct trial {
	const struct solver *solver;
	uint32_t param;
	int depth, effect;
	uint32_t unless; /* see struct bc_fd_origin */
};

static int effect_of_call(const struct solver *s, const struct bc_call_event *event, uint32_t arg,
	int depth, uint32_t *unless);

static void try_call(void *context, const struct bc_call_event *event)
{
	struct trial *trial = context;
	const struct solver *s = trial->solver;
	const struct bc_call *c = &s->modes->program->calls[event->call];
	const struct bc_func *f = &s->modes->program->funcs[c->func];
	uint32_t nth = 0, arg;

	while (c->sym != BC_NONE && !event->env->child &&
		(arg = next_set_argument(s, c->sym, &nth)) != BC_NONE) {
		uint32_t node = bc_call_argument(f, c->node, (int)arg);

		if (node != BC_NONE && parameter_of(f, node) == trial->param)
			trial->effect |=
				effect_of_call(s, event, arg, trial->depth + 1, &trial->unless);
	}
}

/* The same effect, where the call stands under a condition that a callback is not set. */
static int under_condition(
	const struct solver *s, const struct bc_call_event *event, int effect, uint32_t *unless)
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
static int effect_of_call(const struct solver *s, const struct bc_call_event *event, uint32_t arg,
	int depth, uint32_t *unless)
{
	const struct bc_sym *sym =
		&s->modes->program->syms[s->modes->program->calls[event->call].sym];
	struct trial trial = {s, arg - 1, depth, 0, BC_NONE};
	struct bc_interp interp = s->interp;
	uint32_t nparams;

	if (sym->func == BC_NONE)
		return under_condition(s, event,
			effect_of_rule(s, bc_models_mode(s->modes->models, sym->name), event),
			unless);
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
	struct solver *solver;
	uint32_t field;
};

static void set_unless(void *context, uint32_t origin)
{
	struct unless_setting *setting = context;

	setting->solver->origins.items[origin].unless = setting->field;
}

/* By `call`, or BC_NONE where it is no call that does it. */
static void mark_origins(struct solver *s, uint32_t func, uint32_t node, int flags, uint32_t call)
{
	struct bc_sources sources = {0};

	bc_places_of_expr(&s->places, func, node, &sources);
	for (size_t i = 0; i < sources.list.count; i++) {
		uint32_t place = sources.list.items[i];

		if (place & BC_SRC_FUNC)
			continue;
		for (size_t k = 0; k < s->modes->held->of[place].count; k++) {
			uint32_t origin = s->modes->held->of[place].items[k];

			s->origins.items[origin].flags |= (uint8_t)flags;
			if (flags && call != BC_NONE && s->modes->events.count < MAX_EVENTS)
				bc_vec_push(&s->modes->events,
					(struct bc_mode_event){origin, call, (uint8_t)flags});
		}
	}
	bc_vec_fini(&sources.list);
}

static void note_fifo(struct solver *s, const struct bc_call_event *event)
{
	const struct bc_creator_rule *rule =
		bc_makers_rule(&s->modes->makers, s->modes->program->calls[event->call].sym);

	if (rule && rule->out_arg && rule->out_arg <= event->nargs &&
		event->args[rule->out_arg - 1].kind == BC_V_TEXT)
		bc_vec_push(&s->modes->fifos, event->args[rule->out_arg - 1].u.text);
}

static void settle_birth(struct solver *s, const struct bc_call_event *event)
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
static void settle_made_by_wrappers(struct solver *s)
{
	for (size_t i = 0; i < s->origins.count; i++) {
		uint32_t sym = s->modes->program->calls[s->origins.items[i].call].sym, place;

		if (!bc_makers_is_wrapper(&s->modes->makers, sym))
			continue;
		place = bc_place_of_return(&s->places, sym);
		for (size_t k = 0; k < s->modes->held->of[place].count; k++)
			s->origins.items[i].flags |=
				s->origins.items[s->modes->held->of[place].items[k]].flags;
	}
}

/* A call that changes the mode of what its argument holds. */
static void settle_set(
	struct solver *s, const struct bc_call_event *event, uint32_t arg, uint32_t node)
{
	struct unless_setting setting = {s, BC_NONE};
	int effect = effect_of_call(s, event, arg, 0, &setting.field);

	mark_origins(s, event->func, node, effect, event->call);
	if (effect & BC_ORIGIN_SOMETIMES)
		bc_modes_each_origin(s->modes, event->func, node, set_unless, &setting);
}

/* A call in some function, with what is known of its arguments there. */
static void settle_call(void *context, const struct bc_call_event *event)
{
	struct solver *s = context;
	const struct bc_call *c = &s->modes->program->calls[event->call];
	const struct bc_func *f = &s->modes->program->funcs[c->func];
	uint32_t nth = 0, arg;

	if (c->sym == BC_NONE || event->env->child)
		return;
	if (is_maker(s, c->sym))
		settle_birth(s, event);
	while ((arg = next_set_argument(s, c->sym, &nth)) != BC_NONE) {
		uint32_t node = bc_call_argument(f, c->node, (int)arg);
		uint32_t param = node == BC_NONE ? BC_NONE : parameter_of(f, node);

		/* inside a wrapper nothing is known; its callers settle it */
		if (node != BC_NONE && (param == BC_NONE || !is_wrapper(s, c->func, param)))
			settle_set(s, event, arg, node);
	}
}

static int concerns_modes(const struct solver *s, const struct bc_func *f)
{
	for (uint32_t i = f->call; i < f->call + f->ncalls; i++) {
		uint32_t sym = s->modes->program->calls[i].sym, nth = 0;

		if (sym != BC_NONE &&
			(is_maker(s, sym) || next_set_argument(s, sym, &nth) != BC_NONE))
			return 1;
	}
	return 0;
}

static void settle_modes(struct solver *s)
{
	const struct bc_program *program = s->modes->program;

	s->interp.context = s;
	s->interp.call = settle_call;
	for (uint32_t i = 0; i < program->nfuncs; i++)
		if (concerns_modes(s, &program->funcs[i]))
			bc_interp_run(&s->interp, i, NULL, 0);
}

static void mark_watch(
	struct solver *s, uint32_t call, const struct bc_role *role, uint32_t fd_node)
{
	(void)role;
	mark_origins(s, s->modes->program->calls[call].func, fd_node, BC_ORIGIN_WATCHED, call);
}

/* fd / 64 and fd % 64: whatever integer places stand in the expression. */
static void mark_locals_in(struct solver *s, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &s->modes->program->funcs[func];

	for (uint32_t i = node; i < node + f->nodes[node].size; i++)
		if (f->nodes[i].kind == BC_N_LOCAL || f->nodes[i].kind == BC_N_VAR ||
			f->nodes[i].kind == BC_N_FIELD)
			mark_origins(s, func, i, BC_ORIGIN_WATCHED, BC_NONE);
}

/* FD_SET(fd, &set) is |= on fds_bits by now, and a pollfd has its fd stored: both are watches. */
static void mark_polled(struct solver *s, uint32_t func)
{
	const struct bc_func *f = &s->modes->program->funcs[func];

	for (uint32_t i = 0; i < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];
		const struct bc_fieldinfo *field;

		if (n->kind != BC_N_FIELD && n->kind != BC_N_SET)
			continue;
		field = &s->modes->program->fields[bc_node_field(f, n)];
		if (n->kind == BC_N_SET && !strcmp(field->record, "struct pollfd") &&
			!strcmp(field->name, "fd"))
			mark_origins(s, func, i + 1, BC_ORIGIN_WATCHED, BC_NONE);
		if (n->kind == BC_N_FIELD && i && f->nodes[i - 1].kind == BC_N_ASSIGN &&
			!strcmp(field->record, "struct pollfd") && !strcmp(field->name, "fd"))
			mark_origins(s, func, bc_kid(f, i - 1, 1), BC_ORIGIN_WATCHED, BC_NONE);
		if (n->kind == BC_N_FIELD && i > 1 && strstr(field->name, "fds_bits") &&
			f->nodes[i - 1].kind == BC_N_INDEX && f->nodes[i - 2].kind == BC_N_ASSIGN &&
			f->nodes[i - 2].op == BC_OP_OR)
			mark_locals_in(s, func, bc_kid(f, i - 1, 1));
	}
}

static void mark_watches(struct solver *s, uint32_t call)
{
	const struct bc_program *program = s->modes->program;
	const struct bc_call *c = &program->calls[call];
	int arg = c->sym == BC_NONE
			  ? 0
			  : bc_models_watches(s->modes->models, program->syms[c->sym].name);
	uint32_t node = arg ? bc_call_argument(&program->funcs[c->func], c->node, arg) : BC_NONE;

	if (node != BC_NONE)
		mark_origins(s, c->func, node, BC_ORIGIN_WATCHED, call);
	each_watch(s, call, mark_watch);
}

/* ---- belief ---- */

static int is_would_block(const struct bc_models *models, int64_t number)
{
	for (int i = 0; i < models->nwould_block; i++) {
		const struct bc_number *n = &models->would_block[i];
		int64_t value = n->value;

		if (n->constant != UINT32_MAX) {
			if (!models->constants[n->constant].known)
				continue;
			value = models->constants[n->constant].value;
		}
		if (number == value || number == -value)
			return 1;
	}
	return 0;
}

/* Does the body compare something with EAGAIN, and is errno looked at in it (or -EAGAIN meant)? */
static int believes(const struct bc_modes *modes, const struct bc_func *f)
{
	int compares = 0, negative = 0, reads_errno = 0;

	for (uint32_t i = 0; i < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];
		uint32_t number = BC_NONE;

		if (n->kind == BC_N_FUNC &&
			!strcmp(modes->program->syms[bc_node_sym(f, n)].name, "__errno_location"))
			reads_errno = 1;
		if (n->kind == BC_N_BINARY && (n->op == BC_OP_EQ || n->op == BC_OP_NE))
			number = bc_kid(f, i, 1);
		else if (n->kind == BC_N_CASE)
			number = i + 1;
		if (number == BC_NONE || f->nodes[number].kind != BC_N_INT ||
			!is_would_block(modes->models, bc_node_int(f, &f->nodes[number])))
			continue;
		compares = 1;
		negative |= bc_node_int(f, &f->nodes[number]) < 0;
	}
	return compares && (reads_errno || negative);
}

/* ---- the whole ---- */

static void find_below(struct bc_modes *modes)
{
	for (uint32_t i = 0; i < modes->norigins; i++) {
		uint32_t field = modes->origins[i].unless;
		size_t k = 0;

		while (k < modes->below.count && modes->below.items[k].field != field)
			k++;
		if (field != BC_NONE && k == modes->below.count)
			bc_vec_push(&modes->below,
				(struct bc_below){field, bc_below_field(modes->solution, field)});
	}
}

void bc_modes_init(struct bc_modes *modes, const struct bc_solution *solution,
	const struct bc_models *models, const struct bc_interp *interp)
{
	const struct bc_program *program = solution->places.program;
	struct solver s = {.modes = modes, .places = solution->places};

	*modes = (struct bc_modes){.program = program, .models = models, .solution = solution};
	bc_makers_init(&modes->makers, program, models);
	modes->held = bc_held_new(solution->places.count);
	modes->believes = bc_xmalloc(program->nfuncs + 1);
	s.places.apart = modes->makers.apart;
	s.interp = *interp;
	s.out = bc_xmalloc((solution->places.count + 1) * sizeof(*s.out));
	memset(s.out, 0xff, (solution->places.count + 1) * sizeof(*s.out));
	for (uint32_t i = 0; i < program->nfuncs; i++)
		collect(&s, i);
	propagate(&s);
	while (infer_wrappers_once(&s))
		;
	settle_modes(&s);
	settle_made_by_wrappers(&s);
	for (uint32_t i = 0; i < program->ncalls; i++)
		mark_watches(&s, i);
	for (uint32_t i = 0; i < program->nfuncs; i++)
		mark_polled(&s, i);
	for (uint32_t i = 0; i < program->nfuncs; i++)
		modes->believes[i] = (uint8_t)believes(modes, &program->funcs[i]);
	modes->origins = s.origins.items;
	modes->norigins = (uint32_t)s.origins.count;
	find_below(modes);
	bc_vec_fini(&s.edges);
	bc_vec_fini(&s.work);
	bc_vec_fini(&s.wrappers);
	free(s.out);
}

void bc_modes_fini(struct bc_modes *modes)
{
	bc_held_free(modes->held);
	free(modes->origins);
	bc_vec_fini(&modes->events);
	for (size_t i = 0; i < modes->below.count; i++)
		free(modes->below.items[i].funcs);
	bc_vec_fini(&modes->below);
	bc_makers_fini(&modes->makers);
	bc_vec_fini(&modes->fifos);
	free(modes->believes);
}

enum bc_fd_mode bc_modes_of_origin(const struct bc_fd_origin *origin)
{
	if (origin->kind == BC_FDK_EVENT || origin->kind == BC_FDK_KERNEL)
		return BC_FD_NONBLOCKING;
	if (origin->flags & BC_ORIGIN_BLOCKING)
		return BC_FD_BLOCKING;
	if (origin->flags & BC_ORIGIN_UNDECIDED)
		return BC_FD_UNKNOWN;
	return origin->flags & BC_ORIGIN_NB ? BC_FD_NONBLOCKING : BC_FD_BLOCKING;
}

/* Who makes what open() gave non-blocking knows that it is no regular file. */
static uint8_t kind_of_origin(const struct bc_fd_origin *origin)
{
	return origin->kind == BC_FDK_FILE && origin->flags & BC_ORIGIN_NB ? BC_FDK_UNKNOWN
									   : origin->kind;
}

static void add_to_summary(struct bc_value *fd, const struct bc_fd_origin *origin)
{
	enum bc_fd_mode mode = bc_modes_of_origin(origin);
	uint8_t kind = kind_of_origin(origin);
	int watched = !!(origin->flags & BC_ORIGIN_WATCHED),
	    known = !!(origin->flags & BC_ORIGIN_SOMETIMES);

	if (fd->kind == BC_V_TOP) {
		*fd = (struct bc_value){.kind = BC_V_FD,
			.mask = (uint8_t)mode,
			.n = kind,
			.pad = (uint8_t)watched,
			.slot = (uint32_t)known};
		return;
	}
	fd->slot = fd->slot && known;
	if (fd->mask != mode)
		fd->mask = fd->mask == BC_FD_UNKNOWN || mode == BC_FD_UNKNOWN ? BC_FD_UNKNOWN
									      : BC_FD_MIXED;
	if (fd->n != kind)
		fd->n = BC_FDK_UNKNOWN;
	fd->pad = fd->pad && watched;
}

void bc_modes_each_origin(const struct bc_modes *modes, uint32_t func, uint32_t node,
	void (*use)(void *context, uint32_t origin), void *context)
{
	struct bc_places places = modes->solution->places;
	struct bc_sources sources = {0};

	places.apart = modes->makers.apart;
	bc_places_of_expr(&places, func, node, &sources);
	for (size_t i = 0; i < sources.list.count; i++) {
		uint32_t place = sources.list.items[i];

		if (place & BC_SRC_FUNC)
			continue;
		for (size_t k = 0; k < modes->held->of[place].count; k++)
			use(context, modes->held->of[place].items[k]);
	}
	bc_vec_fini(&sources.list);
}

struct summing {
	const struct bc_modes *modes;
	uint32_t func;
	struct bc_value fd;
};

/* Is the function one that a call through the field leads to? */
static int is_below(const struct bc_modes *modes, uint32_t field, uint32_t func)
{
	for (size_t i = 0; i < modes->below.count; i++)
		if (modes->below.items[i].field == field)
			return modes->below.items[i].funcs[func];
	return 0;
}

static void sum_origin(void *context, uint32_t origin)
{
	struct summing *summing = context;
	struct bc_fd_origin o = summing->modes->origins[origin];

	/* elsewhere, what is done at times is taken as done */
	if (o.flags & BC_ORIGIN_SOMETIMES && !is_below(summing->modes, o.unless, summing->func))
		o.flags = (o.flags | BC_ORIGIN_NB) & (uint8_t)~BC_ORIGIN_SOMETIMES;
	add_to_summary(&summing->fd, &o);
}

struct bc_value bc_modes_of_expr(const struct bc_modes *modes, uint32_t func, uint32_t node)
{
	struct summing summing = {modes, func, bc_value_top()};

	bc_modes_each_origin(modes, func, node, sum_origin, &summing);
	return summing.fd;
}
