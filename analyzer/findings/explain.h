/*
 * Explaining: the chain with the reason for each hop, what it rests on, who else gets there, and
 * what would settle it. Nothing of this is stored with the findings: it is worked out again from
 * the facts, for the one finding that somebody asks about.
 */
#ifndef BC_FINDINGS_EXPLAIN_H
#define BC_FINDINGS_EXPLAIN_H

#include "facts/body.h"
#include "findings/build.h"
#include "findings/explanation.h"

/*
 * To be given as bc_findings_options.watcher: explains the finding that `wanted` is, when it comes
 * by, into the arena.
 */
struct bc_explainer {
	struct bc_findings_watcher watcher;
	struct bc_arena *arena;
	const struct bc_finding *wanted;
	const struct bc_config *config; /* or NULL */
	struct bc_explanation explanation;
};

void bc_explainer_init(struct bc_explainer *explainer, struct bc_arena *arena,
	const struct bc_finding *wanted, const struct bc_config *config);

/* What the parts of an explanation work with; for explain*.c alone. */
struct bc_explaining {
	struct bc_explainer *to;
	const struct bc_found *found;
	struct bc_arena *arena;
	const struct bc_linked *linked;
	const struct bc_program *program;
	struct bc_explanation *out;
};

/* explain_path.c: the hops. */
void bc_explain_path(struct bc_explaining *e);
/* explain_handle.c: the descriptor that the call is about. */
void bc_explain_handles(struct bc_explaining *e);
/* remedies.c: what would settle it. */
void bc_explain_remedies(struct bc_explaining *e);

struct bc_place_loc bc_explain_at_node(struct bc_explaining *e, uint32_t func, uint32_t node);
struct bc_body bc_explain_body(const struct bc_explaining *e, uint32_t func);
/* An expression of the program as C text. */
const char *bc_explain_text(struct bc_explaining *e, uint32_t func, uint32_t node);

#endif
