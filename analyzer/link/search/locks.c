#include "link/search/locks.h"

#include <stdlib.h>
#include <string.h>

/* How many direct calls may lie between the function that holds a lock and the call that blocks. */
enum { MAX_LEVELS = 3 };

struct finder {
	struct bc_locks *locks;
	const struct bc_program *program;
	const struct bc_completion *completion;
	uint8_t *on_worker; /* per function: a worker runs it */
	uint8_t *stalls;    /* per function: it may block for long, itself or below */
};

/* ---- what blocks for long ---- */

static int asks_about_descriptor(const struct bc_pred *pred)
{
	if (!pred)
		return 0;
	if (pred->kind == BC_P_FD)
		return 1;
	for (int i = 0; i < pred->nkids; i++)
		if (asks_about_descriptor(&pred->kids[i]))
			return 1;
	return 0;
}

/* Sleeping, looking up names, waiting for others; not locks, which this is about, and not reads. */
static int is_long_rule(const struct bc_sink_rule *rule)
{
	if (rule->category == BC_CAT_LOCK || rule->category == BC_CAT_LOGGING ||
		rule->category == BC_CAT_NESTED_LOOP ||
		asks_about_descriptor(rule->nonblocking_when))
		return 0;
	return rule->bound == BC_BOUND_UNBOUNDED || rule->bound == BC_BOUND_TIMEOUT;
}

static int is_long_sink(const struct finder *f, uint32_t sym)
{
	const struct bc_name_rules *rules = f->program->syms[sym].rules;

	if (f->program->syms[sym].func != BC_NONE)
		return 0;
	for (int i = 0; i < rules->nsinks; i++)
		if (is_long_rule(rules->sinks[i]))
			return 1;
	return 0;
}

/*
 * Does the call block, or surely lead there? Only direct calls count, and few of them: through
 * pointers and panic handlers everything leads to everything.
 */
static int call_stalls(const struct finder *f, uint32_t call, uint32_t *sym)
{
	const struct bc_call *c = &f->program->calls[call];
	uint32_t func;

	*sym = c->sym;
	if (c->sym == BC_NONE)
		return 0;
	func = f->program->syms[c->sym].func;
	return is_long_sink(f, c->sym) || (func != BC_NONE && f->stalls[func]);
}

/* One level of callers after the other. */
static void find_stalling_functions(struct finder *f)
{
	uint8_t *next = bc_xmalloc(f->program->nfuncs + 1);

	for (int level = 0; level < MAX_LEVELS; level++) {
		memcpy(next, f->stalls, f->program->nfuncs);
		for (uint32_t i = 0; i < f->program->ncalls; i++) {
			uint32_t sym;

			if (call_stalls(f, i, &sym) && !f->completion->noreturn[sym])
				next[f->program->calls[i].func] = 1;
		}
		memcpy(f->stalls, next, f->program->nfuncs);
	}
	free(next);
}

/* ---- who runs on a worker ---- */

static void reach(struct finder *f, uint32_t func)
{
	BC_VEC(uint32_t) work = {0};

	bc_vec_push(&work, func);
	while (work.count) {
		const struct bc_func *at = &f->program->funcs[bc_vec_last(&work)];

		if (f->on_worker[bc_vec_pop(&work)]++)
			continue;
		for (uint32_t c = at->call; c < at->call + at->ncalls; c++)
			for (uint32_t t = 0; t < f->program->calls[c].ntargets; t++) {
				uint32_t next =
					f->program
						->syms[f->program
								->targets[f->program->calls[c]
										  .target +
									  t]
								.sym]
						.func;

				if (next != BC_NONE && !f->on_worker[next])
					bc_vec_push(&work, next);
			}
	}
	bc_vec_fini(&work);
}

/* ---- what is held across it ---- */

static const struct bc_lock_rule *lock_rule(const struct finder *f, uint32_t call, int *takes)
{
	uint32_t sym = f->program->calls[call].sym;
	const struct bc_name_rules *rules = sym == BC_NONE ? NULL : f->program->syms[sym].rules;

	if (!rules || f->program->syms[sym].func != BC_NONE)
		return NULL;
	*takes = rules->take != NULL;
	return rules->take ? rules->take : rules->release;
}

static uint32_t lock_place(const struct bc_solution *solution, uint32_t call, int arg)
{
	const struct bc_program *program = solution->places.program;
	const struct bc_call *c = &program->calls[call];
	uint32_t node = bc_call_argument(&program->funcs[c->func], c->node, arg), place = BC_NONE;
	struct bc_sources sources = {0};

	if (node == BC_NONE)
		return BC_NONE;
	bc_places_of_expr(&solution->places, c->func, node, &sources);
	if (sources.list.count == 1 && !(sources.list.items[0] & BC_SRC_FUNC))
		place = sources.list.items[0];
	bc_vec_fini(&sources.list);
	return place;
}

typedef BC_VEC(uint32_t) place_list;

static void remove_place(place_list *held, uint32_t place)
{
	for (size_t i = held->count; i-- > 0;)
		if (held->items[i] == place)
			held->items[i] = bc_vec_pop(held);
}

/* The calls of one body in the order of its text: what stands between lock and unlock is under it.
 */
static void find_long_locks(struct finder *f, uint32_t func)
{
	const struct bc_func *at = &f->program->funcs[func];
	place_list held = {0};

	for (uint32_t c = at->call; c < at->call + at->ncalls; c++) {
		int takes;
		const struct bc_lock_rule *rule = lock_rule(f, c, &takes);
		uint32_t sym;

		if (rule) {
			uint32_t place = lock_place(f->locks->solution, c, rule->arg);

			if (place != BC_NONE && takes)
				bc_vec_push(&held, place);
			else if (place != BC_NONE)
				remove_place(&held, place);
		} else if (held.count && call_stalls(f, c, &sym)) {
			for (size_t i = 0; i < held.count; i++)
				bc_vec_push(&f->locks->list,
					(struct bc_long_lock){held.items[i], c, sym});
		}
	}
	bc_vec_fini(&held);
}

void bc_locks_init(struct bc_locks *locks, const struct bc_solution *solution,
	const struct bc_roots *roots, const struct bc_completion *completion)
{
	const struct bc_program *program = solution->places.program;
	struct finder f = {.locks = locks, .program = program, .completion = completion};

	*locks = (struct bc_locks){.solution = solution};
	f.on_worker = bc_xcalloc(program->nfuncs + 1, 1);
	f.stalls = bc_xcalloc(program->nfuncs + 1, 1);
	for (size_t i = 0; i < roots->list.count; i++)
		if (roots->list.items[i].context == BC_CTX_WORKER)
			reach(&f, roots->list.items[i].func);
	find_stalling_functions(&f);
	for (uint32_t i = 0; i < program->nfuncs; i++)
		if (f.on_worker[i] && f.stalls[i])
			find_long_locks(&f, i);
	free(f.on_worker);
	free(f.stalls);
}

void bc_locks_fini(struct bc_locks *locks)
{
	bc_vec_fini(&locks->list);
}

const struct bc_long_lock *bc_locks_waits_for(const struct bc_locks *locks, uint32_t call)
{
	const struct bc_program *program = locks->solution->places.program;
	uint32_t sym = program->calls[call].sym, place;
	const struct bc_lock_rule *rule;

	if (!locks->list.count || sym == BC_NONE)
		return NULL;
	rule = program->syms[sym].rules->take;
	if (!rule)
		return NULL;
	place = lock_place(locks->solution, call, rule->arg);
	for (size_t i = 0; i < locks->list.count; i++)
		if (locks->list.items[i].place == place)
			return &locks->list.items[i];
	return NULL;
}
