/* The values of named constants under a compile command, read from one synthetic unit. */
#include "parse/parse.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "parse/parser.h"

static const char prefix[] = "blockcheck_const_";

struct constants {
	const struct bc_parse_job *job;
	const struct bc_constants *wanted;
	struct bc_arena arena;
	unsigned *lines; /* of each name in the unit, 0 for one that cannot be a name */
	unsigned line;   /* of what is written next */
	char *path;
	CXFile file;
	int status;
	char message[256];
};

static int is_name(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '_')
		return 0;
	return text[strspn(text, "_0123456789abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static int is_header(const char *text)
{
	return *text && !strpbrk(text, "<>\"\\\n\r");
}

/* One line for each name, so that a diagnostic's line says which name failed. */
static void write_text(struct constants *c, struct bc_buf *text)
{
	c->line = 1;
	for (int i = 0; i < c->wanted->nheaders; i++) {
		if (!is_header(c->wanted->headers[i]))
			continue;
		bc_buf_printf(text, "#if __has_include(<%s>)\n#include <%s>\n#endif\n",
			c->wanted->headers[i], c->wanted->headers[i]);
		c->line += 3;
	}
	for (int i = 0; i < c->wanted->nnames; i++) {
		if (!is_name(c->wanted->names[i]))
			continue;
		c->lines[i] = c->line++;
		bc_buf_printf(text, "enum { %s%d = (%s) };\n", prefix, i, c->wanted->names[i]);
	}
}

static void read_constant(struct constants *c, CXCursor constant)
{
	CXString name = clang_getCursorSpelling(constant);
	const char *text = clang_getCString(name);
	int i;

	if (sscanf(text, "blockcheck_const_%d", &i) == 1 && i >= 0 && i < c->wanted->nnames &&
		c->lines[i]) {
		c->wanted->values[i] = clang_getEnumConstantDeclValue(constant);
		c->wanted->known[i] = 1;
	}
	clang_disposeString(name);
}

static enum CXChildVisitResult visit(CXCursor cursor, CXCursor parent, CXClientData data)
{
	(void)parent;
	if (cursor.kind == CXCursor_EnumConstantDecl)
		read_constant(data, cursor);
	return cursor.kind == CXCursor_EnumDecl ? CXChildVisit_Recurse : CXChildVisit_Continue;
}

/* The constant exists even where its value is wrong, but then its line has an error. */
static void forget_failed(struct constants *c, CXDiagnostic diagnostic)
{
	unsigned line;
	CXFile file;

	if (clang_getDiagnosticSeverity(diagnostic) < CXDiagnostic_Error)
		return;
	clang_getExpansionLocation(
		clang_getDiagnosticLocation(diagnostic), &file, &line, NULL, NULL);
	if (file != c->file)
		return;
	for (int i = 0; i < c->wanted->nnames; i++)
		if (c->lines[i] == line)
			c->wanted->known[i] = 0;
}

static void read_unit(struct constants *c, CXTranslationUnit tu)
{
	unsigned count = clang_getNumDiagnostics(tu);

	c->file = clang_getFile(tu, c->path);
	clang_visitChildren(clang_getTranslationUnitCursor(tu), visit, c);
	for (unsigned i = 0; i < count; i++) {
		CXDiagnostic diagnostic = clang_getDiagnostic(tu, i);

		forget_failed(c, diagnostic);
		clang_disposeDiagnostic(diagnostic);
	}
	for (int i = 0; i < c->wanted->nnames; i++)
		if (!c->wanted->known[i])
			c->wanted->values[i] = 0;
}

/*
 * The options of the unit, then a dialect that shows everything: the program may define _GNU_SOURCE
 * in its config.h, where this unit does not see it. The values are the same.
 */
static const char *const *constant_args(struct constants *c, int *nargs)
{
	int n;
	const char *const *own = bc_parse_args(&c->arena, c->job, &n);
	const char **args = BC_NEW_ARRAY(&c->arena, const char *, (size_t)n + 2);

	memcpy(args, own, (size_t)n * sizeof(*args));
	args[n++] = "-std=gnu17";
	args[n++] = "-D_GNU_SOURCE";
	*nargs = n;
	return args;
}

static void run(void *data)
{
	struct constants *c = data;
	struct bc_buf text = {0};
	struct CXUnsavedFile file;
	CXIndex index = clang_createIndex(0, 0);
	CXTranslationUnit tu = NULL;
	enum CXErrorCode error;
	int nargs;
	const char *const *args = constant_args(c, &nargs);

	write_text(c, &text);
	file = (struct CXUnsavedFile){c->path, bc_buf_text(&text), text.len};
	error = clang_parseTranslationUnit2(index, c->path, args, nargs, &file, 1,
		CXTranslationUnit_KeepGoing | CXTranslationUnit_SkipFunctionBodies, &tu);
	if (error || !tu) {
		c->status = BC_EINPUT;
		snprintf(c->message, sizeof(c->message), "constants under the command of %s: %s",
			c->job->file ? c->job->file : "no file", bc_parse_error_name(error));
	} else {
		read_unit(c, tu);
		clang_disposeTranslationUnit(tu);
	}
	clang_disposeIndex(index);
	bc_buf_fini(&text);
}

int bc_parse_constants(const struct bc_parse_job *job, const struct bc_constants *wanted)
{
	struct constants c = {.job = job, .wanted = wanted};
	size_t n = (size_t)wanted->nnames;

	c.lines = BC_NEW_ARRAY(&c.arena, unsigned, n);
	c.path = bc_arena_printf(&c.arena, "%s/blockcheck-constants.c", job->directory);
	memset(wanted->known, 0, n);
	memset(wanted->values, 0, n * sizeof(*wanted->values));
	bc_parse_on_big_stack(run, &c);
	bc_arena_fini(&c.arena);
	return c.status ? bc_fail(BC_EINPUT, "%s", c.message) : 0;
}
