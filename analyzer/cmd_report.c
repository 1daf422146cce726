/* `blockcheck report`: the database again, findings and measurements together. */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "findings/measured.h"
#include "input/project.h"
#include "store/profile.h"

struct reporter {
	struct bc_arena arena;
	struct bc_report report;
	struct bc_profiles profiles;
	struct bc_measured measured;
	int has_check;
};

/* ---- loading ---- */

static const char *find_database(struct reporter *r, const struct bc_options *options)
{
	struct bc_project project;
	char *here = getcwd(NULL, 0);

	bc_project_locate(&r->arena, here ? here : "/", NULL, options->check.db, &project);
	free(here);
	return project.database;
}

static void relate(struct bc_profile_where *where, const char *root)
{
	where->file = bc_path_relative(root, where->file);
}

/* Runs from before the first check know files by their whole paths. */
static void relate_files(struct bc_profile *profile, const char *root)
{
	for (int i = 0; i < profile->ncallbacks; i++)
		relate(&profile->callbacks[i].where, root);
	for (int i = 0; i < profile->nstalls; i++)
		for (int k = 0; k < profile->stalls[i].nstack; k++)
			relate(&profile->stalls[i].stack[k], root);
}

static int load(struct reporter *r, struct bc_store *store, const char *path)
{
	int status = bc_store_has_run(store);

	r->has_check = status == 1;
	if (r->has_check)
		status = bc_store_load_last(store, &r->report, NULL);
	if (status == 0)
		status = bc_store_load_profiles(store, &r->arena, &r->profiles);
	for (int i = 0; r->has_check && i < r->profiles.count; i++)
		relate_files(&r->profiles.items[i], r->report.root);
	if (status == 0 && !r->has_check && !r->profiles.count)
		return bc_fail(BC_EINPUT,
			"%s: has neither findings nor measured runs yet; run blockcheck check",
			path);
	return status;
}

static int open_and_load(struct reporter *r, const struct bc_options *options)
{
	const char *path = find_database(r, options);
	struct bc_store *store;
	int status;

	if (!bc_file_exists(path))
		return bc_fail(BC_EINPUT,
			"%s: is not there; run blockcheck check first, or name another with "
			"--db FILE",
			path);
	status = bc_store_open(path, BC_STORE_READ, &store);
	if (status == 0)
		status = load(r, store, path);
	bc_store_close(store);
	return status;
}

/* ---- showing ---- */

static void say_what_is_missing(const struct reporter *r, const struct bc_options *options)
{
	if (options->check.quiet)
		return;
	if (!r->has_check)
		bc_cmd_say("", "only measurements are here; run blockcheck check to compare them");
	else if (!r->profiles.count)
		bc_cmd_say("", "nothing was measured yet; blockcheck run PROGRAM does that");
}

static int count_surprises(const struct bc_measured *measured, enum bc_severity least)
{
	int n = 0;

	for (int i = 0; i < measured->nsurprises; i++)
		n += measured->surprises[i].severity >= least;
	return n;
}

static int exit_status(const struct bc_options *options, const struct reporter *r)
{
	enum bc_severity least = (enum bc_severity)options->fail_on;

	if (r->report.ndegraded)
		return BC_EXIT_INCOMPLETE;
	if (options->fail_on == BC_FAIL_NEVER)
		return BC_EXIT_CLEAN;
	return bc_report_count_open(&r->report, least) || count_surprises(&r->measured, least)
		       ? BC_EXIT_FINDINGS
		       : BC_EXIT_CLEAN;
}

int bc_cmd_report(const struct bc_options *options)
{
	struct reporter r = {.report = {.root = ""}};
	int status = open_and_load(&r, options);

	if (status == 0) {
		bc_measured_make(&r.arena, &r.report, &r.profiles, &r.measured);
		r.report.measured = &r.measured;
		status = bc_cmd_show(options, &r.report);
	}
	if (status == 0) {
		say_what_is_missing(&r, options);
		status = exit_status(options, &r);
	} else {
		status = bc_cmd_fail(status);
	}
	bc_report_fini(&r.report);
	bc_arena_fini(&r.arena);
	return status;
}
