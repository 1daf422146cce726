#include "config/config.h"

#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/fs.h"

struct reader {
	struct bc_arena *arena;
	struct bc_config *config;
	struct bc_yaml_node *root;
};

static size_t count(const struct bc_yaml_node *list)
{
	return list ? (size_t)list->nkids : 0;
}

static int fail(const struct reader *r, const struct bc_yaml_node *at, const char *what)
{
	return bc_yaml_fail(r->config->path, at, "%s", what);
}

/* ---- settings ---- */

static double setting_value(enum bc_setting setting, const char *text)
{
	double ms = 0;
	int truth = 0;

	switch (setting) {
	case BC_SETTING_BUDGET: bc_duration_read(text, 0, &ms); return ms;
	case BC_SETTING_MIN_CONFIDENCE: return bc_word_value(bc_words_confidence, text);
	case BC_SETTING_FAIL_ON: return bc_word_value(bc_words_fail_on, text);
	case BC_SETTING_LOGGING: bc_yaml_bool(text, &truth); return truth;
	case BC_SETTING_COUNT: break;
	}
	return 0;
}

static void read_settings(struct reader *r)
{
	for (int i = 0; i < BC_SETTING_COUNT; i++) {
		enum bc_setting setting = (enum bc_setting)i;
		const struct bc_yaml_node *node = bc_yaml_get(r->root, bc_setting_name(setting));

		if (node)
			r->config->settings[i] = (struct bc_config_setting){
				setting_value(setting, node->text), node->line};
	}
}

/* ---- paths ---- */

static struct bc_config_text *read_texts(struct reader *r, const char *key, int *n)
{
	const struct bc_yaml_node *list = bc_yaml_get(r->root, key);
	struct bc_config_text *texts = BC_NEW_ARRAY(r->arena, struct bc_config_text, count(list));

	for (const struct bc_yaml_node *i = list ? list->kids : NULL; i; i = i->next)
		texts[(*n)++] = (struct bc_config_text){.text = i->text,
			.path = bc_path_absolute(r->arena, r->config->folder, i->text),
			.line = i->line,
			.column = i->column};
	return texts;
}

static int read_path(struct reader *r, const struct bc_yaml_node *node, struct bc_config_path *path)
{
	const struct bc_yaml_node *name = bc_yaml_get(node, "path");
	const struct bc_yaml_node *skip = bc_yaml_get(node, "skip");
	const struct bc_yaml_node *confidence = bc_yaml_get(node, "min_confidence");
	const char *absolute = bc_path_absolute(r->arena, r->config->folder, name->text);

	*path = (struct bc_config_path){.path = bc_path_relative(r->config->folder, absolute),
		.min_confidence = -1,
		.line = node->line};
	if (path->path == absolute || name->text[0] == '/')
		return fail(r, name, "a path has to lie below the folder of this file");
	if (!skip && !confidence)
		return fail(r, node, "a path needs 'skip' or 'min_confidence'");
	if (skip)
		bc_yaml_bool(skip->text, &path->skip);
	if (confidence)
		path->min_confidence = bc_word_value(bc_words_confidence, confidence->text);
	return 0;
}

static int read_paths(struct reader *r)
{
	const struct bc_yaml_node *list = bc_yaml_get(r->root, "paths");
	int status = 0;

	r->config->paths = BC_NEW_ARRAY(r->arena, struct bc_config_path, count(list));
	for (const struct bc_yaml_node *i = list ? list->kids : NULL; status == 0 && i; i = i->next)
		status = read_path(r, i, &r->config->paths[r->config->npaths++]);
	return status;
}

static int lies_in(const char *file, const char *path)
{
	size_t n = strlen(path);

	if (!strcmp(path, "."))
		return 1;
	return !strncmp(file, path, n) && (file[n] == '\0' || file[n] == '/');
}

const struct bc_config_path *bc_config_of_file(const struct bc_config *config, const char *file)
{
	for (int i = config ? config->npaths : 0; i-- > 0;)
		if (lies_in(file, config->paths[i].path))
			return &config->paths[i];
	return NULL;
}

