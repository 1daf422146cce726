#define BC_DOMAIN "parse"
#include "parse/units.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/workers.h"
#include "facts/facts.h"
#include "input/cache.h"
#include "input/prune.h"
#include "parse/parse.h"

/* What a worker sends back about one source. */
struct outcome {
	struct bc_parse_result parsed;
	char failure[400]; /* message of a parse that gave nothing */
};

struct stage {
	struct bc_arena *arena;
	const struct bc_units_options *options;
	const struct bc_project *project;
	const char *shard_folder;
	struct bc_cache cache;
	struct bc_unit *units;
	size_t count;
	size_t *stale, nstale; /* indices of what must be parsed */
	size_t *sizes;         /* by index: bytes of the main file */
	size_t done;
	const char *write_error; /* of the first unit whose facts could not be written */
};

/* ---- in the worker ---- */

/* The name in "'net/x.h' file not found", or NULL. */
static const char *missing_include(struct bc_arena *arena, const char *text)
{
	const char *end = strstr(text, "' file not found");
	const char *start = end ? memrchr(text, '\'', (size_t)(end - text)) : NULL;

	return start ? bc_arena_strndup(arena, start + 1, (size_t)(end - start - 1)) : NULL;
}

static void describe_facts(
	struct bc_arena *arena, const struct bc_facts *facts, struct bc_manifest *manifest)
{
	manifest->files = BC_NEW_ARRAY(arena, struct bc_manifest_file, facts->ndeps);
	manifest->nfiles = facts->ndeps;
	for (uint32_t i = 0; i < facts->ndeps; i++) {
		const struct bc_fact_dep *dep = &facts->deps[i];

		manifest->files[i] =
			(struct bc_manifest_file){.path = bc_fact_str(facts, dep->path),
				.size = dep->size,
				.hash = {dep->hash[0], dep->hash[1]}};
	}
	manifest->shards = BC_NEW_ARRAY(arena, struct bc_manifest_shard, facts->nshards);
	manifest->nshards = facts->nshards;
	for (uint32_t i = 0; i < facts->nshards; i++)
		memcpy(manifest->shards[i].hash, facts->shards[i].hash,
			sizeof(facts->shards[i].hash));
	manifest->missing = BC_NEW_ARRAY(arena, const char *, facts->ndiags);
	for (uint32_t i = 0; i < facts->ndiags; i++) {
		const char *name = missing_include(arena, bc_fact_str(facts, facts->diags[i].text));

		if (name)
			manifest->missing[manifest->nmissing++] = name;
	}
}

/* Writes the manifest of what was just parsed; the fact file says what that depended on. */
static int store_manifest(struct stage *stage, const struct bc_unit *unit, const char *path,
	const struct bc_parse_result *parsed)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_manifest manifest = {
		.errors = (uint64_t)parsed->errors, .first_error = parsed->first_error};
	struct bc_facts facts;
	int status = bc_facts_open(&facts, path);

	if (status == 0) {
		describe_facts(&arena, &facts, &manifest);
		status = bc_cache_store(&stage->cache, unit->compile, unit->key, &manifest);
		bc_facts_close(&facts);
	}
	bc_arena_fini(&arena);
	return status;
}

/* Whether an option is about the machine and not about the language; -m32 and its like are both. */
static int is_machine_option(const char *arg)
{
	return !strncmp(arg, "-m", 2) && strcmp(arg, "-m32") != 0 && strcmp(arg, "-m64") != 0 &&
	       strcmp(arg, "-mx32") != 0 && strcmp(arg, "-m16") != 0;
}

/*
 * Parses; and where libclang would not even start, once more without the options that name a
 * machine or processor it may not know. A cross compiler that is just called gcc comes with such
 * options.
 */
static int parse_leniently(
	struct bc_arena *arena, struct bc_parse_job *job, struct bc_parse_result *result)
{
	const char **args = BC_NEW_ARRAY(arena, const char *, (size_t)job->nargs);
	int status = bc_parse_unit(job, result), n = 0;

	for (int i = 0; i < job->nargs; i++) {
		if (!strcmp(job->args[i], "-target"))
			i++;
		else if (!is_machine_option(job->args[i]))
			args[n++] = job->args[i];
	}
	if (status != BC_EINPUT || n == job->nargs)
		return status;
	job->args = args;
	job->nargs = n;
	memset(result, 0, sizeof(*result));
	return bc_parse_unit(job, result);
}

