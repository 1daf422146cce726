#include "link/verdict.h"

#include <string.h>
#include <unistd.h>

#include "link/events.h"
#include "link/values.h"
#include "models/confidence.h"

/* What a pipe takes without waiting when it is not full (PIPE_BUF; see pipe(7)). */
enum { PIPE_TAKES = 4096 };

struct question {
	const struct bc_verdict_sources *sources;
	const struct bc_modes *modes; /* sources->modes */
	const struct bc_sink_rule *rule;
	const struct bc_call_event *event;
};

/* ---- how predicates read the call ---- */

static struct bc_value argument_value(void *context, int arg)
{
	return bc_event_argument(((const struct question *)context)->event, arg);
}

/* A null pointer to options means the defaults: no flag is set. */
static struct bc_value pointee_value(void *context, int arg, const char *field)
{
	const struct question *q = context;
	struct bc_value pointer = bc_event_argument(q->event, arg);

	if (pointer.kind == BC_V_INTS && bc_value_truth(&pointer) == BC_NO)
		return bc_value_int(0);
	return bc_event_field(q->modes->program, q->event, arg, field);
}

static const struct bc_func *caller(const struct question *q)
{
	return &q->modes->program->funcs[q->event->func];
}

static uint32_t call_node(const struct question *q)
{
	return q->modes->program->calls[q->event->call].node;
}

/* BC_V_FD when anything is known: from this path's arguments, else from where it comes from. */
static struct bc_value argument_descriptor(const struct question *q, int arg)
{
	struct bc_value value = bc_event_argument(q->event, arg);
	uint32_t node;

	if (value.kind == BC_V_FD)
		return value;
	node = bc_call_argument(caller(q), call_node(q), arg);
	return node == BC_NONE ? bc_value_top() : bc_modes_of_expr(q->modes, q->event->func, node);
}

static enum bc_fd_mode argument_fd(void *context, int arg)
{
	struct bc_value fd = argument_descriptor(context, arg);

	if (fd.kind != BC_V_FD || fd.n == BC_FDK_FILE)
		return BC_FD_UNKNOWN;
	return fd.mask == BC_FD_MIXED ? BC_FD_UNKNOWN : (enum bc_fd_mode)fd.mask;
}

static struct bc_call_view view_of(struct question *q)
{
	return (struct bc_call_view){q, argument_value, pointee_value, argument_fd};
}

/* ---- what doubt costs ---- */

static void assume(struct bc_verdict *verdict, const char *text)
{
	for (int i = 0; i < verdict->nassumptions; i++)
		if (verdict->assumptions[i] == text)
			return;
	if (text && verdict->nassumptions < BC_MAX_ASSUMPTIONS)
		verdict->assumptions[verdict->nassumptions++] = text;
}

static void lower(struct bc_verdict *verdict, int confidence)
{
	if (verdict->confidence > confidence)
		verdict->confidence = confidence;
}

/*
 * What an undecided condition costs. That a name is a literal address or a pointer null is the rare
 * case, and silence about it is no doubt. An unknown mode of a descriptor is a real one.
 */
static void weigh_unknown(const struct bc_models *models, const struct bc_pred *pred,
	const struct bc_call_view *view, struct bc_verdict *verdict)
{
	for (int i = 0; i < pred->nkids; i++)
		weigh_unknown(models, &pred->kids[i], view, verdict);
	if (pred->nkids || bc_pred_eval(models, pred, view, NULL) != BC_UNKNOWN)
		return;
	if (pred->kind == BC_P_LITERAL || (pred->kind == BC_P_NULL && pred->truth))
		return;
	/* an unknown request is hardly just one of the few that a rule lists; an unknown pointer to
	 * a callback is hardly null */
	if (pred->kind == BC_P_FD || pred->kind == BC_P_IN || pred->kind == BC_P_NULL)
		lower(verdict, BC_CONF_POSSIBLE);
	else
		lower(verdict, BC_CONF_LIKELY);
	assume(verdict, pred->assumed ? pred->assumed : pred->text);
}

/* ---- descriptors ---- */

