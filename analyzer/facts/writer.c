#include "facts/writer.h"

#include <stdlib.h>
#include <string.h>

#include "facts/writing.h"

#define uthash_malloc(size) bc_xmalloc(size)
#include <uthash.h>

/* What tells two records of one table apart; unused parts are 0. */
struct key {
	uint32_t table; /* enum bc_section */
	uint32_t part[4];
};

struct bc_fw_entry {
	struct key key;
	uint32_t index;
	UT_hash_handle hh;
};

struct bc_fw *bc_fw_new(const char *path_main)
{
	struct bc_fw *fw = bc_xmalloc(sizeof(*fw));

	*fw = (struct bc_fw){0};
	bc_fw_str(fw, ""); /* offset 0 */
	fw->path_main = bc_fw_str(fw, path_main);
	return fw;
}

void bc_fw_free(struct bc_fw *fw)
{
	if (!fw)
		return;
	HASH_CLEAR(hh, fw->map);
	bc_arena_fini(&fw->arena);
	bc_intern_fini(&fw->strings);
	bc_vec_fini(&fw->offsets);
#define X(ID, member, record) bc_vec_fini(&fw->member);
	BC_FACT_TABLES(X)
#undef X
	bc_vec_fini(&fw->open);
	free(fw->image);
	free(fw);
}

/* ---- tables ---- */

uint32_t bc_fw_str(struct bc_fw *fw, const char *text)
{
	uint32_t id = bc_intern(&fw->strings, text);

	if (id == fw->offsets.count) {
		bc_vec_push(&fw->offsets, fw->pool_size);
		fw->pool_size += (uint32_t)strlen(text) + 1;
	}
	return fw->offsets.items[id];
}

/* The index of the record with this key; a new key gets `next`, and *is_new is set. */
static uint32_t intern(struct bc_fw *fw, const struct key *key, size_t next, int *is_new)
{
	struct bc_fw_entry *entry;

	HASH_FIND(hh, fw->map, key, sizeof(*key), entry);
	*is_new = !entry;
	if (entry)
		return entry->index;
	entry = BC_NEW(&fw->arena, struct bc_fw_entry);
	entry->key = *key;
	entry->index = (uint32_t)next;
	HASH_ADD(hh, fw->map, key, sizeof(entry->key), entry);
	return entry->index;
}

uint32_t bc_fw_int(struct bc_fw *fw, int64_t value)
{
	uint64_t bits = (uint64_t)value;
	struct key key = {BC_SECTION_INTS, {(uint32_t)bits, (uint32_t)(bits >> 32)}};
	int is_new;
	uint32_t index = intern(fw, &key, fw->ints.count, &is_new);

	if (is_new)
		bc_vec_push(&fw->ints, value);
	return index;
}

uint32_t bc_fw_file(struct bc_fw *fw, const char *path)
{
	struct bc_fact_file file = {bc_fw_str(fw, path)};
	struct key key = {BC_SECTION_FILES, {file.path}};
	int is_new;
	uint32_t index = intern(fw, &key, fw->files.count, &is_new);

	if (is_new)
		bc_vec_push(&fw->files, file);
	return index;
}

/* The pool offset of `params`, cut to what readers accept. */
static uint32_t params_str(struct bc_fw *fw, const char *params, int *variadic)
{
	char cut[BC_FACTS_MAX_PARAMS + 1];

	if (strlen(params) <= BC_FACTS_MAX_PARAMS)
		return bc_fw_str(fw, params);
	memcpy(cut, params, BC_FACTS_MAX_PARAMS);
	cut[BC_FACTS_MAX_PARAMS] = '\0';
	*variadic = 1;
	return bc_fw_str(fw, cut);
}

uint32_t bc_fw_type(struct bc_fw *fw, const char *spelling, enum bc_class ret, const char *params,
	int variadic, int noproto)
{
	uint32_t params_at = params_str(fw, params, &variadic);
	struct bc_fact_type type = {
		.spelling = bc_fw_str(fw, spelling),
		.params = params_at,
		.ret = (uint8_t)ret,
		.variadic = variadic != 0,
		.noproto = noproto != 0,
	};
	uint32_t shape = type.ret | (uint32_t)type.variadic << 8 | (uint32_t)type.noproto << 16;
	struct key key = {BC_SECTION_TYPES, {type.spelling, type.params, shape}};
	int is_new;
	uint32_t index = intern(fw, &key, fw->types.count, &is_new);

	if (is_new)
		bc_vec_push(&fw->types, type);
	return index;
}

