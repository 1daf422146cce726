#include "input/folders.h"

#include <string.h>

#include "base/fs.h"
#include "base/intern.h"

enum { MAX_FOLDERS = 2048 }; /* for one unit; beyond, subfolders go unwatched */

/* The folders that includes of one unit are looked up in. */
struct search {
	struct bc_arena *arena;
	const char *root;
	struct bc_intern folders; /* all, as the manifest names them */
	struct bc_intern given;   /* those of the command line, and the main file's */
	struct bc_intern below;   /* what includes name below them: "sys", "openssl" */
};

static void add_given(struct search *s, const struct bc_compile *compile)
{
	static const char *const options[] = {"-I", "-iquote", "-isystem", "-idirafter", NULL};

	bc_intern(&s->given, bc_path_dirname(s->arena, compile->file));
	for (int i = 0; i + 1 < compile->nargs; i++)
		for (const char *const *option = options; *option; option++)
			if (!strcmp(compile->args[i], *option))
				bc_intern(&s->given, bc_path_absolute(s->arena, compile->directory,
							     compile->args[i + 1]));
}

/* The part of a system header's path that includes name: "sys/socket.h". */
static const char *system_name(const char *path)
{
	const char *found = NULL, *next = path, *slash;

	while ((next = strstr(next, "/include/")))
		found = next += strlen("/include/");
	if (!found)
		return NULL;
	slash = strchr(found, '/'); /* /usr/include/x86_64-linux-gnu/sys/socket.h */
	return slash && memmem(found, (size_t)(slash - found), "-linux-", 7) ? slash + 1 : found;
}

/* The name by which an include may have found `path`, as far as it can be told. */
static const char *included_name(const struct search *s, const char *path)
{
	const char *best = NULL;

	for (size_t i = 0; i < s->given.strings.count; i++) {
		const char *rest = bc_path_relative(s->given.strings.items[i], path);

		if (rest != path && (!best || rest > best)) /* the deepest folder */
			best = rest;
	}
	return best ? best : system_name(path);
}

static void add_below(struct search *s, const char *name)
{
	const char *slash = name ? strrchr(name, '/') : NULL;

	if (slash && slash > name)
		bc_intern_n(&s->below, name, (size_t)(slash - name));
}

static void add_folder(struct search *s, const char *path)
{
	bc_intern(&s->folders, bc_path_relative(s->root, path));
}

static void add_files(struct search *s, const struct bc_manifest *manifest)
{
	for (size_t i = 0; i < manifest->nfiles; i++) {
		const char *path = bc_path_absolute(s->arena, s->root, manifest->files[i].path);

		add_below(s, included_name(s, path));
		/* A quoted include looks beside the file that includes first. */
		if (bc_path_relative(s->root, path) != path)
			add_folder(s, bc_path_dirname(s->arena, path));
	}
	for (size_t i = 0; i < manifest->nmissing; i++)
		add_below(s, manifest->missing[i]);
}

static void add_subfolders(struct search *s)
{
	for (size_t i = 0; i < s->given.strings.count; i++)
		for (size_t j = 0; j < s->below.strings.count; j++)
			if (s->folders.strings.count < MAX_FOLDERS)
				add_folder(s, bc_path_absolute(s->arena, s->given.strings.items[i],
						      s->below.strings.items[j]));
}

void bc_manifest_add_folders(struct bc_arena *arena, const char *root,
	const struct bc_compile *compile, struct bc_manifest *manifest)
{
	struct search s = {.arena = arena, .root = root};

	add_given(&s, compile);
	for (size_t i = 0; i < s.given.strings.count; i++)
		add_folder(&s, s.given.strings.items[i]);
	add_files(&s, manifest);
	add_subfolders(&s);
	manifest->nfolders = s.folders.strings.count;
	manifest->folders = BC_NEW_ARRAY(arena, struct bc_manifest_folder, manifest->nfolders);
	for (size_t i = 0; i < manifest->nfolders; i++)
		manifest->folders[i].path = bc_arena_strdup(arena, s.folders.strings.items[i]);
	bc_intern_fini(&s.folders);
	bc_intern_fini(&s.given);
	bc_intern_fini(&s.below);
}
