/*
 * Function name -> rules. One sorted table of names, each with the slices of rules that mention it,
 * and a hash table over it. Struct fields have a table of their own; patterns ("*_interface") are
 * few and tried one after another.
 */
#include "models/index.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "models/loader.h"

enum role {
	ROLE_SINK,
	ROLE_REGISTER,
	ROLE_WAIT,
	ROLE_CREATOR,
	ROLE_MODE,
	ROLE_WATCH,
	ROLE_QUEUE,
	ROLE_LIMIT,
	ROLE_SAME,
	ROLE_TAKE,
	ROLE_RELEASE,
	ROLE_IDENTITY,
	ROLE_FORK,
	ROLE_NEVER
};

/* One mention of a function by a rule. */
struct mention {
	const char *name;
	enum role role;
	int order; /* rules keep the order of the packs */
	const void *rule;
};

/* ---- functions ---- */

struct mentions {
	BC_VEC(struct mention) list;
};

static void add_mention(
	struct mentions *mentions, const char *name, enum role role, const void *rule)
{
	bc_vec_push(&mentions->list, (struct mention){name, role, (int)mentions->list.count, rule});
}

static void add_mentions(struct mentions *mentions, const char *const *names, int n, enum role role,
	const void *rule)
{
	for (int i = 0; i < n; i++)
		add_mention(mentions, names[i], role, rule);
}

static int compare_mentions(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;
	int by_name = strcmp(x->name, y->name);

	if (by_name)
		return by_name;
	return x->role != y->role ? (int)x->role - (int)y->role : x->order - y->order;
}

/* All functions of the rules in one table of the models. */
#define ADD_ALL(mentions, rules, nrules, role) \
	for (int i = 0; i < (nrules); i++) \
	add_mentions(mentions, (rules)[i].functions, (rules)[i].nfunctions, role, &(rules)[i])

static void collect_mentions(const struct bc_models *models, struct mentions *mentions)
{
	ADD_ALL(mentions, models->sinks, models->nsinks, ROLE_SINK);
	ADD_ALL(mentions, models->registers, models->nregisters, ROLE_REGISTER);
	ADD_ALL(mentions, models->waits, models->nwaits, ROLE_WAIT);
	ADD_ALL(mentions, models->creators, models->ncreators, ROLE_CREATOR);
	ADD_ALL(mentions, models->watches, models->nwatches, ROLE_WATCH);
	ADD_ALL(mentions, models->sames, models->nsames, ROLE_SAME);
	ADD_ALL(mentions, models->queues, models->nqueues, ROLE_QUEUE);
	ADD_ALL(mentions, models->limits, models->nlimits, ROLE_LIMIT);
	ADD_ALL(mentions, models->modes, models->nmodes, ROLE_MODE);
	for (int i = 0; i < models->nlocks; i++) {
		const struct bc_lock_rule *lock = &models->locks[i];

		add_mentions(mentions, lock->take, lock->ntake, ROLE_TAKE, lock);
		add_mentions(mentions, lock->release, lock->nrelease, ROLE_RELEASE, lock);
	}
	add_mentions(
		mentions, models->thread_identity, models->nthread_identity, ROLE_IDENTITY, NULL);
	add_mentions(mentions, models->forks, models->nforks, ROLE_FORK, NULL);
	add_mentions(mentions, models->never_blocks, models->nnever_blocks, ROLE_NEVER, NULL);
}

/* Puts one mention into its name's entry; `slots` is a row with room for all mentions. */
static void fill_entry(
	struct bc_name_rules *entry, const struct mention *mention, const void **slots)
{
	switch (mention->role) {
	case ROLE_SINK:
		if (!entry->nsinks++)
			entry->sinks = (const struct bc_sink_rule **)slots;
		*slots = mention->rule;
		break;
	case ROLE_REGISTER:
		if (!entry->nregisters++)
			entry->registers = (const struct bc_register_rule **)slots;
		*slots = mention->rule;
		break;
	case ROLE_LIMIT:
		if (!entry->nlimits++)
			entry->limits = (const struct bc_limit_rule **)slots;
		*slots = mention->rule;
		break;
	case ROLE_WAIT: entry->wait = mention->rule; break; /* the last one counts */
	case ROLE_CREATOR: entry->creator = mention->rule; break;
	case ROLE_MODE: entry->mode = mention->rule; break;
	case ROLE_WATCH: entry->watch = mention->rule; break;
	case ROLE_QUEUE: entry->queue = mention->rule; break;
	case ROLE_SAME: entry->same = mention->rule; break;
	case ROLE_TAKE: entry->take = mention->rule; break;
	case ROLE_RELEASE: entry->release = mention->rule; break;
	case ROLE_IDENTITY: entry->identity = 1; break;
	case ROLE_FORK: entry->fork = 1; break;
	case ROLE_NEVER: entry->never = 1; break;
	}
}

