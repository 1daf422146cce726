#include "parse/resolve.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/workers.h"

enum { TIMEOUT_S = 30, MAX_ANSWER = 1 << 20 };

struct question {
	const struct bc_project *project;
	const struct bc_compile *compile;
	const struct bc_constants *wanted;
	const char *answer; /* file that the worker writes */
};

static void add_text(XXH3_state_t *state, const char *text)
{
	XXH3_128bits_update(state, text, strlen(text) + 1);
}

/* Everything that decides the answer, but for the content of the system's headers: those change
 * with the compiler's version, and constants of an operating system's interface do not. */
static void key_of(const struct question *q, uint64_t key[2])
{
	XXH3_state_t *state = XXH3_createState();
	XXH128_hash_t hash;

	XXH3_128bits_reset(state);
	add_text(state, bc_parse_version());
	for (int i = 0; i < q->compile->nargs; i++)
		add_text(state, q->compile->args[i]);
	for (int i = 0; i < q->wanted->nheaders; i++)
		add_text(state, q->wanted->headers[i]);
	for (int i = 0; i < q->wanted->nnames; i++)
		add_text(state, q->wanted->names[i]);
	hash = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	key[0] = hash.low64;
	key[1] = hash.high64;
}

/* The file begins with a hash of its lines, so that a damaged one is asked for again. */
static int write_answer(const char *path, const struct bc_buf *lines)
{
	struct bc_buf file = {0};
	int error;

	bc_buf_printf(&file, "%016llx\n",
		(unsigned long long)XXH3_64bits(bc_buf_text(lines), lines->len));
	bc_buf_add(&file, bc_buf_text(lines), lines->len);
	error = bc_file_write(path, file.data, file.len);
	bc_buf_fini(&file);
	return error;
}

/* In the worker, whose memory ends with it: one line "name value" for each constant that has one.
 */
static int answer(void *context, size_t job, void *result)
{
	const struct question *q = context;
	const struct bc_constants *wanted = q->wanted;
	struct bc_parse_job parse = {.file = q->compile->file,
		.directory = q->compile->directory,
		.args = q->compile->args,
		.nargs = q->compile->nargs,
		.root = q->project->root};
	struct bc_buf out = {0};
	int error = bc_parse_constants(&parse, wanted);

	(void)job, (void)result;
	for (int i = 0; !error && i < wanted->nnames; i++)
		if (wanted->known[i])
			bc_buf_printf(
				&out, "%s %lld\n", wanted->names[i], (long long)wanted->values[i]);
	if (!error)
		error = write_answer(q->answer, &out);
	bc_buf_fini(&out);
	return error;
}

static void ignore_result(void *context, size_t job, enum bc_job_status status, int detail,
	int code, const void *result)
{
	(void)context, (void)job, (void)status, (void)detail, (void)code, (void)result;
}

static void read_line(const struct bc_constants *wanted, const char *line)
{
	char name[128];
	long long value;

	if (sscanf(line, "%127s %lld", name, &value) != 2)
		return;
	for (int i = 0; i < wanted->nnames; i++)
		if (!strcmp(wanted->names[i], name)) {
			wanted->values[i] = value;
			wanted->known[i] = 1;
		}
}

static int is_whole(const struct bc_buf *file)
{
	enum { HEAD = 17 };
	char head[HEAD + 1];

	if (file->len < HEAD)
		return 0;
	snprintf(head, sizeof(head), "%016llx\n",
		(unsigned long long)XXH3_64bits(file->data + HEAD, file->len - HEAD));
	return !memcmp(head, file->data, HEAD);
}

static void read_lines(const struct bc_constants *wanted, char *text)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		read_line(wanted, line);
}

/* 1 when there is a whole answer. */
static int read_answer(const struct question *q)
{
	struct bc_buf file = {0};
	int whole = bc_file_exists(q->answer) && !bc_file_read(&file, q->answer, MAX_ANSWER) &&
		    is_whole(&file);

	if (whole)
		read_lines(q->wanted, strchr(file.data, '\n') + 1);
	bc_buf_fini(&file);
	return whole;
}

int bc_constants_resolve(struct bc_arena *arena, const struct bc_project *project,
	const struct bc_compile *compile, const struct bc_constants *wanted)
{
	struct question q = {project, compile, wanted, NULL};
	struct bc_worker_pool pool = {.workers = 1,
		.timeout_s = TIMEOUT_S,
		.result_size = sizeof(int),
		.context = &q,
		.run = answer,
		.done = ignore_result};
	uint64_t key[2];
	char hex[33];

	memset(wanted->known, 0, (size_t)wanted->nnames);
	key_of(&q, key);
	bc_hash_hex(key, hex);
	q.answer = bc_arena_printf(arena, "%s/constants-%s.txt", project->facts, hex);
	if (!read_answer(&q)) {
		int error = bc_workers_run(&pool, 1);

		if (error)
			return error;
		read_answer(&q);
	}
	return 0;
}
