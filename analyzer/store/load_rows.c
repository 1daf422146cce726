/* Rows of the last run as what they stand for: one function per table. */
#include "store/load_rows.h"

#include <limits.h>
#include <string.h>

BC_ROW_WORDS(confidence_at, enum bc_confidence, bc_confidence_name)
BC_ROW_WORDS(via_at, enum bc_via, bc_via_name)
BC_ROW_WORDS(phase_at, enum bc_phase, bc_phase_name)
BC_ROW_WORDS(category_at, enum bc_category, bc_category_name)
BC_ROW_WORDS(bound_at, enum bc_bound, bc_bound_name)
BC_ROW_WORDS(severity_at, enum bc_severity, bc_severity_name)
BC_ROW_WORDS(context_at, enum bc_context, bc_context_name)

static void read_short_text(struct bc_row *row, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(row->statement, row->column++);

	if (text && strlen(text) < size)
		memcpy(out, text, strlen(text) + 1);
	else
		bc_row_mark_damaged(row);
}

static int read_figure(struct bc_row *row)
{
	return (int)bc_row_count(row, INT_MAX);
}

static void read_summary(struct bc_row *row, struct bc_report *report)
{
	report->summary.units = read_figure(row);
	report->summary.parsed = read_figure(row);
	report->summary.cached = read_figure(row);
	report->summary.degraded = read_figure(row);
	report->summary.callbacks = read_figure(row);
	report->summary.functions = read_figure(row);
	report->summary.calls = read_figure(row);
	report->summary.indirect_calls = read_figure(row);
	report->summary.indirect_resolved = read_figure(row);
	report->summary.hidden_confidence = read_figure(row);
	report->summary.hidden_budget = read_figure(row);
	report->summary.hidden_logging = read_figure(row);
	report->summary.skipped_cxx = read_figure(row);
	report->summary.skipped_asm = read_figure(row);
	report->summary.skipped_other = read_figure(row);
	report->summary.parse_ms = bc_row_real(row);
	report->summary.link_ms = bc_row_real(row);
	report->summary.total_ms = bc_row_real(row);
	report->summary.peak_memory = (size_t)bc_row_int(row);
}

void bc_load_run(struct bc_loader *loader, struct bc_row *row, struct bc_store_run *run)
{
	loader->run = bc_row_int(row);
	run->started_ms = bc_row_int(row);
	run->command = bc_row_text(row, loader->arena);
	run->blockcheck = bc_row_text(row, loader->arena);
	run->libclang = bc_row_text(row, loader->arena);
	loader->report->root = bc_row_text(row, loader->arena);
	run->min_confidence = bc_row_word(row, BC_CONF_POSSIBLE, BC_CONF_CERTAIN, confidence_at);
	run->budget_ms = bc_row_real(row);
	read_summary(row, loader->report);
}

struct bc_callback_info bc_load_callback(struct bc_loader *loader, struct bc_row *row)
{
	struct bc_callback_info callback = {.function = bc_row_text(row, loader->arena)};

	callback.at = bc_row_loc(row, loader->arena);
	callback.loop = bc_row_text(row, loader->arena);
	callback.registered_by = bc_row_text_or_null(row, loader->arena);
	callback.registered_at = bc_row_loc(row, loader->arena);
	callback.context = bc_row_word(row, 0, BC_CTX_COUNT - 1, context_at);
	return callback;
}

struct bc_unresolved bc_load_unresolved(struct bc_loader *loader, struct bc_row *row)
{
	struct bc_unresolved call = {.at = bc_row_loc(row, loader->arena)};

	call.in = bc_row_text(row, loader->arena);
	call.place = bc_row_text(row, loader->arena);
	call.reason = bc_row_text(row, loader->arena);
	return call;
}

struct bc_degraded bc_load_degraded(struct bc_loader *loader, struct bc_row *row)
{
	struct bc_degraded unit = {.file = bc_row_text(row, loader->arena)};

	unit.errors = read_figure(row);
	unit.first = bc_row_text(row, loader->arena);
	return unit;
}

