#include "facts/print.h"

#include "facts/text.h"

/* One statement or expression that moves a value: where to, and the node whose line is shown. */
struct flow {
	const struct bc_body *body;
	struct bc_buf *out;
	struct bc_buf target; /* the place, as text */
	uint32_t witness;
};

static const struct bc_node *at(const struct flow *flow, uint32_t node)
{
	return &flow->body->nodes[node];
}

static uint32_t end_of(const struct flow *flow, uint32_t node)
{
	return bc_body_end(flow->body, node);
}

/* Values that can carry a function or lead to one; numbers, strings and NULL cannot. */
static int carries(const struct flow *flow, uint32_t node)
{
	const struct bc_node *here = at(flow, node);

	if (here->kind == BC_N_FUNC)
		return 1;
	if (here->kind == BC_N_INT || here->kind == BC_N_STR || here->kind == BC_N_NONE)
		return 0;
	return here->cls == BC_CLASS_FPTR || here->cls == BC_CLASS_VPTR ||
	       here->cls == BC_CLASS_PTR;
}

static void print_source(struct flow *flow, uint32_t node)
{
	struct bc_buf source = {0};
	int unknown = bc_text_place(flow->body, node, &source);

	/* An unknown data pointer says nothing; an unknown function pointer is worth a line. */
	if (!unknown || at(flow, node)->cls == BC_CLASS_FPTR)
		bc_buf_printf(flow->out, "  flow %s <- %s  @%u\n", bc_buf_text(&flow->target),
			unknown ? "?" : bc_buf_text(&source),
			BC_LOC_LINE(at(flow, flow->witness)->loc));
	bc_buf_fini(&source);
}

static void follow(struct flow *flow, uint32_t node);

/* The elements of a braced initialiser; its BC_N_SETs are flows of their own. */
static void follow_elements(struct flow *flow, uint32_t node)
{
	for (uint32_t child = node + 1; child < end_of(flow, node); child = end_of(flow, child))
		if (at(flow, child)->kind == BC_N_ELEM)
			follow(flow, child + 1);
}

/* All values that the expression can have. */
static void follow(struct flow *flow, uint32_t node)
{
	uint32_t child = node + 1;

	switch (at(flow, node)->kind) {
	case BC_N_COND: child = end_of(flow, child); /* fall through */
	case BC_N_ELVIS:
		follow(flow, child);
		follow(flow, end_of(flow, child));
		break;
	case BC_N_ASSIGN: follow(flow, end_of(flow, child)); break;
	case BC_N_COMMA:
		while (end_of(flow, child) < end_of(flow, node))
			child = end_of(flow, child);
		follow(flow, child);
		break;
	case BC_N_CAST:
		if (carries(flow, node) || at(flow, child)->kind == BC_N_FUNC)
			follow(flow, child);
		break;
	case BC_N_INIT: follow_elements(flow, node); break;
	default:
		if (carries(flow, node))
			print_source(flow, node);
	}
}

static void follow_arguments(struct flow *flow, uint32_t call)
{
	uint32_t n = 1;

	for (uint32_t arg = end_of(flow, call + 1); arg < end_of(flow, call);
		arg = end_of(flow, arg)) {
		bc_buf_clear(&flow->target);
		bc_text_param_of(flow->body, call, n++, &flow->target);
		follow(flow, arg);
	}
}

/* A SET's target is written as a place, although it is a place only together with its record. */
static void name_target(struct flow *flow, uint32_t node)
{
	bc_buf_clear(&flow->target);
	if (at(flow, node)->kind == BC_N_RETURN) {
		bc_buf_str(&flow->target, "return of ");
		bc_text_escape(flow->body->name, &flow->target);
	} else if (at(flow, node)->kind == BC_N_SET) {
		bc_text_field(flow->body->facts, at(flow, node)->ref, &flow->target);
	} else if (bc_text_place(flow->body, node + 1, &flow->target)) {
		bc_buf_char(&flow->target, '?');
	}
}

static void print_flow(struct flow *flow, uint32_t node)
{
	const struct bc_node *here = at(flow, node);

	flow->witness = node;
	switch (here->kind) {
	case BC_N_CALL: follow_arguments(flow, node); break;
	case BC_N_ASSIGN:
		if (here->op != BC_OP_NONE)
			break;
		name_target(flow, node);
		follow(flow, end_of(flow, node + 1));
		break;
	case BC_N_SET:
	case BC_N_RETURN:
		if (here->size == 1)
			break;
		name_target(flow, node);
		follow(flow, node + 1);
		break;
	default: break;
	}
}

void bc_print_flows(const struct bc_body *body, struct bc_buf *out)
{
	struct flow flow = {.body = body, .out = out};

	for (uint32_t node = 0; node < body->nnodes; node++)
		print_flow(&flow, node);
	bc_buf_fini(&flow.target);
}
