/* Private to the writer: a fact file while it grows. */
#ifndef BC_FACTS_WRITING_H
#define BC_FACTS_WRITING_H

#include "base/arena.h"
#include "base/intern.h"
#include "base/vec.h"
#include "facts/format.h"
#include "facts/writer.h"

struct bc_fw {
	struct bc_arena arena; /* entries of the map */
	struct bc_intern strings;
	BC_VEC(uint32_t) offsets; /* interned id -> offset in the pool */
	uint32_t pool_size;
	struct bc_fw_entry *map;
	uint32_t path_main;
#define X(ID, member, record) BC_VEC(record) member;
	BC_FACT_TABLES(X)
#undef X
	BC_VEC(uint32_t) open; /* inner nodes not closed yet, outermost first */
	uint32_t skipped; /* inner nodes open below the depth limit; nothing is written there */
	int cut;          /* the current body was cut at the limit, first at cut_loc */
	uint32_t cut_loc;
	uint32_t cut_node; /* the leaf that stands for what was skipped last */
	unsigned char *image;
};

#endif
