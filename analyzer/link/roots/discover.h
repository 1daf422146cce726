/*
 * Home-grown loops: found, not described.
 *
 * A loop is a loop statement that, directly or a few calls down, waits for events (epoll_wait,
 * poll, select, kevent, ... as the packs say) and does something else besides. What it and the
 * functions on the way to the wait call through places are callbacks; the loop's own body is a
 * root, too, because many programs have no callbacks at all. Its wait is where it is meant to wait:
 * never a finding.
 *
 * Not a loop: a wait for one descriptor (poll(&p, 1, t)), a retry around an interrupted wait, and a
 * wait that runs inside some other loop's callback (that one is a nested wait, which is a finding).
 *
 * A callback that runs such a loop anew, its own or another, holds the one that called it: that
 * call is a finding.
 */
#ifndef BC_LINK_ROOTS_DISCOVER_H
#define BC_LINK_ROOTS_DISCOVER_H

#include "link/roots/roots.h"
#include "models/models.h"

struct bc_discovery {
	uint8_t *is_loop_wait; /* per call: the wait of a loop */
	uint8_t *is_dispatch;  /* per call: a loop's call of its callbacks; its targets are roots */
	uint8_t *drives;       /* per function: such a loop is its own */
	struct bc_sink_rule nested; /* for calls of these from callbacks */
};

/* Adds what it finds to `roots`, which holds those of the packs already. */
void bc_discover(struct bc_discovery *discovery, struct bc_roots *roots,
	const struct bc_solution *solution, const struct bc_interp *interp);
void bc_discovery_fini(struct bc_discovery *discovery);

#endif
