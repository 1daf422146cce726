/*
 * Loading the last run: the mirror of save.c. The file may be damaged or made up, so every word and
 * number is checked before it is used as one of ours.
 */
#include "store/store.h"

#include <string.h>

#include "base/error.h"
#include "base/vec.h"
#include "store/load_rows.h"

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

/* ---- the run ---- */

static const char run_query[] =
	"SELECT run, started_ms, command, blockcheck, libclang, root, min_confidence, budget_ms,"
	" units, parsed, cached, degraded, callbacks, functions, calls, indirect_calls,"
	" indirect_resolved, hidden_confidence, hidden_budget, hidden_logging, skipped_cxx,"
	" skipped_asm, skipped_other, parse_ms, link_ms, total_ms, peak_memory"
	" FROM runs ORDER BY run DESC LIMIT 1";

static int load_run(struct bc_loader *loader, struct bc_store_run *run)
{
	struct bc_row row;
	int status = bc_row_prepare(&row, loader->store->db, loader->store->path, run_query);

	if (status == 0)
		status = bc_row_next(&row);
	if (status == 1) {
		bc_load_run(loader, &row, run);
		status = bc_row_done(&row);
	} else if (status == 0) {
		status = bc_fail(BC_EINPUT, "%s: has no run yet; run blockcheck check first",
			loader->store->path);
	}
	bc_row_fini(&row);
	return status;
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

static int query_run(struct bc_loader *loader, struct bc_row *row, const char *sql)
{
	int status = bc_row_prepare(row, loader->store->db, loader->store->path, sql);

	if (status == 0)
		bc_row_put_int(row, loader->run);
	return status;
}

static int load_callbacks(struct bc_loader *loader)
{
	struct bc_report *report = loader->report;
	struct bc_row row;
	int status = query_run(loader, &row,
		"SELECT function, file, line, column, loop, registered_by, registered_file,"
		" registered_line, registered_column, context"
		" FROM callbacks WHERE run = ? ORDER BY position");

	if (status == 0)
		READ_ROWS(loader, &row, struct bc_callback_info, bc_load_callback,
			report->callbacks, report->ncallbacks, status);
	bc_row_fini(&row);
	return status;
}

static int load_unresolved(struct bc_loader *loader)
{
	struct bc_report *report = loader->report;
	struct bc_row row;
	int status = query_run(loader, &row,
		"SELECT file, line, column, function, place, reason"
		" FROM unresolved WHERE run = ? ORDER BY position");

	if (status == 0)
		READ_ROWS(loader, &row, struct bc_unresolved, bc_load_unresolved,
			report->unresolved, report->nunresolved, status);
	bc_row_fini(&row);
	return status;
}

/* Of all measured runs; it is joined anew with every check. */
static int load_unseen(struct bc_loader *loader)
{
	struct bc_report *report = loader->report;
	struct bc_row row;
	int status = bc_row_prepare(&row, loader->store->db, loader->store->path,
		"SELECT kind = 'callback', caller, caller_file, caller_line, callee, callee_file,"
		" callee_line, count FROM unseen ORDER BY position");

	if (status == 0)
		READ_ROWS(loader, &row, struct bc_unseen, bc_load_unseen, report->unseen,
			report->nunseen, status);
	bc_row_fini(&row);
	return status;
}

static int load_degraded(struct bc_loader *loader)
{
	struct bc_report *report = loader->report;
	struct bc_row row;
	int status = query_run(loader, &row,
		"SELECT file, errors, first FROM degraded WHERE run = ? ORDER BY position");

	if (status == 0)
		READ_ROWS(loader, &row, struct bc_degraded, bc_load_degraded, report->degraded,
			report->ndegraded, status);
	bc_row_fini(&row);
	return status;
}

/* ---- findings ---- */

static int read_part(
	struct bc_loader *loader, struct bc_row *row, enum part part, struct bc_finding *finding)
{
	int status = 0;

	switch (part) {
	case PART_STEPS:
		READ_ROWS(loader, row, struct bc_step, bc_load_step, finding->path, finding->npath,
			status);
		break;
	case PART_CALLBACKS:
		READ_ROWS(loader, row, const char *, bc_load_text, finding->callbacks,
			finding->ncallbacks, status);
		break;
	case PART_ASSUMPTIONS:
		READ_ROWS(loader, row, const char *, bc_load_text, finding->assumptions,
			finding->nassumptions, status);
		break;
	case PART_SITES:
		READ_ROWS(loader, row, struct bc_site, bc_load_site, finding->also, finding->nalso,
			status);
		break;
	case PART_ALTERNATIVES:
		READ_ROWS(loader, row, struct bc_alternative, bc_load_alternative,
			finding->alternatives, finding->nalternatives, status);
		break;
	case PARTS: break;
	}
	return status;
}

static int load_part(struct bc_loader *loader, enum part part)
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

static int load_findings(struct bc_loader *loader)
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
		READ_ROWS(loader, &row, struct bc_finding, bc_load_finding, report->findings,
			report->nfindings, status);
	bc_row_fini(&row);
	for (int part = 0; status == 0 && part < PARTS; part++)
		status = load_part(loader, (enum part)part);
	return status;
}

/* ---- the whole ---- */

static int load_all(struct bc_loader *loader, struct bc_store_run *run)
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
	struct bc_loader loader = {.store = store, .report = report, .arena = &report->arena};
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
