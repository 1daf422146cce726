#include "output/markdown.h"

#include <string.h>

enum { CODE_INDENT = 4, LIST_INDENT = 2, MIN_WIDTH = 40 };

struct page {
	struct bc_term *term;
	const char *at; /* the next line */
	int width;
	int wrote; /* something stands above: the next block begins with an empty line */
};

/* ---- lines ---- */

struct line {
	const char *text;
	size_t len;
};

static struct line peek(const struct page *page)
{
	return (struct line){page->at, strcspn(page->at, "\n")};
}

static struct line take(struct page *page)
{
	struct line line = peek(page);

	page->at += line.len + (page->at[line.len] == '\n');
	return line;
}

static int begins(struct line line, const char *with)
{
	size_t n = strlen(with);

	return line.len >= n && !strncmp(line.text, with, n);
}

/* What ends a paragraph. */
static int is_block(struct line line)
{
	return !line.len || begins(line, "#") || begins(line, "```") || begins(line, "- ") ||
	       begins(line, "|");
}

static void begin_block(struct page *page)
{
	if (page->wrote)
		bc_term_newline(page->term);
	page->wrote = 1;
}

/* ---- text in lines ---- */

/* [text](where) is its text; the rest stays. */
static void add_without_links(struct bc_buf *out, struct line line)
{
	for (size_t i = 0; i < line.len; i++) {
		const char *text = line.text + i, *end = line.text + line.len;
		const char *middle = *text == '[' ? memchr(text, ']', (size_t)(end - text)) : NULL;
		const char *close = middle && middle + 1 < end && middle[1] == '('
					    ? memchr(middle, ')', (size_t)(end - middle))
					    : NULL;

		if (!close) {
			bc_buf_char(out, *text);
			continue;
		}
		bc_buf_add(out, text + 1, (size_t)(middle - text) - 1);
		i += (size_t)(close - text);
	}
}

struct flowing {
	struct page *page;
	int indent, column;
	int in_code;
};

/* A word, in which code may begin and end. On a terminal colour stands for the backquotes. */
static void write_word(struct flowing *f, const char *word)
{
	struct bc_term *term = f->page->term;
	struct bc_buf part = {0};

	for (;; word++) {
		int quote = *word == '`';

		if (*word && !quote) {
			bc_buf_char(&part, *word);
			continue;
		}
		if (quote && !term->color)
			bc_buf_char(&part, '`');
		if (part.len)
			bc_term_printf(term, f->in_code ? BC_STYLE_STRONG : BC_STYLE_PLAIN, "%s",
				bc_buf_text(&part));
		bc_buf_clear(&part);
		if (!*word)
			break;
		f->in_code = !f->in_code;
	}
	bc_buf_fini(&part);
}

static int word_width(const struct page *page, const char *word)
{
	int width = bc_term_width(word);

	for (; *word && page->term->color; word++)
		width -= *word == '`';
	return width;
}

static void flow_text(struct page *page, char *text, int indent)
{
	struct flowing f = {page, indent, indent, 0};
	char *rest = NULL;

	for (char *word = strtok_r(text, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
		int width = word_width(page, word);

		if (f.column > indent && f.column + 1 + width > page->width) {
			bc_term_newline(page->term);
			bc_term_printf(page->term, BC_STYLE_PLAIN, "%*s", indent, "");
			f.column = indent;
		}
		if (f.column > indent)
			bc_term_printf(page->term, BC_STYLE_PLAIN, " ");
		f.column += width + (f.column > indent);
		write_word(&f, word);
	}
	bc_term_newline(page->term);
}

/* ---- blocks ---- */

static void write_heading(struct page *page)
{
	struct line line = take(page);
	size_t level = strspn(line.text, "#");

	begin_block(page);
	level += strspn(line.text + level, " ");
	bc_term_printf(
		page->term, BC_STYLE_STRONG, "%.*s", (int)(line.len - level), line.text + level);
	bc_term_newline(page->term);
}

/* Tabs as eight columns; a terminal would count them from its edge. */
static void write_code_line(struct page *page, struct line line)
{
	struct bc_buf text = {0};

	for (size_t i = 0; i < line.len; i++)
		if (line.text[i] == '\t')
			bc_buf_str(&text, "        ");
		else
			bc_buf_char(&text, line.text[i]);
	if (text.len)
		bc_term_printf(
			page->term, BC_STYLE_PLAIN, "%*s%s", CODE_INDENT, "", bc_buf_text(&text));
	bc_term_newline(page->term);
	bc_buf_fini(&text);
}

static void write_code(struct page *page)
{
	begin_block(page);
	take(page);
	while (*page->at && !begins(peek(page), "```"))
		write_code_line(page, take(page));
	take(page);
}

static void write_table(struct page *page)
{
	begin_block(page);
	while (begins(peek(page), "|"))
		write_code_line(page, take(page));
}

/* A paragraph, or one item of a list with the lines that continue it. */
static void write_flowing(struct page *page)
{
	struct bc_buf text = {0};
	struct line line = take(page);
	int item = begins(line, "- ");

	if (item) {
		line.text += 2;
		line.len -= 2;
		bc_term_printf(page->term, BC_STYLE_PLAIN, "- ");
	}
	add_without_links(&text, line);
	while (*page->at && !is_block(peek(page))) {
		bc_buf_char(&text, '\n');
		add_without_links(&text, take(page));
	}
	bc_buf_text(&text);
	flow_text(page, text.data, item ? LIST_INDENT : 0);
	bc_buf_fini(&text);
}

static void write_list(struct page *page)
{
	begin_block(page);
	while (begins(peek(page), "- "))
		write_flowing(page);
}

void bc_markdown_write(struct bc_term *term, const char *text, int width)
{
	struct page page = {term, text, width < MIN_WIDTH ? MIN_WIDTH : width, 0};

	while (*page.at) {
		struct line line = peek(&page);

		if (!line.len) {
			take(&page);
		} else if (begins(line, "#")) {
			write_heading(&page);
		} else if (begins(line, "```")) {
			write_code(&page);
		} else if (begins(line, "|")) {
			write_table(&page);
		} else if (begins(line, "- ")) {
			write_list(&page);
		} else {
			begin_block(&page);
			write_flowing(&page);
		}
	}
}
