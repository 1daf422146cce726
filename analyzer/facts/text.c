#include "facts/text.h"

#include <inttypes.h>

enum {
	LITERAL_LIMIT = 40,
	ALTERNATIVES_MAX = 4,
	DEPTH_MAX = 32, /* steps from a place to what it is in; no real one takes many */
};

static const struct bc_node *at(const struct bc_body *body, uint32_t node)
{
	return &body->nodes[node];
}

/* ---- literals ---- */

static void add_char(unsigned char c, int quoted, struct bc_buf *out)
{
	if (c == '\n')
		bc_buf_str(out, "\\n");
	else if (c == '\t')
		bc_buf_str(out, "\\t");
	else if (c < 0x20 || c == 0x7f)
		bc_buf_printf(out, "\\x%02x", c);
	else if (quoted && (c == '"' || c == '\\'))
		bc_buf_printf(out, "\\%c", c);
	else
		bc_buf_char(out, (char)c);
}

void bc_text_escape(const char *text, struct bc_buf *out)
{
	for (; *text; text++)
		add_char((unsigned char)*text, 0, out);
}

void bc_text_quote(const char *text, size_t limit, struct bc_buf *out)
{
	size_t i = 0;

	bc_buf_char(out, '"');
	/* Not in the middle of a UTF-8 sequence. */
	for (; text[i] && (i < limit || (text[i] & 0xc0) == 0x80); i++)
		add_char((unsigned char)text[i], 1, out);
	bc_buf_str(out, text[i] ? "...\"" : "\"");
}

/* ---- places ---- */

static const char *symbol_name(const struct bc_body *body, uint32_t symbol)
{
	return bc_fact_str(body->facts, body->facts->symbols[symbol].name);
}

void bc_text_local(const struct bc_body *body, uint32_t slot, struct bc_buf *out)
{
	const char *name = bc_fact_str(body->facts, body->locals[slot].name);

	if (*name)
		bc_text_escape(name, out);
	else
		bc_buf_printf(out, "%s%u", slot < body->nparams ? "param" : "local", slot + 1);
}

void bc_text_field(const struct bc_facts *facts, uint32_t field, struct bc_buf *out)
{
	const char *name = bc_fact_str(facts, facts->fields[field].name);

	bc_text_escape(bc_fact_str(facts, facts->fields[field].record), out);
	bc_buf_char(out, '.');
	bc_text_escape(*name ? name : "(anonymous)", out);
}

static int add_local_place(const struct bc_body *body, uint32_t slot, struct bc_buf *out)
{
	if (slot >= body->nparams) {
		bc_text_local(body, slot, out);
		return 0;
	}
	bc_text_escape(body->name, out);
	bc_buf_printf(out, "(param %u)", slot + 1);
	return 0;
}

static int add_place(const struct bc_body *body, uint32_t node, int depth, struct bc_buf *out);

/* `prefix` and the place of `node`. */
static int add_prefixed(const struct bc_body *body, const char *prefix, uint32_t node, int depth,
	struct bc_buf *out)
{
	size_t before = out->len;

	bc_buf_str(out, prefix);
	if (add_place(body, node, depth, out) == 0)
		return 0;
	out->len = before;
	out->data[before] = '\0';
	return -1;
}

/* `depth` counts the steps from the place asked for. */
static int add_place(const struct bc_body *body, uint32_t node, int depth, struct bc_buf *out)
{
	const struct bc_node *here = at(body, node);
	uint32_t inner = node + 1;

	if (depth++ > DEPTH_MAX)
		return -1;
	switch (here->kind) {
	case BC_N_FUNC:
	case BC_N_VAR: bc_text_escape(symbol_name(body, here->ref), out); return 0;
	case BC_N_LOCAL: return add_local_place(body, here->ref, out);
	case BC_N_FIELD: bc_text_field(body->facts, here->ref, out); return 0;
	case BC_N_INDEX:
	case BC_N_CAST: return add_place(body, inner, depth, out);
	case BC_N_DEREF: return add_prefixed(body, "*", inner, depth, out);
	case BC_N_ADDR:
		if (at(body, inner)->kind == BC_N_FUNC)
			return add_place(body, inner, depth, out);
		return add_prefixed(body, "&", inner, depth, out);
	case BC_N_CALL:
		return add_prefixed(body, "return of ", bc_text_callee(body, node), depth, out);
	default: return -1;
	}
}

int bc_text_place(const struct bc_body *body, uint32_t node, struct bc_buf *out)
{
	return add_place(body, node, 0, out);
}

uint32_t bc_text_callee(const struct bc_body *body, uint32_t call)
{
	return call + 1 + (at(body, call + 1)->kind == BC_N_DEREF);
}

void bc_text_param_of(const struct bc_body *body, uint32_t call, uint32_t n, struct bc_buf *out)
{
	if (bc_text_place(body, bc_text_callee(body, call), out))
		bc_buf_char(out, '?');
	bc_buf_printf(out, "(param %u)", n);
}

/* ---- numbers ---- */

/* What is known of an integer: all of it, or bits that are surely set. */
struct number {
	int known;
	uint64_t value;
	uint64_t ones;
};

static const struct number anything = {0, 0, 0};

