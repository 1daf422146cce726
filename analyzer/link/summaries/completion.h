/*
 * Completion: how control can leave a statement, and which functions never return.
 *
 * A function whose every path ends in exit(), abort() or another such function is itself noreturn,
 * attribute or not. Statements after which the process surely ends are on the way out (FINI): what
 * blocks there harms no loop.
 */
#ifndef BC_LINK_SUMMARIES_COMPLETION_H
#define BC_LINK_SUMMARIES_COMPLETION_H

#include <stdint.h>

#include "link/program/program.h"

enum bc_exit {
	BC_EXIT_NORMAL = 1, /* control reaches the next statement */
	BC_EXIT_RETURN = 2,
	BC_EXIT_BREAK = 4,
	BC_EXIT_CONTINUE = 8,
	BC_EXIT_GOTO = 16,
	BC_EXIT_FOREVER = 32 /* an endless loop: control stays, the process does not end */
};

struct bc_completion {
	const struct bc_program *program;
	uint8_t **known;   /* per function, once asked: the answer for each node, or UNKNOWN */
	uint8_t *noreturn; /* per symbol: whether and how it fails to return */
};

void bc_completion_init(struct bc_completion *completion, const struct bc_program *program);
void bc_completion_fini(struct bc_completion *completion);

/* enum bc_exit bits of a statement or expression; 0: the process ends in it. */
int bc_completes(const struct bc_completion *completion, uint32_t func, uint32_t node);

/*
 * 1 when control may enter the subtree in the middle: a LABEL stands in it, or a CASE or DEFAULT of
 * a switch further out.
 */
int bc_has_entry(const struct bc_func *func, uint32_t node);

#endif
