/*
 * What is known of the letters of a known text: *mode, mode[1], !strcmp(mode, "r"), strchr(mode,
 * 'w'). Functions that open a file or connect, as the first letter of an argument says, need it.
 */
#ifndef BC_LINK_SUMMARIES_LETTERS_H
#define BC_LINK_SUMMARIES_LETTERS_H

#include "models/value.h"

/* The letter at an index of a text; unknown where either is. */
struct bc_value bc_letter_at(const struct bc_value *text, const struct bc_value *index);

/* Is this a function of the library that compares texts? */
int bc_letters_compare(const char *function);

/* The result of such a function for these arguments; unknown for any other function. */
struct bc_value bc_letters_result(const char *function, const struct bc_value *args, int nargs);

#endif
