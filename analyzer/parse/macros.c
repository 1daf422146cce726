/*
 * A small macro expander for one question: which function does a cleanup attribute name when macros
 * pass or paste it, as g_autoptr(T) and _cleanup_(f) do? libclang gives no tokens of an expansion.
 * The definitions are found in the text of the files that the unit read, when first asked for;
 * conditions around them are not evaluated: the first definition with a body is taken.
 */
#include "parse/parser.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

enum {
	MAX_PARAMS = 16,
	MAX_NESTING = 16,
	MAX_EXPANSION = 1 << 16,
	MAX_STEPS = 10000 /* words looked at for one question */
};

struct bc_macro {
	const char *name; /* in the text of `source`, not terminated */
	const struct bc_source *source;
	const char *definition; /* what follows the name */
	const char *body;       /* NULL: empty, or not read yet */
	int is_read, is_function, nparams;
	const char *params[MAX_PARAMS];
	UT_hash_handle hh;
};

static int is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* ---- definitions ---- */

/* The line that begins at `at`, with continuation lines joined and without comments. */
static char *read_line(struct bc_parser *p, const char *at, const char *end)
{
	struct bc_buf line = {0};
	char *copy;

	for (; at < end && *at != '\n'; at++) {
		size_t left = (size_t)(end - at);
		const char *close = NULL;

		if (left > 2 && at[0] == '\\' && (at[1] == '\n' || at[1] == '\r')) {
			at += at[1] == '\r';
			at++;
			continue;
		}
		if (left > 3 && at[0] == '/' && at[1] == '*')
			close = memmem(at + 2, left - 2, "*/", 2);
		if (left > 1 && at[0] == '/' && at[1] == '/')
			break;
		bc_buf_char(&line, close ? ' ' : *at);
		at = close ? close + 1 : at;
	}
	copy = bc_arena_strdup(&p->arena, bc_buf_text(&line));
	bc_buf_fini(&line);
	return copy;
}

/* Cuts the parameters off the front of a definition. Where its body begins; NULL when malformed. */
static char *read_params(struct bc_macro *macro, char *line)
{
	char *close = strchr(line, ')');
	char *rest = line + 1, *param;

	if (!close)
		return NULL;
	*close = '\0';
	while ((param = strsep(&rest, ","))) {
		param += strspn(param, " \t");
		param[strcspn(param, " \t")] = '\0';
		if (!*param)
			continue;
		if (macro->nparams == MAX_PARAMS)
			return NULL;
		macro->params[macro->nparams++] = strcmp(param, "...") ? param : "__VA_ARGS__";
	}
	return close + 1;
}

static void read_definition(struct bc_parser *p, struct bc_macro *macro)
{
	char *line = read_line(p, macro->definition, macro->source->text + macro->source->size);

	macro->is_read = 1;
	macro->is_function = *line == '(';
	if (macro->is_function)
		line = read_params(macro, line);
	if (line && line[strspn(line, " \t\r")])
		macro->body = line;
}

static size_t skip_blanks(const char *text, size_t left, size_t at)
{
	while (at < left && (text[at] == ' ' || text[at] == '\t'))
		at++;
	return at;
}

/* Of several definitions the first with a body counts. */
static void index_macro(
	struct bc_parser *p, const struct bc_source *source, size_t start, size_t end)
{
	struct bc_macro *macro;

	HASH_FIND(hh, p->macros, source->text + start, end - start, macro);
	if (macro) {
		if (!macro->is_read)
			read_definition(p, macro);
		if (macro->body)
			return;
		*macro = (struct bc_macro){.name = macro->name, .hh = macro->hh};
	} else {
		macro = BC_NEW(&p->arena, struct bc_macro);
		macro->name = source->text + start;
		HASH_ADD_KEYPTR(hh, p->macros, macro->name, end - start, macro);
	}
	macro->source = source;
	macro->definition = source->text + end;
}

