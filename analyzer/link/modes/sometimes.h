/*
 * What is done only where a callback is not set: `if (!cfg->on_change) set_nonblock(fd);`. Below a
 * call through that very field it was not done.
 */
#ifndef BC_LINK_MODES_SOMETIMES_H
#define BC_LINK_MODES_SOMETIMES_H

#include "link/interp/env.h"
#include "link/places/solve.h"

/* The field of function pointers that is null under these conditions, in the body of `f`; BC_NONE
 * when there is none. */
uint32_t bc_null_field(
	const struct bc_program *program, const struct bc_func *f, const struct bc_guard *guards);

/* Per function, whether a call through the field leads to it. The caller frees it. */
uint8_t *bc_below_field(const struct bc_solution *solution, uint32_t field);

#endif
