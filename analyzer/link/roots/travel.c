#include "link/roots/travel.h"

#include <stdlib.h>
#include <string.h>

#include "link/places/flows.h"
#include "link/places/held.h"

void bc_travel_init(struct bc_travel *travel, const struct bc_solution *solution,
	const uint8_t *apart, int (*carries)(enum bc_class cls))
{
	size_t size = (solution->places.count + 1) * sizeof(*travel->out);

	*travel = (struct bc_travel){.places = solution->places, .carries = carries};
	travel->places.apart = apart;
	travel->held = bc_held_new(solution->places.count);
	travel->out = bc_xmalloc(size);
	memset(travel->out, 0xff, size);
}

static void forget_ways(struct bc_travel *travel)
{
	free(travel->out);
	travel->out = NULL;
	bc_vec_fini(&travel->edges);
	bc_vec_fini(&travel->work);
	bc_vec_fini(&travel->scratch.list);
}

void bc_travel_fini(struct bc_travel *travel)
{
	forget_ways(travel);
	bc_held_free(travel->held);
}

/* The places of an expression, without the functions that it names. */
static void places_of(
	const struct bc_travel *travel, uint32_t func, uint32_t node, struct bc_sources *out)
{
	size_t kept = 0;

	bc_places_of_expr(&travel->places, func, node, out);
	for (size_t i = 0; i < out->list.count; i++)
		if (!(out->list.items[i] & BC_SRC_FUNC))
			out->list.items[kept++] = out->list.items[i];
	out->list.count = kept;
}

/* ---- ways ---- */

static int can_hold(const struct bc_travel *travel, uint32_t place)
{
	return travel->carries(bc_place_class(&travel->places, place));
}

static void add_edge(struct bc_travel *travel, uint32_t dst, uint32_t src)
{
	if (dst == src || !can_hold(travel, dst) || !can_hold(travel, src))
		return;
	bc_vec_push(&travel->edges, (struct bc_travel_edge){dst, travel->out[src]});
	travel->out[src] = (uint32_t)travel->edges.count - 1;
}

void bc_travel_add_way(struct bc_travel *travel, uint32_t dst, uint32_t func, uint32_t value)
{
	struct bc_sources *sources = &travel->scratch;

	sources->list.count = 0;
	places_of(travel, func, value, sources);
	for (size_t i = 0; i < sources->list.count; i++)
		add_edge(travel, dst, sources->list.items[i]);
}

/* open_both(&in, &out): what the callee stores there is in the caller's variable. */
static void add_way_back(struct bc_travel *travel, uint32_t func, uint32_t arg, uint32_t param)
{
	struct bc_sources targets = {0};

	if (travel->places.program->funcs[func].nodes[arg].kind != BC_N_ADDR)
		return;
	places_of(travel, func, arg, &targets);
	for (size_t i = 0; i < targets.list.count; i++)
		add_edge(travel, targets.list.items[i], param);
	bc_vec_fini(&targets.list);
}

static void add_arguments(struct bc_travel *travel, const struct bc_call *c, uint32_t callee)
{
	const struct bc_program *program = travel->places.program;

	for (uint32_t i = 0; i < program->funcs[callee].nparams; i++) {
		uint32_t param = bc_place_of_local(&travel->places, callee, i);
		uint32_t arg = bc_call_argument(&program->funcs[c->func], c->node, (int)i + 1);

		if (arg == BC_NONE)
			break;
		bc_travel_add_way(travel, param, c->func, arg);
		add_way_back(travel, c->func, arg, param);
	}
}

static void add_call(struct bc_travel *travel, uint32_t call)
{
	const struct bc_program *program = travel->places.program;
	const struct bc_call *c = &program->calls[call];

	for (uint32_t t = 0; t < c->ntargets; t++) {
		uint32_t sym = program->targets[c->target + t].sym;

		if (program->syms[sym].func == BC_NONE)
			continue;
		add_arguments(travel, c, program->syms[sym].func);
		if (c->sym == BC_NONE)
			add_edge(travel, bc_place_of_call(&travel->places, call),
				bc_place_of_return(&travel->places, sym));
	}
}

struct body {
	struct bc_travel *travel;
	void (*at_call)(void *context, uint32_t call);
	void *context;
};

static void read_flow(void *context, uint32_t dst, uint32_t func, uint32_t value, uint32_t node)
{
	(void)node;
	bc_travel_add_way(((struct body *)context)->travel, dst, func, value);
}

static void read_call(void *context, uint32_t call)
{
	struct body *body = context;

	add_call(body->travel, call);
	body->at_call(body->context, call);
}

void bc_travel_add_body(struct bc_travel *travel, uint32_t func,
	void (*at_call)(void *context, uint32_t call), void *context)
{
	struct body body = {travel, at_call, context};

	bc_flows_of_body(
		&travel->places, func, &(struct bc_flow_reader){read_flow, read_call, &body});
}

/* ---- things ---- */

void bc_travel_start(struct bc_travel *travel, uint32_t place, uint32_t thing)
{
	if (bc_held_add(travel->held, place, thing, 0, 0))
		bc_vec_push(&travel->work, (struct bc_held_entry){.place = place, .sym = thing});
}

void bc_travel_start_in(struct bc_travel *travel, uint32_t func, uint32_t node, uint32_t thing)
{
	struct bc_sources targets = {0};

	places_of(travel, func, node, &targets);
	for (size_t i = 0; i < targets.list.count; i++)
		bc_travel_start(travel, targets.list.items[i], thing);
	bc_vec_fini(&targets.list);
}

void bc_travel_finish(struct bc_travel *travel)
{
	while (travel->work.count) {
		struct bc_held_entry e = bc_vec_pop(&travel->work);

		for (uint32_t i = travel->out[e.place]; i != BC_NONE;
			i = travel->edges.items[i].next)
			bc_travel_start(travel, travel->edges.items[i].dst, e.sym);
	}
	forget_ways(travel);
}

const uint32_t *bc_travel_held(const struct bc_travel *travel, uint32_t place, uint32_t *n)
{
	*n = (uint32_t)travel->held->of[place].count;
	return travel->held->of[place].items;
}

void bc_travel_each(const struct bc_travel *travel, uint32_t func, uint32_t node,
	void (*use)(void *context, uint32_t thing), void *context)
{
	struct bc_sources sources = {0};

	places_of(travel, func, node, &sources);
	for (size_t i = 0; i < sources.list.count; i++) {
		uint32_t n;
		const uint32_t *things = bc_travel_held(travel, sources.list.items[i], &n);

		for (uint32_t k = 0; k < n; k++)
			use(context, things[k]);
	}
	bc_vec_fini(&sources.list);
}
