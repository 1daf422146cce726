/* Loading what was measured: the mirror of profile_save.c, as careful as load.c. */
#include "store/profile.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/vec.h"
#include "store/database.h"
#include "store/rows.h"

struct loader {
	struct bc_store *store;
	struct bc_arena *arena;
	struct bc_profile *profile; /* whose parts are being read */
};

/* A statement about one profile: its rows are read in order. */
static int query(struct loader *loader, struct bc_row *row, const char *sql)
{
	int status = bc_row_prepare(row, loader->store->db, loader->store->path, sql);

	if (status == 0)
		bc_row_put_int(row, loader->profile->id);
	return status;
}

/* A number that is one of ours: 0 ... most - 1. */
static int read_index(struct bc_row *row, int most)
{
	int64_t value = bc_row_int(row);

	if (value >= 0 && value < most)
		return (int)value;
	bc_row_mark_damaged(row);
	return 0;
}

static int64_t read_count(struct bc_row *row)
{
	int64_t value = bc_row_int(row);

	if (value < 0)
		bc_row_mark_damaged(row);
	return value < 0 ? 0 : value;
}

/* Copies a growing array into the arena. */
#define KEEP(loader, type, list, out, nout) \
	do { \
		(out) = BC_NEW_ARRAY((loader)->arena, type, (list)->count + 1); \
		if ((list)->count) \
			memcpy((out), (list)->items, (list)->count * sizeof(type)); \
		(nout) = (int)(list)->count; \
		bc_vec_fini(list); \
	} while (0)

/* ---- words ---- */

BC_ROW_WORDS(cause_at, enum bc_cause, bc_cause_name)
BC_ROW_WORDS(kind_at, enum bc_stall_kind, bc_stall_kind_name)

static struct bc_profile_where read_where(struct bc_row *row, struct bc_arena *arena)
{
	struct bc_profile_where where = {.function = bc_row_text(row, arena)};

	where.file = bc_row_text(row, arena);
	where.line = bc_row_count(row, UINT32_MAX);
	where.module = bc_row_text(row, arena);
	return where;
}

/* ---- histograms: one query for all of a profile, in the order of their owners ---- */

typedef BC_VEC(struct bc_bucket) bucket_list;

static struct bc_times *times_of(struct bc_profile *profile, int of_stalls, int owner)
{
	return of_stalls ? &profile->stalls[owner].times : &profile->callbacks[owner].times;
}

static void keep_buckets(struct loader *loader, int of_stalls, int owner, bucket_list *buckets)
{
	struct bc_times *times;

	if (owner < 0)
		return;
	times = times_of(loader->profile, of_stalls, owner);
	KEEP(loader, struct bc_bucket, buckets, times->buckets, times->nbuckets);
}

static int load_times(struct loader *loader, const char *sql, int of_stalls)
{
	int most = of_stalls ? loader->profile->nstalls : loader->profile->ncallbacks, owner = -1;
	bucket_list buckets = {0};
	struct bc_row row;
	int status = query(loader, &row, sql);

	while (status == 0 && (status = bc_row_next(&row)) == 1) {
		int next = read_index(&row, most);
		struct bc_bucket bucket = {.ns = read_count(&row)};

		bucket.count = read_count(&row);
		status = bc_row_done(&row);
		if (status == 0 && next != owner) {
			keep_buckets(loader, of_stalls, owner, &buckets);
			owner = next;
		}
		bc_vec_push(&buckets, bucket);
	}
	keep_buckets(loader, of_stalls, owner, &buckets);
	bc_vec_fini(&buckets);
	bc_row_fini(&row);
	return status;
}

/* ---- callbacks ---- */

static struct bc_profile_callback read_callback(struct loader *loader, struct bc_row *row)
{
	struct bc_profile_callback callback = {.where = read_where(row, loader->arena)};

	callback.api = bc_row_text(row, loader->arena);
	callback.internal = bc_row_int(row) != 0;
	callback.times.count = read_count(row);
	callback.times.total_ms = bc_row_real(row);
	callback.times.max_ms = bc_row_real(row);
	callback.cpu_ms = bc_row_real(row);
	callback.runqueue_ms = bc_row_real(row);
	callback.blocked_ms = bc_row_real(row);
	callback.stalls = read_count(row);
	return callback;
}

