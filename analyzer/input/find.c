#include "input/find.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fs.h"

#define DATABASE "compile_commands.json"

static int is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* When the file was last written, in nanoseconds; -1 when there is no such file. */
static int64_t written_at(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || S_ISDIR(st.st_mode))
		return -1;
	return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

/* The newest database in a folder `build...` of `folder`, or NULL. */
static const char *find_in_builds(struct bc_arena *arena, const char *folder)
{
	const char *best = NULL;
	int64_t best_time = -1;
	DIR *dir = opendir(folder);

	for (struct dirent *item; dir && (item = readdir(dir));) {
		const char *path;
		int64_t time;

		if (strncmp(item->d_name, "build", 5) != 0)
			continue;
		path = bc_arena_printf(arena, "%s/%s/" DATABASE, folder, item->d_name);
		time = written_at(path);
		/* Names decide a tie, so that the order of the folder does not. */
		if (time > best_time || (best && time == best_time && strcmp(path, best) < 0)) {
			best = path;
			best_time = time;
		}
	}
	if (dir)
		closedir(dir);
	return best;
}

static const char *find_in(struct bc_arena *arena, const char *folder)
{
	const char *path = bc_path_join(arena, folder, DATABASE);

	return written_at(path) >= 0 ? path : find_in_builds(arena, folder);
}

static int find_wanted(
	struct bc_arena *arena, const char *here, const char *wanted, const char **path)
{
	const char *absolute = bc_path_absolute(arena, here, wanted);

	if (!bc_file_exists(absolute))
		return bc_fail(BC_EINPUT, "-p %s: no such file or folder", wanted);
	*path = is_folder(absolute) ? find_in(arena, absolute) : absolute;
	if (*path)
		return 0;
	return bc_fail(BC_EINPUT,
		"-p %s: no " DATABASE " in this folder; is it the build folder, and was CMake "
		"configured with -DCMAKE_EXPORT_COMPILE_COMMANDS=ON?",
		wanted);
}

int bc_compdb_find(struct bc_arena *arena, const char *here, const char *wanted, const char **path)
{
	const char *folder = bc_path_absolute(arena, here, "");

	if (wanted)
		return find_wanted(arena, here, wanted, path);
	for (;; folder = bc_path_dirname(arena, folder)) {
		*path = find_in(arena, folder);
		if (*path)
			return 0;
		if (!strcmp(folder, "/"))
			break;
	}
	return bc_fail(BC_EINPUT,
		"no " DATABASE " found here, in build*/ or above; make one with `cmake "
		"-DCMAKE_EXPORT_COMPILE_COMMANDS=ON`, `bear -- make` or Meson (it lies in the "
		"build "
		"folder: -p FOLDER), or let blockcheck watch the build: `blockcheck check -- "
		"make`");
}

/* ---- the sources meant ---- */

/* Marks the entries that belong to `path`; how many there are. */
static size_t mark_entries(const struct bc_compdb *db, const char *path, char *marked)
{
	size_t n = 0;

	for (size_t i = 0; i < db->count; i++)
		if (bc_path_relative(path, db->entries[i].file) != db->entries[i].file) {
			marked[i] = 1;
			n++;
		}
	return n;
}

static int mark_path(struct bc_arena *arena, const struct bc_compdb *db, const char *here,
	const char *path, char *marked)
{
	const char *absolute = bc_path_absolute(arena, here, path);
	char *real = realpath(absolute, NULL);
	size_t n = mark_entries(db, absolute, marked);

	if (real)
		n += mark_entries(db, real, marked);
	free(real);
	if (n)
		return 0;
	if (!bc_file_exists(absolute))
		return bc_fail(BC_EUSAGE, "%s: no such file or folder", path);
	return bc_fail(BC_EUSAGE, "%s: %s has no C source %s; an argument is a source or a folder",
		path, db->path, is_folder(absolute) ? "below it" : "of this name");
}

static void keep_marked(struct bc_arena *arena, struct bc_compdb *db, const char *marked)
{
	struct bc_compile *kept = BC_NEW_ARRAY(arena, struct bc_compile, db->count);
	size_t n = 0;

	db->missing = 0;
	for (size_t i = 0; i < db->count; i++)
		if (marked[i]) {
			kept[n++] = db->entries[i];
			db->missing += (size_t)db->entries[i].missing;
		}
	db->entries = kept;
	db->count = n;
}

int bc_compdb_filter(struct bc_arena *arena, struct bc_compdb *db, const char *here,
	const char *const *paths, int npaths)
{
	char *marked = bc_arena_alloc(arena, db->count);

	for (int i = 0; i < npaths; i++) {
		int status = mark_path(arena, db, here, paths[i], marked);

		if (status != 0)
			return status;
	}
	if (npaths)
		keep_marked(arena, db, marked);
	return 0;
}
