/* Findings in a pack's tests against what the pack expects of them. */
#include <stdio.h>

#include "rules_testing.h"

/* ---- does a finding meet an expectation? ---- */

static const struct bc_sink_rule *find_rule(const struct bc_models *models, const char *id)
{
	for (int i = 0; i < models->nsinks; i++)
		if (!strcmp(models->sinks[i].id, id))
			return &models->sinks[i];
	return NULL;
}

static int is_rule_of(const struct bc_models *models, const struct bc_finding *f, const char *id)
{
	const struct bc_sink_rule *rule = find_rule(models, id);

	for (int i = 0; rule && i < rule->nfunctions; i++)
		if (!strcmp(rule->functions[i], f->sink.function))
			return 1;
	return 0;
}

static int comes_via(const struct bc_finding *f, const char *callback)
{
	for (int i = 0; i < f->ncallbacks; i++)
		if (!strcmp(f->callbacks[i], callback))
			return 1;
	return !*callback;
}

static int ends_within(const struct bc_finding *f, double ms)
{
	return ms < 0 || (f->bound == BC_BOUND_TIMEOUT && f->bound_ms == ms);
}

static int meets(const struct bc_models *models, const struct bc_finding *f,
	const struct bc_rule_expectation *wanted)
{
	return is_rule_of(models, f, wanted->rule) && comes_via(f, wanted->via) &&
	       ends_within(f, wanted->within_ms);
}

/* ---- one test ---- */

static int lies_in_test(const struct bc_finding *f, int test)
{
	char file[32];

	snprintf(file, sizeof(file), "test%d.c", test);
	return !strcmp(f->sink.at.file, file);
}

/* How many lines stand before the code. */
static int count_includes(const struct bc_models *models, const struct bc_rule_test *test)
{
	return 1 + bc_rules_count_headers(bc_models_pack_of(models, &test->origin));
}

static void begin_fault(struct bc_rules_testing *t, const struct bc_rule_test *test, int *faults)
{
	if (!(*faults)++)
		bc_buf_printf(&t->out, "FAILED %s:%d: %s\n", test->origin.path, test->origin.line,
			test->rule);
}

static void judge(struct bc_rules_testing *t, int i, const struct bc_report *report)
{
	const struct bc_rule_test *test = &t->models.tests[i];
	int faults = 0;

	for (int e = 0; e < test->nexpect; e++) {
		const struct bc_rule_expectation *wanted = &test->expect[e];
		int met = 0;

		for (int k = 0; k < report->nfindings; k++)
			met |= lies_in_test(&report->findings[k], i) &&
			       meets(&t->models, &report->findings[k], wanted);
		if (met)
			continue;
		begin_fault(t, test, &faults);
		bc_buf_printf(&t->out, "  %s was not reported%s%s%s\n", wanted->rule,
			*wanted->via ? " via " : "", wanted->via,
			find_rule(&t->models, wanted->rule) ? "" : ": there is no such rule");
	}
	for (int k = 0; k < report->nfindings; k++) {
		const struct bc_finding *f = &report->findings[k];
		int expected = 0;

		for (int e = 0; e < test->nexpect; e++)
			expected |= meets(&t->models, f, &test->expect[e]);
		if (expected || !lies_in_test(f, i))
			continue;
		begin_fault(t, test, &faults);
		bc_buf_printf(&t->out, "  not expected: line %d, %s() via %s\n",
			(int)f->sink.at.line - count_includes(&t->models, test), f->sink.function,
			f->callback.function);
	}
	t->failed += faults != 0;
	t->passed += faults == 0;
}

/* ---- one pack ---- */

static const struct bc_degraded *find_degraded(const struct bc_report *report, int test)
{
	char file[32];

	snprintf(file, sizeof(file), "test%d.c", test);
	for (int i = 0; i < report->ndegraded; i++)
		if (!strcmp(report->degraded[i].file, file))
			return &report->degraded[i];
	return NULL;
}

void bc_rules_judge_pack(
	struct bc_rules_testing *t, const struct bc_pack *pack, const struct bc_report *report)
{
	for (int i = 0; i < t->models.ntests; i++) {
		const struct bc_rule_test *test = &t->models.tests[i];
		const struct bc_degraded *broken;

		if (!bc_rules_is_of(test, pack))
			continue;
		broken = find_degraded(report, i);
		if (!broken) {
			judge(t, i, report);
			continue;
		}
		bc_buf_printf(&t->out, "FAILED %s:%d: %s\n  not C: %s\n", test->origin.path,
			test->origin.line, test->rule, broken->first);
		t->failed++;
	}
}
