/* Saving what was measured, and what its join with the findings says. */
#include "store/profile.h"

#include <string.h>

#include "base/error.h"
#include "base/fs.h"
#include "store/database.h"
#include "store/rows.h"

enum insert {
	INSERT_PROFILE,
	INSERT_CALLBACK,
	INSERT_CALLBACK_TIME,
	INSERT_STACK,
	INSERT_FRAME,
	INSERT_STALL,
	INSERT_STALL_TIME,
	INSERT_SHARE,
	INSERTS
};

/* In the order of the columns in schema.c. */
static const char *const inserts[INSERTS] = {
	[INSERT_PROFILE] = "INSERT INTO profile_runs VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?)",
	[INSERT_CALLBACK] = "INSERT INTO callback_stats VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[INSERT_CALLBACK_TIME] = "INSERT INTO callback_times VALUES (?,?,?,?)",
	[INSERT_STACK] = "INSERT OR IGNORE INTO stacks VALUES (?,?)",
	[INSERT_FRAME] = "INSERT OR IGNORE INTO stack_frames VALUES (?,?,?,?,?,?)",
	[INSERT_STALL] = "INSERT INTO stalls VALUES"
			 " (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[INSERT_STALL_TIME] = "INSERT INTO stall_times VALUES (?,?,?,?)",
	[INSERT_SHARE] = "INSERT INTO stall_shares VALUES (?,?,?,?,?,?)",
};

struct saver {
	struct bc_row rows[INSERTS];
	int64_t profile;
};

static int save_head(struct saver *saver, sqlite3 *db, const struct bc_profile *profile)
{
	struct bc_row *row = &saver->rows[INSERT_PROFILE];
	int status;

	bc_row_put_int(row, profile->started_ms);
	bc_row_put_text(row, profile->command);
	bc_row_put_text(row, profile->blockcheck);
	bc_row_put_text(row, profile->tier);
	bc_row_put_text(row, profile->tier_why);
	bc_row_put_int(row, profile->code);
	bc_row_put_int(row, profile->signal);
	bc_row_put_real(row, profile->duration_ms);
	bc_row_put_real(row, profile->budget_ms);
	bc_row_put_real(row, profile->imposed_p99_ms);
	bc_row_put_int(row, profile->lost);
	status = bc_row_run(row);
	saver->profile = sqlite3_last_insert_rowid(db);
	return status;
}

static int save_times(
	struct saver *saver, enum insert table, const struct bc_times *times, int owner)
{
	struct bc_row *row = &saver->rows[table];
	int status = 0;

	for (int i = 0; status == 0 && i < times->nbuckets; i++) {
		bc_row_put_int(row, saver->profile);
		bc_row_put_int(row, owner);
		bc_row_put_int(row, times->buckets[i].ns);
		bc_row_put_int(row, times->buckets[i].count);
		status = bc_row_run(row);
	}
	return status;
}

static void put_where(struct bc_row *row, const struct bc_profile_where *where)
{
	bc_row_put_text(row, where->function);
	bc_row_put_text(row, where->file);
	bc_row_put_int(row, where->line);
	bc_row_put_text(row, where->module);
}

static int save_callback(
	struct saver *saver, const struct bc_profile_callback *callback, int position)
{
	struct bc_row *row = &saver->rows[INSERT_CALLBACK];
	int status;

	bc_row_put_int(row, saver->profile);
	bc_row_put_int(row, position);
	put_where(row, &callback->where);
	bc_row_put_text(row, callback->api);
	bc_row_put_int(row, callback->internal != 0);
	bc_row_put_int(row, callback->times.count);
	bc_row_put_real(row, callback->times.total_ms);
	bc_row_put_real(row, bc_times_percentile(&callback->times, 0.50));
	bc_row_put_real(row, bc_times_percentile(&callback->times, 0.99));
	bc_row_put_real(row, callback->times.max_ms);
	bc_row_put_real(row, callback->cpu_ms);
	bc_row_put_real(row, callback->runqueue_ms);
	bc_row_put_real(row, callback->blocked_ms);
	bc_row_put_int(row, callback->stalls);
	status = bc_row_run(row);
	return status ? status
		      : save_times(saver, INSERT_CALLBACK_TIME, &callback->times, position);
}

/* ---- stacks ---- */

static int64_t hash_stack(const struct bc_profile_stall *stall)
{
	struct bc_buf text = {0};
	uint64_t hash[2];

	for (int i = 0; i < stall->nstack; i++) {
		const struct bc_profile_where *where = &stall->stack[i];

		/* with the final NULs, so that no two stacks read alike */
		bc_buf_add(&text, where->function, strlen(where->function) + 1);
		bc_buf_add(&text, where->file, strlen(where->file) + 1);
		bc_buf_add(&text, where->module, strlen(where->module) + 1);
		bc_buf_add(&text, &where->line, sizeof(where->line));
	}
	bc_hash_bytes(bc_buf_text(&text), text.len, hash);
	bc_buf_fini(&text);
	return (int64_t)hash[0];
}

