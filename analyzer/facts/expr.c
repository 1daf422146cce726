/* Expressions and guards as C text: the other half of text.h. */
#include "facts/text.h"

#include <inttypes.h>

enum { LITERAL_LIMIT = 40, GUARD_LIMIT = 160 };

struct expr {
	const struct bc_body *body;
	struct bc_buf *out;
	size_t stop; /* the length at which to cut */
	int cut;
};

static void add_expr(struct expr *expr, uint32_t node);

static const struct bc_node *at(const struct expr *expr, uint32_t node)
{
	return &expr->body->nodes[node];
}

static uint32_t end_of(const struct expr *expr, uint32_t node)
{
	return bc_body_end(expr->body, node);
}

/* Casts are not shown, so neither do they ask for parentheses. */
static uint32_t strip_casts(const struct expr *expr, uint32_t node)
{
	while (at(expr, node)->kind == BC_N_CAST)
		node++;
	return node;
}

static int is_logical(const struct bc_node *node)
{
	return node->kind == BC_N_BINARY && node->op >= BC_OP_LAND;
}

/* Whether `node` reads wrong without parentheses as an operand of `parent`. */
static int needs_parentheses(const struct bc_node *parent, const struct bc_node *node)
{
	switch (node->kind) {
	case BC_N_ASSIGN:
	case BC_N_COND:
	case BC_N_ELVIS:
	case BC_N_COMMA: return 1;
	case BC_N_BINARY: break;
	default: return 0;
	}
	if (is_logical(parent))
		return is_logical(node) && node->op != parent->op;
	return parent->kind != BC_N_ASSIGN && parent->kind != BC_N_COND;
}

static void add_operand(struct expr *expr, uint32_t parent, uint32_t node)
{
	node = strip_casts(expr, node);
	if (!needs_parentheses(at(expr, parent), at(expr, node))) {
		add_expr(expr, node);
		return;
	}
	bc_buf_char(expr->out, '(');
	add_expr(expr, node);
	bc_buf_char(expr->out, ')');
}

/* The children from `child` on, with commas. */
static void add_list(struct expr *expr, uint32_t node, uint32_t child)
{
	uint32_t end = end_of(expr, node), first = child;

	for (; child < end && !expr->cut; child = end_of(expr, child)) {
		if (child != first)
			bc_buf_str(expr->out, ", ");
		add_expr(expr, child);
	}
}

static void add_int(struct expr *expr, const struct bc_node *node)
{
	int64_t value = expr->body->facts->ints[node->ref];
	int pointer = node->cls == BC_CLASS_PTR || node->cls == BC_CLASS_VPTR ||
		      node->cls == BC_CLASS_FPTR;

	if (pointer && !value)
		bc_buf_str(expr->out, "NULL");
	else
		bc_buf_printf(expr->out, "%" PRId64, value);
}

static void add_field(struct expr *expr, uint32_t node)
{
	const struct bc_facts *facts = expr->body->facts;
	const char *name = bc_fact_str(facts, facts->fields[at(expr, node)->ref].name);
	uint32_t base = strip_casts(expr, node + 1);
	int by_value = at(expr, base)->cls == BC_CLASS_RECORD;

	add_operand(expr, node, base);
	if (!*name)
		return; /* the members of an anonymous one are written as the outer's own */
	bc_buf_str(expr->out, by_value ? "." : "->");
	bc_text_escape(name, expr->out);
}

static void add_unary(struct expr *expr, uint32_t node)
{
	enum bc_op op = (enum bc_op)at(expr, node)->op;
	int post = op == BC_OP_POSTINC || op == BC_OP_POSTDEC;
	const char *sign = bc_op_name(op);

	if (op == BC_OP_PREINC || op == BC_OP_POSTINC)
		sign = "++";
	else if (op == BC_OP_PREDEC || op == BC_OP_POSTDEC)
		sign = "--";
	bc_buf_str(expr->out, post ? "" : sign);
	add_operand(expr, node, node + 1);
	bc_buf_str(expr->out, post ? sign : "");
}

