/* One finding, out of a hit and the way to it. */
#include <stdio.h>
#include <string.h>

#include "findings/builder.h"
#include "findings/grade.h"

/* A dispatch table this wide is named as a family, not as a lucky guess among its entries. */
enum { FAMILY_TARGETS = 8 };

/* ---- the path ---- */

static void set_indirect(struct bc_builder *b, struct bc_step *step, const struct bc_target *target,
	uint32_t call, uint32_t ntargets)
{
	const struct bc_program *program = &b->linked->program;
	const struct bc_flow *witness = NULL;

	step->via = BC_VIA_POINTER;
	step->targets = ntargets ? ntargets : 1;
	if (target->kind == BC_TARGET_SYNC)
		step->witness_place = bc_arena_printf(&b->report->arena, "argument of %s()",
			program->syms[program->calls[call].sym].name);
	else if (target->place != BC_NONE)
		step->witness_place = bc_builder_keep(
			b, bc_place_name(&b->linked->solution.places, target->place));
	if (target->place != BC_NONE)
		witness = bc_witness(&b->linked->solution, target->place, target->sym);
	step->witness = witness ? bc_builder_at_node(b, witness->func, witness->node) : step->at;
}

static void set_step(struct bc_builder *b, struct bc_step *step, uint32_t call, uint32_t target_id,
	uint32_t ntargets)
{
	const struct bc_program *program = &b->linked->program;
	const struct bc_call *c = &program->calls[call];
	const struct bc_target *target = &program->targets[target_id];

	step->function = bc_builder_keep(b, bc_func_name(program, c->func));
	step->at = bc_builder_at_node(b, c->func, c->node);
	step->calls = bc_builder_keep(b, program->syms[target->sym].name);
	step->witness_place = "";
	step->witness = bc_builder_at(b, "", 0, 0);
	if (target->kind != BC_TARGET_DIRECT)
		set_indirect(b, step, target, call, ntargets);
	else if (program->funcs[c->func].nodes[c->node].flags & BC_NF_CLEANUP)
		step->via = BC_VIA_CLEANUP;
}

static void set_path(struct bc_builder *b, struct bc_finding *finding, const struct bc_hit *hit)
{
	const struct bc_search *search = b->search;
	uint32_t edge = search->states.items[hit->state].from_edge;
	int n = 1, i;

	for (uint32_t e = edge; e != BC_NONE;
		e = search->states.items[search->edges.items[e].from].from_edge)
		n++;
	finding->npath = n;
	finding->path = BC_NEW_ARRAY(&b->report->arena, struct bc_step, (size_t)n);
	set_step(b, &finding->path[n - 1], hit->call, hit->target,
		b->linked->program.calls[hit->call].ntargets);
	for (i = n - 2; edge != BC_NONE; i--) {
		const struct bc_edge *e = &search->edges.items[edge];

		set_step(b, &finding->path[i], e->call, e->target, e->ntargets);
		edge = search->states.items[e->from].from_edge;
	}
}

static void set_family(struct bc_finding *finding)
{
	for (int i = 0; i < finding->npath; i++) {
		const struct bc_step *step = &finding->path[i];

		if (step->targets >= FAMILY_TARGETS && step->targets > finding->family_size) {
			finding->family = step->witness_place;
			finding->family_size = step->targets;
		}
	}
}

/* ---- the rest of a finding ---- */

static void set_callback(
	struct bc_builder *b, struct bc_finding *finding, const struct bc_root *root)
{
	finding->callback.function =
		bc_builder_keep(b, bc_func_name(&b->linked->program, root->func));
	finding->callback.at = root->kind == BC_ROOT_LOOP_BODY
				       ? bc_builder_at(b, root->file, root->line, root->column)
				       : bc_builder_at_function(b, root->func);
	finding->callback.loop = bc_builder_keep(b, root->loop);
	finding->callback.registered_by = bc_builder_keep(b, root->registered_by);
	finding->callback.registered_at = bc_builder_at(b, root->file, root->line, root->column);
}

static void set_callbacks(struct bc_builder *b, struct bc_finding *finding, const uint8_t *reaching)
{
	const struct bc_roots *roots = b->search->roots;

	finding->callbacks = BC_NEW_ARRAY(&b->report->arena, const char *, roots->list.count + 1);
	finding->callbacks[finding->ncallbacks++] = finding->callback.function;
	for (size_t i = 0; i < roots->list.count; i++) {
		const char *name;

		if (!reaching[i])
			continue;
		name = bc_func_name(&b->linked->program, roots->list.items[i].func);
		if (strcmp(name, finding->callback.function) != 0)
			finding->callbacks[finding->ncallbacks++] = bc_builder_keep(b, name);
	}
}