static int save_stack(struct saver *saver, const struct bc_profile_stall *stall, int64_t hash)
{
	struct bc_row *row = &saver->rows[INSERT_STACK];
	int status;

	bc_row_put_int(row, hash);
	bc_row_put_int(row, stall->nstack);
	status = bc_row_run(row);
	row = &saver->rows[INSERT_FRAME];
	for (int i = 0; status == 0 && i < stall->nstack; i++) {
		bc_row_put_int(row, hash);
		bc_row_put_int(row, i);
		put_where(row, &stall->stack[i]);
		status = bc_row_run(row);
	}
	return status;
}

/* ---- stalls ---- */

static int save_stall_row(
	struct saver *saver, const struct bc_profile_stall *stall, int position, int64_t stack)
{
	struct bc_row *row = &saver->rows[INSERT_STALL];

	bc_row_put_int(row, saver->profile);
	bc_row_put_int(row, position);
	bc_row_put_text(row, bc_cause_rule(stall->cause));
	bc_row_put_text(row, bc_stall_kind_name(stall->kind));
	bc_row_put_int(row, stall->callback);
	bc_row_put_text(row, bc_cause_name(stall->cause));
	bc_row_put_text(row, stall->culprit);
	bc_row_put_real(row, stall->culprit_ms);
	bc_row_put_int(row, stall->culprit_calls);
	bc_row_put_text_or_null(row, stall->inside);
	bc_row_put_int(row, stall->times.count);
	bc_row_put_real(row, stall->times.total_ms);
	bc_row_put_real(row, bc_times_percentile(&stall->times, 0.99));
	bc_row_put_real(row, stall->times.max_ms);
	bc_row_put_real(row, stall->at_ms);
	bc_row_put_real(row, stall->cpu_ms);
	bc_row_put_real(row, stall->runqueue_ms);
	bc_row_put_real(row, stall->blocked_ms);
	bc_row_put_int(row, stall->major_faults);
	bc_row_put_int(row, stall->minor_faults);
	bc_row_put_int(row, stall->thread);
	bc_row_put_text(row, stall->library);
	bc_row_put_int(row, stall->open != 0);
	if (stall->nstack)
		bc_row_put_int(row, stack);
	else
		bc_row_put_text_or_null(row, NULL);
	bc_row_put_text_or_null(row, stall->allowed);
	return bc_row_run(row);
}

static int save_shares(struct saver *saver, const struct bc_profile_stall *stall, int position)
{
	struct bc_row *row = &saver->rows[INSERT_SHARE];
	int status = 0;

	for (int i = 0; status == 0 && i < stall->nshares; i++) {
		bc_row_put_int(row, saver->profile);
		bc_row_put_int(row, position);
		bc_row_put_int(row, i);
		bc_row_put_text(row, stall->shares[i].function);
		bc_row_put_int(row, stall->shares[i].count);
		bc_row_put_real(row, stall->shares[i].total_ms);
		status = bc_row_run(row);
	}
	return status;
}

static int save_stall(struct saver *saver, const struct bc_profile_stall *stall, int position)
{
	int64_t stack = stall->nstack ? hash_stack(stall) : 0;
	int status = stall->nstack ? save_stack(saver, stall, stack) : 0;

	if (status == 0)
		status = save_stall_row(saver, stall, position, stack);
	if (status == 0)
		status = save_times(saver, INSERT_STALL_TIME, &stall->times, position);
	return status ? status : save_shares(saver, stall, position);
}

static int save_profile(struct bc_store *store, struct bc_profile *profile)
{
	struct saver saver = {.profile = 0};
	int status = 0;

	for (int i = 0; status == 0 && i < INSERTS; i++)
		status = bc_row_prepare(&saver.rows[i], store->db, store->path, inserts[i]);
	if (status == 0)
		status = save_head(&saver, store->db, profile);
	for (int i = 0; status == 0 && i < profile->ncallbacks; i++)
		status = save_callback(&saver, &profile->callbacks[i], i);
	for (int i = 0; status == 0 && i < profile->nstalls; i++)
		status = save_stall(&saver, &profile->stalls[i], i);
	for (int i = 0; i < INSERTS; i++)
		bc_row_fini(&saver.rows[i]);
	profile->id = saver.profile;
	return status;
}

/* ---- joins ---- */

