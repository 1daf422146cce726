/* Conditions, evaluated in three values over what is known of a call. */
#include <arpa/inet.h>
#include <string.h>

#include "models/compare.h"
#include "models/index.h"

/* ---- lists of numbers ---- */

/* One integer of a value against the numbers of a rule. */
static enum bc_tri is_listed(
	const struct bc_models *models, const struct bc_pred *pred, const struct bc_value *value)
{
	enum bc_tri result = BC_NO;

	for (int i = 0; i < pred->nnumbers; i++) {
		int64_t number;
		enum bc_tri same = BC_UNKNOWN;

		if (bc_number_known(models, &pred->numbers[i], &number))
			same = bc_value_equals(value, number);
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

/* ---- texts ---- */

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
	case BC_LITERAL_KERNEL_PATH: return bc_tri_of(is_kernel_path(value->u.text));
	case BC_LITERAL_KERNEL_FILE: return bc_tri_of(is_kernel_file(value->u.text));
	case BC_LITERAL_ADDRESS: break;
	}
	/* of an address that is put together, only the first part is known */
	return value->pad ? BC_UNKNOWN : bc_tri_of(is_numeric_address(value->u.text));
}

static enum bc_tri eval_literal(const struct bc_pred *pred, const struct bc_value *value)
{
	if (value->kind == BC_V_TEXT && value->u.text)
		return eval_text(pred, value);
	return bc_value_is_zero(value) == BC_YES ? BC_NO : BC_UNKNOWN;
}

/* Of a text that is put together, only the first part is known. */
static enum bc_tri eval_same_text(const struct bc_pred *pred, const struct bc_value *value)
{
	if (value->kind != BC_V_TEXT || !value->u.text)
		return bc_value_is_zero(value) == BC_YES ? BC_NO : BC_UNKNOWN;
	return value->pad ? BC_UNKNOWN : bc_tri_of(bc_name_matches(pred->wanted, value->u.text));
}

/* ---- atoms ---- */

static enum bc_tri eval_fd(const struct bc_pred *pred, const struct bc_call_view *call)
{
	enum bc_fd_mode mode = call->fd ? call->fd(call->context, pred->arg) : BC_FD_UNKNOWN;

	if (mode != BC_FD_NONBLOCKING && mode != BC_FD_BLOCKING)
		return BC_UNKNOWN;
	return bc_tri_of((int)mode == pred->truth);
}

static enum bc_tri eval_value(
	const struct bc_models *models, const struct bc_pred *pred, const struct bc_value *value)
{
	int64_t number;

	if (pred->kind == BC_P_NULL)
		return pred->truth ? bc_value_is_zero(value) : bc_tri_not(bc_value_is_zero(value));
	if (pred->kind == BC_P_LITERAL)
		return eval_literal(pred, value);
	if (pred->kind == BC_P_TEXT)
		return eval_same_text(pred, value);
	if (pred->kind == BC_P_IN)
		return eval_in(models, pred, value);
	if (pred->nnumbers != 1 || !bc_number_known(models, &pred->numbers[0], &number))
		return BC_UNKNOWN;
	return bc_value_compare(pred->kind, value, number);
}

static enum bc_tri eval_atom(
	const struct bc_models *models, const struct bc_pred *pred, const struct bc_call_view *call)
{
	struct bc_value value;

	if (pred->kind == BC_P_FD)
		return eval_fd(pred, call);
	value = bc_view_value(call, pred->arg);
	if (!pred->field)
		return eval_value(models, pred, &value);
	if (bc_value_is_zero(&value) == BC_YES) /* a null pointer has no fields */
		return BC_NO;
	value = bc_view_field(call, pred->arg, pred->field);
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
		return bc_tri_not(decisive);
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
		return bc_tri_not(bc_pred_eval(models, &pred->kids[0], call, undecided));
	result = eval_atom(models, pred, call);
	if (result == BC_UNKNOWN)
		*undecided = pred;
	return result;
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
