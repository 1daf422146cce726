/*
 * Format: the header below, then numbers of eight bytes and texts (length, bytes, NUL) one after
 * the other, as visit() names them. Reading and writing share that one function, so they cannot
 * disagree.
 */
#include "input/manifest.h"

#include <string.h>
#include <xxhash.h>

#include "base/error.h"

#define MAGIC 0x4d434342u /* "BCCM" */

enum { VERSION = 1, NUMBER = sizeof(uint64_t) };

struct header {
	uint32_t magic, version;
	uint64_t size, checksum; /* of what follows */
};

/* A place in a manifest being written (`out`), or being read from `at` to `end`. */
struct cursor {
	struct bc_buf *out;
	struct bc_arena *arena;
	const char *at, *end;
	int broken;
};

static void visit_number(struct cursor *c, uint64_t *value)
{
	if (c->out) {
		bc_buf_add(c->out, value, NUMBER);
	} else if (c->end - c->at < NUMBER) {
		c->broken = 1;
		*value = 0;
	} else {
		memcpy(value, c->at, NUMBER);
		c->at += NUMBER;
	}
}

static void visit_time(struct cursor *c, int64_t *value)
{
	uint64_t bits = (uint64_t)*value;

	visit_number(c, &bits);
	*value = (int64_t)bits;
}

static void visit_text(struct cursor *c, const char **text)
{
	uint64_t len = c->out ? strlen(*text) : 0;

	visit_number(c, &len);
	if (c->out) {
		bc_buf_add(c->out, *text, len + 1);
		return;
	}
	*text = "";
	if (c->broken || len >= (uint64_t)(c->end - c->at) || c->at[len] != '\0') {
		c->broken = 1;
		return;
	}
	*text = bc_arena_strndup(c->arena, c->at, len);
	c->at += len + 1;
}

/* The number of records to come; no more are believed than could fit in what is left. */
static void visit_count(struct cursor *c, size_t *count, size_t smallest_record)
{
	uint64_t value = *count;

	visit_number(c, &value);
	if (!c->out && value > (uint64_t)(c->end - c->at) / smallest_record) {
		c->broken = 1;
		value = 0;
	}
	*count = value;
}

static void visit_file(struct cursor *c, struct bc_manifest_file *file)
{
	visit_text(c, &file->path);
	visit_number(c, &file->size);
	visit_number(c, &file->hash[0]);
	visit_number(c, &file->hash[1]);
	visit_time(c, &file->mtime_ns);
	visit_time(c, &file->ctime_ns);
}

static void visit_folder(struct cursor *c, struct bc_manifest_folder *folder)
{
	visit_text(c, &folder->path);
	visit_time(c, &folder->mtime_ns);
	visit_number(c, &folder->names);
}

static void visit_shard(struct cursor *c, struct bc_manifest_shard *shard)
{
	visit_number(c, &shard->hash[0]);
	visit_number(c, &shard->hash[1]);
	visit_number(c, &shard->size);
}

static void visit(struct cursor *c, struct bc_manifest *m)
{
	visit_number(c, &m->unit_size);
	visit_number(c, &m->errors);
	visit_text(c, &m->first_error);
	visit_count(c, &m->nfiles, 6 * NUMBER);
	if (!c->out)
		m->files = BC_NEW_ARRAY(c->arena, struct bc_manifest_file, m->nfiles);
	for (size_t i = 0; i < m->nfiles; i++)
		visit_file(c, &m->files[i]);
	visit_count(c, &m->nfolders, 3 * NUMBER);
	if (!c->out)
		m->folders = BC_NEW_ARRAY(c->arena, struct bc_manifest_folder, m->nfolders);
	for (size_t i = 0; i < m->nfolders; i++)
		visit_folder(c, &m->folders[i]);
	visit_count(c, &m->nshards, 3 * NUMBER);
	if (!c->out)
		m->shards = BC_NEW_ARRAY(c->arena, struct bc_manifest_shard, m->nshards);
	for (size_t i = 0; i < m->nshards; i++)
		visit_shard(c, &m->shards[i]);
	visit_count(c, &m->nmissing, NUMBER);
	if (!c->out)
		m->missing = BC_NEW_ARRAY(c->arena, const char *, m->nmissing);
	for (size_t i = 0; i < m->nmissing; i++)
		visit_text(c, &m->missing[i]);
}

void bc_manifest_write(const struct bc_manifest *manifest, struct bc_buf *out)
{
	struct header header = {.magic = MAGIC, .version = VERSION};
	struct bc_manifest copy = *manifest;
	struct cursor cursor = {.out = out};
	size_t start = out->len;
	const char *body;

	if (!copy.first_error)
		copy.first_error = "";
	bc_buf_add(out, &header, sizeof(header));
	visit(&cursor, &copy);
	body = out->data + start + sizeof(header);
	header.size = out->len - start - sizeof(header);
	header.checksum = XXH3_64bits(body, header.size);
	memcpy(out->data + start, &header, sizeof(header));
}

int bc_manifest_read(
	struct bc_arena *arena, const void *bytes, size_t size, struct bc_manifest *out)
{
	struct cursor cursor = {.arena = arena};
	struct header header;

	*out = (struct bc_manifest){.first_error = ""};
	if (size < sizeof(header))
		return bc_fail(BC_EINPUT, "not a manifest");
	memcpy(&header, bytes, sizeof(header));
	cursor.at = (const char *)bytes + sizeof(header);
	cursor.end = (const char *)bytes + size;
	if (header.magic != MAGIC || header.version != VERSION ||
		header.size != size - sizeof(header) ||
		header.checksum != XXH3_64bits(cursor.at, header.size))
		return bc_fail(BC_EINPUT, "not a whole manifest of version %d", VERSION);
	visit(&cursor, out);
	if (cursor.broken || cursor.at != cursor.end)
		return bc_fail(BC_EINPUT, "a manifest that contradicts itself");
	return 0;
}
