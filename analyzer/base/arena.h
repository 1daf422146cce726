/*
 * Arenas: memory with one lifetime.
 *
 * Every stage of the pipeline allocates what it produces from an arena that its caller owns, and
 * the caller drops the whole arena at once. Functions that allocate take the arena as first
 * argument; that argument is the statement of ownership.
 *
 * Built with BC_ARENA_MALLOC (the asan preset does), each allocation becomes a malloc of its own,
 * so that AddressSanitizer sees overruns between neighbours.
 *
 * Running out of memory ends the process with a message: an analyser has no useful way to go on.
 */
#ifndef BC_BASE_ARENA_H
#define BC_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct bc_arena_block;

struct bc_arena {
	struct bc_arena_block *blocks; /* newest first */
	size_t used;                   /* bytes taken from the newest block */
	size_t total;                  /* bytes handed out since init, for --stats */
};

#define BC_ARENA_INIT \
	{ \
		0 \
	}

/* Zeroed memory, aligned for any type. `size` 0 gives a valid pointer to nothing. */
void *bc_arena_alloc(struct bc_arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* The same, not zeroed: for what is written whole at once. */
void *bc_arena_raw(struct bc_arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* `count * size` zeroed bytes; overflow of the product ends the process. */
void *bc_arena_calloc(struct bc_arena *arena, size_t count, size_t size)
	__attribute__((malloc, returns_nonnull));

char *bc_arena_strdup(struct bc_arena *arena, const char *text) __attribute__((returns_nonnull));
char *bc_arena_strndup(struct bc_arena *arena, const char *text, size_t len)
	__attribute__((returns_nonnull));
char *bc_arena_printf(struct bc_arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));
char *bc_arena_vprintf(struct bc_arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0), returns_nonnull));

/* Frees everything; the arena can be used again. */
void bc_arena_fini(struct bc_arena *arena);

#define BC_NEW(arena, type) ((type *)bc_arena_alloc((arena), sizeof(type)))
#define BC_NEW_ARRAY(arena, type, count) ((type *)bc_arena_calloc((arena), (count), sizeof(type)))

/* malloc/realloc that end the process when memory runs out; free() with free(). */
void *bc_xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
/* All zero; the product of the two is checked. */
void *bc_xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *bc_xrealloc(void *old, size_t size) __attribute__((returns_nonnull));
char *bc_xstrdup(const char *text) __attribute__((malloc, returns_nonnull));

#endif
