#include "link/summaries/relevance.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/summaries/letters.h"

struct work {
	struct bc_relevance *relevance;
	const struct bc_program *program;
	const struct bc_marks *marks;
	uint32_t **depends; /* per function, per local: the parameters its value comes from */
};

/* Rules speak of library functions: a name that the program defines itself is looked into instead.
 */
static void mark_sinks(struct bc_relevance *relevance, const struct bc_program *program,
	const struct bc_marks *marks)
{
	for (uint32_t i = 0; i < program->nsyms; i++) {
		const struct bc_sym *sym = &program->syms[i];
		int has_body = sym->func != BC_NONE && !(sym->flags & BC_SYM_SYSTEM);

		if (!(sym->flags & BC_SYM_FUNCTION) || bc_mark_ends_path(&marks->of[i]))
			continue;
		if (marks->of[i].flags & BC_MARK_BLOCKING)
			relevance->is_sink[i] = 1;
		if (sym->rules->never)
			continue;
		for (int k = 0; k < sym->rules->nsinks; k++)
			relevance->is_sink[i] |= sym->rules->sinks[k]->own || !has_body;
	}
}

/* Does the call lead to a sink, by itself or through a function that is known to? */
static int leads_to_sink(const struct bc_relevance *relevance, const struct bc_program *program,
	const struct bc_marks *marks, uint32_t call)
{
	const struct bc_call *c = &program->calls[call];

	for (uint32_t t = 0; t < c->ntargets; t++) {
		uint32_t sym = program->targets[c->target + t].sym;
		uint32_t func = program->syms[sym].func;

		if (relevance->is_sink[sym] || marks->of[sym].flags & BC_MARK_WATCHED ||
			(func != BC_NONE && relevance->to_sink[func] &&
				!bc_mark_ends_path(&marks->of[sym])))
			return 1;
	}
	return 0;
}

/* From the calls that lead there at once, back to all callers. */
static void mark_ways_to_sinks(struct bc_relevance *relevance, const struct bc_program *program,
	const struct bc_marks *marks)
{
	BC_VEC(uint32_t) work = {0};

	for (uint32_t i = 0; i < program->ncalls; i++) {
		uint32_t func = program->calls[i].func;

		if (relevance->to_sink[func] || !leads_to_sink(relevance, program, marks, i))
			continue;
		relevance->to_sink[func] = 1;
		bc_vec_push(&work, func);
	}
	while (work.count) {
		uint32_t callee = bc_vec_pop(&work);

		for (uint32_t i = program->sites_at[callee]; i < program->sites_at[callee + 1];
			i++) {
			uint32_t call = program->sites[i], func = program->calls[call].func;

			if (relevance->to_sink[func] ||
				!leads_to_sink(relevance, program, marks, call))
				continue;
			relevance->to_sink[func] = 1;
			bc_vec_push(&work, func);
		}
	}
	bc_vec_fini(&work);
}

/* The parameters that an expression's value may come from; results of calls come from none. */
static uint32_t sources(const struct bc_func *f, const uint32_t *depends, uint32_t node)
{
	uint32_t end = node + f->nodes[node].size, mask = 0;

	for (uint32_t i = node; i < end; i++) {
		if (f->nodes[i].kind == BC_N_CALL)
			i += f->nodes[i].size - 1;
		else if (f->nodes[i].kind == BC_N_LOCAL)
			mask |= depends[f->nodes[i].ref];
	}
	return mask;
}

static uint32_t *find_dependencies(const struct bc_func *f)
{
	uint32_t *depends = bc_xcalloc(f->nlocals + 1, sizeof(*depends));

	for (uint32_t i = 0; i < f->nparams && i < BC_RELEVANT_PARAMS; i++)
		depends[i] = 1u << i;
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < f->nnodes; i++) {
			uint32_t target = i + 1;

			if (f->nodes[i].kind == BC_N_ASSIGN && f->nodes[target].kind == BC_N_LOCAL)
				depends[f->nodes[target].ref] |=
					sources(f, depends, bc_kid(f, i, 1));
		}
	return depends;
}

static uint32_t condition_of(const struct bc_func *f, uint32_t node)
{
	switch ((int)f->nodes[node].kind) {
	case BC_N_IF:
	case BC_N_COND:
	case BC_N_LOOP:
	case BC_N_SWITCH: return node + 1;
	default: return BC_NONE;
	}
}

/* What matters within the function itself. */
static uint32_t seeds(const struct work *w, uint32_t func)
{
	const struct bc_func *f = &w->program->funcs[func];
	uint32_t mask = 0;

	for (uint32_t i = 0; i < f->nnodes; i++) {
		uint32_t condition = condition_of(f, i);

		if (condition != BC_NONE)
			mask |= sources(f, w->depends[func], condition);
		if (f->nodes[i].kind != BC_N_CALL)
			continue;
		mask |= sources(f, w->depends[func], i + 1);
	}
	return mask;
}

static uint32_t parameter_bit(const struct bc_func *f, uint32_t node)
{
	uint32_t param = bc_param_at(f, node);

	return param < BC_RELEVANT_PARAMS ? 1u << param : 0;
}

