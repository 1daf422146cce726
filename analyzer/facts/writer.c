#include "facts/writer.h"

#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/intern.h"
#include "base/vec.h"
#include "facts/format.h"

#define uthash_malloc(size) bc_xmalloc(size)
#include <uthash.h>

/* What tells two records of one table apart; unused parts are 0. */
struct key {
	uint32_t table; /* enum bc_section */
	uint32_t part[4];
};

struct entry {
	struct key key;
	uint32_t index;
	UT_hash_handle hh;
};

struct bc_fw {
	struct bc_arena arena; /* entries of the map */
	struct bc_intern strings;
	BC_VEC(uint32_t) offsets; /* interned id -> offset in the pool */
	uint32_t pool_size;
	struct entry *map;
	uint32_t path_main;
#define X(ID, member, record) BC_VEC(record) member;
	BC_FACT_TABLES(X)
#undef X
	BC_VEC(uint32_t) open; /* inner nodes not closed yet, outermost first */
	uint32_t skipped; /* inner nodes open below the depth limit; nothing is written there */
	int cut;          /* the current body was cut at the limit, first at cut_loc */
	uint32_t cut_loc;
	uint32_t cut_node; /* the leaf that stands for what was skipped last */
	unsigned char *image;
};

/* What bc_fw_open() returns below the depth limit: no node, only how deep. Real nodes stay below.
 */
#define SKIPPED 0x80000000u

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
	struct entry *entry;

	HASH_FIND(hh, fw->map, key, sizeof(*key), entry);
	*is_new = !entry;
	if (entry)
		return entry->index;
	entry = BC_NEW(&fw->arena, struct entry);
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

/* ---- bodies ---- */

void bc_fw_function_begin(struct bc_fw *fw, const struct bc_fact_function *function)
{
	struct bc_fact_function *added;

	bc_vec_push(&fw->functions, *function);
	added = &bc_vec_last(&fw->functions);
	added->node = (uint32_t)fw->nodes.count;
	added->local = (uint32_t)fw->locals.count;
	added->nnodes = added->nlocals = 0;
	fw->open.count = 0;
	fw->skipped = 0;
	fw->cut = 0;
}

uint32_t bc_fw_local(struct bc_fw *fw, const struct bc_fact_local *local)
{
	bc_vec_push(&fw->locals, *local);
	memset(bc_vec_last(&fw->locals).pad, 0, sizeof(local->pad));
	return (uint32_t)fw->locals.count - 1 - bc_vec_last(&fw->functions).local;
}

uint32_t bc_fw_label(struct bc_fw *fw)
{
	return bc_vec_last(&fw->functions).nlabels++;
}

/* A body cut at the depth limit is not whole, and the user must learn of it. */
static void report_cut(struct bc_fw *fw, const struct bc_fact_function *function)
{
	struct bc_fact_diag diag = {
		.file = function->file,
		.line = BC_LOC_LINE(fw->cut_loc),
		.column = BC_LOC_COLUMN(fw->cut_loc),
		.severity = 3,
		.text = bc_fw_str(
			fw, "code nested too deep for analysis; the inner part was not read"),
	};

	bc_fw_diag(fw, &diag);
}

/* Rewinding can leave numbers that no node uses; readers count on no more labels than nodes. */
static void renumber_labels(struct bc_fw *fw, struct bc_fact_function *function)
{
	uint32_t *numbers = bc_xmalloc(function->nlabels * sizeof(*numbers)), used = 0;

	memset(numbers, 0xff, function->nlabels * sizeof(*numbers));
	for (uint32_t i = function->node; i < fw->nodes.count; i++) {
		struct bc_node *node = &fw->nodes.items[i];

		if ((node->kind != BC_N_LABEL && node->kind != BC_N_GOTO) ||
			node->ref >= function->nlabels)
			continue;
		if (numbers[node->ref] == BC_NONE)
			numbers[node->ref] = used++;
		node->ref = numbers[node->ref];
	}
	function->nlabels = used;
	free(numbers);
}

void bc_fw_function_end(struct bc_fw *fw)
{
	struct bc_fact_function *function = &bc_vec_last(&fw->functions);

	if (fw->open.count)
		bc_fw_close(fw, fw->open.items[0]);
	function->nnodes = (uint32_t)fw->nodes.count - function->node;
	function->nlocals = (uint32_t)fw->locals.count - function->local;
	if (function->nlabels > function->nnodes)
		renumber_labels(fw, function);
	if (fw->cut)
		report_cut(fw, function);
	/* A file without initialisers needs no body for them. */
	if (function->symbol == BC_NONE && function->nnodes <= 1) {
		fw->nodes.count = function->node;
		fw->locals.count = function->local;
		fw->functions.count--;
	}
}

static void add_node(struct bc_fw *fw, enum bc_node_kind kind, int op, enum bc_class cls, int flags,
	uint32_t ref, uint32_t loc)
{
	struct bc_node node = {
		(uint8_t)kind, (uint8_t)op, (uint8_t)cls, (uint8_t)flags, 1, ref, loc};

	bc_vec_push(&fw->nodes, node);
}

