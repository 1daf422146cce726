/* Conditions and timeouts, evaluated in three values over what is known of a call. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "models/models.h"

static enum bc_tri tri(int truth)
{
	return truth ? BC_YES : BC_NO;
}

static enum bc_tri tri_not(enum bc_tri value)
{
	return value == BC_UNKNOWN ? BC_UNKNOWN : tri(value == BC_NO);
}

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
static int number_value(
	const struct bc_models *models, const struct bc_number *number, int64_t *value)
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

static enum bc_tri is_zero(const struct bc_value *value)
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
static int find_range(const struct bc_value *value, int64_t *low, int64_t *high)
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

/* ---- atoms ---- */

static enum bc_tri equals(const struct bc_value *value, int64_t number)
{
	int64_t low, high;
	int found = 0;

	if (number == 0)
		return is_zero(value);
	if (!find_range(value, &low, &high))
		return BC_UNKNOWN;
	if (low == high)
		return tri(low == number);
	if (value->kind == BC_V_BITS)
		return (value->u.bits.ones & ~(uint64_t)number) ||
				       (value->u.bits.zeros & (uint64_t)number)
			       ? BC_NO
			       : BC_UNKNOWN;
	for (int i = 0; i < value->n; i++)
		found |= value->u.ints[i] == number;
	return found ? BC_UNKNOWN : BC_NO;
}

static enum bc_tri is_below(const struct bc_value *value, int64_t number)
{
	int64_t low, high;

	if (!find_range(value, &low, &high))
		return BC_UNKNOWN;
	if (high < number)
		return BC_YES;
	return low >= number ? BC_NO : BC_UNKNOWN;
}

static enum bc_tri is_above(const struct bc_value *value, int64_t number)
{
	int64_t low, high;

