#include "link/marks.h"

#include <string.h>

#include "models/schema.h"

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

/* "blocking" or "blocking:disk"; a category that does not exist is none. */
static void mark_blocking(const struct reader *r, uint32_t sym, const char *category)
{
	struct bc_mark *mark = &r->marks->of[sym];
	int value = *category == ':' ? bc_word_value(bc_words_category, category + 1) : -1;

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
	else if ((rest = after(text, "allow:")) && rest[strspn(rest, " \t")])
		mark->allowed = rest;
	else if ((rest = after(text, "blocking")) && (!*rest || *rest == ':'))
		mark_blocking(r, sym, rest);
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

void bc_marks_init(struct bc_marks *marks, struct bc_arena *arena, const struct bc_program *program,
	const struct bc_models *models)
{
	struct reader r = {arena, program, models, marks};

	*marks = (struct bc_marks){.of = BC_NEW_ARRAY(arena, struct bc_mark, program->nsyms + 1)};
	for (uint32_t i = 0; i < program->nannotations; i++)
		read_annotation(&r, program->annotations[i].sym, program->annotations[i].text);
	for (uint32_t i = 0; i < program->nsyms; i++)
		marks->npromises += marks->of[i].flags & BC_MARK_NONBLOCKING &&
				    program->syms[i].func != BC_NONE;
}