/* Masks are read in hexadecimal. */
static void add_right(struct expr *expr, uint32_t node, uint32_t right)
{
	const struct bc_node *here = at(expr, node), *operand = at(expr, right);
	int is_mask = here->op == BC_OP_AND || here->op == BC_OP_OR || here->op == BC_OP_XOR;
	int64_t value = operand->kind == BC_N_INT ? expr->body->facts->ints[operand->ref] : 0;

	if (is_mask && value > 9)
		bc_buf_printf(expr->out, "0x%" PRIx64, (uint64_t)value);
	else
		add_operand(expr, node, right);
}

static void add_infix(struct expr *expr, uint32_t node, const char *op, const char *suffix)
{
	uint32_t left = node + 1;

	add_operand(expr, node, left);
	bc_buf_printf(expr->out, " %s%s ", op, suffix);
	add_right(expr, node, end_of(expr, left));
}

static void add_cond(struct expr *expr, uint32_t node)
{
	uint32_t condition = node + 1;
	uint32_t then = end_of(expr, condition);

	add_operand(expr, node, condition);
	bc_buf_str(expr->out, " ? ");
	add_operand(expr, node, then);
	bc_buf_str(expr->out, " : ");
	add_operand(expr, node, end_of(expr, then));
}

static void add_index(struct expr *expr, uint32_t node)
{
	add_operand(expr, node, node + 1);
	bc_buf_char(expr->out, '[');
	add_expr(expr, end_of(expr, node + 1));
	bc_buf_char(expr->out, ']');
}

static void add_call(struct expr *expr, uint32_t node)
{
	add_operand(expr, node, node + 1);
	bc_buf_char(expr->out, '(');
	add_list(expr, node, end_of(expr, node + 1));
	bc_buf_char(expr->out, ')');
}

static void add_kind(struct expr *expr, uint32_t node)
{
	const struct bc_node *here = at(expr, node);
	const struct bc_facts *facts = expr->body->facts;
	const char *op = bc_op_name((enum bc_op)here->op);

	switch (here->kind) {
	case BC_N_INT: add_int(expr, here); break;
	case BC_N_STR:
		bc_text_quote(bc_fact_str(facts, here->ref), LITERAL_LIMIT, expr->out);
		break;
	case BC_N_FUNC:
	case BC_N_VAR:
		bc_text_escape(bc_fact_str(facts, facts->symbols[here->ref].name), expr->out);
		break;
	case BC_N_LOCAL: bc_text_local(expr->body, here->ref, expr->out); break;
	case BC_N_FIELD: add_field(expr, node); break;
	case BC_N_INDEX: add_index(expr, node); break;
	case BC_N_DEREF:
	case BC_N_ADDR:
		bc_buf_char(expr->out, here->kind == BC_N_ADDR ? '&' : '*');
		add_operand(expr, node, node + 1);
		break;
	case BC_N_UNARY: add_unary(expr, node); break;
	case BC_N_BINARY: add_infix(expr, node, op, ""); break;
	case BC_N_ASSIGN: add_infix(expr, node, here->op ? op : "", "="); break;
	case BC_N_COND: add_cond(expr, node); break;
	case BC_N_ELVIS: add_infix(expr, node, "?:", ""); break;
	case BC_N_COMMA: add_list(expr, node, node + 1); break;
	case BC_N_CAST: add_expr(expr, node + 1); break;
	case BC_N_CALL: add_call(expr, node); break;
	case BC_N_INIT: bc_buf_str(expr->out, "{...}"); break;
	case BC_N_STMTEXPR: bc_buf_str(expr->out, "({...})"); break;
	default: bc_buf_char(expr->out, '?'); break;
	}
}

static void add_expr(struct expr *expr, uint32_t node)
{
	if (expr->cut)
		return;
	if (expr->out->len < expr->stop) {
		add_kind(expr, node);
		return;
	}
	bc_buf_str(expr->out, "...");
	expr->cut = 1;
}

