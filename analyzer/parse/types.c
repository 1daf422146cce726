/* Classes, function types, records and fields. */
#include "parse/parser.h"

#include <stdio.h>
#include <string.h>

static CXType strip_atomic(CXType type)
{
	CXType canonical = clang_getCanonicalType(type);

	return canonical.kind == CXType_Atomic
		       ? clang_getCanonicalType(clang_Type_getValueType(canonical))
		       : canonical;
}

static int is_function(CXType type)
{
	return type.kind == CXType_FunctionProto || type.kind == CXType_FunctionNoProto;
}

static int is_array(CXType type)
{
	return type.kind == CXType_ConstantArray || type.kind == CXType_IncompleteArray ||
	       type.kind == CXType_VariableArray || type.kind == CXType_DependentSizedArray;
}

/* Below all pointers and arrays. */
static CXType innermost(CXType type)
{
	for (type = strip_atomic(type);; type = strip_atomic(type)) {
		if (type.kind == CXType_Pointer)
			type = clang_getPointeeType(type);
		else if (is_array(type))
			type = clang_getArrayElementType(type);
		else
			return type;
	}
}

static enum bc_class pointer_class(CXType type)
{
	if (is_function(innermost(type)))
		return BC_CLASS_FPTR;
	if (is_array(type))
		return BC_CLASS_ARRAY;
	return strip_atomic(clang_getPointeeType(type)).kind == CXType_Void ? BC_CLASS_VPTR
									    : BC_CLASS_PTR;
}

static enum bc_class class_of(CXType type)
{
	if (is_function(type))
		return BC_CLASS_FPTR;
	if (type.kind == CXType_Pointer || is_array(type))
		return pointer_class(type);
	if (type.kind == CXType_Void)
		return BC_CLASS_VOID;
	if (type.kind == CXType_Record)
		return BC_CLASS_RECORD;
	if ((type.kind >= CXType_Bool && type.kind <= CXType_Int128) || type.kind == CXType_Enum)
		return clang_Type_getSizeOf(type) > 4 ? BC_CLASS_LONG : BC_CLASS_INT;
	if ((type.kind >= CXType_Float && type.kind <= CXType_LongDouble) ||
		type.kind == CXType_Float128 || type.kind == CXType_Half ||
		type.kind == CXType_Float16 || type.kind == CXType_BFloat16)
		return BC_CLASS_FLOAT;
	return BC_CLASS_OTHER;
}

const struct bc_type *bc_parse_type(struct bc_parser *p, CXType type)
{
	/* The pointer serves as a hint only: one type with two of them would be described twice. */
	const void *key = type.data[0];
	struct bc_type *known;

	HASH_FIND_PTR(p->types, &key, known);
	if (known)
		return known;
	known = BC_NEW(&p->arena, struct bc_type);
	known->key = key;
	known->canonical = strip_atomic(type);
	known->cls = (uint8_t)class_of(known->canonical);
	known->is_bool = known->canonical.kind == CXType_Bool;
	known->is_function = (uint8_t)is_function(known->canonical);
	/* libclang's evaluation aborts on values wider than 64 bits. */
	known->is_integral = (known->cls == BC_CLASS_INT || known->cls == BC_CLASS_LONG) &&
			     clang_Type_getSizeOf(known->canonical) <= 8;
	HASH_ADD_PTR(p->types, key, known);
	return known;
}

/* ---- function types ---- */

/* "void (int) __attribute__((noreturn))" is the same type as "void (int)". */
static char *strip_attributes(char *text)
{
	static const char mark[] = " __attribute__((";
	char *at;

	while ((at = strstr(text, mark))) {
		char *end = strstr(at, "))");

		if (!end)
			break;
		memmove(at, end + 2, strlen(end + 2) + 1);
	}
	return text;
}

/* Attributes at the end of the spelling are the function's own; further in, those of a parameter.
 */
static int has_attribute(const char *text, const char *name)
{
	size_t len = strlen(text), size = strlen(name);

	while (len > 2 && !memcmp(text + len - 2, "))", 2)) {
		size_t start = len - 2;

		while (start && memcmp(text + start, "((", 2) != 0)
			start--;
		if (len - start == size + 4 && !memcmp(text + start + 2, name, size))
			return 1;
		if (start < 13 || memcmp(text + start - 13, "__attribute__", 13) != 0)
			return 0;
		len = start - 13;
		while (len && text[len - 1] == ' ')
			len--;
	}
	return 0;
}

