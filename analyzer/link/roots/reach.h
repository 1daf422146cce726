/* Which functions can run as a consequence of others: the call graph, without any conditions. */
#ifndef BC_LINK_ROOTS_REACH_H
#define BC_LINK_ROOTS_REACH_H

#include "link/roots/roots.h"

/* Marks, per function, what the calls between two nodes of a body lead to. */
void bc_reach_from_calls(const struct bc_program *program, uint32_t func, uint32_t from,
	uint32_t to, uint8_t *reached);

/* One byte per function, which the caller frees: reached from the roots of a context, from main().
 */
uint8_t *bc_reach_from_roots(
	const struct bc_program *program, const struct bc_roots *roots, enum bc_context context);
uint8_t *bc_reach_from_main(const struct bc_program *program);

#endif