static int load_callbacks(struct loader *loader)
{
	BC_VEC(struct bc_profile_callback) list = {0};
	struct bc_row row;
	int status = query(loader, &row,
		"SELECT callback, function, file, line, module, api, internal, count, total_ms,"
		" max_ms, cpu_ms, runqueue_ms, blocked_ms, stalls"
		" FROM callback_stats WHERE profile = ? ORDER BY callback");

	while (status == 0 && (status = bc_row_next(&row)) == 1) {
		/* positions without a gap, since stalls refer to them */
		if (bc_row_int(&row) != (int64_t)list.count)
			bc_row_mark_damaged(&row);
		bc_vec_push(&list, read_callback(loader, &row));
		status = bc_row_done(&row);
	}
	bc_row_fini(&row);
	KEEP(loader, struct bc_profile_callback, &list, loader->profile->callbacks,
		loader->profile->ncallbacks);
	return status;
}

/* ---- stalls ---- */

static struct bc_profile_stall read_stall(struct loader *loader, struct bc_row *row)
{
	struct bc_profile_stall stall = {
		.kind = bc_row_word(row, BC_STALL_CALLBACK, BC_STALL_MANY, kind_at)};

	stall.callback = read_index(row, loader->profile->ncallbacks);
	stall.cause = bc_row_word(row, 0, BC_CAUSE_COUNT - 1, cause_at);
	stall.culprit = bc_row_text(row, loader->arena);
	stall.culprit_ms = bc_row_real(row);
	stall.culprit_calls = read_count(row);
	stall.inside = bc_row_text_or_null(row, loader->arena);
	stall.times.count = read_count(row);
	stall.times.total_ms = bc_row_real(row);
	stall.times.max_ms = bc_row_real(row);
	stall.at_ms = bc_row_real(row);
	stall.cpu_ms = bc_row_real(row);
	stall.runqueue_ms = bc_row_real(row);
	stall.blocked_ms = bc_row_real(row);
	stall.major_faults = read_count(row);
	stall.minor_faults = read_count(row);
	stall.thread = read_count(row);
	stall.library = bc_row_text(row, loader->arena);
	stall.open = bc_row_int(row) != 0;
	stall.allowed = bc_row_text_or_null(row, loader->arena);
	return stall;
}

static int load_stalls(struct loader *loader)
{
	BC_VEC(struct bc_profile_stall) list = {0};
	struct bc_row row;
	int status = query(loader, &row,
		"SELECT stall, kind, callback, cause, culprit, culprit_ms, culprit_calls, inside,"
		" count, total_ms, max_ms, at_ms, cpu_ms, runqueue_ms, blocked_ms, major_faults,"
		" minor_faults, thread, library, unfinished, allowed"
		" FROM stalls WHERE profile = ? ORDER BY stall");

	while (status == 0 && (status = bc_row_next(&row)) == 1) {
		if (bc_row_int(&row) != (int64_t)list.count)
			bc_row_mark_damaged(&row);
		bc_vec_push(&list, read_stall(loader, &row));
		status = bc_row_done(&row);
	}
	bc_row_fini(&row);
	KEEP(loader, struct bc_profile_stall, &list, loader->profile->stalls,
		loader->profile->nstalls);
	return status;
}

typedef BC_VEC(struct bc_profile_where) frame_list;

static void keep_stack(struct loader *loader, int owner, frame_list *frames)
{
	struct bc_profile_stall *stall;

	if (owner < 0)
		return;
	stall = &loader->profile->stalls[owner];
	KEEP(loader, struct bc_profile_where, frames, stall->stack, stall->nstack);
}

static int load_stacks(struct loader *loader)
{
	frame_list frames = {0};
	struct bc_row row;
	int owner = -1;
	int status = query(loader, &row,
		"SELECT s.stall, f.function, f.file, f.line, f.module"
		" FROM stalls s JOIN stack_frames f USING (stack) WHERE s.profile = ?"
		" ORDER BY s.stall, f.depth");

	while (status == 0 && (status = bc_row_next(&row)) == 1) {
		int next = read_index(&row, loader->profile->nstalls);
		struct bc_profile_where where = read_where(&row, loader->arena);

		status = bc_row_done(&row);
		if (status == 0 && next != owner) {
			keep_stack(loader, owner, &frames);
			owner = next;
		}
		if (frames.count < BC_PROFILE_FRAMES)
			bc_vec_push(&frames, where);
	}
	keep_stack(loader, owner, &frames);
	bc_vec_fini(&frames);
	bc_row_fini(&row);
	return status;
}

static struct bc_profile_share read_share(struct loader *loader, struct bc_row *row)
{
	struct bc_profile_share share = {.function = bc_row_text(row, loader->arena)};

	share.count = read_count(row);
	share.total_ms = bc_row_real(row);
	return share;
}

