/*
 * Function name -> rules. One sorted table of names, each with the slices of rules that mention it;
 * a lookup is a binary search. Struct fields have a table of their own; patterns ("*_interface")
 * are few and tried one after another.
 */
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

struct name_entry {
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

struct field_entry {
	const char *record, *field;
	int order;
	const struct bc_field_rule *rule;
};

struct bc_models_index {
	struct name_entry *names;
	struct field_entry *fields;      /* exact, sorted */
	struct field_entry *patterns;    /* in order of the packs */
	const struct name_entry **slots; /* names by hash */
	size_t nnames, nfields, npatterns, nslots;
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

static void collect_mentions(const struct bc_models *models, struct mentions *mentions)
{
	for (int i = 0; i < models->nsinks; i++)
		add_mentions(mentions, models->sinks[i].functions, models->sinks[i].nfunctions,
			ROLE_SINK, &models->sinks[i]);
	for (int i = 0; i < models->nregisters; i++)
		add_mentions(mentions, models->registers[i].functions,
			models->registers[i].nfunctions, ROLE_REGISTER, &models->registers[i]);
	for (int i = 0; i < models->nwaits; i++)
		add_mentions(mentions, models->waits[i].functions, models->waits[i].nfunctions,
			ROLE_WAIT, &models->waits[i]);
	for (int i = 0; i < models->ncreators; i++)
		add_mentions(mentions, models->creators[i].functions,
			models->creators[i].nfunctions, ROLE_CREATOR, &models->creators[i]);
	for (int i = 0; i < models->nwatches; i++)
		add_mentions(mentions, models->watches[i].functions, models->watches[i].nfunctions,
			ROLE_WATCH, &models->watches[i]);
	for (int i = 0; i < models->nsames; i++)
		add_mentions(mentions, models->sames[i].functions, models->sames[i].nfunctions,
			ROLE_SAME, &models->sames[i]);
	for (int i = 0; i < models->nqueues; i++)
		add_mentions(mentions, models->queues[i].functions, models->queues[i].nfunctions,
			ROLE_QUEUE, &models->queues[i]);
	for (int i = 0; i < models->nlimits; i++)
		add_mentions(mentions, models->limits[i].functions, models->limits[i].nfunctions,
			ROLE_LIMIT, &models->limits[i]);
	for (int i = 0; i < models->nlocks; i++) {
		const struct bc_lock_rule *lock = &models->locks[i];

		add_mentions(mentions, lock->take, lock->ntake, ROLE_TAKE, lock);
		add_mentions(mentions, lock->release, lock->nrelease, ROLE_RELEASE, lock);
	}
	for (int i = 0; i < models->nmodes; i++)
		add_mentions(mentions, models->modes[i].functions, models->modes[i].nfunctions,
			ROLE_MODE, &models->modes[i]);
	add_mentions(
		mentions, models->thread_identity, models->nthread_identity, ROLE_IDENTITY, NULL);
	add_mentions(mentions, models->forks, models->nforks, ROLE_FORK, NULL);
	add_mentions(mentions, models->never_blocks, models->nnever_blocks, ROLE_NEVER, NULL);
}

/* Puts one mention into its name's entry; `slots` is a row with room for all mentions. */
static void fill_entry(struct name_entry *entry, const struct mention *mention, const void **slots)
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
	index->slots = BC_NEW_ARRAY(arena, const struct name_entry *, index->nslots);
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
	index->names = BC_NEW_ARRAY(arena, struct name_entry, n);
	for (size_t i = 0; i < n; i++) {
		const struct mention *mention = &mentions.list.items[i];

		if (i == 0 || strcmp(mention[-1].name, mention->name) != 0)
			index->names[index->nnames++].name = mention->name;
		fill_entry(&index->names[index->nnames - 1], mention, &slots[i]);
	}
	bc_vec_fini(&mentions.list);
	hash_names(arena, index);
}

static const struct name_entry *find_name(const struct bc_models *models, const char *name)
{
	const struct bc_models_index *index = models->index;
	size_t at;

	if (!index)
		return NULL;
	at = XXH3_64bits(name, strlen(name)) & (index->nslots - 1);
	for (; index->slots[at]; at = (at + 1) & (index->nslots - 1))
		if (!strcmp(index->slots[at]->name, name))
			return index->slots[at];
	return NULL;
}

/* ---- fields ---- */

static const char *strip_tag(const char *record)
{
	if (!strncmp(record, "struct ", 7))
		return record + 7;
	return strncmp(record, "union ", 6) ? record : record + 6;
}

/* Later packs come first among equals, so that they are found first. */
static int compare_fields(const void *a, const void *b)
{
	const struct field_entry *x = a, *y = b;
	int by_record = strcmp(x->record, y->record);
	int by_field = by_record ? 0 : strcmp(x->field, y->field);

	if (by_record || by_field)
		return by_record ? by_record : by_field;
	return y->order - x->order;
}

static int is_pattern(const struct field_entry *entry)
{
	return strchr(entry->record, '*') || !strcmp(entry->field, "*");
}

static void index_fields(
	struct bc_arena *arena, const struct bc_models *models, struct bc_models_index *index)
{
	size_t n = 0;

