/* Each rule of a pack against what the headers declare. */
#include <stdlib.h>
#include <string.h>

#include "checking.h"

/* ---- one argument ---- */

struct named {
	const char *name;
	CXType type;
	int params, variadic;
};

/* The type of an argument; 0 where the headers do not say one, as behind an ellipsis. */
static int argument(struct checking *c, const struct named *f, int arg, CXType *type)
{
	if (arg > f->params) {
		if (!f->variadic)
			fault(c, "%s() has no argument %d, but %d parameters", f->name, arg,
				f->params);
		return 0;
	}
	*type = clang_getArgType(f->type, (unsigned)arg - 1);
	return 1;
}

static void expect(struct checking *c, const struct named *f, int arg, int holds, const char *what)
{
	if (!holds)
		fault(c, "%s(): argument %d is no %s", f->name, arg, what);
}

static void check_timeout(struct checking *c, const struct named *f, const struct bc_timeout *t)
{
	CXType type;

	if (!t->arg || !argument(c, f, t->arg, &type))
		return;
	if (t->key)
		expect(c, f, t->arg, type_points_to(type, "char"), "text");
	else if (t->unit == BC_UNIT_TIMEVAL)
		expect(c, f, t->arg, type_is_record(type, "timeval"),
			"struct timeval, nor pointer to one");
	else if (t->unit == BC_UNIT_TIMESPEC)
		expect(c, f, t->arg, type_is_record(type, "timespec"),
			"struct timespec, nor pointer to one");
	else if (t->unit != BC_UNIT_OPAQUE)
		expect(c, f, t->arg, type_is_number(type), "number");
}

static void check_constant(struct checking *c, const struct bc_number *number);

static void check_field_of(
	struct checking *c, const struct named *f, const struct bc_pred *pred, CXType type)
{
	CXType to = clang_getPointeeType(clang_getCanonicalType(type));

	expect(c, f, pred->arg, type_is_pointer(type), "pointer");
	if (strcmp(pred->field, "*") != 0 && type_is_pointer(type) &&
		!type_has_field(to, pred->field))
		fault(c, "%s(): what argument %d points to has no field '%s'", f->name, pred->arg,
			pred->field);
}

static void check_pred(struct checking *c, const struct named *f, const struct bc_pred *pred)
{
	CXType type;

	if (!pred)
		return;
	for (int i = 0; i < pred->nkids; i++)
		check_pred(c, f, &pred->kids[i]);
	for (int i = 0; i < pred->nnumbers; i++)
		check_constant(c, &pred->numbers[i]);
	if (!pred->arg || !argument(c, f, pred->arg, &type))
		return;
	if (pred->field)
		check_field_of(c, f, pred, type);
	else if (pred->kind == BC_P_NULL || pred->kind == BC_P_LITERAL || pred->kind == BC_P_TEXT)
		expect(c, f, pred->arg, type_is_pointer(type), "pointer");
	else if (pred->kind == BC_P_FD)
		expect(c, f, pred->arg, type_is_integer(type) || type_is_pointer(type),
			"descriptor or handle");
	else
		expect(c, f, pred->arg, type_is_number(type), "number");
}

/* ---- functions ---- */

static int is_absent(const struct bc_pack *pack, const char *name)
{
	for (int i = 0; i < pack->nabsent; i++)
		if (!strcmp(pack->absent[i], name))
			return 1;
	return 0;
}

static int check_exists(struct checking *c, const char *name, struct named *out)
{
	struct declared *d = declared_find(c->functions, name);

	if (d && is_absent(c->pack, name))
		fault(c, "%s() is declared absent, but is there", name);
	if (!d && !is_absent(c->pack, name))
		fault(c, "%s() %s", name,
			declared_find(c->macros, name)
				? "is a macro; name the function that it calls"
				: "is not in the headers");
	if (!d)
		return 0;
	*out = (struct named){.name = name, .type = clang_getCursorType(d->cursor)};
	out->params = clang_getNumArgTypes(out->type);
	out->variadic = clang_isFunctionTypeVariadic(out->type) != 0;
	c->functions_checked++;
	return 1;
}

static int begin(struct checking *c, const char *rule, const struct bc_origin *origin)
{
	c->rule = rule;
	c->line = origin->line;
	return !strcmp(origin->path, c->pack->path);
}

static int check_params(struct checking *c, const char *name, int params, struct named *f)
{
	if (!check_exists(c, name, f))
		return 0;
	if (params >= 0 && f->params != params)
		fault(c, "%s() has %d parameters, not %d", name, f->params, params);
	return 1;
}

