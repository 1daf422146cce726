/* Saving a report: rows in the order of its arrays, all in one transaction. */
#include "store/store.h"

#include "base/error.h"
#include "store/database.h"
#include "store/profile.h"
#include "store/rows.h"

#define TWO "?,?"
#define FOUR TWO "," TWO
#define EIGHT FOUR "," FOUR
#define SIXTEEN EIGHT "," EIGHT

enum insert {
	INSERT_RUN,
	INSERT_CALLBACK,
	INSERT_FINDING,
	INSERT_STEP,
	INSERT_FINDING_CALLBACK,
	INSERT_ASSUMPTION,
	INSERT_SITE,
	INSERT_ALTERNATIVE,
	INSERT_UNRESOLVED,
	INSERT_DEGRADED,
	INSERTS
};

/* In the order of the columns in schema.c. */
static const char *const inserts[INSERTS] = {
	[INSERT_RUN] = "INSERT INTO runs VALUES (NULL," SIXTEEN "," EIGHT "," TWO ",?)",
	[INSERT_CALLBACK] = "INSERT INTO callbacks VALUES (" EIGHT "," FOUR ")",
	[INSERT_FINDING] = "INSERT INTO findings VALUES (" SIXTEEN "," SIXTEEN "," FOUR ",?)",
	[INSERT_STEP] = "INSERT INTO finding_steps VALUES (" EIGHT "," FOUR "," TWO ")",
	[INSERT_FINDING_CALLBACK] = "INSERT INTO finding_callbacks VALUES (" FOUR ")",
	[INSERT_ASSUMPTION] = "INSERT INTO finding_assumptions VALUES (" FOUR ")",
	[INSERT_SITE] = "INSERT INTO finding_sites VALUES (" FOUR "," TWO ",?)",
	[INSERT_ALTERNATIVE] = "INSERT INTO finding_alternatives VALUES (" FOUR "," TWO ")",
	[INSERT_UNRESOLVED] = "INSERT INTO unresolved VALUES (" EIGHT ")",
	[INSERT_DEGRADED] = "INSERT INTO degraded VALUES (" FOUR ",?)",
};

struct saver {
	struct bc_row rows[INSERTS];
	int64_t run;
};

static int save_run(struct saver *saver, sqlite3 *db, const struct bc_report *report,
	const struct bc_store_run *run)
{
	struct bc_row *row = &saver->rows[INSERT_RUN];
	int status;

	bc_row_put_int(row, run->started_ms);
	bc_row_put_text(row, run->command);
	bc_row_put_text(row, run->blockcheck);
	bc_row_put_text(row, run->libclang);
	bc_row_put_text(row, report->root);
	bc_row_put_text(row, bc_confidence_name(run->min_confidence));
	bc_row_put_real(row, run->budget_ms);
	bc_row_put_int(row, report->ndegraded == 0);
	bc_row_put_int(row, report->summary.units);
	bc_row_put_int(row, report->summary.parsed);
	bc_row_put_int(row, report->summary.cached);
	bc_row_put_int(row, report->summary.degraded);
	bc_row_put_int(row, report->summary.callbacks);
	bc_row_put_int(row, report->summary.functions);
	bc_row_put_int(row, report->summary.calls);
	bc_row_put_int(row, report->summary.indirect_calls);
	bc_row_put_int(row, report->summary.indirect_resolved);
	bc_row_put_int(row, report->summary.hidden_confidence);
	bc_row_put_int(row, report->summary.hidden_budget);
	bc_row_put_int(row, report->summary.hidden_logging);
	bc_row_put_int(row, report->summary.skipped_cxx);
	bc_row_put_int(row, report->summary.skipped_asm);
	bc_row_put_int(row, report->summary.skipped_other);
	bc_row_put_real(row, report->summary.parse_ms);
	bc_row_put_real(row, report->summary.link_ms);
	bc_row_put_real(row, report->summary.total_ms);
	bc_row_put_int(row, (int64_t)report->summary.peak_memory);
	status = bc_row_run(row);
	saver->run = sqlite3_last_insert_rowid(db);
	return status;
}

