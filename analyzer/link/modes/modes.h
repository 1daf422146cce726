/*
 * Descriptors and their modes: is this one non-blocking?
 *
 * Every call that makes a descriptor is an origin. Origins travel through places (travel.h), and
 * from a registration to the parameter that its callback receives. What fcntl(), ioctl() and their
 * wrappers do to a place, they do to every origin in it; wrappers are inferred, polarity included,
 * by running them with the arguments of each call.
 *
 * There are no program points: a descriptor that was ever made blocking again counts as blocking,
 * one that was ever made non-blocking and never blocking again counts as non-blocking.
 */
#ifndef BC_LINK_MODES_MODES_H
#define BC_LINK_MODES_MODES_H

#include "base/vec.h"
#include "link/interp/interp.h"
#include "link/modes/makers.h"
#include "link/places/solve.h"
#include "link/roots/travel.h"

enum bc_origin_flag {
	BC_ORIGIN_NB = 1,        /* made non-blocking, at birth or later */
	BC_ORIGIN_BLOCKING = 2,  /* made blocking on purpose */
	BC_ORIGIN_UNDECIDED = 4, /* its mode was set to something unknown */
	BC_ORIGIN_WATCHED = 8,   /* a loop watches it */
	BC_ORIGIN_SOMETIMES = 16 /* made non-blocking where the callback `unless` is not set */
};

/* One call that makes a descriptor. */
struct bc_fd_origin {
	uint32_t call;
	uint8_t kind;    /* enum bc_fd_kind */
	uint8_t flags;   /* enum bc_origin_flag */
	uint32_t unless; /* field of a function pointer, or BC_NONE; see sometimes.h */
};

/* Functions that a call through the field leads to. */
struct bc_below {
	uint32_t field;
	uint8_t *funcs; /* per function */
};

/* A call that set the mode of an origin, or had it watched. */
struct bc_mode_event {
	uint32_t origin, call;
	uint8_t flags; /* enum bc_origin_flag */
};

struct bc_modes {
	const struct bc_program *program;
	const struct bc_models *models;
	const struct bc_solution *solution;
	struct bc_fd_origin *origins;
	uint32_t norigins;
	BC_VEC(struct bc_mode_event) events; /* for explanations; some more than once */
	struct bc_makers makers;             /* who makes descriptors */
	struct bc_travel travel;             /* of the origins, each by its number */
	BC_VEC(struct bc_below) below;       /* one per field that is some origin's `unless` */
	BC_VEC(const char *) fifos;          /* literal paths of FIFOs that the program makes */
	uint8_t *believes; /* per function: it expects EAGAIN, so its author meant non-blocking */
};

void bc_modes_init(struct bc_modes *modes, const struct bc_solution *solution,
	const struct bc_models *models, const struct bc_interp *interp);
void bc_modes_fini(struct bc_modes *modes);

/* The mode of one origin, after all that was done to it. */
enum bc_fd_mode bc_modes_of_origin(const struct bc_fd_origin *origin);

/* Calls `use` with each origin, by its number, that an expression may yield. */
void bc_modes_each_origin(const struct bc_modes *modes, uint32_t func, uint32_t node,
	void (*use)(void *context, uint32_t origin), void *context);

/* What is known of the descriptor that an expression yields: BC_V_FD, or BC_V_TOP. */
struct bc_value bc_modes_of_expr(const struct bc_modes *modes, uint32_t func, uint32_t node);

#endif
