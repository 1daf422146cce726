#include "link/interp/values.h"

#include <string.h>

static struct bc_value top(void)
{
	return bc_value_top();
}

/* Adds to a sorted set; 0 when it is full. */
static int set_add(struct bc_value *set, int64_t number)
{
	int at = 0;

	while (at < set->n && set->u.ints[at] < number)
		at++;
	if (at < set->n && set->u.ints[at] == number)
		return 1;
	if (set->n == BC_VALUE_INTS)
		return 0;
	memmove(&set->u.ints[at + 1], &set->u.ints[at], sizeof(int64_t) * (size_t)(set->n - at));
	set->u.ints[at] = number;
	set->n++;
	return 1;
}

static int funcs_add(struct bc_value *set, uint32_t sym)
{
	for (int i = 0; i < set->n; i++)
		if (set->u.funcs[i] == sym)
			return 1;
	if (set->n == BC_VALUE_INTS)
		return 0;
	set->u.funcs[set->n++] = sym;
	return 1;
}

struct bc_value bc_value_func(uint32_t sym)
{
	return (struct bc_value){.kind = BC_V_FUNCS, .n = 1, .u.funcs = {sym}};
}

/* The value as known bits; 0 when none is known. */
static int as_bits(const struct bc_value *value, uint64_t *ones, uint64_t *zeros)
{
	if (value->kind == BC_V_BITS) {
		*ones = value->u.bits.ones;
		*zeros = value->u.bits.zeros;
		return 1;
	}
	if (value->kind != BC_V_INTS || !value->n)
		return 0;
	*ones = *zeros = ~(uint64_t)0;
	for (int i = 0; i < value->n; i++) {
		*ones &= (uint64_t)value->u.ints[i];
		*zeros &= ~(uint64_t)value->u.ints[i];
	}
	return 1;
}

static struct bc_value from_bits(uint64_t ones, uint64_t zeros)
{
	if (!ones && !zeros)
		return top();
	if ((ones | zeros) == ~(uint64_t)0)
		return bc_value_int((int64_t)ones);
	return (struct bc_value){.kind = BC_V_BITS, .u.bits = {ones, zeros}};
}

static int same_ints(const struct bc_value *a, const struct bc_value *b)
{
	return a->n == b->n && a->pad == b->pad &&
	       !memcmp(a->u.ints, b->u.ints, sizeof(int64_t) * a->n);
}

int bc_value_is_settled(const struct bc_value *value)
{
	return (value->kind == BC_V_INTS || value->kind == BC_V_BITS) && value->pad;
}

static struct bc_value mark_settled(struct bc_value value, int settled)
{
	if (value.kind == BC_V_INTS || value.kind == BC_V_BITS)
		value.pad = (uint8_t)settled;
	return value;
}

int bc_value_same(const struct bc_value *a, const struct bc_value *b)
{
	if (a->kind != b->kind)
		return 0;
	switch ((enum bc_value_kind)a->kind) {
	case BC_V_TOP:
	case BC_V_NONNULL: return 1;
	case BC_V_INTS: return same_ints(a, b);
	case BC_V_BITS:
		return a->pad == b->pad && a->u.bits.ones == b->u.bits.ones &&
		       a->u.bits.zeros == b->u.bits.zeros;
	case BC_V_FUNCS:
		return a->n == b->n && !memcmp(a->u.funcs, b->u.funcs, sizeof(uint32_t) * a->n);
	case BC_V_TEXT: return a->pad == b->pad && !strcmp(a->u.text, b->u.text);
	case BC_V_LOCAL: return a->slot == b->slot;
	case BC_V_FORK: return a->mask == b->mask;
	case BC_V_FD:
		return a->mask == b->mask && a->n == b->n && a->pad == b->pad && a->slot == b->slot;
	}
	return 0;
}

static int fork_part_of(int64_t number)
{
	return number < 0 ? BC_FORK_ERROR : number == 0 ? BC_FORK_CHILD : BC_FORK_PARENT;
}

/* A pid variable that starts as a constant and then receives fork()'s result. */
static struct bc_value join_fork(const struct bc_value *fork, const struct bc_value *other)
{
	struct bc_value joined = *fork;

	if (other->kind == BC_V_FORK) {
		joined.mask |= other->mask;
		return joined;
	}
	for (int i = 0; i < other->n; i++)
		if (other->u.ints[i] >= 0)
			return top();
	joined.mask |= BC_FORK_ERROR;
	return joined;
}

static struct bc_value join_ints(const struct bc_value *a, const struct bc_value *b)
{
	struct bc_value joined = *a;
	uint64_t ones_a = 0, zeros_a = 0, ones_b = 0, zeros_b = 0;

	for (int i = 0; i < b->n; i++)
		if (!set_add(&joined, b->u.ints[i])) {
			as_bits(a, &ones_a, &zeros_a);
			as_bits(b, &ones_b, &zeros_b);
			return from_bits(ones_a & ones_b, zeros_a & zeros_b);
		}
	return joined;
}

static struct bc_value join_funcs(const struct bc_value *a, const struct bc_value *b)
{
	struct bc_value joined = *a;

