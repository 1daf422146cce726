/* The parts of a pack about loops and descriptors; each document has passed the schema. */
#include <string.h>

#include "base/error.h"
#include "models/loader.h"
#include "models/read.h"

/* ---- loops ---- */

static int read_roles(struct bc_loader *loader, const struct bc_yaml_node *map,
	const struct bc_cond_scope *scope, struct bc_register_rule *rule)
{
	const struct bc_yaml_node *item = bc_read_first(map, "callbacks");

	rule->roles = BC_NEW_ARRAY(
		loader->arena, struct bc_role, (size_t)bc_read_count(map, "callbacks"));
	for (; item; item = item->next) {
		struct bc_role *role = &rule->roles[rule->nroles++];

		role->arg = bc_read_int(item, "arg", 0);
		role->context = (enum bc_context)bc_read_word(item, "thread", bc_words_context, 0);
		role->fd_arg = bc_read_int(item, "fd_arg", 0);
		role->fd_param = bc_read_int(item, "fd_param", 0);
		role->signal_arg = bc_read_int(item, "signal_arg", 0);
		role->queue_arg = bc_read_int(item, "queue_arg", 0);
		role->source_arg = bc_read_int(item, "source_arg", 0);
		if (bc_read_check_arg(loader, item, "arg", rule->params) != 0 ||
			bc_read_check_arg(loader, item, "fd_arg", rule->params) != 0 ||
			bc_read_check_arg(loader, item, "signal_arg", rule->params) != 0 ||
			bc_read_check_arg(loader, item, "queue_arg", rule->params) != 0 ||
			bc_read_check_arg(loader, item, "source_arg", rule->params) != 0)
			return BC_EINPUT;
		if (bc_yaml_get(item, "signal_when") &&
			bc_loader_read_condition(loader, bc_yaml_get(item, "signal_when"), scope,
				BC_COND_ASSUME_YES, &role->signal_when) != 0)
			return BC_EINPUT;
		if (!role->fd_arg != !role->fd_param)
			return bc_yaml_fail(
				loader->path, item, "'fd_arg' and 'fd_param' belong together");
	}
	return 0;
}

/* `unless` of a loop, or NULL in *unless. */
static int read_unless(struct bc_loader *loader, const struct bc_yaml_node *loop_node,
	const struct bc_once_called **unless)
{
	const struct bc_yaml_node *node = bc_yaml_get(loop_node, "unless");
	struct bc_once_called *called;
	struct bc_cond_scope scope;
	int status;

	*unless = NULL;
	if (!node)
		return 0;
	called = BC_NEW(loader->arena, struct bc_once_called);
	called->functions = bc_read_texts(loader, node, "function", &called->nfunctions);
	status = bc_read_scope(loader, node, &scope);
	if (status == 0 && bc_yaml_get(node, "when"))
		status = bc_loader_read_condition(loader, bc_yaml_get(node, "when"), &scope,
			BC_COND_ASSUME_YES, &called->when);
	*unless = called;
	return status;
}

static int take_register(struct bc_loader *loader, const struct bc_yaml_node *node,
	const char *loop, const struct bc_once_called *unless)
{
	struct bc_register_rule rule = {.loop = loop,
		.unless = unless,
		.own = loader->own,
		.origin = bc_read_origin(loader, node)};
	const struct bc_yaml_node *when = bc_yaml_get(node, "when");
	struct bc_cond_scope scope;
	int status = bc_read_scope(loader, node, &scope);

	rule.functions = bc_read_texts(loader, node, "function", &rule.nfunctions);
	rule.params = scope.params;
	if (status == 0)
		status = read_roles(loader, node, &scope, &rule);
	if (status == 0 && when)
		status = bc_loader_read_condition(
			loader, when, &scope, BC_COND_ASSUME_YES, &rule.when);
	if (status == 0)
		bc_vec_push(&loader->registers, (struct bc_loading_register){.rule = rule});
	return status;
}

