/* Operations on abstract values (models/value.h): joining, arithmetic, truth, refinement. */
#ifndef BC_LINK_INTERP_VALUES_H
#define BC_LINK_INTERP_VALUES_H

#include "facts/facts.h"
#include "models/value.h"

/* What holds on both of two paths that meet. */
struct bc_value bc_value_join(const struct bc_value *a, const struct bc_value *b);

/* Bits that are clear because the loop runs, as far as one sees: bc_value.pad of a number. */
int bc_value_is_settled(const struct bc_value *value);

int bc_value_same(const struct bc_value *a, const struct bc_value *b);

/* Is it zero (or null) on every run, on none, or unknown? BC_YES: surely not zero. */
enum bc_tri bc_value_truth(const struct bc_value *value);

struct bc_value bc_value_unary(enum bc_op op, const struct bc_value *a);
struct bc_value bc_value_binary(enum bc_op op, const struct bc_value *a, const struct bc_value *b);

struct bc_value bc_value_func(uint32_t sym);

/*
 * What remains of `value` once `value op number` is known to be `truth` (op: a comparison).
 * *possible is set to 0 when nothing remains: the path cannot be taken.
 */
struct bc_value bc_value_refine(
	const struct bc_value *value, enum bc_op op, int64_t number, int truth, int *possible);

#endif
