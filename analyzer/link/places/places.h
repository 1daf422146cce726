/*
 * Places: everything that can hold a function pointer (or a descriptor), one number each.
 *
 *	V  a variable of static storage      M  a field of a record, whatever object it is in
 *	L  a local or parameter              R  what a function returns
 *	I  what an indirect call returns
 *
 * Fields are keyed by declaration, not by object ("field-based"): copies of structs, container_of
 * and tables of tables then need no tracking at all. Arrays are one place. The address of a place
 * and what it points to are that place, too.
 */
#ifndef BC_LINK_PLACES_PLACES_H
#define BC_LINK_PLACES_PLACES_H

#include <stdint.h>

#include "base/vec.h"
#include "link/program/program.h"

/* A source: a place, or with this bit a function symbol itself. */
#define BC_SRC_FUNC 0x80000000u

enum bc_expr_flag {
	BC_EXPR_CAST = 1, /* an explicit cast was crossed */
	BC_EXPR_ADDR = 2  /* the address of a pointer was taken: writes through it go back */
};

struct bc_sources {
	BC_VEC(uint32_t) list;
	int flags; /* enum bc_expr_flag, over all of them */
};

struct bc_places {
	const struct bc_program *program;
	uint32_t field0, ret0, iret0; /* variables start at 0 */
	uint32_t *local0;             /* per function: place of its slot 0 */
	uint32_t count;
	uint32_t *parent; /* union-find: places that are the same memory */
	/* per symbol, may be NULL: calls of these have a place of their own each, not one together
	 */
	const uint8_t *apart;
	uint8_t *cls; /* per place: enum bc_class as declared */
};

void bc_places_init(struct bc_places *places, const struct bc_program *program);
void bc_places_fini(struct bc_places *places);

/* The representative of a place. */
uint32_t bc_place_find(const struct bc_places *places, uint32_t place);

uint32_t bc_place_of_field(const struct bc_places *places, uint32_t field);
uint32_t bc_place_of_local(const struct bc_places *places, uint32_t func, uint32_t slot);
uint32_t bc_place_of_return(const struct bc_places *places, uint32_t sym);
uint32_t bc_place_of_call(const struct bc_places *places, uint32_t call);

/* The function whose local or parameter a place is, BC_NONE for others; *slot receives which. */
uint32_t bc_place_owner(const struct bc_places *places, uint32_t place, uint32_t *slot);

/* The class of what a place holds (enum bc_class), as declared. */
enum bc_class bc_place_class(const struct bc_places *places, uint32_t place);

/* Adds where the value of an expression may come from (representatives). */
void bc_places_of_expr(
	const struct bc_places *places, uint32_t func, uint32_t node, struct bc_sources *out);

/* "struct ops.open", "handle(param 2)", "return of pick", "table". From the program's arena. */
const char *bc_place_name(const struct bc_places *places, uint32_t place);

#endif
