#include "link/summaries/fields.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/program/reads.h"

enum { SPOILED_PARAMS = 32, MAX_TRACKED = 4096 };

/* ---- what is asked ---- */

static int is_condition(const struct bc_func *f, uint32_t node)
{
	switch ((int)f->nodes[node].kind) {
	case BC_N_IF:
	case BC_N_COND:
	case BC_N_LOOP:
	case BC_N_SWITCH: return 1;
	default: return 0;
	}
}

/* The local through which a field is reached; BC_NONE for longer ways. */
static uint32_t pointer_of(const struct bc_func *f, uint32_t field_node)
{
	uint32_t node = field_node + 1;

	while (f->nodes[node].kind == BC_N_CAST || f->nodes[node].kind == BC_N_DEREF)
		node++;
	return f->nodes[node].kind == BC_N_LOCAL &&
			       f->locals[f->nodes[node].ref].cls != BC_CLASS_RECORD
		       ? f->nodes[node].ref
		       : BC_NONE;
}

static int is_scalar(const struct bc_fieldinfo *field)
{
	return (field->cls == BC_CLASS_INT || field->cls == BC_CLASS_LONG ||
		       field->cls == BC_CLASS_PTR || field->cls == BC_CLASS_VPTR) &&
	       !field->in_union;
}

static void track(struct bc_fields *fields, uint32_t field)
{
	if (fields->number[field] != BC_NONE || fields->ntracked == MAX_TRACKED)
		return;
	fields->number[field] = fields->ntracked;
	fields->tracked[fields->ntracked++] = field;
}

static void want(struct bc_fields *fields, uint32_t func, uint32_t param, uint32_t field)
{
	struct bc_wanted_field *list = fields->wanted[func];

	for (uint32_t i = 0; i < fields->nwanted[func]; i++)
		if (list[i].param == param && list[i].field == field)
			return;
	if (fields->nwanted[func] < BC_FIELDS_WANTED)
		list[fields->nwanted[func]++] = (struct bc_wanted_field){param, field};
}

/* The fields that a function's conditions ask about; those of its parameters, it wants to know. */
static void find_questions(struct bc_fields *fields, uint32_t func)
{
	const struct bc_func *f = &fields->program->funcs[func];

	for (uint32_t i = 0; i < f->nnodes; i++) {
		uint32_t end;

		if (!is_condition(f, i))
			continue;
		end = i + 1 + f->nodes[i + 1].size;
		for (uint32_t k = i + 1; k < end; k++) {
			uint32_t field, local;

			if (f->nodes[k].kind != BC_N_FIELD)
				continue;
			field = bc_node_field(f, &f->nodes[k]);
			local = pointer_of(f, k);
			if (local == BC_NONE || !is_scalar(&fields->program->fields[field]))
				continue;
			track(fields, field);
			if (local < f->nparams)
				want(fields, func, local, field);
		}
	}
}

/* What its callees want to know of a parameter that it hands on, a function wants to know itself.
 */
static int pass_wishes_back(struct bc_fields *fields, uint32_t call)
{
	const struct bc_program *program = fields->program;
	const struct bc_call *c = &program->calls[call];
	const struct bc_func *f = &program->funcs[c->func];
	uint8_t before = fields->nwanted[c->func];

	for (uint32_t t = 0; t < c->ntargets; t++) {
		uint32_t callee = program->syms[program->targets[c->target + t].sym].func;

		for (uint32_t i = 0; callee != BC_NONE && i < fields->nwanted[callee]; i++) {
			struct bc_wanted_field wish = fields->wanted[callee][i];
			uint32_t arg = bc_call_argument(f, c->node, (int)wish.param + 1);
			uint32_t param = bc_param_at(f, arg);

			if (param != BC_NONE)
				want(fields, c->func, param, wish.field);
		}
	}
	return fields->nwanted[c->func] != before;
}

/* Which calls to look at, a bit each: in this round, and in the next one. */
struct due {
	uint64_t *now, *next;
	uint32_t words;
};

/* Something changed for a function in the round that is at call `at`, and goes downwards. */
static void want_callers(
	const struct bc_program *program, struct due *due, uint32_t func, uint32_t at)
{
	for (uint32_t i = program->sites_at[func]; i < program->sites_at[func + 1]; i++) {
		uint32_t site = program->sites[i];

		if (site < at)
			due->now[site / 64] |= UINT64_C(1) << site % 64;
		due->next[site / 64] |= UINT64_C(1) << site % 64;
	}
}

