#include "link/search/verdict.h"

#include "link/interp/events.h"
#include "link/interp/values.h"
#include "link/search/question.h"
#include "models/confidence.h"

/* ---- how predicates read the call ---- */

static struct bc_value argument_value(void *context, int arg)
{
	return bc_event_argument(((const struct bc_question *)context)->event, arg);
}

/* A null pointer to options means the defaults: no flag is set. */
static struct bc_value pointee_value(void *context, int arg, const char *field)
{
	const struct bc_question *q = context;
	struct bc_value pointer = bc_event_argument(q->event, arg);

	if (pointer.kind == BC_V_INTS && bc_value_truth(&pointer) == BC_NO)
		return bc_value_int(0);
	return bc_event_field(q->modes->program, q->event, arg, field);
}

static enum bc_fd_mode argument_fd(void *context, int arg)
{
	struct bc_value fd = bc_question_descriptor(context, arg);

	if (fd.kind != BC_V_FD || fd.n == BC_FDK_FILE)
		return BC_FD_UNKNOWN;
	return fd.mask == BC_FD_MIXED ? BC_FD_UNKNOWN : (enum bc_fd_mode)fd.mask;
}

static struct bc_call_view view_of(struct bc_question *q)
{
	return (struct bc_call_view){q, argument_value, pointee_value, argument_fd};
}

/* ---- what doubt costs ---- */

void bc_verdict_assume(struct bc_verdict *verdict, const char *text)
{
	for (int i = 0; i < verdict->nassumptions; i++)
		if (verdict->assumptions[i] == text)
			return;
	if (text && verdict->nassumptions < BC_MAX_ASSUMPTIONS)
		verdict->assumptions[verdict->nassumptions++] = text;
}

void bc_verdict_lower(struct bc_verdict *verdict, int confidence)
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
		bc_verdict_lower(verdict, BC_CONF_POSSIBLE);
	else
		bc_verdict_lower(verdict, BC_CONF_LIKELY);
	bc_verdict_assume(verdict, pred->assumed ? pred->assumed : pred->text);
}

/* ---- limits ---- */

static void apply_timeout(const struct bc_sink_rule *rule, const struct bc_call_view *view,
	struct bc_verdict *verdict)
{
	switch (bc_timeout_eval(&rule->timeout, view, &verdict->ms)) {
	case BC_YES: verdict->blocks = verdict->ms > 0; break;
	case BC_NO: verdict->bound = BC_BOUND_UNBOUNDED; break;
	case BC_UNKNOWN:
		verdict->ms = -1;
		bc_verdict_lower(verdict, BC_CONF_LIKELY);
		break;
	}
}

/*
 * A limit that was set on the descriptor or handle. The wait for a lock comes on top of work that
 * has a bound of its own.
 */
static void apply_limit(const struct bc_question *q, struct bc_verdict *verdict)
{
	const struct bc_sink_rule *rule = q->rule;
	uint32_t node = bc_question_node(q, rule->limit_arg);
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
static void apply_lock(const struct bc_question *q, struct bc_verdict *verdict)
{
	const struct bc_long_lock *lock = bc_locks_waits_for(q->sources->locks, q->event->call);
	const struct bc_program *program = q->modes->program;
	const struct bc_call *c;

	if (!lock)
		return;
	c = &program->calls[lock->call];
	verdict->bound = BC_BOUND_UNBOUNDED;
	bc_verdict_lower(verdict, BC_CONF_LIKELY);
	bc_verdict_assume(verdict,
		bc_arena_printf(q->sources->arena,
			"%s() holds the lock on another thread while it calls %s() at %s:%u",
			bc_func_name(program, c->func), program->syms[lock->sym].name,
			program->funcs[c->func].file, bc_call_line(program, lock->call)));
	verdict->worst = (struct bc_worst){
		-1, bc_arena_printf(q->sources->arena,
			    "as long as %s() holds the lock, which calls %s() meanwhile",
			    bc_func_name(program, c->func), program->syms[lock->sym].name)};
}

/* ---- the verdict ---- */

/* By the rule's own conditions, as far as they can be decided. */
static int may_wait(
	const struct bc_question *q, const struct bc_call_view *view, struct bc_verdict *verdict)
{
	const struct bc_models *models = q->sources->models;
	const struct bc_pred *when = q->rule->nonblocking_when;

	if (bc_ready_is_promised(q->modes->program, models, q->rule, q->event))
		return 0;
	if (!when)
		return 1;
	switch (bc_pred_eval(models, when, view, NULL)) {
	case BC_YES: return 0;
	case BC_NO: break;
	case BC_UNKNOWN: weigh_unknown(models, when, view, verdict); break;
	}
	return 1;
}

static void weigh_wait(const struct bc_question *q, const struct bc_call_view *view, int fd_arg,
	struct bc_verdict *verdict)
{
	const struct bc_sink_rule *rule = q->rule;

	if (fd_arg)
		bc_question_weigh_descriptor(q, fd_arg, verdict);
	if (rule->stream_arg)
		bc_question_weigh_stream(q, verdict);
	if (rule->path_arg)
		bc_question_weigh_path(q, view, verdict);
	if (verdict->blocks && rule->limit_arg)
		apply_limit(q, verdict);
	if (verdict->blocks && rule->bound == BC_BOUND_TIMEOUT)
		apply_timeout(rule, view, verdict);
	if (rule->category == BC_CAT_LOCK && rule->bound == BC_BOUND_SHORT)
		apply_lock(q, verdict);
}

struct bc_verdict bc_verdict_of(const struct bc_verdict_sources *sources,
	const struct bc_sink_rule *rule, const struct bc_call_event *event)
{
	struct bc_question q = {sources, sources->modes, rule, event};
	struct bc_call_view view = view_of(&q);
	struct bc_verdict verdict = {.category = rule->category,
		.blocks = 1,
		.confidence = BC_CONF_CERTAIN,
		.bound = rule->bound,
		.ms = -1};
	int fd_arg = bc_pred_fd_argument(rule->nonblocking_when);

	if (may_wait(&q, &view, &verdict))
		weigh_wait(&q, &view, fd_arg, &verdict);
	else
		verdict.blocks = 0;
	bc_question_apply_spin(&q, fd_arg, &verdict);
	return verdict;
}
