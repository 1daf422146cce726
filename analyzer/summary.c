/* What a report says beside its findings: which of them to show, the units, the run. */
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/workers.h"
#include "stages.h"

void bc_stages_collect(struct bc_stages *p, const struct bc_linked *linked, void *context)
{
	struct bc_collecting *c = context;

	(void)p;
	bc_findings_add(&c->findings, linked, &c->options);
}

/* ---- PATH arguments ---- */

struct wanted {
	const char *given, *path, *real; /* as it was written; absolute; without links */
	int met;                         /* something of the program is there */
};

static void resolve(struct bc_stages *p, const char *given, struct wanted *wanted)
{
	char *real = realpath(given, NULL);

	*wanted = (struct wanted){given, bc_path_absolute(&p->arena, p->here, given), NULL, 0};
	wanted->real = real ? bc_arena_strdup(&p->arena, real) : wanted->path;
	free(real);
}

static int lies_in(const struct wanted *wanted, const char *file)
{
	return bc_path_relative(wanted->path, file) != file ||
	       bc_path_relative(wanted->real, file) != file;
}

static int has_unit(const struct bc_stages *p, const struct wanted *wanted)
{
	for (size_t i = 0; i < p->compdb.count; i++)
		if (lies_in(wanted, p->compdb.entries[i].file))
			return 1;
	return 0;
}

/* Whether one of the PATHs is on the way; those that are have been met. */
static int passes_through(
	struct bc_stages *p, const struct bc_finding *finding, struct wanted *wanted, size_t n)
{
	int passes = 0;

	for (int i = 0; i < finding->npath; i++) {
		const char *file =
			bc_path_join(&p->arena, p->project.root, finding->path[i].at.file);

		for (size_t k = 0; k < n; k++)
			if (lies_in(&wanted[k], file))
				passes = wanted[k].met = 1;
	}
	return passes;
}

/* With PATH arguments, only findings whose way passes through one of them are told. All are of use
 * to whoever keeps them. */
void bc_stages_mark_elsewhere(struct bc_stages *p, struct bc_report *report)
{
	const char *const *paths = p->options->paths;
	struct wanted *wanted;
	size_t n = 0;

	while (paths && paths[n])
		n++;
	wanted = BC_NEW_ARRAY(&p->arena, struct wanted, n + 1);
	for (size_t i = 0; i < n; i++)
		resolve(p, paths[i], &wanted[i]);
	for (int i = 0; n && i < report->nfindings; i++)
		report->findings[i].elsewhere = !passes_through(p, &report->findings[i], wanted, n);
	for (size_t i = 0; i < n && !report->stray; i++)
		if (!wanted[i].met && !has_unit(p, &wanted[i]))
			report->stray = bc_arena_strdup(&report->arena, wanted[i].given);
}

/* ---- the run ---- */

static void report_plugins(const struct bc_stages *p, struct bc_report *report)
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

/* Nobody knows what a malformed entry was about: the database itself was not read whole. */
static void report_malformed(const struct bc_stages *p, struct bc_report *report)
{
	const struct bc_compdb *db = &p->compdb;
	struct bc_arena *arena = &report->arena;
	const char *root = p->project.root;

	report->summary.malformed = (int)db->skipped[BC_SKIP_MALFORMED];
	if (report->summary.malformed)
		report->degraded[report->ndegraded++] = (struct bc_degraded){
			.file = bc_arena_strdup(arena, bc_path_relative(root, db->path)),
			.errors = report->summary.malformed,
			.first = bc_arena_strdup(
				arena, bc_path_relative(root, db->first_malformed))};
}

void bc_stages_report_units(struct bc_stages *p, struct bc_report *report)
{
	struct bc_arena *arena = &report->arena;

	report->degraded = BC_NEW_ARRAY(arena, struct bc_degraded, p->units.degraded + 2);
	for (size_t i = 0; i < p->units.count; i++) {
		const struct bc_unit *unit = &p->units.items[i];

		if (bc_unit_is_degraded(unit))
			report->degraded[report->ndegraded++] = (struct bc_degraded){
				.file = bc_arena_strdup(arena,
					bc_path_relative(p->project.root, unit->compile->file)),
				.errors = unit->errors,
				.first = bc_arena_strdup(arena, unit->first_error)};
	}
	report_malformed(p, report);
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
			p->compdb.skipped[BC_SKIP_OTHER]);
	report->summary.peak_memory = bc_workers_peak_memory();
}
