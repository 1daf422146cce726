/* What is parsed again, when what is kept is damaged, and what is thrown away. */
#include <sys/stat.h>

#include "facts/facts.h"
#include "input/cache.h"
#include "input/prune.h"
#include "unit/cache_build.h"

/* ---- what is parsed again ---- */

static void test_nothing_changed(void **state)
{
	struct fixture *f = *state;
	struct bc_facts facts;

	assert_string_equal(prepare(f), "ab");
	assert_int_equal(f->units.parsed, 2);
	assert_int_equal(f->units.degraded, 0);
	assert_int_equal(bc_facts_open(&facts, f->units.items[0].facts), 0);
	assert_string_equal(facts.path_main, "src/a.c");
	bc_facts_close(&facts);
	for (int i = 0; i < 3; i++) {
		assert_string_equal(prepare(f), "");
		assert_int_equal(f->units.cached, 2);
		assert_int_equal(f->units.items[1].status, BC_UNIT_CACHED);
	}
	f->options.no_cache = 1;
	assert_string_equal(prepare(f), "ab");
}

static void test_changed_files(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(prepare(f), "ab");
	put(f, "src/a.c", "#include a.h\n#include net/n.h\nmore");
	assert_string_equal(prepare(f), "a");
	put(f, "src/a.h", "x");
	assert_string_equal(prepare(f), "a");
	put(f, "inc/b.h", "x"); /* a uses it through net/n.h */
	assert_string_equal(prepare(f), "ab");
	put(f, "inc/b.h", "y"); /* the same size */
	assert_string_equal(prepare(f), "ab");
	unlink(in(f, "inc/b.h"));
	assert_string_equal(prepare(f), "ab");
	assert_int_equal(f->units.degraded, 2);
	assert_string_equal(prepare(f), "");
}

static void test_same_content(void **state)
{
	struct fixture *f = *state;
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

	assert_string_equal(prepare(f), "ab");
	put(f, "inc/b.h", ""); /* written again, as a branch switched forth and back does */
	assert_string_equal(prepare(f), "");
	utimensat(AT_FDCWD, in(f, "src/a.c"), old, 0);
	assert_string_equal(prepare(f), "");
}

/* The content changes within the same size and time stamp right after the parse. */
static void test_change_within_one_tick(void **state)
{
	struct fixture *f = *state;
	struct timespec now, times[2];

	clock_gettime(CLOCK_REALTIME, &now);
	times[0] = times[1] = now;
	put(f, "inc/b.h", "x");
	utimensat(AT_FDCWD, in(f, "inc/b.h"), times, 0);
	assert_string_equal(prepare(f), "ab");
	put(f, "inc/b.h", "y");
	utimensat(AT_FDCWD, in(f, "inc/b.h"), times, 0);
	assert_string_equal(prepare(f), "ab");
}

/* Whether the manifest of the second unit can tell by time stamps alone that its header is the
 * same. */
static int stamps_are_kept(struct fixture *f)
{
	struct bc_manifest manifest;
	struct bc_cache cache;
	int kept = 0;

	bc_cache_init(&cache, f->project.root, f->project.facts);
	assert_true(bc_cache_check(&cache, &f->arena, f->units.items[1].key, &manifest));
	bc_cache_fini(&cache);
	for (size_t i = 0; i < manifest.nfiles; i++)
		if (!strcmp(manifest.files[i].path, "inc/b.h"))
			kept = manifest.files[i].mtime_ns != 0 && manifest.files[i].ctime_ns != 0;
	return kept;
}

/* An mtime set back on purpose, as cp -p and tar do, is noticed by the change time. */
static void test_mtime_is_not_all(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	put(f, "inc/b.h", "x");
	assert_int_equal(stat(in(f, "inc/b.h"), &st), 0);
	usleep(2100000); /* until the times are settled */
	assert_string_equal(prepare(f), "ab");
	assert_true(stamps_are_kept(f));
	assert_int_equal(bc_file_write(in(f, "inc/b.h"), "y", 1), 0);
	utimensat(AT_FDCWD, in(f, "inc/b.h"), (struct timespec[]){st.st_mtim, st.st_mtim}, 0);
	assert_string_equal(prepare(f), "ab");
}

