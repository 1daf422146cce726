/* The table of schema.c as JSON Schema, for editors and validators. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "models/schema.h"

enum { MAX_SHAPES = 32 };

struct shapes {
	const struct bc_shape *items[MAX_SHAPES];
	int n;
};

/* Every shape once, each before those that it uses. */
static void collect(struct shapes *shapes, const struct bc_shape *shape)
{
	for (int i = 0; i < shapes->n; i++)
		if (shapes->items[i] == shape)
			return;
	if (shapes->n == MAX_SHAPES)
		return;
	shapes->items[shapes->n++] = shape;
	for (const struct bc_key *key = shape->keys; key->name; key++)
		if (key->shape)
			collect(shapes, key->shape);
}

static void write_str(struct bc_json *json, const char *key, const char *text)
{
	bc_json_key(json, key);
	bc_json_str(json, text);
}

static void write_pattern(struct bc_json *json, const char *pattern)
{
	write_str(json, "type", "string");
	write_str(json, "pattern", pattern);
}

static void write_range(struct bc_json *json, int low, int high)
{
	write_str(json, "type", "integer");
	bc_json_put_int(json, "minimum", low);
	bc_json_put_int(json, "maximum", high);
}

/* A word that YAML takes for its null may reach a validator as that. */
static void write_words(struct bc_json *json, const struct bc_word *words)
{
	bc_json_key(json, "enum");
	bc_json_array(json);
	for (const struct bc_word *word = words; word->text; word++) {
		bc_json_str(json, word->text);
		if (!strcmp(word->text, "null"))
			bc_json_null(json);
	}
	bc_json_end(json);
}

/* "a blocking rule" under $defs: "a_blocking_rule" after the prefix. */
struct definition {
	char name[80];
};

static struct definition name_definition(const char *prefix, const struct bc_shape *shape)
{
	struct definition d;

	snprintf(d.name, sizeof(d.name), "%s%s", prefix, shape->name);
	for (char *c = d.name; *c; c++)
		if (*c == ' ' || *c == '\'')
			*c = '_';
	return d;
}

static void write_reference(struct bc_json *json, const struct bc_shape *shape)
{
	write_str(json, "$ref", name_definition("#/$defs/", shape).name);
}

static void write_either(struct bc_json *json, const struct bc_key *key)
{
	bc_json_key(json, "anyOf");
	bc_json_array(json);
	bc_json_object(json);
	write_words(json, key->words);
	bc_json_end(json);
	bc_json_object(json);
	write_reference(json, key->shape);
	bc_json_end(json);
	bc_json_end(json);
}

/* A number is a text, too: version: 1.2 needs no quotes. */
static void write_text(struct bc_json *json)
{
	bc_json_key(json, "type");
	bc_json_array(json);
	bc_json_str(json, "string");
	bc_json_str(json, "number");
	bc_json_end(json);
	bc_json_put_int(json, "minLength", 1);
}

static void write_number(struct bc_json *json)
{
	bc_json_key(json, "type");
	bc_json_array(json);
	bc_json_str(json, "integer");
	bc_json_str(json, "string");
	bc_json_end(json);
	write_str(json, "pattern",
		"^([A-Za-z_][A-Za-z0-9_]*|[-+]?[0-9][0-9A-Fa-fx]*)"
		"(\\|([A-Za-z_][A-Za-z0-9_]*|[-+]?[0-9][0-9A-Fa-fx]*))*$");
}

static void write_constants(struct bc_json *json)
{
	write_str(json, "type", "object");
	bc_json_key(json, "propertyNames");
	bc_json_object(json);
	write_str(json, "pattern", "^[A-Za-z_][A-Za-z0-9_]*$");
	bc_json_end(json);
	bc_json_key(json, "additionalProperties");
	bc_json_object(json);
	write_str(json, "type", "integer");
	bc_json_end(json);
}

/* A bare 0 is a number to YAML. */
static void write_time(struct bc_json *json)
{
	bc_json_key(json, "anyOf");
	bc_json_array(json);
	bc_json_object(json);
	write_pattern(json, "^([0-9]+[.]?[0-9]*|[.][0-9]+)(us|ms|s|min)$");
	bc_json_end(json);
	bc_json_object(json);
	bc_json_put_int(json, "const", 0);
	bc_json_end(json);
	bc_json_end(json);
}

