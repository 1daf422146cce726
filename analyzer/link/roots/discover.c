#include "link/roots/discover.h"

#include <stdlib.h>

#include "link/roots/candidates.h"
#include "link/roots/reach.h"

/* More candidates than this are not compared with each other. */
enum { MAX_CANDIDATES = 256 };

/* ---- which candidates are loops of their own ---- */

/* A wait inside another loop's work is a nested wait, not a loop. */
static void drop_nested(struct bc_loop_search *s, const struct bc_roots *roots)
{
	uint8_t *reached = bc_reach_from_roots(s->program, roots, BC_CTX_LOOP);
	size_t n = s->candidates.count < MAX_CANDIDATES ? s->candidates.count : MAX_CANDIDATES;
	uint8_t *reach[MAX_CANDIDATES] = {0};

	for (size_t i = 0; i < s->candidates.count; i++)
		s->candidates.items[i].dropped = reached[s->candidates.items[i].func];
	free(reached);
	for (size_t i = 0; i < n; i++) {
		const struct bc_loop_candidate *c = &s->candidates.items[i];
		const struct bc_func *f = &s->program->funcs[c->func];

		reach[i] = bc_xcalloc(s->program->nfuncs + 1, 1);
		bc_reach_from_calls(
			s->program, c->func, c->loop, c->loop + f->nodes[c->loop].size, reach[i]);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			struct bc_loop_candidate *a = &s->candidates.items[i],
						 *b = &s->candidates.items[k];

			if (!a->dropped && a->func != b->func && reach[i][b->func] &&
				!reach[k][a->func])
				b->dropped = 1;
		}
	for (size_t i = 0; i < n; i++)
		free(reach[i]);
}

/* ---- results ---- */

static void add_callbacks(struct bc_loop_search *s, struct bc_discovery *discovery,
	struct bc_roots *roots, uint32_t call, const struct bc_loop_candidate *candidate,
	int on_worker)
{
	const struct bc_call *c = &s->program->calls[call];

	discovery->is_dispatch[call] = 1;
	for (uint32_t t = 0; t < c->ntargets; t++) {
		const struct bc_target *target = &s->program->targets[c->target + t];
		struct bc_root root;

		if (s->program->syms[target->sym].func == BC_NONE || target->place == BC_NONE)
			continue;
		root = bc_root_of(s->solution, target->place, target->sym, "discovered",
			bc_place_name(&s->solution->places, target->place));
		root.kind = BC_ROOT_DISCOVERED;
		root.driver = candidate->func;
		root.on_worker = (uint8_t)on_worker;
		bc_roots_add(roots, root);
	}
}

/* Calls through places in a part of a driver function. */
static void add_dispatches(struct bc_loop_search *s, struct bc_discovery *discovery,
	struct bc_roots *roots, const struct bc_loop_candidate *candidate, uint32_t func,
	uint32_t from, uint32_t to, uint32_t way_to_wait, int on_worker)
{
	const struct bc_func *f = &s->program->funcs[func];

	for (uint32_t c = f->call; c < f->call + f->ncalls; c++) {
		const struct bc_call *call = &s->program->calls[c];

		if (call->node >= from && call->node < to && call->sym == BC_NONE &&
			c != way_to_wait)
			add_callbacks(s, discovery, roots, c, candidate, on_worker);
	}
}

/* Is the function called from drivers of loops alone? */
static int is_helper(const struct bc_loop_search *s, const uint8_t *driver, uint32_t func)
{
	const uint32_t *at = s->program->sites_at;

	for (uint32_t i = at[func]; i < at[func + 1]; i++)
		if (!driver[s->program->calls[s->program->sites[i]].func])
			return 0;
	return at[func] < at[func + 1];
}

static int is_in_loop(const struct bc_func *f, uint32_t node)
{
	return bc_loop_around(f, node, BC_NONE) != BC_NONE;
}

/* event->run(...), where the event is a parameter: which one, or BC_NONE. */
static uint32_t parameter_of(const struct bc_func *f, uint32_t call)
{
	const struct bc_node *nodes = f->nodes;
	uint32_t i = call + 1;
	int in_record = 0;

	while (nodes[i].kind == BC_N_DEREF || nodes[i].kind == BC_N_CAST ||
		nodes[i].kind == BC_N_FIELD)
		in_record |= nodes[i++].kind == BC_N_FIELD;
	return in_record && nodes[i].kind == BC_N_LOCAL && nodes[i].ref < f->nparams ? nodes[i].ref
										     : BC_NONE;
}