	if (!find_range(value, &low, &high))
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

static enum bc_tri compare(enum bc_pred_kind kind, const struct bc_value *value, int64_t number)
{
	switch ((int)kind) {
	case BC_P_EQ:
	case BC_P_IN: return equals(value, number);
	case BC_P_NE: return tri_not(equals(value, number));
	case BC_P_LT: return is_below(value, number);
	case BC_P_GT: return is_above(value, number);
	case BC_P_HAS_FLAG: return has_bits(value, (uint64_t)number);
	case BC_P_LACKS_FLAG: return lacks_bits(value, (uint64_t)number);
	default: return BC_UNKNOWN;
	}
}

/* One integer of a value against the numbers of a rule. */
static enum bc_tri is_listed(
	const struct bc_models *models, const struct bc_pred *pred, const struct bc_value *value)
{
	enum bc_tri result = BC_NO;

	for (int i = 0; i < pred->nnumbers; i++) {
		int64_t number;
		enum bc_tri same = BC_UNKNOWN;

		if (number_value(models, &pred->numbers[i], &number))
			same = equals(value, number);
		if (same == BC_YES)
			return BC_YES;
		if (same == BC_UNKNOWN)
			result = BC_UNKNOWN;
	}
	return result;
}

/* Every integer of the value must agree: {F_SETFL, F_SETFD} is surely not in [F_SETLKW]. */
static enum bc_tri eval_in(
	const struct bc_models *models, const struct bc_pred *pred, const struct bc_value *value)
{
	enum bc_tri result = BC_UNKNOWN;

	if (value->kind != BC_V_INTS || value->n == 0)
		return is_listed(models, pred, value);
	for (int i = 0; i < value->n; i++) {
		struct bc_value one = bc_value_int(value->u.ints[i]);
		enum bc_tri listed = is_listed(models, pred, &one);

		if (listed == BC_UNKNOWN || (i && listed != result))
			return BC_UNKNOWN;
		result = listed;
	}
	return result;
}

static int is_numeric_address(const char *text)
{
	char host[64];
	size_t len = strcspn(text, "%"); /* fe80::1%eth0 */
	struct in6_addr six;
	struct in_addr four;

	if (len >= sizeof(host))
		return 0;
	memcpy(host, text, len);
	host[len] = '\0';
	return inet_pton(AF_INET6, host, &six) == 1 ||
	       (!text[len] && !strpbrk(text, " \t\n") && inet_aton(text, &four));
}

static int is_kernel_path(const char *text)
{
	return !strncmp(text, "/proc/", 6) || !strncmp(text, "/sys/", 5) ||
	       !strncmp(text, "/dev/", 5);
}

/* Of what the kernel shows as files, those that it reads out of its own memory. */
static int is_kernel_file(const char *text)
{
	static const char *const devices[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (!strcmp(text, devices[i]))
			return 1;
	return !strncmp(text, "/proc/", 6) || !strncmp(text, "/sys/", 5);
}

static enum bc_tri eval_text(const struct bc_pred *pred, const struct bc_value *value)
{
	switch ((enum bc_literal)pred->truth) {
	case BC_LITERAL_KERNEL_PATH: return tri(is_kernel_path(value->u.text));
	case BC_LITERAL_KERNEL_FILE: return tri(is_kernel_file(value->u.text));
	case BC_LITERAL_ADDRESS: break;
	}
	/* of an address that is put together, only the first part is known */
	return value->pad ? BC_UNKNOWN : tri(is_numeric_address(value->u.text));
}

static enum bc_tri eval_literal(const struct bc_pred *pred, const struct bc_value *value)
{
	if (value->kind == BC_V_TEXT && value->u.text)
		return eval_text(pred, value);
	return is_zero(value) == BC_YES ? BC_NO : BC_UNKNOWN;
}

static enum bc_tri eval_fd(const struct bc_pred *pred, const struct bc_call_view *call)
{
	enum bc_fd_mode mode = call->fd ? call->fd(call->context, pred->arg) : BC_FD_UNKNOWN;

	if (mode != BC_FD_NONBLOCKING && mode != BC_FD_BLOCKING)
		return BC_UNKNOWN;
	return tri((int)mode == pred->truth);
}

static struct bc_value read_value(const struct bc_call_view *call, int arg)
{
	return call->value ? call->value(call->context, arg) : bc_value_top();
}

static struct bc_value read_field(const struct bc_call_view *call, int arg, const char *field)
{
	return call->field ? call->field(call->context, arg, field) : bc_value_top();
}

static enum bc_tri eval_value(
	const struct bc_models *models, const struct bc_pred *pred, const struct bc_value *value)
{
	int64_t number;

	if (pred->kind == BC_P_NULL)
		return pred->truth ? is_zero(value) : tri_not(is_zero(value));
	if (pred->kind == BC_P_LITERAL)
		return eval_literal(pred, value);
	if (pred->kind == BC_P_IN)
		return eval_in(models, pred, value);
	if (pred->nnumbers != 1 || !number_value(models, &pred->numbers[0], &number))
		return BC_UNKNOWN;
	return compare(pred->kind, value, number);
}

static enum bc_tri eval_atom(
	const struct bc_models *models, const struct bc_pred *pred, const struct bc_call_view *call)
{
	struct bc_value value;

	if (pred->kind == BC_P_FD)
		return eval_fd(pred, call);
	value = read_value(call, pred->arg);
	if (!pred->field)
		return eval_value(models, pred, &value);
	if (is_zero(&value) == BC_YES) /* a null pointer has no fields */
		return BC_NO;
	value = read_field(call, pred->arg, pred->field);
	return eval_value(models, pred, &value);
}

/* ---- whole conditions ---- */

/* `decisive` ends it: NO for "all", YES for "any". */
static enum bc_tri eval_kids(const struct bc_models *models, const struct bc_pred *pred,
	const struct bc_call_view *call, enum bc_tri decisive, const struct bc_pred **undecided)
{
	const struct bc_pred *first = NULL;

	for (int i = 0; i < pred->nkids; i++) {
		const struct bc_pred *atom = NULL;
		enum bc_tri kid = bc_pred_eval(models, &pred->kids[i], call, &atom);

		if (kid == decisive)
			return decisive;
		if (kid == BC_UNKNOWN && !first)
			first = atom;
	}
	if (!first)
		return tri_not(decisive);
	*undecided = first;
	return BC_UNKNOWN;
}

enum bc_tri bc_pred_eval(const struct bc_models *models, const struct bc_pred *pred,
	const struct bc_call_view *call, const struct bc_pred **undecided)
{
	const struct bc_pred *unused;
	enum bc_tri result;

	if (!undecided)
		undecided = &unused;
	if (pred->kind == BC_P_ALL)
		return eval_kids(models, pred, call, BC_NO, undecided);
	if (pred->kind == BC_P_ANY)
		return eval_kids(models, pred, call, BC_YES, undecided);
	if (pred->kind == BC_P_NOT)
		return tri_not(bc_pred_eval(models, &pred->kids[0], call, undecided));
	result = eval_atom(models, pred, call);
	if (result == BC_UNKNOWN)
		*undecided = pred;
	return result;
}

/* ---- timeouts ---- */

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
	enum bc_tri negative = timeout->negative_is_forever ? is_below(value, 0) : BC_NO;
	enum bc_tri zero =
		timeout->zero_is_forever || timeout->null_is_forever ? is_zero(value) : BC_NO;

	if (negative == BC_YES || zero == BC_YES)
		return BC_YES;
	return negative == BC_UNKNOWN || zero == BC_UNKNOWN ? BC_UNKNOWN : BC_NO;
}

/* The greatest value of one part of a limit, 0 when unknown. Negative times are no limits. */
static int read_part(const struct bc_value *value, double unit, double *ms)
{
	int64_t low, high;

	if (!find_range(value, &low, &high) || low < 0)
		return 0;
	*ms += (double)high * unit;
	return 1;
}

static enum bc_tri eval_struct(const struct bc_timeout *timeout, const struct bc_call_view *call,
	const struct bc_value *pointer, double *ms)
{
	int nanoseconds = timeout->unit == BC_UNIT_TIMESPEC;
	struct bc_value s, part;

	if (is_zero(pointer) == BC_YES)
		return BC_UNKNOWN; /* an error to some calls, a crash in others */
	s = read_field(call, timeout->arg, "tv_sec");
	part = read_field(call, timeout->arg, nanoseconds ? "tv_nsec" : "tv_usec");
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
	value = read_value(call, timeout->arg);
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

int bc_pred_fd_argument(const struct bc_pred *pred)
{
	int arg = 0;

	if (!pred)
		return 0;
	if (pred->kind == BC_P_FD)
		return pred->arg;
	for (int i = 0; i < pred->nkids && !arg; i++)
		arg = bc_pred_fd_argument(&pred->kids[i]);
	return arg;
}
