/* One pack: from a document that passed the schema to rules. */
#include <string.h>

#include "base/error.h"
#include "models/loader.h"
#include "models/read.h"

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
	return bc_read_timeout(loader, bc_yaml_get(bound, "timeout"), rule->params, &rule->timeout);
}

static void read_alternatives(
	struct bc_loader *loader, const struct bc_yaml_node *map, struct bc_sink_rule *rule)
{
	const struct bc_yaml_node *item = bc_read_first(map, "alternatives");

	rule->alternatives = BC_NEW_ARRAY(
		loader->arena, struct bc_alternative, (size_t)bc_read_count(map, "alternatives"));
	for (; item; item = item->next)
		rule->alternatives[rule->nalternatives++] =
			(struct bc_alternative){.use = bc_read_text(loader, item, "use"),
				.note = bc_read_text(loader, item, "note"),
				.loop = bc_read_text(loader, item, "loop")};
}

static void read_tests(struct bc_loader *loader, const struct bc_yaml_node *map, const char *rule)
{
	const struct bc_yaml_node *item = bc_read_first(map, "tests");

	for (; item; item = item->next) {
		const struct bc_yaml_node *expect = bc_read_first(item, "expect");
		struct bc_rule_expectation *expected = BC_NEW_ARRAY(loader->arena,
			struct bc_rule_expectation, (size_t)bc_read_count(item, "expect"));
		struct bc_rule_test test = {.rule = rule,
			.code = bc_read_text(loader, item, "code"),
			.expect = expected,
			.origin = bc_read_origin(loader, item)};

		for (; expect; expect = expect->next)
			expected[test.nexpect++] = (struct bc_rule_expectation){
				bc_read_text(loader, expect, "rule"),
				bc_read_text(loader, expect, "via"), bc_read_ms(expect, "within")};
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

static void read_promises(
	struct bc_loader *loader, const struct bc_yaml_node *node, struct bc_sink_rule *rule)
{
	const struct bc_yaml_node *flag = bc_yaml_get(node, "promised_by_flag");
	struct bc_number *number;

	rule->promises = bc_read_texts(loader, node, "promised_by", &rule->npromises);
	if (!flag)
		return;
	number = BC_NEW_ARRAY(loader->arena, struct bc_number, 1);
	*number = bc_loader_number(loader, flag->text);
	rule->promise_flag = number;
}

static int read_arg(const struct bc_loader *loader, const struct bc_yaml_node *node,
	const char *key, const struct bc_sink_rule *rule, int *arg)
{
	*arg = bc_read_int(node, key, 0);
	return bc_read_check_arg(loader, node, key, rule->params);
}

static int read_args(
	struct bc_loader *loader, const struct bc_yaml_node *node, struct bc_sink_rule *rule)
{
	int status = read_arg(loader, node, "size_arg", rule, &rule->size_arg);

	if (status == 0)
		status = read_arg(loader, node, "stream_arg", rule, &rule->stream_arg);
	if (status == 0)
		status = bc_loader_read_limited(loader, node, rule);
	if (status == 0)
		status = read_arg(loader, node, "path_arg", rule, &rule->path_arg);
	return status;
}

/* When the call does not block after all; a condition that cannot be decided is taken for false. */
static int read_conditions(struct bc_loader *loader, const struct bc_yaml_node *node,
	const struct bc_cond_scope *scope, struct bc_sink_rule *rule)
{
	const struct bc_yaml_node *when = bc_yaml_get(node, "nonblocking_when");
	const struct bc_yaml_node *fifo_when = bc_yaml_get(node, "fifo_nonblocking_when");
	const struct bc_yaml_node *datagram_when = bc_yaml_get(node, "datagram_when");
	int status = 0;

	if (when)
		status = bc_loader_read_condition(
			loader, when, scope, BC_COND_ASSUME_NO, &rule->nonblocking_when);
	if (status == 0 && fifo_when)
		status = bc_loader_read_condition(
			loader, fifo_when, scope, BC_COND_ASSUME_NO, &rule->fifo_nonblocking_when);
	if (status == 0 && datagram_when)
		status = bc_loader_read_condition(
			loader, datagram_when, scope, BC_COND_ASSUME_NO, &rule->datagram_when);
	return status;
}

static int take_sink(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	struct bc_sink_rule rule = {.id = bc_read_text(loader, node, "id"),
		.category = (enum bc_category)bc_read_word(node, "category", bc_words_category, 0),
		.severity = bc_read_word(node, "severity", bc_words_severity, -1),
		.because = bc_read_text(loader, node, "because"),
		.worst = bc_loader_read_worst(loader, bc_yaml_get(node, "worst")),
		.provenance = bc_read_text(loader, bc_yaml_get(node, "provenance"), "ref"),
		.stream_only = bc_read_flag(node, "stream_only"),
		.ready_once = bc_read_flag(node, "ready_once"),
		.when_told = bc_read_flag(node, "when_told"),
		.own = loader->own,
		.origin = bc_read_origin(loader, node)};
	struct bc_cond_scope scope;
	int status = bc_read_scope(loader, node, &scope);

	rule.functions = bc_read_texts(loader, node, "function", &rule.nfunctions);
	rule.params = scope.params;
	if (!*rule.id)
		rule.id = bc_arena_printf(loader->arena, BC_PROJECT_PACK ".%s", rule.functions[0]);
	read_promises(loader, node, &rule);
	if (status == 0)
		status = read_bound(loader, node, &rule);
	if (status == 0)
		status = read_args(loader, node, &rule);
	if (status == 0)
		status = read_conditions(loader, node, &scope, &rule);
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

/* ---- the rest of a pack ---- */

static void take_never(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	struct bc_never_rule rule = {.reason = bc_read_text(loader, node, "reason"),
		.own = loader->own,
		.origin = bc_read_origin(loader, node)};

	rule.functions = bc_read_texts(loader, node, "function", &rule.nfunctions);
	for (int i = 0; i < rule.nfunctions; i++)
		bc_loader_remember(
			loader, &loader->nevers, rule.functions[i], (size_t)loader->pack);
	bc_vec_push(&loader->nevers_said, rule);
}

static void take_cut(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	bc_vec_push(&loader->cuts, (struct bc_cut_rule){.from = bc_read_text(loader, node, "from"),
					   .to = bc_read_text(loader, node, "to"),
					   .reason = bc_read_text(loader, node, "reason"),
					   .origin = bc_read_origin(loader, node)});
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
	const struct bc_yaml_node *item = bc_read_first(about, "headers");

	for (; item; item = item->next) {
		size_t i = 0;

		while (i < loader->headers.count &&
			strcmp(loader->headers.items[i], item->text) != 0)
			i++;
		if (i == loader->headers.count)
			bc_vec_push(&loader->headers, bc_read_keep(loader, item->text));
	}
}

static void take_about(struct bc_loader *loader, const struct bc_yaml_node *about)
{
	struct bc_pack pack = {.name = bc_read_text(loader, about, "name"),
		.path = loader->path,
		.version = bc_read_text(loader, about, "version"),
		.docs = bc_read_text(loader, about, "docs"),
		.debian = bc_read_text(loader, about, "debian"),
		.pkg_config = bc_read_text(loader, about, "pkg_config")};

	pack.headers = bc_read_texts(loader, about, "headers", &pack.nheaders);
	pack.defines = bc_read_texts(loader, about, "defines", &pack.ndefines);
	pack.absent = bc_read_texts(loader, about, "absent", &pack.nabsent);
	bc_vec_push(&loader->packs, pack);
	loader->pack_name = pack.name;
}

static int take_list(struct bc_loader *loader, const struct bc_yaml_node *root, const char *key,
	int (*take)(struct bc_loader *, const struct bc_yaml_node *))
{
	const struct bc_yaml_node *item;
	int status = 0;

	for (item = bc_read_first(root, key); status == 0 && item; item = item->next)
		status = take(loader, item);
	return status;
}

int bc_loader_take_pack(struct bc_loader *loader, const struct bc_yaml_node *root)
{
	const struct bc_yaml_node *about = bc_yaml_get(root, "pack");
	size_t constants = loader->constants.count;
	int status = take_list(loader, root, "disable", disable);

	take_about(loader, about);
	if (status == 0)
		status = take_list(loader, root, "loops", bc_loader_take_loop);
	for (const struct bc_yaml_node *i = bc_read_first(root, "never_blocks"); i; i = i->next)
		take_never(loader, i);
	for (const struct bc_yaml_node *i = bc_read_first(root, "cut"); i; i = i->next)
		take_cut(loader, i);
	if (status == 0)
		status = take_list(loader, root, "blocking", take_sink);
	bc_loader_take_locks(loader, root);
	bc_loader_take_queues(loader, root);
	bc_loader_take_worsts(loader, root);
	bc_loader_take_phases(loader, root);
	bc_loader_take_handlers(loader, root);
	if (status == 0 && bc_yaml_get(root, "descriptors"))
		status = bc_loader_take_descriptors(loader, bc_yaml_get(root, "descriptors"));
	take_constants(loader, bc_yaml_get(root, "constants"));
	for (const struct bc_yaml_node *i = bc_read_first(root, "thread_identity"); i; i = i->next)
		bc_vec_push(&loader->thread_identity, bc_read_keep(loader, i->text));
	for (const struct bc_yaml_node *i = bc_read_first(root, "forks"); i; i = i->next)
		bc_vec_push(&loader->forks, bc_read_keep(loader, i->text));
	read_tests(loader, root, loader->pack_name);
	if (loader->constants.count > constants)
		take_headers(loader, about);
	return status;
}
