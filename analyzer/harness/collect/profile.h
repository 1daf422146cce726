#ifndef BC_HARNESS_COLLECT_PROFILE_H
#define BC_HARNESS_COLLECT_PROFILE_H

#include "findings/profile.h"
#include "harness/collect/report.h"

/*
 * What is kept of a run, with files relative to `root` where they lie below it. `number`, one for
 * each stall of the run, receives its index in the profile, or UINT32_MAX when it is not kept.
 */
void bc_run_profile(const struct bc_run *run, struct bc_arena *arena, const char *root,
	struct bc_profile *profile, uint32_t *number);

/* BC201 ... BC205 */
const char *bc_run_rule(const struct bc_run_stall *stall);

#endif
