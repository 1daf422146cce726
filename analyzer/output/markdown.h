/*
 * Our own pages on a terminal. Of Markdown it knows what they use: headings, paragraphs, lists,
 * fenced code, tables as they stand, code and links in a line.
 */
#ifndef BC_OUTPUT_MARKDOWN_H
#define BC_OUTPUT_MARKDOWN_H

#include "output/term.h"

/* `width` columns for paragraphs; code and tables are not cut. */
void bc_markdown_write(struct bc_term *term, const char *text, int width);

#endif
