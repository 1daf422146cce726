/* Remarks on what people wrote for us: the project file's entries, and annotations. */
#include <string.h>

#include "base/fs.h"
#include "findings/build.h"

static void add(
	struct bc_findings *findings, const char *rule, struct bc_place_loc at, const char *message)
{
	struct bc_remark remark = {.at = at, .message = message};

	strncpy(remark.rule, rule, sizeof(remark.rule) - 1);
	bc_vec_push(&findings->remarks, remark);
}

static void add_fault(struct bc_findings *findings, const struct bc_program *program,
	const struct bc_mark_fault *fault)
{
	struct bc_arena *arena = &findings->report->arena;
	const struct bc_sym *sym = &program->syms[fault->sym];
	struct bc_place_loc at = {bc_arena_strdup(arena, sym->file), sym->line, sym->column};

	add(findings, "BC302", at,
		bc_arena_printf(arena, "the annotation '%s' of %s() is not understood: %s",
			fault->text, sym->name, fault->why));
}

static void join(struct bc_arena *arena, uint8_t **all, const uint8_t *one, int n)
{
	if (!*all)
		*all = BC_NEW_ARRAY(arena, uint8_t, (size_t)n + 1);
	for (int i = 0; i < n; i++)
		(*all)[i] |= one[i];
}

void bc_findings_add_remarks(struct bc_findings *findings, const struct bc_linked *linked)
{
	struct bc_arena *arena = &findings->report->arena;
	const struct bc_marks *marks = &linked->marks;

	for (size_t i = 0; i < marks->faults.count; i++)
		add_fault(findings, &linked->program, &marks->faults.items[i]);
	join(arena, &findings->never_used, marks->never_used, marks->models->nnevers);
	join(arena, &findings->cut_used, marks->cut_used, marks->models->ncuts);
}

static struct bc_place_loc locate(struct bc_arena *arena, const struct bc_origin *origin)
{
	/* the project file lies in the project's root */
	return (struct bc_place_loc){
		bc_arena_strdup(arena, bc_path_basename(origin->path)), (uint32_t)origin->line, 0};
}

void bc_findings_add_unused(struct bc_findings *findings, const struct bc_models *models)
{
	struct bc_arena *arena = &findings->report->arena;

	/* without a program, nothing was looked for */
	if (!findings->never_used)
		return;
	for (int i = 0; i < models->nnevers; i++) {
		const struct bc_never_rule *rule = &models->nevers[i];

		if (rule->own && !findings->never_used[i])
			add(findings, "BC301", locate(arena, &rule->origin),
				bc_arena_printf(arena,
					"never_blocks names %s(), which the program does not have",
					rule->functions[0]));
	}
	for (int i = 0; i < models->ncuts; i++) {
		const struct bc_cut_rule *rule = &models->cuts[i];

		if (!findings->cut_used[i])
			add(findings, "BC301", locate(arena, &rule->origin),
				bc_arena_printf(arena,
					"the cut matches nothing: %s() does not call %s()",
					rule->from, rule->to));
	}
}
