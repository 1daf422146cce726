#include "input/find.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fs.h"

#define DATABASE "compile_commands.json"

enum { MAX_FOLDERS = 2000 }; /* to look into: an advice may not take long */

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

struct search {
	struct bc_arena *arena;
	const char *prefix; /* of the names of folders to look into */
	int folders;        /* that may still be looked into */
	const char *best;
	int64_t best_time;
};

static void consider(struct search *s, const char *path)
{
	int64_t time = written_at(path);

	/* Names decide a tie, so that the order of the folder does not. */
	if (time > s->best_time || (s->best && time == s->best_time && strcmp(path, s->best) < 0)) {
		s->best = path;
		s->best_time = time;
	}
}

static void look_below(struct search *s, const char *folder, int depth)
{
	DIR *dir = opendir(folder);

	for (struct dirent *item; dir && (item = readdir(dir));) {
		const char *path;

		if (item->d_name[0] == '.' || s->folders <= 0 ||
			strncmp(item->d_name, s->prefix, strlen(s->prefix)) != 0)
			continue;
		path = bc_path_join(s->arena, folder, item->d_name);
		if (!is_folder(path))
			continue;
		s->folders--;
		consider(s, bc_path_join(s->arena, path, DATABASE));
		if (depth > 1)
			look_below(s, path, depth - 1);
	}
	if (dir)
		closedir(dir);
}

/* The newest database in a folder of `folder` whose name begins so, or NULL. */
static const char *find_below(
	struct bc_arena *arena, const char *folder, const char *prefix, int depth)
{
	struct search s = {
		.arena = arena, .prefix = prefix, .folders = MAX_FOLDERS, .best_time = -1};

	look_below(&s, folder, depth);
	return s.best;
}

static const char *find_in(struct bc_arena *arena, const char *folder)
{
	const char *path = bc_path_join(arena, folder, DATABASE);

	return written_at(path) >= 0 ? path : find_below(arena, folder, "build", 1);
}

/* ---- when there is none ---- */

/* How the program in `folder` seems to be built, and what writes a database there. */
static const char *advise_build(struct bc_arena *arena, const char *folder)
{
	static const struct {
		const char *file, *advice;
	} builds[] = {
		{"meson.build", "'meson setup build' writes one into build/"},
		{"CMakeLists.txt",
			"'cmake -B build -DCMAKE_EXPORT_COMPILE_COMMANDS=ON' writes one into "
			"build/"},
		{"build.ninja", "'ninja -t compdb >" DATABASE "' writes one"},
		{"Makefile", "'make clean' and 'bear -- make' record one"},
		{"makefile", "'make clean' and 'bear -- make' record one"},
		{"GNUmakefile", "'make clean' and 'bear -- make' record one"},
		{"configure", "'./configure' and 'bear -- make' record one"},
		{"configure.ac", "'autoreconf -i', './configure' and 'bear -- make' record one"},
	};

	for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++)
		if (written_at(bc_path_join(arena, folder, builds[i].file)) >= 0)
			return builds[i].advice;
	return "CMake writes one when configured with -DCMAKE_EXPORT_COMPILE_COMMANDS=ON, Meson "
	       "always, both into the build folder (-p FOLDER); for other builds "
	       "'bear -- make' records one";
}

/* `name` is the folder as the user calls it. A build folder may have any name. */
static int fail_without(
	struct bc_arena *arena, const char *folder, const char *name, const char *looked)
{
	const char *near = find_below(arena, folder, "", 2);

	if (near)
		return bc_fail(BC_EINPUT, "%s, but further below: give -p %s%s", looked, name,
			bc_path_relative(folder, bc_path_dirname(arena, near)));
	return bc_fail(BC_EINPUT, "%s; %s", looked, advise_build(arena, folder));
}

/* ---- the one to read ---- */

static int find_wanted(
	struct bc_arena *arena, const char *here, const char *wanted, const char **path)
{
	const char *absolute = bc_path_absolute(arena, here, wanted);

	if (!bc_file_exists(absolute))
		return bc_fail(BC_EINPUT, "-p %s: no such file or folder", wanted);
	*path = is_folder(absolute) ? find_in(arena, absolute) : absolute;
	if (*path)
		return 0;
	return fail_without(arena, absolute, bc_arena_printf(arena, "%s/", wanted),
		bc_arena_printf(arena, "-p %s: no " DATABASE " in this folder", wanted));
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
	return fail_without(arena, bc_path_absolute(arena, here, ""), "",
		"no " DATABASE " found here, in build*/ or above");
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