/* A rule has one field, so a list of fields becomes as many rules. */
static void take_field(struct bc_loader *loader, const struct bc_yaml_node *node,
	const struct bc_yaml_node *loop_node, const char *loop, const struct bc_once_called *unless)
{
	struct bc_field_rule rule = {.loop = loop,
		.unless = unless,
		.context = (enum bc_context)bc_read_word(node, "thread", bc_words_context, 0),
		.origin = bc_read_origin(loader, node)};
	const struct bc_yaml_node *item = bc_read_first(node, "field");

	rule.records = bc_read_texts(loader, node, "type", &rule.nrecords);
	if (bc_yaml_get(node, "signal_field"))
		rule.signal_field = bc_read_text(loader, node, "signal_field");
	rule.requires = bc_read_texts(loader, loop_node, "requires", &rule.nrequires);
	for (; item; item = bc_read_next(node, "field", item)) {
		rule.field = bc_read_keep(loader, item->text);
		bc_vec_push(&loader->fields, (struct bc_loading_field){.rule = rule});
	}
}

static int take_wait(struct bc_loader *loader, const struct bc_yaml_node *node, const char *loop)
{
	struct bc_wait_rule rule = {.count_arg = bc_read_int(node, "count_arg", 0),
		.origin = bc_read_origin(loader, node)};
	const struct bc_yaml_node *timeout = bc_yaml_get(node, "timeout");
	int status = timeout ? bc_read_timeout(loader, timeout, -1, &rule.timeout) : 0;

	rule.functions = bc_read_texts(loader, node, "function", &rule.nfunctions);
	if (status == 0)
		bc_vec_push(&loader->waits, (struct bc_loading_wait){.rule = rule, .loop = loop});
	return status;
}

static const char *take_loop_id(struct bc_loader *loader, const char *id)
{
	for (size_t i = 0; i < loader->loops.count; i++)
		if (!strcmp(loader->loops.items[i], id))
			return loader->loops.items[i];
	bc_vec_push(&loader->loops, bc_read_keep(loader, id));
	return bc_vec_last(&loader->loops);
}

int bc_loader_take_loop(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	const char *loop = take_loop_id(loader, bc_yaml_get(node, "id")->text);
	const struct bc_once_called *unless;
	const struct bc_yaml_node *item;
	int status = read_unless(loader, node, &unless);

	for (item = bc_read_first(node, "register"); status == 0 && item; item = item->next)
		status = take_register(loader, item, loop, unless);
	for (item = bc_read_first(node, "fields"); item; item = item->next)
		take_field(loader, item, node, loop, unless);
	for (item = bc_read_first(node, "wait"); status == 0 && item; item = item->next)
		status = take_wait(loader, item, loop);
	for (item = bc_read_first(node, "annotations"); item; item = item->next)
		bc_vec_push(&loader->annotations, bc_read_keep(loader, item->text));
	return status;
}

/* ---- descriptors ---- */

/* All of no conditions: it holds. */
static const struct bc_pred always = {.kind = BC_P_ALL, .text = "all"};

/* An optional condition of a creator or setter; what is not known does not hold. */
static int read_when(struct bc_loader *loader, const struct bc_yaml_node *node, const char *key,
	const struct bc_pred **pred)
{
	const struct bc_yaml_node *when = bc_yaml_get(node, key);
	struct bc_cond_scope scope = {.params = -1};

	return when ? bc_loader_read_condition(loader, when, &scope, BC_COND_ASSUME_NO, pred) : 0;
}

static int take_creator(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	struct bc_creator_rule rule = {.out_arg = bc_read_int(node, "out_arg", 0),
		.kind = (enum bc_fd_kind)bc_read_word(node, "kind", bc_words_fd_kind, 0),
		.origin = bc_read_origin(loader, node)};
	int status = read_when(loader, node, "nonblocking_when", &rule.nonblocking_when);

	rule.functions = bc_read_texts(loader, node, "function", &rule.nfunctions);
	if (bc_read_flag(node, "nonblocking"))
		rule.nonblocking_when = &always;
	if (status == 0)
		status = read_when(loader, node, "datagram_when", &rule.datagram_when);
	if (status == 0)
		status = read_when(loader, node, "kernel_when", &rule.kernel_when);
	if (status == 0)
		bc_vec_push(&loader->creators, (struct bc_loading_creator){.rule = rule});
	return status;
}

