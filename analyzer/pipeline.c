/*
 * The static pipeline on one page. Data flows from top to bottom; each stage is one call, and what
 * it produces is not changed afterwards.
 */
#define BC_DOMAIN "pipeline"
#include "pipeline.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/vec.h"
#include "base/workers.h"
#include "findings/build.h"
#include "findings/explain.h"
#include "input/compdb.h"
#include "input/find.h"
#include "input/project.h"
#include "link/link.h"
#include "link/split.h"
#include "parse/resolve.h"
#include "parse/units.h"

/* Set by a signal handler, hence global. */
static volatile sig_atomic_t interrupted;

/* Everything between the stages; what it points to lives in the arena until the end. */
struct pipeline {
	const struct bc_check_options *options;
	struct bc_arena arena;
	struct bc_progress progress;
	const char *here;
	struct bc_compdb compdb;
	struct bc_project project;
	struct bc_units units;
	struct bc_models models;
	struct bc_plugins plugins;
	BC_VEC(struct bc_facts *) facts;      /* every fact file opened, units and shards */
	BC_VEC(struct bc_facts *) unit_facts; /* per unit, NULL where it failed */
	BC_VEC(const struct bc_compile *) unit_compiles;
	struct bc_split split;
};

int bc_pipeline_interrupted(void)
{
	return interrupted;
}