/* The argument whose mode decides, 0 when none does. */
static int descriptor_argument(const struct bc_pred *pred)
{
	int arg = 0;

	if (!pred)
		return 0;
	if (pred->kind == BC_P_FD)
		return pred->arg;
	for (int i = 0; i < pred->nkids && !arg; i++)
		arg = descriptor_argument(&pred->kids[i]);
	return arg;
}

/* One event promises one call: a read finds its data, a second one may not. */
static int was_ready(const struct question *q, int arg, const struct bc_value *fd)
{
	uint32_t node = bc_call_argument(caller(q), call_node(q), arg);

	if (!q->rule->ready_once || node == BC_NONE)
		return 0;
	return (fd->kind == BC_V_FD && fd->pad &&
		       !bc_ready_is_used_up(q->sources->ready, q->event)) ||
	       bc_ready_says_guard(q->sources->ready, q->event, node);
}

static int is_small_write(const struct question *q)
{
	struct bc_value size = bc_event_argument(q->event, q->rule->size_arg);

	return size.kind == BC_V_INTS && size.u.ints[size.n - 1] <= PIPE_TAKES;
}

/* write(fd, NULL, 0) asks for errors and moves no byte. */
static int is_empty_write(const struct question *q)
{
	struct bc_value size = bc_event_argument(q->event, q->rule->size_arg);

	return size.kind == BC_V_INTS && size.n == 1 && size.u.ints[0] == 0;
}

/* Regular files have no mode: what waits there is the disk. */
static void turn_to_disk(struct bc_verdict *verdict)
{
	verdict->category = BC_CAT_DISK;
	verdict->bound = BC_BOUND_DATA;
	verdict->nassumptions = 0;
	verdict->confidence = BC_CONF_LIKELY;
}

/* write(2, ...): whatever is printed on standard output and error is there for people to read. */
static int is_standard_output(const struct question *q, int arg)
{
	struct bc_value fd = bc_event_argument(q->event, arg);

	return q->rule->limited_by & BC_LIMIT_SEND && fd.kind == BC_V_INTS &&
	       fd.u.ints[0] >= STDOUT_FILENO && fd.u.ints[fd.n - 1] <= STDERR_FILENO;
}

static void turn_to_logging(struct bc_verdict *verdict)
{
	verdict->category = BC_CAT_LOGGING;
	verdict->bound = BC_BOUND_DATA;
	verdict->nassumptions = 0;
	verdict->confidence = BC_CONF_CERTAIN;
}

/* The call is not surely non-blocking: what the descriptor's history makes of that. */
static void weigh_descriptor(const struct question *q, int arg, struct bc_verdict *verdict)
{
	struct bc_value fd = argument_descriptor(q, arg);
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
		lower(verdict, BC_CONF_POSSIBLE);
	}
	if (!blocking)
		return;
	lower(verdict, BC_CONF_LIKELY);
	if (was_ready(q, arg, &fd)) {
		lower(verdict, BC_CONF_POSSIBLE);
		assume(verdict, "it is no longer ready, although it was found so");
	}
	if (fd.n == BC_FDK_PIPE && is_small_write(q))
		lower(verdict, BC_CONF_POSSIBLE);
	if (fd.n == BC_FDK_DATAGRAM && !q->rule->ready_once) {
		/* nobody's answer is waited for: what does not fit is dropped further on */
		lower(verdict, BC_CONF_POSSIBLE);
		assume(verdict, "the send buffer is full");
	}
}

