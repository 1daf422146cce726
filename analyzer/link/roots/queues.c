#include "link/roots/queues.h"

#include <stdlib.h>

#include "link/roots/reach.h"

/* in bc_queue.flags */
enum { ON_WORKER = 1, ELSEWHERE = 2, SERVES = 4 };

struct solver {
	struct bc_queues *queues;
	const struct bc_program *program;
	uint8_t *from_worker, *from_main; /* per function */
};

static const struct bc_queue_rule *rule_of(const struct bc_program *program, uint32_t sym)
{
	if (sym == BC_NONE || program->syms[sym].func != BC_NONE)
		return NULL;
	return program->syms[sym].rules->queue;
}

static const struct bc_queue_rule *rule_of_call(const struct solver *s, uint32_t call)
{
	return rule_of(s->program, s->program->calls[call].sym);
}

/* ---- where queues travel ---- */

static int may_be_queue(enum bc_class cls)
{
	return cls == BC_CLASS_PTR || cls == BC_CLASS_VPTR;
}

static void look_at_call(void *context, uint32_t call)
{
	struct solver *s = context;
	const struct bc_call *c = &s->program->calls[call];
	const struct bc_queue_rule *rule = rule_of_call(s, call);
	struct bc_travel *travel = &s->queues->travel;
	uint32_t result = bc_place_of_call(&travel->places, call), arg;

	if (!rule)
		return;
	arg = rule->arg ? bc_call_argument(&s->program->funcs[c->func], c->node, rule->arg)
			: BC_NONE;
	if (rule->use == BC_QUEUE_HAND_ON && arg != BC_NONE)
		bc_travel_add_way(travel, result, c->func, arg);
	if (rule->use != BC_QUEUE_MAKE && rule->use != BC_QUEUE_MAIN)
		return;
	bc_travel_start(travel, result, (uint32_t)s->queues->list.count);
	bc_vec_push(&s->queues->list,
		(struct bc_queue){call, rule->use == BC_QUEUE_MAIN ? ELSEWHERE : 0});
}

/* ---- who runs them ---- */

struct marking {
	struct bc_queues *queues;
	uint8_t flags;
};

static void mark_queue(void *context, uint32_t queue)
{
	const struct marking *marking = context;

	marking->queues->list.items[queue].flags |= marking->flags;
}

static void mark(struct solver *s, uint32_t func, uint32_t node, uint8_t flags)
{
	struct marking marking = {s->queues, flags};

	bc_travel_each(&s->queues->travel, func, node, mark_queue, &marking);
}

static int calls_server(const struct solver *s, uint32_t func)
{
	const struct bc_func *f = &s->program->funcs[func];

	for (uint32_t c = f->call; c < f->call + f->ncalls; c++) {
		const struct bc_queue_rule *rule = rule_of_call(s, c);

		if (rule && rule->use == BC_QUEUE_SERVE)
			return 1;
	}
	return 0;
}

/* Does the function that runs a queue set up a service on it first? */
static int sets_up_service(const struct solver *s, uint32_t func)
{
	uint8_t *reached = bc_xcalloc(s->program->nfuncs + 1, 1);
	int found = calls_server(s, func);

	bc_reach_from_calls(s->program, func, 0, s->program->funcs[func].nnodes, reached);
	for (uint32_t i = 0; i < s->program->nfuncs && !found; i++)
		found = reached[i] && calls_server(s, i);
	free(reached);
	return found;
}