static void set_alternatives(
	struct bc_builder *b, struct bc_finding *finding, const struct bc_sink_rule *rule)
{
	struct bc_alternative *kept = BC_NEW_ARRAY(
		&b->report->arena, struct bc_alternative, (size_t)rule->nalternatives + 1);
	int n = 0;

	/* those of this loop first, then those of any; another loop's only where nothing fits */
	for (int pass = 0; pass < 3; pass++) {
		if (pass == 2 && n)
			break;
		for (int i = 0; i < rule->nalternatives; i++) {
			const struct bc_alternative *a = &rule->alternatives[i];
			int same = !strcmp(a->loop, finding->callback.loop), any = !a->loop[0];

			if (pass == 0 ? same : pass == 1 ? any : 1)
				kept[n++] = (struct bc_alternative){bc_builder_keep(b, a->use),
					bc_builder_keep(b, a->note), bc_builder_keep(b, a->loop)};
		}
	}
	finding->alternatives = kept;
	finding->nalternatives = n;
}

static void set_assumptions(struct bc_builder *b, struct bc_finding *finding,
	const struct bc_hit *hit, const struct bc_root *root)
{
	const struct bc_verdict *verdict = &hit->verdict;

	finding->assumptions =
		BC_NEW_ARRAY(&b->report->arena, const char *, (size_t)verdict->nassumptions + 3);
	for (int i = 0; i < verdict->nassumptions; i++)
		finding->assumptions[finding->nassumptions++] =
			bc_builder_keep(b, verdict->assumptions[i]);
	if (root->assumed)
		finding->assumptions[finding->nassumptions++] = bc_builder_keep(b, root->assumed);
	if (root->kind == BC_ROOT_LOOP_BODY || root->kind == BC_ROOT_DISCOVERED)
		finding->assumptions[finding->nassumptions++] = bc_arena_printf(&b->report->arena,
			"the loop in %s() is the program's event loop",
			bc_func_name(&b->linked->program, root->driver));
}

enum bc_confidence bc_builder_confidence_of(
	const struct bc_search *search, const struct bc_hit *hit)
{
	enum bc_confidence path = search->states.items[hit->state].confidence;

	return hit->verdict.confidence < (int)path ? (enum bc_confidence)hit->verdict.confidence
						   : path;
}

static void set_worst(struct bc_builder *b, struct bc_finding *finding, const struct bc_hit *hit)
{
	const struct bc_verdict *verdict = &hit->verdict;
	struct bc_worst worst =
		bc_models_worst(b->search->models, hit->rule, verdict->category, verdict->bound);

	if (verdict->worst.why)
		worst = verdict->worst;
	else if (verdict->bound == BC_BOUND_TIMEOUT && verdict->ms >= 0)
		worst = (struct bc_worst){verdict->ms, "its time limit"};
	else if (verdict->bound == BC_BOUND_TIMEOUT && !worst.why)
		worst = (struct bc_worst){-1, "its time limit, which is not known"};
	finding->worst = (struct bc_worst){worst.ms, bc_builder_keep(b, worst.why)};
}

static void set_message(struct bc_builder *b, struct bc_finding *finding, const struct bc_hit *hit)
{
	struct bc_arena *arena = &b->report->arena;

	finding->because = bc_builder_keep(b, hit->rule->because);
	switch (hit->verdict.spins) {
	case BC_SPINS_NOT:
		finding->message = bc_arena_printf(
			arena, "%s() can block the event loop", finding->sink.function);
		break;
	case BC_SPINS_RETRYING:
		finding->message = bc_arena_printf(arena,
			"%s() is repeated without a wait while it would block",
			finding->sink.function);
		finding->because = hit->rule->ready_once ? "it spins until something arrives"
							 : "it spins until the other side reads";
		break;
	case BC_SPINS_LOOKING:
		finding->message = bc_arena_printf(arena,
			"a loop in %s() spins until something else ends it", finding->sink.in);
		break;
	}
}

