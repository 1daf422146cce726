/*
 * Braced initialisers. libclang shows a list as it is written: designators, elided braces and order
 * are resolved here, following C11 6.7.9. Designators come as an unexposed expression of type void:
 * its children are the members and indices of the designator, then the value.
 */
#include "parse/parser.h"

enum {
	MAX_ELEMENTS = 64 /* of an array of plain numbers or strings; elements are not told apart */
};

/* The items of one pair of braces, and how far they are used up. */
struct list {
	uint32_t at, end;
	uint32_t value; /* of the designated item before `at`: comes first, if not 0 */
};

static CXType type_at(struct bc_parser *p, uint32_t i)
{
	return clang_getCursorType(bc_tree_at(p, i)->cursor);
}

static int has_item(const struct list *list)
{
	return list->value || list->at < list->end;
}

static uint32_t item_of(const struct list *list)
{
	return list->value ? list->value : list->at;
}

static void next_item(struct bc_parser *p, struct list *list)
{
	if (list->value)
		list->value = 0;
	else
		list->at = bc_tree_end(p, list->at);
}

static int is_array(CXType type)
{
	return type.kind == CXType_ConstantArray || type.kind == CXType_IncompleteArray ||
	       type.kind == CXType_VariableArray;
}

static int is_aggregate(CXType type)
{
	type = clang_getCanonicalType(type);
	return type.kind == CXType_Record || is_array(type);
}

static int is_designator(struct bc_parser *p, uint32_t i)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);

	return node->cursor.kind == CXCursor_UnexposedExpr && node->kids >= 2 &&
	       clang_getCursorType(node->cursor).kind == CXType_Void;
}

/* A list may be wrapped when something in it does not compile. */
static uint32_t unwrap(struct bc_parser *p, uint32_t i)
{
	uint32_t core = bc_parse_core(p, i);

	return bc_tree_at(p, core)->cursor.kind == CXCursor_InitListExpr ? core : i;
}

static int is_list(struct bc_parser *p, uint32_t i)
{
	return bc_tree_at(p, i)->cursor.kind == CXCursor_InitListExpr;
}

/* Whether the item initialises the whole aggregate: a copy of a struct, or text for an array. */
static int is_whole(struct bc_parser *p, uint32_t i, CXType type)
{
	CXType item = clang_getCanonicalType(type_at(p, i));

	if (bc_tree_at(p, bc_parse_core(p, i))->cursor.kind == CXCursor_StringLiteral)
		return is_array(type) && !is_aggregate(clang_getArrayElementType(type)) &&
		       bc_parse_type(p, clang_getArrayElementType(type))->cls == BC_CLASS_INT;
	if (is_array(type))
		return is_array(item);
	return item.kind == CXType_Record && bc_parse_record(p, item) == bc_parse_record(p, type);
}

static void fill(struct bc_parser *p, CXType type, struct list *list, int braced);

/* One object's value; uses up one item, or as many as an aggregate without braces takes. */
static void emit_value(struct bc_parser *p, CXType type, struct list *list)
{
	uint32_t first = item_of(list), item = unwrap(p, first), open;

	type = clang_getCanonicalType(type);
	if (is_list(p, item)) {
		bc_parse_init(p, item, type);
		next_item(p, list);
		return;
	}
	if (!is_aggregate(type) || is_whole(p, item, type) || p->depth >= BC_PARSE_DEPTH) {
		bc_parse_expr(p, item, 0);
		next_item(p, list);
		return;
	}
	open = bc_parse_open(p, BC_N_INIT, 0, (enum bc_class)bc_parse_type(p, type)->cls, 0,
		BC_NONE, bc_tree_loc(p, item));
	fill(p, type, list, 0);
	if (has_item(list) &&
		item_of(list) ==
			first) /* an empty struct takes nothing: do not stay here for ever */
		next_item(p, list);
	bc_parse_close(p, open);
}

/* ---- designators ---- */

static void fill_record(
	struct bc_parser *p, CXType type, struct list *list, int braced, struct list *path);
static void fill_array(
	struct bc_parser *p, CXType type, struct list *list, int braced, struct list *path);

static int is_last(struct bc_parser *p, const struct list *path)
{
	return bc_tree_end(p, path->at) >= path->end;
}

/*
 * The object of type `type` below a designator: its value, or more of the path. Items that follow
 * fill the rest of the object that the path leads into.
 */
