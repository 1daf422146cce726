#include "link/queues.h"

#include <stdlib.h>
#include <string.h>

#include "link/held.h"
#include "link/reach.h"

/* in bc_queue.flags */
enum { ON_WORKER = 1, ELSEWHERE = 2, SERVES = 4 };

struct edge {
	uint32_t dst, next; /* next edge out of the same place */
};

struct solver {
	struct bc_queues *queues;
	const struct bc_program *program;
	struct bc_places places;
	uint32_t *out; /* per place: first edge */
	BC_VEC(struct edge) edges;
	BC_VEC(struct bc_held_entry) work;
	const uint8_t *from_worker, *from_main;
};

static const struct bc_queue_rule *rule_of(
	const struct bc_models *models, const struct bc_program *program, uint32_t sym)
{
	if (sym == BC_NONE || program->syms[sym].func != BC_NONE)
		return NULL;
	return bc_models_queue(models, program->syms[sym].name);
}

static const struct bc_queue_rule *rule_of_call(const struct solver *s, uint32_t call)
{
	return rule_of(s->queues->models, s->program, s->program->calls[call].sym);
}

/* ---- where queues travel ---- */

static void hold(struct solver *s, uint32_t place, uint32_t queue)
{
	if (bc_held_add(s->queues->held, place, queue, 0, 0))
		bc_vec_push(&s->work, (struct bc_held_entry){.place = place, .sym = queue});
}

static int is_pointer(const struct bc_places *places, uint32_t place)
{
	enum bc_class cls = bc_place_class(places, place);

	return cls == BC_CLASS_PTR || cls == BC_CLASS_VPTR;
}

static void add_edge(struct solver *s, uint32_t dst, uint32_t src)
{
	if (dst == src || !is_pointer(&s->places, dst) || !is_pointer(&s->places, src))
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
	struct bc_sources targets = {0};

	bc_places_of_expr(&s->places, func, node + 1, &targets);
	for (size_t i = 0; i < targets.list.count; i++)
		if (!(targets.list.items[i] & BC_SRC_FUNC))
			flow(s, targets.list.items[i], func,
				bc_kid(&s->program->funcs[func], node, 1));
	bc_vec_fini(&targets.list);
}

static void flow_arguments(struct solver *s, uint32_t call)
{
	const struct bc_call *c = &s->program->calls[call];

	for (uint32_t t = 0; t < c->ntargets; t++) {
		uint32_t callee = s->program->syms[s->program->targets[c->target + t].sym].func;

		for (uint32_t i = 0; callee != BC_NONE && i < s->program->funcs[callee].nparams;
			i++) {
			uint32_t arg =
				bc_call_argument(&s->program->funcs[c->func], c->node, (int)i + 1);

			if (arg == BC_NONE)
				break;
			flow(s, bc_place_of_local(&s->places, callee, i), c->func, arg);
		}
	}
}

static void flow_call(struct solver *s, uint32_t call)
{
	const struct bc_call *c = &s->program->calls[call];
	const struct bc_queue_rule *rule = rule_of_call(s, call);
	uint32_t arg;

	flow_arguments(s, call);
	if (!rule)
		return;
	arg = rule->arg ? bc_call_argument(&s->program->funcs[c->func], c->node, rule->arg)
			: BC_NONE;
	if (rule->use == BC_QUEUE_HAND_ON && arg != BC_NONE)
		flow(s, bc_place_of_call(&s->places, call), c->func, arg);
	if (rule->use != BC_QUEUE_MAKE && rule->use != BC_QUEUE_MAIN)
		return;
	bc_vec_push(&s->queues->list,
		(struct bc_queue){call, rule->use == BC_QUEUE_MAIN ? ELSEWHERE : 0});
	hold(s, bc_place_of_call(&s->places, call), (uint32_t)s->queues->list.count - 1);
}

