/*
 * Functions of the program that make descriptors as their arguments say:
 *
 *	int socket_in(struct netns *ns, int family, int type) { ... return socket(family, type, 0);
 *}
 *
 * Each call of such a function is an origin of its own, born as the function makes it with these
 * arguments.
 */
#ifndef BC_LINK_MODES_MAKERS_H
#define BC_LINK_MODES_MAKERS_H

#include "link/interp/interp.h"
#include "models/models.h"

struct bc_makers {
	const struct bc_program *program;
	const struct bc_models *models;
	uint8_t *apart;   /* per symbol: what each of its calls returns is told apart */
	uint8_t *makes;   /* per symbol: it makes descriptors, by a rule or by wrapping a maker */
	uint32_t *params; /* per symbol: which of a wrapper's parameters say how, from bit 0 */
};

/* How a descriptor is born. */
struct bc_birth {
	enum bc_fd_kind kind;
	int nonblocking;
};

void bc_makers_init(
	struct bc_makers *makers, const struct bc_program *program, const struct bc_models *models);
void bc_makers_fini(struct bc_makers *makers);

/* The rule of a library's function that makes descriptors, or NULL. */
const struct bc_creator_rule *bc_makers_rule(const struct bc_makers *makers, uint32_t sym);

/* The argument, from 1, that a library function's result is another name for; 0 for none. */
int bc_makers_same(const struct bc_makers *makers, uint32_t sym);

static inline int bc_makers_is_wrapper(const struct bc_makers *makers, uint32_t sym)
{
	return sym != BC_NONE && makers->params[sym] != 0;
}

/* The call is one of a maker. `interp` runs wrappers; its user and context are replaced. */
struct bc_birth bc_makers_birth(const struct bc_makers *makers, const struct bc_interp *interp,
	const struct bc_call_event *event);

#endif
