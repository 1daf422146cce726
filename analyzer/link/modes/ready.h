/*
 * Was a descriptor found ready before it is used?
 *
 *	if (fds[0].revents & POLLIN) recv(fds[0].fd, ...)
 *	if (FD_ISSET(fd, &set)) accept(fd, ...)
 *	if (poll_check(fd, POLLIN)) answer(fd)
 *
 * What one event promises is one call: not a second one in a loop that does not ask again, and not
 *a call on another descriptor, such as the one that accept() has just returned.
 */
#ifndef BC_LINK_MODES_READY_H
#define BC_LINK_MODES_READY_H

#include "link/modes/modes.h"
#include "link/summaries/effects.h"

struct bc_ready {
	const struct bc_modes *modes;
	uint8_t *tells;  /* per symbol: its result says whether a descriptor is ready */
	uint32_t pollfd; /* the field pollfd.fd, BC_NONE */
	struct bc_effects *effects;
};

void bc_ready_init(
	struct bc_ready *ready, const struct bc_modes *modes, struct bc_effects *effects);
void bc_ready_fini(struct bc_ready *ready);

/* Does the call stand under a condition that says that the descriptor in this argument is ready? */
int bc_ready_says_guard(
	const struct bc_ready *ready, const struct bc_call_event *event, uint32_t fd_node);

/*
 * Does the call stand under a condition that its rule takes for a promise: if (XPending(display))
 * XNextEvent(display, &event)?
 */
int bc_ready_is_promised(const struct bc_program *program, const struct bc_models *models,
	const struct bc_sink_rule *rule, const struct bc_call_event *event);

/* Does the call stand in a loop that repeats it without asking again? */
int bc_ready_is_used_up(const struct bc_ready *ready, const struct bc_call_event *event);

#endif
