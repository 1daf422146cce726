/*
 * What the packs do not know: functions without a body that code on a loop calls and no rule names.
 * Reachability here is that of the call graph alone, without regard to conditions: a list for
 * people who write rules, not for findings.
 */
#ifndef BC_LINK_COVERAGE_H
#define BC_LINK_COVERAGE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/intern.h"
#include "base/vec.h"

struct bc_linked;

struct bc_uncovered_site {
	const char *function; /* that no rule knows */
	const char *declared; /* the file that declares it, "" when unknown */
	const char *in;       /* the caller */
	const char *file;
	uint32_t line, column;
};

struct bc_uncovered {
	const char *function, *declared;
	uint32_t nsites;
	const struct bc_uncovered_site *example; /* the first, by file and line */
};

struct bc_coverage {
	struct bc_arena arena;
	BC_VEC(struct bc_uncovered_site) sites;
	BC_VEC(struct bc_uncovered) list; /* the most called ones first */
	uint32_t known;                   /* functions without a body that some rule knows */
	struct bc_intern seen;            /* their names */
};

/* Adds one program; a source that is part of several programs counts once. */
void bc_coverage_add(struct bc_coverage *coverage, const struct bc_linked *linked);
/* Fills the list, after the last program. */
void bc_coverage_finish(struct bc_coverage *coverage);
void bc_coverage_fini(struct bc_coverage *coverage);

#endif
