/*
 * The cache and the parse stage, with a parser made for the purpose: it "parses" a little language
 * of #include lines and of orders to misbehave, and writes true fact files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "facts/facts.h"
#include "facts/writer.h"
#include "input/cache.h"
#include "input/prune.h"
#include "parse/parse.h"
#include "parse/units.h"
#include "unit/sanitized.h"
#include "unit/tempdir.h"

/* ---- the parser ---- */

struct fake {
	struct bc_arena arena;
	const struct bc_parse_job *job;
	struct bc_parse_result *result;
	struct bc_fw *fw;
	int depth;
};

const char *bc_parse_version(void)
{
	return "fake 1";
}

static void read_file(struct fake *fake, const char *path);

static void report_missing(struct fake *fake, const char *name)
{
	const char *text = bc_arena_printf(&fake->arena, "'%s' file not found", name);
	struct bc_fact_diag diag = {
		.file = BC_NONE, .severity = 4, .text = bc_fw_str(fake->fw, text)};

	bc_fw_diag(fake->fw, &diag);
	if (!fake->result->errors++)
		snprintf(fake->result->first_error, sizeof(fake->result->first_error), "x.c:1: %s",
			text);
}

static void include(struct fake *fake, const char *includer, const char *name)
{
	const struct bc_parse_job *job = fake->job;
	const char *path =
		bc_path_absolute(&fake->arena, bc_path_dirname(&fake->arena, includer), name);

	for (int i = 0; !bc_file_exists(path) && i + 1 < job->nargs; i++)
		if (!strcmp(job->args[i], "-I"))
			path = bc_path_join(&fake->arena,
				bc_path_absolute(&fake->arena, job->directory, job->args[i + 1]),
				name);
	if (bc_file_exists(path))
		read_file(fake, path);
	else
		report_missing(fake, name);
}

static void obey(const char *order)
{
	if (!strcmp(order, "crash")) {
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	} else if (!strcmp(order, "hang")) {
		for (;;)
			pause();
	} else if (!strcmp(order, "eat")) {
		for (size_t i = 0; i < 1024; i++) {
			char *p = malloc(1 << 20);

			if (!p)
				abort();
			memset(p, 1, 1 << 20);
			*(char *volatile *)&p = NULL;
		}
	}
}

static void read_file(struct fake *fake, const char *path)
{
	struct bc_fact_dep dep = {0};
	struct bc_buf text = {0};
	char *save = NULL;

	assert_true(fake->depth++ < 10);
	bc_file_read(&text, path, 0);
	dep.path = bc_fw_str(fake->fw, bc_path_relative(fake->job->root, path));
	bc_file_hash(path, dep.hash, &dep.size);
	bc_fw_dep(fake->fw, &dep);
	for (char *line = text.data ? strtok_r(text.data, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "#include ", 9))
			include(fake, path, line + 9);
		else
			obey(line);
	}
	bc_buf_fini(&text);
	fake->depth--;
}

int bc_parse_unit(const struct bc_parse_job *job, struct bc_parse_result *result)
{
	struct fake fake = {.job = job, .result = result};
	const char *count = bc_path_join(&fake.arena, job->root, "parses");
	int fd = open(count, O_WRONLY | O_CREAT | O_APPEND, 0666);
	size_t size;
	const void *image;
	int status;

	status = (int)write(fd, bc_path_basename(job->file), 1); /* a trace of what ran, in order */
	close(fd);
	fake.fw = bc_fw_new(bc_path_relative(job->root, job->file));
	read_file(&fake, job->file);
	image = bc_fw_finish(fake.fw, &size, result->hash);
	status = bc_file_write(job->unit_out, image, size);
	bc_fw_free(fake.fw);
	bc_arena_fini(&fake.arena);
	for (int i = 0; i < job->nargs; i++)
		if (!strcmp(job->args[i], "-march=vax"))
			return bc_fail(BC_EINPUT, "no such machine");
	if (status == 0 && strstr(job->file, "refused"))
		return bc_fail(BC_EINPUT, "no translation unit at all");
	return status;
}

/* ---- the tests' world ---- */

struct fixture {
	struct bc_arena arena;
	char *dir;
	struct bc_project project;
	struct bc_compdb db;
	struct bc_units_options options;
	struct bc_units units;
};

static const char *in(struct fixture *f, const char *name)
{
	return bc_path_absolute(&f->arena, f->dir, name);
}