/* One round, from the last call to the first. 1 when something changed. */
static int pass_round(struct bc_fields *fields, struct due *due, const uint8_t *concerns,
	int (*pass_back)(struct bc_fields *fields, uint32_t call))
{
	const struct bc_program *program = fields->program;
	int changed = 0;

	for (uint32_t w = due->words; w-- > 0;)
		while (due->now[w]) {
			uint32_t bit = 63 - (uint32_t)__builtin_clzll(due->now[w]);
			uint32_t call = w * 64 + bit, caller = program->calls[call].func;

			due->now[w] &= ~(UINT64_C(1) << bit);
			if ((concerns && !concerns[caller]) || !pass_back(fields, call))
				continue;
			want_callers(program, due, caller, call);
			changed = 1;
		}
	return changed;
}

/*
 * Hands something back from callees to callers until nothing changes. After the first round, only
 * calls of functions for which something changed are looked at again.
 */
static void close_over_calls(struct bc_fields *fields, const uint8_t *concerns,
	int (*pass_back)(struct bc_fields *fields, uint32_t call))
{
	uint32_t n = fields->program->ncalls;
	struct due due = {.words = n / 64 + 1};
	size_t size = due.words * sizeof(*due.now);

	due.now = bc_xmalloc(size);
	due.next = bc_xcalloc(due.words, sizeof(*due.next));
	memset(due.now, 0xff, size);
	due.now[due.words - 1] = (UINT64_C(1) << n % 64) - 1;
	while (pass_round(fields, &due, concerns, pass_back)) {
		uint64_t *done = due.now; /* all zero by now */

		due.now = due.next;
		due.next = done;
	}
	free(due.now);
	free(due.next);
}

static void find_wanted(struct bc_fields *fields, const struct bc_relevance *relevance)
{
	const struct bc_program *program = fields->program;

	for (uint32_t i = 0; i < program->nfuncs; i++)
		if (relevance->to_sink[i])
			find_questions(fields, i);
	close_over_calls(fields, relevance->to_sink, pass_wishes_back);
}

/* ---- what is written ---- */

static void mark_written(struct bc_fields *fields, uint32_t func, uint32_t field)
{
	uint32_t number = fields->number[field];

	if (number != BC_NONE)
		fields->writes[(size_t)func * fields->words + number / 64] |= UINT64_C(1)
									      << number % 64;
}

/* The record that `*p = ...` and memset(p, ...) change is the parameter's. */
static void mark_spoiled(struct bc_fields *fields, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &fields->program->funcs[func];
	uint32_t param = bc_param_at(f, node);

	if (param != BC_NONE && param < SPOILED_PARAMS)
		fields->spoils[func] |= 1u << param;
}

/* A function that is only declared: whatever it receives a pointer to, it may write. */
static void mark_library_call(struct bc_fields *fields, const struct bc_call *c)
{
	const struct bc_program *program = fields->program;
	const struct bc_func *f = &program->funcs[c->func];
	int arg = 0;

	BC_EACH_KID(f, c->node, kid)
	if (arg++ && bc_may_write_argument(program, program->syms[c->sym].type, arg - 1))
		mark_spoiled(fields, c->func, kid);
}

static void find_own_writes(struct bc_fields *fields, uint32_t func)
{
	const struct bc_program *program = fields->program;
	const struct bc_func *f = &program->funcs[func];

	for (uint32_t i = 0; i < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];
		uint32_t target = i + 1;

		if (n->kind != BC_N_ASSIGN && n->kind != BC_N_ADDR && !bc_node_increments(n))
			continue;
		if (f->nodes[target].kind == BC_N_FIELD)
			mark_written(fields, func, bc_node_field(f, &f->nodes[target]));
		else if (n->kind == BC_N_ASSIGN && f->nodes[target].kind == BC_N_DEREF)
			mark_spoiled(fields, func, target + 1);
	}
	for (uint32_t i = f->call; i < f->call + f->ncalls; i++)
		if (program->calls[i].sym != BC_NONE &&
			program->syms[program->calls[i].sym].func == BC_NONE)
			mark_library_call(fields, &program->calls[i]);
}

/* What a callee does to its parameter's record, its caller does to what it hands on to it. */
static int pass_spoils_back(struct bc_fields *fields, uint32_t call)
{
	const struct bc_program *program = fields->program;
	const struct bc_call *c = &program->calls[call];
	uint32_t before = fields->spoils[c->func];

	for (uint32_t t = 0; t < c->ntargets; t++) {
		uint32_t callee = program->syms[program->targets[c->target + t].sym].func;
		int arg = 0;

		if (callee == BC_NONE || !fields->spoils[callee])
			continue;
		BC_EACH_KID(&program->funcs[c->func], c->node, kid)
		if (arg++ && arg - 2 < SPOILED_PARAMS && fields->spoils[callee] & 1u << (arg - 2))
			mark_spoiled(fields, c->func, kid);
	}
	return fields->spoils[c->func] != before;
}

static int add_writes(struct bc_fields *fields, uint32_t caller, uint32_t callee)
{
	uint64_t *mine = fields->writes + (size_t)caller * fields->words, more = 0;
	const uint64_t *theirs = fields->writes + (size_t)callee * fields->words;

	for (uint32_t i = 0; i < fields->words; i++) {
		more |= theirs[i] & ~mine[i];
		mine[i] |= theirs[i];
	}
	return more != 0;
}

