/* Who asks the rules: by a function's name, a field, or where something was said. */
#include <string.h>
#include <xxhash.h>

#include "models/index.h"

/* ---- functions ---- */

const struct bc_name_rules *bc_models_of(const struct bc_models *models, const char *name)
{
	static const struct bc_name_rules none;
	const struct bc_models_index *index = models->index;
	size_t at;

	if (!index)
		return &none;
	at = XXH3_64bits(name, strlen(name)) & (index->nslots - 1);
	for (; index->slots[at]; at = (at + 1) & (index->nslots - 1))
		if (!strcmp(index->slots[at]->name, name))
			return index->slots[at];
	return &none;
}

const struct bc_sink_rule *const *bc_models_sinks(
	const struct bc_models *models, const char *name, int *n)
{
	const struct bc_name_rules *rules = bc_models_of(models, name);

	*n = rules->nsinks;
	return rules->sinks;
}

const struct bc_register_rule *const *bc_models_registers(
	const struct bc_models *models, const char *name, int *n)
{
	const struct bc_name_rules *rules = bc_models_of(models, name);

	*n = rules->nregisters;
	return rules->registers;
}

const struct bc_wait_rule *bc_models_wait(const struct bc_models *models, const char *name)
{
	return bc_models_of(models, name)->wait;
}

int bc_models_is_fork(const struct bc_models *models, const char *name)
{
	return bc_models_of(models, name)->fork;
}

int bc_models_never_blocks(const struct bc_models *models, const char *name)
{
	return bc_models_of(models, name)->never;
}

int bc_models_knows(const struct bc_models *models, const char *name)
{
	return bc_models_of(models, name)->name != NULL;
}

/* ---- fields ---- */

static int compare_field_names(const struct bc_field_entry *a, const struct bc_field_entry *b)
{
	int by_record = strcmp(a->record, b->record);

	return by_record ? by_record : strcmp(a->field, b->field);
}

/* The first of the entries that are equal to `wanted`, or NULL. */
static const struct bc_field_rule *find_exact(
	const struct bc_models_index *index, const struct bc_field_entry *wanted)
{
	size_t low = 0, high = index->nfields;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_field_names(&index->fields[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == index->nfields || compare_field_names(&index->fields[low], wanted) != 0)
		return NULL;
	return index->fields[low].rule;
}

static const struct bc_field_rule *find_pattern(
	const struct bc_models_index *index, const struct bc_field_entry *wanted)
{
	for (size_t i = index->npatterns; i-- > 0;)
		if (bc_name_matches(index->patterns[i].record, wanted->record) &&
			bc_name_matches(index->patterns[i].field, wanted->field))
			return index->patterns[i].rule;
	return NULL;
}

const struct bc_field_rule *bc_models_field(
	const struct bc_models *models, const char *record, const char *field)
{
	struct bc_field_entry wanted = {.record = bc_record_untagged(record), .field = field};
	const struct bc_field_rule *rule;

	if (!models->index)
		return NULL;
	rule = find_exact(models->index, &wanted);
	return rule ? rule : find_pattern(models->index, &wanted);
}

/* ---- packs ---- */

const struct bc_pack *bc_models_pack_of(
	const struct bc_models *models, const struct bc_origin *origin)
{
	for (int i = 0; i < models->npacks; i++)
		if (!strcmp(models->packs[i].path, origin->path))
			return &models->packs[i];
	return NULL;
}
