#include "link/search/phases.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/search/search.h"
#include "link/summaries/flags.h"

/* quit() that calls stop() that calls uv_stop(): found in so many rounds. */
enum { MAX_ROUNDS = 4 };

struct finder {
	const struct bc_program *program;
	uint8_t *ends_loop; /* per symbol: a call of it ends the loop */
};

/* ---- what ends a loop ---- */

static int is_leaving(const struct bc_func *f, uint32_t node)
{
	for (uint32_t i = node; i < node + f->nodes[node].size; i++) {
		uint8_t kind = f->nodes[i].kind;

		if (kind == BC_N_RETURN || kind == BC_N_GOTO || kind == BC_N_BREAK ||
			kind == BC_N_CONTINUE)
			return 1;
	}
	return 0;
}

static int is_conditional(const struct bc_node *n)
{
	return n->kind == BC_N_COND || n->kind == BC_N_ELVIS ||
	       (n->kind == BC_N_BINARY && n->op >= BC_OP_LAND);
}

/* Does whoever runs this surely call something that ends the loop? */
static int surely_ends(const struct finder *finder, const struct bc_func *f, uint32_t node)
{
	const struct bc_node *n = &f->nodes[node];

	if (n->kind == BC_N_CALL && f->nodes[node + 1].kind == BC_N_FUNC &&
		finder->ends_loop[bc_node_sym(f, &f->nodes[node + 1])])
		return 1;
	if (n->kind == BC_N_IF && n->size > 1)
		return surely_ends(finder, f, bc_kid(f, node, 0)) ||
		       (surely_ends(finder, f, bc_kid(f, node, 1)) &&
			       surely_ends(finder, f, bc_kid(f, node, 2)));
	BC_EACH_KID(f, node, kid)
	{
		if (surely_ends(finder, f, kid))
			return 1;
		/* of a loop, a switch or a choice, only the beginning is sure to run */
		if (n->kind == BC_N_LOOP || n->kind == BC_N_SWITCH || is_conditional(n) ||
			(n->kind == BC_N_BLOCK && is_leaving(f, kid)))
			return 0;
	}
	return 0;
}

/* How often the program calls one of these. */
static int count_calls(const struct finder *finder, const char *const *names, int nnames)
{
	int n = 0;

	for (uint32_t i = 0; i < finder->program->ncalls; i++) {
		uint32_t sym = finder->program->calls[i].sym;

		for (int k = 0; sym != BC_NONE && k < nnames; k++)
			n += !strcmp(finder->program->syms[sym].name, names[k]);
	}
	return n;
}

/* 1 when the program calls one of the functions of the rule that end a loop. */
static int mark_ends(struct finder *finder, const struct bc_phase_rule *rule, uint8_t mark)
{
	int found = 0;

	for (uint32_t s = 0; s < finder->program->nsyms; s++)
		for (int k = 0; k < rule->nends; k++)
			if (finder->program->syms[s].func == BC_NONE &&
				!strcmp(finder->program->syms[s].name, rule->ends[k])) {
				finder->ends_loop[s] = mark;
				found = 1;
			}
	return found;
}

static void mark_named(struct finder *finder, const struct bc_models *models)
{
	for (int i = 0; i < models->nphases; i++) {
		const struct bc_phase_rule *rule = &models->phases[i];

		if (rule->phase == BC_PHASE_SHUTDOWN && mark_ends(finder, rule, 1) &&
			count_calls(finder, rule->runs, rule->nruns) > 1)
			mark_ends(finder, rule, 0);
	}
}

static int calls_marked(const struct finder *finder, const struct bc_func *f)
{
	for (uint32_t i = f->call; i < f->call + f->ncalls; i++)
		if (finder->program->calls[i].sym != BC_NONE &&
			finder->ends_loop[finder->program->calls[i].sym])
			return 1;
	return 0;
}

/* Functions that do nothing but lead there, one level of callers after the other. */
static void mark_wrappers(struct finder *finder)
{
	const struct bc_program *program = finder->program;
	int found = 1;

	for (int round = 0; found && round < MAX_ROUNDS; round++) {
		found = 0;
		for (uint32_t i = 0; i < program->nfuncs; i++) {
			const struct bc_func *f = &program->funcs[i];

			if (f->sym == BC_NONE || finder->ends_loop[f->sym] ||
				!calls_marked(finder, f) || !surely_ends(finder, f, 0))
				continue;
			finder->ends_loop[f->sym] = 1;
			found = 1;
		}
	}
}

/* ---- what runs together with it ---- */

/* Control may come in here from elsewhere: what stands before it need not have run. */
static int is_entry(const struct bc_func *f, uint32_t node)
{
	return f->nodes[node].kind == BC_N_CASE || f->nodes[node].kind == BC_N_DEFAULT ||
	       f->nodes[node].kind == BC_N_LABEL;
}

/* One level of the way from a body down to a call: the child of `parent` that it is in. */
struct level {
	uint32_t parent, kid;
};

typedef BC_VEC(struct level) level_list;

static void find_levels(const struct bc_func *f, uint32_t target, level_list *levels)
{
	uint32_t parent = 0;

	levels->count = 0;
	while (parent != target) {
		uint32_t kid = parent + 1;

		while (kid + f->nodes[kid].size <= target)
			kid += f->nodes[kid].size;
		bc_vec_push(levels, (struct level){parent, kid});
		parent = kid;
	}
}