static int take_mode(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	struct bc_mode_rule rule = {
		.fd_arg = bc_read_int(node, "fd_arg", 1), .origin = bc_read_origin(loader, node)};
	const struct bc_yaml_node *when = bc_yaml_get(node, "when");
	const struct bc_yaml_node *nonblocking = bc_yaml_get(node, "nonblocking_when");
	struct bc_cond_scope scope = {.params = -1};
	int status = 0;

	if (nonblocking)
		status = bc_loader_read_condition(
			loader, nonblocking, &scope, BC_COND_ASSUME_NO, &rule.nonblocking_when);
	rule.functions = bc_read_texts(loader, node, "function", &rule.nfunctions);
	if (status == 0 && when)
		status = bc_loader_read_condition(
			loader, when, &scope, BC_COND_ASSUME_YES, &rule.when);
	if (status == 0)
		bc_vec_push(&loader->modes, (struct bc_loading_mode){.rule = rule});
	return status;
}

void bc_loader_take_locks(struct bc_loader *loader, const struct bc_yaml_node *root)
{
	const struct bc_yaml_node *item = bc_read_first(root, "locks");

	for (; item; item = item->next) {
		struct bc_lock_rule rule = {
			.arg = bc_read_int(item, "arg", 1), .origin = bc_read_origin(loader, item)};

		rule.take = bc_read_texts(loader, item, "take", &rule.ntake);
		rule.release = bc_read_texts(loader, item, "release", &rule.nrelease);
		bc_vec_push(&loader->locks, (struct bc_loading_lock){.rule = rule});
	}
}

void bc_loader_take_queues(struct bc_loader *loader, const struct bc_yaml_node *root)
{
	const struct bc_yaml_node *item = bc_read_first(root, "queues");

	for (; item; item = item->next) {
		struct bc_queue_rule rule = {.arg = bc_read_int(item, "arg", 0),
			.source_arg = bc_read_int(item, "source_arg", 0),
			.use = (enum bc_queue_use)bc_read_word(item, "use", bc_words_queue_use, 0),
			.origin = bc_read_origin(loader, item)};

		rule.functions = bc_read_texts(loader, item, "function", &rule.nfunctions);
		bc_vec_push(&loader->queues, (struct bc_loading_queue){.rule = rule});
	}
}

static void take_watch(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	struct bc_watch_rule rule = {
		.fd_arg = bc_read_int(node, "fd_arg", 1), .origin = bc_read_origin(loader, node)};

	rule.functions = bc_read_texts(loader, node, "function", &rule.nfunctions);
	bc_vec_push(&loader->watches, (struct bc_loading_watch){.rule = rule});
}

static void take_same(struct bc_loader *loader, const struct bc_yaml_node *node)
{
	struct bc_same_rule rule = {
		.arg = bc_read_int(node, "arg", 1), .origin = bc_read_origin(loader, node)};

	rule.functions = bc_read_texts(loader, node, "function", &rule.nfunctions);
	bc_vec_push(&loader->sames, (struct bc_loading_same){.rule = rule});
}

int bc_loader_take_descriptors(struct bc_loader *loader, const struct bc_yaml_node *map)
{
	const struct bc_yaml_node *item;
	int status = 0;

	for (item = bc_read_first(map, "watch"); item; item = item->next)
		take_watch(loader, item);
	for (item = bc_read_first(map, "same"); item; item = item->next)
		take_same(loader, item);

	for (item = bc_read_first(map, "create"); status == 0 && item; item = item->next)
		status = take_creator(loader, item);
	for (item = bc_read_first(map, "set"); status == 0 && item; item = item->next)
		status = take_mode(loader, item);
	if (status == 0)
		status = bc_loader_take_limits(loader, map);
	for (item = bc_read_first(map, "would_block"); item; item = item->next)
		bc_vec_push(&loader->would_block, bc_loader_number(loader, item->text));
	return status;
}
