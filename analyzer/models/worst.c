/* How long a call takes when things go wrong: what packs say of it, and how it is looked up. */
#include "models/loader.h"
#include "models/read.h"

struct bc_worst bc_loader_read_worst(struct bc_loader *loader, const struct bc_yaml_node *map)
{
	if (!map)
		return (struct bc_worst){.ms = -1};
	return (struct bc_worst){bc_read_ms(map, "time"), bc_read_text(loader, map, "why")};
}

void bc_loader_take_worsts(struct bc_loader *loader, const struct bc_yaml_node *root)
{
	const struct bc_yaml_node *item = bc_read_first(root, "worst_cases");

	for (; item; item = item->next)
		bc_vec_push(&loader->worsts,
			(struct bc_worst_rule){.category = (enum bc_category)bc_read_word(
						       item, "category", bc_words_category, 0),
				.bound = (enum bc_bound)bc_read_word(
					item, "bound", bc_words_bound, 0),
				.worst = bc_loader_read_worst(loader, item),
				.provenance = bc_read_text(
					loader, bc_yaml_get(item, "provenance"), "ref"),
				.origin = bc_read_origin(loader, item)});
}

struct bc_worst bc_models_worst(const struct bc_models *models, const struct bc_sink_rule *rule,
	enum bc_category category, enum bc_bound bound)
{
	/* a limit that was not given leaves what the rule says of the call as it is */
	if (rule->worst.why && rule->category == category &&
		(rule->bound == bound || rule->bound == BC_BOUND_TIMEOUT))
		return rule->worst;
	for (int i = models->nworsts - 1; i >= 0; i--)
		if (models->worsts[i].category == category && models->worsts[i].bound == bound)
			return models->worsts[i].worst;
	return (struct bc_worst){.ms = -1};
}
