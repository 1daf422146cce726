#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blocks start small and double: many arenas live for one function body and hold a few hundred
 * bytes. */
enum { FIRST_BLOCK = 2 * 1024, LAST_BLOCK = 256 * 1024, ALIGNMENT = 16 };

struct bc_arena_block {
	struct bc_arena_block *next;
	size_t size;
	_Alignas(ALIGNMENT) char data[];
};

static void out_of_memory(void)
{
	static const char message[] = "blockcheck: out of memory; try a smaller -j\n";

	fputs(message, stderr);
	_Exit(2);
}

void *bc_xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *bc_xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	if (!p)
		out_of_memory();
	return p;
}

void *bc_xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

char *bc_xstrdup(const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(bc_xmalloc(n), text, n);
}

static struct bc_arena_block *add_block(struct bc_arena *arena, size_t size)
{
	struct bc_arena_block *block = malloc(sizeof(*block) + size);

	if (!block)
		out_of_memory();
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->used = 0;
	return block;
}

#ifndef BC_ARENA_MALLOC
static size_t next_size(const struct bc_arena_block *last, size_t wanted)
{
	size_t size = last ? last->size * 2 : FIRST_BLOCK;

	if (size > LAST_BLOCK)
		size = LAST_BLOCK;
	return size > wanted ? size : wanted;
}
#endif

void *bc_arena_raw(struct bc_arena *arena, size_t size)
{
	struct bc_arena_block *block = arena->blocks;
	void *p;

	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	arena->total += size;
#ifdef BC_ARENA_MALLOC
	block = add_block(arena, size);
#else
	if (!block || block->size - arena->used < size)
		block = add_block(arena, next_size(block, size));
#endif
	p = block->data + arena->used;
	arena->used += size;
	return p;
}

void *bc_arena_alloc(struct bc_arena *arena, size_t size)
{
	/* here, not for the whole block: much of it is never used */
	return memset(bc_arena_raw(arena, size), 0, size);
}

void *bc_arena_calloc(struct bc_arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		out_of_memory();
	return bc_arena_alloc(arena, bytes);
}

char *bc_arena_strndup(struct bc_arena *arena, const char *text, size_t len)
{
	char *copy = bc_arena_raw(arena, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *bc_arena_strdup(struct bc_arena *arena, const char *text)
{
	return bc_arena_strndup(arena, text, strlen(text));
}

char *bc_arena_vprintf(struct bc_arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	text = bc_arena_alloc(arena, (size_t)(n < 0 ? 0 : n) + 1);
	vsnprintf(text, (size_t)(n < 0 ? 0 : n) + 1, format, again);
	va_end(again);
	return text;
}

char *bc_arena_printf(struct bc_arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = bc_arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void bc_arena_fini(struct bc_arena *arena)
{
	struct bc_arena_block *block = arena->blocks;

	while (block) {
		struct bc_arena_block *next = block->next;

		free(block);
		block = next;
	}
	*arena = (struct bc_arena)BC_ARENA_INIT;
}
