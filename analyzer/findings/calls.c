/* The call graph of a link unit by names, for the join with measurements. */
#include <string.h>

#include "findings/build.h"

static int is_indirect(const struct bc_program *program, const struct bc_func *func)
{
	for (uint32_t i = 0; i < func->ncalls; i++)
		if (program->calls[func->call + i].sym == BC_NONE)
			return 1;
	return 0;
}

static struct bc_graph_function describe(
	struct bc_report *report, const struct bc_program *program, uint32_t func)
{
	const struct bc_func *f = &program->funcs[func];

	return (struct bc_graph_function){
		.name = bc_arena_strdup(&report->arena, bc_func_name(program, func)),
		.file = bc_arena_strdup(&report->arena, f->file ? f->file : ""),
		.line = f->line,
		.indirect = is_indirect(program, f)};
}

static void add_calls(
	struct bc_findings *findings, const struct bc_program *program, uint32_t base, uint32_t n)
{
	const struct bc_call *call = &program->calls[n];

	for (uint32_t i = 0; i < call->ntargets; i++) {
		const struct bc_target *target = &program->targets[call->target + i];
		uint32_t func = program->syms[target->sym].func;

		if (func != BC_NONE)
			bc_vec_push(&findings->calls,
				(struct bc_graph_call){base + call->func, base + func,
					target->kind == BC_TARGET_DIRECT ? BC_VIA_DIRECT
									 : BC_VIA_POINTER});
	}
}

void bc_findings_add_calls(struct bc_findings *findings, const struct bc_linked *linked)
{
	const struct bc_program *program = &linked->program;
	uint32_t base = (uint32_t)findings->functions.count;

	for (uint32_t i = 0; i < program->nfuncs; i++)
		bc_vec_push(&findings->functions, describe(findings->report, program, i));
	for (uint32_t i = 0; i < program->ncalls; i++)
		add_calls(findings, program, base, i);
}
