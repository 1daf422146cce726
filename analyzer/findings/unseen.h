/*
 * What was seen to run and the static side did not know: callbacks that it has not found, and calls
 * through pointers for which its call graph has no edge. Each is a hint at a registration, an
 * assignment or a table that the analysis could not follow.
 */
#ifndef BC_FINDINGS_UNSEEN_H
#define BC_FINDINGS_UNSEEN_H

#include "findings/finding.h"
#include "findings/graph.h"
#include "findings/profile.h"

enum { BC_UNSEEN_MAX = 1000 };

/* Fills in report->unseen, sorted and each once. */
void bc_unseen_find(
	struct bc_report *report, const struct bc_graph *graph, const struct bc_profiles *profiles);

#endif
