/* What of a database is not analysed, in words. */
#include "input/compdb.h"

const char *bc_skip_name(enum bc_skip skip)
{
	switch (skip) {
	case BC_SKIP_CXX: return "C++";
	case BC_SKIP_OBJC: return "Objective-C";
	case BC_SKIP_CUDA: return "CUDA";
	case BC_SKIP_ASSEMBLER: return "assembler";
	case BC_SKIP_HEADER: return "header";
	case BC_SKIP_OTHER: return "other";
	case BC_SKIP_DUPLICATE: return "duplicate";
	case BC_SKIP_PREPROCESS: return "only preprocessed";
	case BC_SKIP_VARIANT: return "further variant";
	case BC_SKIP_MALFORMED: return "malformed";
	case BC_SKIP_COUNT: break;
	}
	return "?";
}

const char *bc_compdb_skipped_text(struct bc_arena *arena, const struct bc_compdb *db)
{
	const char *text = "";

	for (int i = 0; i < BC_SKIP_COUNT; i++)
		if (db->skipped[i] && i != BC_SKIP_DUPLICATE)
			text = bc_arena_printf(arena, "%s%s%zu %s", text, *text ? ", " : "",
				db->skipped[i], bc_skip_name((enum bc_skip)i));
	return text;
}