/* Writes a file, and dates it an hour back so that its time stamp counts as settled. */
static void put(struct fixture *f, const char *name, const char *text)
{
	struct timespec now, times[2];
	const char *path = in(f, name);

	assert_int_equal(bc_mkdirs(bc_path_dirname(&f->arena, path)), 0);
	assert_int_equal(bc_file_write(path, text, strlen(text)), 0);
	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec -= 3600;
	times[0] = times[1] = now;
	utimensat(AT_FDCWD, path, times, 0);
}

/* Prepares the units again; what was parsed, one letter each in order. */
static const char *prepare(struct fixture *f)
{
	struct bc_buf trace = {0};
	const char *result;

	unlink(in(f, "parses"));
	assert_int_equal(
		bc_units_prepare(&f->arena, &f->db, &f->project, &f->options, &f->units), 0);
	bc_file_read(&trace, in(f, "parses"), 0);
	result = bc_arena_strdup(&f->arena, bc_buf_text(&trace));
	bc_buf_fini(&trace);
	return result;
}

static void set_units(struct fixture *f, const char *const *names, size_t n)
{
	static const char *const args[] = {"-I", "inc", "-DX"};
	struct bc_compile *entries = BC_NEW_ARRAY(&f->arena, struct bc_compile, n);

	for (size_t i = 0; i < n; i++)
		entries[i] = (struct bc_compile){.file = in(f, names[i]),
			.directory = f->dir,
			.args = args,
			.nargs = 3,
			.compiler = "cc"};
	f->db = (struct bc_compdb){.path = "db", .entries = entries, .count = n};
}

static int setup(void **state)
{
	static const char *const names[] = {"src/a.c", "src/b.c"};
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = tempdir_make();
	put(f, "src/a.c", "#include a.h\n#include net/n.h\n");
	put(f, "src/b.c", "#include b.h\n");
	put(f, "src/a.h", "");
	put(f, "inc/b.h", "");
	put(f, "inc/net/n.h", "#include b.h\n");
	set_units(f, names, 2);
	bc_project_locate(&f->arena, f->dir, &f->db, NULL, &f->project);
	assert_int_equal(bc_project_prepare(&f->project), 0);
	f->options.jobs = 1;
	f->options.producer = "test";
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tempdir_remove(f->dir);
	bc_arena_fini(&f->arena);
	free(f);
	return 0;
}

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

/* ---- what goes wrong ---- */

static void test_failures_are_units(void **state)
{
	static const char *const names[] = {
		"src/a.c", "crash.c", "hang.c", "gone.c", "refused.c", "src/b.c"};
	struct fixture *f = *state;

	put(f, "crash.c", "crash\n");
	put(f, "hang.c", "hang\n");
	put(f, "refused.c", "");
	set_units(f, names, 6);
	f->options.timeout_s = 1;
	for (int round = 0; round < 2; round++) {
		prepare(f);
		assert_int_equal(f->units.count, 6);
		assert_int_equal(f->units.failed, 4);
		assert_int_equal(f->units.degraded, 4);
		assert_int_equal(f->units.items[1].status, BC_UNIT_FAILED);
		assert_null(f->units.items[1].facts);
		assert_string_equal(f->units.items[1].first_error, "libclang crashed (SIGSEGV)");
		assert_string_equal(f->units.items[2].first_error, "gave up after 1 s");
		assert_string_equal(f->units.items[3].first_error, "file not found");
		assert_string_equal(f->units.items[4].first_error, "no translation unit at all");
		assert_int_equal(f->units.items[0].status, round ? BC_UNIT_CACHED : BC_UNIT_PARSED);
		assert_int_equal(f->units.items[5].status, round ? BC_UNIT_CACHED : BC_UNIT_PARSED);
	}
}

/* Options about a machine that libclang does not know cost nothing but themselves. */
static void test_unknown_machine(void **state)
{
	static const char *const args[] = {"-march=vax", "-target", "vax-dec-vms", "-I", "inc"};
	struct fixture *f = *state;
	struct bc_compile *entry = (struct bc_compile *)&f->db.entries[1];

	entry->args = args;
	entry->nargs = 5;
	assert_string_equal(prepare(f), "abb");
	assert_int_equal(f->units.degraded, 0);
	assert_string_equal(prepare(f), "");
}

static void test_memory(void **state)
{
	static const char *const names[] = {"eat.c", "src/a.c"};
	struct fixture *f = *state;

	if (SANITIZED)
		skip();
	put(f, "eat.c", "eat\n");
	set_units(f, names, 2);
	f->options.memory_limit = (size_t)256 << 20;
	prepare(f);
	assert_string_equal(f->units.items[0].first_error, "needed more than 256 MB");
	assert_int_equal(f->units.items[1].status, BC_UNIT_PARSED);
}

