/* Time limits on descriptors and handles: what packs say of who sets them, and what they bound. */
#include "models/loader.h"
#include "models/read.h"

static unsigned read_kinds(const struct bc_yaml_node *map)
{
	const struct bc_yaml_node *item = bc_read_first(map, "by");
	unsigned kinds = 0;

	for (; item; item = bc_read_next(map, "by", item))
		kinds |= (unsigned)bc_word_value(bc_words_limit, item->text);
	return kinds;
}

static int take_limit(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	struct bc_limit_rule rule = {.arg = bc_read_int(node, "fd_arg", 0),
		.by = read_kinds(node),
		.origin = bc_read_origin(loader, node)};
	const struct bc_yaml_node *when = bc_yaml_get(node, "when");
	struct bc_cond_scope scope = {.params = -1};
	int status = bc_read_timeout(loader, bc_yaml_get(node, "timeout"), -1, &rule.timeout);

	rule.functions = bc_read_texts(loader, node, "function", &rule.nfunctions);
	if (status == 0 && when)
		status = bc_loader_read_condition(
			loader, when, &scope, BC_COND_ASSUME_YES, &rule.when);
	if (status == 0)
		bc_vec_push(&loader->limits, (struct bc_loading_limit){.rule = rule});
	return status;
}

int bc_loader_take_limits(struct bc_loader *loader, const struct bc_yaml_node *map)
{
	const struct bc_yaml_node *item = bc_read_first(map, "limit");
	int status = 0;

	for (; status == 0 && item; item = item->next)
		status = take_limit(loader, item);
	return status;
}

int bc_loader_read_limited(
	struct bc_loader *loader, const struct bc_yaml_node *node, struct bc_sink_rule *rule)
{
	const struct bc_yaml_node *map = bc_yaml_get(node, "limited");

	if (!map)
		return 0;
	rule->limit_arg = bc_read_int(map, "arg", 0);
	rule->limited_by = read_kinds(map);
	return bc_read_check_arg(loader, map, "arg", rule->params);
}
