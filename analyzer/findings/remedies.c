/*
 * What somebody who knows the program better can write down to settle a finding, with the lines to
 * paste. Each takes effect as it stands; tests/e2e/explain.sh tries them all.
 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "findings/explain.h"
#include "models/yaml.h"

#define PROJECT_FILE ".blockcheck.yaml"

enum { MAX_REMEDIES = 12, MAX_CUTS = 3, MAX_SETTINGS = 2 };

static int is_name(const char *text)
{
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return !*text;
}

/* A key that the project file has already cannot stand in it again: what is new goes below it. */
static int has_key(const struct bc_explaining *e, const char *key)
{
	const struct bc_config *config = e->to->config;

	return config && config->root && bc_yaml_get(config->root, key);
}

static struct bc_remedy *add(struct bc_explaining *e, const char *when, const char *file)
{
	struct bc_remedy *remedy;

	if (e->out->nremedies == MAX_REMEDIES)
		return NULL;
	remedy = &e->out->remedies[e->out->nremedies++];
	*remedy = (struct bc_remedy){
		.when = when, .file = file, .lines = BC_NEW_ARRAY(e->arena, const char *, 2)};
	return remedy;
}

/* An item of a list of the project file. */
static void add_item(struct bc_explaining *e, const char *key, const char *when, const char *item)
{
	struct bc_remedy *remedy = add(e, when, PROJECT_FILE);

	if (!remedy)
		return;
	if (has_key(e, key))
		remedy->below = key;
	else
		remedy->lines[remedy->nlines++] = bc_arena_printf(e->arena, "%s:", key);
	remedy->lines[remedy->nlines++] = bc_arena_printf(e->arena, "- %s", item);
}

static int has_line(const struct bc_explaining *e, const char *line)
{
	for (int i = 0; i < e->out->nremedies; i++)
		for (int k = 0; k < e->out->remedies[i].nlines; k++)
			if (!strcmp(e->out->remedies[i].lines[k], line))
				return 1;
	return 0;
}

/* ---- calls that do not happen ---- */

static void add_cut(struct bc_explaining *e, int step, const char *when)
{
	const struct bc_step *s = &e->found->finding->path[step];
	const char *item;

	if (!is_name(s->function) || !is_name(s->calls))
		return;
	item = bc_arena_printf(
		e->arena, "{from: %s, to: %s, reason: \"...\"}", s->function, s->calls);
	if (!has_line(e, bc_arena_printf(e->arena, "- %s", item)))
		add_item(e, "cut", when, item);
}

/* A pointer that may hold others, a call for another thread or process. */
static void add_doubtful_cuts(struct bc_explaining *e)
{
	const struct bc_finding *finding = e->found->finding;
	int left = MAX_CUTS;

	for (int i = 0; i < finding->npath && left; i++) {
		const struct bc_hop *hop = &e->out->hops[i];
		const struct bc_step *step = &finding->path[i];

		if (!hop->nrivals && !hop->doubt)
			continue;
		left--;
		add_cut(e, i,
			bc_arena_printf(e->arena, "%s() never reaches %s() %s%s on the loop",
				step->function, step->calls, hop->nrivals ? "through " : "",
				!hop->nrivals          ? ""
				: *step->witness_place ? step->witness_place
						       : "a pointer"));
	}
}

static const struct bc_open_condition *find_setting(const struct bc_hop *hop)
{
	for (int i = 0; i < hop->nconditions; i++)
		if (hop->conditions[i].is_setting)
			return &hop->conditions[i];
	return NULL;
}

/* The innermost hops first: they are the ones that are about this call. */
static void add_conditional_cuts(struct bc_explaining *e)
{
	const struct bc_finding *finding = e->found->finding;
	int left = MAX_SETTINGS;

	for (int i = finding->npath - 1; i >= 0 && left; i--) {
		const struct bc_open_condition *setting = find_setting(&e->out->hops[i]);

		if (!setting)
			continue;
		left--;
		add_cut(e, i,
			bc_arena_printf(e->arena,
				"'%s' (%s:%u) never holds on the loop, so %s() is not called there",
				setting->text, setting->at.file, setting->at.line,
				finding->path[i].calls));
	}
}

