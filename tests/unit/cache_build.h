/*
 * The cache and the parse stage, with a parser made for the purpose: it "parses" a little language
 * of #include lines and of orders to misbehave, and writes true fact files.
 */
#ifndef BC_TEST_CACHE_BUILD_H
#define BC_TEST_CACHE_BUILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "facts/writer.h"
#include "parse/parse.h"
#include "parse/units.h"
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

static inline void read_file(struct fake *fake, const char *path);

static inline void report_missing(struct fake *fake, const char *name)
{
	const char *text = bc_arena_printf(&fake->arena, "'%s' file not found", name);
	struct bc_fact_diag diag = {
		.file = BC_NONE, .severity = 4, .text = bc_fw_str(fake->fw, text)};

	bc_fw_diag(fake->fw, &diag);
	if (!fake->result->errors++)
		snprintf(fake->result->first_error, sizeof(fake->result->first_error), "x.c:1: %s",
			text);
}

static inline void include(struct fake *fake, const char *includer, const char *name)
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

static inline void obey(const char *order)
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

static inline void read_file(struct fake *fake, const char *path)
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

static inline const char *in(struct fixture *f, const char *name)
{
	return bc_path_absolute(&f->arena, f->dir, name);
}

/* Writes a file, and dates it an hour back so that its time stamp counts as settled. */
static inline void put(struct fixture *f, const char *name, const char *text)
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
static inline const char *prepare(struct fixture *f)
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

static inline void set_units(struct fixture *f, const char *const *names, size_t n)
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

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	tempdir_remove(f->dir);
	bc_arena_fini(&f->arena);
	free(f);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