/* The '#' of a directive is at `hash`. */
static void index_directive(struct bc_parser *p, const struct bc_source *source, size_t hash)
{
	static const char define[] = "define";
	size_t start = skip_blanks(source->text, source->size, hash + 1), end;

	if (source->size - start < sizeof(define) ||
		memcmp(source->text + start, define, sizeof(define) - 1) != 0)
		return;
	start += sizeof(define) - 1;
	start = end = skip_blanks(source->text, source->size, start);
	while (end < source->size && is_word(source->text[end]))
		end++;
	if (end > start)
		index_macro(p, source, start, end);
}

static void index_macros(struct bc_parser *p)
{
	for (const struct bc_source *s = p->sources; s; s = s->hh.next) {
		const char *at = s->text, *end = s->text + s->size;

		while (at && at < end && (at = memchr(at, '#', (size_t)(end - at))))
			index_directive(p, s, (size_t)(at++ - s->text));
	}
}

static const struct bc_macro *find_macro(struct bc_parser *p, const char *name, size_t len)
{
	static const char attribute[] = "__attribute__";
	struct bc_macro *macro;

	/* Headers define it away for compilers that lack it. */
	if (len == sizeof(attribute) - 1 && !memcmp(name, attribute, len))
		return NULL;
	if (!p->macros)
		index_macros(p);
	HASH_FIND(hh, p->macros, name, len, macro);
	if (macro && !macro->is_read)
		read_definition(p, macro);
	return macro;
}

void bc_parse_macros_fini(struct bc_parser *p)
{
	HASH_CLEAR(hh, p->macros);
}

/* ---- expansion ---- */

static size_t skip_literal(const char *text, size_t left, size_t at)
{
	char quote = text[at++];

	while (at < left && text[at] != quote && text[at] != '\n')
		at += text[at] == '\\' ? 2 : 1;
	return at < left ? at + 1 : left;
}

/* The end of the group whose '(' is at `at`; `left` when it does not end. */
static size_t skip_group(const char *text, size_t left, size_t at)
{
	int depth = 0;

	while (at < left) {
		if (text[at] == '"' || text[at] == '\'') {
			at = skip_literal(text, left, at);
			continue;
		}
		depth += (text[at] == '(') - (text[at] == ')');
		at++;
		if (!depth)
			return at;
	}
	return left;
}

