/*
 * `rules test`: the programs that packs carry, each analysed as a program of its own and its
 * findings held against what the pack expects.
 *
 * The tests of one pack make up one compilation database in a temporary folder, with the flags that
 * the pack's pkg-config module gives. Everything is reported, down to what ends within any budget,
 * so that a rule shows what it does and nothing is hidden by a threshold.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "base/vec.h"
#include "rules_testing.h"

/* ---- one pack ---- */

static const char *missing_header(const struct bc_report *report)
{
	for (int i = 0; i < report->ndegraded; i++)
		if (strstr(report->degraded[i].first, "file not found"))
			return report->degraded[i].first;
	return NULL;
}

static void skip_pack(
	struct bc_rules_testing *t, const struct bc_pack *pack, int ntests, const char *why)
{
	bc_buf_printf(&t->out, "SKIPPED %s: %d tests: %s", pack->name, ntests, why);
	if (*pack->debian && strcmp(pack->debian, "none") != 0)
		bc_buf_printf(&t->out, " (Debian: %s)", pack->debian);
	bc_buf_char(&t->out, '\n');
	t->skipped += ntests;
	t->packs_skipped++;
}

static int analyse(struct bc_rules_testing *t, struct bc_report *report)
{
	struct bc_check_options check = {
		.database = t->folder,
		.rules = t->paths + 1, /* the first are the shipped ones, which are always read */
		.db = bc_arena_printf(&t->arena, "%s/blockcheck.db", t->folder),
		.jobs = t->options->check.jobs,
		.min_confidence = BC_CONF_POSSIBLE,
		.budget_ms = 0,
		.quiet = 1,
		.no_cache = 1,
		.logging = 1,
	};

	return bc_pipeline_check(&check, report);
}

static int test_pack(struct bc_rules_testing *t, const struct bc_pack *pack)
{
	struct bc_report report = {0};
	const char *missing;
	int ntests = 0, status;

	for (int i = 0; i < t->models.ntests; i++)
		ntests += bc_rules_is_of(&t->models.tests[i], pack);
	if (!ntests)
		return 0;
	t->packs++;
	status = bc_rules_write_project(t, pack);
	if (status == 0)
		status = analyse(t, &report);
	missing = status == 0 ? missing_header(&report) : NULL;
	if (missing)
		skip_pack(t, pack, ntests, missing);
	else if (status == 0)
		bc_rules_judge_pack(t, pack, &report);
	bc_report_fini(&report);
	return status;
}

/* ---- the folder ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* The folder is the current one while packs are tested: nothing of the caller's project counts. */
static int make_folder(struct bc_rules_testing *t)
{
	const char *base = getenv("TMPDIR");
	char *name = bc_arena_printf(
		&t->arena, "%s/blockcheck-rules-XXXXXX", base && *base ? base : "/tmp");

	if (!mkdtemp(name) || chdir(name) != 0)
		return bc_fail(BC_EOUTPUT, "%s: no folder for the tests can be made there", name);
	t->folder = getcwd(NULL, 0);
	return t->folder ? 0 : bc_fail(BC_EOUTPUT, "%s: cannot be read", name);
}

static void remove_folder(struct bc_rules_testing *t, int home)
{
	if (home >= 0 && fchdir(home) != 0)
		bc_cmd_say("warning", "the folder that this began in cannot be entered again");
	if (t->folder)
		nftw(t->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	if (home >= 0)
		close(home);
	free((char *)t->folder);
}

/* ---- which packs ---- */

static const char *const *make_absolute(struct bc_arena *arena, const char *const *paths, int n)
{
	const char **absolute = BC_NEW_ARRAY(arena, const char *, (size_t)n + 1);
	char *here = getcwd(NULL, 0);

	for (int i = 0; i < n; i++)
		absolute[i] = here ? bc_path_absolute(arena, here, paths[i]) : paths[i];
	free(here);
	return absolute;
}

static int is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Without names every pack is meant. */
static int is_meant(const struct bc_pack *pack, const char *const *files, int nfiles)
{
	for (int i = 0; i < nfiles; i++)
		if (is_same_file(files[i], pack->path))
			return 1;
	return nfiles < 0;
}

static int load(struct bc_rules_testing *t, const char *const *arguments, const char *const **files,
	int *nfiles)
{
	int nargs = 0, npaths, status;

	while (arguments[nargs])
		nargs++;
	arguments = make_absolute(&t->arena, arguments, nargs);
	status = bc_rules_paths(t->options, arguments, &t->arena, &t->paths, &npaths);
	if (status == 0) {
		t->paths = make_absolute(&t->arena, t->paths, npaths);
		/* the pipeline, too, finds the shipped packs from another folder */
		setenv("BLOCKCHECK_RULES", t->paths[0], 1);
		status = bc_models_load(&t->arena, t->paths, npaths, &t->models);
	}
	*nfiles = -1;
	if (status == 0 && nargs)
		status = bc_models_files(&t->arena, arguments, nargs, files, nfiles);
	return status;
}

/* ---- the whole ---- */

static void say_untested(struct bc_rules_testing *t, const char *const *files, int nfiles)
{
	int untested = 0, rules = 0;

	for (int i = 0; i < t->models.nsinks; i++) {
		const struct bc_sink_rule *rule = &t->models.sinks[i];
		int tested = 0;

		if (!is_meant(bc_models_pack_of(&t->models, &rule->origin), files, nfiles))
			continue;
		rules++;
		for (int k = 0; k < t->models.ntests && !tested; k++)
			for (int e = 0; e < t->models.tests[k].nexpect && !tested; e++)
				tested = !strcmp(t->models.tests[k].expect[e].rule, rule->id);
		untested += !tested;
		if (!tested && t->options->verbose)
			bc_buf_printf(&t->out, "untested: %s\n", rule->id);
	}
	bc_buf_printf(
		&t->out, "%d of %d rules are seen to report in a test\n", rules - untested, rules);
}

int bc_rules_test(const struct bc_options *options, const char *const *arguments)
{
	struct bc_rules_testing t = {.options = options};
	const char *const *files = NULL;
	int nfiles, home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		    status = load(&t, arguments, &files, &nfiles);

	if (status == 0)
		status = make_folder(&t);
	for (int i = 0; status == 0 && i < t.models.npacks; i++)
		if (is_meant(&t.models.packs[i], files, nfiles))
			status = test_pack(&t, &t.models.packs[i]);
	remove_folder(&t, home);
	if (status == 0) {
		say_untested(&t, files, nfiles);
		bc_buf_printf(&t.out,
			"%d passed, %d failed, %d skipped, in %d packs (%d skipped)\n", t.passed,
			t.failed, t.skipped, t.packs, t.packs_skipped);
		status = bc_cmd_write(options->output, &t.out);
	}
	bc_buf_fini(&t.out);
	bc_arena_fini(&t.arena);
	if (status < 0)
		return bc_cmd_fail(status);
	return t.failed ? BC_EXIT_FINDINGS : BC_EXIT_CLEAN;
}
