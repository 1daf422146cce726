/* One pack: from a document that passed the schema to rules. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "models/loader.h"

/* ---- small pieces ---- */

static const char *keep(struct bc_loader *loader, const char *text)
{
	return bc_arena_strdup(loader->arena, text);
}

/* The text under `key`, "" without. */
static const char *keep_text(
	struct bc_loader *loader, const struct bc_yaml_node *map, const char *key)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);

	return node ? keep(loader, node->text) : "";
}

/* A small number that passed the schema, `fallback` where it is not given. */
static int read_int(const struct bc_yaml_node *map, const char *key, int fallback)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);
	int64_t value = fallback;

	if (node)
		bc_yaml_int(node->text, &value);
	return (int)value;
}

static int read_flag(const struct bc_yaml_node *map, const char *key)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);
	int truth = 0;

	if (node)
		bc_yaml_bool(node->text, &truth);
	return truth;
}

static int read_word(
	const struct bc_yaml_node *map, const char *key, const struct bc_word *words, int fallback)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);

	return node ? bc_word_value(words, node->text) : fallback;
}

/* First of a list's items, or the single value itself; walk on with next_item(). */
static const struct bc_yaml_node *first_item(const struct bc_yaml_node *map, const char *key)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);

	return node && node->kind == BC_YAML_LIST ? node->kids : node;
}

static const struct bc_yaml_node *next_item(
	const struct bc_yaml_node *map, const char *key, const struct bc_yaml_node *item)
{
	return bc_yaml_get(map, key)->kind == BC_YAML_LIST ? item->next : NULL;
}

static int count_items(const struct bc_yaml_node *map, const char *key)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);

	if (!node)
		return 0;
	return node->kind == BC_YAML_LIST ? node->nkids : 1;
}

static const char *const *keep_texts(
	struct bc_loader *loader, const struct bc_yaml_node *map, const char *key, int *n)
{
	const char **texts =
		BC_NEW_ARRAY(loader->arena, const char *, (size_t)count_items(map, key));
	const struct bc_yaml_node *item;

	*n = 0;
	for (item = first_item(map, key); item; item = next_item(map, key, item))
		texts[(*n)++] = keep(loader, item->text);
	return texts;
}

static struct bc_origin origin_of(const struct bc_loader *loader, const struct bc_yaml_node *node)
{
	return (struct bc_origin){loader->pack_name, loader->path, node->line};
}

/* Checks that an argument number exists where the parameters were counted. */
static int check_arg(
	const struct bc_loader *loader, const struct bc_yaml_node *map, const char *key, int params)
{
	const struct bc_yaml_node *node = bc_yaml_get(map, key);

	if (node && params >= 0 && atoi(node->text) > params)
		return bc_yaml_fail(loader->path, node,
			"argument %s of a function with %d parameters", node->text, params);
	return 0;
}

static int read_scope(
	struct bc_loader *loader, const struct bc_yaml_node *map, struct bc_cond_scope *scope)
{
	scope->params = read_int(map, "params", -1);
	scope->names = keep_texts(loader, map, "args", &scope->nnames);
	if (scope->params >= 0 && scope->nnames > scope->params)
		return bc_yaml_fail(loader->path, bc_yaml_get(map, "args"),
			"%d names for a function with %d parameters", scope->nnames, scope->params);
	return 0;
}

static int read_timeout(struct bc_loader *loader, const struct bc_yaml_node *map, int params,
	struct bc_timeout *timeout)
{
	const struct bc_yaml_node *item;

	timeout->arg = read_int(map, "arg", 0);
	timeout->unit = (enum bc_time_unit)read_word(map, "unit", bc_words_unit, BC_UNIT_NONE);
	for (item = first_item(map, "forever"); item; item = next_item(map, "forever", item)) {
		int word = bc_word_value(bc_words_forever, item->text);

		timeout->negative_is_forever |= word == BC_FOREVER_NEGATIVE;
		timeout->null_is_forever |= word == BC_FOREVER_NULL;
		timeout->zero_is_forever |= word == BC_FOREVER_ZERO;
	}
	return check_arg(loader, map, "arg", params);
}

