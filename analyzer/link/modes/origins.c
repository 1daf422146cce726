/* Descriptors from where they are made to where they are used. */
#include "link/modes/origins.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/interp/values.h"

/* Explanations can do without the rest. */
enum { MAX_EVENTS = 1 << 18 };

/* FILE *stream = fdopen(fd, "w"); fd = dup(fd) */
static void flow_other_name(struct bc_mode_solver *s, uint32_t call)
{
	const struct bc_call *c = &s->modes->program->calls[call];
	int same = bc_makers_same(&s->modes->makers, c->sym);
	uint32_t arg = same ? bc_call_argument(&s->modes->program->funcs[c->func], c->node, same)
			    : BC_NONE;

	if (arg != BC_NONE)
		bc_travel_add_way(&s->modes->travel,
			bc_place_of_call(&s->modes->travel.places, call), c->func, arg);
}

int bc_origins_makes(const struct bc_mode_solver *s, uint32_t sym)
{
	return sym != BC_NONE && s->modes->makers.makes[sym];
}

/* A call that makes a descriptor. Its mode at birth is settled later, with the arguments known. */
static void add_origin(struct bc_mode_solver *s, uint32_t call)
{
	const struct bc_call *c = &s->modes->program->calls[call];
	const struct bc_creator_rule *rule = bc_makers_rule(&s->modes->makers, c->sym);
	struct bc_travel *travel = &s->modes->travel;
	uint32_t origin = (uint32_t)s->origins.count, arg;

	bc_vec_push(&s->origins, (struct bc_fd_origin){.unless = BC_NONE,
					 .call = call,
					 .kind = rule ? (uint8_t)rule->kind : BC_FDK_UNKNOWN});
	if (!rule || !rule->out_arg) {
		bc_travel_start(travel, bc_place_of_call(&travel->places, call), origin);
		return;
	}
	arg = bc_call_argument(&s->modes->program->funcs[c->func], c->node, rule->out_arg);
	if (arg != BC_NONE)
		bc_travel_start_in(travel, c->func, arg, origin);
}

struct registration {
	struct bc_mode_solver *solver;
	uint32_t func, fd_node; /* the registered descriptor */
	uint32_t param;         /* of the callback, from 0 */
};

static void flow_to_callback(void *context, uint32_t sym, uint32_t place)
{
	const struct registration *r = context;
	struct bc_modes *modes = r->solver->modes;
	uint32_t callee = modes->program->syms[sym].func;

	(void)place;
	if (callee != BC_NONE && r->param < modes->program->funcs[callee].nparams)
		bc_travel_add_way(&modes->travel,
			bc_place_of_local(&modes->travel.places, callee, r->param), r->func,
			r->fd_node);
}

/* Calls `use` for each role of each registration that takes a descriptor. */
void bc_origins_each_watch(struct bc_mode_solver *s, uint32_t call,
	void (*use)(
		struct bc_mode_solver *, uint32_t call, const struct bc_role *, uint32_t fd_node))
{
	const struct bc_program *program = s->modes->program;
	const struct bc_call *c = &program->calls[call];
	const struct bc_name_rules *rules;

	if (c->sym == BC_NONE)
		return;
	rules = program->syms[c->sym].rules;
	for (int r = 0; r < rules->nregisters; r++)
		for (int i = 0; i < rules->registers[r]->nroles; i++) {
			const struct bc_role *role = &rules->registers[r]->roles[i];
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
	struct registration r = {s, c->func, fd_node, (uint32_t)role->fd_param - 1};

	if (callback != BC_NONE && role->fd_param > 0)
		bc_each_function(s->modes->solution, c->func, callback, flow_to_callback, &r);
}

static void look_at_call(void *context, uint32_t call)
{
	struct bc_mode_solver *s = context;

	bc_origins_each_watch(s, call, flow_watch);
	if (bc_origins_makes(s, s->modes->program->calls[call].sym))
		add_origin(s, call);
	flow_other_name(s, call);
}

/* Libraries' handles are pointers, and stand for descriptors. */
static int may_be_descriptor(enum bc_class cls)
{
	return cls != BC_CLASS_FLOAT && cls != BC_CLASS_RECORD && cls != BC_CLASS_FPTR;
}

void bc_origins_find(struct bc_mode_solver *s)
{
	struct bc_modes *modes = s->modes;

	bc_travel_init(&modes->travel, modes->solution, modes->makers.apart, may_be_descriptor);
	for (uint32_t i = 0; i < modes->program->nfuncs; i++)
		bc_travel_add_body(&modes->travel, i, look_at_call, s);
	bc_travel_finish(&modes->travel);
}

struct marking {
	struct bc_mode_solver *solver;
	int flags;
	uint32_t call;
};

static void mark_origin(void *context, uint32_t origin)
{
	const struct marking *marking = context;
	struct bc_mode_solver *s = marking->solver;
	uint8_t flags = (uint8_t)marking->flags;

	s->origins.items[origin].flags |= flags;
	if (flags && marking->call != BC_NONE && s->modes->events.count < MAX_EVENTS)
		bc_vec_push(
			&s->modes->events, (struct bc_mode_event){origin, marking->call, flags});
}

void bc_origins_mark(
	struct bc_mode_solver *s, uint32_t func, uint32_t node, int flags, uint32_t call)
{
	struct marking marking = {s, flags, call};

	bc_travel_each(&s->modes->travel, func, node, mark_origin, &marking);
}
