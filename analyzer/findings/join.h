/*
 * The join: which finding predicted which measured stall, and what was measured for each finding.
 *
 * The two sides know the same program by different means. A stall has the function that blocked,
 * and a stack whose files are as the compiler was given them, perhaps in another checkout; a
 * finding has the function that blocks, the function that calls it, and where. So functions go by
 * their names, without the suffixes of a compiler's clones, and files by how many of their last
 * components agree.
 */
#ifndef BC_FINDINGS_JOIN_H
#define BC_FINDINGS_JOIN_H

#include "findings/finding.h"
#include "findings/profile.h"

/* Sets `finding` of every stall, and `observed` of every finding, over all these runs. */
void bc_join(struct bc_report *report, struct bc_profiles *profiles);

/* The finding of this fingerprint, or NULL. */
const struct bc_finding *bc_join_find(const struct bc_report *report, const char *fingerprint);

/* 1 when a measured name is this function: "load.part.0" is load. */
int bc_join_same_function(const char *measured, const char *function);
/* How many of their last components two paths have in common; 0: different files. */
int bc_join_same_file(const char *a, const char *b);

#endif
