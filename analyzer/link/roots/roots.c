#include "link/roots/roots.h"

#include <string.h>

#include "link/roots/queues.h"

/* What a macro that sets up a watcher becomes is not longer than this. */
enum { MAX_INIT_NODES = 120 };

void bc_roots_add(struct bc_roots *roots, struct bc_root root)
{
	root.phases = root.phases ? root.phases : BC_PHASE_BIT(BC_PHASE_NORMAL);
	for (size_t i = 0; i < roots->list.count; i++) {
		struct bc_root *have = &roots->list.items[i];

		if (have->func != root.func || have->region != root.region ||
			have->context != root.context)
			continue;
		root.phases |= have->phases;
		if ((have->assumed && !root.assumed) || (have->on_worker && !root.on_worker))
			*have = root;
		have->phases = root.phases;
		return;
	}
	bc_vec_push(&roots->list, root);
}

void bc_roots_fini(struct bc_roots *roots)
{
	bc_vec_fini(&roots->list);
}

static void locate(
	struct bc_root *root, const struct bc_program *program, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &program->funcs[func];

	root->file = f->file;
	root->line = BC_LOC_LINE(f->nodes[node].loc);
	root->column = BC_LOC_COLUMN(f->nodes[node].loc);
}

/* The function whose parameter a place is, or BC_NONE. */
static uint32_t function_of_parameter(const struct bc_places *places, uint32_t place)
{
	uint32_t slot = 0, func = bc_place_owner(places, place, &slot);

	return func != BC_NONE && slot < places->program->funcs[func].nparams ? func : BC_NONE;
}

struct bc_root bc_root_of(const struct bc_solution *solution, uint32_t place, uint32_t sym,
	const char *loop, const char *registered_by)
{
	const struct bc_program *program = solution->places.program;
	const struct bc_flow *witness = bc_witness(solution, place, sym);
	struct bc_root root = {.kind = BC_ROOT_MODEL,
		.context = BC_CTX_LOOP,
		.func = program->syms[sym].func,
		.region = BC_NONE,
		.loop = loop,
		.registered_by = registered_by,
		.file = ""};
	uint32_t wrapper;

	if (!witness)
		return root;
	locate(&root, program, witness->func, witness->node);
	/* handed to a function that hands it on: that is where a reader looks for it */
	wrapper = function_of_parameter(&solution->places, witness->dst);
	if (wrapper != BC_NONE)
		root.registered_by = bc_func_name(program, wrapper);
	return root;
}

/* ---- registrations ---- */

struct static_view {
	const struct bc_func *f;
	uint32_t call_node;
};

static struct bc_value static_argument(void *context, int arg)
{
	const struct static_view *view = context;

	return bc_call_constant(view->f, view->call_node, arg);
}

static struct bc_value unknown_field(void *context, int arg, const char *field)
{
	(void)context, (void)arg, (void)field;
	return bc_value_top();
}

static enum bc_fd_mode unknown_fd(void *context, int arg)
{
	(void)context, (void)arg;
	return BC_FD_UNKNOWN;
}

static int applies(const struct bc_models *models, const struct bc_register_rule *rule,
	const struct bc_program *program, uint32_t call, uint32_t sym)
{
	const struct bc_call *c = &program->calls[call];
	struct static_view view = {&program->funcs[c->func], c->node};
	struct bc_call_view reader = {&view, static_argument, unknown_field, unknown_fd};
	uint32_t type = program->syms[sym].type;
	uint32_t flags = program->syms[sym].flags;

	if (!rule->own && flags & BC_SYM_INTERNAL && !(flags & BC_SYM_SYSTEM))
		return 0;
	if (rule->params >= 0 && type != BC_NONE && !program->types[type].noproto &&
		(int)strlen(program->types[type].params) != rule->params)
		return 0;
	return !rule->when || bc_pred_eval(models, rule->when, &reader, NULL) != BC_NO;
}

