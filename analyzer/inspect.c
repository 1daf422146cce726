/* The pipeline for who wants to look inside: explanations, dumps, linked programs. */
#include <string.h>

#include "base/buf.h"
#include "findings/explain.h"
#include "stages.h"

/* ---- explanations ---- */

static int explain_chosen(struct bc_stages *p, const struct bc_finding *finding,
	struct bc_report *report, struct bc_explanation *explanation)
{
	struct bc_report again = {0}; /* built once more, for the sake of what it is built from */
	struct bc_explainer explainer;
	struct bc_collecting collecting = {.findings = {.report = &again},
		.options = {p->options->min_confidence, p->options->budget_ms, p->options->logging,
			p->options->config, &explainer.watcher}};
	int error;

	bc_explainer_init(&explainer, &report->arena, finding, p->options->config);
	error = bc_stages_link(p, bc_stages_collect, &collecting);
	if (!error) {
		bc_findings_finish(&collecting.findings);
		*explanation = explainer.explanation;
	}
	bc_report_fini(&again);
	return error;
}

int bc_pipeline_explain(const struct bc_check_options *given,
	const struct bc_explain_request *request, struct bc_report *report,
	struct bc_explanation *explanation)
{
	struct bc_check_options options = *given;
	struct bc_stages p = {.options = &options};
	struct bc_collecting collecting = {.findings = {.report = report}};
	const struct bc_finding *finding = NULL;
	int error = bc_stages_run(&p);

	*explanation = (struct bc_explanation){0};
	*report = (struct bc_report){0};
	if (p.project.database)
		report->database = bc_arena_strdup(&report->arena, p.project.database);
	if (!error)
		error = request->begin(request->context, report->database, &options);
	collecting.options = (struct bc_findings_options){
		options.min_confidence, options.budget_ms, options.logging, options.config, NULL};
	if (!error)
		error = bc_stages_link(&p, bc_stages_collect, &collecting);
	if (!error) {
		bc_findings_finish(&collecting.findings);
		bc_stages_report_units(&p, report);
		finding = request->choose(request->context, report);
	}
	if (!error && finding)
		error = explain_chosen(&p, finding, report, explanation);
	bc_stages_fini(&p);
	return error;
}

/* ---- dumps ---- */

struct dumping {
	const char *stage, *name;
	struct bc_buf *out;
};

static void dump_linked(struct bc_stages *p, const struct bc_linked *linked, void *context)
{
	const struct dumping *d = context;

	(void)p;
	if (!strcmp(d->stage, "graph"))
		bc_dump_graph(linked, d->name, d->out);
	else if (!strcmp(d->stage, "roots"))
		bc_dump_roots(linked, d->name, d->out);
	else
		bc_dump_places(linked, d->name, d->out);
}

/* Facts of the units whose path ends in `name`, or of all. */
static void dump_facts(struct bc_stages *p, const char *name, struct bc_buf *out)
{
	for (size_t i = 0; i < p->unit_facts.count; i++) {
		const char *path = p->unit_facts.items[i]->path_main;
		size_t n = name ? strlen(name) : 0, length = strlen(path);

		if (!name || (length >= n && !strcmp(path + length - n, name)))
			bc_facts_print(p->unit_facts.items[i], name != NULL, out);
	}
}

int bc_pipeline_dump(const struct bc_check_options *options, const char *stage, const char *name,
	struct bc_buf *out)
{
	struct bc_stages p = {.options = options};
	struct dumping dumping = {stage, name, out};
	int error = bc_stages_run(&p);

	if (!error && !strcmp(stage, "facts"))
		dump_facts(&p, name, out);
	else if (!error)
		error = bc_stages_link(&p, dump_linked, &dumping);
	bc_stages_fini(&p);
	return error;
}

/* ---- the linked programs ---- */

struct linking {
	void (*use)(void *context, const struct bc_linked *linked);
	void *context;
};

static void show_linked(struct bc_stages *p, const struct bc_linked *linked, void *context)
{
	const struct linking *l = context;

	(void)p;
	l->use(l->context, linked);
}

int bc_pipeline_link(const struct bc_check_options *options,
	void (*use)(void *context, const struct bc_linked *linked), void *context)
{
	struct bc_stages p = {.options = options};
	struct linking linking = {use, context};
	int error = bc_stages_run(&p);

	if (!error)
		error = bc_stages_link(&p, show_linked, &linking);
	bc_stages_fini(&p);
	return error;
}