	for (int i = 0; i < b->n; i++)
		if (!funcs_add(&joined, b->u.funcs[i]))
			return top();
	return joined;
}

static struct bc_value join(const struct bc_value *a, const struct bc_value *b)
{
	uint64_t ones_a = 0, zeros_a = 0, ones_b = 0, zeros_b = 0;

	if (bc_value_same(a, b))
		return *a;
	if (a->kind == BC_V_FORK && (b->kind == BC_V_FORK || b->kind == BC_V_INTS))
		return join_fork(a, b);
	if (b->kind == BC_V_FORK && a->kind == BC_V_INTS)
		return join_fork(b, a);
	if (a->kind == BC_V_INTS && b->kind == BC_V_INTS)
		return join_ints(a, b);
	if (a->kind == BC_V_FUNCS && b->kind == BC_V_FUNCS)
		return join_funcs(a, b);
	if (as_bits(a, &ones_a, &zeros_a) && as_bits(b, &ones_b, &zeros_b))
		return from_bits(ones_a & ones_b, zeros_a & zeros_b);
	if (bc_value_truth(a) == BC_YES && bc_value_truth(b) == BC_YES)
		return (struct bc_value){.kind = BC_V_NONNULL};
	return top();
}

struct bc_value bc_value_join(const struct bc_value *a, const struct bc_value *b)
{
	return mark_settled(join(a, b), bc_value_is_settled(a) || bc_value_is_settled(b));
}

enum bc_tri bc_value_truth(const struct bc_value *value)
{
	int zeros = 0;

	switch ((enum bc_value_kind)value->kind) {
	case BC_V_TOP:
	case BC_V_FD: return BC_UNKNOWN;
	case BC_V_BITS: return value->u.bits.ones ? BC_YES : BC_UNKNOWN;
	case BC_V_FORK:
		if (value->mask == BC_FORK_CHILD)
			return BC_NO;
		return value->mask & BC_FORK_CHILD ? BC_UNKNOWN : BC_YES;
	case BC_V_FUNCS:
	case BC_V_NONNULL:
	case BC_V_TEXT:
	case BC_V_LOCAL: return BC_YES;
	case BC_V_INTS: break;
	}
	for (int i = 0; i < value->n; i++)
		zeros += value->u.ints[i] == 0;
	return zeros == 0 ? BC_YES : zeros == value->n ? BC_NO : BC_UNKNOWN;
}

static struct bc_value truth_value(enum bc_tri truth)
{
	return truth == BC_UNKNOWN ? (struct bc_value){.kind = BC_V_INTS, .n = 2, .u.ints = {0, 1}}
				   : bc_value_int(truth == BC_YES);
}

struct bc_value bc_value_unary(enum bc_op op, const struct bc_value *a)
{
	enum bc_tri truth = bc_value_truth(a);

	if (op == BC_OP_LNOT && bc_value_is_settled(a))
		return top(); /* as good as unknown, in a place where nobody asks how it is known */
	if (op == BC_OP_LNOT)
		return truth_value(truth == BC_UNKNOWN ? truth : truth == BC_YES ? BC_NO : BC_YES);
	if (op == BC_OP_NOT && a->kind == BC_V_BITS)
		return from_bits(a->u.bits.zeros, a->u.bits.ones);
	if (a->kind == BC_V_INTS && a->n == 1) {
		if (op == BC_OP_NEG)
			return bc_value_int((int64_t)(0 - (uint64_t)a->u.ints[0]));
		if (op == BC_OP_NOT)
			return bc_value_int(~a->u.ints[0]);
	}
	return top();
}

static int compare(enum bc_op op, int64_t a, int64_t b)
{
	if (op == BC_OP_EQ)
		return a == b;
	if (op == BC_OP_NE)
		return a != b;
	if (op == BC_OP_LT)
		return a < b;
	if (op == BC_OP_LE)
		return a <= b;
	if (op == BC_OP_GT)
		return a > b;
	return a >= b;
}

static int is_comparison(enum bc_op op)
{
	return op >= BC_OP_EQ && op <= BC_OP_GE;
}

/* One number from two; 0 when the operation is not followed (division by zero, wide shifts). */
static int fold(enum bc_op op, int64_t a, int64_t b, int64_t *result)
{
	uint64_t x = (uint64_t)a, y = (uint64_t)b;

	if (is_comparison(op))
		*result = compare(op, a, b);
	else if (op == BC_OP_ADD)
		*result = (int64_t)(x + y);
	else if (op == BC_OP_SUB)
		*result = (int64_t)(x - y);
	else if (op == BC_OP_MUL)
		*result = (int64_t)(x * y);
	else if (op == BC_OP_DIV && b > 0)
		*result = a / b;
	else if (op == BC_OP_REM && b > 0)
		*result = a % b;
	else if (op == BC_OP_SHL && y < 63)
		*result = (int64_t)(x << y);
	else if (op == BC_OP_SHR && y < 63 && a >= 0)
		*result = a >> b;
	else if (op == BC_OP_AND)
		*result = a & b;
	else if (op == BC_OP_OR)
		*result = a | b;
	else if (op == BC_OP_XOR)
		*result = a ^ b;
	else
		return 0;
	return 1;
}

