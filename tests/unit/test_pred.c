/* Conditions and timeouts over every kind of value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/models_sample.h"

/* A call whose arguments 1 ... 8 and fields of argument 1 the test decides. */
struct call {
	struct bc_value args[8];
	struct bc_value sec, part;
	enum bc_fd_mode fd;
};

static struct bc_value view_value(void *context, int arg)
{
	return ((struct call *)context)->args[arg - 1];
}

static struct bc_value view_field(void *context, int arg, const char *field)
{
	const struct call *call = context;

	(void)arg;
	if (!strcmp(field, "tv_sec") || !strcmp(field, "flags"))
		return call->sec;
	return !strcmp(field, "tv_usec") || !strcmp(field, "tv_nsec") ? call->part : bc_value_top();
}

static enum bc_fd_mode view_fd(void *context, int arg)
{
	(void)arg;
	return ((struct call *)context)->fd;
}

static struct bc_call_view view_of(struct call *call)
{
	return (struct bc_call_view){call, view_value, view_field, view_fd};
}

static struct bc_value ints(int n, ...)
{
	struct bc_value value = {.kind = BC_V_INTS, .n = (uint8_t)n};
	va_list args;

	va_start(args, n);
	for (int i = 0; i < n; i++)
		value.u.ints[i] = va_arg(args, int);
	va_end(args);
	return value;
}

static struct bc_value bits(uint64_t ones, uint64_t zeros)
{
	struct bc_value value = {.kind = BC_V_BITS};

	value.u.bits.ones = ones;
	value.u.bits.zeros = zeros;
	return value;
}

static struct bc_value text(const char *t)
{
	struct bc_value value = {.kind = BC_V_TEXT};

	value.u.text = t;
	return value;
}

static struct bc_value kind(enum bc_value_kind k)
{
	return (struct bc_value){.kind = (uint8_t)k, .n = k == BC_V_FUNCS};
}

/* Evaluates the YAML condition `when` with argument 1 being `value`; 2 and 3 are unknown. */
static enum bc_tri eval(const char *when, struct bc_value value, const char **assumed)
{
	struct call call = {.args = {value}, .sec = value, .part = value};
	struct bc_call_view view = view_of(&call);
	const struct bc_pred *undecided = NULL;
	struct bc_buf pack = {0};
	enum bc_tri result;
	struct sample s;
	int n;

	bc_buf_printf(&pack,
		PACK_HEAD
		"constants: {FOUR: 4, EIGHT: 8, NONE: 0}\nblocking:\n- {id: a, function: "
		"f, args: [x, y, z], category: dns, bound: short, provenance: {kind: man, "
		"ref: f(3)}, nonblocking_when: %s}\n",
		when);
	sample_load_good(&s, bc_buf_text(&pack), NULL, NULL);
	result = bc_pred_eval(&s.models, bc_models_sinks(&s.models, "f", &n)[0]->nonblocking_when,
		&view, &undecided);
	assert_int_equal(result == BC_UNKNOWN, undecided != NULL);
	if (assumed) {
		static char kept[200];

		snprintf(kept, sizeof(kept), "%s", undecided ? undecided->assumed : "");
		*assumed = kept;
	}
	bc_buf_fini(&pack);
	sample_drop(&s);
	return result;
}

#define assert_eval(when, value, expected) assert_int_equal(eval((when), (value), NULL), (expected))

/* ---- atoms ---- */