/* event->run(event)? */
static int is_handed_itself(const struct bc_func *f, uint32_t call)
{
	uint32_t parameter = parameter_of(f, call);
	uint32_t callee = call + 1;

	BC_EACH_KID(f, call, kid)
	if (kid != callee && f->nodes[kid].kind == BC_N_LOCAL && f->nodes[kid].ref == parameter)
		return 1;
	return 0;
}

/* Does this call through a place, in a function that the loop calls, run what the loop waited for?
 */
static int is_dispatch(const struct bc_func *f, uint32_t call, int helps_loops_alone)
{
	if (is_handed_itself(f, call))
		return 1;
	return helps_loops_alone && (is_in_loop(f, call) || parameter_of(f, call) != BC_NONE);
}

/*
 * while (poll(...) >= 0) dispatch(): helpers that only loops have, and that call through places
 * in a loop of their own, or what an event says that they are handed, dispatch for it; so does
 * whatever hands an event to the function that it names.
 */
static void add_helper_dispatches(struct bc_loop_search *s, struct bc_discovery *discovery,
	struct bc_roots *roots, const struct bc_loop_candidate *candidate, int on_worker)
{
	const struct bc_program *program = s->program;
	const struct bc_func *f = &program->funcs[candidate->func];
	uint32_t end = candidate->loop + f->nodes[candidate->loop].size;
	uint8_t *driver = bc_xcalloc(program->nfuncs + 1, 1);

	for (size_t i = 0; i < s->candidates.count; i++)
		if (!s->candidates.items[i].dropped)
			driver[s->candidates.items[i].func] = 1;
	for (uint32_t c = f->call; c < f->call + f->ncalls; c++) {
		const struct bc_call *call = &program->calls[c];
		uint32_t helper = call->sym == BC_NONE ? BC_NONE : program->syms[call->sym].func;
		const struct bc_func *h;

		int alone;

		if (call->node < candidate->loop || call->node >= end || helper == BC_NONE)
			continue;
		h = &program->funcs[helper];
		alone = is_helper(s, driver, helper);
		for (uint32_t k = h->call; k < h->call + h->ncalls; k++)
			if (program->calls[k].sym == BC_NONE &&
				is_dispatch(h, program->calls[k].node, alone))
				add_callbacks(s, discovery, roots, k, candidate, on_worker);
	}
	free(driver);
}

/*
 * for (i = 0; i < n; i++) dispatch(events[i]), in the function that waits: what such a helper,
 * which nobody else has, calls through places are callbacks.
 */
static void add_dispatches_of_waiter(struct bc_loop_search *s, struct bc_discovery *discovery,
	struct bc_roots *roots, const struct bc_loop_candidate *candidate, uint32_t waiter,
	int on_worker)
{
	const struct bc_program *program = s->program;
	const struct bc_func *f = &program->funcs[waiter];
	uint8_t *driver = bc_xcalloc(program->nfuncs + 1, 1);

	for (size_t i = 0; i < s->steps.count; i++)
		driver[s->steps.items[i].func] = 1;
	for (uint32_t c = f->call; c < f->call + f->ncalls; c++) {
		const struct bc_call *call = &program->calls[c];
		uint32_t helper = call->sym == BC_NONE ? BC_NONE : program->syms[call->sym].func;
		const struct bc_func *h;

		if (helper == BC_NONE || driver[helper] || !is_in_loop(f, call->node) ||
			!is_helper(s, driver, helper))
			continue;
		h = &program->funcs[helper];
		for (uint32_t k = h->call; k < h->call + h->ncalls; k++)
			if (program->calls[k].sym == BC_NONE)
				add_callbacks(s, discovery, roots, k, candidate, on_worker);
	}
	free(driver);
}

/*
 * The pointer call that leads to the wait has other targets: what waits there is the loop's wait,
 * too, even where such a backend tries again in a loop of its own.
 */