/* A parse that dies midway must not leave the facts of before looking valid. */
static void test_crash_forgets_old_facts(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(prepare(f), "ab");
	put(f, "inc/b.h", "crash\n");
	assert_string_equal(prepare(f), "ab");
	assert_int_equal(f->units.failed, 2);
	put(f, "inc/b.h", "");
	assert_string_equal(prepare(f), "ab");
	assert_int_equal(f->units.failed, 0);
}

static void test_disk_trouble(void **state)
{
	struct fixture *f = *state;

	f->project.facts = in(f, "nowhere/facts");
	assert_int_equal(bc_units_prepare(&f->arena, &f->db, &f->project, &f->options, &f->units),
		BC_EOUTPUT);
	assert_non_null(strstr(bc_error_message(), "nowhere/facts/"));
}

/* ---- order ---- */

static void on_progress(void *context, size_t done, size_t total, const char *file)
{
	size_t *calls = context;

	assert_int_equal(done, ++*calls);
	assert_int_equal(total, 4);
	assert_int_equal(strlen(file), 3);
}

static void test_order(void **state)
{
	static const char *const names[] = {"s.c", "m.c", "l.c", "n.c"};
	struct fixture *f = *state;
	size_t calls = 0;

	put(f, "s.c", "1");
	put(f, "m.c", "22");
	put(f, "l.c", "333");
	put(f, "n.c", "22");
	set_units(f, names, 4);
	f->options.context = &calls;
	f->options.progress = on_progress;
	assert_string_equal(prepare(f), "lmns"); /* the biggest first */
	assert_int_equal(calls, 4);
	f->options.jobs = 3;
	f->options.no_cache = 1;
	calls = 0;
	prepare(f);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(f->units.items[i].compile->file, in(f, names[i]));
}

static int always(void *context)
{
	(void)context;
	return 1;
}

static void test_interrupt(void **state)
{
	struct fixture *f = *state;

	f->options.interrupted = always;
	assert_int_equal(bc_units_prepare(&f->arena, &f->db, &f->project, &f->options, &f->units),
		BC_EINTERRUPTED);
	f->options.interrupted = NULL;
	assert_string_equal(prepare(f), "ab");
}

/* Another checkout of the same project has the same keys, and its cache can be carried over. */
static void test_moved_checkout(void **state)
{
	static const char *const names[] = {"src/a.c", "src/b.c"};
	struct fixture *f = *state;
	char *moved = bc_arena_printf(&f->arena, "%s-moved", f->dir);
	uint64_t key[2];

	assert_string_equal(prepare(f), "ab");
	memcpy(key, f->units.items[0].key, sizeof(key));
	assert_int_equal(rename(f->dir, moved), 0);
	free(f->dir);
	f->dir = strdup(moved);
	set_units(f, names, 2);
	bc_project_locate(&f->arena, f->dir, &f->db, NULL, &f->project);
	assert_string_equal(prepare(f), "");
	assert_memory_equal(f->units.items[0].key, key, sizeof(key));
}

static void test_keys_replace_only_the_root(void **state)
{
	static const char *const a[] = {"-I/r/p/inc", "-DR=/r/p"},
				 *const b[] = {"-I/q/inc", "-DR=/q"},
				 *const c[] = {"-I/r/pinc", "-DR=/r/p"};
	struct bc_compile compile = {.file = "/r/p/x.c", .directory = "/r/p", .nargs = 2};
	uint64_t key[3][2];

	(void)state;
	compile.args = a;
	bc_cache_key("/r/p", &compile, "", key[0]);
	compile.args = c;
	bc_cache_key("/r/p", &compile, "", key[2]);
	compile.args = b;
	compile.file = "/q/x.c";
	compile.directory = "/q";
	bc_cache_key("/q", &compile, "", key[1]);
	assert_memory_equal(key[0], key[1], sizeof(key[0]));
	assert_memory_not_equal(key[0], key[2], sizeof(key[0]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
		TEST(test_failures_are_units),
		TEST(test_unknown_machine),
		TEST(test_memory),
		TEST(test_crash_forgets_old_facts),
		TEST(test_disk_trouble),
		TEST(test_order),
		TEST(test_interrupt),
		TEST(test_moved_checkout),
		TEST(test_keys_replace_only_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
