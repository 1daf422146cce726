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
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/vec.h"
#include "rules.h"

struct testing {
	const struct bc_options *options;
	struct bc_arena arena;
	struct bc_models models;
	const char *const *paths; /* of packs */
	const char *folder;       /* for the database of one pack */
	struct bc_buf out;
	int passed, failed, skipped; /* tests */
	int packs, packs_skipped;
};

/* ---- one pack's database ---- */

/* Include paths and definitions alone: what else pkg-config says is not about reading headers. */
static void add_flags(struct bc_json *json, const struct bc_pack *pack)
{
	char command[160], word[1024];
	FILE *stream;

	if (!*pack->pkg_config)
		return;
	/* the schema has seen to it that the name is none to a shell */
	snprintf(command, sizeof(command), "pkg-config --cflags %s 2>/dev/null", pack->pkg_config);
	stream = popen(command, "r");
	while (stream && fscanf(stream, "%1023s", word) == 1)
		if (!strncmp(word, "-I", 2) || !strncmp(word, "-D", 2))
			bc_json_str(json, word);
	if (stream)
		pclose(stream);
}

static void write_entry(struct testing *t, struct bc_json *json, const struct bc_pack *pack, int i)
{
	char file[32];

	snprintf(file, sizeof(file), "test%d.c", i);
	bc_json_object(json);
	bc_json_key(json, "directory");
	bc_json_str(json, t->folder);
	bc_json_key(json, "file");
	bc_json_str(json, file);
	bc_json_key(json, "arguments");
	bc_json_array(json);
	bc_json_str(json, "cc");
	bc_json_str(json, "-std=gnu11");
	bc_json_str(json, "-D_GNU_SOURCE");
	bc_json_str(json, "-DON_LOOP=__attribute__((annotate(\"blockcheck:loop\")))");
	for (int d = 0; d < pack->ndefines; d++)
		bc_json_str(json, bc_arena_printf(&t->arena, "-D%s", pack->defines[d]));
	add_flags(json, pack);
	bc_json_str(json, "-c");
	bc_json_str(json, file);
	bc_json_end(json);
	bc_json_end(json);
}

/* Where no package has the headers, tests declare what they need. */
static int count_headers(const struct bc_pack *pack)
{
	return strcmp(pack->debian, "none") ? pack->nheaders : 0;
}

/* Each has a main(), so that each is a program of its own. */
static int write_source(
	struct testing *t, const struct bc_pack *pack, const struct bc_rule_test *test, int i)
{
	struct bc_buf text = {0};
	int status;

	bc_buf_str(&text, "#include <stddef.h>\n");
	for (int h = 0; h < count_headers(pack); h++)
		bc_buf_printf(&text, "#include <%s>\n", pack->headers[h]);
	bc_buf_str(&text, test->code);
	if (!strstr(test->code, "main("))
		bc_buf_str(&text, "\nint main(void) { return 0; }\n");
	status = bc_file_write(bc_arena_printf(&t->arena, "%s/test%d.c", t->folder, i),
		bc_buf_text(&text), text.len);
	bc_buf_fini(&text);
	return status;
}

static int is_of(const struct bc_rule_test *test, const struct bc_pack *pack)
{
	return !strcmp(test->origin.path, pack->path);
}

static int write_project(struct testing *t, const struct bc_pack *pack)
{
	struct bc_buf text = {0};
	struct bc_json json;
	int status = 0;

	bc_json_init(&json, &text, 1);
	bc_json_array(&json);
	for (int i = 0; status == 0 && i < t->models.ntests; i++) {
		if (!is_of(&t->models.tests[i], pack))
			continue;
		write_entry(t, &json, pack, i);
		status = write_source(t, pack, &t->models.tests[i], i);
	}
	bc_json_end(&json);
	if (status == 0)
		status = bc_file_write(
			bc_arena_printf(&t->arena, "%s/compile_commands.json", t->folder),
			bc_buf_text(&text), text.len);
	bc_buf_fini(&text);
	return status;
}

/* ---- the verdict ---- */

static const struct bc_sink_rule *find_rule(const struct bc_models *models, const char *id)
{
	for (int i = 0; i < models->nsinks; i++)
		if (!strcmp(models->sinks[i].id, id))
			return &models->sinks[i];
	return NULL;
}

static int is_rule_of(const struct bc_models *models, const struct bc_finding *f, const char *id)
{
	const struct bc_sink_rule *rule = find_rule(models, id);

	for (int i = 0; rule && i < rule->nfunctions; i++)
		if (!strcmp(rule->functions[i], f->sink.function))
			return 1;
	return 0;
}

static int comes_via(const struct bc_finding *f, const char *callback)
{
	for (int i = 0; i < f->ncallbacks; i++)
		if (!strcmp(f->callbacks[i], callback))
			return 1;
	return !*callback;
}

static int ends_within(const struct bc_finding *f, double ms)
{
	return ms < 0 || (f->bound == BC_BOUND_TIMEOUT && f->bound_ms == ms);
}

static int meets(const struct bc_models *models, const struct bc_finding *f,
	const struct bc_rule_expectation *wanted)
{
	return is_rule_of(models, f, wanted->rule) && comes_via(f, wanted->via) &&
	       ends_within(f, wanted->within_ms);
}

static int lies_in_test(const struct bc_finding *f, int test)
{
	char file[32];

	snprintf(file, sizeof(file), "test%d.c", test);
	return !strcmp(f->sink.at.file, file);
}