static void test_shadowing(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(prepare(f), "ab");
	put(f, "src/other.h", ""); /* names nobody includes */
	put(f, "inc/a.o", "");
	put(f, "src/net/other.h", "");
	assert_string_equal(prepare(f), "");
	put(f, "src/b.h", ""); /* found before inc/b.h by b.c */
	assert_string_equal(prepare(f), "ab");
	assert_string_equal(prepare(f), "");
	put(f, "src/net/n.h", ""); /* in a folder that had nothing of the kind */
	assert_non_null(strchr(prepare(f), 'a'));
	assert_string_equal(prepare(f), "");
	unlink(in(f, "src/b.h"));
	assert_non_null(strchr(prepare(f), 'b'));
}

static void test_missing_include_appears(void **state)
{
	struct fixture *f = *state;

	put(f, "src/b.c", "#include gen/config.h\n");
	assert_string_equal(prepare(f), "ab");
	assert_int_equal(f->units.degraded, 1);
	assert_int_equal(f->units.items[1].errors, 1);
	assert_string_equal(prepare(f), "");
	/* the cache knows about the errors */
	assert_int_equal(f->units.degraded, 1);
	assert_int_equal(f->units.items[1].errors, 1);
	assert_string_equal(f->units.items[1].first_error, "x.c:1: 'gen/config.h' file not found");
	put(f, "inc/gen/config.h", "");
	assert_string_equal(prepare(f), "b");
	assert_int_equal(f->units.degraded, 0);
}

static void test_flags_and_versions(void **state)
{
	static const char *const args[] = {"-I", "inc", "-DY"};
	struct fixture *f = *state;
	struct bc_compile *entry = (struct bc_compile *)&f->db.entries[1];
	const char *const *before = entry->args;

	assert_string_equal(prepare(f), "ab");
	entry->args = args;
	assert_string_equal(prepare(f), "b");
	entry->args = before; /* both are kept */
	assert_string_equal(prepare(f), "");
	f->options.producer = "test 2";
	assert_string_equal(prepare(f), "ab");
	setenv("CPATH", "/x", 1);
	assert_string_equal(prepare(f), "ab");
	unsetenv("CPATH");
	assert_string_equal(prepare(f), "");
}

/* ---- damage ---- */

static void each_fact_file(struct fixture *f, const char *extension, void (*harm)(const char *))
{
	for (size_t i = 0; i < f->units.count; i++) {
		char hex[33];

		bc_hash_hex(f->units.items[i].key, hex);
		harm(bc_arena_printf(&f->arena, "%s/%s%s", f->project.facts, hex, extension));
	}
}

static void cut_short(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size / 2), 0);
}

static void empty(const char *path)
{
	assert_int_equal(truncate(path, 0), 0);
}

static void delete (const char *path)
{
	assert_int_equal(unlink(path), 0);
}

static void flip_a_bit(const char *path)
{
	int fd = open(path, O_RDWR);
	char byte;

	assert_int_equal(pread(fd, &byte, 1, 60), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, 60), 1);
	close(fd);
}

static void test_damaged_cache(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(prepare(f), "ab");
	each_fact_file(f, ".manifest", cut_short);
	assert_string_equal(prepare(f), "ab");
	each_fact_file(f, ".manifest", empty);
	assert_string_equal(prepare(f), "ab");
	each_fact_file(f, ".manifest", delete);
	assert_string_equal(prepare(f), "ab");
	each_fact_file(f, ".manifest", flip_a_bit);
	assert_string_equal(prepare(f), "ab");
	each_fact_file(f, ".bcf", cut_short);
	assert_string_equal(prepare(f), "ab");
	each_fact_file(f, ".bcf", delete);
	assert_string_equal(prepare(f), "ab");
	assert_string_equal(prepare(f), "");
}