static void test_equality(void **state)
{
	(void)state;
	assert_eval("{arg: 1, eq: 5}", ints(1, 5), BC_YES);
	assert_eval("{arg: 1, eq: -1}", ints(1, -1), BC_YES);
	assert_eval("{arg: 1, eq: 0x10}", ints(1, 16), BC_YES);
	assert_eval("{arg: 1, eq: 5}", ints(2, 4, 6), BC_NO);
	assert_eval("{arg: 1, eq: 5}", ints(2, 4, 5), BC_UNKNOWN);
	assert_eval("{arg: 1, eq: 5}", kind(BC_V_TOP), BC_UNKNOWN);
	assert_eval("{arg: 1, eq: 5}", kind(BC_V_NONNULL), BC_UNKNOWN);
	assert_eval("{arg: 1, eq: 5}", kind(BC_V_FORK), BC_UNKNOWN);
	assert_eval("{arg: 1, eq: 0}", ints(1, 0), BC_YES);
	assert_eval("{arg: 1, eq: 0}", ints(2, 0, 1), BC_UNKNOWN);
	assert_eval("{arg: 1, eq: 0}", kind(BC_V_NONNULL), BC_NO);
	assert_eval("{arg: 1, eq: 5}", bits(5, ~UINT64_C(5)), BC_YES);
	assert_eval("{arg: 1, eq: 5}", bits(2, 0), BC_NO);
	assert_eval("{arg: 1, eq: 5}", bits(0, 4), BC_NO);
	assert_eval("{arg: 1, eq: 5}", bits(4, 0), BC_UNKNOWN);
	assert_eval("{arg: 1, ne: 5}", ints(1, 5), BC_NO);
	assert_eval("{arg: 1, ne: 5}", ints(2, 4, 6), BC_YES);
	assert_eval("{arg: 1, ne: 5}", ints(2, 4, 5), BC_UNKNOWN);
	assert_eval("{arg: 1, eq: FOUR|EIGHT|1}", ints(1, 13), BC_YES);
	assert_eval("{arg: 1, eq: FOUR|EIGHT|1}", ints(1, 12), BC_NO);
	assert_eval("{arg: 1, eq: 1|2|FOUR}", ints(1, 7), BC_YES);
}

static void test_order(void **state)
{
	(void)state;
	assert_eval("{arg: 1, lt: 0}", ints(2, -7, -1), BC_YES);
	assert_eval("{arg: 1, lt: 0}", ints(2, 0, 3), BC_NO);
	assert_eval("{arg: 1, lt: 0}", ints(2, -1, 3), BC_UNKNOWN);
	assert_eval("{arg: 1, gt: 3}", ints(1, 4), BC_YES);
	assert_eval("{arg: 1, gt: 3}", ints(1, 3), BC_NO);
	assert_eval("{arg: 1, gt: 3}", ints(2, 3, 4), BC_UNKNOWN);
	assert_eval("{arg: 1, gt: 3}", bits(8, UINT64_C(1) << 63), BC_YES);
	assert_eval("{arg: 1, gt: 3}", bits(8, 0), BC_UNKNOWN); /* may be negative */
	assert_eval("{arg: 1, lt: 8}", bits(0, ~UINT64_C(7)), BC_YES);
	assert_eval("{arg: 1, lt: 7}", bits(0, ~UINT64_C(7)), BC_UNKNOWN);
	assert_eval("{arg: 1, lt: 0}", bits(UINT64_C(1) << 63, 0), BC_YES);
	assert_eval("{arg: 1, lt: 0}", kind(BC_V_NONNULL), BC_UNKNOWN);
}

static void test_lists(void **state)
{
	(void)state;
	assert_eval("{arg: 1, in: [1, FOUR]}", ints(2, 1, 4), BC_YES);
	assert_eval("{arg: 1, in: [1, FOUR]}", ints(2, 2, 3), BC_NO);
	assert_eval("{arg: 1, in: [1, FOUR]}", ints(2, 2, 4), BC_UNKNOWN);
	assert_eval("{arg: 1, in: [1, FOUR]}", ints(2, 4, 5), BC_UNKNOWN);
	assert_eval("{arg: 1, in: [0, 1]}", kind(BC_V_TOP), BC_UNKNOWN);
	assert_eval("{arg: 1, in: [1, 2]}", bits(4, 0), BC_NO);
	/* a constant that is not known leaves room, except where another one matches */
	assert_eval("{arg: 1, in: [1, UNKNOWN]}", ints(1, 1), BC_YES);
	assert_eval("{arg: 1, in: [1, UNKNOWN]}", ints(1, 2), BC_UNKNOWN);
}

