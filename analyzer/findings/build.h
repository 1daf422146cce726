/*
 * From hits to findings: one per blocking call site, with its most convincing path, the other
 * callbacks that reach it, what it assumes, how bad it is, and what to use instead.
 */
#ifndef BC_FINDINGS_BUILD_H
#define BC_FINDINGS_BUILD_H

#include "findings/finding.h"
#include "link/link.h"

struct bc_findings_options {
	enum bc_confidence min_confidence;
	double budget_ms; /* what ends within it is no finding */
	int logging;      /* report the logging class, too */
};

/* Findings of several link units while they are being collected. */
struct bc_findings {
	struct bc_report *report; /* text goes into its arena, counts into its summary */
	BC_VEC(struct bc_finding) findings;
	BC_VEC(struct bc_unresolved) unresolved;
	BC_VEC(struct bc_callback_info) callbacks;
};

/* Adds what one link unit says. Nothing collected refers to `linked` afterwards. */
void bc_findings_add(struct bc_findings *findings, const struct bc_linked *linked,
	const struct bc_findings_options *options);

/*
 * After the last link unit: joins findings of shared code, sets fingerprints, sorts, and moves all
 * into the report. `findings` is empty afterwards.
 */
void bc_findings_finish(struct bc_findings *findings);

#endif