/* ---- blocking ---- */

static int read_bound(
	struct bc_loader *loader, const struct bc_yaml_node *map, struct bc_sink_rule *rule)
{
	const struct bc_yaml_node *bound = bc_yaml_get(map, "bound");

	if (bound->kind == BC_YAML_SCALAR) {
		rule->bound = (enum bc_bound)bc_word_value(bc_words_bound, bound->text);
		return 0;
	}
	rule->bound = BC_BOUND_TIMEOUT;
	return read_timeout(loader, bc_yaml_get(bound, "timeout"), rule->params, &rule->timeout);
}

static void read_alternatives(
	struct bc_loader *loader, const struct bc_yaml_node *map, struct bc_sink_rule *rule)
{
	const struct bc_yaml_node *item = first_item(map, "alternatives");

	rule->alternatives = BC_NEW_ARRAY(
		loader->arena, struct bc_alternative, (size_t)count_items(map, "alternatives"));
	for (; item; item = item->next)
		rule->alternatives[rule->nalternatives++] =
			(struct bc_alternative){.use = keep_text(loader, item, "use"),
				.note = keep_text(loader, item, "note"),
				.loop = keep_text(loader, item, "loop")};
}

static void read_tests(struct bc_loader *loader, const struct bc_yaml_node *map, const char *rule)
{
	const struct bc_yaml_node *item = first_item(map, "tests");

	for (; item; item = item->next) {
		const struct bc_yaml_node *expect = first_item(item, "expect");
		const char **pairs = BC_NEW_ARRAY(
			loader->arena, const char *, 2 * (size_t)count_items(item, "expect"));
		struct bc_rule_test test = {.rule = rule,
			.code = keep_text(loader, item, "code"),
			.expect = pairs,
			.origin = origin_of(loader, item)};

		for (; expect; expect = expect->next) {
			pairs[2 * test.nexpect] = keep_text(loader, expect, "rule");
			pairs[2 * test.nexpect++ + 1] = keep_text(loader, expect, "via");
		}
		bc_vec_push(&loader->tests, test);
	}
}

/* An id names one rule per pack; a rule of an earlier pack gives way. */
static int override_sink(struct bc_loader *loader, const struct bc_yaml_node *node, const char *id)
{
	struct bc_loading_name *known;
	struct bc_loading_sink *old;

	HASH_FIND_STR(loader->sink_ids, id, known);
	if (!known)
		return 0;
	old = &loader->sinks.items[known->value];
	if (old->pack == loader->pack && !old->dead)
		return bc_yaml_fail(loader->path, node,
			"the id '%s' is taken by the rule in line %d", id, old->rule.origin.line);
	old->dead = 1;
	return 0;
}

static int take_sink(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	struct bc_sink_rule rule = {.id = keep_text(loader, node, "id"),
		.category = (enum bc_category)read_word(node, "category", bc_words_category, 0),
		.severity = read_word(node, "severity", bc_words_severity, -1),
		.because = keep_text(loader, node, "because"),
		.provenance = keep_text(loader, bc_yaml_get(node, "provenance"), "ref"),
		.origin = origin_of(loader, node)};
	const struct bc_yaml_node *when = bc_yaml_get(node, "nonblocking_when");
	struct bc_cond_scope scope;
	int status = read_scope(loader, node, &scope);

	rule.functions = keep_texts(loader, node, "function", &rule.nfunctions);
	rule.params = scope.params;
	if (status == 0)
		status = read_bound(loader, node, &rule);
	rule.ready_once = read_flag(node, "ready_once");
	rule.size_arg = read_int(node, "size_arg", 0);
	if (status == 0)
		status = check_arg(loader, node, "size_arg", rule.params);
	if (status == 0 && when)
		status = bc_loader_read_condition(
			loader, when, &scope, BC_COND_ASSUME_NO, &rule.nonblocking_when);
	if (status == 0)
		status = override_sink(loader, node, rule.id);
	if (status != 0)
		return status;
	read_alternatives(loader, node, &rule);
	read_tests(loader, node, rule.id);
	bc_loader_remember(loader, &loader->sink_ids, rule.id, loader->sinks.count);
	bc_vec_push(&loader->sinks, (struct bc_loading_sink){.rule = rule, .pack = loader->pack});
	return 0;
}