void bc_pipeline_interrupt(void)
{
	interrupted = 1;
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

/* ---- input ---- */

static int find_project(struct pipeline *p)
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

/* ---- parse ---- */

static void show_progress(void *context, size_t done, size_t total, const char *file)
{
	struct pipeline *p = context;

	bc_progress_show(
		&p->progress, "parsing", done, total, bc_path_relative(p->project.root, file));
}

static int is_interrupted(void *context)
{
	(void)context;
	return bc_pipeline_interrupted();
}

static int parse_units(struct pipeline *p, int no_cache)
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

/* ---- facts ---- */

static struct bc_facts *open_facts(struct pipeline *p, const char *path)
{
	struct bc_facts *facts = BC_NEW(&p->arena, struct bc_facts);

	if (bc_facts_open(facts, path) != 0)
		return NULL;
	bc_vec_push(&p->facts, facts);
	return facts;
}

static int open_units(struct pipeline *p)
{
	p->unit_facts.count = p->unit_compiles.count = 0;
	for (size_t i = 0; i < p->units.count; i++) {
		const struct bc_unit *unit = &p->units.items[i];
		struct bc_facts *facts;

		if (!unit->facts)
			continue;
		facts = open_facts(p, unit->facts);
		if (!facts)
			return BC_EINPUT;
		bc_vec_push(&p->unit_facts, facts);
		bc_vec_push(&p->unit_compiles, unit->compile);
	}
	return 0;
}

/* A header shard by its hash; opened once however many units use it. */
struct shard {
	uint64_t hash[2];
	struct bc_facts *facts;
};

typedef BC_VEC(struct shard) shard_list;

static struct bc_facts *open_shard(struct pipeline *p, shard_list *shards, const uint64_t hash[2])
{
	struct shard shard = {{hash[0], hash[1]}, NULL};
	char hex[33];

	for (size_t i = 0; i < shards->count; i++)
		if (shards->items[i].hash[0] == hash[0] && shards->items[i].hash[1] == hash[1])
			return shards->items[i].facts;
	bc_hash_hex(hash, hex);
	shard.facts = open_facts(
		p, bc_arena_printf(&p->arena, "%s/shards/%s.bcf", p->project.facts, hex));
	bc_vec_push(shards, shard);
	return shard.facts;
}

/* ---- rules ---- */

const char *bc_pipeline_shipped_rules(struct bc_arena *arena)
{
	const char *named = getenv("BLOCKCHECK_RULES");
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *candidates[3] = {BC_RULES_DIR_INSTALL, BC_RULES_DIR_BUILD, NULL};

	if (named && *named)
		return named;
	if (n > 0) {
		self[n] = '\0';
		candidates[2] = candidates[1];
		candidates[1] = candidates[0];
		candidates[0] = bc_path_absolute(
			arena, bc_path_dirname(arena, self), "../share/blockcheck/rules");
	}
	for (int i = 0; i < 3; i++)
		if (candidates[i] && bc_file_exists(candidates[i]))
			return candidates[i];
	return NULL;
}

int bc_pipeline_rules(const struct bc_check_options *options, struct bc_arena *arena,
	const struct bc_pack_source **sources, int *nsources)
{
	const char *shipped = bc_pipeline_shipped_rules(arena);
	const struct bc_config *config = options->config;
	BC_VEC(struct bc_pack_source) list = {0};
	struct bc_pack_source *copy;

	if (!shipped)
		return bc_fail(BC_EINPUT,
			"the shipped rule packs are missing from %s; install blockcheck again or "
			"set BLOCKCHECK_RULES to their folder",
			BC_RULES_DIR_INSTALL);
	bc_vec_push(&list, (struct bc_pack_source){.path = shipped});
	for (int i = 0; config && i < config->nrules; i++)
		bc_vec_push(&list, (struct bc_pack_source){.path = config->rules[i].path});
	if (config && config->pack.root)
		bc_vec_push(&list, config->pack);
	for (const char *const *r = options->rules; r && *r; r++)
		bc_vec_push(&list, (struct bc_pack_source){.path = *r});
	copy = BC_NEW_ARRAY(arena, struct bc_pack_source, list.count);
	memcpy(copy, list.items, list.count * sizeof(*copy));
	*nsources = (int)list.count;
	*sources = copy;
	bc_vec_fini(&list);
	return 0;
}

static int load_rules(struct pipeline *p)
{
	const struct bc_pack_source *sources;
	int n, error = bc_pipeline_rules(p->options, &p->arena, &sources, &n);

	return error ? error : bc_models_load_sources(&p->arena, sources, n, &p->models);
}

static int load_plugins(struct pipeline *p)
{
	const char *const *specs = p->options->plugins;
	int n = 0;

	while (specs && specs[n])
		n++;
	return bc_plugins_load(&p->arena, p->here, specs, n, BC_VERSION, &p->plugins);
}

/* MSG_DONTWAIT and the like, as this program's headers define them. */
static int resolve_constants(struct pipeline *p)
{
	int n = p->models.nconstants, error;
	const char **names = BC_NEW_ARRAY(&p->arena, const char *, (size_t)n + 1);
	int64_t *values = BC_NEW_ARRAY(&p->arena, int64_t, (size_t)n + 1);
	uint8_t *known = bc_arena_alloc(&p->arena, (size_t)n + 1);

	if (!n || !p->unit_compiles.count)
		return 0;
	for (int i = 0; i < n; i++)
		names[i] = p->models.constants[i].name;
	error = bc_constants_resolve(&p->arena, &p->project, p->unit_compiles.items[0],
		p->models.headers, p->models.nheaders, names, n, values, known);
	for (int i = 0; !error && i < n; i++)
		if (known[i])
			bc_models_set_constant(&p->models, names[i], values[i]);
	return error;
}

/* ---- link ---- */

static void split_into_programs(struct pipeline *p)
{
	size_t n = p->unit_facts.count;
	struct bc_split_unit *units = BC_NEW_ARRAY(&p->arena, struct bc_split_unit, n + 1);

	for (size_t i = 0; i < n; i++) {
		units[i].facts = p->unit_facts.items[i];
		units[i].outputs = p->unit_compiles.items[i]->outputs;
		units[i].noutputs = p->unit_compiles.items[i]->noutputs;
	}
	bc_split_units(&p->split, units, (uint32_t)n);
}

/* The fact files of one link unit: its units, then the shards that they use, each once. */
static int link_unit_facts(struct pipeline *p, const struct bc_link_unit *unit, shard_list *shards,
	const struct bc_facts **out, uint32_t *nout)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < unit->nunits; i++)
		out[n++] = p->unit_facts.items[unit->units[i]];
	for (uint32_t i = 0; i < unit->nunits; i++) {
		const struct bc_facts *facts = p->unit_facts.items[unit->units[i]];

		for (uint32_t k = 0; k < facts->nshards; k++) {
			const struct bc_facts *shard = open_shard(p, shards, facts->shards[k].hash);
			uint32_t have = unit->nunits;

			if (!shard)
				return BC_EINPUT;
			while (have < n && out[have] != shard)
				have++;
			if (have == n)
				out[n++] = shard;
		}
	}
	*nout = n;
	return 0;
}

static size_t most_shards(const struct pipeline *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->unit_facts.count; i++)
		n += p->unit_facts.items[i]->nshards;
	return n;
}

typedef void link_user(struct pipeline *p, const struct bc_linked *linked, void *context);

/* Links each program in turn and shows it to `use`. */
static int link_programs(struct pipeline *p, link_user *use, void *context)
{
	const struct bc_facts **facts = BC_NEW_ARRAY(
		&p->arena, const struct bc_facts *, p->unit_facts.count + most_shards(p) + 1);
	shard_list shards = {0};
	int error = 0;

	for (size_t i = 0; i < p->split.list.count && !error; i++) {
		struct bc_linked linked;
		uint32_t n;

		if (bc_pipeline_interrupted())
			error = bc_fail(BC_EINTERRUPTED, "interrupted");
		if (!error)
			error = link_unit_facts(p, &p->split.list.items[i], &shards, facts, &n);
		if (error)
			break;
		bc_link(&linked, facts, n, &p->models, p->options->config, &p->plugins);
		use(p, &linked, context);
		bc_linked_fini(&linked);
	}
	bc_vec_fini(&shards);
	return error;
}

