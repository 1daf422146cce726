/* `blockcheck check`: the pipeline's report into the database, to the reader, and as exit status.
 */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "findings/join.h"
#include "findings/unseen.h"
#include "parse/parse.h"
#include "store/profile.h"

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A PATH that is mistyped would leave no findings, and that would look clean. */
static int check_paths(const struct bc_options *options)
{
	for (const char *const *path = options->check.paths; *path; path++)
		if (!bc_file_exists(*path))
			return bc_fail(BC_EUSAGE, "%s: %s", *path, strerror(errno));
	return 0;
}

/* ---- saving ---- */

/* All runs that were measured are joined anew: this check may know what the last one did not. */
static int join(struct bc_store *store, struct bc_report *report, struct bc_arena *arena,
	struct bc_profiles *profiles)
{
	int status = bc_store_load_profiles(store, arena, profiles);

	if (status == 0) {
		bc_join(report, profiles);
		bc_unseen_find(report, &report->graph, profiles);
	}
	return status;
}

static int save(const struct bc_options *options, struct bc_report *report, const char *path,
	int64_t started_ms)
{
	const struct bc_store_run run = {
		.started_ms = started_ms,
		.command = options->command,
		.blockcheck = BC_VERSION,
		.libclang = bc_parse_version(),
		.min_confidence = options->check.min_confidence,
		.budget_ms = options->check.budget_ms,
	};
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_profiles profiles;
	struct bc_store *store;
	int status = bc_store_open(path, BC_STORE_WRITE, &store);

	/* a run that is measured meanwhile waits, and joins itself with what is saved here */
	if (status == 0)
		status = bc_store_lock(store);
	if (status == 0) {
		status = join(store, report, &arena, &profiles);
		if (status == 0)
			status = bc_store_save_run(store, report, &run, &profiles);
		status = bc_store_unlock(store, status);
	}
	bc_store_close(store);
	bc_arena_fini(&arena);
	return status;
}

/* ---- showing ---- */

static void say_unread(const struct bc_report *report)
{
	const struct bc_degraded *first = &report->degraded[0];
	char more[48] = "";

	if (report->ndegraded > 1)
		snprintf(more, sizeof(more), " and %d more", report->ndegraded - 1);
	bc_cmd_say(
		"incomplete", "%s%s could not be read whole: %s", first->file, more, first->first);
}

/* No finding says nothing of a file that is no part of the program. A header may well be one. */
static void say_stray(const struct bc_options *options, const struct bc_report *report)
{
	const char *end = report->stray ? strrchr(report->stray, '.') : NULL;

	if (report->stray && !options->check.quiet && !(end && !strcmp(end, ".h")))
		bc_cmd_say("warning",
			"%s: no finding leads through it, and no source of the compilation "
			"database is in it",
			report->stray);
}

/* Where the reader does not see it in the output itself. */
static void say_if_incomplete(const struct bc_options *options, const struct bc_report *report)
{
	if (options->format->for_people && !options->output)
		return;
	if (report->ndegraded)
		say_unread(report);
	else if (!report->summary.callbacks && !options->check.quiet)
		bc_cmd_say("warning", "no event-loop callbacks were found, so nothing was checked; "
				      "is the library's rule pack missing (--rules)?");
}

/* ---- the end ---- */

static int exit_status(const struct bc_options *options, const struct bc_report *report)
{
	/* first: whatever was found, a script must not take this run for the whole truth */
	if (report->ndegraded)
		return BC_EXIT_INCOMPLETE;
	if (options->fail_on == BC_FAIL_NEVER)
		return BC_EXIT_CLEAN;
	if (options->fail_on == BC_SEV_NOTE && report->nremarks)
		return BC_EXIT_FINDINGS;
	return bc_report_count_open(report, (enum bc_severity)options->fail_on) ? BC_EXIT_FINDINGS
										: BC_EXIT_CLEAN;
}

static void say_interrupted(const char *path, int saved)
{
	if (saved)
		bc_cmd_say("", "interrupted; this run is complete in %s", path);
	else if (bc_file_exists(path))
		bc_cmd_say("", "interrupted; the last complete run in %s is unchanged", path);
	else
		bc_cmd_say("", "interrupted; nothing was saved");
}

/* Findings are shown even when they cannot be saved: then the run has not been in vain. */
static int save_and_show(const struct bc_options *options, struct bc_report *report,
	const char *path, int64_t started_ms)
{
	int saved = save(options, report, path, started_ms), shown;
	const char *why = bc_arena_strdup(&report->arena, bc_error_message());

	bc_report_keep_asked(report); /* the database has those of the whole program */
	shown = bc_pipeline_interrupted() ? BC_EINTERRUPTED : bc_cmd_show(options, report);
	if (bc_pipeline_interrupted()) {
		say_interrupted(path, saved == 0);
		return BC_EXIT_ERROR;
	}
	say_if_incomplete(options, report);
	say_stray(options, report);
	if (shown < 0)
		bc_cmd_fail(shown);
	if (saved < 0)
		bc_cmd_say("error", "%s", why);
	return shown < 0 || saved < 0 ? BC_EXIT_ERROR : exit_status(options, report);
}

int bc_cmd_check(const struct bc_options *options)
{
	struct bc_report report = {0};
	int64_t started_ms = now_ms();
	const char *path = NULL;
	int status = check_paths(options);

	if (status < 0)
		return bc_cmd_fail(status);
	status = bc_pipeline_check(&options->check, &report);
	path = report.database;
	if (status == BC_EINTERRUPTED && path)
		say_interrupted(path, 0);
	status = status < 0 ? bc_cmd_fail(status)
			    : save_and_show(options, &report, path, started_ms);
	bc_report_fini(&report);
	return status;
}
