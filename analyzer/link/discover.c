#include "link/discover.h"

#include <stdlib.h>
#include <string.h>

#include "link/reach.h"
#include "link/waits.h"

/* How many calls may lie between the loop statement and its wait. Four covers multiplexer tables
 * behind wrappers; beyond, "the loop" is just main(). */
enum { MAX_DEPTH = 4 };

/* More candidates than this are not compared with each other. */
enum { MAX_CANDIDATES = 256 };

/* A function on the way to a wait: `call` in it leads there. */
struct step {
	uint32_t func, call;
	uint32_t parent; /* the step one nearer to the wait, BC_NONE at the wait itself */
	int depth;
	uint8_t fetches; /* a loop further in hands out what it waited for */
};

struct candidate {
	uint32_t func, loop; /* the loop statement's node */
	uint32_t step;       /* whose call lies in it */
	uint8_t dropped;     /* it runs inside some other loop's work */
	uint8_t foreign;     /* the wait is not the loop's own */
};

struct search {
	const struct bc_program *program;
	const struct bc_solution *solution;
	struct bc_waits waits;
	uint32_t *callers; /* per function: its range in `sites`, the call sites that reach it */
	uint32_t *sites;
	BC_VEC(struct step) steps;
	BC_VEC(struct candidate) candidates;
};

/* ---- who calls whom, backwards ---- */

static void index_callers(struct search *s)
{
	const struct bc_program *program = s->program;
	uint32_t *at;

	s->callers = bc_xmalloc((program->nfuncs + 2) * sizeof(uint32_t));
	memset(s->callers, 0, (program->nfuncs + 2) * sizeof(uint32_t));
	for (uint32_t i = 0; i < program->ntargets; i++) {
		uint32_t func = program->syms[program->targets[i].sym].func;

		if (func != BC_NONE)
			s->callers[func + 1]++;
	}
	for (uint32_t i = 0; i <= program->nfuncs; i++)
		s->callers[i + 1] += s->callers[i];
	s->sites = bc_xmalloc((s->callers[program->nfuncs] + 1) * sizeof(uint32_t));
	at = bc_xmalloc((program->nfuncs + 1) * sizeof(uint32_t));
	memcpy(at, s->callers, (program->nfuncs + 1) * sizeof(uint32_t));
	for (uint32_t c = 0; c < program->ncalls; c++)
		for (uint32_t t = 0; t < program->calls[c].ntargets; t++) {
			uint32_t func =
				program->syms[program->targets[program->calls[c].target + t].sym]
					.func;

			if (func != BC_NONE)
				s->sites[at[func]++] = c;
		}
	free(at);
}

/* ---- from the waits up to the loops ---- */

/* The innermost loop statement around `node` that encloses more than `inner`; BC_NONE without. */
static uint32_t loop_around(const struct bc_func *f, uint32_t node, uint32_t inner)
{
	uint32_t found = BC_NONE;

	for (uint32_t i = 0; i < node; i++)
		if (f->nodes[i].kind == BC_N_LOOP && i + f->nodes[i].size > node && i < inner)
			found = i;
	return found;
}

static int is_idle_call(const struct search *s, const struct bc_func *f, uint32_t node)
{
	const struct bc_node *callee = &f->nodes[node + 1];

	return callee->kind == BC_N_FUNC &&
	       !strcmp(s->program->syms[bc_node_sym(f, callee)].name, "__errno_location");
}

/* Does a part of a function do anything but make the call that waits? */
static int has_other_work(
	const struct search *s, const struct bc_func *f, uint32_t part, uint32_t wait)
{
	uint32_t end = part + f->nodes[part].size;

	for (uint32_t i = part; i < end; i++)
		if (i != wait && f->nodes[i].kind == BC_N_CALL && !is_idle_call(s, f, i))
			return 1;
	return 0;
}

/* The same for the functions between a step and its wait: while (run) process_events(). */
static int way_has_other_work(const struct search *s, const struct step *step)
{
	while (step->parent != BC_NONE) {
		step = &s->steps.items[step->parent];
		if (has_other_work(s, &s->program->funcs[step->func], 0,
			    s->program->calls[step->call].node))
			return 1;
	}
	return 0;
}