/* The parameters whose letters an expression asks about: *mode, mode[0], !strcmp(mode, "r"). */
static uint32_t letters_in(const struct work *w, const struct bc_func *f, uint32_t node)
{
	uint32_t mask = 0;

	for (uint32_t i = node; i < node + f->nodes[node].size; i++) {
		uint32_t callee = bc_callee_at(f, i);

		if (f->nodes[i].kind == BC_N_DEREF || f->nodes[i].kind == BC_N_INDEX)
			mask |= parameter_bit(f, i + 1);
		if (callee == BC_NONE || !bc_letters_compare(w->program->syms[callee].name))
			continue;
		BC_EACH_KID(f, i, kid)
		mask |= parameter_bit(f, kid);
	}
	return mask;
}

static uint32_t letter_seeds(const struct work *w, uint32_t func)
{
	const struct bc_func *f = &w->program->funcs[func];
	uint32_t mask = 0;

	for (uint32_t i = 0; i < f->nnodes; i++) {
		uint32_t condition = condition_of(f, i);

		if (condition != BC_NONE)
			mask |= letters_in(w, f, condition);
	}
	return mask;
}

/* All arguments of calls to sinks matter, whatever the rule asks about. */
static uint32_t sink_arguments(const struct work *w, uint32_t func)
{
	const struct bc_func *f = &w->program->funcs[func];
	uint32_t mask = 0;

	for (uint32_t i = 0; i < f->ncalls; i++) {
		const struct bc_call *c = &w->program->calls[f->call + i];

		if (c->sym == BC_NONE || (!w->relevance->is_sink[c->sym] &&
						 !(w->marks->of[c->sym].flags & BC_MARK_WATCHED)))
			continue;
		BC_EACH_KID(f, c->node, kid)
		mask |= sources(f, w->depends[func], kid);
	}
	return mask;
}

/* What a call hands on to a callee's relevant parameters. */
static uint32_t handed_on(const struct work *w, uint32_t call, uint32_t params)
{
	const struct bc_call *c = &w->program->calls[call];
	const struct bc_func *f = &w->program->funcs[c->func];
	uint32_t mask = 0, i = 0;

	BC_EACH_KID(f, c->node, kid)
	{
		if (kid == c->node + 1)
			continue;
		if (i < BC_RELEVANT_PARAMS && params & (1u << i))
			mask |= sources(f, w->depends[c->func], kid);
		i++;
	}
	return mask;
}

/* From each function of which a parameter is relevant, back to those who call it. */
static void close_over_calls(struct work *w, uint32_t *params)
{
	const struct bc_program *program = w->program;
	BC_VEC(uint32_t) work = {0};

	for (uint32_t i = 0; i < program->nfuncs; i++)
		if (params[i])
			bc_vec_push(&work, i);
	while (work.count) {
		uint32_t callee = bc_vec_pop(&work);

		for (uint32_t i = program->sites_at[callee]; i < program->sites_at[callee + 1];
			i++) {
			uint32_t call = program->sites[i], func = program->calls[call].func;
			uint32_t more;

			if (!w->relevance->to_sink[func])
				continue;
			more = handed_on(w, call, params[callee]) & ~params[func];
			if (!more)
				continue;
			params[func] |= more;
			bc_vec_push(&work, func);
		}
	}
	bc_vec_fini(&work);
}

void bc_relevance_init(struct bc_relevance *relevance, const struct bc_program *program,
	const struct bc_marks *marks, const struct bc_busy *busy)
{
	struct work w = {.relevance = relevance, .program = program, .marks = marks};

	relevance->params = bc_xcalloc(program->nfuncs + 1, sizeof(uint32_t));
	relevance->to_sink = bc_xmalloc(program->nfuncs + 1);
	relevance->is_sink = bc_xcalloc(program->nsyms + 1, 1);
	relevance->letters = bc_xcalloc(program->nfuncs + 1, sizeof(uint32_t));
	memcpy(relevance->to_sink, busy->has, program->nfuncs + 1);
	mark_sinks(relevance, program, marks);
	mark_ways_to_sinks(relevance, program, marks);
	w.depends = bc_xmalloc((program->nfuncs + 1) * sizeof(*w.depends));
	for (uint32_t i = 0; i < program->nfuncs; i++) {
		w.depends[i] = NULL;
		if (!relevance->to_sink[i])
			continue;
		w.depends[i] = find_dependencies(&program->funcs[i]);
		relevance->params[i] = seeds(&w, i) | sink_arguments(&w, i);
		relevance->letters[i] = letter_seeds(&w, i);
	}
	close_over_calls(&w, relevance->params);
	close_over_calls(&w, relevance->letters);
	for (uint32_t i = 0; i < program->nfuncs; i++)
		free(w.depends[i]);
	free(w.depends);
}

void bc_relevance_fini(struct bc_relevance *relevance)
{
	free(relevance->params);
	free(relevance->letters);
	free(relevance->to_sink);
	free(relevance->is_sink);
}