static void describe_function(struct bc_parser *p, struct bc_type *type)
{
	CXType function = type->canonical;
	char *spelling = bc_arena_strdup(&p->arena,
		bc_parse_scrub_type(p, bc_parse_string(p, clang_getTypeSpelling(function))));
	int count = clang_getNumArgTypes(function);
	char *params = bc_arena_alloc(&p->arena, (size_t)(count > 0 ? count : 0) + 1);

	type->noreturn = (uint8_t)has_attribute(spelling, "noreturn");
	if (has_attribute(spelling, "nonblocking"))
		type->effect = "clang:nonblocking";
	else if (has_attribute(spelling, "blocking"))
		type->effect = "clang:blocking";
	type->spelling = strip_attributes(spelling);
	for (int i = 0; i < count; i++)
		params[i] = (char)('a' +
				   bc_parse_type(p, clang_getArgType(function, (unsigned)i))->cls);
	type->params = params;
	type->ret = bc_parse_type(p, clang_getResultType(function))->cls;
	type->noproto = function.kind == CXType_FunctionNoProto;
	type->variadic = !type->noproto && clang_isFunctionTypeVariadic(function);
}

static uint32_t add_function_type(struct bc_parser *p, const struct bc_type *type)
{
	struct bc_type_index *entry = BC_NEW(&p->arena, struct bc_type_index);

	if (!type->spelling)
		describe_function(p, (struct bc_type *)type);
	entry->key = type;
	entry->index = bc_fw_type(p->fw, type->spelling, (enum bc_class)type->ret, type->params,
		type->variadic, type->noproto);
	HASH_ADD_PTR(p->out->types, key, entry);
	return entry->index;
}

uint32_t bc_parse_function_type(struct bc_parser *p, CXType type)
{
	const struct bc_type *known = bc_parse_type(p, type);
	struct bc_type_index *entry;

	if (known->cls != BC_CLASS_FPTR)
		return BC_NONE;
	if (!known->is_function)
		known = bc_parse_type(p, innermost(known->canonical));
	HASH_FIND_PTR(p->out->types, &known, entry);
	return entry ? entry->index : add_function_type(p, known);
}

/* ---- records ---- */

static int is_record(CXCursor cursor)
{
	return cursor.kind == CXCursor_StructDecl || cursor.kind == CXCursor_UnionDecl;
}

static struct bc_record *record_of(struct bc_parser *p, CXCursor definition)
{
	uint32_t index = bc_cursor_find(&p->record_index, definition);
	struct bc_record *record;

	if (index != BC_NONE)
		return p->records.items[index];
	record = BC_NEW(&p->arena, struct bc_record);
	record->cursor = definition;
	record->is_union = definition.kind == CXCursor_UnionDecl;
	bc_cursor_add(&p->record_index, definition, (uint32_t)p->records.count);
	bc_vec_push(&p->records, record);
	return record;
}

struct ordinal {
	CXCursor wanted;
	int n, found;
};

static enum CXChildVisitResult count_anonymous(CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct ordinal *ordinal = data;

	(void)parent;
	if (!is_record(cursor) || !clang_Cursor_isAnonymous(cursor))
		return CXChildVisit_Continue;
	ordinal->n++;
	ordinal->found = clang_equalCursors(cursor, ordinal->wanted) != 0;
	return ordinal->found ? CXChildVisit_Break : CXChildVisit_Continue;
}

static const char *name_record(struct bc_parser *p, CXCursor record)
{
	const char *name = bc_parse_string(p, clang_getTypeSpelling(clang_getCursorType(record)));

	if (!strchr(name, '('))
		return name;
	return record.kind == CXCursor_UnionDecl ? "union (unnamed)" : "struct (unnamed)";
}

static void identify_record(struct bc_parser *p, struct bc_record *record)
{
	CXCursor parent = clang_getCursorSemanticParent(record->cursor);
	CXSourceLocation at = clang_getCursorLocation(record->cursor);
	struct bc_position position = bc_parse_position(p, at);
	struct ordinal ordinal = {.wanted = record->cursor};

	if (clang_Cursor_isAnonymous(record->cursor) && is_record(parent)) {
		struct bc_record *outer = record_of(p, parent);

		if (!outer->key)
			identify_record(p, outer);
		clang_visitChildren(parent, count_anonymous, &ordinal);
		record->key = bc_arena_printf(&p->arena, "%s#%d", outer->key, ordinal.n);
		record->name = outer->name;
		return;
	}
	record->name = name_record(p, record->cursor);
	record->key = bc_arena_printf(&p->arena, "%s:%u:%u",
		position.source ? position.source->path : "", position.line, position.column);
	/* One use of a macro may define several records at one place. */
	if (bc_parse_in_macro(at))
		record->key = bc_arena_printf(&p->arena, "%s@%s", record->key, record->name);
}

