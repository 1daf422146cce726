/* Verdicts: what waits at the other end of a stdio stream, or of the FIFO that a path names. */
#include <string.h>

#include "link/interp/events.h"
#include "link/search/question.h"

/* What waits at the other end of a stream; 0 when nothing but a file does, as far as is known. */
struct far_end {
	const struct bc_question *q;
	enum bc_category category;
	int kernel, files, others, fifo;
};

static void look_for_fifo(void *context, uint32_t origin)
{
	struct far_end *end = context;

	end->fifo |= end->q->modes->origins[origin].kind == BC_FDK_FIFO;
}

/* Does the call that made the stream open a FIFO of the program's? */
static int opened_fifo(const struct far_end *end, uint32_t call)
{
	const struct bc_modes *modes = end->q->modes;
	const struct bc_call *c = &modes->program->calls[call];
	uint32_t path = bc_call_argument(&modes->program->funcs[c->func], c->node, 1);
	struct far_end found = {.q = end->q};

	if (path != BC_NONE)
		bc_modes_each_origin(modes, c->func, path, look_for_fifo, &found);
	return found.fifo;
}

static void look_at_origin(void *context, uint32_t origin)
{
	struct far_end *end = context;
	const struct bc_fd_origin *o = &end->q->modes->origins[origin];
	int far = o->kind == BC_FDK_SOCKET || o->kind == BC_FDK_DATAGRAM || o->kind == BC_FDK_PIPE;

	end->kernel += o->kind == BC_FDK_KERNEL;
	end->others += o->kind != BC_FDK_KERNEL;
	end->files += o->kind == BC_FDK_FILE && !opened_fifo(end, o->call);
	if (!far)
		return;
	if (bc_modes_of_origin(o) == BC_FD_NONBLOCKING)
		return;
	if (o->kind != BC_FDK_PIPE)
		end->category = BC_CAT_NETWORK;
	else if (!end->category)
		end->category = BC_CAT_IPC;
}

/* From this path's argument when that is clear, else from all that it may be. */
static struct far_end far_end_of(const struct bc_question *q)
{
	struct bc_value stream = bc_event_argument(q->event, q->rule->stream_arg);
	uint32_t node = bc_question_node(q, q->rule->stream_arg);
	struct far_end end = {.q = q};

	if (stream.kind == BC_V_FD && stream.n != BC_FDK_UNKNOWN) {
		end.kernel = stream.n == BC_FDK_KERNEL;
		end.others = !end.kernel;
		if (stream.mask == BC_FD_NONBLOCKING)
			return end;
		if (stream.n == BC_FDK_SOCKET || stream.n == BC_FDK_DATAGRAM)
			end.category = BC_CAT_NETWORK;
		else if (stream.n == BC_FDK_PIPE)
			end.category = BC_CAT_IPC;
	} else if (node != BC_NONE) {
		bc_modes_each_origin(q->modes, q->event->func, node, look_at_origin, &end);
	}
	return end;
}

/* stdio waits for whatever its descriptor is. */
void bc_question_weigh_stream(const struct bc_question *q, struct bc_verdict *verdict)
{
	struct far_end end = far_end_of(q);

	if (end.kernel && !end.others) {
		verdict->blocks = 0;
	} else if (end.category && !end.files) {
		verdict->category = end.category;
		verdict->bound = BC_BOUND_UNBOUNDED;
		verdict->mild = q->rule->category == BC_CAT_LOGGING; /* it writes */
		bc_verdict_lower(verdict, BC_CONF_LIKELY);
	}
}

/* Is the path that of a FIFO which the program makes itself? */
static int opens_fifo(const struct bc_question *q)
{
	struct bc_value path = bc_event_argument(q->event, q->rule->path_arg);
	uint32_t node = bc_question_node(q, q->rule->path_arg);
	struct far_end end = {.q = q};

	for (size_t i = 0; path.kind == BC_V_TEXT && i < q->modes->fifos.count; i++)
		if (!strcmp(path.u.text, q->modes->fifos.items[i]))
			return 1;
	if (path.kind == BC_V_FD)
		return path.n == BC_FDK_FIFO;
	if (node != BC_NONE)
		bc_modes_each_origin(q->modes, q->event->func, node, look_for_fifo, &end);
	return end.fifo;
}

/* Opening one end of a FIFO waits until somebody opens the other one. */
void bc_question_weigh_path(
	const struct bc_question *q, const struct bc_call_view *view, struct bc_verdict *verdict)
{
	const struct bc_pred *when = q->rule->fifo_nonblocking_when;
	enum bc_tri nonblocking;

	if (!opens_fifo(q))
		return;
	nonblocking = when ? bc_pred_eval(q->sources->models, when, view, NULL) : BC_NO;
	if (nonblocking == BC_YES) {
		verdict->blocks = 0;
		return;
	}
	verdict->category = BC_CAT_IPC;
	verdict->bound = BC_BOUND_UNBOUNDED;
	verdict->mild = 1;
	verdict->nassumptions = 0;
	verdict->confidence = BC_CONF_LIKELY;
	bc_verdict_assume(verdict, "nobody has the other end of the FIFO open");
	if (nonblocking == BC_UNKNOWN) /* flags that differ, perhaps for this very reason */
		bc_verdict_lower(verdict, BC_CONF_POSSIBLE);
}
