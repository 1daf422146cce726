/* `blockcheck run`: measures a program, and reports when it has ended. */
#include "cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "harness/collect/allow.h"
#include "harness/collect/run.h"
#include "models/models.h"
#include "pipeline.h"
#include "rules.h"
#include "record.h"

/* Standard output is the program's own, so the report goes to standard error. */
static int is_on_terminal(const struct bc_options *options)
{
	return !options->output && isatty(STDERR_FILENO);
}

/* A file that was asked for is written even when there is nothing to complain of. */
static int is_wanted(const struct bc_options *options, const struct bc_run *run)
{
	return options->output || !options->check.quiet || run->stalls.count;
}

static void write_text(
	const struct bc_options *options, const struct bc_run *run, struct bc_buf *out)
{
	int on_terminal = is_on_terminal(options);

	if (on_terminal && run->interrupted == SIGINT) /* which it shows as ^C */
		bc_buf_char(out, '\n');
	bc_run_write_text(run, bc_cmd_wants_color(options, on_terminal),
		on_terminal ? bc_cmd_width(STDERR_FILENO) : 0, out);
}

static int write_report(const struct bc_options *options, const struct bc_run *run)
{
	struct bc_buf text = {0};
	int status = 0;

	if (options->run_format == BC_RUN_JSON)
		bc_run_write_json(run, &text);
	else if (options->run_format == BC_RUN_FOLDED)
		bc_run_write_folded(run, &text);
	else if (is_wanted(options, run))
		write_text(options, run, &text);
	if (options->output)
		status = bc_cmd_write(options->output, &text);
	else
		bc_cmd_write_error(&text); /* when that is lost, so is any complaint */
	bc_buf_fini(&text);
	return status;
}

typedef void write_function(const struct bc_run *run, struct bc_buf *out);

static int write_beside(const char *path, write_function *write, const struct bc_run *run)
{
	struct bc_buf text = {0};
	int status;

	if (!path)
		return 0;
	write(run, &text);
	status = bc_cmd_write(path, &text);
	bc_buf_fini(&text);
	return status;
}

/* All that can be written is, then the first fault counts. */
static int write_all(const struct bc_options *options, const struct bc_run *run)
{
	int status = write_report(options, run);

	if (write_beside(options->folded, bc_run_write_folded, run) < 0)
		status = BC_EOUTPUT;
	if (write_beside(options->speedscope, bc_run_write_speedscope, run) < 0)
		status = BC_EOUTPUT;
	if (run->trace_error)
		status = bc_fail(BC_EOUTPUT, "%s", run->trace_error);
	return status;
}

static int is_over(const struct bc_options *options, const struct bc_run *run)
{
	for (size_t i = 0; i < run->stalls.count; i++)
		if (options->fail_over_ms > 0 && !run->stalls.items[i].open &&
			!run->stalls.items[i].allowed &&
			(double)run->stalls.items[i].ns >= options->fail_over_ms * 1e6)
			return 1;
	return 0;
}

static int own_status(const struct bc_run *run)
{
	return run->signal ? 128 + run->signal : run->code;
}

/* A server that --duration has ended has not failed by that. */
static int judged_status(const struct bc_options *options, const struct bc_run *run)
{
	int status = run->over_time && run->signal == SIGTERM ? 0 : own_status(run);

	if (is_over(options, run))
		return BC_EXIT_FINDINGS;
	if (!run->processes || run->lost_events || run->corrupt)
		return BC_EXIT_INCOMPLETE;
	if (run->loops.count || status)
		return status;
	bc_cmd_say("incomplete", "no event loop was seen, so there was nothing to hold to "
				 "--fail-over");
	return BC_EXIT_INCOMPLETE;
}

/* Without a limit to hold it to, the program's own status. With one, a run that measured nothing
 * must not look clean. */
static int exit_status(const struct bc_options *options, const struct bc_run *run)
{
	return options->fail_over_ms > 0 ? judged_status(options, run) : own_status(run);
}

/* Functions that the rule packs call blocking, ended by NULL. What only runs a loop is no blocking
 * call: the callbacks in it are measured by themselves. */
