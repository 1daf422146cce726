/*
 * Text for a terminal: styles, and a filter for what it is made of. Names, messages and source
 * lines come out of the analysed program; control characters, escape sequences and bidirectional
 * marks in them would act on the reader's terminal, so they become U+FFFD.
 */
#ifndef BC_OUTPUT_TERM_H
#define BC_OUTPUT_TERM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum bc_style {
	BC_STYLE_PLAIN,
	BC_STYLE_STRONG,
	BC_STYLE_ERROR,
	BC_STYLE_WARNING,
	BC_STYLE_NOTE,
	BC_STYLE_FRAME,
	BC_STYLE_HELP
};

struct bc_term {
	struct bc_buf *out;
	int color;
	int width; /* lines are broken between words before this column; 0: never */
	int hang;  /* where the rest of the line at hand begins then; back to 0 with its end */
};

enum { BC_TERM_WHOLE = 1 << 20 }; /* as `hang`: the line is to be copied, so it stays whole */

/* Writes text of one line; a newline in it is filtered like any control character. */
void bc_term_printf(struct bc_term *term, enum bc_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void bc_term_newline(struct bc_term *term);

/* One character of a text as a terminal shows it. */
struct bc_glyph {
	const char *text; /* what to print: the character, or its replacement */
	size_t len;       /* of what to print, in bytes */
	size_t bytes;     /* taken from the input */
	int width;        /* columns: 0, 1 or 2 */
};

/* The character at `text`, which must not be at its end. */
struct bc_glyph bc_term_glyph(const char *text);

/* Columns that a text takes. */
int bc_term_width(const char *text);

#endif
