/*
 * Holds the shipped packs against the real headers: does each function that a pack names exist, has
 * it as many parameters as the pack says, and is the argument that the pack calls a callback, a
 * timeout or a descriptor one?
 *
 *	headers FOLDER [PACK...]
 *
 * A pack whose headers are not installed is skipped, and said so. What a pack's headers lack on
 * purpose is declared in the pack (absent), not here.
 */
#include <clang-c/Index.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/buf.h"
#include "base/error.h"
#include "models/models.h"

enum { MAX_FLAGS = 64, SKIPPED = 77 };

/* A name that the headers declare. */
struct declared {
	char *name;
	CXCursor cursor;
	UT_hash_handle hh;
};

struct checking {
	const struct bc_models *models;
	const struct bc_pack *pack;
	struct declared *functions, *records, *macros;
	const char *rule; /* at work, for messages */
	int line;
	int functions_checked, records_checked, constants_checked, faults;
};

static void fault(struct checking *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void fault(struct checking *c, const char *format, ...)
{
	va_list args;

	printf("WRONG %s:%d: %s: ", c->pack->path, c->line, c->rule);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	c->faults++;
}

/* ---- what the headers declare ---- */

static struct declared *find(struct declared *table, const char *name)
{
	struct declared *found;

	HASH_FIND_STR(table, name, found);
	return found;
}

static void add(struct declared **table, const char *name, CXCursor cursor)
{
	struct declared *d = find(*table, name);

	if (!d) {
		d = calloc(1, sizeof(*d));
		d->name = strdup(name);
		HASH_ADD_KEYPTR(hh, *table, d->name, strlen(d->name), d);
	}
	d->cursor = cursor;
}

static void drop(struct declared **table)
{
	struct declared *d, *next;

	HASH_ITER (hh, *table, d, next) {
		HASH_DEL(*table, d);
		free(d->name);
		free(d);
	}
}

/* The definition of a struct or union, also behind a typedef. */
static void add_record(struct checking *c, CXCursor cursor, const char *name)
{
	CXType type = clang_getCanonicalType(clang_getCursorType(cursor));
	CXCursor definition = clang_getCursorDefinition(clang_getTypeDeclaration(type));

	if (type.kind == CXType_Record && !clang_Cursor_isNull(definition))
		add(&c->records, name, definition);
}

static enum CXChildVisitResult collect(CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct checking *c = data;
	CXString text = clang_getCursorSpelling(cursor);
	const char *name = clang_getCString(text);

	(void)parent;
	if (cursor.kind == CXCursor_FunctionDecl)
		add(&c->functions, name, cursor);
	else if (cursor.kind == CXCursor_MacroDefinition)
		add(&c->macros, name, cursor);
	else if (cursor.kind == CXCursor_TypedefDecl || cursor.kind == CXCursor_StructDecl ||
		 cursor.kind == CXCursor_UnionDecl)
		add_record(c, cursor, name);
	clang_disposeString(text);
	return CXChildVisit_Continue;
}

/* ---- types ---- */

static int is_integer(CXType type)
{
	CXType t = clang_getCanonicalType(type);

	return (t.kind >= CXType_Bool && t.kind <= CXType_Int128) || t.kind == CXType_Enum;
}

static int is_number(CXType type)
{
	CXType t = clang_getCanonicalType(type);

	return is_integer(t) || t.kind == CXType_Double || t.kind == CXType_Float;
}

static int is_pointer(CXType type)
{
	enum CXTypeKind kind = clang_getCanonicalType(type).kind;

	return kind == CXType_Pointer || kind == CXType_ConstantArray ||
	       kind == CXType_IncompleteArray;
}

static int is_function_pointer(CXType type)
{
	CXType t = clang_getCanonicalType(type);
	CXType to = clang_getCanonicalType(clang_getPointeeType(t));

	return t.kind == CXType_Pointer &&
	       (to.kind == CXType_FunctionProto || to.kind == CXType_FunctionNoProto);
}

/* A pointer to `struct NAME`. */
static int points_to(CXType type, const char *record)
{
	CXType to = clang_getCanonicalType(clang_getPointeeType(clang_getCanonicalType(type)));
	CXString text = clang_getTypeSpelling(to);
	int found = strstr(clang_getCString(text), record) != NULL;

	clang_disposeString(text);
	return found;
}

/* The record itself, a pointer to it, or one to anything: setsockopt(). */
static int is_record(CXType type, const char *record)
{
	CXType canonical = clang_getCanonicalType(type);
	CXString text = clang_getTypeSpelling(canonical);
	int found = canonical.kind == CXType_Record && strstr(clang_getCString(text), record);

	clang_disposeString(text);
	return found || points_to(type, record) || points_to(type, "void");
}

struct field_search {
	const char *name;
	CXType type;
	int found, functions;
};

static enum CXVisitorResult count_functions(CXCursor field, CXClientData data)
{
	CXType type = clang_getCanonicalType(clang_getCursorType(field));

	((struct field_search *)data)->functions += is_function_pointer(type);
	if (type.kind == CXType_Record)
		clang_Type_visitFields(type, count_functions, data);
	return CXVisit_Continue;
}

static enum CXVisitorResult visit_field(CXCursor field, CXClientData data)
{
	struct field_search *s = data;
	CXString text = clang_getCursorSpelling(field);
	CXType type = clang_getCursorType(field);

	/* tables keep their functions in unions inside */
	if (clang_getCanonicalType(type).kind == CXType_Record)
		clang_Type_visitFields(clang_getCanonicalType(type), count_functions, s);
	s->functions += is_function_pointer(type);
	if (!strcmp(clang_getCString(text), s->name)) {
		s->found = 1;
		s->type = type;
	}
	clang_disposeString(text);
	return CXVisit_Continue;
}

static int has_field(CXType type, const char *name)
{
	struct field_search s = {.name = name};

	clang_Type_visitFields(clang_getCanonicalType(type), visit_field, &s);
	return s.found;
}

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
		expect(c, f, t->arg, points_to(type, "char"), "text");
	else if (t->unit == BC_UNIT_TIMEVAL)
		expect(c, f, t->arg, is_record(type, "timeval"),
			"struct timeval, nor pointer to one");
	else if (t->unit == BC_UNIT_TIMESPEC)
		expect(c, f, t->arg, is_record(type, "timespec"),
			"struct timespec, nor pointer to one");
	else if (t->unit != BC_UNIT_OPAQUE)
		expect(c, f, t->arg, is_number(type), "number");
}

