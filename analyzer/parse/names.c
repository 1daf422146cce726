/* Functions and types by name, for what libclang does not resolve. Made when first asked for. */
#include "parse/parser.h"

#include <string.h>

struct bc_named {
	const char *name;
	CXCursor cursor;
	UT_hash_handle hh;
};

static enum CXChildVisitResult add_name(CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct bc_parser *p = data;
	struct bc_named *named;
	const char *name;

	(void)parent;
	if (cursor.kind != CXCursor_FunctionDecl && cursor.kind != CXCursor_TypedefDecl)
		return CXChildVisit_Continue;
	name = bc_parse_string(p, clang_getCursorSpelling(cursor));
	HASH_FIND_STR(p->names, name, named);
	if (!named) {
		named = BC_NEW(&p->arena, struct bc_named);
		named->name = name;
		HASH_ADD_KEYPTR(hh, p->names, name, strlen(name), named);
	}
	named->cursor = cursor; /* the last declaration knows most */
	return CXChildVisit_Continue;
}

CXCursor bc_parse_find_name(struct bc_parser *p, const char *name)
{
	struct bc_named *named;

	if (!p->names)
		clang_visitChildren(clang_getTranslationUnitCursor(p->tu), add_name, p);
	HASH_FIND_STR(p->names, name, named);
	return named ? named->cursor : clang_getNullCursor();
}

void bc_parse_names_fini(struct bc_parser *p)
{
	HASH_CLEAR(hh, p->names);
}
