#include "findings/grade.h"

/* A stall that every user notices, whatever the budget. */
static const double LONG_MS = 1000;

static enum bc_severity grade_unbounded(enum bc_category category)
{
	switch (category) {
	case BC_CAT_SLEEP:
	case BC_CAT_DNS:
	case BC_CAT_NETWORK:
	case BC_CAT_PROCESS:
	case BC_CAT_LOCK:
	case BC_CAT_IPC:
	case BC_CAT_NESTED_LOOP:
	case BC_CAT_DEVICE: return BC_SEV_ERROR;
	case BC_CAT_DISK:
	case BC_CAT_CPU: return BC_SEV_WARNING;
	case BC_CAT_LOGGING:
	case BC_CAT_COUNT: return BC_SEV_NOTE;
	}
	return BC_SEV_NOTE;
}

static enum bc_severity grade(const struct bc_sink_rule *rule, const struct bc_verdict *verdict)
{
	if (rule->severity >= 0 && verdict->category == rule->category)
		return (enum bc_severity)rule->severity;
	switch (verdict->bound) {
	case BC_BOUND_UNBOUNDED: return grade_unbounded(verdict->category);
	case BC_BOUND_TIMEOUT:
		if (verdict->category == BC_CAT_SLEEP && verdict->ms < 0)
			return BC_SEV_ERROR;
		return verdict->ms >= LONG_MS ? BC_SEV_ERROR : BC_SEV_WARNING;
	case BC_BOUND_DATA: return verdict->category == BC_CAT_CPU ? BC_SEV_WARNING : BC_SEV_NOTE;
	case BC_BOUND_SHORT: return BC_SEV_NOTE;
	}
	return BC_SEV_NOTE;
}

enum bc_severity bc_grade(const struct bc_sink_rule *rule, const struct bc_verdict *verdict)
{
	enum bc_severity severity = grade(rule, verdict);

	return verdict->mild && severity == BC_SEV_ERROR ? BC_SEV_WARNING : severity;
}

int bc_within_budget(const struct bc_verdict *verdict, double budget_ms)
{
	if (verdict->bound == BC_BOUND_SHORT)
		return BC_SHORT_MS < budget_ms;
	return verdict->bound == BC_BOUND_TIMEOUT && verdict->ms >= 0 && verdict->ms < budget_ms;
}
