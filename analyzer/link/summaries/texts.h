/*
 * Functions that write or hand on a text: snprintf(), asprintf(), strdup(), and the project's own
 * around them. With them the interpreter knows how a path begins that was put together on the spot:
 * snprintf(path, sizeof(path), "/proc/%d/stat", pid).
 */
#ifndef BC_LINK_SUMMARIES_TEXTS_H
#define BC_LINK_SUMMARIES_TEXTS_H

#include <stdint.h>

#include "link/program/program.h"

/* Where a call puts a text, and where it takes it from. Zeros: this function does neither. */
struct bc_text_rule {
	uint8_t from; /* argument, from 1: the text, or the format that it begins with */
	uint8_t into; /* argument, from 1: an array, or a pointer to a pointer; 0: the result */
};

/* One per symbol, for functions of the library and for those that pass their parameters on to them.
 * The caller frees it. */
struct bc_text_rule *bc_find_texts(const struct bc_program *program);

#endif
