/* Finds packs, reads them in order, and lays the result out. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "models/loader.h"

enum { MAX_PACKS = 1000, MAX_FOLDER_DEPTH = 8 };

/* ---- files ---- */

struct pack_files {
	struct bc_arena *arena;
	BC_VEC(const char *) paths;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_file(struct pack_files *files, const char *path)
{
	if (files->paths.count == MAX_PACKS)
		return bc_fail(BC_ELIMIT, "%s: more than %d rule packs", path, MAX_PACKS);
	bc_vec_push(&files->paths, path);
	return 0;
}

static int is_pack_name(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 5 && !strcmp(name + len - 5, ".yaml");
}

static int add_folder(struct pack_files *files, const char *folder, int depth);

/* Links to folders are not followed: they may lead back here. */
static int add_entry(struct pack_files *files, const char *path, const char *name, int depth)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && name[0] != '.')
		return add_folder(files, path, depth + 1);
	return is_pack_name(name) ? add_file(files, path) : 0;
}

static int add_folder(struct pack_files *files, const char *folder, int depth)
{
	BC_VEC(const char *) names = {0};
	const struct dirent *entry;
	DIR *dir;
	int status = 0;

	if (depth > MAX_FOLDER_DEPTH)
		return bc_fail(BC_ELIMIT, "%s: folders nested too deeply", folder);
	dir = opendir(folder);
	if (!dir)
		return bc_fail(BC_EINPUT, "%s: %s", folder, strerror(errno));
	while ((entry = readdir(dir)))
		bc_vec_push(&names, bc_arena_strdup(files->arena, entry->d_name));
	closedir(dir);
	if (names.count)
		qsort(names.items, names.count, sizeof(*names.items), compare_names);
	for (size_t i = 0; status == 0 && i < names.count; i++)
		status = add_entry(files, bc_path_join(files->arena, folder, names.items[i]),
			names.items[i], depth);
	bc_vec_fini(&names);
	return status;
}