static struct bc_value fold_sets(enum bc_op op, const struct bc_value *a, const struct bc_value *b)
{
	struct bc_value result = {.kind = BC_V_INTS};

	for (int i = 0; i < a->n; i++)
		for (int k = 0; k < b->n; k++) {
			int64_t number;

			if (!fold(op, a->u.ints[i], b->u.ints[k], &number) ||
				!set_add(&result, number))
				return top();
		}
	return result;
}

static struct bc_value fold_bits(enum bc_op op, const struct bc_value *a, const struct bc_value *b)
{
	uint64_t ones_a = 0, zeros_a = 0, ones_b = 0, zeros_b = 0;

	as_bits(a, &ones_a, &zeros_a);
	as_bits(b, &ones_b, &zeros_b);
	if (op == BC_OP_OR)
		return from_bits(ones_a | ones_b, zeros_a & zeros_b);
	if (op == BC_OP_AND)
		return from_bits(ones_a & ones_b, zeros_a | zeros_b);
	return top();
}

/* Pointers compared with null. */
static enum bc_tri compare_with_zero(enum bc_op op, const struct bc_value *value)
{
	enum bc_tri truth = bc_value_truth(value);

	if (truth == BC_UNKNOWN || (op != BC_OP_EQ && op != BC_OP_NE))
		return BC_UNKNOWN;
	return (truth == BC_YES) == (op == BC_OP_NE) ? BC_YES : BC_NO;
}

static int is_zero(const struct bc_value *value)
{
	return value->kind == BC_V_INTS && value->n == 1 && !value->u.ints[0];
}

static enum bc_tri compare_fork(enum bc_op op, const struct bc_value *fork, int64_t number)
{
	int yes = 0, no = 0;

	/* beyond the sign nothing is known of a pid */
	if (number < -1 || number > 0)
		return BC_UNKNOWN;
	if (fork->mask & BC_FORK_ERROR)
		*(compare(op, -1, number) ? &yes : &no) = 1;
	if (fork->mask & BC_FORK_CHILD)
		*(compare(op, 0, number) ? &yes : &no) = 1;
	if (fork->mask & BC_FORK_PARENT)
		*(compare(op, 1, number) ? &yes : &no) = 1;
	return yes && no ? BC_UNKNOWN : yes ? BC_YES : BC_NO;
}

static struct bc_value apply(enum bc_op op, const struct bc_value *a, const struct bc_value *b)
{
	if (a->kind == BC_V_INTS && b->kind == BC_V_INTS)
		return fold_sets(op, a, b);
	if (is_comparison(op)) {
		if (a->kind == BC_V_FORK && b->kind == BC_V_INTS && b->n == 1)
			return truth_value(compare_fork(op, a, b->u.ints[0]));
		if (is_zero(b))
			return truth_value(compare_with_zero(op, a));
		if (is_zero(a))
			return truth_value(compare_with_zero(op, b));
		return truth_value(BC_UNKNOWN);
	}
	return fold_bits(op, a, b);
}

struct bc_value bc_value_binary(enum bc_op op, const struct bc_value *a, const struct bc_value *b)
{
	struct bc_value value = apply(op, a, b);

	return mark_settled(value, bc_value_is_settled(a) || bc_value_is_settled(b));
}

static struct bc_value refine_fork(
	const struct bc_value *fork, enum bc_op op, int64_t number, int truth, int *possible)
{
	static const int64_t samples[] = {-1, 0, 1};
	struct bc_value kept = *fork;

	if (number < -1 || number > 0)
		return kept;
	for (int i = 0; i < 3; i++)
		if (compare(op, samples[i], number) != truth)
			kept.mask &= (uint8_t)~fork_part_of(samples[i]);
	*possible = kept.mask != 0;
	return kept;
}

static struct bc_value refine_ints(
	const struct bc_value *set, enum bc_op op, int64_t number, int truth, int *possible)
{
	struct bc_value kept = {.kind = BC_V_INTS};

	for (int i = 0; i < set->n; i++)
		if (compare(op, set->u.ints[i], number) == truth)
			kept.u.ints[kept.n++] = set->u.ints[i];
	*possible = kept.n > 0;
	return kept;
}

struct bc_value bc_value_refine(
	const struct bc_value *value, enum bc_op op, int64_t number, int truth, int *possible)
{
	int equal = (op == BC_OP_EQ && truth) || (op == BC_OP_NE && !truth);

	*possible = 1;
	if (value->kind == BC_V_FORK)
		return refine_fork(value, op, number, truth, possible);
	if (value->kind == BC_V_INTS)
		return refine_ints(value, op, number, truth, possible);
	if (value->kind == BC_V_TOP && equal)
		return bc_value_int(number);
	if (value->kind == BC_V_TOP && number == 0 && (op == BC_OP_EQ || op == BC_OP_NE))
		return (struct bc_value){.kind = BC_V_NONNULL};
	if (equal && number == 0 && bc_value_truth(value) == BC_YES)
		*possible = 0;
	return *value;
}