static int save_callback(struct saver *saver, const struct bc_callback_info *callback, int position)
{
	struct bc_row *row = &saver->rows[INSERT_CALLBACK];

	bc_row_put_int(row, saver->run);
	bc_row_put_int(row, position);
	bc_row_put_text(row, callback->function);
	bc_row_put_loc(row, &callback->at);
	bc_row_put_text(row, callback->loop);
	bc_row_put_text_or_null(row, callback->registered_by);
	bc_row_put_loc(row, &callback->registered_at);
	bc_row_put_text(row, bc_context_name(callback->context));
	return bc_row_run(row);
}

static int save_finding_row(struct saver *saver, const struct bc_finding *finding, int position)
{
	struct bc_row *row = &saver->rows[INSERT_FINDING];

	bc_row_put_int(row, saver->run);
	bc_row_put_int(row, position);
	bc_row_put_text(row, finding->fingerprint);
	bc_row_put_text(row, finding->rule);
	bc_row_put_text(row, bc_category_name(finding->category));
	bc_row_put_text(row, bc_severity_name(finding->severity));
	bc_row_put_text(row, bc_confidence_name(finding->confidence));
	bc_row_put_text(row, bc_bound_name(finding->bound));
	bc_row_put_real(row, finding->bound_ms);
	bc_row_put_text(row, finding->message);
	bc_row_put_text(row, finding->because);
	bc_row_put_text(row, finding->sink.function);
	bc_row_put_text(row, finding->sink.in);
	bc_row_put_loc(row, &finding->sink.at);
	bc_row_put_text(row, finding->callback.function);
	bc_row_put_loc(row, &finding->callback.at);
	bc_row_put_text(row, finding->callback.loop);
	bc_row_put_text_or_null(row, finding->callback.registered_by);
	bc_row_put_loc(row, &finding->callback.registered_at);
	bc_row_put_text_or_null(row, finding->family);
	bc_row_put_int(row, finding->family_size);
	bc_row_put_int(row, finding->observed.runs);
	bc_row_put_int(row, finding->observed.count);
	bc_row_put_real(row, finding->observed.max_ms);
	bc_row_put_real(row, finding->observed.p99_ms);
	bc_row_put_text_or_null(row, finding->suppressed);
	bc_row_put_text(row, finding->baseline ? finding->baseline : "new");
	bc_row_put_real(row, finding->worst.ms);
	bc_row_put_text_or_null(row, finding->worst.why);
	bc_row_put_text(row, bc_phase_name(finding->phase));
	bc_row_put_text_or_null(row, finding->phase_why);
	return bc_row_run(row);
}

/* A row that belongs to a finding begins with whose and which it is. */
static struct bc_row *begin_part(struct saver *saver, enum insert table, int finding, int position)
{
	struct bc_row *row = &saver->rows[table];

	bc_row_put_int(row, saver->run);
	bc_row_put_int(row, finding);
	bc_row_put_int(row, position);
	return row;
}

static int save_step(struct saver *saver, const struct bc_step *step, int finding, int position)
{
	struct bc_row *row = begin_part(saver, INSERT_STEP, finding, position);

	bc_row_put_text(row, step->function);
	bc_row_put_loc(row, &step->at);
	bc_row_put_text(row, step->calls);
	bc_row_put_text(row, bc_via_name(step->via));
	bc_row_put_int(row, step->targets);
	bc_row_put_text(row, step->witness_place);
	bc_row_put_loc(row, &step->witness);
	return bc_row_run(row);
}

static int save_text(
	struct saver *saver, enum insert table, const char *text, int finding, int position)
{
	struct bc_row *row = begin_part(saver, table, finding, position);

	bc_row_put_text(row, text);
	return bc_row_run(row);
}

static int save_alternative(
	struct saver *saver, const struct bc_alternative *other, int finding, int position)
{
	struct bc_row *row = begin_part(saver, INSERT_ALTERNATIVE, finding, position);

	bc_row_put_text(row, other->use);
	bc_row_put_text(row, other->note);
	bc_row_put_text(row, other->loop);
	return bc_row_run(row);
}

static int save_site(struct saver *saver, const struct bc_site *site, int finding, int position)
{
	struct bc_row *row = begin_part(saver, INSERT_SITE, finding, position);

	bc_row_put_text(row, site->function);
	bc_row_put_loc(row, &site->at);
	return bc_row_run(row);
}

