/* Holds documents against the table in schema.c. */
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "models/scalars.h"
#include "models/schema.h"

enum {
	MAX_KEYS = 64,  /* of one shape */
	MAX_QUOTED = 60 /* bytes of a stranger's text in a message */
};

/* A stranger's text in a message: short, and without control characters. */
struct quoted {
	char text[MAX_QUOTED + 4];
};

static struct quoted quote(const char *text)
{
	struct quoted q;
	size_t len = 0;

	for (; text[len] && len < MAX_QUOTED; len++)
		q.text[len] = (unsigned char)text[len] < ' ' || text[len] == 0x7f ? '?' : text[len];
	while (text[len] && len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--; /* not in the middle of a character */
	strcpy(q.text + len, text[len] ? "..." : "");
	return q;
}

/* ---- did you mean ---- */

static const char *suggest_key(const struct bc_key *keys, const char *text)
{
	const char *names[MAX_KEYS + 1];
	size_t n = 0;

	for (; keys->name && n < MAX_KEYS; keys++)
		names[n++] = keys->name;
	names[n] = NULL;
	return bc_schema_suggest(text, names);
}

static const char *suggest_word(const struct bc_word *words, const char *text)
{
	const char *names[MAX_KEYS + 1];
	size_t n = 0;

	for (; words->text && n < MAX_KEYS; words++)
		names[n++] = words->text;
	names[n] = NULL;
	return bc_schema_suggest(text, names);
}

/* ---- the walk ---- */

struct checking {
	const char *file;
	void (*tell)(void *context, const char *message); /* NULL: the first fault ends it */
	void *context;
	int faults;
};

/* A part is wrong: the end, or said and on to the next part. */
static int give_up(struct checking *c, int status)
{
	if (status == 0 || !c->tell)
		return status;
	c->tell(c->context, bc_error_message());
	c->faults++;
	return 0;
}

static int check_map(
	struct checking *c, const struct bc_yaml_node *map, const struct bc_shape *shape);

static int fail_kind(struct checking *c, const struct bc_yaml_node *node, const struct bc_key *key,
	const struct bc_shape *shape)
{
	static const char *const kinds[] = {"a single value", "a list", "a mapping"};

	return bc_yaml_fail(c->file, node, "'%s' in %s must be %s%s, not %s", key->name,
		shape->name, key->many == BC_MANY ? "a list, each item " : "",
		bc_scalar_describe(key), kinds[node->kind]);
}

static int fail_word(struct checking *c, const struct bc_yaml_node *node, const struct bc_key *key,
	const struct bc_shape *shape)
{
	const char *near = suggest_word(key->words, node->text);
	struct bc_buf list = {0};

	for (const struct bc_word *word = key->words; word->text; word++)
		bc_buf_printf(&list, "%s%s", word == key->words ? "" : " ", word->text);
	bc_yaml_fail(c->file, node, "'%s' in %s cannot be '%s' (%s)%s%s%s", key->name, shape->name,
		quote(node->text).text, bc_buf_text(&list), near ? "; did you mean '" : "",
		near ? near : "", near ? "'?" : "");
	bc_buf_fini(&list);
	return BC_EINPUT;
}

static int check_scalar(struct checking *c, const struct bc_yaml_node *node,
	const struct bc_key *key, const struct bc_shape *shape)
{
	if (bc_scalar_fits(key, node->text))
		return 0;
	if (key->words)
		return fail_word(c, node, key, shape);
	return bc_yaml_fail(c->file, node, "'%s' in %s must be %s, not '%s'", key->name,
		shape->name, bc_scalar_describe(key), quote(node->text).text);
}

static int check_constants(struct checking *c, const struct bc_yaml_node *map)
{
	int64_t value;

	for (const struct bc_yaml_node *k = map->kids; k; k = k->next->next) {
		if (!bc_scalar_is_identifier(k->text))
			return bc_yaml_fail(c->file, k, "'%s' cannot be the name of a constant",
				quote(k->text).text);
		if (k->next->kind != BC_YAML_SCALAR || bc_yaml_int(k->next->text, &value) != 0)
			return bc_yaml_fail(c->file, k->next,
				"the constant '%s' needs a whole number", quote(k->text).text);
	}
	return 0;
}

/* One value: the whole of a key's value, or one item of its list. */
static int check_one(struct checking *c, const struct bc_yaml_node *node, const struct bc_key *key,
	const struct bc_shape *shape)
{
	int wants_map = key->type == BC_TYPE_MAP || key->type == BC_TYPE_WORD_OR_MAP;

	if (node->kind == BC_YAML_MAP && key->type == BC_TYPE_CONSTANTS)
		return check_constants(c, node);
	if (node->kind == BC_YAML_MAP && wants_map)
		return check_map(c, node, key->shape);
	if (node->kind == BC_YAML_SCALAR && key->type != BC_TYPE_MAP &&
		key->type != BC_TYPE_CONSTANTS)
		return check_scalar(c, node, key, shape);
	return fail_kind(c, node, key, shape);
}

static int check_value(struct checking *c, const struct bc_yaml_node *node,
	const struct bc_key *key, const struct bc_shape *shape)
{
	if (key->many == BC_ONE || (key->many == BC_ONE_OR_MANY && node->kind != BC_YAML_LIST))
		return check_one(c, node, key, shape);
	if (node->kind != BC_YAML_LIST)
		return fail_kind(c, node, key, shape);
	if (!node->kids && !key->may_be_empty)
		return bc_yaml_fail(c->file, node, "'%s' in %s is an empty list; leave it out",
			key->name, shape->name);
	for (const struct bc_yaml_node *item = node->kids; item; item = item->next) {
		int status = give_up(c, check_one(c, item, key, shape));

		if (status != 0)
			return status;
	}
	return 0;
}

static int fail_unknown(
	struct checking *c, const struct bc_yaml_node *key, const struct bc_shape *shape)
{
	const char *near = suggest_key(shape->keys, key->text);

