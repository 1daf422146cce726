#include "record.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "findings/join.h"
#include "findings/unseen.h"
#include "harness/collect/profile.h"
#include "input/project.h"
#include "store/profile.h"

struct recorder {
	struct bc_run *run;
	struct bc_arena arena;
	struct bc_project project;
	struct bc_store *store;
	struct bc_report report;
	struct bc_profiles profiles; /* the last is this run */
	uint32_t *number;            /* of each stall in the profile */
	int has_check, joined;
};

/* ---- before ---- */

static void locate(struct recorder *r, const char *database)
{
	char *here = getcwd(NULL, 0);

	bc_project_locate(&r->arena, here ? here : "/", NULL, database, &r->project);
	free(here);
}

/* The findings of the last check, if there was one, and the runs before this one. */
static int load(struct recorder *r)
{
	int status = bc_store_has_run(r->store);

	r->has_check = status == 1;
	if (r->has_check)
		status = bc_store_load_last(r->store, &r->report, NULL);
	if (status == 0)
		status = bc_store_load_graph(r->store, &r->arena, &r->report.graph);
	if (status == 0)
		status = bc_store_load_profiles(r->store, &r->arena, &r->profiles);
	return status;
}

static void add_run(struct recorder *r, int64_t started_ms)
{
	struct bc_profile *profile;

	if (!r->profiles.items)
		r->profiles.items = BC_NEW_ARRAY(&r->arena, struct bc_profile, 1);
	profile = &r->profiles.items[r->profiles.count++];
	r->number = BC_NEW_ARRAY(&r->arena, uint32_t, r->run->stalls.count + 1);
	/* files of both sides are relative to the same folder, where that is known */
	bc_run_profile(r->run, &r->arena, r->has_check ? r->report.root : r->project.root, profile,
		r->number);
	profile->started_ms = started_ms;
	profile->blockcheck = BC_VERSION;
}

/* ---- after ---- */

static void tell_stall(struct recorder *r, struct bc_run_stall *stall, const char *fingerprint)
{
	const struct bc_finding *finding = bc_join_find(&r->report, fingerprint);
	struct bc_arena *arena = &r->run->arena;

	stall->finding_why = "";
	if (!finding)
		return;
	stall->finding = bc_arena_strdup(arena, finding->fingerprint);
	stall->finding_why = bc_arena_printf(arena, "%s: %s() in %s (%s:%u)", finding->rule,
		finding->sink.function, finding->sink.in, finding->sink.at.file,
		finding->sink.at.line);
}

static void tell_run(struct recorder *r)
{
	const struct bc_profile *profile = &r->profiles.items[r->profiles.count - 1];

	r->run->checked = r->has_check;
	for (size_t i = 0; r->has_check && i < r->run->stalls.count; i++)
		if (r->number[i] != UINT32_MAX)
			tell_stall(
				r, &r->run->stalls.items[i], profile->stalls[r->number[i]].finding);
}

static void join(struct recorder *r, int64_t started_ms)
{
	add_run(r, started_ms);
	bc_join(&r->report, &r->profiles);
	bc_unseen_find(&r->report, &r->report.graph, &r->profiles);
	tell_run(r);
	r->joined = 1;
}

/* ---- the whole ---- */

static int load_and_join(struct recorder *r, int64_t started_ms)
{
	int status = load(r);

	if (status == 0)
		join(r, started_ms);
	return status;
}

/* All in one transaction: a check or another run may be saving, too. */
static int join_and_save(struct recorder *r, int64_t started_ms)
{
	int status = bc_store_lock(r->store);

	if (status < 0)
		return status;
	status = load_and_join(r, started_ms);
	if (status == 0)
		status = bc_store_save_profile(r->store, &r->report, &r->profiles);
	return bc_store_unlock(r->store, status);
}

/* What cannot be written may be read: then this run is joined, and not kept. */
static void join_only(struct recorder *r, int64_t started_ms)
{
	bc_store_close(r->store);
	r->store = NULL;
	if (bc_file_exists(r->project.database) &&
		bc_store_open(r->project.database, BC_STORE_READ, &r->store) == 0)
		load_and_join(r, started_ms);
}

/* Of a run in which nothing was measured, there is nothing to keep. */
static int is_worth_it(const struct bc_run *run)
{
	return run->processes || run->callbacks.count || run->stalls.count || run->loops.count;
}

int bc_record_run(const struct bc_options *options, int64_t started_ms, struct bc_run *run)
{
	struct recorder r = {.run = run, .report = {.root = ""}};
	const char *why;
	int status;

	if (!is_worth_it(run))
		return 0;
	locate(&r, options->check.db);
	status = bc_project_prepare_database(&r.project);
	if (status == 0)
		status = bc_store_open(r.project.database, BC_STORE_WRITE, &r.store);
	if (status == 0)
		status = join_and_save(&r, started_ms);
	why = bc_arena_strdup(&r.arena, bc_error_message());
	if (!r.joined)
		join_only(&r, started_ms);
	if (status < 0)
		status = bc_fail(status, "this run is not kept: %s", why);
	bc_store_close(r.store);
	bc_report_fini(&r.report);
	bc_arena_fini(&r.arena);
	return status;
}
