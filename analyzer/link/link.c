#include "link/link.h"

#include <stdlib.h>

/* What is known of the whole program before any path is followed. */
static void prepare_interp(struct bc_linked *linked)
{
	linked->forks = bc_find_forks(&linked->program);
	linked->texts = bc_find_texts(&linked->program);
	bc_fields_init(&linked->fields, &linked->program, &linked->relevance);
	bc_globals_init(&linked->globals, &linked->program);
	linked->interp = (struct bc_interp){.program = &linked->program,
		.completion = &linked->completion,
		.forks = linked->forks,
		.texts = linked->texts,
		.fields = &linked->fields,
		.globals = &linked->globals};
}

static void run_search(struct bc_linked *linked, struct bc_search *search,
	const struct bc_roots *roots, const struct bc_models *models)
{
	search->program = &linked->program;
	search->models = models;
	search->marks = &linked->marks;
	search->roots = roots;
	search->discovery = &linked->discovery;
	search->relevance = &linked->relevance;
	search->busy = &linked->busy;
	search->sources = (struct bc_verdict_sources){.models = models,
		.modes = &linked->modes,
		.locks = &linked->locks,
		.spins = &linked->spins,
		.ready = &linked->ready,
		.limits = &linked->limits,
		.arena = &linked->arena};
	search->identity = &linked->identity;
	search->life = &linked->phases;
	search->interp = linked->interp;
	bc_search_run(search);
}

void bc_link(struct bc_linked *linked, const struct bc_facts *const *facts, uint32_t nfacts,
	const struct bc_models *models, const struct bc_config *config,
	const struct bc_plugins *plugins)
{
	struct bc_program *program = &linked->program;
	struct bc_liveness liveness;

	*linked = (struct bc_linked){0};
	bc_program_build(program, &linked->arena, facts, nfacts, models);
	bc_marks_init(&linked->marks, &linked->arena, program, models, plugins);
	linked->search.plugins = linked->broken.plugins = plugins;
	bc_solve(&linked->solution, program);
	/* from here on the call graph is frozen */
	bc_marks_match_cuts(&linked->marks, program);
	bc_completion_init(&linked->completion, program);
	bc_busy_init(&linked->busy, program);
	bc_relevance_init(&linked->relevance, program, &linked->marks, &linked->busy);
	prepare_interp(linked);
	bc_liveness_init(&liveness, &linked->interp);
	bc_roots_find(&linked->roots, &linked->solution, models, &linked->marks, &liveness);
	bc_liveness_fini(&liveness);
	bc_discover(&linked->discovery, &linked->roots, &linked->solution, &linked->interp);
	bc_roots_skip(&linked->roots, program, config);
	bc_roots_move_workers(&linked->roots, program, &linked->marks);
	/* the roots are complete */
	bc_globals_settle(&linked->globals, &linked->roots);
	bc_modes_init(&linked->modes, &linked->solution, models, &linked->interp);
	bc_limits_init(&linked->limits, &linked->modes, &linked->completion, linked->forks);
	bc_locks_init(&linked->locks, &linked->solution, &linked->roots, &linked->completion);
	bc_identity_init(&linked->identity, program);
	bc_phases_init(&linked->phases, program, models);
	bc_effects_init(&linked->effects, program);
	bc_spins_init(&linked->spins, program, models, &linked->completion, &linked->effects);
	bc_ready_init(&linked->ready, &linked->modes, &linked->effects);
	run_search(linked, &linked->search, &linked->roots, models);
	if (!linked->marks.npromises)
		return;
	bc_roots_find_promises(&linked->promises, program, &linked->marks);
	linked->broken.promises = 1;
	run_search(linked, &linked->broken, &linked->promises, models);
}

void bc_linked_fini(struct bc_linked *linked)
{
	bc_search_fini(&linked->search);
	bc_search_fini(&linked->broken);
	bc_roots_fini(&linked->promises);
	bc_busy_fini(&linked->busy);
	bc_ready_fini(&linked->ready);
	bc_spins_fini(&linked->spins);
	bc_effects_fini(&linked->effects);
	bc_locks_fini(&linked->locks);
	bc_identity_fini(&linked->identity);
	bc_phases_fini(&linked->phases);
	bc_limits_fini(&linked->limits);
	bc_modes_fini(&linked->modes);
	bc_discovery_fini(&linked->discovery);
	bc_roots_fini(&linked->roots);
	bc_relevance_fini(&linked->relevance);
	bc_completion_fini(&linked->completion);
	bc_solution_fini(&linked->solution);
	bc_marks_fini(&linked->marks);
	bc_globals_fini(&linked->globals);
	bc_fields_fini(&linked->fields);
	free(linked->texts);
	free(linked->forks);
	bc_arena_fini(&linked->arena);
}