static void test_flags(void **state)
{
	(void)state;
	assert_eval("{arg: 1, has_flag: FOUR}", ints(2, 4, 12), BC_YES);
	assert_eval("{arg: 1, has_flag: FOUR}", ints(2, 0, 8), BC_NO);
	assert_eval("{arg: 1, has_flag: FOUR}", ints(2, 0, 4), BC_UNKNOWN);
	assert_eval("{arg: 1, has_flag: FOUR|EIGHT}", ints(1, 12), BC_YES);
	assert_eval("{arg: 1, has_flag: FOUR|EIGHT}", ints(1, 4), BC_NO);
	assert_eval("{arg: 1, has_flag: FOUR}", bits(4, 0), BC_YES);
	assert_eval("{arg: 1, has_flag: FOUR}", bits(0, 4), BC_NO);
	assert_eval("{arg: 1, has_flag: FOUR}", bits(8, 1), BC_UNKNOWN);
	assert_eval("{arg: 1, has_flag: FOUR}", kind(BC_V_TOP), BC_UNKNOWN);
	assert_eval("{arg: 1, has_flag: UNKNOWN}", ints(1, 4), BC_UNKNOWN);
	assert_eval("{arg: 1, lacks_flag: FOUR|EIGHT}", ints(2, 0, 3), BC_YES);
	assert_eval("{arg: 1, lacks_flag: FOUR|EIGHT}", ints(2, 4, 8), BC_NO);
	assert_eval("{arg: 1, lacks_flag: FOUR|EIGHT}", ints(2, 0, 8), BC_UNKNOWN);
	assert_eval("{arg: 1, lacks_flag: FOUR|EIGHT}", bits(0, 12), BC_YES);
	assert_eval("{arg: 1, lacks_flag: FOUR|EIGHT}", bits(4, 8), BC_NO);
	assert_eval("{arg: 1, lacks_flag: FOUR|EIGHT}", bits(0, 4), BC_UNKNOWN);
	/* a flag that a platform defines as 0 is never set */
	assert_eval("{arg: 1, has_flag: NONE}", ints(1, 4), BC_NO);
	assert_eval("{arg: 1, lacks_flag: NONE}", ints(1, 4), BC_YES);
}

static void test_pointers(void **state)
{
	(void)state;
	assert_eval("{arg: 1, null: true}", ints(1, 0), BC_YES);
	assert_eval("{arg: 1, null: true}", ints(1, 8), BC_NO);
	assert_eval("{arg: 1, null: true}", ints(2, 0, 8), BC_UNKNOWN);
	assert_eval("{arg: 1, null: true}", kind(BC_V_NONNULL), BC_NO);
	assert_eval("{arg: 1, null: true}", kind(BC_V_FUNCS), BC_NO);
	assert_eval("{arg: 1, null: true}", kind(BC_V_LOCAL), BC_NO);
	assert_eval("{arg: 1, null: true}", text("x"), BC_NO);
	assert_eval("{arg: 1, null: true}", bits(0, UINT64_MAX), BC_YES);
	assert_eval("{arg: 1, null: true}", bits(0, 0), BC_UNKNOWN);
	assert_eval("{arg: 1, null: true}", kind(BC_V_TOP), BC_UNKNOWN);
	assert_eval("{arg: 1, null: false}", kind(BC_V_FUNCS), BC_YES);
	assert_eval("{arg: 1, null: false}", ints(1, 0), BC_NO);
	assert_eval("{arg: 1, null: no}", kind(BC_V_TOP), BC_UNKNOWN);
}

