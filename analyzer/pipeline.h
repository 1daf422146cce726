/* The static pipeline, one call per stage; pipeline.c is the page to read first. */
#ifndef BC_PIPELINE_H
#define BC_PIPELINE_H

#include <stdint.h>

#include "config/config.h"
#include "findings/finding.h"

struct bc_buf;

struct bc_check_options {
	const char *database; /* -p: file or folder of compile_commands.json; NULL: search */
	const char *const
		*paths; /* only findings whose sink or path lies in these; NULL-terminated */
	const char *const *rules;       /* --rules, after all other packs; NULL-terminated */
	const struct bc_config *config; /* the project file; NULL without */
	const char *const *plugins;     /* FILE[,KEY=VALUE...]; NULL-terminated, or NULL */
	const char *db;                 /* --db; NULL: the default place */
	int jobs;                       /* 0: as many as there are processors */
	int timeout_s;                  /* per unit */
	enum bc_confidence min_confidence;
	double budget_ms;
	int quiet;
	int no_cache;
	int logging; /* report the logging class, too */
};

/*
 * From a compilation database to a report. 0, or a negative error with its message; an incomplete
 * analysis is no error but leaves report->ndegraded > 0. The caller owns the report.
 */
int bc_pipeline_check(const struct bc_check_options *options, struct bc_report *report);

/* `dump facts|graph|roots|places [NAME]`: the named stage as text. */
int bc_pipeline_dump(const struct bc_check_options *options, const char *stage, const char *name,
	struct bc_buf *out);

struct bc_explanation;

/* What bc_pipeline_explain() asks its caller. */
struct bc_explain_request {
	void *context;
	/* Where results are kept is known now; may set `options` as they were when these came
	 * about. 0 or a negative error. */
	int (*begin)(void *context, const char *database, struct bc_check_options *options);
	/* The one to explain, out of a report; NULL for none. */
	const struct bc_finding *(*choose)(void *context, const struct bc_report *report);
};

/*
 * Checks once more, and explains the finding that the caller chooses. Without one, the explanation
 * has not `found` anything. 0 or a negative error; the caller owns the report, whose arena holds
 * the explanation, too.
 */
int bc_pipeline_explain(const struct bc_check_options *given,
	const struct bc_explain_request *request, struct bc_report *report,
	struct bc_explanation *explanation);

struct bc_linked;

/* Links each program of the database and shows it to `use`. */
int bc_pipeline_link(const struct bc_check_options *options,
	void (*use)(void *context, const struct bc_linked *linked), void *context);

/* Set by the signal handlers of main: the pipeline stops at the next safe point. */
int bc_pipeline_interrupted(void);
void bc_pipeline_interrupt(void);

#endif
