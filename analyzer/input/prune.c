#define BC_DOMAIN "input"
#include "input/prune.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/intern.h"
#include "base/log.h"
#include "base/vec.h"
#include "input/cache.h"
#include "input/manifest.h"

enum { GRACE_S = 3600, START_RATIO = 3, GOAL_RATIO = 2 };

#define SMALL_ENOUGH ((uint64_t)64 << 20)

struct fact_file {
	const char *path;
	uint64_t size;
	time_t written;
};

struct pruning {
	struct bc_arena arena;
	struct bc_intern live; /* paths that must stay */
	BC_VEC(struct fact_file) dead;
	uint64_t live_size, total_size;
};

/* Only what we write ourselves is ever removed: 32 hex digits, then one of our endings. */
static int is_ours(const char *name)
{
	static const char *const endings[] = {".bcf", ".manifest", ".bcf.tmp.", ".manifest.tmp."};
	const char *rest = name + strspn(name, "0123456789abcdef");

	if (rest - name != 32)
		return 0;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t len = strlen(endings[i]);

		if (!strncmp(rest, endings[i], len) && (!rest[len] || endings[i][len - 1] == '.'))
			return 1;
	}
	return 0;
}

static void mark_live(struct pruning *p, const char *facts, const uint64_t key[2])
{
	const char *manifest_path = bc_cache_manifest_path(&p->arena, facts, key);
	const char *shards = bc_cache_shard_folder(&p->arena, facts);
	struct bc_manifest manifest = {0};
	struct bc_buf bytes = {0};

	bc_intern(&p->live, manifest_path);
	bc_intern(&p->live, bc_cache_unit_path(&p->arena, facts, key));
	if (bc_file_read(&bytes, manifest_path, 0) == 0 &&
		bc_manifest_read(&p->arena, bytes.data, bytes.len, &manifest) == 0)
		for (size_t i = 0; i < manifest.nshards; i++)
			bc_intern(&p->live,
				bc_cache_unit_path(&p->arena, shards, manifest.shards[i].hash));
	bc_buf_fini(&bytes);
}

static void scan_folder(struct pruning *p, const char *folder)
{
	DIR *dir = opendir(folder);

	for (struct dirent *item; dir && (item = readdir(dir));) {
		struct fact_file file = {0};
		struct stat st;

		if (!is_ours(item->d_name))
			continue;
		file.path = bc_path_join(&p->arena, folder, item->d_name);
		if (lstat(file.path, &st) != 0 || !S_ISREG(st.st_mode))
			continue;
		file.size = (uint64_t)st.st_size;
		file.written = st.st_mtim.tv_sec;
		p->total_size += file.size;
		if (bc_intern_find(&p->live, file.path) != BC_INTERN_NONE)
			p->live_size += file.size;
		else
			bc_vec_push(&p->dead, file);
	}
	if (dir)
		closedir(dir);
}

static int compare_age(const void *a, const void *b)
{
	const struct fact_file *one = a, *two = b;

	if (one->written != two->written)
		return one->written < two->written ? -1 : 1;
	return strcmp(one->path, two->path);
}

static void remove_oldest(struct pruning *p)
{
	time_t limit = time(NULL) - GRACE_S;
	size_t removed = 0;

	qsort(p->dead.items, p->dead.count, sizeof(*p->dead.items), compare_age);
	for (size_t i = 0; i < p->dead.count; i++) {
		const struct fact_file *file = &p->dead.items[i];

		if (p->total_size <= p->live_size * GOAL_RATIO || file->written > limit)
			break;
		if (unlink(file->path) == 0)
			removed++;
		p->total_size -= file->size;
	}
	BC_LOG(INFO, "%zu of %zu unused fact files removed", removed, p->dead.count);
}

void bc_cache_prune(const char *facts, const uint64_t (*keys)[2], size_t nkeys)
{
	struct pruning p = {0};

	for (size_t i = 0; i < nkeys; i++)
		mark_live(&p, facts, keys[i]);
	scan_folder(&p, facts);
	scan_folder(&p, bc_cache_shard_folder(&p.arena, facts));
	if (p.total_size > SMALL_ENOUGH && p.total_size > p.live_size * START_RATIO)
		remove_oldest(&p);
	bc_vec_fini(&p.dead);
	bc_intern_fini(&p.live);
	bc_arena_fini(&p.arena);
}