/* ---- loops ---- */

static int read_roles(
	struct bc_loader *loader, const struct bc_yaml_node *map, struct bc_register_rule *rule)
{
	const struct bc_yaml_node *item = first_item(map, "callbacks");

	rule->roles =
		BC_NEW_ARRAY(loader->arena, struct bc_role, (size_t)count_items(map, "callbacks"));
	for (; item; item = item->next) {
		struct bc_role *role = &rule->roles[rule->nroles++];

		role->arg = read_int(item, "arg", 0);
		role->context = (enum bc_context)read_word(item, "thread", bc_words_context, 0);
		role->fd_arg = read_int(item, "fd_arg", 0);
		role->fd_param = read_int(item, "fd_param", 0);
		if (check_arg(loader, item, "arg", rule->params) != 0 ||
			check_arg(loader, item, "fd_arg", rule->params) != 0)
			return BC_EINPUT;
		if (!role->fd_arg != !role->fd_param)
			return bc_yaml_fail(
				loader->path, item, "'fd_arg' and 'fd_param' belong together");
	}
	return 0;
}

static int take_register(
	struct bc_loader *loader, const struct bc_yaml_node *node, const char *loop)
{
	struct bc_register_rule rule = {.loop = loop, .origin = origin_of(loader, node)};
	const struct bc_yaml_node *when = bc_yaml_get(node, "when");
	struct bc_cond_scope scope;
	int status = read_scope(loader, node, &scope);

	rule.functions = keep_texts(loader, node, "function", &rule.nfunctions);
	rule.params = scope.params;
	if (status == 0)
		status = read_roles(loader, node, &rule);
	if (status == 0 && when)
		status = bc_loader_read_condition(
			loader, when, &scope, BC_COND_ASSUME_YES, &rule.when);
	if (status == 0)
		bc_vec_push(&loader->registers, (struct bc_loading_register){.rule = rule});
	return status;
}

/* A rule has one field, so a list of fields becomes as many rules. */
static void take_field(struct bc_loader *loader, const struct bc_yaml_node *node,
	const struct bc_yaml_node *loop_node, const char *loop)
{
	struct bc_field_rule rule = {.loop = loop,
		.context = (enum bc_context)read_word(node, "thread", bc_words_context, 0),
		.origin = origin_of(loader, node)};
	const struct bc_yaml_node *item = first_item(node, "field");

	rule.records = keep_texts(loader, node, "type", &rule.nrecords);
	rule.requires = keep_texts(loader, loop_node, "requires", &rule.nrequires);
	for (; item; item = next_item(node, "field", item)) {
		rule.field = keep(loader, item->text);
		bc_vec_push(&loader->fields, (struct bc_loading_field){.rule = rule});
	}
}

static int take_wait(struct bc_loader *loader, const struct bc_yaml_node *node, const char *loop)
{
	struct bc_wait_rule rule = {
		.count_arg = read_int(node, "count_arg", 0), .origin = origin_of(loader, node)};
	const struct bc_yaml_node *timeout = bc_yaml_get(node, "timeout");
	int status = timeout ? read_timeout(loader, timeout, -1, &rule.timeout) : 0;

	rule.functions = keep_texts(loader, node, "function", &rule.nfunctions);
	if (status == 0)
		bc_vec_push(&loader->waits, (struct bc_loading_wait){.rule = rule, .loop = loop});
	return status;
}

