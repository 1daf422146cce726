/* Functions and variables: identity, flags, and what their attributes say. */
#include "parse/parser.h"

#include <string.h>

static int starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/* Functions that the compiler provides and no header declares. */
static int is_builtin_name(const char *name)
{
	return starts_with(name, "__builtin_") || starts_with(name, "__sync_") ||
	       starts_with(name, "__atomic_");
}

static int is_internal(CXCursor decl)
{
	enum CXLinkageKind linkage = clang_getCursorLinkage(decl);

	return linkage == CXLinkage_Internal || linkage == CXLinkage_NoLinkage;
}

/*
 * Same-named statics of two files have the same USR when the files' base names agree, hence the
 * path in front. The USR of a local static names its function and its place.
 */
static const char *key_of(struct bc_parser *p, CXCursor decl, const char *name)
{
	CXCursor definition;
	struct bc_position position;

	if (!is_internal(decl))
		return name;
	definition = clang_getCursorDefinition(decl);
	if (clang_Cursor_isNull(definition))
		definition = clang_getCanonicalCursor(decl);
	position = bc_parse_position(p, clang_getCursorLocation(definition));
	return bc_arena_printf(&p->arena, "%s:%s", position.source ? position.source->path : "",
		bc_parse_string(p, clang_getCursorUSR(decl)));
}

/*
 * clang declares a function that is called without a declaration at the call: such a declaration
 * begins at its own name, or has no extent at all.
 */
static int is_implicit(CXCursor decl)
{
	CXSourceRange extent = clang_getCursorExtent(decl);

	if (clang_isCursorDefinition(decl))
		return 0;
	return clang_Range_isNull(extent) ||
	       clang_equalLocations(clang_getRangeStart(extent), clang_getCursorLocation(decl));
}

/* The first declaration, except that clang puts one of its own before those of library functions.
 */
static CXCursor first_declaration(CXCursor decl)
{
	CXCursor first = clang_getCanonicalCursor(decl);

	return decl.kind == CXCursor_FunctionDecl && is_implicit(first) ? decl : first;
}

static uint32_t function_flags(struct bc_parser *p, CXCursor decl)
{
	uint32_t flags = BC_SYM_FUNCTION;

	if (clang_Cursor_isFunctionInlined(decl))
		flags |= BC_SYM_INLINE;
	if (clang_Cursor_isVariadic(decl))
		flags |= BC_SYM_VARIADIC;
	if (bc_parse_type(p, clang_getCursorType(decl))->noreturn)
		flags |= BC_SYM_NORETURN;
	return flags;
}

static void place(struct bc_parser *p, struct bc_fact_symbol *symbol, CXCursor decl)
{
	struct bc_position position = bc_parse_position(p, clang_getCursorLocation(decl));

	symbol->file = BC_NONE;
	if (!position.source)
		return;
	symbol->file = bc_fw_file(p->fw, position.source->path);
	symbol->line = position.line;
	symbol->column = position.column;
	if (position.source->is_system)
		symbol->flags |= BC_SYM_SYSTEM;
}

/* Whether the variable's storage is set aside by the file whose facts are being written. */
static int is_defined_variable(struct bc_parser *p, CXCursor decl)
{
	struct bc_position position = bc_parse_position(p, clang_getCursorLocation(decl));

	return clang_Cursor_getStorageClass(decl) != CX_SC_Extern && position.source == p->out;
}

/* clang's own [[clang::nonblocking]] and [[clang::blocking]] are part of the type. */
static void add_effect(struct bc_parser *p, CXCursor decl, uint32_t annotated)
{
	const char *effect = bc_parse_type(p, clang_getCursorType(decl))->effect;

	if (effect)
		bc_fw_annotation(p->fw, annotated, effect);
}

static void add_attributes(
	struct bc_parser *p, CXCursor decl, struct bc_fact_symbol *symbol, uint32_t *annotated)
{
	struct bc_attributes attributes = {0};

	bc_parse_attributes(p, decl, &attributes);
	symbol->flags |= attributes.flags;
	if (attributes.alias)
		symbol->alias = bc_fw_str(p->fw, attributes.alias);
	*annotated = bc_fw_symbol(p->fw, symbol);
	for (size_t i = 0; i < attributes.annotations.count; i++)
		bc_fw_annotation(p->fw, *annotated, attributes.annotations.items[i]);
	add_effect(p, decl, *annotated);
	bc_vec_fini(&attributes.annotations);
}

static uint32_t add_symbol(struct bc_parser *p, CXCursor decl, int defines)
{
	const char *name = bc_parse_string(p, clang_getCursorSpelling(decl));
	struct bc_fact_symbol symbol = {0};
	uint32_t index;

	symbol.name = bc_fw_str(p->fw, name);
	symbol.key = bc_fw_str(p->fw, key_of(p, decl, name));
	symbol.type = bc_parse_function_type(p, clang_getCursorType(decl));
	symbol.cls = bc_parse_type(p, clang_getCursorType(decl))->cls;
	if (is_internal(decl))
		symbol.flags |= BC_SYM_INTERNAL;
	if (decl.kind == CXCursor_FunctionDecl) {
		int nparams = clang_Cursor_getNumArguments(decl);

		symbol.flags |= function_flags(p, decl);
		symbol.nparams = (uint8_t)(nparams < 0 ? 0 : nparams > 255 ? 255 : nparams);
		if (is_builtin_name(name))
			symbol.flags |= BC_SYM_SYSTEM;
		else if (is_implicit(decl))
			symbol.flags |= BC_SYM_IMPLICIT;
	} else if (is_defined_variable(p, decl)) {
		defines = 1;
	}
	bc_parse_want(p, decl);
	if (defines)
		symbol.flags |= BC_SYM_DEFINED;
	symbol.file = BC_NONE;
	if (!is_builtin_name(name))
		place(p, &symbol, defines ? decl : first_declaration(decl));
	add_attributes(p, decl, &symbol, &index);
	bc_cursor_add(&p->out->symbols, decl, index);
	return index;
}

uint32_t bc_parse_symbol(struct bc_parser *p, CXCursor decl)
{
	uint32_t index = bc_cursor_find(&p->out->symbols, decl);

	return index != BC_NONE ? index : add_symbol(p, decl, 0);
}

uint32_t bc_parse_define(struct bc_parser *p, CXCursor decl)
{
	return add_symbol(p, decl, 1);
}