static void test_literals(void **state)
{
	static const char *const addresses[] = {"127.0.0.1", "::1", "fe80::1%eth0", "10.1"};
	static const char *const names[] = {
		"", "localhost", "127.0.0.1 x", "1.2.3.4%eth0", "::g", "example.org", "300.1.1.1"};
	char longest[200];

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		assert_eval("{arg: 1, literal: numeric-address}", text(addresses[i]), BC_YES);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_eval("{arg: 1, literal: numeric-address}", text(names[i]), BC_NO);
	memset(longest, '1', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_eval("{arg: 1, literal: numeric-address}", text(longest), BC_NO);
	assert_eval("{arg: 1, literal: numeric-address}", kind(BC_V_TOP), BC_UNKNOWN);
	assert_eval("{arg: 1, literal: numeric-address}", kind(BC_V_NONNULL), BC_UNKNOWN);
	assert_eval("{arg: 1, literal: numeric-address}", ints(1, 0), BC_NO);
}

static void test_descriptors(void **state)
{
	static const struct {
		enum bc_fd_mode mode;
		enum bc_tri nonblocking, blocking;
	} rows[] = {
		{BC_FD_NONBLOCKING, BC_YES, BC_NO},
		{BC_FD_BLOCKING, BC_NO, BC_YES},
		{BC_FD_MIXED, BC_UNKNOWN, BC_UNKNOWN},
		{BC_FD_UNKNOWN, BC_UNKNOWN, BC_UNKNOWN},
	};
	const struct bc_pred wants_nonblocking = {
		.kind = BC_P_FD, .arg = 1, .truth = BC_FD_NONBLOCKING};
	const struct bc_pred wants_blocking = {.kind = BC_P_FD, .arg = 1, .truth = BC_FD_BLOCKING};
	struct bc_models models = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct call call = {.fd = rows[i].mode};
		struct bc_call_view view = view_of(&call);

		assert_int_equal(bc_pred_eval(&models, &wants_nonblocking, &view, NULL),
			rows[i].nonblocking);
		assert_int_equal(
			bc_pred_eval(&models, &wants_blocking, &view, NULL), rows[i].blocking);
	}
}

static void test_fields(void **state)
{
	(void)state;
	/* the fields have the value of the argument here, see eval() */
	assert_eval("{arg: 1, field: flags, has_flag: FOUR}", ints(1, 4), BC_YES);
	assert_eval("{arg: 1, field: flags, has_flag: FOUR}", ints(1, 8), BC_NO);
	assert_eval("{arg: 1, field: flags, has_flag: FOUR}", kind(BC_V_NONNULL), BC_UNKNOWN);
	/* what a null pointer points to has no properties, not even that of lacking a flag */
	assert_eval("{arg: 1, field: flags, has_flag: FOUR}", ints(1, 0), BC_NO);
	assert_eval("{arg: 1, field: flags, lacks_flag: FOUR}", ints(1, 0), BC_NO);
}

/* ---- whole conditions ---- */

#define YES "{arg: 1, eq: 1}"
#define NO "{arg: 1, eq: 2}"
#define DUNNO "{arg: 2, eq: 1}"
#define DUNNO_TOO "{arg: 3, has_flag: FOUR}"