static const char *take_loop_id(struct bc_loader *loader, const char *id)
{
	for (size_t i = 0; i < loader->loops.count; i++)
		if (!strcmp(loader->loops.items[i], id))
			return loader->loops.items[i];
	bc_vec_push(&loader->loops, keep(loader, id));
	return bc_vec_last(&loader->loops);
}

static int take_loop(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	const char *loop = take_loop_id(loader, bc_yaml_get(node, "id")->text);
	const struct bc_yaml_node *item;
	int status = 0;

	for (item = first_item(node, "register"); status == 0 && item; item = item->next)
		status = take_register(loader, item, loop);
	for (item = first_item(node, "fields"); item; item = item->next)
		take_field(loader, item, node, loop);
	for (item = first_item(node, "wait"); status == 0 && item; item = item->next)
		status = take_wait(loader, item, loop);
	for (item = first_item(node, "annotations"); item; item = item->next)
		bc_vec_push(&loader->annotations, keep(loader, item->text));
	return status;
}

/* ---- descriptors ---- */

static int take_creator(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	struct bc_creator_rule rule = {.out_arg = read_int(node, "out_arg", 0),
		.kind = (enum bc_fd_kind)read_word(node, "kind", bc_words_fd_kind, 0),
		.origin = origin_of(loader, node)};
	const struct bc_yaml_node *when = bc_yaml_get(node, "nonblocking_when");
	struct bc_cond_scope scope = {.params = -1};
	int status = 0;

	rule.functions = keep_texts(loader, node, "function", &rule.nfunctions);
	if (when)
		status = bc_loader_read_condition(
			loader, when, &scope, BC_COND_ASSUME_NO, &rule.nonblocking_when);
	if (status == 0)
		bc_vec_push(&loader->creators, (struct bc_loading_creator){.rule = rule});
	return status;
}

static int take_mode(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	struct bc_mode_rule rule = {
		.fd_arg = read_int(node, "fd_arg", 1), .origin = origin_of(loader, node)};
	const struct bc_yaml_node *when = bc_yaml_get(node, "when");
	const struct bc_yaml_node *nonblocking = bc_yaml_get(node, "nonblocking_when");
	struct bc_cond_scope scope = {.params = -1};
	int status = 0;

	if (nonblocking)
		status = bc_loader_read_condition(
			loader, nonblocking, &scope, BC_COND_ASSUME_NO, &rule.nonblocking_when);
	rule.functions = keep_texts(loader, node, "function", &rule.nfunctions);
	if (status == 0 && when)
		status = bc_loader_read_condition(
			loader, when, &scope, BC_COND_ASSUME_YES, &rule.when);
	if (status == 0)
		bc_vec_push(&loader->modes, (struct bc_loading_mode){.rule = rule});
	return status;
}

static int take_descriptors(struct bc_loader *loader, const struct bc_yaml_node *map)
{
	const struct bc_yaml_node *item;
	int status = 0;

	for (item = first_item(map, "create"); status == 0 && item; item = item->next)
		status = take_creator(loader, item);
	for (item = first_item(map, "set"); status == 0 && item; item = item->next)
		status = take_mode(loader, item);
	for (item = first_item(map, "would_block"); item; item = item->next)
		bc_vec_push(&loader->would_block, bc_loader_number(loader, item->text));
	return status;
}

/* ---- the rest of a pack ---- */

static void take_nevers(struct bc_loader *loader, const struct bc_yaml_node *root)
{
	const struct bc_yaml_node *node = first_item(root, "never_blocks");

	for (; node; node = node->next) {
		const struct bc_yaml_node *item = first_item(node, "function");

		for (; item; item = next_item(node, "function", item))
			bc_loader_remember(loader, &loader->nevers, keep(loader, item->text),
				(size_t)loader->pack);
	}
}

static int same_loop(const char *loop, const char *id)
{
	return !strcmp(loop, id);
}