/* Is the function called anywhere in the way that is meant? */
static int is_called(const struct bc_program *program, const struct bc_models *models,
	const struct bc_once_called *called, uint32_t sym)
{
	for (uint32_t i = 0; i < program->ncalls; i++) {
		const struct bc_call *c = &program->calls[i];
		struct static_view view = {&program->funcs[c->func], c->node};
		struct bc_call_view reader = {&view, static_argument, unknown_field, unknown_fd};

		if (c->sym == sym && (!called->when || bc_pred_eval(models, called->when, &reader,
							       NULL) != BC_NO))
			return 1;
	}
	return 0;
}

/* Does the program make such a call anywhere? Names are few, calls are many. */
static int program_makes(const struct bc_program *program, const struct bc_models *models,
	const struct bc_once_called *called)
{
	for (uint32_t i = 0; i < program->nsyms; i++)
		for (int k = 0; k < called->nfunctions; k++)
			if (!strcmp(program->syms[i].name, called->functions[k]) &&
				is_called(program, models, called, i))
				return 1;
	return 0;
}

/* The answer for the rules of one loop, which come one after the other. */
struct unless_memo {
	const struct bc_once_called *of;
	int makes;
};

static int is_ruled_out(struct unless_memo *memo, const struct bc_program *program,
	const struct bc_models *models, const struct bc_once_called *unless)
{
	if (!unless)
		return 0;
	if (memo->of != unless)
		*memo = (struct unless_memo){unless, program_makes(program, models, unless)};
	return memo->makes;
}

/* On which thread the callback runs that this call registers. */
static void set_thread(struct bc_root *root, const struct bc_queues *queues, uint32_t call,
	const struct bc_role *role)
{
	root->context = role->context;
	if (role->context != BC_CTX_LOOP)
		return;
	switch (bc_queues_thread_of(queues, call, role)) {
	case BC_QUEUE_OF_LOOP: break;
	case BC_QUEUE_OF_WORKER: root->context = BC_CTX_WORKER; break;
	case BC_QUEUE_OF_SOMEBODY:
		root->assumed = "the main context that it is put on is not a worker's";
		break;
	}
}

/* A callback that waits for a signal runs when somebody sends it. */
static void set_phase(struct bc_root *root, const struct bc_models *models, const struct bc_func *f,
	uint32_t call_node, const struct bc_role *role)
{
	struct static_view view = {f, call_node};
	struct bc_call_view reader = {&view, static_argument, unknown_field, unknown_fd};
	struct bc_value number;

	if (!role->signal_arg || (role->signal_when && bc_pred_eval(models, role->signal_when,
							       &reader, NULL) != BC_YES))
		return;
	number = bc_call_constant(f, call_node, role->signal_arg);
	if (number.kind == BC_V_INTS && number.n == 1)
		root->phases = BC_PHASE_BIT(
			bc_models_phase_of_signal(models, number.u.ints[0], &root->signal));
}

/* One callback argument of a call that registers callbacks. */
struct registration {
	struct bc_roots *roots;
	const struct bc_solution *solution;
	const struct bc_models *models;
	const struct bc_queues *queues; /* NULL at first */
	uint32_t call;
	const struct bc_register_rule *rule;
	const struct bc_role *role;
	const char *api;
};

static void add_registered(void *context, uint32_t sym, uint32_t place)
{
	const struct registration *r = context;
	const struct bc_program *program = r->solution->places.program;
	const struct bc_call *c = &program->calls[r->call];
	struct bc_root root;

	if (program->syms[sym].func == BC_NONE)
		return;
	if (place == BC_NONE) {
		root = (struct bc_root){.kind = BC_ROOT_MODEL,
			.func = program->syms[sym].func,
			.region = BC_NONE,
			.loop = r->rule->loop,
			.registered_by = r->api};
		locate(&root, program, c->func, c->node);
	} else {
		root = bc_root_of(r->solution, place, sym, r->rule->loop, r->api);
	}
	set_thread(&root, r->queues, r->call, r->role);
	set_phase(&root, r->models, &program->funcs[c->func], c->node, r->role);
	bc_roots_add(r->roots, root);
}

