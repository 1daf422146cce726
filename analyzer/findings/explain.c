#include "findings/explain.h"

#include <string.h>

#include "facts/text.h"

enum { EXPRESSION_LIMIT = 100 };

/* ---- what the parts share ---- */

struct bc_place_loc bc_explain_at_node(struct bc_explaining *e, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &e->program->funcs[func];

	return (struct bc_place_loc){bc_arena_strdup(e->arena, f->file),
		BC_LOC_LINE(f->nodes[node].loc), BC_LOC_COLUMN(f->nodes[node].loc)};
}

static struct bc_place_loc at_function(struct bc_explaining *e, uint32_t func)
{
	const struct bc_func *f = &e->program->funcs[func];

	return (struct bc_place_loc){bc_arena_strdup(e->arena, f->file), f->line,
		f->sym == BC_NONE ? 0 : e->program->syms[f->sym].column};
}

struct bc_body bc_explain_body(const struct bc_explaining *e, uint32_t func)
{
	const struct bc_program *program = e->program;
	const struct bc_func *f = &program->funcs[func];

	return (struct bc_body){.facts = f->image->facts,
		.name = f->sym == BC_NONE ? "" : program->syms[f->sym].name,
		.nodes = f->nodes,
		.nnodes = f->nnodes,
		.locals = f->locals,
		.nparams = f->nparams,
		.nlabels = f->nlabels};
}

const char *bc_explain_text(struct bc_explaining *e, uint32_t func, uint32_t node)
{
	struct bc_body body = bc_explain_body(e, func);
	struct bc_buf text = {0};
	const char *copy;

	bc_text_expr(&body, node, EXPRESSION_LIMIT, &text);
	copy = bc_arena_strdup(e->arena, bc_buf_text(&text));
	bc_buf_fini(&text);
	return copy;
}

/* ---- what it relies on ---- */

/* The condition of the rule that an assumption is the answer to, or NULL. */
static const struct bc_pred *find_assumed(const struct bc_pred *pred, const char *text)
{
	const struct bc_pred *found = NULL;

	if (!pred)
		return NULL;
	if ((pred->assumed && !strcmp(pred->assumed, text)) ||
		(!pred->nkids && pred->text && !strcmp(pred->text, text)))
		return pred;
	for (int i = 0; i < pred->nkids && !found; i++)
		found = find_assumed(&pred->kids[i], text);
	return found;
}

/* The rule asked about an argument; what stands there did not tell. */
static void stem_from_argument(
	struct bc_explaining *e, struct bc_reliance *reliance, const struct bc_pred *pred)
{
	const struct bc_call *c = &e->program->calls[e->found->hit->call];
	uint32_t node = bc_call_argument(&e->program->funcs[c->func], c->node, pred->arg);

	reliance->at = bc_explain_at_node(e, c->func, node == BC_NONE ? c->node : node);
	if (node == BC_NONE)
		reliance->from = bc_arena_printf(
			e->arena, "rule %s asks about argument %d", e->out->rule, pred->arg);
	else
		reliance->from = bc_arena_printf(e->arena,
			"rule %s asks about argument %d, which is '%s': that does not tell",
			e->out->rule, pred->arg, bc_explain_text(e, c->func, node));
}

static void stem_from_loop(struct bc_explaining *e, struct bc_reliance *reliance)
{
	const struct bc_root *root = e->found->root;

	reliance->at = at_function(e, root->driver);
	reliance->from = "no rule pack describes this loop; it waits for events and calls "
			 "something else besides";
}

static void explain_assumptions(struct bc_explaining *e)
{
	const struct bc_finding *finding = e->found->finding;
	const struct bc_hit *hit = e->found->hit;

	e->out->reliances =
		BC_NEW_ARRAY(e->arena, struct bc_reliance, (size_t)finding->nassumptions + 1);
	for (int i = 0; i < finding->nassumptions; i++) {
		struct bc_reliance *reliance = &e->out->reliances[e->out->nreliances++];
		const struct bc_pred *pred;

		*reliance = (struct bc_reliance){
			bc_arena_strdup(e->arena, finding->assumptions[i]), "", {"", 0, 0}};
		pred = find_assumed(hit->rule->nonblocking_when, reliance->text);
		if (pred)
			stem_from_argument(e, reliance, pred);
		else if (i >= hit->verdict.nassumptions)
			stem_from_loop(e, reliance);
		else
			reliance->from = "seen elsewhere in the program";
	}
}

/* ---- who else gets there ---- */

static void explain_callbacks(struct bc_explaining *e)
{
	const struct bc_roots *roots = e->found->search->roots;

	e->out->callbacks = BC_NEW_ARRAY(e->arena, struct bc_callback_info, roots->list.count + 1);
	for (size_t i = 0; i < roots->list.count; i++) {
		const struct bc_root *root = &roots->list.items[i];

		if (!e->found->reaching[i] || root == e->found->root)
			continue;
		e->out->callbacks[e->out->ncallbacks++] = (struct bc_callback_info){
			.function = bc_arena_strdup(e->arena, bc_func_name(e->program, root->func)),
			.at = at_function(e, root->func),
			.loop = bc_arena_strdup(e->arena, root->loop),
			.registered_by = root->registered_by
						 ? bc_arena_strdup(e->arena, root->registered_by)
						 : NULL,
			.registered_at = {bc_arena_strdup(e->arena, root->file), root->line,
				root->column},
			.context = root->context};
	}
}

/* ---- the whole ---- */

static void explain_rule(struct bc_explaining *e)
{
	const struct bc_sink_rule *rule = e->found->hit->rule;

	e->out->rule = bc_arena_strdup(e->arena, rule->id ? rule->id : "");
	e->out->provenance = bc_arena_strdup(e->arena, rule->provenance ? rule->provenance : "");
	e->out->pack = bc_arena_strdup(e->arena, rule->origin.path ? rule->origin.path : "");
	e->out->pack_line = rule->origin.line;
}

static int same_place(const struct bc_place_loc *a, const struct bc_place_loc *b)
{
	return a->line == b->line && a->column == b->column && !strcmp(a->file, b->file);
}

/* A source that is part of several programs is found in each; the report has kept one of them. */
static int is_wanted(const struct bc_finding *wanted, const struct bc_finding *finding)
{
	return same_place(&wanted->sink.at, &finding->sink.at) &&
	       !strcmp(wanted->sink.function, finding->sink.function) &&
	       !strcmp(wanted->rule, finding->rule) &&
	       !strcmp(wanted->callback.function, finding->callback.function) &&
	       wanted->npath == finding->npath && wanted->confidence == finding->confidence;
}

static void see(struct bc_findings_watcher *watcher, const struct bc_found *found)
{
	struct bc_explainer *explainer = (struct bc_explainer *)watcher;
	struct bc_explaining e = {explainer, found, explainer->arena, found->linked,
		&found->linked->program, &explainer->explanation};

	if (e.out->found || !is_wanted(explainer->wanted, found->finding))
		return;
	e.out->found = 1;
	explain_rule(&e);
	bc_explain_path(&e);
	explain_assumptions(&e);
	bc_explain_handles(&e);
	explain_callbacks(&e);
	bc_explain_remedies(&e);
}

void bc_explainer_init(struct bc_explainer *explainer, struct bc_arena *arena,
	const struct bc_finding *wanted, const struct bc_config *config)
{
	*explainer = (struct bc_explainer){
		.watcher = {see}, .arena = arena, .wanted = wanted, .config = config};
}