/* ---- findings ---- */

struct collecting {
	struct bc_findings findings;
	struct bc_findings_options options;
};

static void collect_findings(struct pipeline *p, const struct bc_linked *linked, void *context)
{
	struct collecting *c = context;

	(void)p;
	bc_findings_add(&c->findings, linked, &c->options);
}

static int lies_in(const struct pipeline *p, const char *file, const char *wanted)
{
	const char *absolute = bc_path_absolute((struct bc_arena *)&p->arena, p->here, wanted);
	const char *relative = bc_path_relative(p->project.root, absolute);
	size_t n = strlen(relative);

	if (!strcmp(relative, "."))
		return 1;
	return !strncmp(file, relative, n) && (file[n] == '\0' || file[n] == '/');
}

static int passes_through(const struct pipeline *p, const struct bc_finding *finding)
{
	for (const char *const *path = p->options->paths; *path; path++)
		for (int i = 0; i < finding->npath; i++)
			if (lies_in(p, finding->path[i].at.file, *path))
				return 1;
	return 0;
}

/* With PATH arguments, only findings whose way passes through one of them are told. All are of use
 * to whoever keeps them. */
static void mark_elsewhere(struct pipeline *p, struct bc_report *report)
{
	if (!p->options->paths || !*p->options->paths)
		return;
	for (int i = 0; i < report->nfindings; i++)
		report->findings[i].elsewhere = !passes_through(p, &report->findings[i]);
}

static void report_plugins(const struct pipeline *p, struct bc_report *report)
{
	struct bc_arena *arena = &report->arena;

	report->plugins = BC_NEW_ARRAY(arena, struct bc_plugin_info, (size_t)p->plugins.count + 1);
	for (int i = 0; i < p->plugins.count; i++)
		report->plugins[report->nplugins++] = (struct bc_plugin_info){
			.name = bc_arena_strdup(arena, p->plugins.items[i].name),
			.version = bc_arena_strdup(arena, p->plugins.items[i].version),
			.path = bc_arena_strdup(arena,
				bc_path_relative(p->project.root, p->plugins.items[i].path))};
}

static void report_units(struct pipeline *p, struct bc_report *report)
{
	struct bc_arena *arena = &report->arena;

	report->degraded = BC_NEW_ARRAY(arena, struct bc_degraded, p->units.degraded + 1);
	for (size_t i = 0; i < p->units.count; i++) {
		const struct bc_unit *unit = &p->units.items[i];

		if (bc_unit_is_degraded(unit))
			report->degraded[report->ndegraded++] = (struct bc_degraded){
				.file = bc_arena_strdup(arena,
					bc_path_relative(p->project.root, unit->compile->file)),
				.errors = unit->errors,
				.first = bc_arena_strdup(arena, unit->first_error)};
	}
	report->root = bc_arena_strdup(arena, p->project.root);
	report_plugins(p, report);
	report->summary.units = (int)p->units.count;
	report->summary.parsed = (int)p->units.parsed;
	report->summary.cached = (int)p->units.cached;
	report->summary.degraded = report->ndegraded;
	report->summary.skipped_cxx = (int)p->compdb.skipped[BC_SKIP_CXX];
	report->summary.skipped_asm = (int)p->compdb.skipped[BC_SKIP_ASSEMBLER];
	report->summary.skipped_other =
		(int)(p->compdb.skipped[BC_SKIP_OBJC] + p->compdb.skipped[BC_SKIP_CUDA] +
			p->compdb.skipped[BC_SKIP_OTHER] + p->compdb.skipped[BC_SKIP_MALFORMED]);
	report->summary.peak_memory = bc_workers_peak_memory();
}

/* ---- the whole ---- */

static void pipeline_fini(struct pipeline *p)
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
static int run_stages(struct pipeline *p)
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
		split_into_programs(p);
	return error;
}