static int parse_one(void *context, size_t job, void *result)
{
	struct stage *stage = context;
	const struct bc_unit *unit = &stage->units[stage->stale[job]];
	struct bc_arena arena = BC_ARENA_INIT;
	struct outcome *outcome = result;
	struct bc_parse_job parse = {.file = unit->compile->file,
		.directory = unit->compile->directory,
		.args = unit->compile->args,
		.nargs = unit->compile->nargs,
		.root = stage->project->root,
		.unit_out = bc_cache_unit_path(&arena, stage->project->facts, unit->key),
		.shard_dir = stage->shard_folder};
	int status;

	/* Else a worker that dies between the two would leave a manifest of other facts. */
	bc_cache_forget(&stage->cache, unit->key);
	status = parse_leniently(&arena, &parse, &outcome->parsed);
	if (status == 0)
		status = store_manifest(stage, unit, parse.unit_out, &outcome->parsed);
	if (status != 0)
		snprintf(outcome->failure, sizeof(outcome->failure), "%s", bc_error_message());
	bc_arena_fini(&arena);
	return status;
}

/* ---- in the parent ---- */

static void fail_unit(struct bc_unit *unit, const char *reason)
{
	unit->status = BC_UNIT_FAILED;
	unit->facts = NULL;
	unit->first_error = reason;
}

static const char *signal_name(struct bc_arena *arena, int number)
{
	switch (number) {
	case SIGSEGV: return "SIGSEGV";
	case SIGABRT: return "SIGABRT";
	case SIGBUS: return "SIGBUS";
	case SIGFPE: return "SIGFPE";
	case SIGILL: return "SIGILL";
	default: return bc_arena_printf(arena, "signal %d", number);
	}
}

static const char *size_text(struct bc_arena *arena, size_t bytes)
{
	size_t mb = bytes >> 20;

	return mb % 1024 ? bc_arena_printf(arena, "%zu MB", mb)
			 : bc_arena_printf(arena, "%zu GB", mb / 1024);
}

static size_t memory_limit(const struct bc_units_options *options)
{
	if (options->memory_limit == SIZE_MAX)
		return 0;
	return options->memory_limit ? options->memory_limit : BC_UNITS_MEMORY_LIMIT;
}

/* Why a job ended without a result. */
static const char *reason_of(const struct stage *stage, enum bc_job_status status, int detail)
{
	size_t limit = memory_limit(stage->options);

	switch (status) {
	case BC_JOB_CRASHED:
		if (!detail)
			return "libclang ended the process";
		return bc_arena_printf(
			stage->arena, "libclang crashed (%s)", signal_name(stage->arena, detail));
	case BC_JOB_TIMED_OUT: return bc_arena_printf(stage->arena, "gave up after %d s", detail);
	case BC_JOB_OUT_OF_MEMORY:
		if (detail == SIGKILL || !limit)
			return "the machine ran out of memory; try a smaller -j";
		return bc_arena_printf(
			stage->arena, "needed more than %s", size_text(stage->arena, limit));
	case BC_JOB_DONE:
	case BC_JOB_CANCELLED: break;
	}
	return "interrupted";
}

static void take_outcome(void *context, size_t job, enum bc_job_status status, int detail, int code,
	const void *result)
{
	struct stage *stage = context;
	struct bc_unit *unit = &stage->units[stage->stale[job]];
	const struct outcome *outcome = result;

	stage->done++;
	if (stage->options->progress)
		stage->options->progress(stage->options->context, stage->done, stage->nstale,
			bc_path_relative(stage->project->root, unit->compile->file));
	if (status != BC_JOB_DONE) {
		fail_unit(unit, reason_of(stage, status, detail));
	} else if (code != 0) {
		fail_unit(unit, *outcome->failure ? bc_arena_strdup(stage->arena, outcome->failure)
						  : "libclang could not read it");
	} else {
		unit->errors = outcome->parsed.errors;
		unit->first_error = bc_arena_strdup(stage->arena, outcome->parsed.first_error);
	}
	if (status == BC_JOB_DONE && code == BC_EOUTPUT && !stage->write_error)
		stage->write_error = unit->first_error;
	if (unit->status == BC_UNIT_FAILED)
		BC_LOG(INFO, "%s: %s", unit->compile->file, unit->first_error);
}

static int is_interrupted(void *context)
{
	const struct bc_units_options *options = ((struct stage *)context)->options;

	return options->interrupted && options->interrupted(options->context);
}

/* Why a source cannot be read, or NULL. libclang would only say that it could not start on it. */
static const char *find_obstacle(const char *file, struct stat *st)
{
	if (stat(file, st) == 0 && access(file, R_OK) == 0)
		return NULL;
	return errno == ENOENT ? "file not found" : strerror(errno);
}

