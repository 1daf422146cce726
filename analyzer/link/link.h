/*
 * Linking: the whole program from the facts of its units, from scratch on every run.
 *
 *	facts -> program (one numbering), marks -> solution (what places hold, call targets)
 *	      -> completion, forks, relevance -> roots, discovery, modes of descriptors
 *	      -> search (hits with their paths)
 */
#ifndef BC_LINK_LINK_H
#define BC_LINK_LINK_H

#include "link/search/search.h"

struct bc_linked {
	struct bc_arena arena;
	struct bc_program program;
	struct bc_marks marks;
	struct bc_solution solution;
	struct bc_completion completion;
	struct bc_busy busy;
	struct bc_relevance relevance;
	struct bc_modes modes;
	struct bc_identity identity;
	struct bc_phases phases;
	struct bc_limits limits;
	struct bc_locks locks;
	struct bc_effects effects;
	struct bc_spins spins;
	struct bc_ready ready;
	struct bc_roots roots;
	struct bc_discovery discovery;
	struct bc_search search;
	struct bc_roots promises; /* functions that must not block, whoever calls them */
	struct bc_search broken;  /* what they reach all the same */
	uint8_t *forks;
	struct bc_text_rule *texts;
	struct bc_fields fields;
	struct bc_globals globals;
	struct bc_interp interp; /* without a user */
};

/* `facts`, `models`, `config` and `plugins` (NULL without) must outlive the result. */
void bc_link(struct bc_linked *linked, const struct bc_facts *const *facts, uint32_t nfacts,
	const struct bc_models *models, const struct bc_config *config,
	const struct bc_plugins *plugins);
void bc_linked_fini(struct bc_linked *linked);

/* printers of the stages, for `dump graph|roots|places`; name narrows to one function or place */
struct bc_buf;
void bc_dump_graph(const struct bc_linked *linked, const char *name, struct bc_buf *out);
void bc_dump_roots(const struct bc_linked *linked, const char *name, struct bc_buf *out);
void bc_dump_places(const struct bc_linked *linked, const char *name, struct bc_buf *out);

#endif