static void follow(struct bc_parser *p, CXType type, struct list *list, struct list *path)
{
	uint32_t open;

	type = clang_getCanonicalType(type);
	if (is_last(p, path) || !is_aggregate(type) || p->depth >= BC_PARSE_DEPTH) {
		while (!is_last(p, path))
			next_item(p, path);
		next_item(p, list);
		list->value = path->at;
		emit_value(p, type, list);
		return;
	}
	open = bc_parse_open(p, BC_N_INIT, 0, (enum bc_class)bc_parse_type(p, type)->cls, 0,
		BC_NONE, bc_tree_loc(p, path->at));
	if (type.kind == CXType_Record)
		fill_record(p, type, list, 0, path);
	else
		fill_array(p, type, list, 0, path);
	bc_parse_close(p, open);
}

/* The path of the designated item that is next in the list. */
static struct list path_of(struct bc_parser *p, const struct list *list)
{
	return (struct list){list->at + 1, bc_tree_end(p, list->at), 0};
}

/* ---- records ---- */

static uint32_t field_index(const struct bc_record *record, CXCursor field)
{
	for (uint32_t i = 0; i < record->nfields; i++)
		if (clang_equalCursors(record->fields[i], field))
			return i;
	return record->nfields;
}

static uint32_t open_field(struct bc_parser *p, CXCursor field, uint32_t loc)
{
	uint32_t ref = bc_parse_field(p, field) & ~BC_PARSE_ANONYMOUS;

	return bc_parse_open(p, BC_N_SET, 0,
		(enum bc_class)bc_parse_type(p, clang_getCursorType(field))->cls, 0, ref, loc);
}

/* `.field...= value`: the index of the field. What is not a member of this record is passed over.
 */
static uint32_t designated_field(
	struct bc_parser *p, const struct bc_record *record, struct list *list, struct list *path)
{
	const struct bc_tree_node *member = bc_tree_at(p, path->at);
	uint32_t index = record->nfields, loc = bc_tree_loc(p, list->at), open;
	CXCursor field;

	if (member->cursor.kind == CXCursor_MemberRef)
		index = field_index(record, clang_getCursorReferenced(member->cursor));
	if (index == record->nfields) {
		next_item(p, list);
		return index;
	}
	field = record->fields[index];
	open = open_field(p, field, loc);
	next_item(p, path);
	/* next_item() stops at the value, which is_last() then recognises. */
	follow(p, clang_getCursorType(field), list, path);
	bc_parse_close(p, open);
	return index;
}

static void positional_field(struct bc_parser *p, CXCursor field, struct list *list)
{
	uint32_t open = open_field(p, field, bc_tree_loc(p, item_of(list)));

	emit_value(p, clang_getCursorType(field), list);
	bc_parse_close(p, open);
}

/* What is left over in the braces, such as one element too many, is still evaluated. */
static void skip_excess(struct bc_parser *p, struct list *list)
{
	for (; has_item(list); next_item(p, list)) {
		uint32_t item = item_of(list), open;

		if (!bc_tree_has_effect(p, item))
			continue;
		open = bc_parse_open(
			p, BC_N_ELEM, 0, BC_CLASS_OTHER, 0, BC_NONE, bc_tree_loc(p, item));
		bc_parse_expr(p, item, 0);
		bc_parse_close(p, open);
	}
}

static void fill_record(
	struct bc_parser *p, CXType type, struct list *list, int braced, struct list *path)
{
	const struct bc_record *record = bc_parse_record_fields(p, type);
	struct list own;
	uint32_t next = 0;

	if (!record) {
		skip_excess(p, list);
		return;
	}
	if (path)
		next = designated_field(p, record, list, path) + 1;
	while (has_item(list)) {
		if (path && record->is_union)
			next = record->nfields;
		if (is_designator(p, item_of(list))) {
			if (!braced)
				return;
			own = path_of(p, list);
			path = &own;
			next = designated_field(p, record, list, path) + 1;
		} else if (next < record->nfields) {
			positional_field(p, record->fields[next], list);
			next = record->is_union ? record->nfields : next + 1;
		} else {
			if (braced)
				skip_excess(p, list);
			return;
		}
	}
}

/* ---- arrays ---- */