/* The loop that this step's call turns, if its function has one. */
static uint32_t loop_of_step(const struct search *s, const struct step *step)
{
	const struct bc_func *f = &s->program->funcs[step->func];
	uint32_t wait = s->program->calls[step->call].node, loop = BC_NONE;
	int work_below = way_has_other_work(s, step);

	while ((loop = loop_around(f, wait, loop)) != BC_NONE)
		if (work_below || has_other_work(s, f, loop, wait))
			return loop;
	return BC_NONE;
}

/* Does a function return something: the event that its loop waited for, say? */
static int hands_out(const struct bc_func *f)
{
	for (uint32_t i = 0; i < f->nnodes; i++)
		if (f->nodes[i].kind == BC_N_RETURN && f->nodes[i].size > 1)
			return 1;
	return 0;
}

static uint32_t count_targets(
	const struct search *s, uint32_t func, uint32_t from, uint32_t to, int deeper)
{
	const struct bc_program *program = s->program;
	const struct bc_func *f = &program->funcs[func];
	uint32_t n = 0;

	for (uint32_t c = f->call; c < f->call + f->ncalls; c++) {
		const struct bc_call *call = &program->calls[c];

		if (call->node < from || call->node >= to)
			continue;
		if (call->sym == BC_NONE)
			n += call->ntargets;
		else if (deeper && program->syms[call->sym].func != BC_NONE)
			n += count_targets(s, program->syms[call->sym].func, 0, UINT32_MAX, 0);
	}
	return n;
}

/*
 * while (fetch(&event)) run(event): a loop around one that hands out what it waited for is the
 * program's own when more is called through pointers there than further in. Otherwise it starts
 * that one again, after a reload for instance.
 */
static int is_dispatcher(const struct search *s, uint32_t step, uint32_t loop)
{
	const struct step *at = &s->steps.items[step];
	const struct bc_func *f = &s->program->funcs[at->func];
	uint32_t here = count_targets(s, at->func, loop, loop + f->nodes[loop].size, 1);
	uint32_t inside = 0;

	while ((step = s->steps.items[step].parent) != BC_NONE)
		inside += count_targets(s, s->steps.items[step].func, 0, UINT32_MAX, 0);
	return here > 2 * inside;
}

/* From one wait up its callers, until a loop turns it. */
static void climb(struct search *s, uint32_t wait, uint32_t *visited)
{
	size_t i = s->steps.count;

	bc_vec_push(&s->steps,
		(struct step){
			.func = s->program->calls[wait].func, .call = wait, .parent = BC_NONE});
	for (; i < s->steps.count; i++) {
		struct step step = s->steps.items[i];
		uint32_t loop = loop_of_step(s, &step);

		if (loop != BC_NONE) {
			if (!step.fetches || is_dispatcher(s, (uint32_t)i, loop))
				bc_vec_push(&s->candidates, (struct candidate){.func = step.func,
								    .loop = loop,
								    .step = (uint32_t)i});
			if (step.fetches || !hands_out(&s->program->funcs[step.func]))
				continue;
			step.fetches = 1;
		}
		if (step.depth == MAX_DEPTH || visited[step.func] == wait)
			continue;
		visited[step.func] = wait;
		for (uint32_t k = s->callers[step.func]; k < s->callers[step.func + 1]; k++) {
			uint32_t call = s->sites[k];

			if (step.depth == 0 &&
				bc_wait_is_for_one(&s->waits, s->program, wait, call))
				continue;
			bc_vec_push(&s->steps, (struct step){.func = s->program->calls[call].func,
						       .call = call,
						       .parent = (uint32_t)i,
						       .depth = step.depth + 1,
						       .fetches = step.fetches});
		}
	}
}