static void collect(struct solver *s, uint32_t func)
{
	const struct bc_func *f = &s->program->funcs[func];
	uint32_t call = f->call;

	for (uint32_t i = 0; i < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];

		if (n->kind == BC_N_ASSIGN && n->op == BC_OP_NONE)
			flow_assignment(s, func, i);
		else if (n->kind == BC_N_SET)
			flow(s, bc_place_of_field(&s->places, bc_node_field(f, n)), func, i + 1);
		else if (n->kind == BC_N_RETURN && n->size > 1 && f->sym != BC_NONE)
			flow(s, bc_place_of_return(&s->places, f->sym), func, i + 1);
		else if (n->kind == BC_N_CALL)
			flow_call(s, call++);
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

/* ---- who runs them ---- */

static void mark(struct solver *s, uint32_t func, uint32_t node, uint8_t flags)
{
	struct bc_sources sources = {0};

	bc_places_of_expr(&s->places, func, node, &sources);
	for (size_t i = 0; i < sources.list.count; i++) {
		uint32_t place = sources.list.items[i];

		for (size_t k = 0; !(place & BC_SRC_FUNC) && k < s->queues->held->of[place].count;
			k++)
			s->queues->list.items[s->queues->held->of[place].items[k]].flags |= flags;
	}
	bc_vec_fini(&sources.list);
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
	uint8_t *reached = bc_xmalloc(s->program->nfuncs + 1);
	int found = calls_server(s, func);

	memset(reached, 0, s->program->nfuncs + 1);
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

	while (f->nodes[node].kind == BC_N_CAST)
		node++;
	if (f->nodes[node].kind == BC_N_CALL && f->nodes[node + 1].kind == BC_N_FUNC) {
		rule = rule_of(s->queues->models, s->program, bc_node_sym(f, &f->nodes[node + 1]));
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
		const struct bc_register_rule *const *rules;
		int n = 0;

		if (sym == BC_NONE || s->program->syms[sym].func != BC_NONE)
			continue;
		if (rule_of_call(s, c))
			return 1;
		rules = bc_models_registers(s->queues->models, s->program->syms[sym].name, &n);
		for (int r = 0; r < n; r++)
			for (int i = 0; i < rules[r]->nroles; i++)
				if (rules[r]->roles[i].queue_arg || rules[r]->roles[i].source_arg)
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
		const struct bc_queue_rule *rule = rule_of(queues->models, program, i);

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

void bc_queues_init(struct bc_queues *queues, const struct bc_solution *solution,
	const struct bc_models *models, const struct bc_roots *roots)
{
	const struct bc_program *program = solution->places.program;
	struct solver s = {.queues = queues, .program = program, .places = solution->places};
	uint8_t *from_worker, *from_main;

	*queues = (struct bc_queues){.solution = solution, .models = models};
	if (!find_makers(queues, program))
		return;
	queues->held = bc_held_new(solution->places.count);
	s.places.apart = queues->apart;
	s.out = bc_xmalloc((solution->places.count + 1) * sizeof(*s.out));
	memset(s.out, 0xff, (solution->places.count + 1) * sizeof(*s.out));
	for (uint32_t i = 0; i < program->nfuncs; i++)
		if (is_about_queues(&s, &program->funcs[i]))
			collect(&s, i);
	propagate(&s);
	s.from_worker = from_worker = bc_reach_from_roots(program, roots, BC_CTX_WORKER);
	s.from_main = from_main = bc_reach_from_main(program);
	for (uint32_t i = 0; i < program->ncalls; i++)
		look_at_use(&s, i);
	for (size_t i = 0; i < queues->list.count; i++)
		queues->any_private |= is_private(&queues->list.items[i]);
	free(from_worker);
	free(from_main);
	free(s.out);
	bc_vec_fini(&s.edges);
	bc_vec_fini(&s.work);
}

void bc_queues_fini(struct bc_queues *queues)
{
	bc_held_free(queues->held);
	bc_vec_fini(&queues->list);
	free(queues->apart);
}

/* ---- questions ---- */

static int same_local(const struct bc_func *f, uint32_t a, uint32_t b)
{
	while (f->nodes[a].kind == BC_N_CAST)
		a++;
	while (f->nodes[b].kind == BC_N_CAST)
		b++;
	if (f->nodes[a].kind != f->nodes[b].kind || f->nodes[a].ref != f->nodes[b].ref)
		return 0;
	return f->nodes[a].kind == BC_N_LOCAL || f->nodes[a].kind == BC_N_FIELD;
}

/* The queue that the function puts this source on; BC_NONE when that happens elsewhere. */
static uint32_t queue_of_source(const struct bc_queues *queues, uint32_t func, uint32_t source)
{
	const struct bc_program *program = queues->solution->places.program;
	const struct bc_func *f = &program->funcs[func];

	for (uint32_t c = f->call; c < f->call + f->ncalls; c++) {
		const struct bc_queue_rule *rule =
			rule_of(queues->models, program, program->calls[c].sym);
		uint32_t node = program->calls[c].node, other;

		if (!rule || rule->use != BC_QUEUE_ATTACH)
			continue;
		other = bc_call_argument(f, node, rule->source_arg);
		if (other != BC_NONE && same_local(f, source, other))
			return bc_call_argument(f, node, rule->arg);
	}
	return BC_NONE;
}

static enum bc_queue_thread thread_of_expr(
	const struct bc_queues *queues, uint32_t func, uint32_t node)
{
	struct bc_places places = queues->solution->places;
	struct bc_sources sources = {0};
	int nprivate = 0, nothers = 0;

	places.apart = queues->apart;
	bc_places_of_expr(&places, func, node, &sources);
	for (size_t i = 0; i < sources.list.count; i++) {
		uint32_t place = sources.list.items[i];

		for (size_t k = 0; !(place & BC_SRC_FUNC) && k < queues->held->of[place].count; k++)
			if (is_private(&queues->list.items[queues->held->of[place].items[k]]))
				nprivate++;
			else
				nothers++;
	}
	node = sources.list.count ? node : BC_NONE; /* a constant: null */
	bc_vec_fini(&sources.list);
	if (nprivate && !nothers)
		return BC_QUEUE_OF_WORKER;
	return nothers || node == BC_NONE ? BC_QUEUE_OF_LOOP : BC_QUEUE_OF_SOMEBODY;
}

enum bc_queue_thread bc_queues_thread_of(
	const struct bc_queues *queues, uint32_t call, const struct bc_role *role)
{
	const struct bc_program *program = queues->solution->places.program;
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
