/* Arguments that limit how long a call waits, evaluated over what is known of the call. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "models/compare.h"

static double unit_ms(enum bc_time_unit unit)
{
	switch (unit) {
	case BC_UNIT_S: return 1000.0;
	case BC_UNIT_US: return 1.0 / 1000.0;
	case BC_UNIT_NS: return 1.0 / 1000000.0;
	case BC_UNIT_NONE:
	case BC_UNIT_MS:
	case BC_UNIT_TIMEVAL:
	case BC_UNIT_TIMESPEC:
	case BC_UNIT_OPAQUE: return 1.0;
	}
	return 1.0;
}

/* Is the wait without limit, by the rules for negative, zero and null arguments? */
static enum bc_tri is_forever(const struct bc_timeout *timeout, const struct bc_value *value)
{
	enum bc_tri negative = timeout->negative_is_forever ? bc_value_is_below(value, 0) : BC_NO;
	enum bc_tri zero = timeout->zero_is_forever || timeout->null_is_forever
				   ? bc_value_is_zero(value)
				   : BC_NO;

	if (negative == BC_YES || zero == BC_YES)
		return BC_YES;
	return negative == BC_UNKNOWN || zero == BC_UNKNOWN ? BC_UNKNOWN : BC_NO;
}

/* The greatest value of one part of a limit, 0 when unknown. Negative times are no limits. */
static int read_part(const struct bc_value *value, double unit, double *ms)
{
	int64_t low, high;

	if (!bc_value_range(value, &low, &high) || low < 0)
		return 0;
	*ms += (double)high * unit;
	return 1;
}

static enum bc_tri eval_struct(const struct bc_timeout *timeout, const struct bc_call_view *call,
	const struct bc_value *pointer, double *ms)
{
	int nanoseconds = timeout->unit == BC_UNIT_TIMESPEC;
	struct bc_value s, part;

	if (bc_value_is_zero(pointer) == BC_YES)
		return BC_UNKNOWN; /* an error to some calls, a crash in others */
	s = bc_view_field(call, timeout->arg, "tv_sec");
	part = bc_view_field(call, timeout->arg, nanoseconds ? "tv_nsec" : "tv_usec");
	if (!read_part(&s, unit_ms(BC_UNIT_S), ms))
		return BC_UNKNOWN;
	return read_part(&part, unit_ms(nanoseconds ? BC_UNIT_NS : BC_UNIT_US), ms) ? BC_YES
										    : BC_UNKNOWN;
}

/* "host=db connect_timeout=5": the number behind the key. Without one, there is no limit. */
static enum bc_tri eval_keyed(
	const struct bc_timeout *timeout, const struct bc_value *value, double *ms)
{
	size_t len = strlen(timeout->key);
	const char *at = value->kind == BC_V_TEXT ? value->u.text : NULL;
	char *end;
	long number;

	while (at && (at = strstr(at, timeout->key)) &&
		(at[len] != '=' ||
			(at > value->u.text && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))))
		at += len;
	if (!at)
		return BC_NO;
	at += len + 1;
	number = strtol(at, &end, 10);
	if (end == at || number <= 0)
		return BC_NO;
	*ms = (double)number * unit_ms(timeout->unit);
	return BC_YES;
}

enum bc_tri bc_timeout_eval(
	const struct bc_timeout *timeout, const struct bc_call_view *call, double *ms)
{
	struct bc_value value;
	enum bc_tri forever;
	double limit = 0;
	enum bc_tri known;

	*ms = 0;
	if (timeout->arg == 0)
		return BC_UNKNOWN;
	value = bc_view_value(call, timeout->arg);
	if (timeout->key)
		return eval_keyed(timeout, &value, ms);
	forever = is_forever(timeout, &value);
	if (forever != BC_NO)
		return forever == BC_YES ? BC_NO : BC_UNKNOWN;
	if (timeout->unit == BC_UNIT_OPAQUE || timeout->unit == BC_UNIT_NONE)
		return BC_UNKNOWN;
	if (timeout->unit == BC_UNIT_TIMEVAL || timeout->unit == BC_UNIT_TIMESPEC)
		known = eval_struct(timeout, call, &value, &limit);
	else
		known = read_part(&value, unit_ms(timeout->unit), &limit) ? BC_YES : BC_UNKNOWN;
	if (known == BC_YES)
		*ms = limit;
	return known;
}
