/* The writer's bodies: a tree in pre-order, written from the root down and cut where it is too
 * deep. */
#include <stdlib.h>
#include <string.h>

#include "facts/writing.h"

/* What bc_fw_open() returns below the depth limit: no node, only how deep. Real nodes stay below.
 */
#define SKIPPED 0x80000000u

void bc_fw_function_begin(struct bc_fw *fw, const struct bc_fact_function *function)
{
	struct bc_fact_function *added;

	bc_vec_push(&fw->functions, *function);
	added = &bc_vec_last(&fw->functions);
	added->node = (uint32_t)fw->nodes.count;
	added->local = (uint32_t)fw->locals.count;
	added->nnodes = added->nlocals = 0;
	fw->open.count = 0;
	fw->skipped = 0;
	fw->cut = 0;
}

uint32_t bc_fw_local(struct bc_fw *fw, const struct bc_fact_local *local)
{
	bc_vec_push(&fw->locals, *local);
	memset(bc_vec_last(&fw->locals).pad, 0, sizeof(local->pad));
	return (uint32_t)fw->locals.count - 1 - bc_vec_last(&fw->functions).local;
}

uint32_t bc_fw_label(struct bc_fw *fw)
{
	return bc_vec_last(&fw->functions).nlabels++;
}

/* A body cut at the depth limit is not whole, and the user must learn of it. */
static void report_cut(struct bc_fw *fw, const struct bc_fact_function *function)
{
	struct bc_fact_diag diag = {
		.file = function->file,
		.line = BC_LOC_LINE(fw->cut_loc),
		.column = BC_LOC_COLUMN(fw->cut_loc),
		.severity = 3,
		.text = bc_fw_str(
			fw, "code nested too deep for analysis; the inner part was not read"),
	};

	bc_fw_diag(fw, &diag);
}

/* Rewinding can leave numbers that no node uses; readers count on no more labels than nodes. */
static void renumber_labels(struct bc_fw *fw, struct bc_fact_function *function)
{
	uint32_t *numbers = bc_xmalloc(function->nlabels * sizeof(*numbers)), used = 0;

	memset(numbers, 0xff, function->nlabels * sizeof(*numbers));
	for (uint32_t i = function->node; i < fw->nodes.count; i++) {
		struct bc_node *node = &fw->nodes.items[i];

		if ((node->kind != BC_N_LABEL && node->kind != BC_N_GOTO) ||
			node->ref >= function->nlabels)
			continue;
		if (numbers[node->ref] == BC_NONE)
			numbers[node->ref] = used++;
		node->ref = numbers[node->ref];
	}
	function->nlabels = used;
	free(numbers);
}

void bc_fw_function_end(struct bc_fw *fw)
{
	struct bc_fact_function *function = &bc_vec_last(&fw->functions);

	if (fw->open.count)
		bc_fw_close(fw, fw->open.items[0]);
	function->nnodes = (uint32_t)fw->nodes.count - function->node;
	function->nlocals = (uint32_t)fw->locals.count - function->local;
	if (function->nlabels > function->nnodes)
		renumber_labels(fw, function);
	if (fw->cut)
		report_cut(fw, function);
	/* A file without initialisers needs no body for them. */
	if (function->symbol == BC_NONE && function->nnodes <= 1) {
		fw->nodes.count = function->node;
		fw->locals.count = function->local;
		fw->functions.count--;
	}
}

/* ---- nodes ---- */

static void add_node(struct bc_fw *fw, enum bc_node_kind kind, int op, enum bc_class cls, int flags,
	uint32_t ref, uint32_t loc)
{
	struct bc_node node = {
		(uint8_t)kind, (uint8_t)op, (uint8_t)cls, (uint8_t)flags, 1, ref, loc};

	bc_vec_push(&fw->nodes, node);
}

uint32_t bc_fw_open(struct bc_fw *fw, enum bc_node_kind kind, int op, enum bc_class cls, int flags,
	uint32_t ref, uint32_t loc)
{
	uint32_t node = (uint32_t)fw->nodes.count;

	if (fw->skipped)
		return SKIPPED | ++fw->skipped;
	if (fw->open.count + 1 < BC_FACTS_MAX_DEPTH) {
		bc_vec_push(&fw->open, node);
		add_node(fw, kind, op, cls, flags, ref, loc);
		return node;
	}
	/* Readers recurse, so that depth is bounded: a leaf stands for the whole subtree. */
	add_node(fw, BC_N_OPAQUE, 0, cls, 0, BC_NONE, loc);
	fw->cut_loc = fw->cut ? fw->cut_loc : loc;
	fw->cut = 1;
	fw->cut_node = node;
	fw->skipped = 1;
	return SKIPPED | fw->skipped;
}

void bc_fw_close(struct bc_fw *fw, uint32_t node)
{
	if (node & SKIPPED) {
		fw->skipped = (node & ~SKIPPED) - 1;
		return;
	}
	fw->skipped = 0;
	while (fw->open.count && bc_vec_last(&fw->open) >= node) {
		uint32_t inner = bc_vec_pop(&fw->open);

		fw->nodes.items[inner].size = (uint32_t)fw->nodes.count - inner;
	}
}

void bc_fw_leaf(
	struct bc_fw *fw, enum bc_node_kind kind, enum bc_class cls, uint32_t ref, uint32_t loc)
{
	if (!fw->skipped)
		add_node(fw, kind, 0, cls, 0, ref, loc);
}

void bc_fw_flag(struct bc_fw *fw, uint32_t node, int flags)
{
	if (!(node & SKIPPED))
		fw->nodes.items[node].flags = (uint8_t)flags;
}

void bc_fw_rewind(struct bc_fw *fw, uint32_t node)
{
	if (node > (SKIPPED | 1)) {
		if (fw->skipped >= (node & ~SKIPPED))
			fw->skipped = (node & ~SKIPPED) - 1;
		return;
	}
	if (node == (SKIPPED | 1))
		node = fw->cut_node;
	fw->skipped = 0;
	while (fw->open.count && bc_vec_last(&fw->open) >= node)
		fw->open.count--;
	if (node < fw->nodes.count)
		fw->nodes.count = node;
}

uint32_t bc_fw_position(const struct bc_fw *fw)
{
	return (uint32_t)fw->nodes.count;
}