uint32_t bc_fw_open(struct bc_fw *fw, enum bc_node_kind kind, int op, enum bc_class cls, int flags,
	uint32_t ref, uint32_t loc)
{
	uint32_t node = (uint32_t)fw->nodes.count;

	if (fw->skipped)
		return SKIPPED | ++fw->skipped;
	if (fw->open.count + 1 < BC_FACTS_MAX_DEPTH) {
		bc_vec_push(&fw->open, node);
		add_node(fw, kind, op, cls, flags, ref, loc);
		return node;
	}
	/* Readers recurse, so that depth is bounded: a leaf stands for the whole subtree. */
	add_node(fw, BC_N_OPAQUE, 0, cls, 0, BC_NONE, loc);
	fw->cut_loc = fw->cut ? fw->cut_loc : loc;
	fw->cut = 1;
	fw->cut_node = node;
	fw->skipped = 1;
	return SKIPPED | fw->skipped;
}

void bc_fw_close(struct bc_fw *fw, uint32_t node)
{
	if (node & SKIPPED) {
		fw->skipped = (node & ~SKIPPED) - 1;
		return;
	}
	fw->skipped = 0;
	while (fw->open.count && bc_vec_last(&fw->open) >= node) {
		uint32_t inner = bc_vec_pop(&fw->open);

		fw->nodes.items[inner].size = (uint32_t)fw->nodes.count - inner;
	}
}

void bc_fw_leaf(
	struct bc_fw *fw, enum bc_node_kind kind, enum bc_class cls, uint32_t ref, uint32_t loc)
{
	if (!fw->skipped)
		add_node(fw, kind, 0, cls, 0, ref, loc);
}

void bc_fw_flag(struct bc_fw *fw, uint32_t node, int flags)
{
	if (!(node & SKIPPED))
		fw->nodes.items[node].flags = (uint8_t)flags;
}

void bc_fw_rewind(struct bc_fw *fw, uint32_t node)
{
	if (node > (SKIPPED | 1)) {
		if (fw->skipped >= (node & ~SKIPPED))
			fw->skipped = (node & ~SKIPPED) - 1;
		return;
	}
	if (node == (SKIPPED | 1))
		node = fw->cut_node;
	fw->skipped = 0;
	while (fw->open.count && bc_vec_last(&fw->open) >= node)
		fw->open.count--;
	if (node < fw->nodes.count)
		fw->nodes.count = node;
}

uint32_t bc_fw_position(const struct bc_fw *fw)
{
	return (uint32_t)fw->nodes.count;
}

/* ---- the image ---- */

int bc_fw_empty(const struct bc_fw *fw)
{
	size_t records = 0;

#define X(ID, member, record) records += fw->member.count;
	BC_FACT_TABLES(X)
#undef X
	return records == fw->files.count;
}

void bc_image_seal(void *image, size_t size)
{
	struct bc_image_header *header = image;

	header->checksum = XXH3_64bits(
		(const unsigned char *)image + BC_IMAGE_PAYLOAD, size - BC_IMAGE_PAYLOAD);
}

static void place_section(
	struct bc_image_header *header, enum bc_section id, size_t item_size, size_t count)
{
	uint64_t offset = bc_image_align(header->size);

	header->sections[id] =
		(struct bc_image_section){offset, (uint32_t)count, (uint32_t)item_size};
	header->size = offset + (uint64_t)count * item_size;
}

static void copy_section(unsigned char *image, enum bc_section id, const void *items)
{
	const struct bc_image_section *section =
		&((const struct bc_image_header *)(const void *)image)->sections[id];

	if (section->count)
		memcpy(image + section->offset, items, (size_t)section->count * section->item_size);
}

static void copy_strings(unsigned char *image, const struct bc_fw *fw)
{
	uint64_t pool = ((const struct bc_image_header *)(const void *)image)
				->sections[BC_SECTION_STRINGS]
				.offset;

	for (size_t id = 0; id < fw->offsets.count; id++) {
		const char *text = bc_intern_text(&fw->strings, (uint32_t)id);

		memcpy(image + pool + fw->offsets.items[id], text, strlen(text) + 1);
	}
}

const void *bc_fw_finish(struct bc_fw *fw, size_t *size, uint64_t hash[2])
{
	struct bc_image_header header = {
		.magic = BC_FACTS_MAGIC,
		.version = BC_FACTS_VERSION,
		.size = sizeof(header),
		.path_main = fw->path_main,
		.nsections = BC_SECTION_COUNT,
	};

	place_section(&header, BC_SECTION_STRINGS, 1, fw->pool_size);
#define X(ID, member, record) \
	place_section(&header, BC_SECTION_##ID, sizeof(record), fw->member.count);
	BC_FACT_TABLES(X)
#undef X
	fw->image = bc_xrealloc(fw->image, header.size);
	memset(fw->image, 0, header.size); /* gaps between sections are part of the hash */
	memcpy(fw->image, &header, sizeof(header));
	copy_strings(fw->image, fw);
#define X(ID, member, record) copy_section(fw->image, BC_SECTION_##ID, fw->member.items);
	BC_FACT_TABLES(X)
#undef X
	bc_image_seal(fw->image, header.size);
	bc_hash_bytes(fw->image, header.size, hash);
	*size = header.size;
	return fw->image;
}