static int disable_loop(struct bc_loader *loader, const char *id)
{
	int found = 0;

	for (size_t i = 0; i < loader->loops.count; i++)
		found |= same_loop(loader->loops.items[i], id);
	for (size_t i = 0; found && i < loader->registers.count; i++)
		loader->registers.items[i].dead |=
			same_loop(loader->registers.items[i].rule.loop, id);
	for (size_t i = 0; found && i < loader->fields.count; i++)
		loader->fields.items[i].dead |= same_loop(loader->fields.items[i].rule.loop, id);
	for (size_t i = 0; found && i < loader->waits.count; i++)
		loader->waits.items[i].dead |= same_loop(loader->waits.items[i].loop, id);
	return found;
}

static const char *suggest_id(const struct bc_loader *loader, const char *id)
{
	BC_VEC(const char *) ids = {0};
	const char *near;

	for (size_t i = 0; i < loader->sinks.count; i++)
		bc_vec_push(&ids, loader->sinks.items[i].rule.id);
	for (size_t i = 0; i < loader->loops.count; i++)
		bc_vec_push(&ids, loader->loops.items[i]);
	bc_vec_push(&ids, NULL);
	near = bc_schema_suggest(id, ids.items);
	bc_vec_fini(&ids);
	return near;
}

static int disable(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	int found = disable_loop(loader, node->text);
	struct bc_loading_name *sink;
	const char *near;

	HASH_FIND_STR(loader->sink_ids, node->text, sink);
	if (sink)
		loader->sinks.items[sink->value].dead = 1;
	if (found || sink)
		return 0;
	near = suggest_id(loader, node->text);
	return bc_yaml_fail(loader->path, node,
		"no rule or loop of an earlier pack has the id '%s'%s%s%s", node->text,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static void take_constants(struct bc_loader *loader, const struct bc_yaml_node *map)
{
	for (const struct bc_yaml_node *k = map ? map->kids : NULL; k; k = k->next->next) {
		uint32_t i = bc_loader_constant(loader, k->text);
		struct bc_constant *constant = &loader->constants.items[i];

		constant->known = bc_yaml_int(k->next->text, &constant->value) == 0;
	}
}

/* Only the headers of packs that have constants matter: they are compiled to get the values. */
static void take_headers(struct bc_loader *loader, const struct bc_yaml_node *about)
{
	const struct bc_yaml_node *item = first_item(about, "headers");

	for (; item; item = item->next) {
		size_t i = 0;

		while (i < loader->headers.count &&
			strcmp(loader->headers.items[i], item->text) != 0)
			i++;
		if (i == loader->headers.count)
			bc_vec_push(&loader->headers, keep(loader, item->text));
	}
}

static int take_list(struct bc_loader *loader, const struct bc_yaml_node *root, const char *key,
	int (*take)(struct bc_loader *, const struct bc_yaml_node *))
{
	const struct bc_yaml_node *item;
	int status = 0;

	for (item = first_item(root, key); status == 0 && item; item = item->next)
		status = take(loader, item);
	return status;
}

int bc_loader_take_pack(struct bc_loader *loader, const struct bc_yaml_node *root)
{
	const struct bc_yaml_node *about = bc_yaml_get(root, "pack");
	size_t constants = loader->constants.count;
	int status = take_list(loader, root, "disable", disable);

	loader->pack_name = keep_text(loader, about, "name");
	if (status == 0)
		status = take_list(loader, root, "loops", take_loop);
	take_nevers(loader, root);
	if (status == 0)
		status = take_list(loader, root, "blocking", take_sink);
	if (status == 0 && bc_yaml_get(root, "descriptors"))
		status = take_descriptors(loader, bc_yaml_get(root, "descriptors"));
	take_constants(loader, bc_yaml_get(root, "constants"));
	for (const struct bc_yaml_node *i = first_item(root, "thread_identity"); i; i = i->next)
		bc_vec_push(&loader->thread_identity, keep(loader, i->text));
	for (const struct bc_yaml_node *i = first_item(root, "forks"); i; i = i->next)
		bc_vec_push(&loader->forks, keep(loader, i->text));
	if (loader->constants.count > constants)
		take_headers(loader, about);
	return status;
}