/* ---- the rules in the file, as a pack ---- */

static struct bc_yaml_node *new_node(
	struct reader *r, const struct bc_yaml_node *at, enum bc_yaml_kind kind, const char *text)
{
	struct bc_yaml_node *node = BC_NEW(r->arena, struct bc_yaml_node);

	*node = (struct bc_yaml_node){
		.kind = kind, .line = at->line, .column = at->column, .text = text};
	return node;
}

static void add_key(
	struct reader *r, struct bc_yaml_node *map, const char *key, struct bc_yaml_node *value)
{
	struct bc_yaml_node *name = new_node(r, map, BC_YAML_SCALAR, key);

	name->next = value;
	value->next = map->kids;
	map->kids = name;
	map->nkids += 2;
}

static void add_text(struct reader *r, struct bc_yaml_node *map, const char *key, const char *text)
{
	add_key(r, map, key, new_node(r, map, BC_YAML_SCALAR, text));
}

/* `register` becomes a loop of its own. */
static void add_loop(struct reader *r, struct bc_yaml_node *root)
{
	const struct bc_yaml_node *list = bc_yaml_get(root, "register");
	struct bc_yaml_node *loops, *loop, *copy;

	if (!list)
		return;
	copy = new_node(r, list, BC_YAML_LIST, NULL);
	copy->kids = list->kids;
	copy->nkids = list->nkids;
	loop = new_node(r, list, BC_YAML_MAP, NULL);
	add_key(r, loop, "register", copy);
	add_text(r, loop, "id", BC_PROJECT_PACK);
	loops = new_node(r, list, BC_YAML_LIST, NULL);
	loops->kids = loop;
	loops->nkids = 1;
	add_key(r, root, "loops", loops);
}

/* A copy of the top, so that the document itself stays as it was written. */
static void make_pack(struct reader *r, const struct bc_buf *bytes)
{
	struct bc_yaml_node *root = new_node(r, r->root, BC_YAML_MAP, NULL);
	struct bc_yaml_node *about = new_node(r, r->root, BC_YAML_MAP, NULL);

	root->kids = r->root->kids;
	root->nkids = r->root->nkids;
	add_loop(r, root);
	add_text(r, about, "name", BC_PROJECT_PACK);
	add_key(r, root, "pack", about);
	r->config->pack = (struct bc_pack_source){.path = r->config->path, .root = root};
	bc_hash_bytes(bytes->data, bytes->len, r->config->pack.hash);
}

/* ---- the file ---- */

static int read_document(struct reader *r, const struct bc_buf *bytes)
{
	int status =
		bc_yaml_read(r->arena, r->config->path, bc_buf_text(bytes), bytes->len, &r->root);

	if (status == 0)
		status = bc_schema_check_as(r->config->path, r->root, &bc_shape_config);
	if (status != 0)
		return status;
	r->config->root = r->root;
	read_settings(r);
	r->config->rules = read_texts(r, "rules", &r->config->nrules);
	r->config->plugins = read_texts(r, "plugins", &r->config->nplugins);
	make_pack(r, bytes);
	return read_paths(r);
}

/* A file of comments only says nothing, and is right. */
static int says_nothing(const struct bc_buf *bytes)
{
	const char *text = bc_buf_text(bytes);

	while (*text) {
		text += strspn(text, " \t\r\n");
		if (*text && *text != '#')
			return 0;
		text += strcspn(text, "\n");
	}
	return 1;
}

int bc_config_load(
	struct bc_arena *arena, const char *path, const char *shown, struct bc_config *config)
{
	struct reader r = {.arena = arena, .config = config};
	struct bc_buf bytes = {0};
	int status;

	*config = (struct bc_config){
		.path = bc_arena_strdup(arena, shown), .folder = bc_path_dirname(arena, path)};
	status = bc_file_read(&bytes, shown, BC_YAML_MAX_BYTES);
	if (status == 0 && !says_nothing(&bytes))
		status = read_document(&r, &bytes);
	bc_buf_fini(&bytes);
	return status;
}