static void climb_from_all(struct search *s)
{
	uint32_t *visited = bc_xmalloc((s->program->nfuncs + 1) * sizeof(*visited));

	memset(visited, 0xff, (s->program->nfuncs + 1) * sizeof(*visited));
	for (uint32_t c = 0; c < s->program->ncalls; c++)
		if (s->waits.is[c])
			climb(s, c, visited);
	free(visited);
}

/* ---- which wait is the loop's own ---- */

/* Do two nodes stand on different sides of one if, ?: or switch? */
static int is_either_or(const struct bc_func *f, uint32_t a, uint32_t b)
{
	uint32_t first = a < b ? a : b, second = a < b ? b : a;

	for (uint32_t i = 0; i < first; i++) {
		uint32_t then;

		if ((f->nodes[i].kind != BC_N_IF && f->nodes[i].kind != BC_N_COND) ||
			i + f->nodes[i].size <= second)
			continue;
		then = bc_kid(f, i, 1);
		if (first >= then && first < then + f->nodes[then].size &&
			second >= then + f->nodes[then].size)
			return 1;
	}
	return 0;
}

/*
 * Is `other` another form of the same wait as `best`? The same calls lead to it up to a pointer
 * that has several targets (one backend for each), to two sides of a condition, or to a function
 * that waits in several ways. A wait below the loop's handlers is none of these.
 */
static int is_same_wait(const struct search *s, uint32_t best, uint32_t other)
{
	while (best != other) {
		const struct step *b = &s->steps.items[best], *o = &s->steps.items[other];
		const struct bc_program *program = s->program;

		if (b->func != o->func)
			return 1; /* apart since a pointer */
		if (b->call != o->call)
			return b->depth == o->depth &&
			       (b->parent == BC_NONE || is_either_or(&program->funcs[b->func],
								program->calls[b->call].node,
								program->calls[o->call].node));
		if (b->parent == BC_NONE || o->parent == BC_NONE)
			return 0;
		best = b->parent;
		other = o->parent;
		if (s->steps.items[best].func != s->steps.items[other].func &&
			program->calls[b->call].sym != BC_NONE)
			return 0;
	}
	return 1;
}

static int same_loop(const struct candidate *a, const struct candidate *b)
{
	return a->func == b->func && a->loop == b->loop;
}

/* Of all waits that a loop turns, the nearest is its own, in all its forms. */
static void keep_own_waits(struct search *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->candidates.count; i++) {
		struct candidate *c = &s->candidates.items[i];
		const struct candidate *best = c;

		for (size_t k = 0; k < s->candidates.count; k++) {
			const struct candidate *o = &s->candidates.items[k];

			if (same_loop(c, o) &&
				s->steps.items[o->step].depth < s->steps.items[best->step].depth)
				best = o;
		}
		c->foreign = (uint8_t)!is_same_wait(s, best->step, c->step);
	}
	for (size_t i = 0; i < s->candidates.count; i++)
		if (!s->candidates.items[i].foreign)
			s->candidates.items[kept++] = s->candidates.items[i];
	s->candidates.count = kept;
}

/* ---- which candidates are loops of their own ---- */

/* A wait inside another loop's work is a nested wait, not a loop. */
static void drop_nested(struct search *s, const struct bc_roots *roots)
{
	uint8_t *reached = bc_reach_from_roots(s->program, roots, BC_CTX_LOOP);
	size_t n = s->candidates.count < MAX_CANDIDATES ? s->candidates.count : MAX_CANDIDATES;
	uint8_t *reach[MAX_CANDIDATES] = {0};

	for (size_t i = 0; i < s->candidates.count; i++)
		s->candidates.items[i].dropped = reached[s->candidates.items[i].func];
	free(reached);
	for (size_t i = 0; i < n; i++) {
		const struct candidate *c = &s->candidates.items[i];
		const struct bc_func *f = &s->program->funcs[c->func];

		reach[i] = bc_xmalloc(s->program->nfuncs + 1);
		memset(reach[i], 0, s->program->nfuncs + 1);
		bc_reach_from_calls(
			s->program, c->func, c->loop, c->loop + f->nodes[c->loop].size, reach[i]);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			struct candidate *a = &s->candidates.items[i], *b = &s->candidates.items[k];

			if (!a->dropped && a->func != b->func && reach[i][b->func] &&
				!reach[k][a->func])
				b->dropped = 1;
		}
	for (size_t i = 0; i < n; i++)
		free(reach[i]);
}

