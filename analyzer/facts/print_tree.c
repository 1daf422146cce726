#include "facts/print.h"

#include <inttypes.h>

#include "facts/text.h"

/* Deeper levels are not indented further, so that the output stays linear in the input. */
enum { INDENT_MAX = 40, LITERAL_LIMIT = 60 };

static const char *const flag_names[] = {"init", "cleanup", "unused", "atomic", "macro"};
static const char *const loop_names[] = {"while", "do", "for"};

static void print_type(const struct bc_facts *facts, uint32_t type, struct bc_buf *out)
{
	if (type == BC_NONE)
		return;
	bc_buf_str(out, " <");
	bc_text_escape(bc_fact_str(facts, facts->types[type].spelling), out);
	bc_buf_char(out, '>');
}

static void print_ref(const struct bc_body *body, const struct bc_node *node, struct bc_buf *out)
{
	const struct bc_facts *facts = body->facts;

	switch (node->kind) {
	case BC_N_INT: bc_buf_printf(out, " %" PRId64, facts->ints[node->ref]); break;
	case BC_N_STR:
		bc_buf_char(out, ' ');
		bc_text_quote(bc_fact_str(facts, node->ref), LITERAL_LIMIT, out);
		break;
	case BC_N_FUNC:
	case BC_N_VAR:
		bc_buf_char(out, ' ');
		bc_text_escape(bc_fact_str(facts, facts->symbols[node->ref].name), out);
		break;
	case BC_N_LOCAL:
		bc_buf_char(out, ' ');
		bc_text_local(body, node->ref, out);
		break;
	case BC_N_FIELD:
	case BC_N_SET:
		bc_buf_char(out, ' ');
		bc_text_field(facts, node->ref, out);
		break;
	case BC_N_CAST:
	case BC_N_CALL: print_type(facts, node->ref, out); break;
	case BC_N_LABEL:
	case BC_N_GOTO:
		if (node->ref == BC_NONE)
			bc_buf_str(out, " computed");
		else
			bc_buf_printf(out, " %u", node->ref);
		break;
	default: break;
	}
}

static void print_op(const struct bc_node *node, struct bc_buf *out)
{
	if (node->kind == BC_N_LOOP)
		bc_buf_printf(out, " %s", loop_names[node->op]);
	else if (node->kind == BC_N_UNARY || node->kind == BC_N_BINARY || node->op)
		bc_buf_printf(out, " %s%s", bc_op_name((enum bc_op)node->op),
			node->kind == BC_N_ASSIGN ? "=" : "");
}

static void print_node(const struct bc_body *body, const struct bc_node *node, struct bc_buf *out)
{
	bc_buf_str(out, bc_node_kind_name((enum bc_node_kind)node->kind));
	print_op(node, out);
	print_ref(body, node, out);
	if (node->kind > BC_N_NONE && node->kind < BC_N_BLOCK)
		bc_buf_printf(out, " :%s", bc_class_name((enum bc_class)node->cls));
	for (unsigned int i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
		if (node->flags & (1u << i))
			bc_buf_printf(out, " %s", flag_names[i]);
	if (node->loc)
		bc_buf_printf(out, " @%u:%u", BC_LOC_LINE(node->loc), BC_LOC_COLUMN(node->loc));
}

static void print_subtree(const struct bc_body *body, uint32_t node, int depth, struct bc_buf *out)
{
	uint32_t end = bc_body_end(body, node);

	bc_buf_printf(out, "\n%*s(", 2 * (depth < INDENT_MAX ? depth : INDENT_MAX), "");
	print_node(body, &body->nodes[node], out);
	for (uint32_t child = node + 1; child < end; child = bc_body_end(body, child))
		print_subtree(body, child, depth + 1, out);
	bc_buf_char(out, ')');
}

void bc_print_tree(const struct bc_body *body, struct bc_buf *out)
{
	bc_buf_str(out, "  tree");
	print_subtree(body, 0, 2, out);
	bc_buf_char(out, '\n');
}
