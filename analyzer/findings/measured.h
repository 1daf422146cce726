/*
 * All measured runs together, as a reader wants them: stalls that nothing predicted, findings whose
 * callbacks ran and never stalled, the worst callbacks. What was confirmed says each finding
 * itself, in `observed`.
 */
#ifndef BC_FINDINGS_MEASURED_H
#define BC_FINDINGS_MEASURED_H

#include "findings/finding.h"
#include "findings/profile.h"

/* So many calls of a callback without a stall mean something. */
enum { BC_MEASURED_OFTEN = 100 };

/* Stalls of one callback, with one culprit, called in one function. */
struct bc_surprise {
	const char *rule; /* BC201 ... BC205 */
	enum bc_severity severity;
	const char *callback;
	const struct bc_profile_stall *worst;
	struct bc_times times; /* of all of them */
	int runs, last_run;
};

/* A callback in all runs. */
struct bc_measured_callback {
	struct bc_profile_where where;
	const char *api;
	int internal;
	struct bc_times times;
	int64_t stalls;
	int runs;
};

/* A finding that was not confirmed, with what its callbacks did. */
struct bc_quiet {
	int finding;       /* index */
	int64_t count;     /* times that its callbacks ran */
	int64_t elsewhere; /* their stalls, of which none was this; where only stalls are seen */
	double max_ms;
};

struct bc_measured {
	int runs;
	int64_t allowed; /* stalls that --allow names */
	struct bc_surprise *surprises;
	int nsurprises; /* the longest first, notes behind */
	struct bc_measured_callback *callbacks;
	int ncallbacks; /* those that ran, the longest first */
	struct bc_quiet *quiet;
	int nquiet; /* ran often and never stalled there; in the order of findings */
	struct bc_quiet *seldom;
	int nseldom; /* ran seldom or not at all */
};

/* Over profiles that were joined with the report. All memory is the arena's, or that of the two. */
void bc_measured_make(struct bc_arena *arena, const struct bc_report *report,
	const struct bc_profiles *profiles, struct bc_measured *measured);

#endif