/* Decides about one source: cached, missing, or to be parsed. */
static void look_up(struct stage *stage, size_t index, const char *producer)
{
	struct bc_unit *unit = &stage->units[index];
	struct bc_arena scratch = BC_ARENA_INIT;
	struct bc_manifest manifest;
	struct stat st;
	const char *obstacle = find_obstacle(unit->compile->file, &st);

	bc_cache_key(stage->project->root, unit->compile, producer, unit->key);
	unit->first_error = "";
	if (obstacle) {
		fail_unit(unit, bc_arena_strdup(stage->arena, obstacle));
		return;
	}
	unit->facts = bc_cache_unit_path(stage->arena, stage->project->facts, unit->key);
	if (!stage->options->no_cache &&
		bc_cache_check(&stage->cache, &scratch, unit->key, &manifest)) {
		unit->status = BC_UNIT_CACHED;
		unit->errors = (int)manifest.errors;
		unit->first_error = bc_arena_strdup(stage->arena, manifest.first_error);
	} else {
		stage->sizes[index] = (size_t)st.st_size;
		stage->stale[stage->nstale++] = index;
	}
	bc_arena_fini(&scratch);
}

static int compare_sizes(const void *a, const void *b, void *context)
{
	const struct stage *stage = context;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;

	if (stage->sizes[i] != stage->sizes[j])
		return stage->sizes[i] < stage->sizes[j] ? 1 : -1;
	return i < j ? -1 : i > j;
}

static int worker_count(const struct bc_units_options *options)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (options->jobs > 0)
		return options->jobs;
	return processors > 0 ? (int)processors : 1;
}

static int parse_stale(struct stage *stage)
{
	const struct bc_units_options *options = stage->options;
	struct bc_worker_pool pool = {.workers = worker_count(options),
		.timeout_s = options->timeout_s ? options->timeout_s : BC_UNITS_TIMEOUT_S,
		.memory_limit = memory_limit(options),
		.result_size = sizeof(struct outcome),
		.context = stage,
		.run = parse_one,
		.done = take_outcome,
		.interrupted = is_interrupted};
	int status = 0;

	if (pool.timeout_s < 0)
		pool.timeout_s = 0;
	/* Biggest first, so that none of them is what all others wait for in the end. */
	qsort_r(stage->stale, stage->nstale, sizeof(*stage->stale), compare_sizes, stage);
	if (stage->nstale)
		status = bc_workers_run(&pool, stage->nstale);
	if (status == 0 && stage->write_error)
		status = bc_fail(BC_EOUTPUT, "%s", stage->write_error); /* no fault of the source */
	return status;
}

static void count_units(const struct stage *stage, struct bc_units *out)
{
	*out = (struct bc_units){.items = stage->units, .count = stage->count};
	for (size_t i = 0; i < stage->count; i++) {
		const struct bc_unit *unit = &stage->units[i];

		out->parsed += unit->status == BC_UNIT_PARSED;
		out->cached += unit->status == BC_UNIT_CACHED;
		out->failed += unit->status == BC_UNIT_FAILED;
		out->degraded += (size_t)bc_unit_is_degraded(unit);
	}
}

static void prune(const struct stage *stage)
{
	uint64_t(*keys)[2] = bc_xmalloc(stage->count * sizeof(*keys));

	for (size_t i = 0; i < stage->count; i++)
		memcpy(keys[i], stage->units[i].key, sizeof(keys[i]));
	bc_cache_prune(stage->project->facts, (const uint64_t(*)[2])keys, stage->count);
	free(keys);
}

static void prepare_stage(struct stage *stage, const struct bc_compdb *db)
{
	bc_cache_init(&stage->cache, stage->project->root, stage->project->facts);
	stage->shard_folder = bc_cache_shard_folder(stage->arena, stage->project->facts);
	stage->count = db->count;
	stage->units = BC_NEW_ARRAY(stage->arena, struct bc_unit, db->count);
	stage->stale = BC_NEW_ARRAY(stage->arena, size_t, db->count);
	stage->sizes = BC_NEW_ARRAY(stage->arena, size_t, db->count);
	for (size_t i = 0; i < db->count; i++)
		stage->units[i].compile = &db->entries[i];
}

int bc_units_prepare(struct bc_arena *arena, const struct bc_compdb *db,
	const struct bc_project *project, const struct bc_units_options *options,
	struct bc_units *out)
{
	struct stage stage = {.arena = arena, .options = options, .project = project};
	const char *producer = bc_arena_printf(arena, "%s/%u/%s",
		options->producer ? options->producer : "", BC_FACTS_VERSION, bc_parse_version());
	int status;

	prepare_stage(&stage, db);
	for (size_t i = 0; i < stage.count; i++)
		look_up(&stage, i, producer);
	status = parse_stale(&stage);
	bc_cache_fini(&stage.cache);
	count_units(&stage, out);
	if (status == 0 && options->prune && out->parsed)
		prune(&stage);
	return status;
}
