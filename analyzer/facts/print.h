/* The parts of `dump facts` that print one body; see facts.h for the whole. */
#ifndef BC_FACTS_PRINT_H
#define BC_FACTS_PRINT_H

#include "base/buf.h"
#include "facts/body.h"

/* A line for each pointer-like value that moves into a place: "  flow dst <- src  @line". */
void bc_print_flows(const struct bc_body *body, struct bc_buf *out);

/* The tree as an indented s-expression. */
void bc_print_tree(const struct bc_body *body, struct bc_buf *out);

#endif