int bc_pipeline_check(const struct bc_check_options *options, struct bc_report *report)
{
	struct pipeline p = {.options = options};
	struct collecting collecting = {.findings = {.report = report},
		.options = {options->min_confidence, options->budget_ms, options->logging,
			options->config, NULL}};
	double start = now_ms(CLOCK_MONOTONIC), parsed, parsed_cpu;
	int error;

	*report = (struct bc_report){0};
	error = run_stages(&p);
	if (p.project.database)
		report->database = bc_arena_strdup(&report->arena, p.project.database);
	parsed = now_ms(CLOCK_MONOTONIC);
	parsed_cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID);
	if (!error)
		error = link_programs(&p, collect_findings, &collecting);
	if (!error) {
		bc_findings_add_unused(&collecting.findings, &p.models);
		bc_findings_finish(&collecting.findings);
		mark_elsewhere(&p, report);
		report_units(&p, report);
	}
	report->summary.parse_ms = parsed - start;
	log_link(parsed, parsed_cpu);
	report->summary.link_ms = now_ms(CLOCK_MONOTONIC) - parsed;
	report->summary.total_ms = now_ms(CLOCK_MONOTONIC) - start;
	pipeline_fini(&p);
	return error;
}

/* ---- explanations ---- */

static int explain_chosen(struct pipeline *p, const struct bc_finding *finding,
	struct bc_report *report, struct bc_explanation *explanation)
{
	struct bc_report again = {0}; /* built once more, for the sake of what it is built from */
	struct bc_explainer explainer;
	struct collecting collecting = {.findings = {.report = &again},
		.options = {p->options->min_confidence, p->options->budget_ms, p->options->logging,
			p->options->config, &explainer.watcher}};
	int error;

	bc_explainer_init(&explainer, &report->arena, finding, p->options->config);
	error = link_programs(p, collect_findings, &collecting);
	if (!error) {
		bc_findings_finish(&collecting.findings);
		*explanation = explainer.explanation;
	}
	bc_report_fini(&again);
	return error;
}

int bc_pipeline_explain(const struct bc_check_options *given,
	const struct bc_explain_request *request, struct bc_report *report,
	struct bc_explanation *explanation)
{
	struct bc_check_options options = *given;
	struct pipeline p = {.options = &options};
	struct collecting collecting = {.findings = {.report = report}};
	const struct bc_finding *finding = NULL;
	int error = run_stages(&p);

	*explanation = (struct bc_explanation){0};
	*report = (struct bc_report){0};
	if (p.project.database)
		report->database = bc_arena_strdup(&report->arena, p.project.database);
	if (!error)
		error = request->begin(request->context, report->database, &options);
	collecting.options = (struct bc_findings_options){
		options.min_confidence, options.budget_ms, options.logging, options.config, NULL};
	if (!error)
		error = link_programs(&p, collect_findings, &collecting);
	if (!error) {
		bc_findings_finish(&collecting.findings);
		report_units(&p, report);
		finding = request->choose(request->context, report);
	}
	if (!error && finding)
		error = explain_chosen(&p, finding, report, explanation);
	pipeline_fini(&p);
	return error;
}

/* ---- dumps ---- */

struct dumping {
	const char *stage, *name;
	struct bc_buf *out;
};

static void dump_linked(struct pipeline *p, const struct bc_linked *linked, void *context)
{
	const struct dumping *d = context;

	(void)p;
	if (!strcmp(d->stage, "graph"))
		bc_dump_graph(linked, d->name, d->out);
	else if (!strcmp(d->stage, "roots"))
		bc_dump_roots(linked, d->name, d->out);
	else
		bc_dump_places(linked, d->name, d->out);
}

/* Facts of the units whose path ends in `name`, or of all. */
static void dump_facts(struct pipeline *p, const char *name, struct bc_buf *out)
{
	for (size_t i = 0; i < p->unit_facts.count; i++) {
		const char *path = p->unit_facts.items[i]->path_main;
		size_t n = name ? strlen(name) : 0, length = strlen(path);

		if (!name || (length >= n && !strcmp(path + length - n, name)))
			bc_facts_print(p->unit_facts.items[i], name != NULL, out);
	}
}

int bc_pipeline_dump(const struct bc_check_options *options, const char *stage, const char *name,
	struct bc_buf *out)
{
	struct pipeline p = {.options = options};
	struct dumping dumping = {stage, name, out};
	int error = run_stages(&p);

	if (!error && !strcmp(stage, "facts"))
		dump_facts(&p, name, out);
	else if (!error)
		error = link_programs(&p, dump_linked, &dumping);
	pipeline_fini(&p);
	return error;
}

struct linking {
	void (*use)(void *context, const struct bc_linked *linked);
	void *context;
};

static void show_linked(struct pipeline *p, const struct bc_linked *linked, void *context)
{
	const struct linking *l = context;

	(void)p;
	l->use(l->context, linked);
}

int bc_pipeline_link(const struct bc_check_options *options,
	void (*use)(void *context, const struct bc_linked *linked), void *context)
{
	struct pipeline p = {.options = options};
	struct linking linking = {use, context};
	int error = run_stages(&p);

	if (!error)
		error = link_programs(&p, show_linked, &linking);
	pipeline_fini(&p);
	return error;
}