static int load_shares(struct loader *loader)
{
	struct bc_row row;
	int status = query(loader, &row,
		"SELECT stall, function, count, total_ms FROM stall_shares WHERE profile = ?"
		" ORDER BY stall, position");

	while (status == 0 && (status = bc_row_next(&row)) == 1) {
		int owner = read_index(&row, loader->profile->nstalls);
		struct bc_profile_share share = read_share(loader, &row);
		struct bc_profile_stall *stall;

		status = bc_row_done(&row);
		if (status < 0)
			break;
		stall = &loader->profile->stalls[owner];
		if (!stall->shares)
			stall->shares = BC_NEW_ARRAY(
				loader->arena, struct bc_profile_share, BC_PROFILE_SHARES);
		if (stall->nshares < BC_PROFILE_SHARES)
			stall->shares[stall->nshares++] = share;
	}
	bc_row_fini(&row);
	return status;
}

static int load_joins(struct loader *loader)
{
	struct bc_row row;
	int status = query(loader, &row,
		"SELECT stall, fingerprint FROM joins WHERE profile = ? ORDER BY stall");

	while (status == 0 && (status = bc_row_next(&row)) == 1) {
		int owner = read_index(&row, loader->profile->nstalls);
		const char *text = bc_row_text(&row, loader->arena);

		if (strlen(text) >= sizeof(loader->profile->stalls[owner].finding))
			bc_row_mark_damaged(&row);
		status = bc_row_done(&row);
		if (status == 0)
			memcpy(loader->profile->stalls[owner].finding, text, strlen(text) + 1);
	}
	bc_row_fini(&row);
	return status;
}

/* ---- the whole ---- */

static struct bc_profile read_head(struct loader *loader, struct bc_row *row)
{
	struct bc_profile profile = {.id = bc_row_int(row)};

	profile.started_ms = bc_row_int(row);
	profile.command = bc_row_text(row, loader->arena);
	profile.blockcheck = bc_row_text(row, loader->arena);
	profile.tier = bc_row_text(row, loader->arena);
	profile.tier_why = bc_row_text(row, loader->arena);
	profile.code = (int)bc_row_count(row, INT_MAX);
	profile.signal = (int)bc_row_count(row, INT_MAX);
	profile.duration_ms = bc_row_real(row);
	profile.budget_ms = bc_row_real(row);
	profile.imposed_p99_ms = bc_row_real(row);
	profile.lost = read_count(row);
	return profile;
}

static int load_heads(struct loader *loader, struct bc_profiles *profiles)
{
	BC_VEC(struct bc_profile) list = {0};
	struct bc_row row;
	int status = bc_row_prepare(&row, loader->store->db, loader->store->path,
		"SELECT profile, started_ms, command, blockcheck, tier, tier_reason, exit_code,"
		" exit_signal, duration_ms, budget_ms, imposed_p99_ms, lost FROM profile_runs"
		" ORDER BY profile");

	while (status == 0 && (status = bc_row_next(&row)) == 1) {
		bc_vec_push(&list, read_head(loader, &row));
		status = bc_row_done(&row);
	}
	bc_row_fini(&row);
	/* with room for one more: the run that has just been measured */
	profiles->items = BC_NEW_ARRAY(loader->arena, struct bc_profile, list.count + 1);
	if (list.count)
		memcpy(profiles->items, list.items, list.count * sizeof(*list.items));
	profiles->count = (int)list.count;
	bc_vec_fini(&list);
	return status;
}

static int load_parts(struct loader *loader)
{
	int status = load_callbacks(loader);

	if (status == 0)
		status = load_times(loader,
			"SELECT callback, ns, count FROM callback_times WHERE profile = ?"
			" ORDER BY callback, ns",
			0);
	if (status == 0)
		status = load_stalls(loader);
	if (status == 0)
		status = load_times(loader,
			"SELECT stall, ns, count FROM stall_times WHERE profile = ?"
			" ORDER BY stall, ns",
			1);
	if (status == 0)
		status = load_stacks(loader);
	if (status == 0)
		status = load_shares(loader);
	return status ? status : load_joins(loader);
}

static int load_all(struct loader *loader, struct bc_profiles *profiles)
{
	int status = load_heads(loader, profiles);

	for (int i = 0; status == 0 && i < profiles->count; i++) {
		loader->profile = &profiles->items[i];
		status = load_parts(loader);
	}
	return status;
}

int bc_store_load_profiles(
	struct bc_store *store, struct bc_arena *arena, struct bc_profiles *profiles)
{
	struct loader loader = {.store = store, .arena = arena};
	int status;

	*profiles = (struct bc_profiles){.count = 0};
	/* one snapshot: another process may save a run while we read */
	status = bc_store_begin(store, BC_STORE_READ);
	if (status < 0)
		return status;
	status = bc_store_end(store, load_all(&loader, profiles));
	if (status < 0)
		*profiles = (struct bc_profiles){.count = 0};
	return status;
}