/* The definition of the record that `type` is, or points to. */
struct bc_record *bc_parse_record(struct bc_parser *p, CXType type)
{
	CXType inner = innermost(type);
	CXCursor definition;
	struct bc_record *record;

	if (inner.kind != CXType_Record)
		return NULL;
	definition = clang_getCursorDefinition(clang_getTypeDeclaration(inner));
	if (!is_record(definition))
		return NULL;
	record = record_of(p, definition);
	if (!record->key)
		identify_record(p, record);
	return record;
}

struct field_list {
	BC_VEC(CXCursor) items;
};

static enum CXVisitorResult list_field(CXCursor field, CXClientData data)
{
	struct field_list *list = data;
	int skipped = 0;

	if (clang_Cursor_isBitField(field)) {
		CXString name = clang_getCursorSpelling(field);

		skipped = !*clang_getCString(name); /* padding takes no initialiser */
		clang_disposeString(name);
	}
	if (!skipped)
		bc_vec_push(&list->items, field);
	return CXVisit_Continue;
}

struct bc_record *bc_parse_record_fields(struct bc_parser *p, CXType type)
{
	struct bc_record *record = bc_parse_record(p, type);
	struct field_list list = {0};

	if (!record || record->is_listed)
		return record;
	clang_Type_visitFields(clang_getCursorType(record->cursor), list_field, &list);
	record->is_listed = 1;
	record->nfields = (uint32_t)list.items.count;
	record->fields = BC_NEW_ARRAY(&p->arena, CXCursor, list.items.count);
	if (list.items.count)
		memcpy(record->fields, list.items.items, list.items.count * sizeof(CXCursor));
	bc_vec_fini(&list.items);
	return record;
}

enum { MAX_PLACED_FIELDS = 64 };

/*
 * libclang goes over the whole record for each offset. Offsets serve to match records that are cast
 * to each other, which the very large ones are not: they stay without.
 */
static uint32_t offset_of(struct bc_parser *p, const struct bc_record *record, CXCursor field)
{
	long long offset;

	bc_parse_record_fields(p, clang_getCursorType(record->cursor));
	if (record->nfields > MAX_PLACED_FIELDS)
		return BC_NONE;
	offset = clang_Cursor_getOffsetOfField(field);
	return offset < 0 || offset >= BC_NONE ? BC_NONE : (uint32_t)offset;
}

static uint32_t add_field(struct bc_parser *p, CXCursor field)
{
	CXType type = clang_getCursorType(field);
	struct bc_record *record = record_of(p, clang_getCursorSemanticParent(field));
	const char *name = bc_parse_string(p, clang_getCursorSpelling(field));
	struct bc_fact_field fact = {0};
	uint32_t index;

	if (!record->key)
		identify_record(p, record);
	/* Newer libclangs give unnamed members a made-up name. */
	if (strchr(name, '('))
		name = "";
	fact.record_key = bc_fw_str(p->fw, record->key);
	fact.record = bc_fw_str(p->fw, record->name);
	fact.name = bc_fw_str(p->fw, name);
	fact.type = bc_parse_function_type(p, type);
	fact.offset = offset_of(p, record, field);
	fact.cls = bc_parse_type(p, type)->cls;
	fact.in_union = (uint8_t)record->is_union;
	index = bc_fw_field(p->fw, &fact) | (*name ? 0 : BC_PARSE_ANONYMOUS);
	bc_cursor_add(&p->out->fields, field, index);
	return index;
}

uint32_t bc_parse_field(struct bc_parser *p, CXCursor field)
{
	uint32_t index = bc_cursor_find(&p->out->fields, field);

	return index != BC_NONE ? index : add_field(p, field);
}

void bc_parse_alias(struct bc_parser *p, CXType to, CXType from, CXCursor cast)
{
	struct bc_record *a = bc_parse_record(p, to), *b = bc_parse_record(p, from);
	uint32_t loc;

	if (!a || !b || a == b)
		return;
	loc = bc_parse_loc(p, cast);
	bc_fw_alias(p->fw, &(struct bc_fact_alias){
				   .record_a = bc_fw_str(p->fw, a->key),
				   .record_b = bc_fw_str(p->fw, b->key),
				   .file = bc_fw_file(p->fw, p->out->path),
				   .line = BC_LOC_LINE(loc),
			   });
}