static void check_sink(struct checking *c, const struct bc_sink_rule *rule)
{
	struct named f;
	CXType type;

	if (!begin(c, rule->id, &rule->origin))
		return;
	for (int i = 0; i < rule->nfunctions; i++) {
		if (!check_params(c, rule->functions[i], rule->params, &f))
			continue;
		check_timeout(c, &f, &rule->timeout);
		check_pred(c, &f, rule->nonblocking_when);
		if (rule->size_arg && argument(c, &f, rule->size_arg, &type))
			expect(c, &f, rule->size_arg, type_is_integer(type), "integer");
	}
}

/* A descriptor, or a library's handle around one, as GLib's channel is. */
static int is_descriptor(CXType type)
{
	CXType pointee = clang_getCanonicalType(clang_getPointeeType(clang_getCanonicalType(type)));

	return type_is_integer(type) || pointee.kind == CXType_Record;
}

static void check_role(struct checking *c, const struct named *f, const struct bc_role *role)
{
	CXType type, callback;

	if (argument(c, f, role->arg, &type))
		expect(c, f, role->arg, type_is_function_pointer(type), "pointer to a function");
	if (!role->fd_arg || !argument(c, f, role->fd_arg, &type))
		return;
	expect(c, f, role->fd_arg, is_descriptor(type), "descriptor");
	callback = clang_getPointeeType(
		clang_getCanonicalType(clang_getArgType(f->type, (unsigned)role->arg - 1)));
	if (clang_getNumArgTypes(callback) < role->fd_param ||
		!is_descriptor(clang_getArgType(callback, (unsigned)role->fd_param - 1)))
		fault(c, "%s(): parameter %d of the callback is no descriptor", f->name,
			role->fd_param);
}

static void check_register(struct checking *c, const struct bc_register_rule *rule)
{
	struct named f;

	if (!begin(c, rule->loop, &rule->origin))
		return;
	for (int i = 0; i < rule->nfunctions; i++) {
		if (!check_params(c, rule->functions[i], rule->params, &f))
			continue;
		for (int k = 0; k < rule->nroles; k++)
			check_role(c, &f, &rule->roles[k]);
		check_pred(c, &f, rule->when);
	}
}

static void check_wait(struct checking *c, const struct bc_wait_rule *rule)
{
	struct named f;
	CXType type;

	if (!begin(c, "wait", &rule->origin))
		return;
	for (int i = 0; i < rule->nfunctions; i++) {
		if (!check_exists(c, rule->functions[i], &f))
			continue;
		check_timeout(c, &f, &rule->timeout);
		if (rule->count_arg && argument(c, &f, rule->count_arg, &type))
			expect(c, &f, rule->count_arg, type_is_integer(type), "integer");
	}
}

static void check_creator(struct checking *c, const struct bc_creator_rule *rule)
{
	struct named f;
	CXType type;

	if (!begin(c, "create", &rule->origin))
		return;
	for (int i = 0; i < rule->nfunctions; i++) {
		if (!check_exists(c, rule->functions[i], &f))
			continue;
		type = clang_getResultType(f.type);
		if (!rule->out_arg && !type_is_integer(type) && !type_is_pointer(type))
			fault(c, "%s() returns neither descriptor nor handle", f.name);
		if (rule->out_arg && argument(c, &f, rule->out_arg, &type))
			expect(c, &f, rule->out_arg, type_is_pointer(type), "pointer");
		check_pred(c, &f, rule->nonblocking_when);
	}
}

static void check_limit(struct checking *c, const struct bc_limit_rule *rule)
{
	struct named f;
	CXType type;

	if (!begin(c, "limit", &rule->origin))
		return;
	for (int i = 0; i < rule->nfunctions; i++) {
		if (!check_exists(c, rule->functions[i], &f))
			continue;
		if (rule->arg && argument(c, &f, rule->arg, &type))
			expect(c, &f, rule->arg, type_is_integer(type) || type_is_pointer(type),
				"descriptor or handle");
		check_pred(c, &f, rule->when);
		check_timeout(c, &f, &rule->timeout);
	}
}

static void check_phase(struct checking *c, const struct bc_phase_rule *rule)
{
	struct named f;

	if (!begin(c, "phases", &rule->origin))
		return;
	for (int i = 0; i < rule->nends; i++)
		check_exists(c, rule->ends[i], &f);
	for (int i = 0; i < rule->nruns; i++)
		check_exists(c, rule->runs[i], &f);
	for (int i = 0; i < rule->nsignals; i++)
		check_constant(c, &rule->signals[i]);
}

static void check_mode(struct checking *c, const struct bc_mode_rule *rule)
{
	struct named f;
	CXType type;

	if (!begin(c, "set", &rule->origin))
		return;
	for (int i = 0; i < rule->nfunctions; i++) {
		if (!check_exists(c, rule->functions[i], &f))
			continue;
		if (argument(c, &f, rule->fd_arg, &type))
			expect(c, &f, rule->fd_arg, type_is_integer(type) || type_is_pointer(type),
				"descriptor or handle");
		check_pred(c, &f, rule->when);
		check_pred(c, &f, rule->nonblocking_when);
	}
}