static const char *trim(struct bc_parser *p, const char *text, size_t len)
{
	while (len && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	return bc_arena_strndup(&p->arena, text, len);
}

/* Splits "(a, b(c, d))" of length `len`; the last parameter takes all that is left over. */
static int read_args(struct bc_parser *p, const struct bc_macro *macro, const char *text,
	size_t len, const char *args[MAX_PARAMS])
{
	size_t start = 1;
	int n = 0;

	for (size_t at = 1; at < len;) {
		int last = at == len - 1;

		if (text[at] == '"' || text[at] == '\'') {
			at = skip_literal(text, len, at);
			continue;
		}
		if (text[at] == '(') {
			at = skip_group(text, len, at);
			continue;
		}
		if (last || (text[at] == ',' && n + 1 < macro->nparams)) {
			if (n < macro->nparams)
				args[n++] = trim(p, text + start, at - start);
			start = at + 1;
		}
		at++;
	}
	return n;
}

static void expand(
	struct bc_parser *p, struct bc_buf *out, const char *text, size_t left, int depth);

static int find_param(const struct bc_macro *macro, const char *word, size_t len)
{
	for (int i = 0; i < macro->nparams; i++)
		if (strlen(macro->params[i]) == len && !memcmp(macro->params[i], word, len))
			return i;
	return -1;
}

/* Whether "##" stands before or behind the word. */
static int is_pasted(const char *body, size_t start, size_t end)
{
	while (start && isspace((unsigned char)body[start - 1]))
		start--;
	end += strspn(body + end, " \t");
	return (start >= 2 && body[start - 1] == '#' && body[start - 2] == '#') ||
	       (body[end] == '#' && body[end + 1] == '#');
}

static int is_stringified(const char *body, size_t start)
{
	return start && body[start - 1] == '#' && (start < 2 || body[start - 2] != '#');
}

static void put_argument(struct bc_parser *p, struct bc_buf *out, const char *body, size_t start,
	size_t end, const char *arg, int depth)
{
	if (is_stringified(body, start)) {
		out->len--; /* the # */
		bc_buf_printf(out, "\"%s\"", arg);
	} else if (is_pasted(body, start, end)) {
		bc_buf_str(out, arg);
	} else {
		expand(p, out, arg, strlen(arg), depth + 1);
	}
}

/* The body with its arguments in place and pasted tokens joined. */
static void substitute(struct bc_parser *p, struct bc_buf *out, const struct bc_macro *macro,
	const char **args, int nargs, int depth)
{
	const char *body = macro->body;

	for (size_t at = 0; body[at];) {
		size_t end = at;
		int param;

		while (is_word(body[end]))
			end++;
		if (body[at] == '#' && body[at + 1] == '#') {
			while (out->len && isspace((unsigned char)out->data[out->len - 1]))
				out->len--;
			at += 2;
			at += strspn(body + at, " \t");
			continue;
		}
		if (end == at) {
			bc_buf_char(out, body[at++]);
			continue;
		}
		param = find_param(macro, body + at, end - at);
		if (param < 0)
			bc_buf_add(out, body + at, end - at);
		else if (param < nargs)
			put_argument(p, out, body, at, end, args[param], depth);
		at = end;
	}
}

/* Expands the macro whose use ends at `at`; returns where its arguments end. */
static size_t expand_use(struct bc_parser *p, struct bc_buf *out, const struct bc_macro *macro,
	const char *text, size_t left, size_t at, int depth)
{
	const char *args[MAX_PARAMS];
	struct bc_buf body = {0};
	int nargs = 0;

	if (macro->is_function) {
		size_t open = at, close;

		while (open < left && isspace((unsigned char)text[open]))
			open++;
		if (open >= left || text[open] != '(') {
			bc_buf_add(out, macro->name, macro->hh.keylen);
			return at;
		}
		close = skip_group(text, left, open);
		nargs = read_args(p, macro, text + open, close - open, args);
		at = close;
	}
	substitute(p, &body, macro, args, nargs, depth);
	expand(p, out, bc_buf_text(&body), body.len, depth + 1);
	bc_buf_fini(&body);
	return at;
}

static void expand(
	struct bc_parser *p, struct bc_buf *out, const char *text, size_t left, int depth)
{
	for (size_t at = 0; at < left && out->len < MAX_EXPANSION;) {
		const struct bc_macro *macro = NULL;
		size_t end = at;

		if (text[at] == '"' || text[at] == '\'') {
			end = skip_literal(text, left, at);
			bc_buf_add(out, text + at, end - at);
			at = end;
			continue;
		}
		while (end < left && is_word(text[end]))
			end++;
		if (end == at) {
			bc_buf_char(out, text[at++]);
			continue;
		}
		/* Recursion of a macro into itself ends here as well. */
		if (depth < MAX_NESTING && p->macro_steps++ < MAX_STEPS &&
			!isdigit((unsigned char)text[at]))
			macro = find_macro(p, text + at, end - at);
		if (macro && macro->body) {
			at = expand_use(p, out, macro, text, left, end, depth);
			continue;
		}
		bc_buf_add(out, text + at, end - at);
		at = end;
	}
}

const char *bc_parse_expand(struct bc_parser *p, const char *text, size_t left)
{
	struct bc_buf out = {0};
	size_t end = 0, open;
	const char *result;

	while (end < left && is_word(text[end]))
		end++;
	if (!end)
		return NULL;
	for (open = end; open < left && isspace((unsigned char)text[open]);)
		open++;
	if (open < left && text[open] == '(')
		end = skip_group(text, left, open);
	if (end > MAX_EXPANSION)
		return NULL;
	p->macro_steps = 0;
	expand(p, &out, text, end, 0);
	result = bc_arena_strdup(&p->arena, bc_buf_text(&out));
	bc_buf_fini(&out);
	return result;
}
