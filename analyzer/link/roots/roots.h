/*
 * Roots: the functions that a loop calls back, and how it came to know them.
 *
 * Four sources: registration functions and callback fields that the packs describe; annotations;
 * and discovery of home-grown loops (discover.h). A wrapper around a registration needs no
 * description: the functions handed to the wrapper flow into the registration's argument.
 */
#ifndef BC_LINK_ROOTS_ROOTS_H
#define BC_LINK_ROOTS_ROOTS_H

#include <stdint.h>

#include "base/vec.h"
#include "config/config.h"
#include "link/interp/liveness.h"
#include "link/places/solve.h"
#include "link/program/marks.h"

enum bc_root_kind {
	BC_ROOT_MODEL,      /* given to a registration function or field that a pack describes */
	BC_ROOT_ANNOTATED,  /* an annotation says so */
	BC_ROOT_PROMISE,    /* no callback: its author says that it does not block */
	BC_ROOT_DISCOVERED, /* called through a place by a home-grown loop */
	BC_ROOT_LOOP_BODY   /* the body of a home-grown loop itself */
};

struct bc_root {
	enum bc_root_kind kind;
	enum bc_context context;
	uint32_t func;             /* its body */
	uint32_t region;           /* LOOP_BODY: the loop's node; else BC_NONE */
	const char *loop;          /* "libuv", "discovered", "annotated" */
	const char *registered_by; /* NULL for LOOP_BODY and annotations */
	const char *file;          /* where it was registered */
	uint32_t line, column;
	uint32_t driver;     /* DISCOVERED, LOOP_BODY: the function that contains the loop */
	uint8_t phases;      /* BC_PHASE_BIT()s: when it runs; 0 is NORMAL, in what is added */
	const char *signal;  /* "SIGHUP": the signal that decided it, or NULL */
	const char *assumed; /* what must hold for it to run on the loop; NULL: nothing */
	uint8_t on_worker;   /* DISCOVERED, LOOP_BODY: the loop only runs on a thread of its own */
};

struct bc_roots {
	BC_VEC(struct bc_root) list; /* LOOP first come, one per body and region; then the others */
};

void bc_roots_find(struct bc_roots *roots, const struct bc_solution *solution,
	const struct bc_models *models, const struct bc_marks *marks, struct bc_liveness *liveness);
/* Drops the roots in files that the project file skips. */
void bc_roots_skip(
	struct bc_roots *roots, const struct bc_program *program, const struct bc_config *config);
/* Its author knows better than a registration on which thread a function runs. */
void bc_roots_move_workers(
	struct bc_roots *roots, const struct bc_program *program, const struct bc_marks *marks);
/* The functions whose authors promise that they do not block. */
void bc_roots_find_promises(
	struct bc_roots *roots, const struct bc_program *program, const struct bc_marks *marks);
void bc_roots_fini(struct bc_roots *roots);

/* Adds a LOOP root unless its body is one already. */
void bc_roots_add(struct bc_roots *roots, struct bc_root root);

/* A root for `sym` in `place`, with its witness as the place of registration. */
struct bc_root bc_root_of(const struct bc_solution *solution, uint32_t place, uint32_t sym,
	const char *loop, const char *registered_by);

#endif
