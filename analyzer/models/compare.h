/* Private to conditions and timeouts: what is known of a value, held against a number. */
#ifndef BC_MODELS_COMPARE_H
#define BC_MODELS_COMPARE_H

#include "models/models.h"

static inline enum bc_tri bc_tri_of(int truth)
{
	return truth ? BC_YES : BC_NO;
}

static inline enum bc_tri bc_tri_not(enum bc_tri value)
{
	return value == BC_UNKNOWN ? BC_UNKNOWN : bc_tri_of(value == BC_NO);
}

/* Zero, or a null pointer. */
enum bc_tri bc_value_is_zero(const struct bc_value *value);

/* The least and the greatest integer that a value may be. 0 when nothing is known. */
int bc_value_range(const struct bc_value *value, int64_t *low, int64_t *high);

enum bc_tri bc_value_equals(const struct bc_value *value, int64_t number);
enum bc_tri bc_value_is_below(const struct bc_value *value, int64_t number);
/* The comparison of an atom that has one number. */
enum bc_tri bc_value_compare(enum bc_pred_kind kind, const struct bc_value *value, int64_t number);

/* What the view of a call says, if it says anything. */
static inline struct bc_value bc_view_value(const struct bc_call_view *call, int arg)
{
	return call->value ? call->value(call->context, arg) : bc_value_top();
}

static inline struct bc_value bc_view_field(
	const struct bc_call_view *call, int arg, const char *field)
{
	return call->field ? call->field(call->context, arg, field) : bc_value_top();
}

#endif
