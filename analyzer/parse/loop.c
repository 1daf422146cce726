/*
 * Which parts of a for loop are there: libclang leaves omitted ones out, and the children alone do
 * not say which is which. The text of the header does.
 */
#include "parse/parser.h"

#include <ctype.h>
#include <string.h>

struct scanner {
	const char *text;
	size_t at, left;
};

/* Past white space and comments. */
static void skip_blank(struct scanner *s)
{
	while (s->at < s->left) {
		const char *text = s->text + s->at;
		size_t rest = s->left - s->at;
		const char *end = NULL;

		if (isspace((unsigned char)*text) || *text == '\\') {
			s->at++;
			continue;
		}
		if (rest > 1 && text[0] == '/' && text[1] == '*')
			end = memmem(text + 2, rest - 2, "*/", 2);
		else if (rest > 1 && text[0] == '/' && text[1] == '/')
			end = memchr(text, '\n', rest);
		if (!end)
			return;
		s->at += (size_t)(end - text) + (*end == '*' ? 2 : 1);
	}
}

static void skip_quoted(struct scanner *s)
{
	char quote = s->text[s->at++];

	while (s->at < s->left && s->text[s->at] != quote)
		s->at += s->text[s->at] == '\\' ? 2 : 1;
	s->at++;
}

/* Up to `stop` outside of parentheses, braces and literals; whether anything stood before it. */
static int skip_part(struct scanner *s, char stop, int *found)
{
	size_t start;
	int depth = 0;

	skip_blank(s);
	start = s->at;
	for (*found = 0; s->at < s->left && !*found; skip_blank(s)) {
		char c = s->text[s->at];

		if (c == '"' || c == '\'') {
			skip_quoted(s);
			continue;
		}
		if (c == stop && !depth) {
			*found = 1;
			return s->at++ > start;
		}
		depth += (c == '(' || c == '{' || c == '[') - (c == ')' || c == '}' || c == ']');
		if (depth < 0)
			break;
		s->at++;
	}
	return 0;
}

/* Which of the three parts are written there: bit 0 the initialiser, 1 the condition, 2 the step.
 */
static int scan_header(struct scanner *s)
{
	int present = 0, found;

	if (s->left < 4 || memcmp(s->text, "for", 3))
		return -1;
	s->at = 3;
	skip_blank(s);
	if (s->at >= s->left || s->text[s->at++] != '(')
		return -1;
	for (int part = 0; part < 3; part++) {
		present |= skip_part(s, part < 2 ? ';' : ')', &found) << part;
		if (!found)
			return -1;
	}
	return present;
}

/* What a part is likely to be when the text does not tell. */
static int guess_parts(const struct bc_parser *p, uint32_t i)
{
	int present = 0;

	for (uint32_t n = 0; n + 1 < bc_tree_at(p, i)->kids; n++) {
		const struct bc_tree_node *kid = bc_tree_at(p, bc_tree_kid(p, i, n));
		int writes = kid->flags & BC_TREE_EFFECT &&
			     (kid->cursor.kind == CXCursor_BinaryOperator
					     ? kid->ref >= CXBinaryOperator_Assign
					     : kid->cursor.kind == CXCursor_UnaryOperator ||
						       kid->cursor.kind ==
							       CXCursor_CompoundAssignOperator);

		if (kid->cursor.kind == CXCursor_DeclStmt)
			present |= 1;
		else if (!writes && !(present & 2))
			present |= 2;
		else if (n || (present & 1))
			present |= 4;
		else
			present |= kid->cursor.kind == CXCursor_BinaryOperator ? 1 : 4;
	}
	return present;
}

struct bc_for_parts bc_parse_for_parts(struct bc_parser *p, uint32_t i)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	struct bc_for_parts parts = {.body = bc_tree_kid(p, i, node->kids - 1u)};
	uint32_t *const into[] = {&parts.init, &parts.condition, &parts.step};
	uint32_t n = 0, wanted = node->kids - 1u;
	struct scanner scanner = {0};
	int present = wanted == 3 ? 7 : 0;

	if (wanted == 1 || wanted == 2) {
		CXSourceLocation at = clang_getRangeStart(clang_getCursorExtent(node->cursor));

		scanner.text = bc_parse_spelled(p, at, &scanner.left);
		present = scan_header(&scanner);
		if (present < 0 || (uint32_t)__builtin_popcount((unsigned)present) != wanted)
			present = guess_parts(p, i);
	}
	for (int part = 0; part < 3 && n < wanted; part++)
		if (present & (1 << part))
			*into[part] = bc_tree_kid(p, i, n++);
	return parts;
}