static struct number exactly(uint64_t value)
{
	return (struct number){1, value, value};
}

static struct number number_of(const struct bc_body *body, uint32_t node);

/* Both operands known; unsigned arithmetic, which wraps where C leaves it open. */
static struct number fold(enum bc_op op, uint64_t a, uint64_t b)
{
	switch ((int)op) {
	case BC_OP_ADD: return exactly(a + b);
	case BC_OP_SUB: return exactly(a - b);
	case BC_OP_MUL: return exactly(a * b);
	case BC_OP_AND: return exactly(a & b);
	case BC_OP_OR: return exactly(a | b);
	case BC_OP_XOR: return exactly(a ^ b);
	case BC_OP_SHL: return b < 64 ? exactly(a << b) : anything;
	case BC_OP_SHR: return b < 64 && (int64_t)a >= 0 ? exactly(a >> b) : anything;
	case BC_OP_EQ: return exactly(a == b);
	case BC_OP_NE: return exactly(a != b);
	default: return anything;
	}
}

static struct number number_of_binary(const struct bc_body *body, uint32_t node)
{
	enum bc_op op = (enum bc_op)at(body, node)->op;
	struct number a = number_of(body, node + 1);
	struct number b = number_of(body, bc_body_end(body, node + 1));

	if (a.known && b.known)
		return fold(op, a.value, b.value);
	if (op == BC_OP_OR)
		return (struct number){0, 0, a.ones | b.ones};
	if (op == BC_OP_AND)
		return (struct number){0, 0, a.ones & b.ones};
	return anything;
}

static struct number number_of_unary(const struct bc_body *body, uint32_t node)
{
	struct number a = number_of(body, node + 1);

	if (!a.known)
		return anything;
	switch (at(body, node)->op) {
	case BC_OP_NEG: return exactly(0 - a.value);
	case BC_OP_NOT: return exactly(~a.value);
	case BC_OP_LNOT: return exactly(!a.value);
	default: return anything;
	}
}

/* A cast to 32 bits or fewer, of unknown sign, keeps only what fits either way. */
static struct number number_of_cast(const struct bc_body *body, uint32_t node)
{
	struct number a = number_of(body, node + 1);
	int cls = at(body, node)->cls;

	if (cls != BC_CLASS_INT && cls != BC_CLASS_LONG)
		return a.known && !a.value ? a : anything;
	if (cls == BC_CLASS_INT && (a.ones >> 7) != 0 && (!a.known || (a.ones >> 31) != 0))
		return anything;
	return a;
}

static struct number number_of(const struct bc_body *body, uint32_t node)
{
	const struct bc_node *here = at(body, node);

	switch (here->kind) {
	case BC_N_INT: return exactly((uint64_t)body->facts->ints[here->ref]);
	case BC_N_UNARY: return number_of_unary(body, node);
	case BC_N_BINARY: return number_of_binary(body, node);
	case BC_N_CAST: return number_of_cast(body, node);
	default: return anything;
	}
}

/* ---- values ---- */

static void add_single_value(const struct bc_body *body, uint32_t node, struct bc_buf *out)
{
	const struct bc_node *here = at(body, node);
	struct number number = number_of(body, node);

	if (number.known)
		bc_buf_printf(out, "%" PRId64, (int64_t)number.value);
	else if (number.ones)
		bc_buf_printf(out, "bits 0x%" PRIx64, number.ones);
	else if (here->kind == BC_N_STR)
		bc_text_quote(bc_fact_str(body->facts, here->ref), LITERAL_LIMIT, out);
	else if (here->kind == BC_N_INIT)
		bc_buf_str(out, "{...}");
	else if (here->kind == BC_N_ADDR && at(body, node + 1)->kind == BC_N_INIT)
		bc_buf_str(out, "&{...}");
	else if (bc_text_place(body, node, out))
		bc_buf_char(out, '?');
}

/* The last child, which gives the value of a comma expression. */
static uint32_t last_child(const struct bc_body *body, uint32_t node)
{
	uint32_t end = bc_body_end(body, node), child = node + 1;

	while (bc_body_end(body, child) < end)
		child = bc_body_end(body, child);
	return child;
}

static void add_values(const struct bc_body *body, uint32_t node, int *count, struct bc_buf *out)
{
	uint32_t first = node + 1;

	if (*count > ALTERNATIVES_MAX)
		return;
	switch (at(body, node)->kind) {
	case BC_N_COND:
		first = bc_body_end(body, first);
		/* fall through */
	case BC_N_ELVIS:
		add_values(body, first, count, out);
		add_values(body, bc_body_end(body, first), count, out);
		return;
	case BC_N_COMMA: add_values(body, last_child(body, node), count, out); return;
	case BC_N_ASSIGN:
		if (at(body, node)->op == BC_OP_NONE) {
			add_values(body, bc_body_end(body, first), count, out);
			return;
		}
		break;
	default: break;
	}
	if ((*count)++)
		bc_buf_str(out, " or ");
	if (*count > ALTERNATIVES_MAX)
		bc_buf_char(out, '?');
	else
		add_single_value(body, node, out);
}

void bc_text_value(const struct bc_body *body, uint32_t node, struct bc_buf *out)
{
	int count = 0;

	add_values(body, node, &count, out);
}
