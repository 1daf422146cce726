/* Two reports have the same in them. */
#ifndef BC_TEST_REPORT_EQUAL_H
#define BC_TEST_REPORT_EQUAL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "findings/finding.h"

static inline void assert_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a)
		assert_string_equal(a, b);
}

static inline void assert_loc(struct bc_place_loc a, struct bc_place_loc b)
{
	assert_text(a.file, b.file);
	assert_int_equal(a.line, b.line);
	assert_int_equal(a.column, b.column);
}

static inline void assert_texts(const char **a, int na, const char **b, int nb)
{
	assert_int_equal(na, nb);
	for (int i = 0; i < na; i++)
		assert_text(a[i], b[i]);
}

static inline void assert_path(const struct bc_finding *a, const struct bc_finding *b)
{
	assert_int_equal(a->npath, b->npath);
	for (int i = 0; i < a->npath; i++) {
		const struct bc_step *p = &a->path[i], *q = &b->path[i];

		assert_text(p->function, q->function);
		assert_loc(p->at, q->at);
		assert_text(p->calls, q->calls);
		assert_int_equal(p->via, q->via);
		assert_int_equal(p->targets, q->targets);
		assert_text(p->witness_place, q->witness_place);
		assert_loc(p->witness, q->witness);
	}
}

static inline void assert_alternatives(const struct bc_finding *a, const struct bc_finding *b)
{
	assert_int_equal(a->nalternatives, b->nalternatives);
	for (int i = 0; i < a->nalternatives; i++) {
		assert_text(a->alternatives[i].use, b->alternatives[i].use);
		assert_text(a->alternatives[i].note, b->alternatives[i].note);
		assert_text(a->alternatives[i].loop, b->alternatives[i].loop);
	}
}

static inline void assert_finding(const struct bc_finding *a, const struct bc_finding *b)
{
	assert_string_equal(a->fingerprint, b->fingerprint);
	assert_string_equal(a->rule, b->rule);
	assert_int_equal(a->category, b->category);
	assert_int_equal(a->severity, b->severity);
	assert_int_equal(a->confidence, b->confidence);
	assert_int_equal(a->bound, b->bound);
	assert_true(a->bound_ms == b->bound_ms);
	assert_text(a->message, b->message);
	assert_text(a->because, b->because);
	assert_text(a->sink.function, b->sink.function);
	assert_text(a->sink.in, b->sink.in);
	assert_loc(a->sink.at, b->sink.at);
	assert_text(a->callback.function, b->callback.function);
	assert_loc(a->callback.at, b->callback.at);
	assert_text(a->callback.loop, b->callback.loop);
	assert_text(a->callback.registered_by, b->callback.registered_by);
	assert_loc(a->callback.registered_at, b->callback.registered_at);
	assert_path(a, b);
	assert_texts(a->callbacks, a->ncallbacks, b->callbacks, b->ncallbacks);
	assert_texts(a->assumptions, a->nassumptions, b->assumptions, b->nassumptions);
	assert_alternatives(a, b);
	assert_text(a->family, b->family);
	assert_int_equal(a->family_size, b->family_size);
	assert_int_equal(a->observed.runs, b->observed.runs);
	assert_int_equal(a->observed.count, b->observed.count);
	assert_true(a->observed.max_ms == b->observed.max_ms);
	assert_true(a->observed.p99_ms == b->observed.p99_ms);
	assert_text(a->suppressed, b->suppressed);
	assert_text(a->baseline, b->baseline);
	assert_true(a->worst.ms == b->worst.ms);
	assert_text(a->worst.why, b->worst.why);
	assert_int_equal(a->phase, b->phase);
	assert_text(a->phase_why, b->phase_why);
}

static inline void assert_others(const struct bc_report *a, const struct bc_report *b)
{
	assert_int_equal(a->ncallbacks, b->ncallbacks);
	for (int i = 0; i < a->ncallbacks; i++) {
		assert_text(a->callbacks[i].function, b->callbacks[i].function);
		assert_loc(a->callbacks[i].at, b->callbacks[i].at);
		assert_text(a->callbacks[i].loop, b->callbacks[i].loop);
		assert_text(a->callbacks[i].registered_by, b->callbacks[i].registered_by);
		assert_loc(a->callbacks[i].registered_at, b->callbacks[i].registered_at);
		assert_int_equal(a->callbacks[i].context, b->callbacks[i].context);
	}
	assert_int_equal(a->nunresolved, b->nunresolved);
	for (int i = 0; i < a->nunresolved; i++) {
		assert_loc(a->unresolved[i].at, b->unresolved[i].at);
		assert_text(a->unresolved[i].in, b->unresolved[i].in);
		assert_text(a->unresolved[i].place, b->unresolved[i].place);
		assert_text(a->unresolved[i].reason, b->unresolved[i].reason);
	}
	assert_int_equal(a->ndegraded, b->ndegraded);
	for (int i = 0; i < a->ndegraded; i++) {
		assert_text(a->degraded[i].file, b->degraded[i].file);
		assert_int_equal(a->degraded[i].errors, b->degraded[i].errors);
		assert_text(a->degraded[i].first, b->degraded[i].first);
	}
}

static inline void assert_report(const struct bc_report *a, const struct bc_report *b)
{
	assert_text(a->root, b->root);
	assert_int_equal(a->nfindings, b->nfindings);
	for (int i = 0; i < a->nfindings; i++)
		assert_finding(&a->findings[i], &b->findings[i]);
	assert_others(a, b);
	assert_memory_equal(&a->summary, &b->summary, sizeof(a->summary));
}

#endif
