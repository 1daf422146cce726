/*
 * The static pipeline on one page. Data flows from top to bottom; each stage is one call, and what
 * it produces is not changed afterwards. Linking stands in programs.c, the end of the report in
 * summary.c, and other ways through the same stages in inspect.c.
 */
#define BC_DOMAIN "pipeline"
#include "pipeline.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "base/log.h"
#include "input/find.h"
#include "packs.h"
#include "parse/resolve.h"
#include "stages.h"

/* Set by a signal handler, hence global. */
static volatile sig_atomic_t interrupted;

int bc_pipeline_interrupted(void)
{
	return interrupted;
}

void bc_pipeline_interrupt(void)
{
	interrupted = 1;
}

/* ---- input ---- */

static int find_project(struct bc_stages *p)
{
	const char *path;
	int error;

	p->here = getcwd(NULL, 0);
	if (!p->here)
		return bc_fail(BC_EINPUT, "the current folder cannot be read");
	error = bc_compdb_find(&p->arena, p->here, p->options->database, &path);
	if (!error)
		error = bc_compdb_load(&p->arena, path, &p->compdb);
	if (error)
		return error;
	bc_project_locate(&p->arena, p->here, &p->compdb, p->options->db, &p->project);
	return bc_project_prepare(&p->project);
}

/* ---- rules ---- */

static int load_rules(struct bc_stages *p)
{
	const struct bc_pack_source *sources;
	int n, error = bc_packs_list(p->options, &p->arena, &sources, &n);

	return error ? error : bc_models_load_sources(&p->arena, sources, n, &p->models);
}

static int load_plugins(struct bc_stages *p)
{
	const char *const *specs = p->options->plugins;
	int n = 0;

	while (specs && specs[n])
		n++;
	return bc_plugins_load(&p->arena, p->here, specs, n, BC_VERSION, &p->plugins);
}

/* ---- parse ---- */

static void show_progress(void *context, size_t done, size_t total, const char *file)
{
	struct bc_stages *p = context;

	bc_progress_show(
		&p->progress, "parsing", done, total, bc_path_relative(p->project.root, file));
}

static int is_interrupted(void *context)
{
	(void)context;
	return bc_pipeline_interrupted();
}

static int parse_units(struct bc_stages *p, int no_cache)
{
	struct bc_units_options options = {.jobs = p->options->jobs,
		.timeout_s = p->options->timeout_s,
		.no_cache = no_cache,
		.prune = 1,
		.producer = BC_VERSION,
		.context = p,
		.progress = show_progress,
		.interrupted = is_interrupted};
	int error;

	bc_progress_init(&p->progress, p->options->quiet);
	error = bc_units_prepare(&p->arena, &p->compdb, &p->project, &options, &p->units);
	bc_progress_clear(&p->progress);
	return error;
}

struct bc_facts *bc_stages_open_facts(struct bc_stages *p, const char *path)
{
	struct bc_facts *facts = BC_NEW(&p->arena, struct bc_facts);

	if (bc_facts_open(facts, path) != 0)
		return NULL;
	bc_vec_push(&p->facts, facts);
	return facts;
}

static int open_units(struct bc_stages *p)
{
	p->unit_facts.count = p->unit_compiles.count = 0;
	for (size_t i = 0; i < p->units.count; i++) {
		const struct bc_unit *unit = &p->units.items[i];
		struct bc_facts *facts;

		if (!unit->facts)
			continue;
		facts = bc_stages_open_facts(p, unit->facts);
		if (!facts)
			return BC_EINPUT;
		bc_vec_push(&p->unit_facts, facts);
		bc_vec_push(&p->unit_compiles, unit->compile);
	}
	return 0;
}

/* MSG_DONTWAIT and the like, as this program's headers define them. */
static int resolve_constants(struct bc_stages *p)
{
	int n = p->models.nconstants, error;
	const char **names = BC_NEW_ARRAY(&p->arena, const char *, (size_t)n + 1);
	struct bc_constants wanted = {.headers = p->models.headers,
		.nheaders = p->models.nheaders,
		.names = names,
		.nnames = n,
		.values = BC_NEW_ARRAY(&p->arena, int64_t, (size_t)n + 1),
		.known = bc_arena_alloc(&p->arena, (size_t)n + 1)};

	if (!n || !p->unit_compiles.count)
		return 0;
	for (int i = 0; i < n; i++)
		names[i] = p->models.constants[i].name;
	error = bc_constants_resolve(&p->arena, &p->project, p->unit_compiles.items[0], &wanted);
	for (int i = 0; !error && i < n; i++)
		if (wanted.known[i])
			bc_models_set_constant(&p->models, names[i], wanted.values[i]);
	return error;
}

/* ---- the whole ---- */

void bc_stages_fini(struct bc_stages *p)
{
	bc_plugins_fini(&p->plugins);
	for (size_t i = 0; i < p->facts.count; i++)
		bc_facts_close(p->facts.items[i]);
	bc_vec_fini(&p->facts);
	bc_vec_fini(&p->unit_facts);
	bc_vec_fini(&p->unit_compiles);
	bc_split_fini(&p->split);
	free((char *)p->here);
	bc_arena_fini(&p->arena);
}

/* From the database to linked programs. */
int bc_stages_run(struct bc_stages *p)
{
	int error = find_project(p);

	if (!error)
		error = load_rules(p);
	if (!error)
		error = load_plugins(p);
	if (!error)
		error = parse_units(p, p->options->no_cache);
	if (!error && open_units(p) != 0) {
		/* a cached file was damaged behind our back: make them all again, once */
		error = parse_units(p, 1);
		if (!error)
			error = open_units(p);
	}
	/* no more libclang from here on, but for constants */
	if (!error)
		error = resolve_constants(p);
	if (!error)
		bc_stages_split(p);
	return error;
}

static double now_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What the whole program costs, apart from its units: the benchmarks read this line. */
static void log_link(double start_ms, double start_cpu_ms)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	BC_LOG(INFO, "link and search: %.1f ms, %.1f ms CPU, %.1f MB at most",
		now_ms(CLOCK_MONOTONIC) - start_ms, now_ms(CLOCK_PROCESS_CPUTIME_ID) - start_cpu_ms,
		(double)usage.ru_maxrss / 1024);
}

int bc_pipeline_check(const struct bc_check_options *options, struct bc_report *report)
{
	struct bc_stages p = {.options = options};
	struct bc_collecting collecting = {.findings = {.report = report},
		.options = {options->min_confidence, options->budget_ms, options->logging,
			options->config, NULL}};
	double start = now_ms(CLOCK_MONOTONIC), parsed, parsed_cpu;
	int error;

	*report = (struct bc_report){0};
	error = bc_stages_run(&p);
	if (p.project.database)
		report->database = bc_arena_strdup(&report->arena, p.project.database);
	parsed = now_ms(CLOCK_MONOTONIC);
	parsed_cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID);
	if (!error)
		error = bc_stages_link(&p, bc_stages_collect, &collecting);
	if (!error) {
		bc_findings_add_unused(&collecting.findings, &p.models);
		bc_findings_finish(&collecting.findings);
		bc_stages_mark_elsewhere(&p, report);
		bc_stages_report_units(&p, report);
	}
	report->summary.parse_ms = parsed - start;
	log_link(parsed, parsed_cpu);
	report->summary.link_ms = now_ms(CLOCK_MONOTONIC) - parsed;
	report->summary.total_ms = now_ms(CLOCK_MONOTONIC) - start;
	bc_stages_fini(&p);
	return error;
}
