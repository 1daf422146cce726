/* Constants, folded by libclang, and string literals. */
#include "parse/parser.h"

#include <string.h>

/* libclang's evaluation crashes on some expressions: it sees integers made of constants only. */
int bc_parse_constant(struct bc_parser *p, uint32_t i, int64_t *value)
{
	const struct bc_tree_node *node = bc_tree_at(p, i);
	CXEvalResult result;
	int known;

	if (!(node->flags & BC_TREE_CONST) || !clang_isExpression(node->cursor.kind) ||
		!bc_parse_type(p, clang_getCursorType(node->cursor))->is_integral)
		return 0;
	result = clang_Cursor_Evaluate(node->cursor);
	if (!result)
		return 0;
	known = clang_EvalResult_getKind(result) == CXEval_Int;
	if (known)
		*value = clang_EvalResult_isUnsignedInt(result)
				 ? (int64_t)clang_EvalResult_getAsUnsigned(result)
				 : clang_EvalResult_getAsLongLong(result);
	clang_EvalResult_dispose(result);
	return known;
}

int bc_parse_emit_constant(struct bc_parser *p, uint32_t i, enum bc_class cls)
{
	int64_t value;

	if (!bc_parse_constant(p, i, &value))
		return 0;
	/* No place: what holds the number has one, and places cost time. */
	bc_fw_leaf(p->fw, BC_N_INT, cls, bc_fw_int(p->fw, value), 0);
	return 1;
}

enum {
	MAX_TEXT = 256 /* bytes kept of a string literal */
};

/* `"a\"b"` as libclang spells it, prefix and all, to a"b. Other escapes stay as written. */
static const char *unquote(struct bc_parser *p, const char *spelling)
{
	const char *from = strchr(spelling, '"');
	char *out = bc_arena_alloc(&p->arena, MAX_TEXT + 1), *to = out;

	for (from = from ? from + 1 : spelling; *from && *from != '"'; from++) {
		if (to - out == MAX_TEXT)
			break;
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	while (to > out && to - out == MAX_TEXT && ((unsigned char)to[-1] & 0xc0) == 0x80)
		to--; /* not in the middle of a character */
	*to = '\0';
	return bc_parse_scrub(p, out);
}

void bc_parse_emit_string(struct bc_parser *p, uint32_t i, enum bc_class cls)
{
	const char *spelling =
		bc_parse_string(p, clang_getCursorSpelling(bc_tree_at(p, i)->cursor));

	bc_fw_leaf(p->fw, BC_N_STR, cls, bc_fw_str(p->fw, unquote(p, spelling)), bc_tree_loc(p, i));
}