void bc_text_expr(const struct bc_body *body, uint32_t node, size_t limit, struct bc_buf *out)
{
	struct expr expr = {body, out, out->len + limit, 0};

	add_expr(&expr, node);
}

/* ---- guards ---- */

/* The cases of one switch from guard->first to guard->last, not those of switches inside. */
static void add_cases(
	const struct bc_body *body, const struct bc_condition *guard, struct bc_buf *out)
{
	size_t stop = out->len + GUARD_LIMIT;
	const char *join = "";

	for (uint32_t i = guard->first; i <= guard->last;) {
		const struct bc_node *node = &body->nodes[i];
		uint32_t low = i + 1;

		if (out->len > stop) {
			bc_buf_str(out, " or ...");
			return;
		}
		if (node->kind == BC_N_CASE) {
			bc_buf_str(out, join);
			bc_text_expr(body, low, LITERAL_LIMIT, out);
			if (body->nodes[bc_body_end(body, low)].kind != BC_N_NONE) {
				bc_buf_str(out, "...");
				bc_text_expr(body, bc_body_end(body, low), LITERAL_LIMIT, out);
			}
			join = " or ";
		} else if (node->kind == BC_N_DEFAULT) {
			bc_buf_printf(out, "%sdefault", join);
			join = " or ";
		}
		i = node->kind == BC_N_SWITCH ? bc_body_end(body, i) : i + 1;
	}
}

static void add_case_guard(
	const struct bc_body *body, const struct bc_condition *guard, struct bc_buf *out)
{
	bc_text_expr(body, guard->condition, GUARD_LIMIT, out);
	bc_buf_str(out, guard->first == BC_NONE ? " before any case" : " is ");
	if (guard->first != BC_NONE)
		add_cases(body, guard, out);
}

/* The comparison that holds where `node` does not; BC_OP_NONE for what is no comparison. */
static enum bc_op inverse_of(const struct expr *expr, uint32_t node)
{
	const struct bc_node *here = at(expr, node);
	int left = at(expr, node + 1)->cls, right = at(expr, end_of(expr, node + 1))->cls;

	if (here->op == BC_OP_EQ || here->op == BC_OP_NE)
		return here->op == BC_OP_EQ ? BC_OP_NE : BC_OP_EQ;
	if (left == BC_CLASS_FLOAT || right == BC_CLASS_FLOAT)
		return BC_OP_NONE; /* NaN */
	switch (here->op) {
	case BC_OP_LT: return BC_OP_GE;
	case BC_OP_LE: return BC_OP_GT;
	case BC_OP_GT: return BC_OP_LE;
	case BC_OP_GE: return BC_OP_LT;
	default: return BC_OP_NONE;
	}
}

static void add_negation(struct expr *expr, uint32_t node)
{
	const struct bc_node negation = {.kind = BC_N_UNARY, .op = BC_OP_LNOT};
	enum bc_op inverse = BC_OP_NONE;
	int enclosed = needs_parentheses(&negation, at(expr, node));

	if (at(expr, node)->kind == BC_N_BINARY)
		inverse = inverse_of(expr, node);
	if (inverse != BC_OP_NONE) {
		add_infix(expr, node, bc_op_name(inverse), "");
		return;
	}
	bc_buf_str(expr->out, enclosed ? "!(" : "!");
	add_expr(expr, node);
	bc_buf_str(expr->out, enclosed ? ")" : "");
}

void bc_text_guard(const struct bc_body *body, const struct bc_condition *guard, struct bc_buf *out)
{
	struct expr expr = {body, out, out->len + GUARD_LIMIT, 0};
	uint32_t node = strip_casts(&expr, guard->condition);
	int truth = guard->truth == BC_GUARD_TRUE;

	if (guard->truth == BC_GUARD_CASE) {
		add_case_guard(body, guard, out);
		return;
	}
	for (; body->nodes[node].kind == BC_N_UNARY && body->nodes[node].op == BC_OP_LNOT;
		node = strip_casts(&expr, node + 1))
		truth = !truth;
	if (truth)
		add_expr(&expr, node);
	else
		add_negation(&expr, node);
}
