/* A call as a plugin judges it: its verdict becomes one like any rule's. */
#ifndef BC_LINK_SEARCH_CONSULT_H
#define BC_LINK_SEARCH_CONSULT_H

#include "link/search/verdict.h"
#include "plugin/plugin.h"

/* A plugin's opinion on a call. */
struct bc_opinion {
	struct bc_verdict verdict;
	struct bc_sink_rule *rule; /* made for this call; NULL when it does not block */
};

/* 1 and *opinion when a plugin has one on this call of symbol `sym`. */
int bc_consult(const struct bc_plugins *plugins, struct bc_arena *arena,
	const struct bc_program *program, uint32_t sym, const struct bc_call_event *event,
	struct bc_opinion *opinion);

#endif
