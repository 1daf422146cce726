/* A growing byte buffer, always NUL-terminated once anything was added. */
#ifndef BC_BASE_BUF_H
#define BC_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct bc_buf {
	char *data; /* heap; NULL while empty */
	size_t len, capacity;
};

void bc_buf_add(struct bc_buf *buf, const void *bytes, size_t len);
void bc_buf_str(struct bc_buf *buf, const char *text);
void bc_buf_char(struct bc_buf *buf, char c);
void bc_buf_printf(struct bc_buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void bc_buf_clear(struct bc_buf *buf); /* keeps the memory */
void bc_buf_fini(struct bc_buf *buf);

/* The text so far; "" while empty. Valid until the next call on `buf`. */
const char *bc_buf_text(const struct bc_buf *buf);

#endif
