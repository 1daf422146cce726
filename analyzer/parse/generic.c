/*
 * _Generic comes from libclang with all its branches, and without the types they stand for. The
 * type of the whole is that of the chosen branch, which settles most uses. Where several branches
 * have that type, the text in front of each says its type; typedefs in it are resolved by name.
 */
#include "parse/parser.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

enum { MAX_BRANCHES = 64 };

static int is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* ---- types as text ---- */

/* Counts of the words that make up an integer type, in whatever order they come. */
struct integer {
	int is_unsigned, is_signed, is_short, is_long, is_char, is_int;
};

static int *integer_word(struct integer *integer, const char *word)
{
	if (!strcmp(word, "unsigned"))
		return &integer->is_unsigned;
	if (!strcmp(word, "signed"))
		return &integer->is_signed;
	if (!strcmp(word, "short"))
		return &integer->is_short;
	if (!strcmp(word, "long"))
		return &integer->is_long;
	if (!strcmp(word, "char"))
		return &integer->is_char;
	return strcmp(word, "int") ? NULL : &integer->is_int;
}

static void put_word(struct bc_buf *out, const char *word)
{
	if (out->len && is_word(out->data[out->len - 1]))
		bc_buf_char(out, ' ');
	bc_buf_str(out, word);
}

static void flush_integer(struct bc_buf *out, struct integer *integer)
{
	struct integer none = {0};

	if (!memcmp(integer, &none, sizeof(none)))
		return;
	if (integer->is_unsigned)
		put_word(out, "unsigned");
	if (integer->is_signed && integer->is_char)
		put_word(out, "signed");
	if (integer->is_char)
		put_word(out, "char");
	else if (integer->is_short)
		put_word(out, "short");
	else if (integer->is_long)
		put_word(out, integer->is_long > 1 ? "long long" : "long");
	else
		put_word(out, "int");
	*integer = none;
}

static void normalize(struct bc_parser *p, struct bc_buf *out, const char *text, int depth);

static void put_name(struct bc_parser *p, struct bc_buf *out, const char *word, int depth)
{
	CXCursor found;

	if (!strcmp(word, "bool")) {
		put_word(out, "_Bool");
		return;
	}
	found = depth ? clang_getNullCursor() : bc_parse_find_name(p, word);
	if (found.kind == CXCursor_TypedefDecl)
		normalize(p, out,
			bc_parse_string(p, clang_getTypeSpelling(clang_getCanonicalType(
						   clang_getCursorType(found)))),
			depth + 1);
	else
		put_word(out, word);
}

/* One spelling for each type: no blanks but between words, typedefs resolved. */
static void normalize(struct bc_parser *p, struct bc_buf *out, const char *text, int depth)
{
	struct integer integer = {0};

	while (*text) {
		size_t len = 0;
		const char *word;
		int *count;

		while (is_word(text[len]))
			len++;
		if (!len) {
			if (!isspace((unsigned char)*text) && *text != '\\') {
				flush_integer(out, &integer);
				bc_buf_char(out, *text);
			}
			text++;
			continue;
		}
		word = bc_arena_strndup(&p->arena, text, len);
		count = integer_word(&integer, word);
		if (count) {
			++*count;
		} else {
			flush_integer(out, &integer);
			put_name(p, out, word, depth);
		}
		text += len;
	}
	flush_integer(out, &integer);
}

/* ---- branches ---- */

/* The text between the comma and the colon in front of a branch; NULL when it is not there. */
static const char *association(struct bc_parser *p, uint32_t branch)
{
	CXSourceRange extent = clang_getCursorExtent(bc_tree_at(p, branch)->cursor);
	struct bc_source *source;
	size_t end, start;
	unsigned offset;
	int depth = 0;
	CXFile file;

	clang_getSpellingLocation(clang_getRangeStart(extent), &file, NULL, NULL, &offset);
	source = bc_parse_source(p, file);
	if (!source || offset > source->size)
		return NULL;
	for (end = offset; end && (isspace((unsigned char)source->text[end - 1]) ||
					  source->text[end - 1] == '\\');)
		end--;
	if (!end || source->text[--end] != ':')
		return NULL;
	for (start = end; start; start--) {
		char c = source->text[start - 1];

		depth += (c == ')') - (c == '(');
		if (depth < 0 || (c == ',' && !depth))
			break;
	}
	return bc_arena_strndup(&p->arena, source->text + start, end - start);
}

static int is_default(const char *text)
{
	text += strspn(text, " \t\r\n\\");
	return !strncmp(text, "default", 7) && !is_word(text[7]);
}

/* The branches that can be chosen, going by their type. */
static int list_branches(struct bc_parser *p, uint32_t i, uint32_t branches[MAX_BRANCHES])
{
	CXType type = clang_getCanonicalType(clang_getCursorType(bc_tree_at(p, i)->cursor));
	int count = 0;

	if (!bc_tree_at(p, i)->kids)
		return 0;
	for (uint32_t kid = bc_tree_end(p, i + 1); kid < bc_tree_end(p, i);
		kid = bc_tree_end(p, kid)) {
		CXType other = clang_getCursorType(bc_tree_at(p, kid)->cursor);

		if (count < MAX_BRANCHES && clang_equalTypes(clang_getCanonicalType(other), type))
			branches[count++] = kid;
	}
	return count;
}

/* The branch whose type is that of the controlling expression, else the default; 0: no idea. */
static uint32_t choose(struct bc_parser *p, uint32_t i, const uint32_t *branches, int count)
{
	CXType type = clang_getUnqualifiedType(
		clang_getCanonicalType(clang_getCursorType(bc_tree_at(p, i + 1)->cursor)));
	struct bc_buf wanted = {0}, other = {0};
	uint32_t chosen = 0, fallback = 0;

	normalize(p, &wanted, bc_parse_string(p, clang_getTypeSpelling(type)), 0);
	for (int n = 0; n < count && !chosen; n++) {
		const char *text = association(p, branches[n]);

		if (!text) {
			fallback = 0;
			break;
		}
		bc_buf_clear(&other);
		normalize(p, &other, text, 0);
		if (is_default(text))
			fallback = branches[n];
		else if (!strcmp(bc_buf_text(&other), bc_buf_text(&wanted)))
			chosen = branches[n];
	}
	bc_buf_fini(&wanted);
	bc_buf_fini(&other);
	return chosen ? chosen : fallback;
}

/* One of several, nobody knows which. */
static void emit_any(struct bc_parser *p, const uint32_t *branches, int count, uint32_t loc,
	enum bc_class cls, int unused)
{
	uint32_t open[MAX_BRANCHES];

	for (int n = 0; n + 1 < count; n++) {
		open[n] = bc_parse_open(p, BC_N_COND, 0, cls, 0, BC_NONE, loc);
		bc_parse_opaque(p, BC_CLASS_INT, loc);
		bc_parse_expr(p, branches[n], unused);
	}
	bc_parse_expr(p, branches[count - 1], unused);
	for (int n = count - 1; n--;)
		bc_parse_close(p, open[n]);
}

void bc_parse_generic(struct bc_parser *p, uint32_t i, enum bc_class cls, int unused)
{
	uint32_t branches[MAX_BRANCHES], loc = bc_tree_loc(p, i);
	int count = list_branches(p, i, branches);
	uint32_t chosen = count > 1 ? choose(p, i, branches, count) : 0;

	if (chosen)
		bc_parse_expr(p, chosen, unused);
	else if (count)
		emit_any(p, branches, count, loc, cls, unused);
	else
		bc_parse_opaque(p, cls, loc);
}
