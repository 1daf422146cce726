/* Verdicts: calls that fail rather than wait, and are made again and again for that. */
#include "link/search/question.h"

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
void bc_question_apply_spin(const struct bc_question *q, int fd_arg, struct bc_verdict *verdict)
{
	const struct bc_spin *spin = bc_spin_of(q->sources->spins, q->event->call);
	struct bc_value fd = fd_arg ? bc_question_descriptor(q, fd_arg) : bc_value_top();
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
		((known && fd.pad && q->rule->ready_once) || bc_question_was_ready(q, fd_arg, &fd)))
		bc_verdict_lower(verdict, BC_CONF_POSSIBLE);
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
		bc_verdict_assume(verdict, "the other side is still there");
	}
	return 1;
}
