/* Printers of the link stage: stable text, one fact a line. */
#include <string.h>

#include "base/buf.h"
#include "link/link.h"

static const char *const target_names[] = {[BC_TARGET_DIRECT] = "direct",
	[BC_TARGET_EXACT] = "pointer",
	[BC_TARGET_LENIENT] = "pointer, compatible type",
	[BC_TARGET_SYNC] = "called by the callee"};

static void dump_call(const struct bc_linked *linked, uint32_t call, struct bc_buf *out)
{
	const struct bc_program *program = &linked->program;
	const struct bc_call *c = &program->calls[call];
	const struct bc_func *f = &program->funcs[c->func];

	for (uint32_t t = 0; t < c->ntargets; t++) {
		const struct bc_target *target = &program->targets[c->target + t];

		bc_buf_printf(out, "%s -> %s  %s:%u  %s", bc_func_name(program, c->func),
			program->syms[target->sym].name, f->file, bc_call_line(program, call),
			target_names[target->kind]);
		if (target->place != BC_NONE)
			bc_buf_printf(out, " through %s",
				bc_place_name(&linked->solution.places, target->place));
		if (linked->discovery.is_dispatch[call])
			bc_buf_str(out, " (loop dispatch)");
		bc_buf_char(out, '\n');
	}
	if (linked->discovery.is_loop_wait[call])
		bc_buf_printf(out, "%s waits  %s:%u\n", bc_func_name(program, c->func), f->file,
			bc_call_line(program, call));
	if (!c->ntargets)
		bc_buf_printf(out, "%s -> ?  %s:%u  no target found\n",
			bc_func_name(program, c->func), f->file, bc_call_line(program, call));
}

void bc_dump_graph(const struct bc_linked *linked, const char *name, struct bc_buf *out)
{
	for (uint32_t i = 0; i < linked->program.ncalls; i++)
		if (!name || !strcmp(name,
				     bc_func_name(&linked->program, linked->program.calls[i].func)))
			dump_call(linked, i, out);
}

void bc_dump_roots(const struct bc_linked *linked, const char *name, struct bc_buf *out)
{
	const struct bc_program *program = &linked->program;

	for (size_t i = 0; i < linked->roots.list.count; i++) {
		const struct bc_root *root = &linked->roots.list.items[i];
		const struct bc_func *f = &program->funcs[root->func];

		if (name && strcmp(name, bc_func_name(program, root->func)) != 0)
			continue;
		bc_buf_printf(out, "%-6s %s  %s:%u  %s", bc_context_name(root->context),
			bc_func_name(program, root->func), f->file, f->line, root->loop);
		if (root->registered_by)
			bc_buf_printf(out, "  %s", root->registered_by);
		if (root->kind == BC_ROOT_LOOP_BODY)
			bc_buf_str(out, "  loop body");
		bc_buf_printf(out, "  %s:%u\n", root->file ? root->file : "", root->line);
	}
}

void bc_dump_places(const struct bc_linked *linked, const char *name, struct bc_buf *out)
{
	const struct bc_solution *solution = &linked->solution;
	const struct bc_program *program = &linked->program;

	for (uint32_t place = 0; place < solution->places.count; place++) {
		uint32_t n;
		const uint32_t *syms = bc_held_by(solution, place, &n);
		const char *text;

		if (!n)
			continue;
		text = bc_place_name(&solution->places, place);
		if (name && !strstr(text, name))
			continue;
		for (uint32_t i = 0; i < n; i++) {
			const struct bc_flow *witness = bc_witness(solution, place, syms[i]);
			const struct bc_func *f = &program->funcs[witness->func];

			bc_buf_printf(out, "%s <- %s  %s:%u\n", text, program->syms[syms[i]].name,
				f->file, BC_LOC_LINE(f->nodes[witness->node].loc));
		}
	}
}
