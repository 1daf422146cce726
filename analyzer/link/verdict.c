#include "link/verdict.h"

#include "models/confidence.h"
#include "link/values.h"

static struct bc_value argument_value(void *context, int arg)
{
	const struct bc_call_event *event = context;

	return arg >= 1 && arg <= event->nargs ? event->args[arg - 1] : bc_value_top();
}

/* A null pointer to options means the defaults: no flag is set. */
static struct bc_value pointee_value(void *context, int arg, const char *field)
{
	const struct bc_call_event *event = context;
	struct bc_value pointer = argument_value(context, arg);

	if (pointer.kind == BC_V_INTS && bc_value_truth(&pointer) == BC_NO)
		return bc_value_int(0);
	return bc_interp_pointee(event->env, &pointer, field);
}

/* Modes of descriptors are not inferred yet: every one is unknown. */
static enum bc_fd_mode argument_fd(void *context, int arg)
{
	(void)context, (void)arg;
	return BC_FD_UNKNOWN;
}

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
	lower(verdict, pred->kind == BC_P_FD ? BC_CONF_POSSIBLE : BC_CONF_LIKELY);
	assume(verdict, pred->assumed ? pred->assumed : pred->text);
}

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

struct bc_verdict bc_verdict_of(const struct bc_models *models, const struct bc_sink_rule *rule,
	const struct bc_call_event *event)
{
	struct bc_call_view view = {(void *)event, argument_value, pointee_value, argument_fd};
	struct bc_verdict verdict = {
		.blocks = 1, .confidence = BC_CONF_CERTAIN, .bound = rule->bound, .ms = -1};

	if (rule->nonblocking_when)
		switch (bc_pred_eval(models, rule->nonblocking_when, &view, NULL)) {
		case BC_YES: verdict.blocks = 0; return verdict;
		case BC_NO: break;
		case BC_UNKNOWN:
			weigh_unknown(models, rule->nonblocking_when, &view, &verdict);
			break;
		}
	if (rule->bound == BC_BOUND_TIMEOUT)
		apply_timeout(rule, &view, &verdict);
	return verdict;
}
