/*
 * Comments for this tool. libclang has no comments inside bodies, hence a plain scan of the text.
 * A comment that conditional compilation leaves out is found too; it suppresses nothing then.
 */
#include "parse/parser.h"

#include <ctype.h>
#include <string.h>

static const char mark[] = "blockcheck:";

struct scan {
	const char *at, *end;
	const char *line_start;
	unsigned line;
};

static void advance(struct scan *scan, const char *to)
{
	for (; scan->at < to; scan->at++)
		if (*scan->at == '\n') {
			scan->line++;
			scan->line_start = scan->at + 1;
		}
}

static const char *end_of_literal(const struct scan *scan)
{
	const char *at = scan->at + 1;

	while (at < scan->end && *at != *scan->at && *at != '\n')
		at += *at == '\\' && at + 1 < scan->end ? 2 : 1;
	return at < scan->end ? at + 1 : scan->end;
}

/* Where the text of the comment that begins at scan->at ends, and where scanning goes on. */
static const char *end_of_comment(const struct scan *scan, const char **next)
{
	const char *at = scan->at + 2;
	const char *end;

	if (scan->at[1] == '*') {
		end = memmem(at, (size_t)(scan->end - at), "*/", 2);
		*next = end ? end + 2 : scan->end;
		return end ? end : scan->end;
	}
	for (end = at; end < scan->end && *end != '\n'; end++)
		if (*end == '\\' && end + 1 < scan->end)
			end++; /* the comment goes on in the next line */
	if (end > scan->end)
		end = scan->end;
	*next = end;
	return end;
}

static int is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* The mark within a comment, unless it is the end of another word. */
static const char *find_mark(const char *at, const char *end)
{
	const char *start = at;

	while ((at = memmem(at, (size_t)(end - at), mark, sizeof(mark) - 1))) {
		if (at == start || !is_word(at[-1]))
			return at;
		at++;
	}
	return NULL;
}

static void add_comment(struct bc_parser *p, struct bc_source *source, const struct scan *scan,
	const char *text, const char *end)
{
	struct bc_fw *fw = bc_parse_writer(source);

	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	bc_fw_comment(fw, &(struct bc_fact_comment){
				  .file = bc_fw_file(fw, source->path),
				  .line = scan->line,
				  .column = (unsigned)(text - scan->line_start) + 1,
				  .text = bc_fw_str(fw,
					  bc_arena_strndup(&p->arena, text, (size_t)(end - text))),
			  });
}

static void scan_comment(struct bc_parser *p, struct bc_source *source, struct scan *scan)
{
	const char *next;
	const char *end = end_of_comment(scan, &next);
	const char *text = find_mark(scan->at, end);

	if (text) {
		advance(scan, text);
		add_comment(p, source, scan, text, end);
	}
	advance(scan, next);
}

int bc_parse_has_mark(struct bc_source *source)
{
	if (source->has_mark < 0)
		source->has_mark =
			source->size && memmem(source->text, source->size, mark, sizeof(mark) - 1);
	return source->has_mark;
}

void bc_parse_comments(struct bc_parser *p, struct bc_source *source)
{
	struct scan scan = {source->text, source->text + source->size, source->text, 1};

	if (!bc_parse_has_mark(source) || bc_parse_is_foreign(p, source))
		return;
	while (scan.at < scan.end) {
		char c = *scan.at;

		if (c == '/' && scan.at + 1 < scan.end && (scan.at[1] == '/' || scan.at[1] == '*'))
			scan_comment(p, source, &scan);
		else if (c == '"' || c == '\'')
			advance(&scan, end_of_literal(&scan));
		else
			advance(&scan, scan.at + 1);
	}
}