/* What waits at the other end of a stream; 0 when nothing but a file does, as far as is known. */
struct far_end {
	const struct question *q;
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
static struct far_end far_end_of(const struct question *q)
{
	struct bc_value stream = bc_event_argument(q->event, q->rule->stream_arg);
	uint32_t node = bc_call_argument(caller(q), call_node(q), q->rule->stream_arg);
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
static void weigh_stream(const struct question *q, struct bc_verdict *verdict)
{
	struct far_end end = far_end_of(q);

	if (end.kernel && !end.others) {
		verdict->blocks = 0;
	} else if (end.category && !end.files) {
		verdict->category = end.category;
		verdict->bound = BC_BOUND_UNBOUNDED;
		verdict->mild = q->rule->category == BC_CAT_LOGGING; /* it writes */
		lower(verdict, BC_CONF_LIKELY);
	}
}

/* Is the path that of a FIFO which the program makes itself? */
static int opens_fifo(const struct question *q)
{
	struct bc_value path = bc_event_argument(q->event, q->rule->path_arg);
	uint32_t node = bc_call_argument(caller(q), call_node(q), q->rule->path_arg);
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
static void weigh_path(
	const struct question *q, const struct bc_call_view *view, struct bc_verdict *verdict)
{
	const struct bc_pred *when = q->rule->fifo_nonblocking_when;

	if (!opens_fifo(q))
		return;
	if (when && bc_pred_eval(q->sources->models, when, view, NULL) == BC_YES) {
		verdict->blocks = 0;
		return;
	}
	verdict->category = BC_CAT_IPC;
	verdict->bound = BC_BOUND_UNBOUNDED;
	verdict->mild = 1;
	verdict->nassumptions = 0;
	verdict->confidence = BC_CONF_LIKELY;
	assume(verdict, "nobody has the other end of the FIFO open");
}

/* ---- the verdict ---- */

static void apply_timeout(const struct bc_sink_rule *rule, const struct bc_call_view *view,
	struct bc_verdict *verdict)
{
	switch (bc_timeout_eval(&rule->timeout, view, &verdict->ms)) {
	case BC_YES: verdict->blocks = verdict->ms > 0; break;
	case BC_NO: verdict->bound = BC_BOUND_UNBOUNDED; break;
	case BC_UNKNOWN:
		verdict->ms = -1;
		lower(verdict, BC_CONF_LIKELY);
		break;
	}
}

/*
 * A limit that was set on the descriptor or handle. The wait for a lock comes on top of work that
 * has a bound of its own.
 */
static void apply_limit(const struct question *q, struct bc_verdict *verdict)
{
	const struct bc_sink_rule *rule = q->rule;
	uint32_t node = bc_call_argument(caller(q), call_node(q), rule->limit_arg);
	double ms;

	if (node == BC_NONE ||
		!bc_limits_of(q->sources->limits, q->event->func, node, rule->limited_by, &ms))
		return;
	if (verdict->bound == BC_BOUND_UNBOUNDED) {
		verdict->bound = BC_BOUND_TIMEOUT;
		verdict->ms = ms;
	} else if (verdict->bound == BC_BOUND_DATA && rule->limited_by == BC_LIMIT_LOCK) {
		verdict->worst = (struct bc_worst){
			ms, "the limit set for locks, and then as long as the data takes"};
	}
}

/* A short lock becomes a long one when a worker holds it across a call that blocks. */
static void apply_lock(const struct question *q, struct bc_verdict *verdict)
{
	const struct bc_long_lock *lock = bc_locks_waits_for(q->sources->locks, q->event->call);
	const struct bc_program *program = q->modes->program;
	const struct bc_call *c;

	if (!lock)
		return;
	c = &program->calls[lock->call];
	verdict->bound = BC_BOUND_UNBOUNDED;
	lower(verdict, BC_CONF_LIKELY);
	assume(verdict,
		bc_arena_printf(q->sources->arena,
			"%s() holds the lock on another thread while it calls %s() at %s:%u",
			bc_func_name(program, c->func), program->syms[lock->sym].name,
			program->funcs[c->func].file, bc_call_line(program, lock->call)));
	verdict->worst = (struct bc_worst){
		-1, bc_arena_printf(q->sources->arena,
			    "as long as %s() holds the lock, which calls %s() meanwhile",
			    bc_func_name(program, c->func), program->syms[lock->sym].name)};
}

static void set_spin(struct bc_verdict *verdict)
{
	verdict->blocks = 1;
	verdict->spins = BC_SPINS_RETRYING;
	verdict->worst = (struct bc_worst){-1, "as long as the other side does not move"};
	verdict->bound = BC_BOUND_UNBOUNDED;
	verdict->confidence = BC_CONF_LIKELY;
	verdict->nassumptions = 0;
}

/* The call itself would not wait, but it is repeated at once. */
static void apply_spin(const struct question *q, int fd_arg, struct bc_verdict *verdict)
{
	const struct bc_spin *spin = bc_spin_of(q->sources->spins, q->event->call);
	struct bc_value fd = fd_arg ? argument_descriptor(q, fd_arg) : bc_value_top();
	int known = fd.kind == BC_V_FD;

	if (!spin || spin->sink != spin->call || verdict->category != q->rule->category)
		return;
	if (known && (fd.n == BC_FDK_EVENT || fd.n == BC_FDK_FILE))
		return; /* always ready, or without a mode */
	if (verdict->blocks && known && fd.mask == BC_FD_BLOCKING)
		return; /* it waits */
	set_spin(verdict);
	/* what was found ready has something for the first try */
	if (spin->only_failed && fd_arg &&
		((known && fd.pad && q->rule->ready_once) || was_ready(q, fd_arg, &fd)))
		lower(verdict, BC_CONF_POSSIBLE);
}

int bc_verdict_of_spin(const struct bc_verdict_sources *sources, const struct bc_call_event *event,
	struct bc_verdict *verdict, const struct bc_sink_rule **rule)
{
	const struct bc_spin *spin = bc_spin_of(sources->spins, event->call);
	const struct bc_call *sink;

	if (!spin || spin->sink == spin->call)
		return 0;
	sink = &sources->modes->program->calls[spin->sink];
	for (int arg = 1; arg <= 4; arg++) {
		uint32_t node = bc_call_argument(
			&sources->modes->program->funcs[sink->func], sink->node, arg);
		struct bc_value fd = node == BC_NONE
					     ? bc_value_top()
					     : bc_modes_of_expr(sources->modes, sink->func, node);

		if (fd.kind == BC_V_FD && (fd.mask == BC_FD_BLOCKING || fd.n == BC_FDK_FILE))
			return 0; /* then the call itself waits, and says so */
	}
	*rule = spin->rule;
	*verdict = (struct bc_verdict){.category = spin->rule->category, .ms = -1};
	set_spin(verdict);
	/* after a hang-up, which nothing here knows of, a read always finds its end */
	if (spin->rule->ready_once) {
		verdict->confidence = BC_CONF_POSSIBLE;
		assume(verdict, "the other side is still there");
	}
	return 1;
}

struct bc_verdict bc_verdict_of(const struct bc_verdict_sources *sources,
	const struct bc_sink_rule *rule, const struct bc_call_event *event)
{
	struct question q = {sources, sources->modes, rule, event};
	const struct bc_models *models = sources->models;
	struct bc_call_view view = view_of(&q);
	struct bc_verdict verdict = {.category = rule->category,
		.blocks = 1,
		.confidence = BC_CONF_CERTAIN,
		.bound = rule->bound,
		.ms = -1};
	int fd_arg = descriptor_argument(rule->nonblocking_when);

	if (rule->nonblocking_when)
		switch (bc_pred_eval(models, rule->nonblocking_when, &view, NULL)) {
		case BC_YES:
			verdict.blocks = 0;
			apply_spin(&q, fd_arg, &verdict);
			return verdict;
		case BC_NO: break;
		case BC_UNKNOWN:
			weigh_unknown(models, rule->nonblocking_when, &view, &verdict);
			break;
		}
	if (fd_arg)
		weigh_descriptor(&q, fd_arg, &verdict);
	if (rule->stream_arg)
		weigh_stream(&q, &verdict);
	if (rule->path_arg)
		weigh_path(&q, &view, &verdict);
	if (verdict.blocks && rule->limit_arg)
		apply_limit(&q, &verdict);
	if (verdict.blocks && rule->bound == BC_BOUND_TIMEOUT)
		apply_timeout(rule, &view, &verdict);
	if (rule->category == BC_CAT_LOCK && rule->bound == BC_BOUND_SHORT)
		apply_lock(&q, &verdict);
	apply_spin(&q, fd_arg, &verdict);
	return verdict;
}
