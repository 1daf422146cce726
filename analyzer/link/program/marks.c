#include "link/program/marks.h"

#include <string.h>

#include "models/schema.h"

/* ---- annotations ---- */

static const char prefix[] = "blockcheck:";

struct reader {
	struct bc_arena *arena;
	const struct bc_program *program;
	const struct bc_models *models;
	struct bc_marks *marks;
};

static const char *after(const char *text, const char *start)
{
	size_t len = strlen(start);

	return strncmp(text, start, len) ? NULL : text + len;
}

/* The rule that an author's word makes: nothing is known but what is waited for. */
static const struct bc_sink_rule *make_rule(
	const struct reader *r, const char *name, enum bc_category category)
{
	struct bc_sink_rule *rule = BC_NEW(r->arena, struct bc_sink_rule);
	const char **functions = BC_NEW_ARRAY(r->arena, const char *, 1);

	functions[0] = name;
	*rule = (struct bc_sink_rule){.id = "annotated",
		.functions = functions,
		.nfunctions = 1,
		.params = -1,
		.category = category,
		.bound = BC_BOUND_UNBOUNDED,
		.severity = -1,
		.because = "is annotated as blocking",
		.provenance = "annotation"};
	return rule;
}

static void add_fault(const struct reader *r, uint32_t sym, const char *text, const char *why)
{
	bc_vec_push(&r->marks->faults, (struct bc_mark_fault){sym, text, why});
}

static void mark_allowed(const struct reader *r, uint32_t sym, const char *reason)
{
	if (reason[strspn(reason, " \t")])
		r->marks->of[sym].allowed = reason;
	else
		add_fault(r, sym, "allow", "it gives no reason, and so allows nothing");
}

/* "blocking" or "blocking:disk"; a category that does not exist is none. */
static void mark_blocking(const struct reader *r, uint32_t sym, const char *category)
{
	struct bc_mark *mark = &r->marks->of[sym];
	int value = *category == ':' ? bc_word_value(bc_words_category, category + 1) : -1;

	if (*category && value < 0)
		add_fault(r, sym, category + 1, "there is no such category");
	mark->flags |= BC_MARK_BLOCKING;
	if (!mark->rule || value > 0)
		mark->rule = make_rule(r, r->program->syms[sym].name,
			value > 0 ? (enum bc_category)value : BC_CAT_LOCK);
}

static void read_own(const struct reader *r, uint32_t sym, const char *text)
{
	struct bc_mark *mark = &r->marks->of[sym];
	const char *rest;

	if (!strcmp(text, "nonblocking"))
		mark->flags |= BC_MARK_NONBLOCKING;
	else if (!strcmp(text, "worker"))
		mark->flags |= BC_MARK_WORKER;
	else if ((rest = after(text, "blocking")) && (!*rest || *rest == ':'))
		mark_blocking(r, sym, rest);
	else if ((rest = after(text, "allow:")))
		mark_allowed(r, sym, rest);
	else if (!(mark->flags & BC_MARK_CALLBACK))
		add_fault(r, sym, text, "there is no such annotation");
}

static void read_annotation(const struct reader *r, uint32_t sym, const char *text)
{
	struct bc_mark *mark = &r->marks->of[sym];
	const char *own = after(text, prefix);

	for (int i = 0; i < r->models->nloop_annotations; i++)
		if (!strcmp(text, r->models->loop_annotations[i]))
			mark->flags |= BC_MARK_CALLBACK;
	if (own)
		read_own(r, sym, own);
	else if (!strcmp(text, "clang:nonblocking"))
		mark->flags |= BC_MARK_NONBLOCKING;
	else if (!strcmp(text, "clang:blocking"))
		mark_blocking(r, sym, "");
}

/* ---- the project file ---- */