	return bc_yaml_fail(c->file, key, "unknown key '%s' in %s%s%s%s", quote(key->text).text,
		shape->name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int check_required(struct checking *c, const struct bc_yaml_node *map,
	const struct bc_shape *shape, uint64_t seen)
{
	int status = 0;

	for (int i = 0; status == 0 && shape->keys[i].name; i++)
		if (bc_is_required(shape, &shape->keys[i]) && !(seen & (UINT64_C(1) << i)))
			status = give_up(
				c, bc_yaml_fail(c->file, map, "%s needs the key '%s': %s",
					   shape->name, shape->keys[i].name, shape->keys[i].doc));
	return status;
}

/* One key of a mapping with its value. */
static int check_key(struct checking *c, const struct bc_yaml_node *k, const struct bc_shape *shape,
	uint64_t *seen)
{
	int i = 0;

	while (shape->keys[i].name && strcmp(shape->keys[i].name, k->text) != 0)
		i++;
	if (!shape->keys[i].name)
		return fail_unknown(c, k, shape);
	if (*seen & (UINT64_C(1) << i))
		return bc_yaml_fail(
			c->file, k, "the key '%s' appears twice in %s", k->text, shape->name);
	*seen |= UINT64_C(1) << i;
	return check_value(c, k->next, &shape->keys[i], shape);
}

static int check_map(
	struct checking *c, const struct bc_yaml_node *map, const struct bc_shape *shape)
{
	uint64_t seen = 0;
	int status = 0;

	for (const struct bc_yaml_node *k = map->kids; status == 0 && k; k = k->next->next)
		status = give_up(c, check_key(c, k, shape, &seen));
	return status ? status : check_required(c, map, shape, seen);
}

/* ---- whole documents ---- */

/* The version comes first: a file for a later version has keys that mean nothing here. */
static int check_version(const struct checking *c, const struct bc_yaml_node *root)
{
	const struct bc_yaml_node *version = bc_yaml_get(root, "schema");

	if (!version)
		return bc_yaml_fail(
			c->file, root, "no rule pack: it needs 'schema: " BC_SCHEMA_ID "'");
	if (version->kind != BC_YAML_SCALAR || strcmp(version->text, BC_SCHEMA_ID) != 0)
		return bc_yaml_fail(c->file, version,
			"unknown schema '%s'; this version reads '" BC_SCHEMA_ID "'",
			version->kind == BC_YAML_SCALAR ? quote(version->text).text : "?");
	return 0;
}

static int check_document(struct checking *c, const struct bc_yaml_node *root)
{
	int status;

	if (root->kind != BC_YAML_MAP)
		return bc_yaml_fail(c->file, root,
			"a rule pack is a mapping that begins with "
			"'schema: " BC_SCHEMA_ID "'");
	status = check_version(c, root);
	return status ? status : check_map(c, root, &bc_shape_pack);
}

int bc_schema_check(const char *file, const struct bc_yaml_node *root)
{
	struct checking c = {.file = file};

	return check_document(&c, root);
}

int bc_schema_check_all(const char *file, const struct bc_yaml_node *root,
	void (*tell)(void *context, const char *message), void *context)
{
	struct checking c = {.file = file, .tell = tell, .context = context};

	give_up(&c, check_document(&c, root));
	return c.faults;
}

int bc_schema_check_as(
	const char *file, const struct bc_yaml_node *root, const struct bc_shape *shape)
{
	struct checking c = {.file = file};

	if (root->kind != BC_YAML_MAP)
		return bc_yaml_fail(file, root, "%s is a mapping", shape->name);
	return check_map(&c, root, shape);
}