/* Any single damaged byte of a manifest is refused, or read as something; never a crash. */
static void test_manifest_bytes(void **state)
{
	struct fixture *f = *state;
	struct bc_manifest_file file = {.path = "a.c", .size = 3, .hash = {1, 2}, .mtime_ns = -5};
	struct bc_manifest_folder folder = {.path = "inc", .mtime_ns = 7, .names = 9};
	struct bc_manifest_shard shard = {.hash = {3, 4}, .size = 8};
	const char *missing = "x.h";
	struct bc_manifest m = {&file, &folder, &shard, &missing, 1, 1, 1, 1, 77, 2, "why"}, got;
	struct bc_buf bytes = {0};

	bc_manifest_write(&m, &bytes);
	assert_int_equal(bc_manifest_read(&f->arena, bytes.data, bytes.len, &got), 0);
	assert_int_equal(got.nfiles + got.nfolders + got.nshards + got.nmissing, 4);
	assert_string_equal(got.files[0].path, "a.c");
	assert_int_equal(got.files[0].mtime_ns, -5);
	assert_string_equal(got.folders[0].path, "inc");
	assert_int_equal(got.shards[0].size, 8);
	assert_string_equal(got.missing[0], "x.h");
	assert_string_equal(got.first_error, "why");
	assert_int_equal(got.unit_size, 77);
	for (size_t i = 0; i < bytes.len; i++) {
		char *copy = malloc(bytes.len);

		memcpy(copy, bytes.data, bytes.len);
		copy[i] ^= 0x40;
		assert_int_equal(bc_manifest_read(&f->arena, copy, bytes.len, &got), BC_EINPUT);
		assert_int_equal(bc_manifest_read(&f->arena, bytes.data, i, &got), BC_EINPUT);
		free(copy);
	}
	bc_buf_fini(&bytes);
}

/* ---- pruning ---- */

/* A fact file of 30 MB (a hole), written `hours` ago. */
static const char *put_fact(struct fixture *f, const char *name, int hours)
{
	struct timespec now, times[2];
	const char *path = bc_path_join(&f->arena, f->project.facts, name);

	assert_int_equal(bc_file_write(path, "", 0), 0);
	assert_int_equal(truncate(path, 30 << 20), 0);
	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec -= hours * 3600;
	times[0] = times[1] = now;
	utimensat(AT_FDCWD, path, times, 0);
	return path;
}

static void test_prune(void **state)
{
	struct fixture *f = *state;
	const char *older, *old, *fresh, *shard, *temporary, *foreign;

	f->options.prune = 1;
	assert_string_equal(prepare(f), "ab");
	older = put_fact(f, "00000000000000000000000000000001.bcf", 3);
	old = put_fact(f, "00000000000000000000000000000002.manifest", 2);
	assert_string_equal(prepare(f), "");
	assert_true(bc_file_exists(older)); /* 60 MB: still small */

	shard = put_fact(f, "shards/00000000000000000000000000000003.bcf", 5);
	fresh = put_fact(f, "00000000000000000000000000000004.bcf", 0);
	temporary = put_fact(f, "00000000000000000000000000000005.bcf.tmp.7.0", 2);
	foreign = put_fact(f, "00000000000000000000000000000006.db", 9);
	assert_string_equal(prepare(f), "");
	assert_true(bc_file_exists(older)); /* nothing was parsed, so nothing grew */
	put(f, "src/a.c", "");
	assert_string_equal(prepare(f), "a");
	assert_false(bc_file_exists(older));
	assert_false(bc_file_exists(old));
	assert_false(bc_file_exists(shard));
	assert_false(bc_file_exists(temporary));
	assert_true(bc_file_exists(fresh));
	assert_true(bc_file_exists(foreign));
	assert_string_equal(prepare(f), ""); /* what is in use was spared */
}

static void test_prune_stops_at_twice(void **state)
{
	struct fixture *f = *state;
	const char *older, *old;
	uint64_t key[1][2] = {{3, 0}};

	older = put_fact(f, "00000000000000000000000000000001.bcf", 3);
	old = put_fact(f, "00000000000000000000000000000002.bcf", 2);
	put_fact(f, "00000000000000000000000000000003.bcf", 9); /* lives: hash[0] is the low half */
	bc_cache_prune(f->project.facts, (const uint64_t(*)[2])key, 1);
	assert_true(bc_file_exists(older)); /* three times, but not over */
	put_fact(f, "00000000000000000000000000000004.bcf", 4);
	put_fact(f, "00000000000000000000000000000005.bcf", 4);
	bc_cache_prune(f->project.facts, (const uint64_t(*)[2])key, 1);
	assert_false(bc_file_exists(older));
	assert_true(bc_file_exists(old)); /* the newest stays within twice */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_changed),
		TEST(test_changed_files),
		TEST(test_same_content),
		TEST(test_change_within_one_tick),
		TEST(test_mtime_is_not_all),
		TEST(test_shadowing),
		TEST(test_missing_include_appears),
		TEST(test_flags_and_versions),
		TEST(test_damaged_cache),
		TEST(test_manifest_bytes),
		TEST(test_prune),
		TEST(test_prune_stops_at_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