static int add_path(struct pack_files *files, const char *path)
{
	size_t before = files->paths.count;
	struct stat st;
	int status;

	if (stat(path, &st) != 0)
		return bc_fail(BC_EINPUT, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return add_file(files, bc_arena_strdup(files->arena, path));
	status = add_folder(files, path, 0);
	if (status == 0 && files->paths.count == before)
		return bc_fail(BC_EINPUT, "%s: no rule packs (*.yaml) in this folder", path);
	return status;
}

/* ---- reading ---- */

void bc_loader_remember(
	struct bc_loader *loader, struct bc_loading_name **names, const char *name, size_t value)
{
	struct bc_loading_name *entry;

	HASH_FIND_STR(*names, name, entry);
	if (!entry) {
		entry = BC_NEW(loader->arena, struct bc_loading_name);
		entry->name = name;
		HASH_ADD_KEYPTR(hh, *names, entry->name, strlen(name), entry);
	}
	entry->value = value;
}

/* The hash covers contents and their borders, not the paths: those differ between checkouts. */
static void add_to_hash(struct bc_models *models, const char *bytes, size_t size)
{
	uint64_t parts[4] = {models->hash[0], models->hash[1]};

	bc_hash_bytes(bytes, size, parts + 2);
	bc_hash_bytes(parts, sizeof(parts), models->hash);
}

static int read_pack(
	struct bc_loader *loader, struct bc_models *models, const char *bytes, size_t size)
{
	struct bc_arena scratch = BC_ARENA_INIT; /* the tree; rules keep copies of its texts */
	struct bc_yaml_node *root = NULL;
	int status = bc_yaml_read(&scratch, loader->path, bytes, size, &root);

	if (status == 0)
		status = bc_schema_check(loader->path, root);
	if (status == 0)
		status = bc_loader_take_pack(loader, root);
	if (status == 0)
		add_to_hash(models, bytes, size);
	bc_arena_fini(&scratch);
	return status;
}

static int read_files(
	struct bc_loader *loader, struct bc_models *models, const struct pack_files *files)
{
	struct bc_buf bytes = {0};
	int status = 0;

	for (size_t i = 0; status == 0 && i < files->paths.count; i++) {
		loader->path = bc_arena_strdup(loader->arena, files->paths.items[i]);
		bc_buf_clear(&bytes);
		status = bc_file_read(&bytes, loader->path, BC_YAML_MAX_BYTES);
		if (status == 0)
			status = read_pack(loader, models, bytes.data, bytes.len);
		loader->pack++;
	}
	bc_buf_fini(&bytes);
	return status;
}

static int read_path(struct bc_loader *loader, struct bc_models *models, const char *path)
{
	struct bc_arena scratch = BC_ARENA_INIT;
	struct pack_files files = {.arena = &scratch};
	int status = add_path(&files, path);

	if (status == 0 && files.paths.count + (size_t)loader->pack > MAX_PACKS)
		status = bc_fail(BC_ELIMIT, "%s: more than %d rule packs", path, MAX_PACKS);
	if (status == 0)
		status = read_files(loader, models, &files);
	bc_vec_fini(&files.paths);
	bc_arena_fini(&scratch);
	return status;
}

static int read_own(
	struct bc_loader *loader, struct bc_models *models, const struct bc_pack_source *source)
{
	int status;

	loader->path = bc_arena_strdup(loader->arena, source->path);
	loader->own = 1;
	status = bc_loader_take_pack(loader, source->root);
	loader->own = 0;
	loader->pack++;
	add_to_hash(models, (const char *)source->hash, sizeof(source->hash));
	return status;
}

/* ---- the result ---- */

/* Copies a growing array into the arena, leaving out what was dropped. */
#define TAKE_LIVING(loader, models, name) \
	do { \
		(models)->name = bc_arena_calloc( \
			(loader)->arena, (loader)->name.count + 1, sizeof(*(models)->name)); \
		for (size_t i_ = 0; i_ < (loader)->name.count; i_++) \
			if (!(loader)->name.items[i_].dead) \
				(models)->name[(models)->n##name++] = \
					(loader)->name.items[i_].rule; \
	} while (0)

#define TAKE_ALL(loader, models, from, name) \
	do { \
		(models)->name = bc_arena_calloc( \
			(loader)->arena, (loader)->from.count + 1, sizeof(*(models)->name)); \
		for (size_t i_ = 0; i_ < (loader)->from.count; i_++) \
			(models)->name[(models)->n##name++] = (loader)->from.items[i_]; \
	} while (0)

/*
 * A function stands in a blocking rule of one pack and among the never_blocks of another: the later
 * pack is right. Drops it from the rule, or from never_blocks.
 */
static int settle_sink(struct bc_loader *loader, struct bc_loading_sink *sink)
{
	struct bc_sink_rule *rule = &sink->rule;
	const char **left = BC_NEW_ARRAY(loader->arena, const char *, (size_t)rule->nfunctions);
	int n = 0;

	for (int f = 0; f < rule->nfunctions; f++) {
		struct bc_loading_name *never;

		HASH_FIND_STR(loader->nevers, rule->functions[f], never);
		if (never && never->value == (size_t)sink->pack)
			return bc_fail(BC_EINPUT,
				"%s:%d: '%s' stands both in this rule and in never_blocks",
				rule->origin.path, rule->origin.line, never->name);
		if (never && never->value > (size_t)sink->pack)
			continue;
		if (never)
			never->overruled = 1;
		left[n++] = rule->functions[f];
	}
	rule->functions = left;
	rule->nfunctions = n;
	return 0;
}

static int settle(struct bc_loader *loader)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < loader->sinks.count; i++)
		if (!loader->sinks.items[i].dead)
			status = settle_sink(loader, &loader->sinks.items[i]);
	return status;
}

static void lay_out(struct bc_loader *loader, struct bc_models *models)
{
	TAKE_LIVING(loader, models, sinks);
	TAKE_LIVING(loader, models, registers);
	TAKE_LIVING(loader, models, fields);
	TAKE_LIVING(loader, models, waits);
	TAKE_LIVING(loader, models, creators);
	TAKE_LIVING(loader, models, modes);
	TAKE_LIVING(loader, models, locks);
	TAKE_LIVING(loader, models, watches);
	TAKE_LIVING(loader, models, limits);
	TAKE_LIVING(loader, models, queues);
	TAKE_LIVING(loader, models, sames);
	TAKE_ALL(loader, models, would_block, would_block);
	TAKE_ALL(loader, models, thread_identity, thread_identity);
	TAKE_ALL(loader, models, constants, constants);
	TAKE_ALL(loader, models, headers, headers);
	TAKE_ALL(loader, models, forks, forks);
	TAKE_ALL(loader, models, annotations, loop_annotations);
	TAKE_ALL(loader, models, loops, loops);
	TAKE_ALL(loader, models, tests, tests);
	TAKE_ALL(loader, models, nevers_said, nevers);
	TAKE_ALL(loader, models, packs, packs);
	TAKE_ALL(loader, models, cuts, cuts);
	TAKE_ALL(loader, models, worsts, worsts);
	TAKE_ALL(loader, models, phases, phases);
	TAKE_ALL(loader, models, handlers, handlers);
	models->never_blocks =
		BC_NEW_ARRAY(loader->arena, const char *, HASH_COUNT(loader->nevers));
	for (const struct bc_loading_name *n = loader->nevers; n; n = n->hh.next)
		if (!n->overruled)
			models->never_blocks[models->nnever_blocks++] = n->name;
	bc_models_build_index(loader->arena, models);
}

static void free_loader(struct bc_loader *loader)
{
	bc_vec_fini(&loader->sinks);
	bc_vec_fini(&loader->registers);
	bc_vec_fini(&loader->fields);
	bc_vec_fini(&loader->waits);
	bc_vec_fini(&loader->creators);
	bc_vec_fini(&loader->modes);
	bc_vec_fini(&loader->locks);
	bc_vec_fini(&loader->watches);
	bc_vec_fini(&loader->limits);
	bc_vec_fini(&loader->queues);
	bc_vec_fini(&loader->sames);
	bc_vec_fini(&loader->would_block);
	bc_vec_fini(&loader->thread_identity);
	HASH_CLEAR(hh, loader->nevers);
	HASH_CLEAR(hh, loader->sink_ids);
	bc_vec_fini(&loader->constants);
	bc_vec_fini(&loader->tests);
	bc_vec_fini(&loader->nevers_said);
	bc_vec_fini(&loader->packs);
	bc_vec_fini(&loader->cuts);
	bc_vec_fini(&loader->worsts);
	bc_vec_fini(&loader->phases);
	bc_vec_fini(&loader->handlers);
	bc_vec_fini(&loader->headers);
	bc_vec_fini(&loader->forks);
	bc_vec_fini(&loader->annotations);
	bc_vec_fini(&loader->loops);
}

/* Ends the loading, well or not: `status` is how reading the packs went. */
static int finish(struct bc_loader *loader, int status, struct bc_models *models)
{
	if (status == 0)
		status = settle(loader);
	if (status == 0)
		lay_out(loader, models);
	else
		*models = (struct bc_models){0};
	free_loader(loader);
	return status;
}

int bc_models_files(struct bc_arena *arena, const char *const *paths, int npaths,
	const char *const **files, int *nfiles)
{
	struct pack_files found = {.arena = arena};
	const char **list;
	int status = 0;

	for (int i = 0; status == 0 && i < npaths; i++)
		status = add_path(&found, paths[i]);
	list = BC_NEW_ARRAY(arena, const char *, found.paths.count + 1);
	*nfiles = (int)found.paths.count;
	for (int i = 0; i < *nfiles; i++)
		list[i] = found.paths.items[i];
	*files = list;
	bc_vec_fini(&found.paths);
	return status;
}

int bc_models_load_sources(struct bc_arena *arena, const struct bc_pack_source *sources,
	int nsources, struct bc_models *models)
{
	struct bc_loader loader = {.arena = arena};
	int status = 0;

	*models = (struct bc_models){0};
	for (int i = 0; status == 0 && i < nsources; i++)
		status = sources[i].root ? read_own(&loader, models, &sources[i])
					 : read_path(&loader, models, sources[i].path);
	return finish(&loader, status, models);
}

int bc_models_load(
	struct bc_arena *arena, const char *const *paths, int npaths, struct bc_models *models)
{
	struct bc_pack_source *sources =
		BC_NEW_ARRAY(arena, struct bc_pack_source, (size_t)npaths + 1);

	for (int i = 0; i < npaths; i++)
		sources[i].path = paths[i];
	return bc_models_load_sources(arena, sources, npaths, models);
}

int bc_models_load_text(struct bc_arena *arena, const char *name, const char *text, size_t size,
	struct bc_models *models)
{
	struct bc_loader loader = {.arena = arena, .path = bc_arena_strdup(arena, name)};

	*models = (struct bc_models){0};
	return finish(&loader, read_pack(&loader, models, text, size), models);
}

void bc_models_set_constant(struct bc_models *models, const char *name, int64_t value)
{
	for (int i = 0; i < models->nconstants; i++)
		if (!strcmp(models->constants[i].name, name)) {
			models->constants[i].value = value;
			models->constants[i].known = 1;
			return;
		}
}
