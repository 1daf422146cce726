#include "output/frame.h"

#include <ctype.h>
#include <string.h>

#include "base/fs.h"
#include "base/vec.h"

enum {
	SOURCE_LIMIT = 32 << 20,
	TAB_STOPS = 4, /* findings sit deep in blocks: 8 columns a level push them off the screen */
	MIN_WIDTH = 20 /* of the code, however narrow the terminal */
};

/* A line as it will stand on the screen. */
struct cells {
	BC_VEC(struct bc_glyph) list;
	size_t mark, nmarked; /* the cells to underline */
};

/* The source of a file, or NULL. */
static const char *read_source(struct bc_frames *frames, const char *file)
{
	if (!frames->path || strcmp(frames->path, file) != 0) {
		char *path;

		bc_arena_fini(&frames->arena);
		bc_buf_clear(&frames->source);
		frames->path = bc_arena_strdup(&frames->arena, file);
		path = bc_path_join(&frames->arena, frames->root, file);
		if (bc_file_read(&frames->source, path, SOURCE_LIMIT) != 0)
			bc_buf_clear(&frames->source);
	}
	return frames->source.len ? frames->source.data : NULL;
}

/* Line `number` of a text, as a string of its own; NULL when there are not so many. */
static char *copy_line(struct bc_arena *arena, const char *text, uint32_t number)
{
	size_t len;

	for (; number > 1; number--) {
		text = strchr(text, '\n');
		if (!text)
			return NULL;
		text++;
	}
	len = strcspn(text, "\r\n");
	return len ? bc_arena_strndup(arena, text, len) : NULL;
}

/* The bytes to underline from `column`: a name as far as it goes, else one character. */
static size_t measure_mark(const char *line, uint32_t column)
{
	size_t len = 0;

	if (column == 0 || column > strlen(line))
		return 0;
	line += column - 1;
	while (isalnum((unsigned char)line[len]) || line[len] == '_')
		len++;
	return len ? len : 1;
}

static void add_tab(struct cells *cells, int column)
{
	for (int n = TAB_STOPS - column % TAB_STOPS; n > 0; n--)
		bc_vec_push(&cells->list, (struct bc_glyph){" ", 1, 0, 1});
}

static void split_line(struct cells *cells, const char *line, uint32_t column)
{
	size_t from = column ? column - 1 : 0, marked = measure_mark(line, column), offset = 0;
	int screen_column = 0;

	while (line[offset]) {
		struct bc_glyph glyph = bc_term_glyph(line + offset);
		size_t first = cells->list.count;

		if (line[offset] == '\t')
			add_tab(cells, screen_column);
		else
			bc_vec_push(&cells->list, glyph);
		for (size_t i = first; i < cells->list.count; i++)
			screen_column += cells->list.items[i].width;
		if (offset == from)
			cells->mark = first;
		if (offset >= from && offset < from + marked)
			cells->nmarked += cells->list.count - first;
		offset += glyph.bytes;
	}
}

static int sum_widths(const struct cells *cells, size_t from, size_t to)
{
	int width = 0;

	for (; from < to; from++)
		width += cells->list.items[from].width;
	return width;
}

/* Cuts [*from, *to) down to `width` columns around the mark; what is cut off becomes "...". */
static void clip(const struct cells *cells, int width, size_t *from, size_t *to)
{
	size_t end = cells->mark + cells->nmarked;

	*from = 0;
	*to = cells->list.count;
	if (sum_widths(cells, *from, *to) <= width)
		return;
	width -= 6;
	/* the end first: what stands before a call (the assignment, the condition) says more */
	while (*to > end && sum_widths(cells, *from, *to) > width)
		(*to)--;
	while (*from < cells->mark && sum_widths(cells, *from, *to) > width)
		(*from)++;
	while (*to > *from + 1 && sum_widths(cells, *from, *to) > width)
		(*to)--;
}

static void write_gutter(struct bc_term *term, const struct bc_frame *frame, int with_number)
{
	if (with_number)
		bc_term_printf(term, BC_STYLE_FRAME, "%*u |", frame->gutter, frame->at.line);
	else
		bc_term_printf(term, BC_STYLE_FRAME, "%*s |", frame->gutter, "");
}

static void write_code(struct bc_term *term, const struct bc_frame *frame,
	const struct cells *cells, size_t from, size_t to)
{
	struct bc_buf text = {0};

	for (size_t i = from; i < to; i++)
		bc_buf_add(&text, cells->list.items[i].text, cells->list.items[i].len);
	write_gutter(term, frame, 1);
	bc_term_printf(term, BC_STYLE_PLAIN, " %s%s%s", from ? "..." : "", bc_buf_text(&text),
		to < cells->list.count ? "..." : "");
	bc_term_newline(term);
	bc_buf_fini(&text);
}

static void write_underline(struct bc_term *term, const struct bc_frame *frame,
	const struct cells *cells, size_t from, size_t to)
{
	size_t end = cells->mark + cells->nmarked;
	int before = sum_widths(cells, from, cells->mark) + (from ? 3 : 0);
	struct bc_buf carets = {0};

	if (end > to)
		end = to;
	for (int n = sum_widths(cells, cells->mark, end); n > 0; n--)
		bc_buf_char(&carets, '^');
	write_gutter(term, frame, 0);
	bc_term_printf(term, BC_STYLE_PLAIN, " %*s", before, "");
	term->hang = frame->gutter + 3;
	bc_term_printf(term, frame->style, "%s%s%s", bc_buf_text(&carets),
		frame->label && *frame->label ? " " : "", frame->label ? frame->label : "");
	bc_term_newline(term);
	bc_buf_fini(&carets);
}

int bc_frame_gutter(uint32_t line)
{
	int digits = 1;

	for (; line >= 10; line /= 10)
		digits++;
	return digits;
}

int bc_frame_write(struct bc_term *term, struct bc_frames *frames, const struct bc_frame *frame)
{
	struct cells cells = {.nmarked = 0};
	const char *source, *line;
	int width = frame->width - frame->gutter - 3;
	size_t from, to;

	if (!frame->at.file || !*frame->at.file || !frame->at.line)
		return 0;
	source = read_source(frames, frame->at.file);
	line = source ? copy_line(&frames->arena, source, frame->at.line) : NULL;
	if (!line)
		return 0;
	split_line(&cells, line, frame->at.column);
	clip(&cells, width < MIN_WIDTH ? MIN_WIDTH : width, &from, &to);
	write_gutter(term, frame, 0);
	bc_term_newline(term);
	write_code(term, frame, &cells, from, to);
	if (cells.nmarked)
		write_underline(term, frame, &cells, from, to);
	bc_vec_fini(&cells.list);
	return 1;
}

void bc_frames_fini(struct bc_frames *frames)
{
	bc_arena_fini(&frames->arena);
	bc_buf_fini(&frames->source);
}
