#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static void reserve(struct bc_buf *buf, size_t extra)
{
	size_t need = buf->len + extra + 1;
	size_t cap = buf->capacity ? buf->capacity : 64;

	if (need <= buf->capacity)
		return;
	while (cap < need)
		cap *= 2;
	buf->data = bc_xrealloc(buf->data, cap);
	buf->capacity = cap;
}

void bc_buf_add(struct bc_buf *buf, const void *bytes, size_t len)
{
	reserve(buf, len);
	if (len)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void bc_buf_str(struct bc_buf *buf, const char *text)
{
	bc_buf_add(buf, text, strlen(text));
}

void bc_buf_char(struct bc_buf *buf, char c)
{
	bc_buf_add(buf, &c, 1);
}

void bc_buf_printf(struct bc_buf *buf, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n <= 0)
		return;
	reserve(buf, (size_t)n);
	va_start(args, format);
	vsnprintf(buf->data + buf->len, (size_t)n + 1, format, args);
	va_end(args);
	buf->len += (size_t)n;
}

void bc_buf_clear(struct bc_buf *buf)
{
	buf->len = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

void bc_buf_fini(struct bc_buf *buf)
{
	free(buf->data);
	*buf = (struct bc_buf){0};
}

const char *bc_buf_text(const struct bc_buf *buf)
{
	return buf->data ? buf->data : "";
}