static void set_sink(struct bc_builder *b, struct bc_finding *finding, const struct bc_hit *hit)
{
	const struct bc_program *program = &b->linked->program;
	const struct bc_call *c = &program->calls[hit->call];

	finding->sink.function =
		bc_builder_keep(b, program->syms[program->targets[hit->target].sym].name);
	finding->sink.in = bc_builder_keep(b, bc_func_name(program, c->func));
	finding->sink.at = bc_builder_at_node(b, c->func, c->node);
	finding->category = hit->verdict.category;
	finding->bound = hit->verdict.bound;
	finding->bound_ms = hit->verdict.bound == BC_BOUND_TIMEOUT ? hit->verdict.ms : -1;
	set_worst(b, finding, hit);
	finding->severity = bc_grade(hit->rule, &hit->verdict);
	set_message(b, finding, hit);
	snprintf(finding->rule, sizeof(finding->rule), "BC1%02u",
		(unsigned)hit->verdict.category % 100);
}

/* Not the call as such, but that somebody relies on its absence. */
static void set_promise(struct bc_builder *b, struct bc_finding *finding)
{
	finding->message = bc_arena_printf(&b->report->arena,
		"%s() is annotated as nonblocking, but %s() can block", finding->callback.function,
		finding->sink.function);
	snprintf(finding->rule, sizeof(finding->rule), "BC306");
}

/* The variable that told on the way that a signal came, the last one first; BC_NONE without. */
static uint32_t flag_on_way(const struct bc_search *search, const struct bc_hit *hit)
{
	uint32_t flag = hit->flag, edge = search->states.items[hit->state].from_edge;

	for (; flag == BC_NONE && edge != BC_NONE;
		edge = search->states.items[search->edges.items[edge].from].from_edge)
		flag = search->edges.items[edge].flag;
	return flag;
}

static const char *explain_phase(struct bc_builder *b, enum bc_phase phase,
	const struct bc_hit *hit, const struct bc_root *root)
{
	struct bc_arena *arena = &b->report->arena;
	uint32_t flag = flag_on_way(b->search, hit);
	const char *name = bc_phase_name(phase);

	if (flag != BC_NONE)
		return bc_arena_printf(arena, "only on %s (%s, which a signal sets)", name,
			b->linked->program.syms[flag].name);
	if (phase == BC_PHASE_SHUTDOWN && bc_phase_of_mask(root->phases) == BC_PHASE_NORMAL)
		return "the loop ends with this";
	if (root->signal)
		return bc_arena_printf(arena, "only on %s (%s)", name, root->signal);
	return bc_arena_printf(arena, "only on %s", name);
}

/* One step down, and why. How sure the finding is does not change. */
static void set_phase(struct bc_builder *b, struct bc_finding *finding, const struct bc_hit *hit,
	const struct bc_root *root, uint8_t mask)
{
	finding->phase = bc_phase_of_mask(mask);
	if (finding->phase == BC_PHASE_NORMAL)
		return;
	finding->phase_why = explain_phase(b, finding->phase, hit, root);
	if (finding->severity > BC_SEV_NOTE)
		finding->severity--;
}

void bc_builder_add_finding(
	struct bc_builder *b, const struct bc_hit *hit, const uint8_t *reaching, uint8_t phases)
{
	const struct bc_search *search = b->search;
	const struct bc_root *root =
		&search->roots->list.items[search->states.items[hit->state].root];
	struct bc_finding *finding;

	bc_vec_push(&b->out->findings, (struct bc_finding){.baseline = "new"});
	finding = &bc_vec_last(&b->out->findings);
	finding->confidence = bc_builder_confidence_of(search, hit);
	set_sink(b, finding, hit);
	set_callback(b, finding, root);
	set_phase(b, finding, hit, root, phases);
	if (root->kind == BC_ROOT_PROMISE)
		set_promise(b, finding);
	set_path(b, finding, hit);
	set_family(finding);
	set_callbacks(b, finding, reaching);
	set_assumptions(b, finding, hit, root);
	set_alternatives(b, finding, hit->rule);
	finding->suppressed =
		bc_builder_keep(b, bc_mark_of_func(&b->linked->marks, &b->linked->program,
					   b->linked->program.calls[hit->call].func)
					   ->allowed);
	if (b->options->watcher)
		b->options->watcher->see(b->options->watcher,
			&(struct bc_found){b->linked, search, hit, root, reaching, finding});
}
