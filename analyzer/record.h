/* What `run` does with the database: it keeps the run there, and learns what predicted its stalls.
 */
#ifndef BC_RECORD_H
#define BC_RECORD_H

#include <stdint.h>

#include "harness/collect/run.h"
#include "options.h"

/*
 * Joins the stalls with the findings of the last check, which sets what they say about it, and
 * saves the run. 0, or an error with its message; the stalls are joined all the same where the
 * database can be read but not written.
 */
int bc_record_run(const struct bc_options *options, int64_t started_ms, struct bc_run *run);

#endif
