/*
 * Private to the modes of descriptors: the solver, and its three parts. Origins travel first; then
 * setters change what they reach; then loops are seen to watch some of them.
 */
#ifndef BC_LINK_MODES_ORIGINS_H
#define BC_LINK_MODES_ORIGINS_H

#include "link/modes/modes.h"
#include "link/modes/wrappers.h"

struct bc_mode_solver {
	struct bc_modes *modes;
	BC_VEC(struct bc_fd_origin) origins;
	struct bc_wrappers wrappers; /* of setters */
	struct bc_interp interp;
};

/* origins.c: what the program makes, and lets it travel. */
void bc_origins_find(struct bc_mode_solver *s);
/* origins.c: a call of this symbol makes a descriptor. */
int bc_origins_makes(const struct bc_mode_solver *s, uint32_t sym);
/* origins.c: calls `use` for each role of each registration that takes a descriptor. */
void bc_origins_each_watch(struct bc_mode_solver *s, uint32_t call,
	void (*use)(
		struct bc_mode_solver *, uint32_t call, const struct bc_role *, uint32_t fd_node));
/* origins.c: what an expression holds gets these flags; by `call`, or BC_NONE where it is no call.
 */
void bc_origins_mark(
	struct bc_mode_solver *s, uint32_t func, uint32_t node, int flags, uint32_t call);

/* setters.c: functions that pass a parameter on to a setter; 1 while more are found. */
int bc_setters_infer_once(struct bc_mode_solver *s);
/* setters.c: what every call in the program does to modes. */
void bc_setters_settle(struct bc_mode_solver *s);
void bc_setters_settle_made(struct bc_mode_solver *s);

/* watches.c: which descriptors a loop watches: by a call, or in what poll() and select() are given.
 */
void bc_watches_mark(struct bc_mode_solver *s, uint32_t call);
void bc_watches_mark_polled(struct bc_mode_solver *s, uint32_t func);
/* watches.c: does the body compare something with EAGAIN, as who expects it does? */
int bc_watches_believes(const struct bc_modes *modes, const struct bc_func *f);

#endif