static const char *const *list_calls(const struct bc_models *models, struct bc_arena *arena)
{
	BC_VEC(const char *) list = {0};
	const char **copy;

	for (int i = 0; i < models->nsinks; i++) {
		const struct bc_sink_rule *rule = &models->sinks[i];

		for (int j = 0; j < rule->nfunctions && rule->category != BC_CAT_NESTED_LOOP; j++)
			bc_vec_push(&list, rule->functions[j]);
	}
	bc_vec_push(&list, NULL);
	copy = BC_NEW_ARRAY(arena, const char *, list.count);
	memcpy(copy, list.items, list.count * sizeof(*copy));
	bc_vec_fini(&list);
	return copy;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int load_allowed(
	const struct bc_options *options, struct bc_arena *arena, struct bc_allow *allow)
{
	char today[16];
	time_t now = time(NULL);
	struct tm day;

	if (!options->allow)
		return 0;
	gmtime_r(&now, &day);
	strftime(today, sizeof(today), "%Y-%m-%d", &day);
	return bc_allow_load(arena, options->allow, today, allow);
}

/* What goes wrong with the database is said after the report, and costs nothing else. */
static int finish(const struct bc_options *options, int64_t started_ms, struct bc_run *run)
{
	int kept = bc_record_run(options, started_ms, run), status;
	const char *why = bc_arena_strdup(&run->arena, bc_error_message());

	status = write_all(options, run);
	if (kept < 0)
		bc_cmd_say("warning", "%s", why);
	return status;
}

/* ---- before ---- */

/* Whether a file can be made or written where `path` says; files are replaced, devices written to.
 */
static int can_write(const char *path)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct stat st;
	int exists, good;

	exists = stat(path, &st) == 0;
	errno = 0;
	good = !exists || (!S_ISDIR(st.st_mode) && access(path, W_OK) == 0);
	if (good && (!exists || S_ISREG(st.st_mode)))
		good = access(bc_path_dirname(&arena, path), W_OK) == 0;
	bc_arena_fini(&arena);
	return good;
}

/* The program may run for hours: what will not work afterwards is said before. */
static int check_files(const struct bc_options *options)
{
	const struct {
		const char *option, *path;
	} files[] = {
		{"-o", options->output},
		{"--trace", options->trace},
		{"--speedscope", options->speedscope},
		{"--folded", options->folded},
	};
	struct stat st;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i].path && strcmp(files[i].path, "-") != 0 && !can_write(files[i].path))
			return bc_fail(BC_EOUTPUT, "%s %s: cannot be written: %s", files[i].option,
				files[i].path, errno ? strerror(errno) : "it is a folder");
	if (options->debug_files && (stat(options->debug_files, &st) != 0 || !S_ISDIR(st.st_mode)))
		return bc_fail(BC_EUSAGE, "--debug-files %s: no such folder", options->debug_files);
	return 0;
}

/* They wait until there is a program to hand them on to (run.c). BC_EINTERRUPTED: one came already.
 */
static int hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return bc_pipeline_interrupted() ? bc_fail(BC_EINTERRUPTED, "interrupted") : 0;
}

int bc_cmd_run(const struct bc_options *options)
{
	struct bc_run_options how = {
		.argv = (char *const *)options->operands.items,
		.budget_ms = options->fail_over_ms > 0 &&
					     options->fail_over_ms < options->check.budget_ms
				     ? options->fail_over_ms
				     : options->check.budget_ms,
		.grace_ms = options->grace_ms,
		.debug_files = options->debug_files,
		.duration_ms = options->duration_ms,
		.follow = options->follow,
		.quiet = options->check.quiet,
		.live = options->live,
		.silent = options->run_format != BC_RUN_TEXT && !options->output,
		.color = bc_cmd_wants_color(options, 1),
		.trace = options->trace,
	};
	struct bc_arena arena = {0};
	struct bc_models models = {0};
	struct bc_allow allow = {0};
	struct bc_run run = {0};
	int64_t started_ms = now_ms();
	int status;

	if (!options->operands.count || !*options->operands.items[0])
		return bc_cmd_fail(bc_fail(
			BC_EUSAGE, "which program? write 'blockcheck run ./program ARGUMENTS'"));
	if (how.budget_ms < 0.01)
		return bc_cmd_fail(bc_fail(BC_EUSAGE, "--budget: must be at least 10us"));
	status = hold_signals();
	if (status == 0)
		status = check_files(options);
	if (status == 0)
		status = load_allowed(options, &arena, &allow);
	if (status == 0)
		status = bc_rules_load(options, NULL, &arena, &models);
	how.calls = list_calls(&models, &arena);
	if (status == 0)
		status = bc_run_program(&how, &run);
	if (status == 0) {
		bc_allow_apply(&allow, &run);
		bc_run_advise(&run, &models);
		status = finish(options, started_ms, &run);
	}
	status = status < 0 ? bc_cmd_fail(status) : exit_status(options, &run);
	bc_run_fini(&run);
	bc_arena_fini(&arena);
	return status;
}