static int save_finding(struct saver *saver, const struct bc_finding *finding, int n)
{
	int status = save_finding_row(saver, finding, n);

	for (int i = 0; status == 0 && i < finding->npath; i++)
		status = save_step(saver, &finding->path[i], n, i);
	for (int i = 0; status == 0 && i < finding->ncallbacks; i++)
		status = save_text(saver, INSERT_FINDING_CALLBACK, finding->callbacks[i], n, i);
	for (int i = 0; status == 0 && i < finding->nassumptions; i++)
		status = save_text(saver, INSERT_ASSUMPTION, finding->assumptions[i], n, i);
	for (int i = 0; status == 0 && i < finding->nalso; i++)
		status = save_site(saver, &finding->also[i], n, i);
	for (int i = 0; status == 0 && i < finding->nalternatives; i++)
		status = save_alternative(saver, &finding->alternatives[i], n, i);
	return status;
}

static int save_unresolved(struct saver *saver, const struct bc_unresolved *call, int position)
{
	struct bc_row *row = &saver->rows[INSERT_UNRESOLVED];

	bc_row_put_int(row, saver->run);
	bc_row_put_int(row, position);
	bc_row_put_loc(row, &call->at);
	bc_row_put_text(row, call->in);
	bc_row_put_text(row, call->place);
	bc_row_put_text(row, call->reason);
	return bc_row_run(row);
}

static int save_degraded(struct saver *saver, const struct bc_degraded *unit, int position)
{
	struct bc_row *row = &saver->rows[INSERT_DEGRADED];

	bc_row_put_int(row, saver->run);
	bc_row_put_int(row, position);
	bc_row_put_text(row, unit->file);
	bc_row_put_int(row, unit->errors);
	bc_row_put_text(row, unit->first);
	return bc_row_run(row);
}

static int save_all(struct saver *saver, sqlite3 *db, const struct bc_report *report,
	const struct bc_store_run *run)
{
	int status = save_run(saver, db, report, run);

	for (int i = 0; status == 0 && i < report->ncallbacks; i++)
		status = save_callback(saver, &report->callbacks[i], i);
	for (int i = 0; status == 0 && i < report->nfindings; i++)
		status = save_finding(saver, &report->findings[i], i);
	for (int i = 0; status == 0 && i < report->nunresolved; i++)
		status = save_unresolved(saver, &report->unresolved[i], i);
	for (int i = 0; status == 0 && i < report->ndegraded; i++)
		status = save_degraded(saver, &report->degraded[i], i);
	return status;
}

static int run_with(struct bc_store *store, const char *sql, int64_t value)
{
	struct bc_row row;
	int status = bc_row_prepare(&row, store->db, store->path, sql);

	if (status == 0) {
		bc_row_put_int(&row, value);
		status = bc_row_run(&row);
	}
	bc_row_fini(&row);
	return status;
}

/* Which callbacks reach what is by far the largest table: findings times callbacks. */
static int drop_old_runs(struct bc_store *store, int64_t run)
{
	int status = run_with(store, "DELETE FROM finding_callbacks WHERE run < ?", run);

	return status < 0 ? status
			  : run_with(store,
				    "DELETE FROM runs WHERE run NOT IN"
				    " (SELECT run FROM runs ORDER BY run DESC LIMIT ?)",
				    BC_STORE_KEPT_RUNS);
}

static int save_in_transaction(struct bc_store *store, const struct bc_report *report,
	const struct bc_store_run *run, const struct bc_profiles *profiles)
{
	struct saver saver = {.run = 0};
	int status = 0;

	for (int i = 0; status == 0 && i < INSERTS; i++)
		status = bc_row_prepare(&saver.rows[i], store->db, store->path, inserts[i]);
	if (status == 0)
		status = save_all(&saver, store->db, report, run);
	for (int i = 0; i < INSERTS; i++)
		bc_row_fini(&saver.rows[i]);
	if (status == 0)
		status = bc_store_put_graph(store, &report->graph);
	if (status == 0 && profiles)
		status = bc_store_put_joins(store, report, profiles);
	return status == 0 ? drop_old_runs(store, saver.run) : status;
}

int bc_store_save_run(struct bc_store *store, const struct bc_report *report,
	const struct bc_store_run *run, const struct bc_profiles *profiles)
{
	int status = bc_store_begin(store, BC_STORE_WRITE);

	if (status < 0)
		return status;
	return bc_store_end(store, save_in_transaction(store, report, run, profiles));
}