struct bc_unseen bc_load_unseen(struct bc_loader *loader, struct bc_row *row)
{
	struct bc_unseen one = {.is_callback = bc_row_int(row) != 0};

	one.caller = bc_row_text(row, loader->arena);
	one.caller_at.file = bc_row_text(row, loader->arena);
	one.caller_at.line = bc_row_count(row, UINT32_MAX);
	one.callee = bc_row_text(row, loader->arena);
	one.callee_at.file = bc_row_text(row, loader->arena);
	one.callee_at.line = bc_row_count(row, UINT32_MAX);
	one.count = bc_row_int(row);
	return one;
}

/* ---- findings and their parts ---- */

struct bc_finding bc_load_finding(struct bc_loader *loader, struct bc_row *row)
{
	struct bc_finding f = {.npath = 0};

	read_short_text(row, f.fingerprint, sizeof(f.fingerprint));
	read_short_text(row, f.rule, sizeof(f.rule));
	f.category = bc_row_word(row, BC_CAT_SLEEP, BC_CAT_COUNT - 1, category_at);
	f.severity = bc_row_word(row, BC_SEV_NOTE, BC_SEV_ERROR, severity_at);
	f.confidence = bc_row_word(row, BC_CONF_POSSIBLE, BC_CONF_CERTAIN, confidence_at);
	f.bound = bc_row_word(row, BC_BOUND_UNBOUNDED, BC_BOUND_SHORT, bound_at);
	f.bound_ms = bc_row_real(row);
	f.message = bc_row_text(row, loader->arena);
	f.because = bc_row_text(row, loader->arena);
	f.sink.function = bc_row_text(row, loader->arena);
	f.sink.in = bc_row_text(row, loader->arena);
	f.sink.at = bc_row_loc(row, loader->arena);
	f.callback.function = bc_row_text(row, loader->arena);
	f.callback.at = bc_row_loc(row, loader->arena);
	f.callback.loop = bc_row_text(row, loader->arena);
	f.callback.registered_by = bc_row_text_or_null(row, loader->arena);
	f.callback.registered_at = bc_row_loc(row, loader->arena);
	f.family = bc_row_text_or_null(row, loader->arena);
	f.family_size = bc_row_count(row, UINT32_MAX);
	f.observed.runs = read_figure(row);
	f.observed.count = bc_row_int(row);
	f.observed.max_ms = bc_row_real(row);
	f.observed.p99_ms = bc_row_real(row);
	f.suppressed = bc_row_text_or_null(row, loader->arena);
	f.baseline = bc_row_text(row, loader->arena);
	f.worst.ms = bc_row_real(row);
	f.worst.why = bc_row_text_or_null(row, loader->arena);
	f.phase = bc_row_word(row, BC_PHASE_NORMAL, BC_PHASE_SHUTDOWN, phase_at);
	f.phase_why = bc_row_text_or_null(row, loader->arena);
	return f;
}

struct bc_step bc_load_step(struct bc_loader *loader, struct bc_row *row)
{
	struct bc_step step = {.function = bc_row_text(row, loader->arena)};

	step.at = bc_row_loc(row, loader->arena);
	step.calls = bc_row_text(row, loader->arena);
	step.via = bc_row_word(row, BC_VIA_DIRECT, BC_VIA_CLEANUP, via_at);
	step.targets = bc_row_count(row, UINT32_MAX);
	step.witness_place = bc_row_text(row, loader->arena);
	step.witness = bc_row_loc(row, loader->arena);
	return step;
}

struct bc_alternative bc_load_alternative(struct bc_loader *loader, struct bc_row *row)
{
	struct bc_alternative other = {.use = bc_row_text(row, loader->arena)};

	other.note = bc_row_text(row, loader->arena);
	other.loop = bc_row_text(row, loader->arena);
	return other;
}

struct bc_site bc_load_site(struct bc_loader *loader, struct bc_row *row)
{
	struct bc_site site = {.function = bc_row_text(row, loader->arena)};

	site.at = bc_row_loc(row, loader->arena);
	return site;
}

const char *bc_load_text(struct bc_loader *loader, struct bc_row *row)
{
	return bc_row_text(row, loader->arena);
}
