/* What the headers of a library declare, by name. */
#include "checking.h"

#include <stdlib.h>
#include <string.h>

struct declared *declared_find(struct declared *table, const char *name)
{
	struct declared *found;

	HASH_FIND_STR(table, name, found);
	return found;
}

static void add(struct declared **table, const char *name, CXCursor cursor)
{
	struct declared *d = declared_find(*table, name);

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

void declared_collect(struct checking *c, CXTranslationUnit tu)
{
	clang_visitChildren(clang_getTranslationUnitCursor(tu), collect, c);
	clang_visitChildren(clang_getTranslationUnitCursor(tu), collect_constants, c);
}

void declared_drop(struct checking *c)
{
	drop(&c->functions);
	drop(&c->records);
	drop(&c->macros);
}
