/* Descriptors from where they are made to where they are used. */
#include "link/origins.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/held.h"
#include "link/values.h"

/* Explanations can do without the rest. */
enum { MAX_EVENTS = 1 << 18 };

static void hold(struct bc_mode_solver *s, uint32_t place, uint32_t origin)
{
	if (bc_held_add(s->modes->held, place, origin, 0, 0))
		bc_vec_push(&s->work, (struct bc_held_entry){.place = place, .sym = origin});
}

static int is_integer(const struct bc_places *places, uint32_t place)
{
	enum bc_class cls = bc_place_class(places, place);

	return cls != BC_CLASS_FLOAT && cls != BC_CLASS_RECORD && cls != BC_CLASS_FPTR;
}

static void add_edge(struct bc_mode_solver *s, uint32_t dst, uint32_t src)
{
	if (dst == src || !is_integer(&s->places, dst) || !is_integer(&s->places, src))
		return;
	bc_vec_push(&s->edges, (struct bc_mode_edge){dst, s->out[src]});
	s->out[src] = (uint32_t)s->edges.count - 1;
}

static void flow(struct bc_mode_solver *s, uint32_t dst, uint32_t func, uint32_t value)
{
	struct bc_sources sources = {0};

	bc_places_of_expr(&s->places, func, value, &sources);
	for (size_t i = 0; i < sources.list.count; i++)
		if (!(sources.list.items[i] & BC_SRC_FUNC))
			add_edge(s, dst, sources.list.items[i]);
	bc_vec_fini(&sources.list);
}

static void flow_assignment(struct bc_mode_solver *s, uint32_t func, uint32_t node)
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
static void flow_arguments(struct bc_mode_solver *s, uint32_t call)
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
					if (!(sources.list.items[k] & BC_SRC_FUNC))
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
static void flow_other_name(struct bc_mode_solver *s, uint32_t call)
{
	const struct bc_call *c = &s->modes->program->calls[call];
	int same = bc_makers_same(&s->modes->makers, c->sym);
	uint32_t arg = same ? bc_call_argument(&s->modes->program->funcs[c->func], c->node, same)
			    : BC_NONE;

	if (arg != BC_NONE)
		flow(s, bc_place_of_call(&s->places, call), c->func, arg);
}

int bc_origins_makes(const struct bc_mode_solver *s, uint32_t sym)
{
	return sym != BC_NONE && s->modes->makers.makes[sym];
}

/* A call that makes a descriptor. Its mode at birth is settled later, with the arguments known. */
static void add_origin(struct bc_mode_solver *s, uint32_t call)
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
static void each_function(struct bc_mode_solver *s, uint32_t func, uint32_t arg,
	void (*use)(struct bc_mode_solver *, uint32_t callee, void *), void *context)
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

static void flow_to_callback(struct bc_mode_solver *s, uint32_t callee, void *context)
{
	const struct registration *r = context;

	if (r->param < s->modes->program->funcs[callee].nparams)
		flow(s, bc_place_of_local(&s->places, callee, r->param), r->func, r->fd_node);
}

/* Calls `use` for each role of each registration that takes a descriptor. */
void bc_origins_each_watch(struct bc_mode_solver *s, uint32_t call,
	void (*use)(
		struct bc_mode_solver *, uint32_t call, const struct bc_role *, uint32_t fd_node))
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
	struct bc_mode_solver *s, uint32_t call, const struct bc_role *role, uint32_t fd_node)
{
	const struct bc_call *c = &s->modes->program->calls[call];
	uint32_t callback =
		bc_call_argument(&s->modes->program->funcs[c->func], c->node, role->arg);
	struct registration r = {c->func, fd_node, (uint32_t)role->fd_param - 1};

	if (callback != BC_NONE && role->fd_param > 0)
		each_function(s, c->func, callback, flow_to_callback, &r);
}

void bc_origins_collect(struct bc_mode_solver *s, uint32_t func)
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
		bc_origins_each_watch(s, call, flow_watch);
		if (bc_origins_makes(s, s->modes->program->calls[call].sym))
			add_origin(s, call);
		flow_other_name(s, call);
		call++;
	}
}

void bc_origins_propagate(struct bc_mode_solver *s)
{
	while (s->work.count) {
		struct bc_held_entry e = bc_vec_pop(&s->work);

		for (uint32_t i = s->out[e.place]; i != BC_NONE; i = s->edges.items[i].next)
			hold(s, s->edges.items[i].dst, e.sym);
	}
}

/* By `call`, or BC_NONE where it is no call that does it. */
void bc_origins_mark(
	struct bc_mode_solver *s, uint32_t func, uint32_t node, int flags, uint32_t call)
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
