/* Which descriptors a loop watches, and which functions expect EAGAIN. */
#include "link/modes/origins.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/interp/values.h"

static void mark_watch(
	struct bc_mode_solver *s, uint32_t call, const struct bc_role *role, uint32_t fd_node)
{
	(void)role;
	bc_origins_mark(s, s->modes->program->calls[call].func, fd_node, BC_ORIGIN_WATCHED, call);
}

/* fd / 64 and fd % 64: whatever integer places stand in the expression. */
static void mark_locals_in(struct bc_mode_solver *s, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &s->modes->program->funcs[func];

	for (uint32_t i = node; i < node + f->nodes[node].size; i++)
		if (f->nodes[i].kind == BC_N_LOCAL || f->nodes[i].kind == BC_N_VAR ||
			f->nodes[i].kind == BC_N_FIELD)
			bc_origins_mark(s, func, i, BC_ORIGIN_WATCHED, BC_NONE);
}

/* FD_SET(fd, &set) is |= on fds_bits by now, and a pollfd has its fd stored: both are watches. */
void bc_watches_mark_polled(struct bc_mode_solver *s, uint32_t func)
{
	const struct bc_func *f = &s->modes->program->funcs[func];

	for (uint32_t i = 0; i < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];
		const struct bc_fieldinfo *field;

		if (n->kind != BC_N_SET && (n->kind != BC_N_FIELD || !i ||
						   (f->nodes[i - 1].kind != BC_N_ASSIGN &&
							   f->nodes[i - 1].kind != BC_N_INDEX)))
			continue;
		field = &s->modes->program->fields[bc_node_field(f, n)];
		if (n->kind == BC_N_SET && !strcmp(field->record, "struct pollfd") &&
			!strcmp(field->name, "fd"))
			bc_origins_mark(s, func, i + 1, BC_ORIGIN_WATCHED, BC_NONE);
		if (n->kind == BC_N_FIELD && i && f->nodes[i - 1].kind == BC_N_ASSIGN &&
			!strcmp(field->record, "struct pollfd") && !strcmp(field->name, "fd"))
			bc_origins_mark(s, func, bc_kid(f, i - 1, 1), BC_ORIGIN_WATCHED, BC_NONE);
		if (n->kind == BC_N_FIELD && i > 1 && strstr(field->name, "fds_bits") &&
			f->nodes[i - 1].kind == BC_N_INDEX && f->nodes[i - 2].kind == BC_N_ASSIGN &&
			f->nodes[i - 2].op == BC_OP_OR)
			mark_locals_in(s, func, bc_kid(f, i - 1, 1));
	}
}

void bc_watches_mark(struct bc_mode_solver *s, uint32_t call)
{
	const struct bc_program *program = s->modes->program;
	const struct bc_call *c = &program->calls[call];
	const struct bc_watch_rule *rule =
		c->sym == BC_NONE ? NULL : program->syms[c->sym].rules->watch;
	int arg = rule ? rule->fd_arg : 0;
	uint32_t node = arg ? bc_call_argument(&program->funcs[c->func], c->node, arg) : BC_NONE;

	if (node != BC_NONE)
		bc_origins_mark(s, c->func, node, BC_ORIGIN_WATCHED, call);
	bc_origins_each_watch(s, call, mark_watch);
}

/* ---- belief ---- */

static int is_would_block(const struct bc_models *models, int64_t number)
{
	for (int i = 0; i < models->nwould_block; i++) {
		const struct bc_number *n = &models->would_block[i];
		int64_t value = n->value;

		if (n->constant != UINT32_MAX) {
			if (!models->constants[n->constant].known)
				continue;
			value = models->constants[n->constant].value;
		}
		if (number == value || number == -value)
			return 1;
	}
	return 0;
}

/* The number that a node compares something with; BC_NONE where it is no comparison. */
static uint32_t compared_number(const struct bc_func *f, uint32_t node)
{
	const struct bc_node *n = &f->nodes[node];

	if (n->kind == BC_N_CASE)
		return node + 1;
	return n->kind == BC_N_BINARY && (n->op == BC_OP_EQ || n->op == BC_OP_NE)
		       ? bc_kid(f, node, 1)
		       : BC_NONE;
}

static int reads_errno(const struct bc_modes *modes, const struct bc_func *f)
{
	for (uint32_t i = f->call; i < f->call + f->ncalls; i++)
		if (modes->program->calls[i].sym != BC_NONE &&
			!strcmp(modes->program->syms[modes->program->calls[i].sym].name,
				"__errno_location"))
			return 1;
	return 0;
}

/* Does the body compare something with EAGAIN, and is errno looked at in it (or -EAGAIN meant)? */
int bc_watches_believes(const struct bc_modes *modes, const struct bc_func *f)
{
	int compares = 0;

	for (uint32_t i = 0; i < f->nnodes; i++) {
		uint32_t number = compared_number(f, i);

		if (number == BC_NONE || f->nodes[number].kind != BC_N_INT ||
			!is_would_block(modes->models, bc_node_int(f, &f->nodes[number])))
			continue;
		if (bc_node_int(f, &f->nodes[number]) < 0)
			return 1;
		compares = 1;
	}
	return compares && reads_errno(modes, f);
}