/* ---- results ---- */

static void add_callbacks(struct search *s, struct bc_discovery *discovery, struct bc_roots *roots,
	uint32_t call, const struct candidate *candidate, int on_worker)
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
static void add_dispatches(struct search *s, struct bc_discovery *discovery, struct bc_roots *roots,
	const struct candidate *candidate, uint32_t func, uint32_t from, uint32_t to,
	uint32_t way_to_wait, int on_worker)
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
static int is_helper(const struct search *s, const uint8_t *driver, uint32_t func)
{
	for (uint32_t i = s->callers[func]; i < s->callers[func + 1]; i++)
		if (!driver[s->program->calls[s->sites[i]].func])
			return 0;
	return s->callers[func] < s->callers[func + 1];
}

static int is_in_loop(const struct bc_func *f, uint32_t node)
{
	return loop_around(f, node, BC_NONE) != BC_NONE;
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
static void add_helper_dispatches(struct search *s, struct bc_discovery *discovery,
	struct bc_roots *roots, const struct candidate *candidate, int on_worker)
{
	const struct bc_program *program = s->program;
	const struct bc_func *f = &program->funcs[candidate->func];
	uint32_t end = candidate->loop + f->nodes[candidate->loop].size;
	uint8_t *driver = bc_xmalloc(program->nfuncs + 1);

	memset(driver, 0, program->nfuncs + 1);
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
 * The pointer call that leads to the wait has other targets: what waits there is the loop's wait,
 * too, even where such a backend tries again in a loop of its own.
 */
static void accept_backends(struct search *s, struct bc_discovery *discovery,
	struct bc_roots *roots, const struct candidate *candidate, uint32_t call, int on_worker)
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

static void accept(struct search *s, struct bc_discovery *discovery, struct bc_roots *roots,
	const struct candidate *candidate, int on_worker)
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
		accept_backends(
			s, discovery, roots, candidate, s->steps.items[step].call, on_worker);
	}
	discovery->is_loop_wait[s->steps.items[step].call] = 1;
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

static void accept_all(struct search *s, struct bc_discovery *discovery, struct bc_roots *roots)
{
	uint8_t *from_main = bc_reach_from_main(s->program);
	uint8_t *from_worker = bc_reach_from_roots(s->program, roots, BC_CTX_WORKER);

	for (size_t i = 0; i < s->candidates.count; i++) {
		const struct candidate *c = &s->candidates.items[i];

		if (!c->dropped)
			accept(s, discovery, roots, c, from_worker[c->func] && !from_main[c->func]);
	}
	free(from_main);
	free(from_worker);
}

void bc_discover(struct bc_discovery *discovery, struct bc_roots *roots,
	const struct bc_solution *solution, const struct bc_interp *interp,
	const struct bc_models *models)
{
	const struct bc_program *program = solution->places.program;
	struct search s = {.program = program, .solution = solution};

	discovery->is_loop_wait = bc_xmalloc(program->ncalls + 1);
	discovery->is_dispatch = bc_xmalloc(program->ncalls + 1);
	memset(discovery->is_loop_wait, 0, program->ncalls + 1);
	memset(discovery->is_dispatch, 0, program->ncalls + 1);
	bc_waits_find(&s.waits, interp, models);
	index_callers(&s);
	climb_from_all(&s);
	keep_own_waits(&s);
	drop_nested(&s, roots);
	accept_all(&s, discovery, roots);
	bc_waits_fini(&s.waits);
	free(s.callers);
	free(s.sites);
	bc_vec_fini(&s.steps);
	bc_vec_fini(&s.candidates);
}

void bc_discovery_fini(struct bc_discovery *discovery)
{
	free(discovery->is_loop_wait);
	free(discovery->is_dispatch);
}