/* What it says of library functions without a body, the rules have taken in already. */
static void mark_never(const struct reader *r, uint32_t sym)
{
	const char *name = r->program->syms[sym].name;

	for (int i = 0; i < r->models->nnevers; i++) {
		const struct bc_never_rule *rule = &r->models->nevers[i];

		for (int k = 0; rule->own && k < rule->nfunctions; k++) {
			if (strcmp(rule->functions[k], name) != 0)
				continue;
			r->marks->of[sym].flags |= BC_MARK_NEVER;
			r->marks->never_used[i] = 1;
		}
	}
}

static void mark_cuts(const struct reader *r, uint32_t sym)
{
	const char *name = r->program->syms[sym].name;

	for (int i = 0; i < r->models->ncuts; i++) {
		if (!strcmp(r->models->cuts[i].from, name))
			r->marks->of[sym].flags |= BC_MARK_CUT_FROM;
		if (!strcmp(r->models->cuts[i].to, name))
			r->marks->of[sym].flags |= BC_MARK_CUT_TO;
	}
}

static int is_cut_by(const struct bc_marks *marks, const struct bc_program *program, int cut,
	uint32_t caller, uint32_t callee)
{
	return !strcmp(marks->models->cuts[cut].from, program->syms[caller].name) &&
	       !strcmp(marks->models->cuts[cut].to, program->syms[callee].name);
}

static int may_be_cut(const struct bc_marks *marks, uint32_t caller, uint32_t callee)
{
	return caller != BC_NONE && marks->of[caller].flags & BC_MARK_CUT_FROM &&
	       marks->of[callee].flags & BC_MARK_CUT_TO;
}

int bc_marks_cut(const struct bc_marks *marks, const struct bc_program *program, uint32_t caller,
	uint32_t callee)
{
	if (!may_be_cut(marks, caller, callee))
		return 0;
	for (int i = 0; i < marks->models->ncuts; i++)
		if (is_cut_by(marks, program, i, caller, callee))
			return 1;
	return 0;
}

void bc_marks_match_cuts(struct bc_marks *marks, const struct bc_program *program)
{
	for (uint32_t c = 0; marks->models->ncuts && c < program->ncalls; c++) {
		const struct bc_call *call = &program->calls[c];
		uint32_t caller = program->funcs[call->func].sym;

		for (uint32_t t = 0; t < call->ntargets; t++) {
			uint32_t callee = program->targets[call->target + t].sym;

			if (!may_be_cut(marks, caller, callee))
				continue;
			for (int i = 0; i < marks->models->ncuts; i++)
				marks->cut_used[i] |=
					(uint8_t)is_cut_by(marks, program, i, caller, callee);
		}
	}
}

/* ---- both ---- */

void bc_marks_init(struct bc_marks *marks, struct bc_arena *arena, const struct bc_program *program,
	const struct bc_models *models, const struct bc_plugins *plugins)
{
	struct reader r = {arena, program, models, marks};

	*marks = (struct bc_marks){.of = BC_NEW_ARRAY(arena, struct bc_mark, program->nsyms + 1),
		.models = models,
		.never_used = BC_NEW_ARRAY(arena, uint8_t, (size_t)models->nnevers + 1),
		.cut_used = BC_NEW_ARRAY(arena, uint8_t, (size_t)models->ncuts + 1)};
	for (uint32_t i = 0; i < program->nannotations; i++)
		read_annotation(&r, program->annotations[i].sym, program->annotations[i].text);
	for (uint32_t i = 0; i < program->nsyms; i++) {
		if (!(program->syms[i].flags & BC_SYM_FUNCTION))
			continue;
		mark_never(&r, i);
		mark_cuts(&r, i);
		if (bc_plugins_watch(plugins, program->syms[i].name))
			marks->of[i].flags |= BC_MARK_WATCHED;
		marks->npromises += marks->of[i].flags & BC_MARK_NONBLOCKING &&
				    program->syms[i].func != BC_NONE;
	}
}

void bc_marks_fini(struct bc_marks *marks)
{
	bc_vec_fini(&marks->faults);
}