/* A statement before it, in this block, that ends the loop and surely ran. */
static int ended_before(
	const struct finder *finder, const struct bc_func *f, const struct level *level)
{
	int ended = 0;

	for (uint32_t kid = level->parent + 1; kid < level->kid; kid += f->nodes[kid].size)
		ended = is_entry(f, kid) ? 0 : ended || surely_ends(finder, f, kid);
	return ended;
}

/* 1 when a statement behind it ends the loop, -1 when control may leave before that. */
static int ends_behind(
	const struct finder *finder, const struct bc_func *f, const struct level *level)
{
	uint32_t end = level->parent + f->nodes[level->parent].size;

	for (uint32_t kid = level->kid + f->nodes[level->kid].size; kid < end;
		kid += f->nodes[kid].size) {
		if (surely_ends(finder, f, kid))
			return 1;
		if (is_leaving(f, kid))
			return -1;
	}
	return 0;
}

static int loop_ends_at(
	const struct finder *finder, const struct bc_func *f, uint32_t target, level_list *levels)
{
	find_levels(f, target, levels);
	for (size_t i = 0; i < levels->count; i++)
		if (f->nodes[levels->items[i].parent].kind == BC_N_BLOCK &&
			ended_before(finder, f, &levels->items[i]))
			return 1;
	for (size_t i = levels->count; i-- > 0;) {
		const struct level *level = &levels->items[i];
		int ends;

		if (f->nodes[level->kid].kind == BC_N_RETURN)
			return 0;
		if (f->nodes[level->parent].kind != BC_N_BLOCK)
			continue;
		ends = ends_behind(finder, f, level);
		if (ends)
			return ends > 0;
	}
	return 0;
}

void bc_phases_init(
	struct bc_phases *phases, const struct bc_program *program, const struct bc_models *models)
{
	struct finder finder = {program, bc_xmalloc(program->nsyms + 1)};
	level_list levels = {0};

	phases->program = program;
	phases->flags = bc_flags_of_handlers(program, models);
	phases->ends = bc_xcalloc(program->ncalls + 1, 1);
	memset(finder.ends_loop, 0, program->nsyms + 1);
	mark_named(&finder, models);
	mark_wrappers(&finder);
	for (uint32_t i = 0; i < program->nfuncs; i++) {
		const struct bc_func *f = &program->funcs[i];

		if (!calls_marked(&finder, f))
			continue;
		for (uint32_t c = f->call; c < f->call + f->ncalls; c++)
			phases->ends[c] =
				(uint8_t)loop_ends_at(&finder, f, program->calls[c].node, &levels);
	}
	bc_vec_fini(&levels);
	free(finder.ends_loop);
}

void bc_phases_fini(struct bc_phases *phases)
{
	free(phases->ends);
	free(phases->flags);
}

/* ---- calls ---- */

/* The variable that a condition asks to be set; BC_NONE for anything else. */
static uint32_t asked_variable(const struct bc_func *f, const struct bc_guard *guard)
{
	uint32_t node = guard->node;

	while (f->nodes[node].kind == BC_N_CAST)
		node++;
	if (guard->truth && f->nodes[node].kind == BC_N_BINARY && f->nodes[node].op != BC_OP_EQ &&
		f->nodes[node].op >= BC_OP_NE && f->nodes[node].op <= BC_OP_GE)
		node++;
	return guard->truth && f->nodes[node].kind == BC_N_VAR ? bc_node_sym(f, &f->nodes[node])
							       : BC_NONE;
}

uint8_t bc_phases_of_call(
	const struct bc_phases *phases, const struct bc_call_event *event, uint32_t *flag)
{
	const struct bc_func *f = &phases->program->funcs[event->func];

	*flag = BC_NONE;
	if (phases->ends[event->call])
		return BC_PHASE_BIT(BC_PHASE_SHUTDOWN);
	for (const struct bc_guard *g = event->env->guards; g; g = g->up) {
		uint32_t sym = asked_variable(f, g);

		if (sym == BC_NONE || !phases->flags[sym])
			continue;
		*flag = sym;
		return phases->flags[sym];
	}
	return 0;
}

/* ---- states ---- */

uint8_t *bc_phases_of_states(const struct bc_search *search)
{
	uint8_t *masks = bc_xcalloc(search->states.count + 1, 1);
	BC_VEC(uint32_t) work = {0};

	for (size_t i = 0; i < search->roots->list.count; i++) {
		uint32_t state = search->root_states[i];

		if (state == BC_NONE)
			continue;
		masks[state] |= search->roots->list.items[i].phases;
		bc_vec_push(&work, state);
	}
	while (work.count) {
		uint32_t from = bc_vec_pop(&work);
		const struct bc_state *state = &search->states.items[from];

		for (uint32_t i = state->edge; i < state->edge + state->nedges; i++) {
			const struct bc_edge *edge = &search->edges.items[i];
			uint8_t mask = edge->phases ? edge->phases : masks[from];

			if ((masks[edge->to] | mask) == masks[edge->to])
				continue;
			masks[edge->to] |= mask;
			bc_vec_push(&work, edge->to);
		}
	}
	bc_vec_fini(&work);
	return masks;
}

enum bc_phase bc_phase_of_mask(uint8_t mask)
{
	if (!mask || mask & BC_PHASE_BIT(BC_PHASE_NORMAL))
		return BC_PHASE_NORMAL;
	return mask & BC_PHASE_BIT(BC_PHASE_RELOAD) ? BC_PHASE_RELOAD : BC_PHASE_SHUTDOWN;
}
