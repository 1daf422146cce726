#include "link/roots/candidates.h"

#include <stdlib.h>
#include <string.h>

/* How many calls may lie between the loop statement and its wait. Four covers multiplexer tables
 * behind wrappers; beyond, "the loop" is just main(). */
enum { MAX_DEPTH = 4 };

/* ---- from the waits up to the loops ---- */

uint32_t bc_loop_around(const struct bc_func *f, uint32_t node, uint32_t inner)
{
	uint32_t found = BC_NONE;

	for (uint32_t i = 0; i < node; i++)
		if (f->nodes[i].kind == BC_N_LOOP && i + f->nodes[i].size > node && i < inner)
			found = i;
	return found;
}

static int is_idle_call(const struct bc_loop_search *s, const struct bc_func *f, uint32_t node)
{
	const struct bc_node *callee = &f->nodes[node + 1];

	return callee->kind == BC_N_FUNC &&
	       !strcmp(s->program->syms[bc_node_sym(f, callee)].name, "__errno_location");
}

/* Does a part of a function do anything but make the call that waits? */
static int works_between(const struct bc_loop_search *s, const struct bc_func *f, uint32_t from,
	uint32_t to, uint32_t wait)
{
	for (uint32_t i = from; i < to; i++)
		if (i != wait && f->nodes[i].kind == BC_N_CALL && !is_idle_call(s, f, i))
			return 1;
	return 0;
}

static int has_other_work(
	const struct bc_loop_search *s, const struct bc_func *f, uint32_t part, uint32_t wait)
{
	return works_between(s, f, part, part + f->nodes[part].size, wait);
}

/* The same for the functions between a step and its wait: while (run) process_events(). */
static int way_has_other_work(const struct bc_loop_search *s, const struct bc_loop_step *step)
{
	while (step->parent != BC_NONE) {
		step = &s->steps.items[step->parent];
		if (has_other_work(s, &s->program->funcs[step->func], 0,
			    s->program->calls[step->call].node))
			return 1;
	}
	return 0;
}

static uint32_t last_jump_to(const struct bc_func *f, uint32_t label)
{
	uint32_t last = BC_NONE;

	for (uint32_t i = label + 1; i < f->nnodes; i++)
		if (f->nodes[i].kind == BC_N_GOTO && f->nodes[i].ref == f->nodes[label].ref)
			last = i;
	return last;
}

/*
 * again: n = epoll_wait(...); handle(n); if (active) goto again;
 *
 * The block around the label and the last jump back to it stands for the loop, where it begins with
 * the label: what is called before would not be part of it.
 */
static uint32_t loop_of_jumps(
	const struct bc_loop_search *s, const struct bc_func *f, uint32_t wait)
{
	for (uint32_t block = 0; block < wait; block++) {
		if (f->nodes[block].kind != BC_N_BLOCK || block + f->nodes[block].size <= wait)
			continue;
		BC_EACH_KID(f, block, kid)
		{
			uint32_t jump;

			if (f->nodes[kid].kind != BC_N_LABEL || kid > wait)
				continue;
			jump = last_jump_to(f, kid);
			if (jump != BC_NONE && jump > wait && jump < block + f->nodes[block].size &&
				!works_between(s, f, block, kid, BC_NONE) &&
				works_between(s, f, kid, jump, wait))
				return block;
		}
	}
	return BC_NONE;
}

