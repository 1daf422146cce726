/*
 * Queues of callbacks, and the threads that run them: GLib's main contexts.
 *
 * A callback that is put on a queue runs on the thread that runs this queue. One that a worker
 * made for itself and that holds nothing but calls and timers is the worker's own affair: blocking
 * there is what the thread is for. A worker's queue that watches descriptors, a bus or a listening
 * socket serves others, who wait when it blocks; such a thread has an event loop like any other.
 *
 * Queues travel through pointer places (travel.h), in the bodies that have to do with queues.
 */
#ifndef BC_LINK_ROOTS_QUEUES_H
#define BC_LINK_ROOTS_QUEUES_H

#include "link/roots/roots.h"
#include "link/roots/travel.h"

/* Who runs a callback. */
enum bc_queue_thread {
	BC_QUEUE_OF_LOOP,
	BC_QUEUE_OF_WORKER,
	BC_QUEUE_OF_SOMEBODY /* there are workers' queues, and this may be one of them */
};

struct bc_queue {
	uint32_t call; /* that makes it */
	uint8_t flags; /* private */
};

struct bc_queues {
	const struct bc_program *program;
	BC_VEC(struct bc_queue) list;
	struct bc_travel travel; /* of the queues, each by its number; none in programs without */
	uint8_t *apart;          /* per symbol: calls of it have a place of their own each */
	int any_private;
};

/* `roots` knows the workers by now. */
void bc_queues_init(
	struct bc_queues *queues, const struct bc_solution *solution, const struct bc_roots *roots);
void bc_queues_fini(struct bc_queues *queues);

/* Who runs the callback that this call registers in this role. */
enum bc_queue_thread bc_queues_thread_of(
	const struct bc_queues *queues, uint32_t call, const struct bc_role *role);

#endif
