/* What packs say, in words and as JSON; shared by `rules list`, `rules show` and `explain`. */
#ifndef BC_RULES_WORDS_H
#define BC_RULES_WORDS_H

#include <string.h>

#include "base/json.h"
#include "models/models.h"

inline int bc_rules_has_name(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return 1;
	return 0;
}

/* Everything of this id, or that names this function, for people. */
void bc_rules_write_text(const struct bc_models *m, const char *id, struct bc_buf *out);

/* One blocking rule as an object. */
void bc_rules_write_json(struct bc_json *json, const struct bc_sink_rule *rule);

#endif
