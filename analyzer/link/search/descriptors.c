/* Verdicts: what the mode, the kind and the history of a descriptor say of a call on it. */
#include <unistd.h>

#include "link/interp/events.h"
#include "link/search/question.h"

/* BC_V_FD when anything is known: from this path's arguments, else from where it comes from. */
struct bc_value bc_question_descriptor(const struct bc_question *q, int arg)
{
	struct bc_value value = bc_event_argument(q->event, arg);
	uint32_t node;

	if (value.kind == BC_V_FD)
		return value;
	node = bc_question_node(q, arg);
	return node == BC_NONE ? bc_value_top() : bc_modes_of_expr(q->modes, q->event->func, node);
}

/* One event promises one call: a read finds its data, a second one may not. */
int bc_question_was_ready(const struct bc_question *q, int arg, const struct bc_value *fd)
{
	uint32_t node = bc_question_node(q, arg);

	if (!q->rule->ready_once || node == BC_NONE)
		return 0;
	return (fd->kind == BC_V_FD && fd->pad &&
		       !bc_ready_is_used_up(q->sources->ready, q->event)) ||
	       bc_ready_says_guard(q->sources->ready, q->event, node);
}

/* ---- writes ---- */

/* What a pipe takes without waiting when it is not full (PIPE_BUF; see pipe(7)). */
enum { PIPE_TAKES = 4096 };

static int is_small_write(const struct bc_question *q)
{
	struct bc_value size = bc_event_argument(q->event, q->rule->size_arg);

	return size.kind == BC_V_INTS && size.u.ints[size.n - 1] <= PIPE_TAKES;
}

/* write(fd, NULL, 0) asks for errors and moves no byte. */
static int is_empty_write(const struct bc_question *q)
{
	struct bc_value size = bc_event_argument(q->event, q->rule->size_arg);

	return size.kind == BC_V_INTS && size.n == 1 && size.u.ints[0] == 0;
}

/* write(2, ...): whatever is printed on standard output and error is there for people to read. */
static int is_standard_output(const struct bc_question *q, int arg)
{
	struct bc_value fd = bc_event_argument(q->event, arg);

	return q->rule->limited_by & BC_LIMIT_SEND && fd.kind == BC_V_INTS &&
	       fd.u.ints[0] >= STDOUT_FILENO && fd.u.ints[fd.n - 1] <= STDERR_FILENO;
}

/* Regular files have no mode: what waits there is the disk. */
static void turn_to_disk(struct bc_verdict *verdict)
{
	verdict->category = BC_CAT_DISK;
	verdict->bound = BC_BOUND_DATA;
	verdict->nassumptions = 0;
	verdict->confidence = BC_CONF_LIKELY;
}

static void turn_to_logging(struct bc_verdict *verdict)
{
	verdict->category = BC_CAT_LOGGING;
	verdict->bound = BC_BOUND_DATA;
	verdict->nassumptions = 0;
	verdict->confidence = BC_CONF_CERTAIN;
}

/* Connected sockets have no use for an address. */
static int sends_datagram(const struct bc_question *q)
{
	const struct bc_pred *when = q->rule->datagram_when;

	return when &&
	       bc_event_ask(q->modes->program, q->sources->models, when, q->event) == BC_YES;
}

/* It waits; but hardly for long, where something was found ready or nobody's answer is awaited. */
static void weigh_blocking(
	const struct bc_question *q, int arg, const struct bc_value *fd, struct bc_verdict *verdict)
{
	bc_verdict_lower(verdict, BC_CONF_LIKELY);
	if (q->rule->when_told && !bc_ready_is_used_up(q->sources->ready, q->event)) {
		bc_verdict_lower(verdict, BC_CONF_POSSIBLE);
		bc_verdict_assume(verdict, "nothing was waiting, although the loop called");
	}
	if (bc_question_was_ready(q, arg, fd)) {
		bc_verdict_lower(verdict, BC_CONF_POSSIBLE);
		bc_verdict_assume(verdict, "it is no longer ready, although it was found so");
	}
	if (fd->n == BC_FDK_PIPE && is_small_write(q))
		bc_verdict_lower(verdict, BC_CONF_POSSIBLE);
	if ((fd->n == BC_FDK_DATAGRAM && !q->rule->ready_once) || sends_datagram(q)) {
		/* nobody's answer is waited for: what does not fit is dropped further on */
		bc_verdict_lower(verdict, BC_CONF_POSSIBLE);
		bc_verdict_assume(verdict, "the send buffer is full");
	}
}

/* The call is not surely non-blocking: what the descriptor's history makes of that. */
void bc_question_weigh_descriptor(const struct bc_question *q, int arg, struct bc_verdict *verdict)
{
	struct bc_value fd = bc_question_descriptor(q, arg);
	int blocking = fd.kind == BC_V_FD && fd.mask == BC_FD_BLOCKING;

	if (is_standard_output(q, arg)) {
		turn_to_logging(verdict);
		return;
	}
	if (is_empty_write(q) ||
		(fd.kind == BC_V_FD && fd.n == BC_FDK_DATAGRAM && q->rule->stream_only)) {
		verdict->blocks = 0;
		return;
	}
	if (fd.kind == BC_V_FD && fd.n == BC_FDK_FILE) {
		turn_to_disk(verdict);
		return;
	}
	if (q->modes->believes[q->event->func] && !(blocking && fd.slot)) {
		/* the author handles "would block": non-blocking, unless it surely is not */
		verdict->blocks = blocking;
		bc_verdict_lower(verdict, BC_CONF_POSSIBLE);
	}
	if (blocking)
		weigh_blocking(q, arg, &fd, verdict);
}