/* All functions that the callback arguments of a registration may be. */
static void add_roles(struct registration *r)
{
	const struct bc_program *program = r->solution->places.program;
	const struct bc_call *c = &program->calls[r->call];

	for (int i = 0; i < r->rule->nroles; i++) {
		const struct bc_role *role = &r->rule->roles[i];
		uint32_t arg = bc_call_argument(&program->funcs[c->func], c->node, role->arg);

		/* without queues, only those that do not depend on them */
		if (arg == BC_NONE || role->context == BC_CTX_SYNC ||
			(!r->queues && role->context == BC_CTX_LOOP))
			continue;
		r->role = role;
		bc_each_function(r->solution, c->func, arg, add_registered, r);
	}
}

static void add_registrations(struct bc_roots *roots, const struct bc_solution *solution,
	const struct bc_models *models, const struct bc_queues *queues,
	struct bc_liveness *liveness)
{
	const struct bc_program *program = solution->places.program;
	struct unless_memo memo = {0};

	for (uint32_t call = 0; call < program->ncalls; call++) {
		const struct bc_call *c = &program->calls[call];

		for (uint32_t t = 0; t < c->ntargets; t++) {
			uint32_t sym = program->targets[c->target + t].sym;
			struct registration r = {roots, solution, models, queues, call, NULL, NULL,
				program->syms[sym].name};
			const struct bc_name_rules *rules = program->syms[sym].rules;

			if (rules->nregisters && !bc_is_live(liveness, call))
				continue;
			for (int i = 0; i < rules->nregisters; i++) {
				r.rule = rules->registers[i];
				if (applies(models, r.rule, program, call, sym) &&
					!is_ruled_out(&memo, program, models, r.rule->unless))
					add_roles(&r);
			}
		}
	}
}

/* Patterns such as "*_listener" only mean something in a program that uses the library at all. */
static int program_calls_one(const struct bc_program *program, const char *const *names, int nnames)
{
	for (uint32_t i = 0; i < program->nsyms; i++)
		for (int k = 0; k < nnames; k++)
			if (program->syms[i].flags & BC_SYM_FUNCTION &&
				!strcmp(program->syms[i].name, names[k]))
				return 1;
	return nnames == 0;
}

/* ev_signal_init(w, cb, signum): the number goes into a field right after the callback did. */
static void set_phase_at(struct bc_root *root, const struct bc_models *models,
	const struct bc_func *f, uint32_t from, const struct bc_field_rule *rule)
{
	const struct bc_facts *facts = f->image->facts;
	uint32_t end = from + MAX_INIT_NODES < f->nnodes ? from + MAX_INIT_NODES : f->nnodes;

	for (uint32_t i = from; i + 1 < end; i++) {
		const struct bc_node *target = &f->nodes[i + 1];
		uint32_t value = i + 1 + target->size;

		if (f->nodes[i].kind != BC_N_ASSIGN || target->kind != BC_N_FIELD)
			continue;
		if (i > from &&
			!strcmp(bc_fact_str(facts, facts->fields[target->ref].name), rule->field))
			break;
		if (strcmp(bc_fact_str(facts, facts->fields[target->ref].name),
			    rule->signal_field) != 0)
			continue;
		if (f->nodes[value].kind == BC_N_INT)
			root->phases |= BC_PHASE_BIT(bc_models_phase_of_signal(
				models, bc_node_int(f, &f->nodes[value]), &root->signal));
		return;
	}
	root->phases |= BC_PHASE_BIT(BC_PHASE_NORMAL);
}

/* Every place where the function itself is put into the field. */
static void set_field_phase(struct bc_root *root, const struct bc_solution *solution,
	const struct bc_models *models, uint32_t place, uint32_t sym,
	const struct bc_field_rule *rule)
{
	for (uint32_t i = 0; rule->signal_field && i < solution->nflows; i++) {
		const struct bc_flow *flow = &solution->flows[i];

		if (flow->src == (sym | BC_SRC_FUNC) &&
			bc_place_find(&solution->places, flow->dst) == place)
			set_phase_at(root, models, &solution->places.program->funcs[flow->func],
				flow->node, rule);
	}
}