static void accept_backends(struct bc_loop_search *s, struct bc_discovery *discovery,
	struct bc_roots *roots, const struct bc_loop_candidate *candidate, uint32_t call,
	int on_worker)
{
	const struct bc_program *program = s->program;
	const struct bc_call *c = &program->calls[call];

	if (c->sym != BC_NONE)
		return;
	for (uint32_t t = 0; t < c->ntargets; t++) {
		uint32_t func = program->syms[program->targets[c->target + t].sym].func;
		int waits = 0;

		for (uint32_t i = 0; func != BC_NONE && i < program->funcs[func].ncalls; i++)
			if (s->waits.is[program->funcs[func].call + i])
				waits = discovery->is_loop_wait[program->funcs[func].call + i] = 1;
		if (waits)
			add_dispatches(s, discovery, roots, candidate, func, 0,
				program->funcs[func].nnodes, BC_NONE, on_worker);
	}
}

static void accept(struct bc_loop_search *s, struct bc_discovery *discovery, struct bc_roots *roots,
	const struct bc_loop_candidate *candidate, int on_worker)
{
	const struct bc_func *f = &s->program->funcs[candidate->func];
	uint32_t loop = candidate->loop, step = candidate->step;

	accept_backends(s, discovery, roots, candidate, s->steps.items[step].call, on_worker);
	add_dispatches(s, discovery, roots, candidate, candidate->func, loop,
		loop + f->nodes[loop].size, s->steps.items[step].call, on_worker);
	while (s->steps.items[step].parent != BC_NONE) {
		uint32_t func;

		step = s->steps.items[step].parent;
		func = s->steps.items[step].func;
		add_dispatches(s, discovery, roots, candidate, func, 0,
			s->program->funcs[func].nnodes, s->steps.items[step].call, on_worker);
		add_dispatches_of_waiter(s, discovery, roots, candidate, func, on_worker);
		accept_backends(
			s, discovery, roots, candidate, s->steps.items[step].call, on_worker);
	}
	discovery->is_loop_wait[s->steps.items[step].call] = 1;
	discovery->drives[candidate->func] = 1;
	add_helper_dispatches(s, discovery, roots, candidate, on_worker);
	bc_roots_add(roots, (struct bc_root){.kind = BC_ROOT_LOOP_BODY,
				    .context = BC_CTX_LOOP,
				    .func = candidate->func,
				    .region = loop,
				    .loop = "discovered",
				    .file = f->file,
				    .line = BC_LOC_LINE(f->nodes[loop].loc),
				    .column = BC_LOC_COLUMN(f->nodes[loop].loc),
				    .driver = candidate->func,
				    .on_worker = (uint8_t)on_worker});
}

static void accept_all(
	struct bc_loop_search *s, struct bc_discovery *discovery, struct bc_roots *roots)
{
	uint8_t *from_main = bc_reach_from_main(s->program);
	uint8_t *from_worker = bc_reach_from_roots(s->program, roots, BC_CTX_WORKER);

	for (size_t i = 0; i < s->candidates.count; i++) {
		const struct bc_loop_candidate *c = &s->candidates.items[i];

		if (!c->dropped)
			accept(s, discovery, roots, c, from_worker[c->func] && !from_main[c->func]);
	}
	free(from_main);
	free(from_worker);
}

static void prepare(struct bc_discovery *discovery, const struct bc_program *program)
{
	static struct bc_alternative const alternatives[] = {
		{"a state of its own", "that the answer's callback goes on from", ""}};

	discovery->is_loop_wait = bc_xcalloc(program->ncalls + 1, 1);
	discovery->is_dispatch = bc_xcalloc(program->ncalls + 1, 1);
	discovery->drives = bc_xcalloc(program->nfuncs + 1, 1);
	discovery->nested = (struct bc_sink_rule){.id = "loop-in-callback",
		.params = -1,
		.category = BC_CAT_NESTED_LOOP,
		.bound = BC_BOUND_UNBOUNDED,
		.severity = -1,
		.because = "runs an event loop of the program's own inside a callback",
		.alternatives = (struct bc_alternative *)alternatives,
		.nalternatives = 1,
		.provenance = ""};
}

void bc_discover(struct bc_discovery *discovery, struct bc_roots *roots,
	const struct bc_solution *solution, const struct bc_interp *interp)
{
	const struct bc_program *program = solution->places.program;
	struct bc_loop_search s;

	prepare(discovery, program);
	bc_loop_search_run(&s, solution, interp);
	drop_nested(&s, roots);
	accept_all(&s, discovery, roots);
	bc_loop_search_fini(&s);
}

void bc_discovery_fini(struct bc_discovery *discovery)
{
	free(discovery->is_loop_wait);
	free(discovery->is_dispatch);
	free(discovery->drives);
}
