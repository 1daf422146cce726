#include "input/elements.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum { MAX_ELEMENT_BYTES = 16 << 20 }; /* eight times what the kernel lets a command line have */

void bc_elements_init(struct bc_elements *elements, const char *path, const char *text, size_t len)
{
	*elements = (struct bc_elements){.path = path, .text = text, .len = len, .line = 1};
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) /* a byte order mark */
		elements->at = 3;
}

void bc_elements_fini(struct bc_elements *elements)
{
	json_decref(elements->value);
	elements->value = NULL;
}

static int fail_at(const struct bc_elements *e, int line, const char *what)
{
	return bc_fail(BC_EINPUT, "%s:%d: not a compilation database: %s", e->path, line, what);
}

/* The next character that is not blank, -1 at the end. */
static int peek(struct bc_elements *e)
{
	for (; e->at < e->len; e->at++) {
		char c = e->text[e->at];

		if (c == '\n')
			e->line++;
		else if (c != ' ' && c != '\t' && c != '\r')
			return (unsigned char)c;
	}
	return -1;
}

static size_t skip_string(const struct bc_elements *e, size_t at)
{
	for (at++; at < e->len && e->text[at] != '"'; at++)
		at += e->text[at] == '\\';
	return at + 1;
}

/* The end of the value at e->at. */
static size_t find_end(const struct bc_elements *e)
{
	size_t depth = 0, at = e->at;

	while (at < e->len) {
		char c = e->text[at];

		if (depth == 0 && (c == ',' || c == ']' || c == '}' || c == '\n'))
			break;
		at = c == '"' ? skip_string(e, at) : at + 1;
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		if (depth == 0 && (c == '"' || c == '}' || c == ']'))
			break;
	}
	return at < e->len ? at : e->len;
}

/* Whether the fault is in what one value says, and not in how the text is built. */
static int spares_the_rest(enum json_error_code code)
{
	return code == json_error_invalid_utf8 || code == json_error_null_character ||
	       code == json_error_null_byte_in_key || code == json_error_stack_overflow ||
	       code == json_error_numeric_overflow;
}

/* Messages quote the text: control characters of a hostile one must not reach a terminal. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

static int read_value(struct bc_elements *e, size_t start, size_t len)
{
	json_error_t error;

	if (len > MAX_ELEMENT_BYTES) {
		snprintf(e->fault, sizeof(e->fault), "an entry of %zu bytes", len);
		return 1;
	}
	e->value = json_loadb(e->text + start, len, JSON_DECODE_ANY, &error);
	if (e->value)
		return 1;
	make_printable(error.text);
	if (!spares_the_rest(json_error_code(&error)))
		return fail_at(e, e->element_line + error.line - 1, error.text);
	e->element_line += error.line - 1;
	snprintf(e->fault, sizeof(e->fault), "%s", error.text);
	return 1;
}

/* Steps over '[' or ',' to an element: 1, 0 at the end, or an error. */
static int find_element(struct bc_elements *e)
{
	int c = peek(e);

	if (e->count == 0) {
		if (c != '[')
			return fail_at(e, e->line,
				c < 0 ? "it is empty" : "it must be an array of objects");
		e->at++;
		return peek(e) != ']';
	}
	if (c == ']' || c < 0)
		return 0;
	if (c != ',')
		return fail_at(e, e->line, "',' or ']' expected between entries");
	e->at++;
	return 1;
}

static int finish(struct bc_elements *e)
{
	if (peek(e) < 0)
		return fail_at(e, e->line, "it ends in the middle");
	e->at++;
	return peek(e) < 0 ? 0 : fail_at(e, e->line, "something follows the array");
}

int bc_elements_next(struct bc_elements *elements)
{
	struct bc_elements *e = elements;
	int status = find_element(e);
	size_t start, end;

	bc_elements_fini(e);
	e->fault[0] = '\0';
	if (status < 0)
		return status;
	if (status == 0)
		return finish(e);
	if (peek(e) < 0)
		return fail_at(e, e->line, "it ends in the middle");
	start = e->at;
	end = find_end(e);
	e->element_line = e->line;
	e->count++;
	for (; e->at < end; e->at++)
		e->line += e->text[e->at] == '\n';
	return read_value(e, start, end - start);
}