static void add_fields(
	struct bc_roots *roots, const struct bc_solution *solution, const struct bc_models *models)
{
	const struct bc_program *program = solution->places.program;
	struct unless_memo memo = {0};

	for (uint32_t i = 0; i < program->nfields; i++) {
		const struct bc_fieldinfo *field = &program->fields[i];
		const struct bc_field_rule *rule =
			bc_models_field(models, field->record, field->name);
		uint32_t place = bc_place_of_field(&solution->places, i), n;
		const uint32_t *syms = bc_held_by(solution, place, &n);

		if (!rule || !n || !program_calls_one(program, rule->requires, rule->nrequires) ||
			is_ruled_out(&memo, program, models, rule->unless))
			continue;
		for (uint32_t k = 0; k < n; k++) {
			struct bc_root root;

			if (program->syms[syms[k]].func == BC_NONE)
				continue;
			root = bc_root_of(solution, place, syms[k], rule->loop,
				bc_place_name(&solution->places, place));
			root.context = rule->context;
			set_field_phase(&root, solution, models, place, syms[k], rule);
			bc_roots_add(roots, root);
		}
	}
}

static struct bc_root root_at_symbol(const struct bc_sym *sym, enum bc_root_kind kind)
{
	return (struct bc_root){.kind = kind,
		.context = BC_CTX_LOOP,
		.func = sym->func,
		.region = BC_NONE,
		.loop = "annotated",
		.file = sym->file,
		.line = sym->line,
		.column = sym->column};
}

static void add_annotated(
	struct bc_roots *roots, const struct bc_program *program, const struct bc_marks *marks)
{
	for (uint32_t i = 0; i < program->nsyms; i++) {
		const struct bc_sym *sym = &program->syms[i];

		if (sym->func != BC_NONE && marks->of[i].flags & BC_MARK_CALLBACK)
			bc_roots_add(roots, root_at_symbol(sym, BC_ROOT_ANNOTATED));
	}
}

void bc_roots_find(struct bc_roots *roots, const struct bc_solution *solution,
	const struct bc_models *models, const struct bc_marks *marks, struct bc_liveness *liveness)
{
	struct bc_queues queues;

	add_registrations(roots, solution, models, NULL, liveness);
	/* who runs on a thread of its own is known by now */
	bc_queues_init(&queues, solution, roots);
	add_registrations(roots, solution, models, &queues, liveness);
	bc_queues_fini(&queues);
	add_fields(roots, solution, models);
	add_annotated(roots, solution->places.program, marks);
}

void bc_roots_find_promises(
	struct bc_roots *roots, const struct bc_program *program, const struct bc_marks *marks)
{
	for (uint32_t i = 0; i < program->nsyms; i++)
		if (program->syms[i].func != BC_NONE && marks->of[i].flags & BC_MARK_NONBLOCKING)
			bc_roots_add(roots, root_at_symbol(&program->syms[i], BC_ROOT_PROMISE));
}

void bc_roots_move_workers(
	struct bc_roots *roots, const struct bc_program *program, const struct bc_marks *marks)
{
	for (size_t i = 0; i < roots->list.count; i++) {
		struct bc_root *root = &roots->list.items[i];

		if (root->context == BC_CTX_LOOP && root->kind != BC_ROOT_LOOP_BODY &&
			bc_mark_of_func(marks, program, root->func)->flags & BC_MARK_WORKER)
			root->context = BC_CTX_WORKER;
	}
}

void bc_roots_skip(
	struct bc_roots *roots, const struct bc_program *program, const struct bc_config *config)
{
	size_t kept = 0;

	for (size_t i = 0; i < roots->list.count; i++) {
		const struct bc_root *root = &roots->list.items[i];
		const struct bc_config_path *path =
			bc_config_of_file(config, program->funcs[root->func].file);

		if (!path || !path->skip)
			roots->list.items[kept++] = *root;
	}
	roots->list.count = kept;
}