static int save_profile_joins(struct bc_row *row, const struct bc_profile *profile)
{
	int status = 0;

	for (int i = 0; status == 0 && i < profile->nstalls; i++) {
		if (!*profile->stalls[i].finding)
			continue;
		bc_row_put_int(row, profile->id);
		bc_row_put_int(row, i);
		bc_row_put_text(row, profile->stalls[i].finding);
		status = bc_row_run(row);
	}
	return status;
}

static int save_joins(struct bc_store *store, const struct bc_profiles *profiles)
{
	struct bc_row row;
	/* of the runs that are still there: another process may have dropped some meanwhile */
	int status = bc_row_prepare(&row, store->db, store->path,
		"INSERT INTO joins SELECT profile, stall, ?3 FROM stalls"
		" WHERE profile = ?1 AND stall = ?2");

	for (int i = 0; status == 0 && i < profiles->count; i++)
		status = save_profile_joins(&row, &profiles->items[i]);
	bc_row_fini(&row);
	return status;
}

static int save_unseen(struct bc_store *store, const struct bc_report *report)
{
	struct bc_row row;
	int status = bc_row_prepare(
		&row, store->db, store->path, "INSERT INTO unseen VALUES (?,?,?,?,?,?,?,?,?)");

	for (int i = 0; status == 0 && i < report->nunseen; i++) {
		const struct bc_unseen *one = &report->unseen[i];

		bc_row_put_int(&row, i);
		bc_row_put_text(&row, one->is_callback ? "callback" : "call");
		bc_row_put_text(&row, one->caller);
		bc_row_put_text(&row, one->caller_at.file);
		bc_row_put_int(&row, one->caller_at.line);
		bc_row_put_text(&row, one->callee);
		bc_row_put_text(&row, one->callee_at.file);
		bc_row_put_int(&row, one->callee_at.line);
		bc_row_put_int(&row, one->count);
		status = bc_row_run(&row);
	}
	bc_row_fini(&row);
	return status;
}

/* Of the last check, as far as it is the one that was joined. */
static int save_observed(struct bc_store *store, const struct bc_report *report)
{
	struct bc_row row;
	int status = bc_row_prepare(&row, store->db, store->path,
		"UPDATE findings SET observed_runs = ?2, observed_count = ?3, observed_max_ms = ?4,"
		" observed_p99_ms = ?5"
		" WHERE fingerprint = ?1 AND run = (SELECT max(run) FROM runs)");

	for (int i = 0; status == 0 && i < report->nfindings; i++) {
		const struct bc_finding *finding = &report->findings[i];

		bc_row_put_text(&row, finding->fingerprint);
		bc_row_put_int(&row, finding->observed.runs);
		bc_row_put_int(&row, finding->observed.count);
		bc_row_put_real(&row, finding->observed.max_ms);
		bc_row_put_real(&row, finding->observed.p99_ms);
		status = bc_row_run(&row);
	}
	bc_row_fini(&row);
	return status;
}

int bc_store_put_joins(
	struct bc_store *store, const struct bc_report *report, const struct bc_profiles *profiles)
{
	int status =
		bc_store_execute(store->db, store->path, "DELETE FROM joins; DELETE FROM unseen");

	if (status == 0)
		status = save_joins(store, profiles);
	return status ? status : save_unseen(store, report);
}

/* ---- the whole ---- */

static int drop_old(struct bc_store *store)
{
	struct bc_row row;
	int status = bc_row_prepare(&row, store->db, store->path,
		"DELETE FROM profile_runs WHERE profile NOT IN"
		" (SELECT profile FROM profile_runs ORDER BY profile DESC LIMIT ?)");

	if (status == 0) {
		bc_row_put_int(&row, BC_STORE_KEPT_PROFILES);
		status = bc_row_run(&row);
	}
	bc_row_fini(&row);
	if (status < 0)
		return status;
	return bc_store_execute(store->db, store->path,
		"DELETE FROM stacks WHERE NOT EXISTS"
		" (SELECT 1 FROM stalls s WHERE s.stack = stacks.stack)");
}

static int save_in_transaction(
	struct bc_store *store, const struct bc_report *report, struct bc_profiles *profiles)
{
	struct bc_profile *profile = &profiles->items[profiles->count - 1];
	int status = save_profile(store, profile);

	if (status == 0)
		status = bc_store_put_joins(store, report, profiles);
	if (status == 0)
		status = save_observed(store, report);
	return status ? status : drop_old(store);
}

int bc_store_save_profile(
	struct bc_store *store, const struct bc_report *report, struct bc_profiles *profiles)
{
	int status = bc_store_begin(store, BC_STORE_WRITE);

	if (status < 0)
		return status;
	return bc_store_end(store, save_in_transaction(store, report, profiles));
}
