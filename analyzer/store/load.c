/*
 * Loading the last run: the mirror of save.c. The file may be damaged or made up, so every word and
 * number is checked before it is used as one of ours.
 */
#include "store/store.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/vec.h"
#include "store/database.h"
#include "store/rows.h"

struct loader {
	struct bc_store *store;
	struct bc_report *report;
	struct bc_arena *arena;
	int64_t run;
};

/* The parts of a finding, one query each for all findings. */
enum part { PART_STEPS, PART_CALLBACKS, PART_ASSUMPTIONS, PART_SITES, PART_ALTERNATIVES, PARTS };

static const char *const part_queries[PARTS] = {
	[PART_STEPS] = "SELECT function, file, line, column, calls, via, targets, witness_place,"
		       " witness_file, witness_line, witness_column"
		       " FROM finding_steps WHERE run = ? AND finding = ? ORDER BY step",
	[PART_CALLBACKS] = "SELECT function FROM finding_callbacks"
			   " WHERE run = ? AND finding = ? ORDER BY position",
	[PART_ASSUMPTIONS] = "SELECT assumption FROM finding_assumptions"
			     " WHERE run = ? AND finding = ? ORDER BY position",
	[PART_SITES] = "SELECT function, file, line, column FROM finding_sites"
		       " WHERE run = ? AND finding = ? ORDER BY position",
	[PART_ALTERNATIVES] = "SELECT use, note, loop FROM finding_alternatives"
			      " WHERE run = ? AND finding = ? ORDER BY position",
};

/* ---- words ---- */

typedef const char *(*name_at)(int value);

static const char *confidence_at(int value)
{
	return bc_confidence_name((enum bc_confidence)value);
}

static const char *via_at(int value)
{
	return bc_via_name((enum bc_via)value);
}

static const char *phase_at(int value)
{
	return bc_phase_name((enum bc_phase)value);
}

static const char *category_at(int value)
{
	return bc_category_name((enum bc_category)value);
}

static const char *bound_at(int value)
{
	return bc_bound_name((enum bc_bound)value);
}

static const char *severity_at(int value)
{
	return bc_severity_name((enum bc_severity)value);
}

static const char *context_at(int value)
{
	return bc_context_name((enum bc_context)value);
}

/* The value from `first` to `last` whose name is the next column. */
static int read_word(struct bc_row *row, int first, int last, name_at name)
{
	const char *text = (const char *)sqlite3_column_text(row->statement, row->column++);

	for (int value = first; text && value <= last; value++)
		if (!strcmp(name(value), text))
			return value;
	bc_row_mark_damaged(row);
	return first;
}

static void read_short_text(struct bc_row *row, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(row->statement, row->column++);

	if (text && strlen(text) < size)
		memcpy(out, text, strlen(text) + 1);
	else
		bc_row_mark_damaged(row);
}

/* ---- rows ---- */

static const char run_query[] =
	"SELECT run, started_ms, command, blockcheck, libclang, root, min_confidence, budget_ms,"
	" units, parsed, cached, degraded, callbacks, functions, calls, indirect_calls,"
	" indirect_resolved, hidden_confidence, hidden_budget, hidden_logging, skipped_cxx,"
	" skipped_asm, skipped_other, parse_ms, link_ms, total_ms, peak_memory"
	" FROM runs ORDER BY run DESC LIMIT 1";

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

static void read_run(struct loader *loader, struct bc_row *row, struct bc_store_run *run)
{
	loader->run = bc_row_int(row);
	run->started_ms = bc_row_int(row);
	run->command = bc_row_text(row, loader->arena);
	run->blockcheck = bc_row_text(row, loader->arena);
	run->libclang = bc_row_text(row, loader->arena);
	loader->report->root = bc_row_text(row, loader->arena);
	run->min_confidence = read_word(row, BC_CONF_POSSIBLE, BC_CONF_CERTAIN, confidence_at);
	run->budget_ms = bc_row_real(row);
	read_summary(row, loader->report);
}

static int load_run(struct loader *loader, struct bc_store_run *run)
{
	struct bc_row row;
	int status = bc_row_prepare(&row, loader->store->db, loader->store->path, run_query);

	if (status == 0)
		status = bc_row_next(&row);
	if (status == 1) {
		read_run(loader, &row, run);
		status = bc_row_done(&row);
	} else if (status == 0) {
		status = bc_fail(BC_EINPUT, "%s: has no run yet; run blockcheck check first",
			loader->store->path);
	}
	bc_row_fini(&row);
	return status;
}

static struct bc_callback_info read_callback(struct loader *loader, struct bc_row *row)
{
	struct bc_callback_info callback = {.function = bc_row_text(row, loader->arena)};

	callback.at = bc_row_loc(row, loader->arena);
	callback.loop = bc_row_text(row, loader->arena);
	callback.registered_by = bc_row_text_or_null(row, loader->arena);
	callback.registered_at = bc_row_loc(row, loader->arena);
	callback.context = read_word(row, 0, BC_CTX_COUNT - 1, context_at);
	return callback;
}

