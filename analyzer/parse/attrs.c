/*
 * Attributes. libclang names few of them; of the others it gives the place where the attribute's
 * name is spelled, inside a macro's definition if need be, and the text there says the rest.
 */
#include "parse/parser.h"

#include <ctype.h>
#include <string.h>

static int is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t skip_space(const char *text, size_t left, size_t at)
{
	while (at < left && isspace((unsigned char)text[at]))
		at++;
	return at;
}

static size_t skip_word(const char *text, size_t left, size_t at)
{
	while (at < left && is_word(text[at]))
		at++;
	return at;
}

/* Reads "constructor", "__constructor__" or "gnu::constructor" at `text`; where it ends, or 0. */
static size_t read_name(const char *text, size_t left, char *name, size_t size)
{
	size_t start = 0, end, len;

	if (left > 5 && !memcmp(text, "gnu::", 5))
		start = 5;
	end = skip_word(text, left, start);
	len = end - start;
	if (len > 4 && !memcmp(text + start, "__", 2) && !memcmp(text + end - 2, "__", 2)) {
		start += 2;
		len -= 4;
	}
	if (!len || len >= size)
		return 0;
	memcpy(name, text + start, len);
	name[len] = '\0';
	return end;
}

/*
 * The argument of attribute `name` when `text` begins behind the name: "(ident" or "(\"string\"".
 * NULL when there is none.
 */
static const char *read_argument(struct bc_parser *p, const char *text, size_t left)
{
	size_t at = skip_space(text, left, 0), end;

	if (at >= left || text[at] != '(')
		return NULL;
	at = skip_space(text, left, at + 1);
	if (at < left && text[at] == '"') {
		const char *quote = memchr(text + at + 1, '"', left - at - 1);

		return quote ? bc_arena_strndup(
				       &p->arena, text + at + 1, (size_t)(quote - text) - at - 1)
			     : NULL;
	}
	end = skip_word(text, left, at);
	return end > at ? bc_arena_strndup(&p->arena, text + at, end - at) : NULL;
}

/* The argument of attribute `wanted` in text whose macros are expanded. */
static const char *find_argument(struct bc_parser *p, const char *text, const char *wanted)
{
	size_t left = strlen(text);
	char name[32];

	for (size_t at = 0; at < left;) {
		size_t end;

		if (!is_word(text[at])) {
			at++;
			continue;
		}
		end = read_name(text + at, left - at, name, sizeof(name));
		if (end && !strcmp(name, wanted)) {
			const char *found = read_argument(p, text + at + end, left - at - end);

			if (found)
				return found;
		}
		at = skip_word(text, left, at);
	}
	return NULL;
}

/* The same where the attribute comes from macros that paste or pass its argument. */
static const char *expand_argument(struct bc_parser *p, CXCursor attribute, const char *wanted)
{
	struct bc_position use = bc_parse_position(p, clang_getCursorLocation(attribute));
	const char *text;

	if (!use.source || use.offset >= use.source->size)
		return NULL;
	text = bc_parse_expand(p, use.source->text + use.offset, use.source->size - use.offset);
	return text ? find_argument(p, text, wanted) : NULL;
}

/* ---- functions and variables ---- */

struct flag_name {
	const char *name;
	uint32_t flag;
};

static const struct flag_name flag_names[] = {
	{"noreturn", BC_SYM_NORETURN},
	{"_Noreturn", BC_SYM_NORETURN},
	{"constructor", BC_SYM_CTOR},
	{"destructor", BC_SYM_DTOR},
	{"weak", BC_SYM_WEAK},
	{"weakref", BC_SYM_WEAK},
	{"section", BC_SYM_SECTION},
};

struct attribute_visit {
	struct bc_parser *p;
	struct bc_attributes *attributes;
};

static void read_attribute(struct attribute_visit *visit, CXCursor attribute)
{
	struct bc_parser *p = visit->p;
	size_t left, end;
	const char *text = bc_parse_spelled(p, clang_getCursorLocation(attribute), &left);
	const char *target;
	char name[32];

	end = read_name(text, left, name, sizeof(name));
	if (!end)
		return;
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++)
		if (!strcmp(name, flag_names[i].name))
			visit->attributes->flags |= flag_names[i].flag;
	if (strcmp(name, "alias") && strcmp(name, "ifunc") && strcmp(name, "weakref"))
		return;
	target = read_argument(p, text + end, left - end);
	if (!target || bc_parse_in_macro(clang_getCursorLocation(attribute))) {
		const char *expanded = expand_argument(p, attribute, name);

		target = expanded ? expanded : target;
	}
	visit->attributes->alias = target;
}

static enum CXChildVisitResult visit_attribute(CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct attribute_visit *visit = data;

	(void)parent;
	if (cursor.kind == CXCursor_UnexposedAttr)
		read_attribute(visit, cursor);
	else if (cursor.kind == CXCursor_AnnotateAttr)
		bc_vec_push(&visit->attributes->annotations,
			bc_parse_scrub(visit->p,
				bc_parse_string(visit->p, clang_getCursorSpelling(cursor))));
	return CXChildVisit_Continue;
}

void bc_parse_attributes(struct bc_parser *p, CXCursor decl, struct bc_attributes *attributes)
{
	struct attribute_visit visit = {p, attributes};

	clang_visitChildren(decl, visit_attribute, &visit);
}

/* ---- cleanup ---- */

static CXCursor function_named(struct bc_parser *p, const char *name)
{
	CXCursor found = name ? bc_parse_find_name(p, name) : clang_getNullCursor();

	return found.kind == CXCursor_FunctionDecl ? found : clang_getNullCursor();
}

CXCursor bc_parse_cleanup(struct bc_parser *p, CXCursor attribute)
{
	size_t left, end;
	const char *text = bc_parse_spelled(p, clang_getCursorLocation(attribute), &left);
	CXCursor found = clang_getNullCursor();
	char name[32];

	end = read_name(text, left, name, sizeof(name));
	if (!end || strcmp(name, "cleanup"))
		return found;
	/* In a macro the name may be a parameter, or pasted from one. */
	if (bc_parse_in_macro(clang_getCursorLocation(attribute)))
		found = function_named(p, expand_argument(p, attribute, "cleanup"));
	if (clang_Cursor_isNull(found))
		found = function_named(p, read_argument(p, text + end, left - end));
	return found;
}
