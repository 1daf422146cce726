#include "link/program/lookups.h"

#include <string.h>

/* All of them take the module first and then the name. */
static int looks_up(const char *name)
{
	static const char *const names[] = {
		"dlsym", "dlvsym", "g_module_symbol", "lt_dlsym", "uv_dlsym"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return 1;
	return 0;
}

static const struct bc_node *skip_casts(const struct bc_node *node)
{
	while (node->kind == BC_N_CAST && node->size > 1)
		node++;
	return node;
}

/* The second argument of a call of a named function, or NULL. */
static const struct bc_node *second_argument(const struct bc_node *call)
{
	const struct bc_node *callee = call + 1, *first = callee + callee->size;

	return first < call + call->size && first + first->size < call + call->size
		       ? first + first->size
		       : NULL;
}

/* Most units look nothing up; their bodies need not be read. */
static int names_lookup(const struct bc_facts *facts)
{
	for (uint32_t i = 0; i < facts->nsymbols; i++)
		if (looks_up(bc_fact_str(facts, facts->symbols[i].name)))
			return 1;
	return 0;
}

void bc_lookups_add(struct bc_lookups *lookups, const struct bc_facts *facts)
{
	if (!names_lookup(facts))
		return;
	for (uint32_t i = 0; i + 1 < facts->nnodes; i++) {
		const struct bc_node *call = &facts->nodes[i], *name;

		if (call->kind != BC_N_CALL || call[1].kind != BC_N_FUNC ||
			!looks_up(bc_fact_str(facts, facts->symbols[call[1].ref].name)))
			continue;
		name = second_argument(call);
		name = name ? skip_casts(name) : NULL;
		if (name && name->kind == BC_N_STR)
			bc_vec_push(&lookups->names, bc_fact_str(facts, name->ref));
	}
}

void bc_lookups_fini(struct bc_lookups *lookups)
{
	bc_vec_fini(&lookups->names);
}
