/*
 * Marks: what the authors of a program say about its own functions, where the packs speak of
 * libraries. They come from annotations in the source (include/blockcheck/annotate.h, and clang's
 * attributes for effects) and from the project file, and are read before anything is followed.
 */
#ifndef BC_LINK_PROGRAM_MARKS_H
#define BC_LINK_PROGRAM_MARKS_H

#include <stdint.h>

#include "base/vec.h"
#include "link/program/program.h"
#include "models/models.h"
#include "plugin/plugin.h"

enum bc_mark_flag {
	BC_MARK_CALLBACK = 1 << 0,    /* a loop calls it */
	BC_MARK_BLOCKING = 1 << 1,    /* a call of it is a sink, see `rule` */
	BC_MARK_NONBLOCKING = 1 << 2, /* calls are not followed; the body has to keep the promise */
	BC_MARK_WORKER = 1 << 3,      /* runs on another thread */
	BC_MARK_NEVER = 1 << 4,       /* the project file vouches for it */
	BC_MARK_CUT_FROM = 1 << 5,    /* some call that it makes is cut */
	BC_MARK_CUT_TO = 1 << 6,      /* some call of it is cut */
	BC_MARK_WATCHED = 1 << 7      /* a plugin wants to be asked about calls of it */
};

struct bc_mark {
	uint32_t flags;                  /* enum bc_mark_flag */
	const struct bc_sink_rule *rule; /* BLOCKING */
	const char *allowed; /* why the blocking calls of its body are accepted, or NULL */
};

/* An annotation that says nothing, and why. */
struct bc_mark_fault {
	uint32_t sym;
	const char *text, *why;
};

struct bc_marks {
	struct bc_mark *of; /* per symbol */
	uint32_t npromises; /* functions that are NONBLOCKING and have a body */
	const struct bc_models *models;
	uint8_t *never_used; /* per models->nevers: it names a function of the program */
	uint8_t *cut_used;   /* per models->cuts: the program has such a call */
	BC_VEC(struct bc_mark_fault) faults;
};

void bc_marks_init(struct bc_marks *marks, struct bc_arena *arena, const struct bc_program *program,
	const struct bc_models *models, const struct bc_plugins *plugins);
/* Once the targets of all calls are known: which cuts there is a call for. */
void bc_marks_match_cuts(struct bc_marks *marks, const struct bc_program *program);
void bc_marks_fini(struct bc_marks *marks);

/* 1 when the project file cuts calls of `callee` by `caller`, both symbols; BC_NONE has none. */
int bc_marks_cut(const struct bc_marks *marks, const struct bc_program *program, uint32_t caller,
	uint32_t callee);

/* 1 when a loop's path ends before this function. */
static inline int bc_mark_ends_path(const struct bc_mark *mark)
{
	return (mark->flags & (BC_MARK_NONBLOCKING | BC_MARK_WORKER | BC_MARK_NEVER)) != 0;
}

/* The mark of the function that a body belongs to; that of nobody at file scope. */
static inline const struct bc_mark *bc_mark_of_func(
	const struct bc_marks *marks, const struct bc_program *program, uint32_t func)
{
	static const struct bc_mark none;
	uint32_t sym = program->funcs[func].sym;

	return sym == BC_NONE ? &none : &marks->of[sym];
}

#endif