/*
 * Linking asks about every function of the program several times, and most of them have no rule: a
 * table that answers by hash, at most half full, so that a miss takes one look.
 */
static void hash_names(struct bc_arena *arena, struct bc_models_index *index)
{
	index->nslots = 16;
	while (index->nslots < index->nnames * 2)
		index->nslots *= 2;
	index->slots = BC_NEW_ARRAY(arena, const struct bc_name_rules *, index->nslots);
	for (size_t i = 0; i < index->nnames; i++) {
		const char *name = index->names[i].name;
		size_t at = XXH3_64bits(name, strlen(name)) & (index->nslots - 1);

		while (index->slots[at])
			at = (at + 1) & (index->nslots - 1);
		index->slots[at] = &index->names[i];
	}
}

static void index_names(
	struct bc_arena *arena, const struct bc_models *models, struct bc_models_index *index)
{
	struct mentions mentions = {0};
	const void **slots;
	size_t n;

	collect_mentions(models, &mentions);
	n = mentions.list.count;
	if (n)
		qsort(mentions.list.items, n, sizeof(*mentions.list.items), compare_mentions);
	slots = BC_NEW_ARRAY(arena, const void *, n);
	index->names = BC_NEW_ARRAY(arena, struct bc_name_rules, n);
	for (size_t i = 0; i < n; i++) {
		const struct mention *mention = &mentions.list.items[i];

		if (i == 0 || strcmp(mention[-1].name, mention->name) != 0)
			index->names[index->nnames++].name = mention->name;
		fill_entry(&index->names[index->nnames - 1], mention, &slots[i]);
	}
	bc_vec_fini(&mentions.list);
	hash_names(arena, index);
}

/* ---- fields ---- */

const char *bc_record_untagged(const char *record)
{
	if (!strncmp(record, "struct ", 7))
		return record + 7;
	return strncmp(record, "union ", 6) ? record : record + 6;
}

int bc_name_matches(const char *pattern, const char *text)
{
	const char *star = strchr(pattern, '*');
	size_t head, tail, len = strlen(text);

	if (!star)
		return !strcmp(pattern, text);
	head = (size_t)(star - pattern);
	tail = strlen(star + 1);
	return len >= head + tail && !memcmp(text, pattern, head) &&
	       !memcmp(text + len - tail, star + 1, tail);
}

/* Later packs come first among equals, so that they are found first. */
static int compare_fields(const void *a, const void *b)
{
	const struct bc_field_entry *x = a, *y = b;
	int by_record = strcmp(x->record, y->record);
	int by_field = by_record ? 0 : strcmp(x->field, y->field);

	if (by_record || by_field)
		return by_record ? by_record : by_field;
	return y->order - x->order;
}

static int is_pattern(const struct bc_field_entry *entry)
{
	return strchr(entry->record, '*') || strchr(entry->field, '*');
}

static void index_fields(
	struct bc_arena *arena, const struct bc_models *models, struct bc_models_index *index)
{
	size_t n = 0;

	for (int i = 0; i < models->nfields; i++)
		n += (size_t)models->fields[i].nrecords;
	index->fields = BC_NEW_ARRAY(arena, struct bc_field_entry, n);
	index->patterns = BC_NEW_ARRAY(arena, struct bc_field_entry, n);
	for (int i = 0; i < models->nfields; i++)
		for (int r = 0; r < models->fields[i].nrecords; r++) {
			const struct bc_field_rule *rule = &models->fields[i];
			struct bc_field_entry entry = {
				bc_record_untagged(rule->records[r]), rule->field, i, rule};

			if (is_pattern(&entry))
				index->patterns[index->npatterns++] = entry;
			else
				index->fields[index->nfields++] = entry;
		}
	if (index->nfields)
		qsort(index->fields, index->nfields, sizeof(*index->fields), compare_fields);
}

/* ---- the whole ---- */

void bc_models_build_index(struct bc_arena *arena, struct bc_models *models)
{
	struct bc_models_index *index = BC_NEW(arena, struct bc_models_index);

	index_names(arena, models, index);
	index_fields(arena, models, index);
	models->index = index;
}
