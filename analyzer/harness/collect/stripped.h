/* Files whose functions have no names, so that stalls in them cannot be told apart nor compared
 * with findings; and what would help. */
#ifndef BC_HARNESS_COLLECT_STRIPPED_H
#define BC_HARNESS_COLLECT_STRIPPED_H

#include "harness/collect/run.h"

/* 1 when this is a name, and not a file with an offset. */
int bc_stripped_is_named(const struct bc_run_where *where);

/* Sets run->stripped: files that stalls lead through, those of the longest first. */
void bc_stripped_find(struct bc_run *run);

#endif
