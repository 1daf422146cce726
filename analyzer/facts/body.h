/*
 * A function's tree as its readers see it: node numbers count from its root, which is 0.
 * The link stage makes one from its own tables, the printer from a fact file.
 */
#ifndef BC_FACTS_BODY_H
#define BC_FACTS_BODY_H

#include "facts/facts.h"

struct bc_body {
	const struct bc_facts *facts; /* which the refs of the nodes are indices into */
	const char *name;             /* of the function; "" for initialisers at file scope */
	const struct bc_node *nodes;
	uint32_t nnodes;
	const struct bc_fact_local *locals; /* parameters first */
	uint32_t nparams, nlabels;
};

static inline struct bc_body bc_body_of(const struct bc_facts *facts, uint32_t function)
{
	const struct bc_fact_function *fact = &facts->functions[function];
	uint32_t symbol = fact->symbol;

	return (struct bc_body){
		.facts = facts,
		.name = symbol == BC_NONE ? "" : bc_fact_str(facts, facts->symbols[symbol].name),
		.nodes = facts->nodes + fact->node,
		.nnodes = fact->nnodes,
		.locals = facts->locals + fact->local,
		.nparams = fact->nparams,
		.nlabels = fact->nlabels,
	};
}

/* Where the subtree of `node` ends: its next sibling, if there is one, begins there. */
static inline uint32_t bc_body_end(const struct bc_body *body, uint32_t node)
{
	return node + body->nodes[node].size;
}

/* The n-th child, from 0, of a node that has more than n. */
static inline uint32_t bc_body_child(const struct bc_body *body, uint32_t node, uint32_t n)
{
	uint32_t child = node + 1;

	while (n--)
		child = bc_body_end(body, child);
	return child;
}

#endif
