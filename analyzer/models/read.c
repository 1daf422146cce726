#include "models/read.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"

const char *bc_read_keep(struct bc_loader *loader, const char *text)
{
	return bc_arena_strdup(loader->arena, text);
}

const char *bc_read_text(struct bc_loader *loader, const struct bc_yaml_node *map, const char *key)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);

	return node ? bc_read_keep(loader, node->text) : "";
}

int bc_read_int(const struct bc_yaml_node *map, const char *key, int fallback)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);
	int64_t value = fallback;

	if (node)
		bc_yaml_int(node->text, &value);
	return (int)value;
}

double bc_read_ms(const struct bc_yaml_node *map, const char *key)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);
	double ms;

	return node && bc_duration_read(node->text, 0, &ms) == 0 ? ms : -1;
}

int bc_read_flag(const struct bc_yaml_node *map, const char *key)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);
	int truth = 0;

	if (node)
		bc_yaml_bool(node->text, &truth);
	return truth;
}

int bc_read_word(
	const struct bc_yaml_node *map, const char *key, const struct bc_word *words, int fallback)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);

	return node ? bc_word_value(words, node->text) : fallback;
}

const struct bc_yaml_node *bc_read_first(const struct bc_yaml_node *map, const char *key)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);

	return node && node->kind == BC_YAML_LIST ? node->kids : node;
}

const struct bc_yaml_node *bc_read_next(
	const struct bc_yaml_node *map, const char *key, const struct bc_yaml_node *item)
{
	return bc_yaml_get(map, key)->kind == BC_YAML_LIST ? item->next : NULL;
}

int bc_read_count(const struct bc_yaml_node *map, const char *key)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);

	if (!node)
		return 0;
	return node->kind == BC_YAML_LIST ? node->nkids : 1;
}

const char *const *bc_read_texts(
	struct bc_loader *loader, const struct bc_yaml_node *map, const char *key, int *n)
{
	const char **texts =
		BC_NEW_ARRAY(loader->arena, const char *, (size_t)bc_read_count(map, key));
	const struct bc_yaml_node *item;

	*n = 0;
	for (item = bc_read_first(map, key); item; item = bc_read_next(map, key, item))
		texts[(*n)++] = bc_read_keep(loader, item->text);
	return texts;
}

struct bc_origin bc_read_origin(const struct bc_loader *loader, const struct bc_yaml_node *node)
{
	return (struct bc_origin){loader->pack_name, loader->path, node->line};
}

int bc_read_check_arg(
	const struct bc_loader *loader, const struct bc_yaml_node *map, const char *key, int params)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);

	if (node && params >= 0 && atoi(node->text) > params)
		return bc_yaml_fail(loader->path, node,
			"argument %s of a function with %d parameters", node->text, params);
	return 0;
}

int bc_read_scope(
	struct bc_loader *loader, const struct bc_yaml_node *map, struct bc_cond_scope *scope)
{
	scope->params = bc_read_int(map, "params", -1);
	scope->names = bc_read_texts(loader, map, "args", &scope->nnames);
	if (scope->params >= 0 && scope->nnames > scope->params)
		return bc_yaml_fail(loader->path, bc_yaml_get(map, "args"),
			"%d names for a function with %d parameters", scope->nnames, scope->params);
	return 0;
}

int bc_read_timeout(struct bc_loader *loader, const struct bc_yaml_node *map, int params,
	struct bc_timeout *timeout)
{
	const struct bc_yaml_node *item;

	timeout->arg = bc_read_int(map, "arg", 0);
	if (bc_yaml_get(map, "key"))
		timeout->key = bc_read_text(loader, map, "key");
	timeout->unit = (enum bc_time_unit)bc_read_word(map, "unit", bc_words_unit, BC_UNIT_NONE);
	for (item = bc_read_first(map, "forever"); item;
		item = bc_read_next(map, "forever", item)) {
		int word = bc_word_value(bc_words_forever, item->text);

		timeout->negative_is_forever |= word == BC_FOREVER_NEGATIVE;
		timeout->null_is_forever |= word == BC_FOREVER_NULL;
		timeout->zero_is_forever |= word == BC_FOREVER_ZERO;
	}
	return bc_read_check_arg(loader, map, "arg", params);
}
