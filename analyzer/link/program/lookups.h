/*
 * Names that a program asks the dynamic linker for: dlsym(module, "plugin_init"). Whoever defines
 * such a name is a plugin of that program, even if it needs no symbol of it.
 */
#ifndef BC_LINK_PROGRAM_LOOKUPS_H
#define BC_LINK_PROGRAM_LOOKUPS_H

#include "base/vec.h"
#include "facts/facts.h"

struct bc_lookups {
	BC_VEC(const char *) names; /* owned by the facts; each as often as it is asked for */
};

/* Adds the names that one unit asks for. */
void bc_lookups_add(struct bc_lookups *lookups, const struct bc_facts *facts);
void bc_lookups_fini(struct bc_lookups *lookups);

#endif