static struct bc_unresolved read_unresolved(struct loader *loader, struct bc_row *row)
{
	struct bc_unresolved call = {.at = bc_row_loc(row, loader->arena)};

	call.in = bc_row_text(row, loader->arena);
	call.place = bc_row_text(row, loader->arena);
	call.reason = bc_row_text(row, loader->arena);
	return call;
}

static struct bc_degraded read_degraded(struct loader *loader, struct bc_row *row)
{
	struct bc_degraded unit = {.file = bc_row_text(row, loader->arena)};

	unit.errors = read_figure(row);
	unit.first = bc_row_text(row, loader->arena);
	return unit;
}

static struct bc_finding read_finding(struct loader *loader, struct bc_row *row)
{
	struct bc_finding f = {.npath = 0};

	read_short_text(row, f.fingerprint, sizeof(f.fingerprint));
	read_short_text(row, f.rule, sizeof(f.rule));
	f.category = read_word(row, BC_CAT_SLEEP, BC_CAT_COUNT - 1, category_at);
	f.severity = read_word(row, BC_SEV_NOTE, BC_SEV_ERROR, severity_at);
	f.confidence = read_word(row, BC_CONF_POSSIBLE, BC_CONF_CERTAIN, confidence_at);
	f.bound = read_word(row, BC_BOUND_UNBOUNDED, BC_BOUND_SHORT, bound_at);
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
	f.phase = read_word(row, BC_PHASE_NORMAL, BC_PHASE_SHUTDOWN, phase_at);
	f.phase_why = bc_row_text_or_null(row, loader->arena);
	return f;
}

static struct bc_step read_step(struct loader *loader, struct bc_row *row)
{
	struct bc_step step = {.function = bc_row_text(row, loader->arena)};

	step.at = bc_row_loc(row, loader->arena);
	step.calls = bc_row_text(row, loader->arena);
	step.via = read_word(row, BC_VIA_DIRECT, BC_VIA_CLEANUP, via_at);
	step.targets = bc_row_count(row, UINT32_MAX);
	step.witness_place = bc_row_text(row, loader->arena);
	step.witness = bc_row_loc(row, loader->arena);
	return step;
}

static struct bc_alternative read_alternative(struct loader *loader, struct bc_row *row)
{
	struct bc_alternative other = {.use = bc_row_text(row, loader->arena)};

	other.note = bc_row_text(row, loader->arena);
	other.loop = bc_row_text(row, loader->arena);
	return other;
}

static struct bc_site read_site(struct loader *loader, struct bc_row *row)
{
	struct bc_site site = {.function = bc_row_text(row, loader->arena)};

	site.at = bc_row_loc(row, loader->arena);
	return site;
}

static const char *read_text(struct loader *loader, struct bc_row *row)
{
	return bc_row_text(row, loader->arena);
}

/* ---- tables ---- */

/*
 * Reads all rows of a bound statement with `read` into `out` and `nout`, memory of the report.
 * A macro, since the arrays differ in their type only. `status` is 0 or an error.
 */
#define READ_ROWS(loader, row, type, read, out, nout, status) \
	do { \
		BC_VEC(type) list_ = {0}; \
		while (((status) = bc_row_next(row)) == 1) { \
			bc_vec_push(&list_, read((loader), (row))); \
			if (((status) = bc_row_done(row)) != 0) \
				break; \
		} \
		(out) = BC_NEW_ARRAY((loader)->arena, type, list_.count); \
		if (list_.count) \
			memcpy((void *)(out), list_.items, list_.count * sizeof(type)); \
		(nout) = (int)list_.count; \
		bc_vec_fini(&list_); \
	} while (0)

static int query_run(struct loader *loader, struct bc_row *row, const char *sql)
{
	int status = bc_row_prepare(row, loader->store->db, loader->store->path, sql);

	if (status == 0)
		bc_row_put_int(row, loader->run);
	return status;
}

static int load_callbacks(struct loader *loader)
{
	struct bc_report *report = loader->report;
	struct bc_row row;
	int status = query_run(loader, &row,
		"SELECT function, file, line, column, loop, registered_by, registered_file,"
		" registered_line, registered_column, context"
		" FROM callbacks WHERE run = ? ORDER BY position");

	if (status == 0)
		READ_ROWS(loader, &row, struct bc_callback_info, read_callback, report->callbacks,
			report->ncallbacks, status);
	bc_row_fini(&row);
	return status;
}

static int load_unresolved(struct loader *loader)
{
	struct bc_report *report = loader->report;
	struct bc_row row;
	int status = query_run(loader, &row,
		"SELECT file, line, column, function, place, reason"
		" FROM unresolved WHERE run = ? ORDER BY position");

	if (status == 0)
		READ_ROWS(loader, &row, struct bc_unresolved, read_unresolved, report->unresolved,
			report->nunresolved, status);
	bc_row_fini(&row);
	return status;
}

