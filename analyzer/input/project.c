#include "input/project.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"

static const char *resolve(struct bc_arena *arena, const char *path)
{
	char *real = realpath(path, NULL);
	const char *result = real ? bc_arena_strdup(arena, real) : path;

	free(real);
	return result;
}

const char *bc_project_find_file(struct bc_arena *arena, const char *here)
{
	for (const char *folder = here;; folder = bc_path_dirname(arena, folder)) {
		const char *path = bc_path_join(arena, folder, BC_PROJECT_FILE);

		if (access(path, F_OK) == 0)
			return path;
		if (!strcmp(folder, "/"))
			return NULL;
	}
}

/*
 * At least half of them: a few generated sources do not make the build folder the project, nor do a
 * few sources from elsewhere unmake it.
 */
static int lies_mostly_below(const struct bc_compdb *db, const char *folder)
{
	size_t n = 0;

	for (size_t i = 0; i < db->count; i++)
		n += bc_path_relative(folder, db->entries[i].file) != db->entries[i].file;
	return n * 2 >= db->count;
}

/* The deepest folder above all sources. */
static const char *common_folder(struct bc_arena *arena, const struct bc_compdb *db)
{
	const char *folder = bc_path_dirname(arena, db->entries[0].file);

	for (size_t i = 1; i < db->count; i++)
		while (strcmp(folder, "/") != 0 &&
			bc_path_relative(folder, db->entries[i].file) == db->entries[i].file)
			folder = bc_path_dirname(arena, folder);
	return folder;
}

static void place_database(
	struct bc_arena *arena, const char *here, const char *database, struct bc_project *out)
{
	const char *folder;

	out->own_folder = !database;
	if (database)
		out->database = bc_path_absolute(arena, here, database);
	else
		out->database = bc_path_join(arena, out->home, BC_PROJECT_FOLDER "/blockcheck.db");
	folder = bc_path_dirname(arena, out->database);
	/* in a folder of the user's, that name may be taken, by another database, too */
	out->facts = database ? bc_arena_printf(arena, "%s.facts", out->database)
			      : bc_path_join(arena, folder, "facts");
}

void bc_project_locate(struct bc_arena *arena, const char *here, const struct bc_compdb *db,
	const char *database, struct bc_project *out)
{
	*out = (struct bc_project){0};
	here = resolve(arena, here);
	out->config = bc_project_find_file(arena, here);
	out->home = out->config ? bc_path_dirname(arena, out->config) : here;
	if (out->config || !db || !db->count || lies_mostly_below(db, here))
		out->root = out->home;
	else
		out->root = common_folder(arena, db);
	place_database(arena, here, database, out);
}

/* Git is told by the folder itself to leave it alone, so that nobody has to change a .gitignore. */
static int make_ignored_folder(struct bc_arena *arena, const char *folder)
{
	const char *ignore = bc_path_join(arena, folder, ".gitignore");
	int status = bc_mkdirs(folder);

	if (status == 0 && !bc_file_exists(ignore))
		status = bc_file_write(ignore, "*\n", 2);
	return status;
}

int bc_project_prepare(const struct bc_project *project)
{
	struct bc_arena arena = BC_ARENA_INIT;
	const char *folder = bc_path_dirname(&arena, project->database);
	int status = 0;

	/* In a folder that the user named with --db, only our own part of it is ignored. */
	if (project->own_folder)
		status = make_ignored_folder(&arena, folder);
	else
		status = make_ignored_folder(&arena, project->facts);
	if (status == 0)
		status = bc_mkdirs(bc_path_join(&arena, project->facts, "shards"));
	if (status == 0 && access(folder, W_OK) != 0)
		status = bc_fail(BC_EOUTPUT, "%s: cannot be written to", folder);
	if (status != 0)
		status = bc_fail(BC_EOUTPUT, "%s; --db FILE keeps the results elsewhere",
			bc_arena_strdup(&arena, bc_error_message()));
	bc_arena_fini(&arena);
	return status;
}

int bc_project_prepare_database(const struct bc_project *project)
{
	struct bc_arena arena = BC_ARENA_INIT;
	const char *folder = bc_path_dirname(&arena, project->database);
	int status = project->own_folder ? make_ignored_folder(&arena, folder) : bc_mkdirs(folder);

	bc_arena_fini(&arena);
	return status;
}
