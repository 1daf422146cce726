/*
 * Variables of static storage whose value is known wherever code runs, or wherever a loop does.
 *
 *	constant   every store in the program stores one of a few constants: a debug switch that
 *	           nobody turns on, a delay that is always 0
 *	settled    bits of a flag word that are cleared where the program starts, and that nothing
 *	           below a callback sets: `global.mode &= ~MODE_STARTING`. That the clearing comes
 *	           before the loop is likely, and no more; bc_value.pad says so.
 *	filled     what is made when it is first needed, `if (!domain) domain = look_up();`, has
 *	           been needed on the way to the loop, and nothing below a callback takes it back:
 *	           it is not null any more. As likely as the above.
 */
#ifndef BC_LINK_INTERP_GLOBALS_H
#define BC_LINK_INTERP_GLOBALS_H

#include "link/program/program.h"
#include "models/value.h"

struct bc_roots;

struct bc_globals {
	const struct bc_program *program;
	struct bc_value *constants; /* per symbol: BC_V_INTS, BC_V_TEXT or BC_V_TOP */
	/* bits that are 0 while the loop runs; none before bc_globals_settle() */
	uint64_t *settled;        /* per symbol */
	uint64_t *settled_fields; /* per field, of records of static storage */
	uint8_t *filled;          /* per symbol */
};

/* The constants. A program of which some unit could not be read has none: a store may be missing.
 */
void bc_globals_init(struct bc_globals *globals, const struct bc_program *program);
/* settled.c: the settled bits, once the roots are known. */
void bc_globals_settle(struct bc_globals *globals, const struct bc_roots *roots);
/* once.c: what is filled by then; `runs` has a byte per function: some callback leads to it. */
void bc_globals_fill(struct bc_globals *globals, const uint8_t *runs);
void bc_globals_fini(struct bc_globals *globals);

#endif
