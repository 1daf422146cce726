/* Private to the index of the rules: its tables, which index.c fills and lookup.c asks. */
#ifndef BC_MODELS_INDEX_H
#define BC_MODELS_INDEX_H

#include "models/models.h"

struct bc_name_entry {
	const char *name;
	const struct bc_sink_rule **sinks;
	const struct bc_register_rule **registers;
	const struct bc_wait_rule *wait;
	const struct bc_creator_rule *creator;
	const struct bc_mode_rule *mode;
	const struct bc_watch_rule *watch;
	const struct bc_queue_rule *queue;
	const struct bc_same_rule *same;
	const struct bc_lock_rule *take, *release;
	int identity;
	const struct bc_limit_rule **limits;
	int nsinks, nregisters, nlimits;
	int fork, never;
};

struct bc_field_entry {
	const char *record, *field;
	int order;
	const struct bc_field_rule *rule;
};

struct bc_models_index {
	struct bc_name_entry *names;
	struct bc_field_entry *fields;      /* exact, sorted */
	struct bc_field_entry *patterns;    /* in order of the packs */
	const struct bc_name_entry **slots; /* names by hash */
	size_t nnames, nfields, npatterns, nslots;
};

/* index.c: a record's name without "struct" or "union". */
const char *bc_record_untagged(const char *record);

#endif
