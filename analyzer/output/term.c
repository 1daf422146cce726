#include "output/term.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_TEXT = 20 }; /* columns: for less, no line is broken */

struct range {
	uint32_t first, last;
};

/* Sorted. What acts on a terminal, or on the order in which it shows text, instead of showing. */
static const struct range hidden[] = {
	{0x0000, 0x001f},
	{0x007f, 0x009f},
	{0x061c, 0x061c},
	{0x200b, 0x200f}, /* zero width, left-to-right and right-to-left marks */
	{0x2028, 0x202e}, /* line and paragraph separators, embeddings and overrides */
	{0x2060, 0x206f},
	{0xfeff, 0xfeff},
	{0xfff9, 0xfffb},
	{0xe0000, 0xe0fff},
};

static const struct range combining[] = {
	{0x0300, 0x036f},
	{0x0483, 0x0489},
	{0x0591, 0x05bd},
	{0x064b, 0x065f},
	{0x1ab0, 0x1aff},
	{0x1dc0, 0x1dff},
	{0x20d0, 0x20ff},
	{0xfe00, 0xfe0f},
	{0xfe20, 0xfe2f},
};

static const struct range wide[] = {
	{0x1100, 0x115f},
	{0x2e80, 0x303e},
	{0x3041, 0xa4cf},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe30, 0xfe6f},
	{0xff00, 0xff60},
	{0xffe0, 0xffe6},
	{0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff},
	{0x1f900, 0x1faff},
	{0x20000, 0x3fffd},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static int is_in(const struct range *ranges, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n && ranges[i].first <= c; i++)
		if (c <= ranges[i].last)
			return 1;
	return 0;
}

/* Decodes one well-formed UTF-8 sequence; 0 bytes if there is none. */
static size_t decode(const char *text, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)text;
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (len <= 1 || p[0] > 0xf4) {
		*c = p[0];
		return len == 1;
	}
	*c = p[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	return *c < least[len] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff) ? 0 : len;
}

struct bc_glyph bc_term_glyph(const char *text)
{
	uint32_t c;
	size_t len = decode(text, &c);

	if (len == 0 || is_in(hidden, LENGTH(hidden), c))
		return (struct bc_glyph){"\xef\xbf\xbd", 3, len ? len : 1, 1};
	if (is_in(combining, LENGTH(combining), c))
		return (struct bc_glyph){text, len, len, 0};
	return (struct bc_glyph){text, len, len, is_in(wide, LENGTH(wide), c) ? 2 : 1};
}

int bc_term_width(const char *text)
{
	int width = 0;

	while (*text) {
		struct bc_glyph glyph = bc_term_glyph(text);

		width += glyph.width;
		text += glyph.bytes;
	}
	return width;
}

static void add_filtered(struct bc_buf *out, const char *text)
{
	while (*text) {
		struct bc_glyph glyph = bc_term_glyph(text);

		bc_buf_add(out, glyph.text, glyph.len);
		text += glyph.bytes;
	}
}

void bc_term_printf(struct bc_term *term, enum bc_style style, const char *format, ...)
{
	/* The eight basic colours only: those are the ones that a reader's theme makes legible. */
	static const char *const codes[] = {
		[BC_STYLE_PLAIN] = "",
		[BC_STYLE_STRONG] = "1",
		[BC_STYLE_ERROR] = "1;31",
		[BC_STYLE_WARNING] = "1;33",
		[BC_STYLE_NOTE] = "1;36",
		[BC_STYLE_FRAME] = "34",
		[BC_STYLE_HELP] = "1;32",
	};
	int styled = term->color && *codes[style];
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return;
	if (styled)
		bc_buf_printf(term->out, "\033[%sm", codes[style]);
	add_filtered(term->out, text);
	if (styled)
		bc_buf_str(term->out, "\033[0m");
	free(text);
}

/* ---- lines that are too long ---- */

/* The bytes of what stands at `text`: an escape sequence of ours, which takes no room, or a glyph.
 */
static size_t step(const char *text, int *width)
{
	struct bc_glyph glyph;

	*width = 0;
	if (*text == '\033')
		return strcspn(text, "m") + 1;
	glyph = bc_term_glyph(text);
	*width = glyph.width;
	return glyph.bytes;
}

/*
 * The last blank at which the first `width` columns can be broken, or NULL: where all of it fits,
 * or where only the indentation is left. Blanks before column `hang` do not count.
 */
static const char *find_break(const char *line, int width, int hang)
{
	const char *at = NULL, *text = line + strspn(line, " ");
	int column = 0;

	while (*line) {
		int columns;
		size_t bytes = step(line, &columns);

		if (*line == ' ' && line > text && column > hang)
			at = line;
		if (column + columns > width)
			return at;
		column += columns;
		line += bytes;
	}
	return NULL;
}

/* The line at the end of `term->out`, in pieces that fit. */
static void wrap(struct bc_term *term)
{
	const char *all = bc_buf_text(term->out), *start = memrchr(all, '\n', term->out->len), *at;
	size_t from = start ? (size_t)(start + 1 - all) : 0;
	int width = term->width, indent = term->hang;
	struct bc_buf line = {0};

	bc_buf_str(&line, all + from);
	start = bc_buf_text(&line);
	term->out->len = from;
	while ((at = find_break(start, width, indent)) != NULL) {
		bc_buf_add(term->out, start, (size_t)(at - start));
		bc_buf_printf(term->out, "\n%*s", term->hang, "");
		start = at + strspn(at, " ");
		width = term->width - term->hang;
		indent = 0;
	}
	bc_buf_str(term->out, start);
	bc_buf_fini(&line);
}

void bc_term_newline(struct bc_term *term)
{
	if (term->width > term->hang + MIN_TEXT)
		wrap(term);
	term->hang = 0;
	bc_buf_char(term->out, '\n');
}