/* The loop that this step's call turns, if its function has one. */
static uint32_t loop_of_step(const struct bc_loop_search *s, const struct bc_loop_step *step)
{
	const struct bc_func *f = &s->program->funcs[step->func];
	uint32_t wait = s->program->calls[step->call].node, loop = BC_NONE;
	int work_below = way_has_other_work(s, step);

	while ((loop = bc_loop_around(f, wait, loop)) != BC_NONE)
		if (work_below || has_other_work(s, f, loop, wait))
			return loop;
	return loop_of_jumps(s, f, wait);
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
	const struct bc_loop_search *s, uint32_t func, uint32_t from, uint32_t to, int deeper)
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
static int is_dispatcher(const struct bc_loop_search *s, uint32_t step, uint32_t loop)
{
	const struct bc_loop_step *at = &s->steps.items[step];
	const struct bc_func *f = &s->program->funcs[at->func];
	uint32_t here = count_targets(s, at->func, loop, loop + f->nodes[loop].size, 1);
	uint32_t inside = 0;

	while ((step = s->steps.items[step].parent) != BC_NONE)
		inside += count_targets(s, s->steps.items[step].func, 0, UINT32_MAX, 0);
	return here > 2 * inside;
}

/* From one wait up its callers, until a loop turns it. */
static void climb(struct bc_loop_search *s, uint32_t wait, uint32_t *visited)
{
	size_t i = s->steps.count;

	bc_vec_push(&s->steps,
		(struct bc_loop_step){
			.func = s->program->calls[wait].func, .call = wait, .parent = BC_NONE});
	for (; i < s->steps.count; i++) {
		struct bc_loop_step step = s->steps.items[i];
		uint32_t loop = loop_of_step(s, &step);

		if (loop != BC_NONE) {
			if (!step.fetches || is_dispatcher(s, (uint32_t)i, loop))
				bc_vec_push(&s->candidates,
					(struct bc_loop_candidate){.func = step.func,
						.loop = loop,
						.step = (uint32_t)i});
			if (step.fetches || !hands_out(&s->program->funcs[step.func]))
				continue;
			step.fetches = 1;
		}
		if (step.depth == MAX_DEPTH || visited[step.func] == wait)
			continue;
		visited[step.func] = wait;
		for (uint32_t k = s->program->sites_at[step.func];
			k < s->program->sites_at[step.func + 1]; k++) {
			uint32_t call = s->program->sites[k];

			if (step.depth == 0 &&
				bc_wait_is_for_one(&s->waits, s->program, wait, call))
				continue;
			bc_vec_push(&s->steps,
				(struct bc_loop_step){.func = s->program->calls[call].func,
					.call = call,
					.parent = (uint32_t)i,
					.depth = step.depth + 1,
					.fetches = step.fetches});
		}
	}
}

static void climb_from_all(struct bc_loop_search *s)
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
static int is_same_wait(const struct bc_loop_search *s, uint32_t best, uint32_t other)
{
	while (best != other) {
		const struct bc_loop_step *b = &s->steps.items[best], *o = &s->steps.items[other];
		const struct bc_program *program = s->program;

		if (b->func != o->func)
			return 1; /* apart since a pointer */
		if (b->call != o->call)
			return (b->depth == o->depth && b->parent == BC_NONE) ||
			       ((b->depth == o->depth || program->calls[o->call].sym == BC_NONE) &&
				       is_either_or(&program->funcs[b->func],
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

static int same_loop(const struct bc_loop_candidate *a, const struct bc_loop_candidate *b)
{
	return a->func == b->func && a->loop == b->loop;
}

/* Of all waits that a loop turns, the nearest is its own, in all its forms. */
static void keep_own_waits(struct bc_loop_search *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->candidates.count; i++) {
		struct bc_loop_candidate *c = &s->candidates.items[i];
		const struct bc_loop_candidate *best = c;

		for (size_t k = 0; k < s->candidates.count; k++) {
			const struct bc_loop_candidate *o = &s->candidates.items[k];

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

void bc_loop_search_run(struct bc_loop_search *s, const struct bc_solution *solution,
	const struct bc_interp *interp)
{
	*s = (struct bc_loop_search){.program = solution->places.program, .solution = solution};
	bc_waits_find(&s->waits, interp);
	climb_from_all(s);
	keep_own_waits(s);
}

void bc_loop_search_fini(struct bc_loop_search *s)
{
	bc_waits_fini(&s->waits);
	bc_vec_fini(&s->steps);
	bc_vec_fini(&s->candidates);
}
