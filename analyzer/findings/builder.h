/* What build.c and tell.c share while findings are made; nobody else includes it. */
#ifndef BC_FINDINGS_BUILDER_H
#define BC_FINDINGS_BUILDER_H

#include "findings/build.h"

struct bc_builder {
	struct bc_findings *out;
	struct bc_report *report; /* out->report */
	const struct bc_linked *linked;
	const struct bc_search *search; /* whose hits are being told */
	const struct bc_findings_options *options;
};

/* Text and places in the report's own memory. */
const char *bc_builder_keep(struct bc_builder *b, const char *text);
struct bc_place_loc bc_builder_at(
	struct bc_builder *b, const char *file, uint32_t line, uint32_t column);
struct bc_place_loc bc_builder_at_node(struct bc_builder *b, uint32_t func, uint32_t node);
struct bc_place_loc bc_builder_at_function(struct bc_builder *b, uint32_t func);

/* tell.c: of a hit, by the way to it and by the call itself. */
enum bc_confidence bc_builder_confidence_of(
	const struct bc_search *search, const struct bc_hit *hit);
/*
 * tell.c: the finding that a hit amounts to. `reaching`: the roots of all hits of this site;
 * `phases`: BC_PHASE_BIT()s of them.
 */
void bc_builder_add_finding(
	struct bc_builder *b, const struct bc_hit *hit, const uint8_t *reaching, uint8_t phases);

#endif