static void check_queue(struct checking *c, const struct bc_queue_rule *rule)
{
	struct named f;
	CXType type;

	if (!begin(c, "queues", &rule->origin))
		return;
	for (int i = 0; i < rule->nfunctions; i++) {
		if (!check_exists(c, rule->functions[i], &f))
			continue;
		if (rule->arg && argument(c, &f, rule->arg, &type))
			expect(c, &f, rule->arg, type_is_pointer(type), "pointer");
		if (rule->source_arg && argument(c, &f, rule->source_arg, &type))
			expect(c, &f, rule->source_arg, type_is_pointer(type), "pointer");
	}
}

static void check_never(struct checking *c, const struct bc_never_rule *rule)
{
	struct named f;

	if (begin(c, "never_blocks", &rule->origin))
		for (int i = 0; i < rule->nfunctions; i++)
			check_exists(c, rule->functions[i], &f);
}

/* ---- fields ---- */

static const char *strip_tag(const char *record)
{
	return !strncmp(record, "struct ", 7)  ? record + 7
	       : !strncmp(record, "union ", 6) ? record + 6
					       : record;
}

static int matches(const char *pattern, const char *text)
{
	const char *star = strchr(pattern, '*');
	size_t head = star ? (size_t)(star - pattern) : 0, tail = star ? strlen(star + 1) : 0;

	if (!star)
		return !strcmp(pattern, text);
	return strlen(text) >= head + tail && !strncmp(pattern, text, head) &&
	       !strcmp(star + 1, text + strlen(text) - tail);
}

static void check_field_in(
	struct checking *c, const struct bc_field_rule *rule, const struct declared *record)
{
	struct field_search s =
		type_search_fields(clang_getCursorType(record->cursor), rule->field);

	c->records_checked++;
	if (!strcmp(rule->field, "*") && !s.functions)
		fault(c, "%s has no pointer to a function", record->name);
	else if (strcmp(rule->field, "*") != 0 && !s.found)
		fault(c, "%s has no field '%s'", record->name, rule->field);
	else if (s.found && !type_is_function_pointer(s.type))
		fault(c, "%s.%s is no pointer to a function", record->name, rule->field);
}

static void check_field(struct checking *c, const struct bc_field_rule *rule)
{
	if (!begin(c, rule->loop, &rule->origin))
		return;
	for (int i = 0; i < rule->nrecords; i++) {
		const char *wanted = strip_tag(rule->records[i]);
		struct declared *record = declared_find(c->records, wanted), *next;
		int any = record != NULL;

		if (record)
			check_field_in(c, rule, record);
		else if (strchr(wanted, '*'))
			HASH_ITER (hh, c->records, record, next)
				any |= matches(wanted, record->name);
		if (!any && !is_absent(c->pack, wanted))
			fault(c, "no struct '%s' is in the headers", wanted);
	}
}

/* ---- constants ---- */

static void check_constant(struct checking *c, const struct bc_number *number)
{
	uint32_t n = (number->constant != UINT32_MAX) + number->nmore;

	for (uint32_t i = 0; i < n; i++) {
		const struct bc_constant *constant =
			&c->models->constants[i ? number->more[i - 1] : number->constant];

		c->constants_checked++;
		/* those that a pack gives a value to need no header */
		if (!constant->known && !declared_find(c->macros, constant->name) &&
			!declared_find(c->functions, constant->name))
			fault(c, "the constant %s is not in the headers", constant->name);
	}
}

/* ---- all of them ---- */

void check_rules(struct checking *c)
{
	const struct bc_models *m = c->models;

	for (int i = 0; i < m->nsinks; i++)
		check_sink(c, &m->sinks[i]);
	for (int i = 0; i < m->nregisters; i++)
		check_register(c, &m->registers[i]);
	for (int i = 0; i < m->nwaits; i++)
		check_wait(c, &m->waits[i]);
	for (int i = 0; i < m->ncreators; i++)
		check_creator(c, &m->creators[i]);
	for (int i = 0; i < m->nmodes; i++)
		check_mode(c, &m->modes[i]);
	for (int i = 0; i < m->nlimits; i++)
		check_limit(c, &m->limits[i]);
	for (int i = 0; i < m->nphases; i++)
		check_phase(c, &m->phases[i]);
	for (int i = 0; i < m->nqueues; i++)
		check_queue(c, &m->queues[i]);
	for (int i = 0; i < m->nnevers; i++)
		check_never(c, &m->nevers[i]);
	for (int i = 0; i < m->nfields; i++)
		check_field(c, &m->fields[i]);
}
