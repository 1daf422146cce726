/*
 * Abstract values: what the link stage knows of an expression, and what rules ask about.
 *
 * A value is a promise about every run: BC_V_INTS {0, 64} says "0 or 64, nothing else". BC_V_TOP
 * promises nothing.
 */
#ifndef BC_MODELS_VALUE_H
#define BC_MODELS_VALUE_H

#include <stdint.h>

enum bc_value_kind {
	BC_V_TOP,
	BC_V_INTS,    /* one of up to BC_VALUE_INTS integers; {0} is also the null pointer */
	BC_V_BITS,    /* an integer with some bits known */
	BC_V_FUNCS,   /* one of up to BC_VALUE_INTS functions */
	BC_V_NONNULL, /* a pointer that is not null, or an integer that is not zero */
	BC_V_TEXT,    /* a string literal, or an array that holds it; `pad` 1: a text that begins
			 like this, up to the first % */
	BC_V_LOCAL,   /* the address of a local variable: `slot` */
	BC_V_FORK,    /* the result of fork(): `mask` of enum bc_fork_part */
	BC_V_FD /* a descriptor: `mask` is its enum bc_fd_mode, `n` its enum bc_fd_kind, `pad` 1
		   when a loop watches it, `slot` 1 when who makes it non-blocking surely does not
		   do so here */
};

enum { BC_VALUE_INTS = 4 };

enum bc_fork_part { BC_FORK_ERROR = 1, BC_FORK_CHILD = 2, BC_FORK_PARENT = 4 };

struct bc_value {
	uint8_t kind;  /* enum bc_value_kind */
	uint8_t n;     /* INTS, FUNCS: how many */
	uint8_t mask;  /* FORK */
	uint8_t pad;   /* see above; INTS, BITS: 1 when this holds only once the loop runs */
	uint32_t slot; /* LOCAL; FD */
	union {
		int64_t ints[BC_VALUE_INTS]; /* sorted, distinct */
		uint32_t funcs[BC_VALUE_INTS];
		struct {
			uint64_t ones, zeros; /* bits surely set, bits surely clear */
		} bits;
		const char *text;
	} u;
};

/* What is known of a file descriptor or library handle. */
enum bc_fd_mode { BC_FD_UNKNOWN, BC_FD_NONBLOCKING, BC_FD_BLOCKING, BC_FD_MIXED };

enum bc_tri { BC_NO, BC_YES, BC_UNKNOWN };

static inline struct bc_value bc_value_top(void)
{
	return (struct bc_value){.kind = BC_V_TOP};
}

static inline struct bc_value bc_value_int(int64_t i)
{
	return (struct bc_value){.kind = BC_V_INTS, .n = 1, .u.ints = {i}};
}

#endif
