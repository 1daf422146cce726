/*
 * Typed growing arrays: BC_VEC(type) names an anonymous struct {items, count, capacity}.
 *
 *	BC_VEC(uint32_t) ids = {0};
 *	bc_vec_push(&ids, 7);
 *	for (size_t i = 0; i < ids.count; i++) use(ids.items[i]);
 *	bc_vec_fini(&ids);
 *
 * The items live on the heap and move when the array grows: keep indices, not pointers.
 */
#ifndef BC_BASE_VEC_H
#define BC_BASE_VEC_H

#include <stdlib.h>

#include "base/arena.h"

#define BC_VEC(type) \
	struct { \
		type *items; \
		size_t count, capacity; \
	}

#define bc_vec_reserve(vec, wanted) \
	do { \
		if ((vec)->capacity < (wanted)) { \
			size_t cap_ = (vec)->capacity ? (vec)->capacity * 2 : 8; \
			while (cap_ < (wanted)) \
				cap_ *= 2; \
			(vec)->items = bc_xrealloc((vec)->items, cap_ * sizeof(*(vec)->items)); \
			(vec)->capacity = cap_; \
		} \
	} while (0)

#define bc_vec_push(vec, ...) \
	do { \
		bc_vec_reserve((vec), (vec)->count + 1); \
		(vec)->items[(vec)->count++] = (__VA_ARGS__); \
	} while (0)

#define bc_vec_pop(vec) ((vec)->items[--(vec)->count])
#define bc_vec_last(vec) ((vec)->items[(vec)->count - 1])

#define bc_vec_fini(vec) \
	do { \
		free((vec)->items); \
		(vec)->items = NULL; \
		(vec)->count = (vec)->capacity = 0; \
	} while (0)

/* Pop-and-sort idiom helpers stay with their users: qsort on .items works as usual. */

#endif
