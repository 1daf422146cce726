#include "input/stamps.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/error.h"
#include "base/fs.h"

struct bc_stamp_entry {
	struct bc_stamp stamp;
	enum { HASH_UNKNOWN, HASH_KNOWN, HASH_FAILED } hash_state;
	uint64_t hash[2];
	uint32_t *names; /* of a folder: ids, sorted by text; NULL while not read */
	size_t nnames;
};

void bc_stamps_init(struct bc_stamps *stamps, const char *root)
{
	*stamps = (struct bc_stamps){.root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC)};
	stamps->root = bc_xstrdup(root);
}

void bc_stamps_fini(struct bc_stamps *stamps)
{
	for (size_t i = 0; i < stamps->entries.count; i++) {
		if (stamps->entries.items[i])
			free(stamps->entries.items[i]->names);
		free(stamps->entries.items[i]);
	}
	bc_vec_fini(&stamps->entries);
	bc_vec_fini(&stamps->chosen);
	bc_intern_fini(&stamps->paths);
	bc_intern_fini(&stamps->names);
	if (stamps->root_fd >= 0)
		close(stamps->root_fd);
	free(stamps->root);
}

static int64_t in_ns(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct bc_stamp read_stamp(const struct bc_stamps *stamps, const char *path)
{
	struct stat st;

	if (fstatat(stamps->root_fd, path, &st, 0) != 0)
		return (struct bc_stamp){0};
	return (struct bc_stamp){.exists = 1,
		.size = (uint64_t)st.st_size,
		.mtime_ns = in_ns(st.st_mtim),
		.ctime_ns = in_ns(st.st_ctim)};
}

static struct bc_stamp_entry *find_entry(struct bc_stamps *stamps, const char *path)
{
	uint32_t id = bc_intern(&stamps->paths, path);
	struct bc_stamp_entry *entry;

	while (stamps->entries.count <= id)
		bc_vec_push(&stamps->entries, NULL);
	entry = stamps->entries.items[id];
	if (!entry) {
		entry = bc_xmalloc(sizeof(*entry));
		*entry = (struct bc_stamp_entry){.stamp = read_stamp(stamps, path)};
		stamps->entries.items[id] = entry;
	}
	return entry;
}

struct bc_stamp bc_stamps_get(struct bc_stamps *stamps, const char *path)
{
	return find_entry(stamps, path)->stamp;
}

int bc_stamps_hash(struct bc_stamps *stamps, const char *path, uint64_t hash[2])
{
	struct bc_stamp_entry *entry = find_entry(stamps, path);

	if (entry->hash_state == HASH_UNKNOWN) {
		struct bc_arena arena = BC_ARENA_INIT;
		const char *full = bc_path_join(&arena, stamps->root, path);
		uint64_t size;
		int status = bc_file_hash(full, entry->hash, &size);

		entry->hash_state = status == 0 ? HASH_KNOWN : HASH_FAILED;
		bc_arena_fini(&arena);
	}
	if (entry->hash_state == HASH_FAILED)
		return bc_fail(BC_EINPUT, "%s: cannot be read", path);
	hash[0] = entry->hash[0];
	hash[1] = entry->hash[1];
	return 0;
}

/* ---- names in folders ---- */

void bc_stamps_choose(struct bc_stamps *stamps)
{
	stamps->choice++;
}

void bc_stamps_add(struct bc_stamps *stamps, const char *path)
{
	uint32_t id = bc_intern(&stamps->names, bc_path_basename(path));

	while (stamps->chosen.count <= id)
		bc_vec_push(&stamps->chosen, 0);
	stamps->chosen.items[id] = stamps->choice;
}

static int compare_names(const void *a, const void *b, void *stamps)
{
	const struct bc_intern *names = &((struct bc_stamps *)stamps)->names;

	return strcmp(bc_intern_text(names, *(const uint32_t *)a),
		bc_intern_text(names, *(const uint32_t *)b));
}

static void read_names(struct bc_stamps *stamps, const char *folder, struct bc_stamp_entry *entry)
{
	int fd = openat(stamps->root_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	BC_VEC(uint32_t) ids = {0};

	for (struct dirent *item; dir && (item = readdir(dir));)
		bc_vec_push(&ids, bc_intern(&stamps->names, item->d_name));
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	bc_vec_reserve(&ids, 1); /* so that an empty folder is not read again */
	qsort_r(ids.items, ids.count, sizeof(*ids.items), compare_names, stamps);
	entry->names = ids.items;
	entry->nnames = ids.count;
}

uint64_t bc_stamps_names(struct bc_stamps *stamps, const char *folder)
{
	struct bc_stamp_entry *entry = find_entry(stamps, folder);
	uint64_t hash = 0;

	if (!entry->names)
		read_names(stamps, folder, entry);
	for (size_t i = 0; i < entry->nnames; i++) {
		uint32_t id = entry->names[i];
		const char *name = bc_intern_text(&stamps->names, id);

		if (id < stamps->chosen.count && stamps->chosen.items[id] == stamps->choice)
			hash = XXH3_64bits_withSeed(name, strlen(name) + 1, hash);
	}
	return hash;
}
