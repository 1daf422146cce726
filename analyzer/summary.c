/* What a report says beside its findings: which of them to show, the units, the run. */
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

static int lies_in(const struct bc_stages *p, const char *file, const char *wanted)
{
	const char *absolute = bc_path_absolute((struct bc_arena *)&p->arena, p->here, wanted);
	const char *relative = bc_path_relative(p->project.root, absolute);
	size_t n = strlen(relative);

	if (!strcmp(relative, "."))
		return 1;
	return !strncmp(file, relative, n) && (file[n] == '\0' || file[n] == '/');
}

static int passes_through(const struct bc_stages *p, const struct bc_finding *finding)
{
	for (const char *const *path = p->options->paths; *path; path++)
		for (int i = 0; i < finding->npath; i++)
			if (lies_in(p, finding->path[i].at.file, *path))
				return 1;
	return 0;
}

/* With PATH arguments, only findings whose way passes through one of them are told. All are of use
 * to whoever keeps them. */
void bc_stages_mark_elsewhere(struct bc_stages *p, struct bc_report *report)
{
	if (!p->options->paths || !*p->options->paths)
		return;
	for (int i = 0; i < report->nfindings; i++)
		report->findings[i].elsewhere = !passes_through(p, &report->findings[i]);
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
