#include "models/compare.h"

/* ---- numbers of rules ---- */

static int add_constant(const struct bc_models *models, uint32_t constant, int64_t *value)
{
	if (constant == UINT32_MAX)
		return 1;
	if (constant >= (uint32_t)models->nconstants || !models->constants[constant].known)
		return 0;
	*value |= models->constants[constant].value;
	return 1;
}

/* 1 with the value, 0 while a constant in it is unknown. */
int bc_number_known(const struct bc_models *models, const struct bc_number *number, int64_t *value)
{
	int known;

	*value = number->value;
	known = add_constant(models, number->constant, value);
	for (uint32_t i = 0; i < number->nmore; i++)
		known &= add_constant(models, number->more[i], value);
	return known;
}

/* ---- what values promise ---- */

/* Pointers to something, and integers that are not zero. */
static int surely_not_zero(const struct bc_value *value)
{
	switch ((enum bc_value_kind)value->kind) {
	case BC_V_FUNCS:
	case BC_V_NONNULL:
	case BC_V_TEXT:
	case BC_V_LOCAL: return 1;
	case BC_V_BITS: return value->u.bits.ones != 0;
	case BC_V_INTS:
		for (int i = 0; i < value->n; i++)
			if (value->u.ints[i] == 0)
				return 0;
		return value->n > 0;
	case BC_V_TOP:
	case BC_V_FORK:
	case BC_V_FD: return 0;
	}
	return 0;
}

enum bc_tri bc_value_is_zero(const struct bc_value *value)
{
	if (surely_not_zero(value))
		return BC_NO;
	if (value->kind == BC_V_BITS && value->u.bits.zeros == UINT64_MAX)
		return BC_YES;
	if (value->kind == BC_V_INTS && value->n == 1)
		return BC_YES;
	return BC_UNKNOWN;
}

/* The least and the greatest integer that a value may be. 0 when nothing is known. */
int bc_value_range(const struct bc_value *value, int64_t *low, int64_t *high)
{
	uint64_t sign = UINT64_C(1) << 63;
	uint64_t ones = value->u.bits.ones, free_bits = ~(ones | value->u.bits.zeros);

	if (value->kind == BC_V_INTS && value->n > 0) {
		*low = *high = value->u.ints[0];
		for (int i = 1; i < value->n; i++) {
			*low = value->u.ints[i] < *low ? value->u.ints[i] : *low;
			*high = value->u.ints[i] > *high ? value->u.ints[i] : *high;
		}
		return 1;
	}
	if (value->kind != BC_V_BITS)
		return 0;
	*low = (int64_t)(ones | (free_bits & sign));
	*high = (int64_t)(ones | (free_bits & ~sign));
	return 1;
}

/* ---- comparisons ---- */

enum bc_tri bc_value_equals(const struct bc_value *value, int64_t number)
{
	int64_t low, high;
	int found = 0;

	if (number == 0)
		return bc_value_is_zero(value);
	if (!bc_value_range(value, &low, &high))
		return BC_UNKNOWN;
	if (low == high)
		return bc_tri_of(low == number);
	if (value->kind == BC_V_BITS)
		return (value->u.bits.ones & ~(uint64_t)number) ||
				       (value->u.bits.zeros & (uint64_t)number)
			       ? BC_NO
			       : BC_UNKNOWN;
	for (int i = 0; i < value->n; i++)
		found |= value->u.ints[i] == number;
	return found ? BC_UNKNOWN : BC_NO;
}

enum bc_tri bc_value_is_below(const struct bc_value *value, int64_t number)
{
	int64_t low, high;

	if (!bc_value_range(value, &low, &high))
		return BC_UNKNOWN;
	if (high < number)
		return BC_YES;
	return low >= number ? BC_NO : BC_UNKNOWN;
}

static enum bc_tri is_above(const struct bc_value *value, int64_t number)
{
	int64_t low, high;

	if (!bc_value_range(value, &low, &high))
		return BC_UNKNOWN;
	if (low > number)
		return BC_YES;
	return high <= number ? BC_NO : BC_UNKNOWN;
}

/* All bits of the mask set. A flag that is 0 on this platform is never set. */
static enum bc_tri has_bits(const struct bc_value *value, uint64_t mask)
{
	int with = 0;

	if (mask == 0)
		return BC_NO;
	if (value->kind == BC_V_BITS) {
		if ((value->u.bits.ones & mask) == mask)
			return BC_YES;
		return value->u.bits.zeros & mask ? BC_NO : BC_UNKNOWN;
	}
	if (value->kind != BC_V_INTS || value->n == 0)
		return BC_UNKNOWN;
	for (int i = 0; i < value->n; i++)
		with += ((uint64_t)value->u.ints[i] & mask) == mask;
	if (with == value->n)
		return BC_YES;
	return with ? BC_UNKNOWN : BC_NO;
}

/* No bit of the mask set. */
static enum bc_tri lacks_bits(const struct bc_value *value, uint64_t mask)
{
	int without = 0;

	if (value->kind == BC_V_BITS) {
		if ((value->u.bits.zeros & mask) == mask)
			return BC_YES;
		return value->u.bits.ones & mask ? BC_NO : BC_UNKNOWN;
	}
	if (value->kind != BC_V_INTS || value->n == 0)
		return BC_UNKNOWN;
	for (int i = 0; i < value->n; i++)
		without += ((uint64_t)value->u.ints[i] & mask) == 0;
	if (without == value->n)
		return BC_YES;
	return without ? BC_UNKNOWN : BC_NO;
}

enum bc_tri bc_value_compare(enum bc_pred_kind kind, const struct bc_value *value, int64_t number)
{
	switch ((int)kind) {
	case BC_P_EQ:
	case BC_P_IN: return bc_value_equals(value, number);
	case BC_P_NE: return bc_tri_not(bc_value_equals(value, number));
	case BC_P_LT: return bc_value_is_below(value, number);
	case BC_P_GT: return is_above(value, number);
	case BC_P_HAS_FLAG: return has_bits(value, (uint64_t)number);
	case BC_P_LACKS_FLAG: return lacks_bits(value, (uint64_t)number);
	default: return BC_UNKNOWN;
	}
}
