/*
 * Fields of what a pointer points to, followed into calls: `c->mode = CHILD; start(c)` decides what
 * start() does where it asks `c->mode == TOP`.
 *
 * Only scalar fields that some condition on the way to a blocking call asks about are tracked. For
 * each function this says which of them it wants to know of its parameters, and which of them it,
 * or anything that it calls, may write: what a caller knows of the others still holds afterwards.
 *
 * Two pointers to records of one type may be the same: a write through one of them ends what is
 * known through the others.
 */
#ifndef BC_LINK_SUMMARIES_FIELDS_H
#define BC_LINK_SUMMARIES_FIELDS_H

#include <stdint.h>

#include "link/summaries/relevance.h"

enum { BC_FIELDS_WANTED = 16 }; /* per function; further ones stay unknown */

/* A function asks about this field of what its parameter points to. */
struct bc_wanted_field {
	uint32_t param, field; /* from 0; in bc_program.fields */
};

struct bc_fields {
	const struct bc_program *program;
	uint32_t *number;  /* per field: its bit in `writes`, BC_NONE when it is not tracked */
	uint32_t *tracked; /* the fields by number */
	uint32_t ntracked;
	uint32_t words;   /* of `writes`, per function */
	uint64_t *writes; /* the fields that a call of the function may change */
	uint32_t *spoils; /* per function: parameters (bits) to whose record it may do anything */
	struct bc_wanted_field (*wanted)[BC_FIELDS_WANTED]; /* per function */
	uint8_t *nwanted;
};

void bc_fields_init(struct bc_fields *fields, const struct bc_program *program,
	const struct bc_relevance *relevance);
void bc_fields_fini(struct bc_fields *fields);

/* Is the field worth keeping in mind? */
int bc_fields_tracks(const struct bc_fields *fields, uint32_t field);

/* May the call change the field, in whatever record? */
int bc_fields_written_by(const struct bc_fields *fields, uint32_t call, uint32_t field);

/* Does the call surely not change the record that its n-th argument (from 1) points to? */
int bc_fields_only_reads(const struct bc_fields *fields, uint32_t call, int arg);

/* May the call do anything to the record that its n-th argument (from 1) points to? */
int bc_fields_spoiled_by(const struct bc_fields *fields, uint32_t call, int arg);

#endif