static void check_constant(struct checking *c, const struct bc_number *number);

static void check_field_of(
	struct checking *c, const struct named *f, const struct bc_pred *pred, CXType type)
{
	CXType to = clang_getPointeeType(clang_getCanonicalType(type));

	expect(c, f, pred->arg, is_pointer(type), "pointer");
	if (strcmp(pred->field, "*") != 0 && is_pointer(type) && !has_field(to, pred->field))
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
	else if (pred->kind == BC_P_NULL || pred->kind == BC_P_LITERAL)
		expect(c, f, pred->arg, is_pointer(type), "pointer");
	else if (pred->kind == BC_P_FD)
		expect(c, f, pred->arg, is_integer(type) || is_pointer(type),
			"descriptor or handle");
	else
		expect(c, f, pred->arg, is_number(type), "number");
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
	struct declared *d = find(c->functions, name);

	if (d && is_absent(c->pack, name))
		fault(c, "%s() is declared absent, but is there", name);
	if (!d && !is_absent(c->pack, name))
		fault(c, "%s() %s", name,
			find(c->macros, name) ? "is a macro; name the function that it calls"
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
			expect(c, &f, rule->size_arg, is_integer(type), "integer");
	}
}

/* A descriptor, or a library's handle around one, as GLib's channel is. */
static int is_descriptor(CXType type)
{
	CXType pointee = clang_getCanonicalType(clang_getPointeeType(clang_getCanonicalType(type)));

	return is_integer(type) || pointee.kind == CXType_Record;
}

