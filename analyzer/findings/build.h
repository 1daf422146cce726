/*
 * From hits to findings: one per blocking call site, with its most convincing path, the other
 * callbacks that reach it, what it assumes, how bad it is, and what to use instead.
 */
#ifndef BC_FINDINGS_BUILD_H
#define BC_FINDINGS_BUILD_H

#include "config/config.h"
#include "findings/finding.h"
#include "link/link.h"

/* A finding as it is built, with all that it was built from. */
struct bc_found {
	const struct bc_linked *linked;
	const struct bc_search *search;
	const struct bc_hit *hit;
	const struct bc_root *root;
	const uint8_t *reaching; /* per root of the search: it leads to this call, too */
	const struct bc_finding *finding;
};

/* Somebody who wants to see each finding while the program is there. */
struct bc_findings_watcher {
	void (*see)(struct bc_findings_watcher *watcher, const struct bc_found *found);
};

struct bc_findings_options {
	enum bc_confidence min_confidence;
	double budget_ms;                    /* what ends within it is no finding */
	int logging;                         /* report the logging class, too */
	const struct bc_config *config;      /* settings of files; NULL without */
	struct bc_findings_watcher *watcher; /* NULL without */
};

/* Findings of several link units while they are being collected. */
struct bc_findings {
	struct bc_report *report; /* text goes into its arena, counts into its summary */
	BC_VEC(struct bc_finding) findings;
	BC_VEC(struct bc_unresolved) unresolved;
	BC_VEC(struct bc_callback_info) callbacks;
	BC_VEC(struct bc_remark) remarks;
	BC_VEC(struct bc_graph_function) functions;
	BC_VEC(struct bc_graph_call) calls;
	/* which entries of the project file some link unit had a use for, see struct bc_marks */
	uint8_t *never_used, *cut_used;
};

/* Adds what one link unit says. Nothing collected refers to `linked` afterwards. */
void bc_findings_add(struct bc_findings *findings, const struct bc_linked *linked,
	const struct bc_findings_options *options);

/* calls.c: the call graph of one link unit. */
void bc_findings_add_calls(struct bc_findings *findings, const struct bc_linked *linked);

/* remarks.c: what one link unit says about annotations and entries of the project file. */
void bc_findings_add_remarks(struct bc_findings *findings, const struct bc_linked *linked);
/* remarks.c: after the last link unit, the entries that none had a use for. */
void bc_findings_add_unused(struct bc_findings *findings, const struct bc_models *models);

/*
 * After the last link unit: joins findings of shared code, sets fingerprints, sorts, and moves all
 * into the report. `findings` is empty afterwards.
 */
void bc_findings_finish(struct bc_findings *findings);

#endif
