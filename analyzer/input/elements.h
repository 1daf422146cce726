/*
 * The elements of a large JSON array, one at a time.
 *
 * Finding an element's end before the real JSON parser sees it lets one bad element, with a name
 * that is not UTF-8 for instance, be passed over alone, and keeps memory to one element.
 */
#ifndef BC_INPUT_ELEMENTS_H
#define BC_INPUT_ELEMENTS_H

#include <jansson.h>
#include <stddef.h>

struct bc_elements {
	const char *path, *text;
	size_t len, at;
	int line;  /* where reading has come to */
	int count; /* elements so far */

	/* the element read last */
	int element_line;
	json_t *value;                                    /* NULL when it was malformed */
	char fault[sizeof(((json_error_t *)NULL)->text)]; /* then, what was wrong with it */
};

/* `path` names the text in messages. */
void bc_elements_init(struct bc_elements *elements, const char *path, const char *text, size_t len);

/*
 * Reads the next element; 1 when there is one, 0 at the end of the array, BC_EINPUT with a message
 * when the text is no JSON array. The value lives until the next call.
 */
int bc_elements_next(struct bc_elements *elements);

/* Needed only when reading stops before the end. */
void bc_elements_fini(struct bc_elements *elements);

#endif
