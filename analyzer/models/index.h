/* Private to the index of the rules: its tables, which index.c fills and lookup.c asks. */
#ifndef BC_MODELS_INDEX_H
#define BC_MODELS_INDEX_H

#include "models/models.h"

struct bc_field_entry {
	const char *record, *field;
	int order;
	const struct bc_field_rule *rule;
};

struct bc_models_index {
	struct bc_name_rules *names;
	struct bc_field_entry *fields;      /* exact, sorted */
	struct bc_field_entry *patterns;    /* in order of the packs */
	const struct bc_name_rules **slots; /* names by hash */
	size_t nnames, nfields, npatterns, nslots;
};

/* index.c: a record's name without "struct" or "union". */
const char *bc_record_untagged(const char *record);

/* One * in the pattern stands for any text. */
int bc_name_matches(const char *pattern, const char *text);

#endif
