#include "harness/collect/places.h"

#include <string.h>

#include "base/fs.h"
#include "harness/collect/report.h"

enum { MIN_FOLDERS = 2, MAX_MODULES = 16 };

struct module {
	const char *path;
	uint32_t count;
};

struct search {
	struct bc_arena *arena;
	struct module modules[MAX_MODULES];
	const char
		*most; /* the module that most frames are of: the program, or where its work is */
	const char *common;
	size_t length; /* of `common` that counts */
};

typedef void visit_where(struct search *search, const struct bc_run_where *where);

static void visit_all(struct search *search, const struct bc_run *run, visit_where *visit)
{
	for (size_t i = 0; i < run->stalls.count; i++) {
		const struct bc_run_stall *stall = &run->stalls.items[i];

		for (uint32_t j = 0; j < stall->nstack; j++)
			if (stall->stack[j].file)
				visit(search, &stall->stack[j]);
	}
	for (size_t i = 0; i < run->callbacks.count; i++)
		if (run->callbacks.items[i].where.file)
			visit(search, &run->callbacks.items[i].where);
}

static void count_module(struct search *search, const struct bc_run_where *where)
{
	for (int i = 0; i < MAX_MODULES; i++) {
		struct module *module = &search->modules[i];

		if (!module->path)
			module->path = where->module;
		if (!strcmp(module->path, where->module)) {
			module->count++;
			return;
		}
	}
}

static const char *find_most(const struct search *search)
{
	const struct module *most = search->modules;

	for (int i = 1; i < MAX_MODULES; i++)
		if (search->modules[i].count > most->count)
			most = &search->modules[i];
	return most->path;
}

/* Functions of the system's headers are inlined everywhere. */
static int is_systems(const char *file)
{
	return !strncmp(file, "/usr/include/", 13) || !strncmp(file, "/usr/lib/", 9);
}

static void narrow(struct search *search, const struct bc_run_where *where)
{
	size_t same = 0, n = 0;

	if (strcmp(where->module, search->most) != 0 || is_systems(where->file))
		return;
	if (!search->common) {
		search->common = bc_report_path(search->arena, where->file);
		search->length = (size_t)(bc_path_basename(search->common) - search->common);
		return;
	}
	for (; n < search->length && where->file[n] == search->common[n]; n++)
		if (where->file[n] == '/')
			same = n + 1;
	search->length = same;
}

const char *bc_places_folder(struct bc_arena *arena, const struct bc_run *run)
{
	struct search search = {.arena = arena};
	int folders = 0;

	visit_all(&search, run, count_module);
	search.most = find_most(&search);
	if (!search.most)
		return NULL;
	visit_all(&search, run, narrow);
	if (!search.common || search.common[0] != '/')
		return NULL;
	for (size_t i = 1; i < search.length; i++)
		folders += search.common[i] == '/';
	return folders >= MIN_FOLDERS ? bc_arena_strndup(arena, search.common, search.length)
				      : NULL;
}

const char *bc_places_file(struct bc_arena *arena, const char *folder, const char *file)
{
	if (file && folder && !strncmp(file, folder, strlen(folder)))
		return file + strlen(folder);
	return bc_report_path(arena, file);
}

const char *bc_places_show(
	struct bc_arena *arena, const char *folder, const struct bc_run_where *where)
{
	const char *file = bc_places_file(arena, folder, where->file);

	if (!file)
		return bc_path_basename(where->module);
	return where->line ? bc_arena_printf(arena, "%s:%d", file, where->line) : file;
}
