/*
 * `run --allow FILE`: measured stalls that somebody accepts, with the reason.
 *
 *	allow:
 *	- {callback: on_reload, reason: "only when asked for, at night"}
 *	- {function: save_*, culprit: fsync, up_to: 50ms, until: 2027-06-30, reason: "see #123"}
 */
#ifndef BC_HARNESS_COLLECT_ALLOW_H
#define BC_HARNESS_COLLECT_ALLOW_H

#include "harness/collect/run.h"
#include "models/yaml.h"

struct bc_allow_entry {
	/* patterns in which * and ? stand for any text and character; NULL: any */
	const char *callback, *function, *culprit;
	double up_to_ms; /* longer stalls are not accepted; 0: any */
	const char *reason;
	int line, column;
	int used;
};

struct bc_allow {
	const char *path;
	struct bc_allow_entry *entries;
	int nentries;
	/* entries that have no effect: what is wrong with each */
	struct bc_remark *faults;
	int nfaults;
};

/*
 * Reads the file; entries that are malformed, without a reason or past their day become faults.
 * `today` is "2027-06-30". 0, or BC_EINPUT when it is no such file at all. Memory is the arena's.
 */
int bc_allow_load(
	struct bc_arena *arena, const char *path, const char *today, struct bc_allow *allow);

/* Sets `allowed` of the stalls, and adds a remark for each fault and each entry without a use. */
void bc_allow_apply(struct bc_allow *allow, struct bc_run *run);

#endif