/* A timer by its maker, directly or through a local that nothing else is assigned to. */
static int is_timer(const struct solver *s, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &s->program->funcs[func];
	const struct bc_queue_rule *rule;
	int found = 0;

	node = bc_uncast(f, node);
	if (bc_callee_at(f, node) != BC_NONE) {
		rule = rule_of(s->program, bc_callee_at(f, node));
		return rule && rule->use == BC_QUEUE_TIMER;
	}
	if (f->nodes[node].kind != BC_N_LOCAL)
		return 0;
	for (uint32_t i = 0; i < f->nnodes; i++) {
		uint32_t value;

		if (f->nodes[i].kind != BC_N_ASSIGN || f->nodes[i + 1].kind != BC_N_LOCAL ||
			f->nodes[i + 1].ref != f->nodes[node].ref)
			continue;
		value = bc_kid(f, i, 1);
		if (f->nodes[value].kind == BC_N_INT)
			continue; /* NULL */
		if (f->nodes[value].kind == BC_N_LOCAL || !is_timer(s, func, value))
			return 0;
		found = 1;
	}
	return found;
}

static void look_at_use(struct solver *s, uint32_t call)
{
	const struct bc_call *c = &s->program->calls[call];
	const struct bc_queue_rule *rule = rule_of_call(s, call);
	const struct bc_func *f = &s->program->funcs[c->func];
	uint32_t arg = rule && rule->arg ? bc_call_argument(f, c->node, rule->arg) : BC_NONE;

	if (arg == BC_NONE)
		return;
	if (rule->use == BC_QUEUE_ATTACH) {
		uint32_t source = bc_call_argument(f, c->node, rule->source_arg);

		if (source == BC_NONE || !is_timer(s, c->func, source))
			mark(s, c->func, arg, SERVES);
	} else if (rule->use == BC_QUEUE_RUN) {
		if (!s->from_worker[c->func] || s->from_main[c->func])
			mark(s, c->func, arg, ELSEWHERE);
		else
			mark(s, c->func, arg,
				sets_up_service(s, c->func) ? ON_WORKER | SERVES : ON_WORKER);
	}
}

/* ---- the whole ---- */

static int is_about_queues(const struct solver *s, const struct bc_func *f)
{
	for (uint32_t c = f->call; c < f->call + f->ncalls; c++) {
		uint32_t sym = s->program->calls[c].sym;
		const struct bc_name_rules *rules;

		if (sym == BC_NONE || s->program->syms[sym].func != BC_NONE)
			continue;
		if (rule_of_call(s, c))
			return 1;
		rules = s->program->syms[sym].rules;
		for (int r = 0; r < rules->nregisters; r++)
			for (int i = 0; i < rules->registers[r]->nroles; i++)
				if (rules->registers[r]->roles[i].queue_arg ||
					rules->registers[r]->roles[i].source_arg)
					return 1;
	}
	return 0;
}

/* Does the program make queues at all? */
static int find_makers(struct bc_queues *queues, const struct bc_program *program)
{
	int found = 0;

	queues->apart = bc_xmalloc(program->nsyms + 1);
	for (uint32_t i = 0; i < program->nsyms; i++) {
		const struct bc_queue_rule *rule = rule_of(program, i);

		queues->apart[i] =
			rule && (rule->use == BC_QUEUE_MAKE || rule->use == BC_QUEUE_MAIN ||
					rule->use == BC_QUEUE_HAND_ON);
		found |= rule && rule->use == BC_QUEUE_MAKE;
	}
	return found;
}

static int is_private(const struct bc_queue *queue)
{
	return (queue->flags & (ON_WORKER | ELSEWHERE | SERVES)) == ON_WORKER;
}

static void let_travel(struct solver *s, const struct bc_solution *solution)
{
	struct bc_travel *travel = &s->queues->travel;

	bc_travel_init(travel, solution, s->queues->apart, may_be_queue);
	for (uint32_t i = 0; i < s->program->nfuncs; i++)
		if (is_about_queues(s, &s->program->funcs[i]))
			bc_travel_add_body(travel, i, look_at_call, s);
	bc_travel_finish(travel);
}

void bc_queues_init(
	struct bc_queues *queues, const struct bc_solution *solution, const struct bc_roots *roots)
{
	const struct bc_program *program = solution->places.program;
	struct solver s = {.queues = queues, .program = program};

