/*
 * A library's header, read for `rules new`: what in it looks as if it blocked or took a callback.
 * That is read from the text of the declarations alone, so all of it is a proposal.
 */
#ifndef BC_RULES_HEADER_H
#define BC_RULES_HEADER_H

#include <ctype.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/intern.h"
#include "base/vec.h"

/* A function's declaration as the header has it. */
struct bc_declared {
	const char *name;
	int nparams;
	int callback; /* the first parameter that looks like a callback, from 1; 0: none */
	int timeout;  /* the first one that is named after time */
};

struct bc_header {
	struct bc_arena arena;
	struct bc_buf text;
	BC_VEC(struct bc_declared) list;
	struct bc_intern names; /* index in `list` */
};

static inline int bc_header_is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Reads a header, here or in /usr/include. 0 or BC_EINPUT. The caller ends it in any case. */
int bc_header_read(struct bc_header *h, const char *name);
void bc_header_fini(struct bc_header *h);

/* Rules, in comments, for what may block, and for what takes callbacks. How many. */
int bc_header_propose_blocking(struct bc_header *h, const char *library, struct bc_buf *out);
int bc_header_propose_loops(struct bc_header *h, struct bc_buf *out);

#endif
