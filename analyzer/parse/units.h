/*
 * The parse stage: brings the fact file of every source in the database up to date. What still
 * holds is taken from the cache (input/cache.h); the rest is parsed in worker processes.
 */
#ifndef BC_PARSE_UNITS_H
#define BC_PARSE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "input/compdb.h"
#include "input/project.h"

enum bc_unit_status {
	BC_UNIT_PARSED, /* now */
	BC_UNIT_CACHED,
	BC_UNIT_FAILED /* no facts: crashed, hung, too large, or there is no such file */
};

struct bc_unit {
	const struct bc_compile *compile;
	enum bc_unit_status status;
	const char *facts; /* path of the unit's fact file; NULL when it failed */
	int errors;        /* errors in the source; with any, the facts are incomplete */
	const char
		*first_error; /* "src/a.c:3: 'x.h' file not found", or why it failed; "" without */
	uint64_t key[2];
};

struct bc_units {
	const struct bc_unit *items; /* in the order of the database, whatever ran first */
	size_t count;
	size_t parsed, cached, failed;
	size_t degraded; /* failed, or with errors */
};

struct bc_units_options {
	int jobs;             /* worker processes; 0: one for each processor */
	int timeout_s;        /* for one source; 0: BC_UNITS_TIMEOUT_S, below 0: none */
	size_t memory_limit;  /* bytes for one source; 0: BC_UNITS_MEMORY_LIMIT, SIZE_MAX: none */
	int no_cache;         /* parse everything */
	int prune;            /* `db` is the whole database: facts that it has no use for may go */
	const char *producer; /* version of this program, for the keys; may be NULL */
	void *context;        /* of the two below, which may be NULL */
	void (*progress)(void *context, size_t done, size_t total, const char *file);
	int (*interrupted)(void *context);
};

enum { BC_UNITS_TIMEOUT_S = 60 };

#define BC_UNITS_MEMORY_LIMIT ((size_t)2 << 30)

/*
 * 0 with a unit for each entry of `db`, however bad it is; BC_EINTERRUPTED, BC_EOUTPUT when nothing
 * can be written to the project's folder, or BC_EINTERNAL. bc_project_prepare() comes before.
 */
int bc_units_prepare(struct bc_arena *arena, const struct bc_compdb *db,
	const struct bc_project *project, const struct bc_units_options *options,
	struct bc_units *out);

static inline int bc_unit_is_degraded(const struct bc_unit *unit)
{
	return unit->status == BC_UNIT_FAILED || unit->errors > 0;
}

#endif
