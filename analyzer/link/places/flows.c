#include "link/places/flows.h"

static void read_assignment(const struct bc_places *places, uint32_t func, uint32_t node,
	const struct bc_flow_reader *reader, struct bc_sources *targets)
{
	uint32_t value = bc_kid(&places->program->funcs[func], node, 1);

	targets->list.count = 0;
	bc_places_of_expr(places, func, node + 1, targets);
	for (size_t i = 0; i < targets->list.count; i++)
		if (!(targets->list.items[i] & BC_SRC_FUNC))
			reader->flow(reader->context, targets->list.items[i], func, value, node);
}

void bc_flows_of_body(
	const struct bc_places *places, uint32_t func, const struct bc_flow_reader *reader)
{
	const struct bc_func *f = &places->program->funcs[func];
	struct bc_sources targets = {0}; /* one list for all assignments */
	uint32_t call = f->call;

	for (uint32_t i = 0; i < f->nnodes; i++) {
		const struct bc_node *n = &f->nodes[i];

		if (n->kind == BC_N_ASSIGN && n->op == BC_OP_NONE)
			read_assignment(places, func, i, reader, &targets);
		else if (n->kind == BC_N_SET)
			reader->flow(reader->context,
				bc_place_of_field(places, bc_node_field(f, n)), func, i + 1, i);
		else if (n->kind == BC_N_RETURN && n->size > 1 && f->sym != BC_NONE)
			reader->flow(reader->context, bc_place_of_return(places, f->sym), func,
				i + 1, i);
		else if (n->kind == BC_N_CALL)
			reader->call(reader->context, call++);
	}
	bc_vec_fini(&targets.list);
}