/* What one value must be, without the braces. */
static void write_value(struct bc_json *json, const struct bc_key *key)
{
	switch (key->type) {
	case BC_TYPE_TEXT: write_text(json); break;
	case BC_TYPE_ID: write_pattern(json, "^[A-Za-z0-9_][A-Za-z0-9_.-]*$"); break;
	case BC_TYPE_PACKAGE: write_pattern(json, "^[A-Za-z0-9_][A-Za-z0-9_.+-]*$"); break;
	case BC_TYPE_DEFINE:
		write_pattern(json, "^[A-Za-z_][A-Za-z0-9_]*(=[-+]?[0-9][0-9A-Fa-fx]*)?$");
		break;
	case BC_TYPE_NAME: write_pattern(json, "^[A-Za-z_][A-Za-z0-9_]*$"); break;
	case BC_TYPE_RECORD:
		write_pattern(json, "^((struct|union) )?[A-Za-z0-9_]*[*]?[A-Za-z0-9_]*$");
		break;
	case BC_TYPE_FIELD: write_pattern(json, "^([A-Za-z_][A-Za-z0-9_]*[*]?|[*])$"); break;
	case BC_TYPE_ARG: write_range(json, 1, BC_SCHEMA_MAX_ARG); break;
	case BC_TYPE_COUNT: write_range(json, 0, BC_SCHEMA_MAX_COUNT); break;
	case BC_TYPE_NUMBER: write_number(json); break;
	case BC_TYPE_BOOL: write_str(json, "type", "boolean"); break;
	case BC_TYPE_TIME: write_time(json); break;
	case BC_TYPE_WORD: write_words(json, key->words); break;
	case BC_TYPE_MAP: write_reference(json, key->shape); break;
	case BC_TYPE_WORD_OR_MAP: write_either(json, key); break;
	case BC_TYPE_CONSTANTS: write_constants(json); break;
	}
}

static void write_list(struct bc_json *json, const struct bc_key *key)
{
	write_str(json, "type", "array");
	if (!key->may_be_empty) {
		bc_json_put_int(json, "minItems", 1);
	}
	bc_json_key(json, "items");
	bc_json_object(json);
	write_value(json, key);
	bc_json_end(json);
}

static void write_one_or_many(struct bc_json *json, const struct bc_key *key)
{
	bc_json_key(json, "anyOf");
	bc_json_array(json);
	bc_json_object(json);
	write_value(json, key);
	bc_json_end(json);
	bc_json_object(json);
	write_list(json, key);
	bc_json_end(json);
	bc_json_end(json);
}

static void write_key(struct bc_json *json, const struct bc_key *key)
{
	bc_json_key(json, key->name);
	bc_json_object(json);
	write_str(json, "description", key->doc);
	if (!strcmp(key->name, "schema"))
		write_str(json, "const", BC_SCHEMA_ID);
	else if (key->many == BC_MANY)
		write_list(json, key);
	else if (key->many == BC_ONE_OR_MANY)
		write_one_or_many(json, key);
	else
		write_value(json, key);
	bc_json_end(json);
}

static void write_required(struct bc_json *json, const struct bc_shape *shape)
{
	int any = 0;

	for (const struct bc_key *key = shape->keys; key->name; key++)
		any |= bc_is_required(shape, key);
	if (!any)
		return;
	bc_json_key(json, "required");
	bc_json_array(json);
	for (const struct bc_key *key = shape->keys; key->name; key++)
		if (bc_is_required(shape, key))
			bc_json_str(json, key->name);
	bc_json_end(json);
}

static void write_shape(struct bc_json *json, const struct bc_shape *shape)
{
	write_str(json, "type", "object");
	bc_json_key(json, "additionalProperties");
	bc_json_bool(json, 0);
	write_required(json, shape);
	bc_json_key(json, "properties");
	bc_json_object(json);
	for (const struct bc_key *key = shape->keys; key->name; key++)
		write_key(json, key);
	bc_json_end(json);
}

static void write_definition(struct bc_json *json, const struct bc_shape *shape)
{
	bc_json_key(json, name_definition("", shape).name);
	bc_json_object(json);
	write_shape(json, shape);
	bc_json_end(json);
}

void bc_schema_write_json(const struct bc_shape *shape, const char *title, struct bc_buf *out)
{
	struct shapes shapes = {.n = 0};
	struct bc_json json;

	collect(&shapes, shape);
	bc_json_init(&json, out, 1);
	bc_json_object(&json);
	write_str(&json, "$schema", "https://json-schema.org/draft/2020-12/schema");
	write_str(&json, "title", title);
	write_shape(&json, shape);
	bc_json_key(&json, "$defs");
	bc_json_object(&json);
	for (int i = 1; i < shapes.n; i++)
		write_definition(&json, shapes.items[i]);
	bc_json_end(&json);
	bc_json_end(&json);
	bc_buf_char(out, '\n');
}
