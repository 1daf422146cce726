/* The pages of docs/rules, by rule. The table is made when the program is built. */
#ifndef BC_OUTPUT_PAGES_H
#define BC_OUTPUT_PAGES_H

#include <stddef.h>

struct bc_page {
	const char *rule; /* "BC101"; NULL ends the table */
	const char *text; /* Markdown */
};

extern const struct bc_page bc_pages[];

#endif
