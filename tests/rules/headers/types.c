/* What a pack may call a parameter, asked of its type. */
#include "checking.h"

#include <string.h>

int type_is_integer(CXType type)
{
	CXType t = clang_getCanonicalType(type);

	return (t.kind >= CXType_Bool && t.kind <= CXType_Int128) || t.kind == CXType_Enum;
}

int type_is_number(CXType type)
{
	CXType t = clang_getCanonicalType(type);

	return type_is_integer(t) || t.kind == CXType_Double || t.kind == CXType_Float;
}

int type_is_pointer(CXType type)
{
	enum CXTypeKind kind = clang_getCanonicalType(type).kind;

	return kind == CXType_Pointer || kind == CXType_ConstantArray ||
	       kind == CXType_IncompleteArray;
}

int type_is_function_pointer(CXType type)
{
	CXType t = clang_getCanonicalType(type);
	CXType to = clang_getCanonicalType(clang_getPointeeType(t));

	return t.kind == CXType_Pointer &&
	       (to.kind == CXType_FunctionProto || to.kind == CXType_FunctionNoProto);
}

/* A pointer to `struct NAME`. */
int type_points_to(CXType type, const char *record)
{
	CXType to = clang_getCanonicalType(clang_getPointeeType(clang_getCanonicalType(type)));
	CXString text = clang_getTypeSpelling(to);
	int found = strstr(clang_getCString(text), record) != NULL;

	clang_disposeString(text);
	return found;
}

/* The record itself, a pointer to it, or one to anything: setsockopt(). */
int type_is_record(CXType type, const char *record)
{
	CXType canonical = clang_getCanonicalType(type);
	CXString text = clang_getTypeSpelling(canonical);
	int found = canonical.kind == CXType_Record && strstr(clang_getCString(text), record);

	clang_disposeString(text);
	return found || type_points_to(type, record) || type_points_to(type, "void");
}

static enum CXVisitorResult count_functions(CXCursor field, CXClientData data)
{
	CXType type = clang_getCanonicalType(clang_getCursorType(field));

	((struct field_search *)data)->functions += type_is_function_pointer(type);
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
	s->functions += type_is_function_pointer(type);
	if (!strcmp(clang_getCString(text), s->name)) {
		s->found = 1;
		s->type = type;
	}
	clang_disposeString(text);
	return CXVisit_Continue;
}

struct field_search type_search_fields(CXType type, const char *name)
{
	struct field_search s = {.name = name};

	clang_Type_visitFields(clang_getCanonicalType(type), visit_field, &s);
	return s;
}

int type_has_field(CXType type, const char *name)
{
	return type_search_fields(type, name).found;
}