static void check_role(struct checking *c, const struct named *f, const struct bc_role *role)
{
	CXType type, callback;

	if (argument(c, f, role->arg, &type))
		expect(c, f, role->arg, is_function_pointer(type), "pointer to a function");
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
			expect(c, &f, rule->count_arg, is_integer(type), "integer");
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
		if (!rule->out_arg && !is_integer(type) && !is_pointer(type))
			fault(c, "%s() returns neither descriptor nor handle", f.name);
		if (rule->out_arg && argument(c, &f, rule->out_arg, &type))
			expect(c, &f, rule->out_arg, is_pointer(type), "pointer");
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
			expect(c, &f, rule->arg, is_integer(type) || is_pointer(type),
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
			expect(c, &f, rule->fd_arg, is_integer(type) || is_pointer(type),
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
			expect(c, &f, rule->arg, is_pointer(type), "pointer");
		if (rule->source_arg && argument(c, &f, rule->source_arg, &type))
			expect(c, &f, rule->source_arg, is_pointer(type), "pointer");
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
	struct field_search s = {.name = rule->field};

	clang_Type_visitFields(clang_getCursorType(record->cursor), visit_field, &s);
	c->records_checked++;
	if (!strcmp(rule->field, "*") && !s.functions)
		fault(c, "%s has no pointer to a function", record->name);
	else if (strcmp(rule->field, "*") != 0 && !s.found)
		fault(c, "%s has no field '%s'", record->name, rule->field);
	else if (s.found && !is_function_pointer(s.type))
		fault(c, "%s.%s is no pointer to a function", record->name, rule->field);
}

static void check_field(struct checking *c, const struct bc_field_rule *rule)
{
	if (!begin(c, rule->loop, &rule->origin))
		return;
	for (int i = 0; i < rule->nrecords; i++) {
		const char *wanted = strip_tag(rule->records[i]);
		struct declared *record = find(c->records, wanted), *next;
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
		if (!constant->known && !find(c->macros, constant->name) &&
			!find(c->functions, constant->name))
			fault(c, "the constant %s is not in the headers", constant->name);
	}
}

static enum CXChildVisitResult collect_constants(
	CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct checking *c = data;

	(void)parent;
	if (cursor.kind == CXCursor_EnumConstantDecl) {
		CXString text = clang_getCursorSpelling(cursor);

		/* a function or a macro of this name would be the same to the compiler */
		add(&c->macros, clang_getCString(text), cursor);
		clang_disposeString(text);
	}
	return cursor.kind == CXCursor_EnumDecl ? CXChildVisit_Recurse : CXChildVisit_Continue;
}

/* ---- one pack ---- */

struct flags {
	char text[MAX_FLAGS][512];
	const char *args[MAX_FLAGS + 2];
	int n;
};

static void read_flags(struct flags *flags, const struct bc_pack *pack)
{
	char command[200];
	FILE *stream = NULL;
	int n = 0;

	flags->args[flags->n++] = "-std=gnu11";
	flags->args[flags->n++] = "-D_GNU_SOURCE";
	if (*pack->pkg_config) {
		snprintf(command, sizeof(command), "pkg-config --cflags %s 2>/dev/null",
			pack->pkg_config);
		stream = popen(command, "r");
	}
	while (stream && n < MAX_FLAGS && fscanf(stream, "%511s", flags->text[n]) == 1) {
		if (!strncmp(flags->text[n], "-I", 2) || !strncmp(flags->text[n], "-D", 2))
			flags->args[flags->n++] = flags->text[n];
		n++;
	}
	if (stream)
		pclose(stream);
}

static CXTranslationUnit parse(CXIndex index, const struct bc_pack *pack)
{
	struct flags flags = {.n = 0};
	struct bc_buf text = {0};
	struct CXUnsavedFile file = {.Filename = "blockcheck-headers.c"};
	CXTranslationUnit tu;

	read_flags(&flags, pack);
	for (int i = 0; i < pack->ndefines; i++)
		bc_buf_printf(&text, "#define %.*s %s\n", (int)strcspn(pack->defines[i], "="),
			pack->defines[i],
			strchr(pack->defines[i], '=') ? strchr(pack->defines[i], '=') + 1 : "1");
	for (int i = 0; i < pack->nheaders; i++)
		bc_buf_printf(&text, "#include <%s>\n", pack->headers[i]);
	file.Contents = bc_buf_text(&text);
	file.Length = text.len;
	tu = clang_parseTranslationUnit(index, file.Filename, flags.args, flags.n, &file, 1,
		CXTranslationUnit_DetailedPreprocessingRecord |
			CXTranslationUnit_SkipFunctionBodies | CXTranslationUnit_KeepGoing);
	bc_buf_fini(&text);
	return tu;
}

/* The first error, copied; NULL without. */
static char *first_error(CXTranslationUnit tu)
{
	char *error = NULL;

	for (unsigned i = 0; !error && i < clang_getNumDiagnostics(tu); i++) {
		CXDiagnostic d = clang_getDiagnostic(tu, i);
		CXString text = clang_getDiagnosticSpelling(d);

		if (clang_getDiagnosticSeverity(d) >= CXDiagnostic_Error)
			error = strdup(clang_getCString(text));
		clang_disposeString(text);
		clang_disposeDiagnostic(d);
	}
	return error;
}

static void check_rules(struct checking *c)
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

/* 1 checked, 0 skipped. */
static int check_pack(struct checking *c, CXIndex index)
{
	CXTranslationUnit tu;
	char *error;
	int skipped;

	c->rule = c->pack->name;
	c->line = 1;
	if (!strcmp(c->pack->debian, "none")) {
		printf("SKIP  %s: Debian has no package with its headers\n", c->pack->name);
		return 0;
	}
	tu = parse(index, c->pack);
	error = first_error(tu);
	skipped = error && strstr(error, "file not found") != NULL;
	if (skipped)
		printf("SKIP  %s: %s%s%s\n", c->pack->name, error,
			*c->pack->debian ? "; Debian: " : "", c->pack->debian);
	else if (error)
		fault(c, "the headers do not compile: %s", error);
	if (!skipped) {
		clang_visitChildren(clang_getTranslationUnitCursor(tu), collect, c);
		clang_visitChildren(clang_getTranslationUnitCursor(tu), collect_constants, c);
		check_rules(c);
	}
	free(error);
	clang_disposeTranslationUnit(tu);
	drop(&c->functions);
	drop(&c->records);
	drop(&c->macros);
	return !skipped;
}

static int is_wanted(const struct bc_pack *pack, char *const *names)
{
	for (char *const *name = names; *name; name++)
		if (!strcmp(pack->name, *name))
			return 1;
	return !*names;
}

int main(int argc, char **argv)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_models models;
	struct checking c = {.models = &models};
	CXIndex index = clang_createIndex(0, 0);
	const char *folder = argc > 1 ? argv[1] : getenv("BLOCKCHECK_RULES");
	int packs = 0, skipped = 0;

	if (bc_models_load(&arena, &folder, 1, &models) != 0) {
		fprintf(stderr, "%s\n", bc_error_message());
		return 2;
	}
	for (int i = 0; i < models.npacks; i++) {
		c.pack = &models.packs[i];
		if (!is_wanted(c.pack, argc > 1 ? argv + 2 : argv + 1))
			continue;
		if (check_pack(&c, index))
			packs++;
		else
			skipped++;
	}
	printf("%d functions, %d structs and %d constants of %d packs checked against the headers; "
	       "%d packs skipped, %d faults\n",
		c.functions_checked, c.records_checked, c.constants_checked, packs, skipped,
		c.faults);
	clang_disposeIndex(index);
	bc_arena_fini(&arena);
	return c.faults ? 1 : packs ? 0 : SKIPPED;
}