uint32_t bc_fw_field(struct bc_fw *fw, const struct bc_fact_field *field)
{
	struct key key = {BC_SECTION_FIELDS, {field->record_key, field->name, field->offset}};
	int is_new;
	uint32_t index = intern(fw, &key, fw->fields.count, &is_new);

	if (is_new) {
		bc_vec_push(&fw->fields, *field);
		memset(bc_vec_last(&fw->fields).pad, 0, sizeof(field->pad));
	}
	return index;
}

/* `old` learns what `symbol`, seen later, says. */
static void merge_symbol(
	struct bc_fw *fw, struct bc_fact_symbol *old, const struct bc_fact_symbol *symbol)
{
	uint32_t flags = old->flags | symbol->flags;
	uint32_t alias = old->alias ? old->alias : symbol->alias;

	if ((symbol->flags & BC_SYM_DEFINED) && !(old->flags & BC_SYM_DEFINED)) {
		uint32_t type = symbol->type != BC_NONE ? symbol->type : old->type;

		*old = *symbol;
		old->type = type;
	} else if (symbol->type != BC_NONE && !(old->flags & BC_SYM_DEFINED) &&
		   (old->type == BC_NONE || fw->types.items[old->type].noproto)) {
		old->type = symbol->type; /* `int f();` says less than a prototype */
		old->nparams = symbol->nparams;
	}
	old->flags = flags;
	old->alias = alias;
	memset(old->pad, 0, sizeof(old->pad));
}

uint32_t bc_fw_symbol(struct bc_fw *fw, const struct bc_fact_symbol *symbol)
{
	uint32_t is_function = symbol->flags & BC_SYM_FUNCTION;
	struct key key = {BC_SECTION_SYMBOLS, {symbol->key, is_function}};
	int is_new;
	uint32_t index = intern(fw, &key, fw->symbols.count, &is_new);

	if (is_new)
		bc_vec_push(&fw->symbols, *symbol);
	merge_symbol(fw, &fw->symbols.items[index], symbol);
	return index;
}

void bc_fw_annotation(struct bc_fw *fw, uint32_t symbol, const char *text)
{
	struct bc_fact_annotation annotation = {symbol, bc_fw_str(fw, text)};
	struct key key = {BC_SECTION_ANNOTATIONS, {symbol, annotation.text}};
	int is_new;

	intern(fw, &key, fw->annotations.count, &is_new);
	if (is_new)
		bc_vec_push(&fw->annotations, annotation);
}

void bc_fw_alias(struct bc_fw *fw, const struct bc_fact_alias *alias)
{
	/* The relation has no direction; its first place is enough. */
	uint32_t low = alias->record_a < alias->record_b ? alias->record_a : alias->record_b;
	uint32_t high = alias->record_a < alias->record_b ? alias->record_b : alias->record_a;
	struct key key = {BC_SECTION_ALIASES, {low, high}};
	int is_new;

	intern(fw, &key, fw->aliases.count, &is_new);
	if (is_new)
		bc_vec_push(&fw->aliases, *alias);
}

void bc_fw_comment(struct bc_fw *fw, const struct bc_fact_comment *comment)
{
	struct key key = {BC_SECTION_COMMENTS,
		{comment->file, comment->line, comment->column, comment->text}};
	int is_new;

	intern(fw, &key, fw->comments.count, &is_new);
	if (is_new)
		bc_vec_push(&fw->comments, *comment);
}

void bc_fw_diag(struct bc_fw *fw, const struct bc_fact_diag *diag)
{
	struct key key = {BC_SECTION_DIAGS, {diag->file, diag->line, diag->column, diag->text}};
	int is_new;

	intern(fw, &key, fw->diags.count, &is_new);
	if (is_new)
		bc_vec_push(&fw->diags, *diag);
}

void bc_fw_dep(struct bc_fw *fw, const struct bc_fact_dep *dep)
{
	struct key key = {BC_SECTION_DEPS, {dep->path}};
	int is_new;

	intern(fw, &key, fw->deps.count, &is_new);
	if (is_new) {
		bc_vec_push(&fw->deps, *dep);
		bc_vec_last(&fw->deps).pad = 0;
	}
}

void bc_fw_shard(struct bc_fw *fw, const uint64_t hash[2])
{
	struct bc_fact_shard shard = {{hash[0], hash[1]}};
	struct key key = {BC_SECTION_SHARDS, {(uint32_t)hash[0], (uint32_t)(hash[0] >> 32),
						     (uint32_t)hash[1], (uint32_t)(hash[1] >> 32)}};
	int is_new;

	intern(fw, &key, fw->shards.count, &is_new);
	if (is_new)
		bc_vec_push(&fw->shards, shard);
}
