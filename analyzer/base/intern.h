/*
 * String interner: each distinct byte string gets one small number, and back.
 * Ids count from 0 in order of first appearance, so that they are deterministic. Strings live as
 * long as the interner.
 */
#ifndef BC_BASE_INTERN_H
#define BC_BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"

struct bc_intern {
	struct bc_arena text;
	BC_VEC(const char *) strings; /* id -> text */
	BC_VEC(uint64_t) hashes;      /* id -> XXH3 of the text */
	uint32_t *slots; /* open addressing: id + 1, 0 = free; size is a power of two */
	uint32_t nslots;
};

#define BC_INTERN_NONE UINT32_MAX

uint32_t bc_intern(struct bc_intern *table, const char *text);
uint32_t bc_intern_n(struct bc_intern *table, const char *text, size_t len);

/* The id of `text`, or BC_INTERN_NONE when it was never interned. */
uint32_t bc_intern_find(const struct bc_intern *table, const char *text);

const char *bc_intern_text(const struct bc_intern *table, uint32_t id);
void bc_intern_fini(struct bc_intern *table);

#endif