/* How many of the indices before the value belong to this array: `[a ... b]` has two. */
static uint32_t count_indices(struct bc_parser *p, CXType element, const struct list *path)
{
	struct list rest = *path;
	uint32_t count = 0;

	while (!is_last(p, &rest) && bc_tree_at(p, rest.at)->cursor.kind != CXCursor_MemberRef) {
		count++;
		next_item(p, &rest);
	}
	if (count < 2 || !is_array(clang_getCanonicalType(element)))
		return count;
	/*
	 * [a][b] of an array of arrays, or [a ... b]? The list does not say. A braced value has the
	 * type of what it initialises; anything else goes as deep as it can.
	 */
	if (is_last(p, &rest) && is_list(p, unwrap(p, rest.at)) &&
		clang_equalTypes(clang_getCanonicalType(type_at(p, unwrap(p, rest.at))),
			clang_getCanonicalType(element)))
		return count;
	return 1;
}

/* `[index]...= value`: the position behind it. */
static long long designated_element(
	struct bc_parser *p, CXType element, struct list *list, struct list *path)
{
	uint32_t indices = count_indices(p, element, path);
	uint32_t open =
		bc_parse_open(p, BC_N_ELEM, 0, (enum bc_class)bc_parse_type(p, element)->cls, 0,
			BC_NONE, bc_tree_loc(p, list->at));
	int64_t index = 0;

	while (indices--) {
		if (!bc_parse_constant(p, path->at, &index))
			index = 0;
		next_item(p, path);
	}
	follow(p, element, list, path);
	bc_parse_close(p, open);
	return index + 1;
}

static int is_plain(struct bc_parser *p, CXType element, uint32_t item)
{
	enum bc_class cls = (enum bc_class)bc_parse_type(p, element)->cls;

	return (cls == BC_CLASS_INT || cls == BC_CLASS_LONG || cls == BC_CLASS_FLOAT ||
		       cls == BC_CLASS_PTR) &&
	       !bc_tree_has_effect(p, item);
}

static void positional_element(
	struct bc_parser *p, CXType element, struct list *list, long long position)
{
	uint32_t open;

	if (position >= MAX_ELEMENTS && is_plain(p, element, item_of(list))) {
		next_item(p, list);
		return;
	}
	open = bc_parse_open(p, BC_N_ELEM, 0, (enum bc_class)bc_parse_type(p, element)->cls, 0,
		BC_NONE, bc_tree_loc(p, item_of(list)));
	emit_value(p, element, list);
	bc_parse_close(p, open);
}

static void fill_array(
	struct bc_parser *p, CXType type, struct list *list, int braced, struct list *path)
{
	CXType element = clang_getArrayElementType(type);
	long long size = clang_getArraySize(type), next = 0; /* -1: as many as there are */
	struct list own;

	if (path)
		next = designated_element(p, element, list, path);
	while (has_item(list)) {
		if (is_designator(p, item_of(list))) {
			if (!braced)
				return;
			own = path_of(p, list);
			next = designated_element(p, element, list, &own);
		} else if (size < 0 || next < size) {
			positional_element(p, element, list, next++);
		} else {
			if (braced)
				skip_excess(p, list);
			return;
		}
	}
}

/* ---- entry ---- */

static void fill(struct bc_parser *p, CXType type, struct list *list, int braced)
{
	if (type.kind == CXType_Record)
		fill_record(p, type, list, braced, NULL);
	else
		fill_array(p, type, list, braced, NULL);
}

void bc_parse_init(struct bc_parser *p, uint32_t i, CXType type)
{
	struct list list;
	enum bc_class cls = (enum bc_class)bc_parse_type(p, type)->cls;
	uint32_t open;

	i = unwrap(p, i);
	list = (struct list){i + 1, bc_tree_end(p, i), 0};
	type = clang_getCanonicalType(type);
	if (!is_list(p, i)) {
		bc_parse_expr(p, i, 0);
		return;
	}
	if (p->depth >= BC_PARSE_DEPTH) {
		bc_parse_flat(p, i);
		return;
	}
	if (has_item(&list) && !is_designator(p, list.at) && cls != BC_CLASS_OTHER &&
		(!is_aggregate(type) || (is_array(type) && is_whole(p, list.at, type)))) {
		bc_parse_expr(p, list.at, 0); /* int x = {1}; char s[] = {"text"}; */
		return;
	}
	open = bc_parse_open(p, BC_N_INIT, 0, cls, 0, BC_NONE, bc_tree_loc(p, i));
	if (is_aggregate(type))
		fill(p, type, &list, 1);
	else
		skip_excess(p, &list);
	bc_parse_close(p, open);
}
