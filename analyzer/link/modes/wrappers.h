/*
 * Wrappers: functions that hand a parameter on to a call that does something to it. What
 *
 *	void set_quiet(int fd) { fcntl(fd, F_SETFL, O_NONBLOCK); }
 *
 * does, its callers do, with the arguments that they know.
 */
#ifndef BC_LINK_MODES_WRAPPERS_H
#define BC_LINK_MODES_WRAPPERS_H

#include "base/vec.h"
#include "link/program/program.h"

struct bc_wrapper {
	uint32_t func, param; /* param: from 0 */
};

struct bc_wrappers {
	BC_VEC(struct bc_wrapper) list;
	uint8_t *are; /* per function: it is in the list; NULL as long as nobody is */
};

void bc_wrappers_fini(struct bc_wrappers *wrappers);

int bc_wrappers_has(const struct bc_wrappers *wrappers, uint32_t func, uint32_t param);

/* `call` does something to its argument `arg`, from 1: 1 when that makes its caller a new wrapper.
 */
int bc_wrappers_add(struct bc_wrappers *wrappers, const struct bc_program *program,
	const struct bc_call *call, uint32_t arg);

/* The parameters that `func` hands on, in turn from *nth; BC_NONE after the last. */
uint32_t bc_wrappers_next(const struct bc_wrappers *wrappers, uint32_t func, uint32_t *nth);

#endif