static void add_sink_cut(struct bc_explaining *e)
{
	const struct bc_finding *finding = e->found->finding;

	add_cut(e, finding->npath - 1,
		bc_arena_printf(e->arena, "%s() never waits where %s() calls it",
			finding->sink.function, finding->sink.in));
}

/* ---- functions that do not block ---- */

static void add_never(struct bc_explaining *e)
{
	const struct bc_finding *finding = e->found->finding;

	if (finding->npath > 1 && is_name(finding->sink.in))
		add_item(e, "never_blocks",
			bc_arena_printf(e->arena,
				"%s() does not block, whatever it calls; it is not looked into any "
				"more",
				finding->sink.in),
			bc_arena_printf(
				e->arena, "{function: %s, reason: \"...\"}", finding->sink.in));
}

/* ---- annotations ---- */

static void annotate(struct bc_explaining *e, uint32_t func, const char *when, const char *text)
{
	const struct bc_func *f = &e->program->funcs[func];
	struct bc_remedy *remedy;

	if (f->sym == BC_NONE || !is_name(e->program->syms[f->sym].name))
		return;
	remedy = add(e, when, bc_arena_strdup(e->arena, f->file));
	if (!remedy)
		return;
	remedy->line = f->line;
	remedy->lines[remedy->nlines++] = text;
}

static void add_allow(struct bc_explaining *e)
{
	const struct bc_call *c = &e->program->calls[e->found->hit->call];

	annotate(e, c->func,
		bc_arena_printf(e->arena,
			"the blocking calls that %s() makes itself are known and accepted",
			e->found->finding->sink.in),
		"BLOCKCHECK_ALLOW(\"...\")");
}

static void add_worker(struct bc_explaining *e)
{
	const struct bc_root *root = e->found->root;

	/* of several callbacks that get there, one alone settles nothing */
	if (!e->out->ncallbacks &&
		(root->kind == BC_ROOT_MODEL || root->kind == BC_ROOT_DISCOVERED))
		annotate(e, root->func,
			bc_arena_printf(e->arena, "%s() runs on a thread of its own, not on a loop",
				e->found->finding->callback.function),
			"BLOCKCHECK_WORKER");
}

/* ---- settings ---- */

static void add_budget(struct bc_explaining *e)
{
	const struct bc_finding *finding = e->found->finding;
	struct bc_remedy *remedy;

	if (finding->bound != BC_BOUND_TIMEOUT || finding->bound_ms < 0 || has_key(e, "budget"))
		return;
	remedy = add(e,
		bc_arena_printf(e->arena, "a stall of %g ms is short enough for this program",
			finding->bound_ms),
		PROJECT_FILE);
	if (remedy)
		remedy->lines[remedy->nlines++] =
			bc_arena_printf(e->arena, "budget: %.0fms", floor(finding->bound_ms) + 1);
}

static void add_skip(struct bc_explaining *e)
{
	const struct bc_root *root = e->found->root;

	if (root->kind == BC_ROOT_LOOP_BODY)
		add_item(e, "paths",
			bc_arena_printf(e->arena,
				"the loop in %s() is not what serves events; nothing in its file "
				"is reported then",
				bc_func_name(e->program, root->driver)),
			bc_arena_printf(e->arena, "{path: %s, skip: true}",
				e->program->funcs[root->func].file));
}

void bc_explain_remedies(struct bc_explaining *e)
{
	e->out->remedies = BC_NEW_ARRAY(e->arena, struct bc_remedy, MAX_REMEDIES);
	add_doubtful_cuts(e);
	add_conditional_cuts(e);
	add_sink_cut(e);
	add_never(e);
	add_allow(e);
	add_worker(e);
	add_budget(e);
	add_skip(e);
}