static struct bc_unseen read_unseen(struct loader *loader, struct bc_row *row)
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

/* Of all measured runs; it is joined anew with every check. */
static int load_unseen(struct loader *loader)
{
	struct bc_report *report = loader->report;
	struct bc_row row;
	int status = bc_row_prepare(&row, loader->store->db, loader->store->path,
		"SELECT kind = 'callback', caller, caller_file, caller_line, callee, callee_file,"
		" callee_line, count FROM unseen ORDER BY position");

	if (status == 0)
		READ_ROWS(loader, &row, struct bc_unseen, read_unseen, report->unseen,
			report->nunseen, status);
	bc_row_fini(&row);
	return status;
}

static int load_degraded(struct loader *loader)
{
	struct bc_report *report = loader->report;
	struct bc_row row;
	int status = query_run(loader, &row,
		"SELECT file, errors, first FROM degraded WHERE run = ? ORDER BY position");

	if (status == 0)
		READ_ROWS(loader, &row, struct bc_degraded, read_degraded, report->degraded,
			report->ndegraded, status);
	bc_row_fini(&row);
	return status;
}

/* ---- findings ---- */

static int read_part(
	struct loader *loader, struct bc_row *row, enum part part, struct bc_finding *finding)
{
	int status = 0;

	switch (part) {
	case PART_STEPS:
		READ_ROWS(loader, row, struct bc_step, read_step, finding->path, finding->npath,
			status);
		break;
	case PART_CALLBACKS:
		READ_ROWS(loader, row, const char *, read_text, finding->callbacks,
			finding->ncallbacks, status);
		break;
	case PART_ASSUMPTIONS:
		READ_ROWS(loader, row, const char *, read_text, finding->assumptions,
			finding->nassumptions, status);
		break;
	case PART_SITES:
		READ_ROWS(loader, row, struct bc_site, read_site, finding->also, finding->nalso,
			status);
		break;
	case PART_ALTERNATIVES:
		READ_ROWS(loader, row, struct bc_alternative, read_alternative,
			finding->alternatives, finding->nalternatives, status);
		break;
	case PARTS: break;
	}
	return status;
}

static int load_part(struct loader *loader, enum part part)
{
	struct bc_row row;
	int status =
		bc_row_prepare(&row, loader->store->db, loader->store->path, part_queries[part]);

	for (int i = 0; status == 0 && i < loader->report->nfindings; i++) {
		bc_row_reset(&row);
		bc_row_put_int(&row, loader->run);
		bc_row_put_int(&row, i);
		status = read_part(loader, &row, part, &loader->report->findings[i]);
	}
	bc_row_fini(&row);
	return status;
}

static int load_findings(struct loader *loader)
{
	struct bc_report *report = loader->report;
	struct bc_row row;
	int status = query_run(loader, &row,
		"SELECT fingerprint, rule, category, severity, confidence, bound, bound_ms,"
		" message, because, sink_function, sink_in, sink_file, sink_line, sink_column,"
		" callback_function, callback_file, callback_line, callback_column, loop,"
		" registered_by, registered_file, registered_line, registered_column, family,"
		" family_size, observed_runs, observed_count, observed_max_ms, observed_p99_ms,"
		" suppressed, baseline, worst_ms, worst_why, phase, phase_why FROM findings WHERE "
		"run = ? ORDER BY finding");

	if (status == 0)
		READ_ROWS(loader, &row, struct bc_finding, read_finding, report->findings,
			report->nfindings, status);
	bc_row_fini(&row);
	for (int part = 0; status == 0 && part < PARTS; part++)
		status = load_part(loader, (enum part)part);
	return status;
}

static int load_all(struct loader *loader, struct bc_store_run *run)
{
	int status = load_run(loader, run);

	if (status == 0)
		status = load_callbacks(loader);
	if (status == 0)
		status = load_findings(loader);
	if (status == 0)
		status = load_unresolved(loader);
	if (status == 0)
		status = load_degraded(loader);
	return status ? status : load_unseen(loader);
}

int bc_store_has_run(struct bc_store *store)
{
	struct bc_row row;
	int status = bc_row_prepare(&row, store->db, store->path, "SELECT run FROM runs LIMIT 1");

	if (status == 0)
		status = bc_row_next(&row);
	bc_row_fini(&row);
	return status;
}

int bc_store_load_last(struct bc_store *store, struct bc_report *report, struct bc_store_run *run)
{
	struct loader loader = {.store = store, .report = report, .arena = &report->arena};
	struct bc_store_run ignored;
	int status;

	*report = (struct bc_report){.root = ""};
	/* one snapshot: another process may save a run while we read */
	status = bc_store_begin(store, BC_STORE_READ);
	if (status < 0)
		return status;
	status = bc_store_end(store, load_all(&loader, run ? run : &ignored));
	if (status < 0) {
		bc_arena_fini(&report->arena);
		*report = (struct bc_report){.root = ""};
	}
	return status;
}