/* How many lines stand before the code. */
static int count_includes(const struct bc_models *models, const struct bc_rule_test *test)
{
	return 1 + count_headers(bc_models_pack_of(models, &test->origin));
}

static void begin_fault(struct testing *t, const struct bc_rule_test *test, int *faults)
{
	if (!(*faults)++)
		bc_buf_printf(&t->out, "FAILED %s:%d: %s\n", test->origin.path, test->origin.line,
			test->rule);
}

static void judge(struct testing *t, int i, const struct bc_report *report)
{
	const struct bc_rule_test *test = &t->models.tests[i];
	int faults = 0;

	for (int e = 0; e < test->nexpect; e++) {
		const struct bc_rule_expectation *wanted = &test->expect[e];
		int met = 0;

		for (int k = 0; k < report->nfindings; k++)
			met |= lies_in_test(&report->findings[k], i) &&
			       meets(&t->models, &report->findings[k], wanted);
		if (met)
			continue;
		begin_fault(t, test, &faults);
		bc_buf_printf(&t->out, "  %s was not reported%s%s%s\n", wanted->rule,
			*wanted->via ? " via " : "", wanted->via,
			find_rule(&t->models, wanted->rule) ? "" : ": there is no such rule");
	}
	for (int k = 0; k < report->nfindings; k++) {
		const struct bc_finding *f = &report->findings[k];
		int expected = 0;

		for (int e = 0; e < test->nexpect; e++)
			expected |= meets(&t->models, f, &test->expect[e]);
		if (expected || !lies_in_test(f, i))
			continue;
		begin_fault(t, test, &faults);
		bc_buf_printf(&t->out, "  not expected: line %d, %s() via %s\n",
			(int)f->sink.at.line - count_includes(&t->models, test), f->sink.function,
			f->callback.function);
	}
	t->failed += faults != 0;
	t->passed += faults == 0;
}

/* ---- one pack ---- */

static const struct bc_degraded *find_degraded(const struct bc_report *report, int test)
{
	char file[32];

	snprintf(file, sizeof(file), "test%d.c", test);
	for (int i = 0; i < report->ndegraded; i++)
		if (!strcmp(report->degraded[i].file, file))
			return &report->degraded[i];
	return NULL;
}

static const char *missing_header(const struct bc_report *report)
{
	for (int i = 0; i < report->ndegraded; i++)
		if (strstr(report->degraded[i].first, "file not found"))
			return report->degraded[i].first;
	return NULL;
}

static void skip_pack(struct testing *t, const struct bc_pack *pack, int ntests, const char *why)
{
	bc_buf_printf(&t->out, "SKIPPED %s: %d tests: %s", pack->name, ntests, why);
	if (*pack->debian && strcmp(pack->debian, "none") != 0)
		bc_buf_printf(&t->out, " (Debian: %s)", pack->debian);
	bc_buf_char(&t->out, '\n');
	t->skipped += ntests;
	t->packs_skipped++;
}

static void judge_pack(
	struct testing *t, const struct bc_pack *pack, const struct bc_report *report)
{
	for (int i = 0; i < t->models.ntests; i++) {
		const struct bc_rule_test *test = &t->models.tests[i];
		const struct bc_degraded *broken;

		if (!is_of(test, pack))
			continue;
		broken = find_degraded(report, i);
		if (!broken) {
			judge(t, i, report);
			continue;
		}
		bc_buf_printf(&t->out, "FAILED %s:%d: %s\n  not C: %s\n", test->origin.path,
			test->origin.line, test->rule, broken->first);
		t->failed++;
	}
}

static int analyse(struct testing *t, struct bc_report *report)
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

static int test_pack(struct testing *t, const struct bc_pack *pack)
{
	struct bc_report report = {0};
	const char *missing;
	int ntests = 0, status;

	for (int i = 0; i < t->models.ntests; i++)
		ntests += is_of(&t->models.tests[i], pack);
	if (!ntests)
		return 0;
	t->packs++;
	status = write_project(t, pack);
	if (status == 0)
		status = analyse(t, &report);
	missing = status == 0 ? missing_header(&report) : NULL;
	if (missing)
		skip_pack(t, pack, ntests, missing);
	else if (status == 0)
		judge_pack(t, pack, &report);
	bc_report_fini(&report);
	return status;
}

/* ---- the whole ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* The folder is the current one while packs are tested: nothing of the caller's project counts. */
static int make_folder(struct testing *t)
{
	const char *base = getenv("TMPDIR");
	char *name = bc_arena_printf(
		&t->arena, "%s/blockcheck-rules-XXXXXX", base && *base ? base : "/tmp");

	if (!mkdtemp(name) || chdir(name) != 0)
		return bc_fail(BC_EOUTPUT, "%s: no folder for the tests can be made there", name);
	t->folder = getcwd(NULL, 0);
	return t->folder ? 0 : bc_fail(BC_EOUTPUT, "%s: cannot be read", name);
}

static void remove_folder(struct testing *t, int home)
{
	if (home >= 0 && fchdir(home) != 0)
		bc_cmd_say("warning", "the folder that this began in cannot be entered again");
	if (t->folder)
		nftw(t->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	if (home >= 0)
		close(home);
	free((char *)t->folder);
}

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

static int load(
	struct testing *t, const char *const *arguments, const char *const **files, int *nfiles)
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

static void say_untested(struct testing *t, const char *const *files, int nfiles)
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
	struct testing t = {.options = options};
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