	*queues = (struct bc_queues){.program = program};
	if (!find_makers(queues, program))
		return;
	let_travel(&s, solution);
	s.from_worker = bc_reach_from_roots(program, roots, BC_CTX_WORKER);
	s.from_main = bc_reach_from_main(program);
	for (uint32_t i = 0; i < program->ncalls; i++)
		look_at_use(&s, i);
	for (size_t i = 0; i < queues->list.count; i++)
		queues->any_private |= is_private(&queues->list.items[i]);
	free(s.from_worker);
	free(s.from_main);
}

void bc_queues_fini(struct bc_queues *queues)
{
	bc_travel_fini(&queues->travel);
	bc_vec_fini(&queues->list);
	free(queues->apart);
}

/* ---- questions ---- */

static int same_local(const struct bc_func *f, uint32_t a, uint32_t b)
{
	a = bc_uncast(f, a);
	b = bc_uncast(f, b);
	if (f->nodes[a].kind != f->nodes[b].kind || f->nodes[a].ref != f->nodes[b].ref)
		return 0;
	return f->nodes[a].kind == BC_N_LOCAL || f->nodes[a].kind == BC_N_FIELD;
}

/* The queue that the function puts this source on; BC_NONE when that happens elsewhere. */
static uint32_t queue_of_source(const struct bc_queues *queues, uint32_t func, uint32_t source)
{
	const struct bc_program *program = queues->program;
	const struct bc_func *f = &program->funcs[func];

	for (uint32_t c = f->call; c < f->call + f->ncalls; c++) {
		const struct bc_queue_rule *rule = rule_of(program, program->calls[c].sym);
		uint32_t node = program->calls[c].node, other;

		if (!rule || rule->use != BC_QUEUE_ATTACH)
			continue;
		other = bc_call_argument(f, node, rule->source_arg);
		if (other != BC_NONE && same_local(f, source, other))
			return bc_call_argument(f, node, rule->arg);
	}
	return BC_NONE;
}

struct owners {
	const struct bc_queues *queues;
	int nprivate, nothers;
};

static void count_owner(void *context, uint32_t queue)
{
	struct owners *owners = context;

	if (is_private(&owners->queues->list.items[queue]))
		owners->nprivate++;
	else
		owners->nothers++;
}

static int is_constant(const struct bc_places *places, uint32_t func, uint32_t node)
{
	struct bc_sources sources = {0};
	size_t n;

	bc_places_of_expr(places, func, node, &sources);
	n = sources.list.count;
	bc_vec_fini(&sources.list);
	return !n;
}

static enum bc_queue_thread thread_of_expr(
	const struct bc_queues *queues, uint32_t func, uint32_t node)
{
	struct owners owners = {.queues = queues};

	bc_travel_each(&queues->travel, func, node, count_owner, &owners);
	if (owners.nprivate && !owners.nothers)
		return BC_QUEUE_OF_WORKER;
	if (owners.nothers || is_constant(&queues->travel.places, func, node)) /* null */
		return BC_QUEUE_OF_LOOP;
	return BC_QUEUE_OF_SOMEBODY;
}

enum bc_queue_thread bc_queues_thread_of(
	const struct bc_queues *queues, uint32_t call, const struct bc_role *role)
{
	const struct bc_program *program = queues->program;
	const struct bc_call *c = &program->calls[call];
	const struct bc_func *f = &program->funcs[c->func];
	uint32_t node = BC_NONE;

	if (!queues->any_private || (!role->queue_arg && !role->source_arg))
		return BC_QUEUE_OF_LOOP;
	if (role->queue_arg) {
		node = bc_call_argument(f, c->node, role->queue_arg);
	} else {
		node = bc_call_argument(f, c->node, role->source_arg);
		if (node != BC_NONE)
			node = queue_of_source(queues, c->func, node);
	}
	return node == BC_NONE ? BC_QUEUE_OF_LOOP : thread_of_expr(queues, c->func, node);
}