static void test_all_any_not(void **state)
{
	static const struct {
		const char *when;
		enum bc_tri expected;
		const char *assumed;
	} rows[] = {
		{"{all: [" YES ", " YES "]}", BC_YES, ""},
		{"{all: [" DUNNO ", " NO "]}", BC_NO, ""},
		{"{all: [" YES ", " DUNNO ", " DUNNO_TOO "]}", BC_UNKNOWN, "y is not 1"},
		{"{any: [" NO ", " NO "]}", BC_NO, ""},
		{"{any: [" DUNNO ", " YES "]}", BC_YES, ""},
		{"{any: [" NO ", " DUNNO_TOO ", " DUNNO "]}", BC_UNKNOWN, "z lacks FOUR"},
		{"{not: " YES "}", BC_NO, ""},
		{"{not: " NO "}", BC_YES, ""},
		{"{not: " DUNNO "}", BC_UNKNOWN, "y is 1"},
		{"{not: {not: " DUNNO "}}", BC_UNKNOWN, "y is not 1"},
		{"{not: {any: [" NO ", {all: [" YES ", " NO "]}]}}", BC_YES, ""},
		{"{any: [{all: [" YES ", " DUNNO "]}, {not: " NO "}]}", BC_YES, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *assumed;

		assert_int_equal(eval(rows[i].when, ints(1, 1), &assumed), rows[i].expected);
		assert_string_equal(assumed, rows[i].assumed);
	}
}

static void test_what_is_assumed(void **state)
{
	static const char *const rows[][2] = {
		{"{arg: 1, eq: FOUR}", "x is not FOUR"},
		{"{arg: 1, ne: 3}", "x is 3"},
		{"{arg: 1, lt: 0}", "x is not below 0"},
		{"{arg: 1, gt: 9}", "x is not above 9"},
		{"{arg: 1, in: [FOUR, 9]}", "x is none of FOUR, 9"},
		{"{not: {arg: 1, in: [FOUR, 9]}}", "x is one of FOUR, 9"},
		{"{arg: 1, has_flag: FOUR}", "x lacks FOUR"},
		{"{arg: 1, lacks_flag: FOUR}", "x has FOUR"},
		{"{arg: 1, field: ai_flags, has_flag: FOUR}", "x.ai_flags lacks FOUR"},
		{"{arg: 4, field: ai_flags, has_flag: FOUR}", "ai_flags of arg 4 lacks FOUR"},
		{"{arg: 4, has_flag: FOUR}", "arg 4 lacks FOUR"},
		{"{arg: 1, null: true}", "x is not null"},
		{"{arg: 1, null: false}", "x is null"},
		{"{arg: 1, fd: nonblocking}", "x is blocking"},
		{"{arg: 1, fd: blocking}", "x is non-blocking"},
		{"{arg: 1, literal: numeric-address}", "x is not a numeric address"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *assumed;

		assert_int_equal(eval(rows[i][0], kind(BC_V_TOP), &assumed), BC_UNKNOWN);
		assert_string_equal(assumed, rows[i][1]);
	}
}

static void test_constants_become_known(void **state)
{
	struct call call = {.args = {ints(1, 64)}};
	struct bc_call_view view = view_of(&call);
	const struct bc_pred *pred;
	struct sample s;
	int n;

	(void)state;
	sample_load_good(&s,
		PACK_HEAD
		"blocking:\n" SINK("a", "f", ", nonblocking_when: {arg: 1, has_flag: A|B}"),
		NULL, NULL);
	pred = bc_models_sinks(&s.models, "f", &n)[0]->nonblocking_when;
	assert_int_equal(s.models.nconstants, 2);
	assert_int_equal(bc_pred_eval(&s.models, pred, &view, NULL), BC_UNKNOWN);
	bc_models_set_constant(&s.models, "A", 64);
	assert_int_equal(bc_pred_eval(&s.models, pred, &view, NULL), BC_UNKNOWN);
	bc_models_set_constant(&s.models, "nobody asked", 1);
	bc_models_set_constant(&s.models, "B", 1);
	assert_int_equal(bc_pred_eval(&s.models, pred, &view, NULL), BC_NO);
	call.args[0] = ints(1, 65);
	assert_int_equal(bc_pred_eval(&s.models, pred, &view, NULL), BC_YES);
	sample_drop(&s);
}

/* ---- timeouts ---- */

#define FOREVER (-1.0)
#define DUNNO_MS (-2.0)

static void assert_limit(struct bc_timeout timeout, struct call call, double expected)
{
	struct bc_call_view view = view_of(&call);
	enum bc_tri tri;
	double ms = 77;

	if (timeout.arg == 0 && timeout.unit != BC_UNIT_NONE)
		timeout.arg = 1;
	tri = bc_timeout_eval(&timeout, &view, &ms);
	assert_int_equal(tri, expected == FOREVER    ? BC_NO
			      : expected == DUNNO_MS ? BC_UNKNOWN
						     : BC_YES);
	assert_true(ms == (expected < 0 ? 0 : expected));
}

#define ARG(value) ((struct call){.args = {(value)}})
#define UNIT(u) ((struct bc_timeout){.unit = (u)})

static void test_timeouts_in_numbers(void **state)
{
	struct bc_timeout poll = {.unit = BC_UNIT_MS, .negative_is_forever = 1};
	struct bc_timeout usb = {.unit = BC_UNIT_MS, .zero_is_forever = 1};

	(void)state;
	assert_limit(UNIT(BC_UNIT_S), ARG(ints(1, 2)), 2000);
	assert_limit(UNIT(BC_UNIT_MS), ARG(ints(1, 2)), 2);
	assert_limit(UNIT(BC_UNIT_US), ARG(ints(1, 500)), 0.5);
	assert_limit(UNIT(BC_UNIT_NS), ARG(ints(1, 250000)), 0.25);
	assert_limit(UNIT(BC_UNIT_S), ARG(ints(1, 0)), 0);
	assert_limit(UNIT(BC_UNIT_S), ARG(ints(3, 0, 1, 7)), 7000);
	assert_limit(UNIT(BC_UNIT_MS), ARG(bits(0, ~UINT64_C(15))), 15);
	assert_limit(UNIT(BC_UNIT_MS), ARG(kind(BC_V_TOP)), DUNNO_MS);
	assert_limit(UNIT(BC_UNIT_MS), ARG(kind(BC_V_NONNULL)), DUNNO_MS);
	assert_limit(UNIT(BC_UNIT_MS), ARG(ints(1, -1)), DUNNO_MS);
	assert_limit(UNIT(BC_UNIT_OPAQUE), ARG(ints(1, 5)), DUNNO_MS);
	assert_limit(UNIT(BC_UNIT_NONE), ARG(ints(1, 5)), DUNNO_MS);
	assert_limit(poll, ARG(ints(1, -1)), FOREVER);
	assert_limit(poll, ARG(ints(2, -7, -1)), FOREVER);
	assert_limit(poll, ARG(ints(2, -1, 5)), DUNNO_MS);
	assert_limit(poll, ARG(ints(1, 0)), 0);
	assert_limit(poll, ARG(kind(BC_V_TOP)), DUNNO_MS);
	assert_limit(usb, ARG(ints(1, 0)), FOREVER);
	assert_limit(usb, ARG(ints(1, 3)), 3);
	assert_limit(usb, ARG(ints(2, 0, 3)), DUNNO_MS);
}

static void test_timeouts_in_structs(void **state)
{
	struct bc_timeout select = {.unit = BC_UNIT_TIMEVAL, .null_is_forever = 1};
	struct bc_timeout ppoll = {.unit = BC_UNIT_TIMESPEC, .null_is_forever = 1};
	struct call call = {.args = {kind(BC_V_LOCAL)}, .sec = ints(1, 1), .part = ints(1, 500000)};

	(void)state;
	assert_limit(select, call, 1500);
	assert_limit(ppoll, call, 1000.5);
	assert_limit(UNIT(BC_UNIT_TIMEVAL), call, 1500);
	call.sec = ints(1, 0);
	call.part = ints(1, 0);
	assert_limit(select, call, 0);
	call.part = ints(2, 0, 20000);
	assert_limit(select, call, 20);
	call.part = kind(BC_V_TOP);
	assert_limit(select, call, DUNNO_MS);
	call.part = ints(1, -1);
	assert_limit(select, call, DUNNO_MS);
	call.part = ints(1, 0);
	/* a null pointer, perhaps null, and one without a rule for null */
	call.args[0] = ints(1, 0);
	assert_limit(select, call, FOREVER);
	assert_limit(UNIT(BC_UNIT_TIMEVAL), call, DUNNO_MS);
	call.args[0] = kind(BC_V_TOP);
	assert_limit(select, call, DUNNO_MS);
	assert_limit(UNIT(BC_UNIT_TIMEVAL), call, 0);
	/* absolute times: only "never" can be told */
	call.args[0] = ints(1, 0);
	assert_limit(
		(struct bc_timeout){.unit = BC_UNIT_OPAQUE, .null_is_forever = 1}, call, FOREVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_all_any_not),
		cmocka_unit_test(test_what_is_assumed),
		cmocka_unit_test(test_constants_become_known),
		cmocka_unit_test(test_timeouts_in_numbers),
		cmocka_unit_test(test_timeouts_in_structs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
