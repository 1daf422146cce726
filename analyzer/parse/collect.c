/*
 * Which bodies are written, and where: each file's functions and initialised variables go to its
 * own facts. System headers have thousands of inline functions that nobody calls, hence only those
 * that a written body uses.
 */
#include "parse/parser.h"

#include <stdlib.h>

/* A declaration with attribute alias is a definition that libclang does not call one. */
static void collect_alias(struct bc_parser *p, CXCursor function)
{
	struct bc_attributes attributes = {0};

	bc_parse_attributes(p, function, &attributes);
	if (attributes.alias)
		bc_vec_push(&p->main->aliases, function);
	bc_vec_fini(&attributes.annotations);
}

/* Whether nothing outside of the unit can use it. */
static int is_unit_local(CXCursor decl)
{
	return clang_getCursorLinkage(decl) == CXLinkage_Internal ||
	       clang_Cursor_isFunctionInlined(decl);
}

static void collect_definition(struct bc_parser *p, CXCursor cursor, CXSourceLocation at)
{
	int local = is_unit_local(cursor);
	struct bc_source *source;

	if (local && clang_Location_isInSystemHeader(at))
		return;
	source = bc_parse_position(p, at).source;
	if (!source || (local && bc_parse_is_foreign(p, source)))
		return;
	if (cursor.kind == CXCursor_FunctionDecl)
		bc_vec_push(&source->functions, cursor);
	else
		bc_vec_push(&source->variables, cursor);
}

static enum CXChildVisitResult collect(CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct bc_parser *p = data;
	CXSourceLocation at = clang_getCursorLocation(cursor);

	(void)parent;
	if (cursor.kind == CXCursor_FunctionDecl) {
		if (clang_isCursorDefinition(cursor))
			collect_definition(p, cursor, at);
		else if (clang_Location_isFromMainFile(at))
			collect_alias(p, cursor);
	} else if (cursor.kind == CXCursor_VarDecl &&
		   !clang_Cursor_isNull(clang_Cursor_getVarDeclInitializer(cursor))) {
		collect_definition(p, cursor, at);
	}
	return CXChildVisit_Continue;
}

void bc_parse_collect(struct bc_parser *p)
{
	clang_visitChildren(clang_getTranslationUnitCursor(p->tu), collect, p);
}

/*
 * The inline functions with external linkage of system headers are twins of library functions, made
 * for the optimiser: the library function is what the rules know.
 */
static int is_twin(CXCursor decl)
{
	return clang_getCursorLinkage(decl) != CXLinkage_Internal &&
	       clang_Cursor_getStorageClass(decl) == CX_SC_Extern;
}

void bc_parse_want(struct bc_parser *p, CXCursor decl)
{
	CXCursor definition;
	struct bc_source *source;

	if (!is_unit_local(decl) || is_twin(decl))
		return;
	definition = clang_getCursorDefinition(decl);
	if (clang_Cursor_isNull(definition) || bc_cursor_find(&p->wanted, definition) != BC_NONE)
		return;
	source = bc_parse_position(p, clang_getCursorLocation(definition)).source;
	if (!source || !bc_parse_is_foreign(p, source))
		return;
	bc_cursor_add(&p->wanted, definition, 1);
	if (definition.kind == CXCursor_FunctionDecl)
		bc_vec_push(&source->functions, definition);
	else
		bc_vec_push(&source->variables, definition);
}

static int compare_places(const void *a, const void *b)
{
	unsigned x, y;

	clang_getFileLocation(clang_getCursorLocation(*(const CXCursor *)a), NULL, NULL, NULL, &x);
	clang_getFileLocation(clang_getCursorLocation(*(const CXCursor *)b), NULL, NULL, NULL, &y);
	return (x > y) - (x < y);
}

/* Units that want the same functions in another order shall write the same facts. */
static void sort_wanted(struct bc_parser *p, struct bc_source *source)
{
	if (source->functions.count > source->functions_done && bc_parse_is_foreign(p, source))
		qsort(source->functions.items + source->functions_done,
			source->functions.count - source->functions_done,
			sizeof(*source->functions.items), compare_places);
}

/* Whether there was anything to write. */
static int write_source(struct bc_parser *p, struct bc_source *source)
{
	int any = source->functions_done < source->functions.count ||
		  source->variables_done < source->variables.count;

	sort_wanted(p, source);
	while (source->functions_done < source->functions.count)
		bc_parse_function(p, source, source->functions.items[source->functions_done++]);
	bc_parse_file_scope(p, source);
	if (!source->comments_done && bc_parse_has_mark(source))
		bc_parse_comments(p, source);
	source->comments_done = 1;
	return any;
}

void bc_parse_write_bodies(struct bc_parser *p)
{
	int again;

	write_source(p, p->main);
	for (size_t i = 0; i < p->main->aliases.count; i++)
		bc_parse_define(p, p->main->aliases.items[i]);
	do {
		again = 0;
		for (struct bc_source *s = p->sources; s; s = s->hh.next)
			again |= write_source(p, s);
	} while (again);
}
