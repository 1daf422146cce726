/* The subcommands of `blockcheck rules`, and what they share. Each returns the status to exit with.
 */
#ifndef BC_RULES_H
#define BC_RULES_H

#include "cmd.h"
#include "models/models.h"

/* `arguments` are the operands after the subcommand and end with NULL. */
int bc_rules_list(const struct bc_options *options, const char *const *arguments);
int bc_rules_show(const struct bc_options *options, const char *const *arguments);
int bc_rules_validate(const struct bc_options *options, const char *const *arguments);
int bc_rules_test(const struct bc_options *options, const char *const *arguments);
int bc_rules_coverage(const struct bc_options *options, const char *const *arguments);
int bc_rules_new(const struct bc_options *options, const char *const *arguments);

/*
 * The folders and files that packs are read from, in order: the shipped ones, those of --rules, and
 * those of `more` (NULL, or ending with NULL) which lie in none of these. Ends with NULL. 0 or
 * BC_EINPUT.
 */
int bc_rules_paths(const struct bc_options *options, const char *const *more,
	struct bc_arena *arena, const char *const **paths, int *npaths);

/*
 * Writes what the packs say under an id or about a function. The category of the first blocking
 * rule among it, 0 when none is, -1 when nothing was written.
 */
int bc_rules_describe(const struct bc_models *models, const char *id, int json, struct bc_buf *out);

/* Loads the packs of bc_rules_paths(). */
int bc_rules_load(const struct bc_options *options, const char *const *more, struct bc_arena *arena,
	struct bc_models *models);

#endif
