/* Private to `rules test`: a run of the tests that packs carry, and its parts. */
#ifndef BC_RULES_TESTING_H
#define BC_RULES_TESTING_H

#include <string.h>

#include "rules.h"

struct bc_rules_testing {
	const struct bc_options *options;
	struct bc_arena arena;
	struct bc_models models;
	const char *const *paths; /* of packs */
	const char *folder;       /* for the database of one pack */
	struct bc_buf out;
	int passed, failed, skipped; /* tests */
	int packs, packs_skipped;
};

inline int bc_rules_is_of(const struct bc_rule_test *test, const struct bc_pack *pack)
{
	return !strcmp(test->origin.path, pack->path);
}

/* Where no package has the headers, tests declare what they need. */
inline int bc_rules_count_headers(const struct bc_pack *pack)
{
	return strcmp(pack->debian, "none") ? pack->nheaders : 0;
}

/* rules_project.c: the tests of one pack as a compilation database in the folder. */
int bc_rules_write_project(struct bc_rules_testing *t, const struct bc_pack *pack);

/* rules_verdict.c: what was found in them, held against what the pack expects. */
void bc_rules_judge_pack(
	struct bc_rules_testing *t, const struct bc_pack *pack, const struct bc_report *report);

#endif