	for (int i = 0; i < models->nfields; i++)
		n += (size_t)models->fields[i].nrecords;
	index->fields = BC_NEW_ARRAY(arena, struct field_entry, n);
	index->patterns = BC_NEW_ARRAY(arena, struct field_entry, n);
	for (int i = 0; i < models->nfields; i++)
		for (int r = 0; r < models->fields[i].nrecords; r++) {
			const struct bc_field_rule *rule = &models->fields[i];
			struct field_entry entry = {
				strip_tag(rule->records[r]), rule->field, i, rule};

			if (is_pattern(&entry))
				index->patterns[index->npatterns++] = entry;
			else
				index->fields[index->nfields++] = entry;
		}
	if (index->nfields)
		qsort(index->fields, index->nfields, sizeof(*index->fields), compare_fields);
}

static int compare_field_names(const struct field_entry *a, const struct field_entry *b)
{
	int by_record = strcmp(a->record, b->record);

	return by_record ? by_record : strcmp(a->field, b->field);
}

/* The first of the entries that are equal to `wanted`, or NULL. */
static const struct bc_field_rule *find_exact(
	const struct bc_models_index *index, const struct field_entry *wanted)
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

/* One * stands for any text. */
static int matches(const char *pattern, const char *text)
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

static const struct bc_field_rule *find_pattern(
	const struct bc_models_index *index, const struct field_entry *wanted)
{
	for (size_t i = index->npatterns; i-- > 0;)
		if (matches(index->patterns[i].record, wanted->record) &&
			matches(index->patterns[i].field, wanted->field))
			return index->patterns[i].rule;
	return NULL;
}

/* ---- the interface ---- */

void bc_models_build_index(struct bc_arena *arena, struct bc_models *models)
{
	struct bc_models_index *index = BC_NEW(arena, struct bc_models_index);

	index_names(arena, models, index);
	index_fields(arena, models, index);
	models->index = index;
}

const struct bc_sink_rule *const *bc_models_sinks(
	const struct bc_models *models, const char *name, int *n)
{
	const struct name_entry *entry = find_name(models, name);

	*n = entry ? entry->nsinks : 0;
	return entry ? entry->sinks : NULL;
}

const struct bc_register_rule *const *bc_models_registers(
	const struct bc_models *models, const char *name, int *n)
{
	const struct name_entry *entry = find_name(models, name);

	*n = entry ? entry->nregisters : 0;
	return entry ? entry->registers : NULL;
}

const struct bc_wait_rule *bc_models_wait(const struct bc_models *models, const char *name)
{
	const struct name_entry *entry = find_name(models, name);

	return entry ? entry->wait : NULL;
}

const struct bc_field_rule *bc_models_field(
	const struct bc_models *models, const char *record, const char *field)
{
	struct field_entry wanted = {.record = strip_tag(record), .field = field};
	const struct bc_field_rule *rule;

	if (!models->index)
		return NULL;
	rule = find_exact(models->index, &wanted);
	return rule ? rule : find_pattern(models->index, &wanted);
}

const struct bc_creator_rule *bc_models_creator(const struct bc_models *models, const char *name)
{
	const struct name_entry *entry = find_name(models, name);

	return entry ? entry->creator : NULL;
}

const struct bc_mode_rule *bc_models_mode(const struct bc_models *models, const char *name)
{
	const struct name_entry *entry = find_name(models, name);

	return entry ? entry->mode : NULL;
}

const struct bc_limit_rule *const *bc_models_limits(
	const struct bc_models *models, const char *name, int *n)
{
	const struct name_entry *entry = find_name(models, name);

	*n = entry ? entry->nlimits : 0;
	return entry ? entry->limits : NULL;
}

int bc_models_same(const struct bc_models *models, const char *name)
{
	const struct name_entry *entry = find_name(models, name);

	return entry && entry->same ? entry->same->arg : 0;
}

const struct bc_queue_rule *bc_models_queue(const struct bc_models *models, const char *name)
{
	const struct name_entry *entry = find_name(models, name);

	return entry ? entry->queue : NULL;
}

int bc_models_watches(const struct bc_models *models, const char *name)
{
	const struct name_entry *entry = find_name(models, name);

	return entry && entry->watch ? entry->watch->fd_arg : 0;
}

const struct bc_lock_rule *bc_models_lock(
	const struct bc_models *models, const char *name, int *takes)
{
	const struct name_entry *entry = find_name(models, name);

	*takes = entry && entry->take;
	if (!entry)
		return NULL;
	return entry->take ? entry->take : entry->release;
}

int bc_models_is_thread_identity(const struct bc_models *models, const char *name)
{
	const struct name_entry *entry = find_name(models, name);

	return entry && entry->identity;
}

int bc_models_is_fork(const struct bc_models *models, const char *name)
{
	const struct name_entry *entry = find_name(models, name);

	return entry && entry->fork;
}

int bc_models_never_blocks(const struct bc_models *models, const char *name)
{
	const struct name_entry *entry = find_name(models, name);

	return entry && entry->never;
}

int bc_models_knows(const struct bc_models *models, const char *name)
{
	return find_name(models, name) != NULL;
}

const struct bc_pack *bc_models_pack_of(
	const struct bc_models *models, const struct bc_origin *origin)
{
	for (int i = 0; i < models->npacks; i++)
		if (!strcmp(models->packs[i].path, origin->path))
			return &models->packs[i];
	return NULL;
}
