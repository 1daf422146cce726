/*
 * Places, values and expressions of a body as people read them. All text is one line: control
 * characters of names and literals are escaped.
 */
#ifndef BC_FACTS_TEXT_H
#define BC_FACTS_TEXT_H

#include "base/buf.h"
#include "facts/body.h"
#include "facts/guards.h"

/*
 * What a node names, as value tracking sees it: "struct ops.open", "fn(param 1)", "return of fn",
 * a variable's or a function's name; "*" and "&" in front of them. 0, or -1 with nothing written
 * when it names none.
 */
int bc_text_place(const struct bc_body *body, uint32_t node, struct bc_buf *out);

/* The name of a local variable or parameter; "param2", "local5" where the source gives none. */
void bc_text_local(const struct bc_body *body, uint32_t slot, struct bc_buf *out);

/* "struct ops.open" */
void bc_text_field(const struct bc_facts *facts, uint32_t field, struct bc_buf *out);

/* What CALL node `call` calls: a function or the place of a pointer. (*f)() calls what f() does. */
uint32_t bc_text_callee(const struct bc_body *body, uint32_t call);

/* The n-th parameter, from 1, of what CALL node `call` calls: "fn(param 1)". */
void bc_text_param_of(const struct bc_body *body, uint32_t call, uint32_t n, struct bc_buf *out);

/*
 * The abstraction of an argument: a number, "bits 0x800" for those surely set in x | 0x800, a
 * string, a function, a place, alternatives joined with " or ", "?" for anything.
 */
void bc_text_value(const struct bc_body *body, uint32_t node, struct bc_buf *out);

/* The expression as C without its casts, cut with "..." near `limit` bytes. */
void bc_text_expr(const struct bc_body *body, uint32_t node, size_t limit, struct bc_buf *out);

/* A guard: "c->nb", "!(a && b)", "op is 1 or 2", "op is none of the cases". */
void bc_text_guard(
	const struct bc_body *body, const struct bc_condition *guard, struct bc_buf *out);

/* `text` with control characters escaped; in double quotes and cut near `limit` for a literal. */
void bc_text_escape(const char *text, struct bc_buf *out);
void bc_text_quote(const char *text, size_t limit, struct bc_buf *out);

#endif