/* Hands on what one function writes. 1 when a caller did not have it yet. */
static int pass_writes_of(struct bc_fields *fields, uint32_t callee, uint8_t *waits)
{
	const struct bc_program *program = fields->program;
	uint32_t last = BC_NONE;
	int some = 0;

	for (uint32_t i = program->sites_at[callee]; i < program->sites_at[callee + 1]; i++) {
		uint32_t caller = program->calls[program->sites[i]].func;

		/* a caller's sites stand together */
		if (caller == last)
			continue;
		last = caller;
		if (!add_writes(fields, caller, callee))
			continue;
		waits[caller] = 1;
		some = 1;
	}
	return some;
}

/* What a callee writes, its caller writes. Once over all is enough where nothing goes in circles.
 */
static void pass_writes_back(struct bc_fields *fields)
{
	uint32_t n = fields->program->nfuncs;
	uint32_t *order = bc_xmalloc((n + 1) * sizeof(*order));
	uint8_t *waits = bc_xmalloc(n + 1);
	int again = 1;

	bc_program_order(fields->program, order);
	memset(waits, 1, n + 1);
	while (again) {
		again = 0;
		for (uint32_t i = 0; i < n; i++) {
			if (!waits[order[i]])
				continue;
			waits[order[i]] = 0;
			again |= pass_writes_of(fields, order[i], waits);
		}
	}
	free(waits);
	free(order);
}

/* ---- the whole ---- */

void bc_fields_init(struct bc_fields *fields, const struct bc_program *program,
	const struct bc_relevance *relevance)
{
	uint32_t n = program->nfuncs;

	*fields = (struct bc_fields){.program = program};
	fields->number = bc_xmalloc((program->nfields + 1) * sizeof(uint32_t));
	memset(fields->number, 0xff, (program->nfields + 1) * sizeof(uint32_t));
	fields->tracked = bc_xmalloc(MAX_TRACKED * sizeof(uint32_t));
	fields->wanted = bc_xmalloc((n + 1) * sizeof(*fields->wanted));
	fields->nwanted = bc_xcalloc(n + 1, 1);
	fields->spoils = bc_xcalloc(n + 1, sizeof(uint32_t));
	find_wanted(fields, relevance);
	fields->words = (fields->ntracked + 63) / 64;
	fields->writes = bc_xcalloc((size_t)n * fields->words + 1, sizeof(uint64_t));
	for (uint32_t i = 0; i < n; i++)
		find_own_writes(fields, i);
	close_over_calls(fields, NULL, pass_spoils_back);
	pass_writes_back(fields);
}

void bc_fields_fini(struct bc_fields *fields)
{
	free(fields->number);
	free(fields->tracked);
	free(fields->wanted);
	free(fields->nwanted);
	free(fields->writes);
	free(fields->spoils);
}

int bc_fields_tracks(const struct bc_fields *fields, uint32_t field)
{
	return fields && fields->number[field] != BC_NONE;
}

int bc_fields_written_by(const struct bc_fields *fields, uint32_t call, uint32_t field)
{
	const struct bc_program *program = fields->program;
	const struct bc_call *c = &program->calls[call];
	uint32_t number = fields->number[field];

	if (number == BC_NONE || (c->sym == BC_NONE && !c->ntargets))
		return 1;
	for (uint32_t t = 0; t < c->ntargets; t++) {
		uint32_t callee = program->syms[program->targets[c->target + t].sym].func;

		if (callee != BC_NONE &&
			fields->writes[(size_t)callee * fields->words + number / 64] &
				UINT64_C(1) << number % 64)
			return 1;
	}
	return 0;
}

int bc_fields_only_reads(const struct bc_fields *fields, uint32_t call, int arg)
{
	const struct bc_program *program = fields->program;
	const struct bc_call *c = &program->calls[call];
	uint32_t type = c->sym == BC_NONE ? c->type : program->syms[c->sym].type;

	return !bc_may_write_argument(program, type, arg);
}

int bc_fields_spoiled_by(const struct bc_fields *fields, uint32_t call, int arg)
{
	const struct bc_program *program = fields->program;
	const struct bc_call *c = &program->calls[call];

	if (c->sym == BC_NONE && !c->ntargets)
		return 1;
	if (c->sym != BC_NONE && program->syms[c->sym].func == BC_NONE)
		return bc_may_write_argument(program, program->syms[c->sym].type, arg);
	for (uint32_t t = 0; t < c->ntargets; t++) {
		uint32_t callee = program->syms[program->targets[c->target + t].sym].func;

		if (callee == BC_NONE || arg > SPOILED_PARAMS ||
			fields->spoils[callee] & 1u << (arg - 1))
			return 1;
	}
	return 0;
}
