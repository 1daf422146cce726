/* One translation unit: parse, collect what is defined, write it to the unit and to shards. */
#define BC_DOMAIN "parse"
#include "parse/parse.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#include "base/error.h"
#include "base/fs.h"
#include "base/log.h"
#include "parse/parser.h"

/* ---- what the unit consists of ---- */

static void add_dependency(struct bc_parser *p, const struct bc_source *source)
{
	struct bc_fw *fw = bc_parse_writer(p->main);
	XXH128_hash_t hash = XXH3_128bits(source->text, source->size);

	bc_fw_dep(fw, &(struct bc_fact_dep){
			      .path = bc_fw_str(fw, source->path),
			      .size = source->size,
			      .hash = {hash.low64, hash.high64},
		      });
}

static void visit_inclusion(CXFile file, CXSourceLocation *stack, unsigned depth, CXClientData data)
{
	struct bc_parser *p = data;
	struct bc_source *source = bc_parse_source(p, file);

	(void)stack;
	(void)depth;
	if (source && source->text)
		add_dependency(p, source);
}

/* ---- diagnostics ---- */

static void add_diagnostic(struct bc_parser *p, CXDiagnostic diagnostic)
{
	struct bc_fw *fw = p->main->fw;
	struct bc_position at = bc_parse_position(p, clang_getDiagnosticLocation(diagnostic));
	const char *text = bc_parse_scrub(
		p, bc_parse_scrub_type(
			   p, bc_parse_string(p, clang_getDiagnosticSpelling(diagnostic))));
	const char *path = at.source ? at.source->path : "";

	if (!p->result->errors++)
		snprintf(p->result->first_error, sizeof(p->result->first_error), "%s:%u: %s",
			*path ? path : p->main->path, at.line, text);
	bc_fw_diag(fw, &(struct bc_fact_diag){
			       .file = at.source ? bc_fw_file(fw, path) : BC_NONE,
			       .line = at.line,
			       .column = at.column,
			       .severity = (uint32_t)clang_getDiagnosticSeverity(diagnostic),
			       .text = bc_fw_str(fw, text),
		       });
}

static void add_diagnostics(struct bc_parser *p)
{
	unsigned count = clang_getNumDiagnostics(p->tu);

	for (unsigned i = 0; i < count; i++) {
		CXDiagnostic diagnostic = clang_getDiagnostic(p->tu, i);

		if (clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error)
			add_diagnostic(p, diagnostic);
		clang_disposeDiagnostic(diagnostic);
	}
}

/* ---- files ---- */

static int write_shard(struct bc_parser *p, struct bc_source *source)
{
	char hex[33];
	uint64_t hash[2];
	size_t size;
	const void *image;
	const char *path;

	if (!source->fw || bc_fw_empty(source->fw))
		return 0;
	image = bc_fw_finish(source->fw, &size, hash);
	bc_hash_hex(hash, hex);
	path = bc_arena_printf(&p->arena, "%s/%s.bcf", p->job->shard_dir, hex);
	bc_fw_shard(p->main->fw, hash);
	p->result->nshards++;
	return bc_file_exists(path) ? 0 : bc_file_write(path, image, size);
}

static int write_files(struct bc_parser *p)
{
	const void *image;
	size_t size;

	for (struct bc_source *s = p->sources; s; s = s->hh.next) {
		int status = s == p->main ? 0 : write_shard(p, s);

		if (status)
			return status;
	}
	image = bc_fw_finish(p->main->fw, &size, p->result->hash);
	return bc_file_write(p->job->unit_out, image, size);
}

/* ---- the whole ---- */

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void log_times(struct bc_parser *p, double start, double parsed)
{
	uint32_t nodes = 0;

	for (struct bc_source *s = p->sources; s; s = s->hh.next)
		nodes += s->fw ? bc_fw_position(s->fw) : 0;
	BC_LOG(DEBUG, "%s: %.2f ms to parse, %.2f ms to walk, %u nodes, %u shards", p->main->path,
		parsed - start, now_ms() - parsed, nodes, p->result->nshards);
}

static int read_unit(struct bc_parser *p)
{
	CXFile file = clang_getFile(p->tu, p->job->file);

	p->main = bc_parse_source(p, file);
	if (!p->main || !p->main->text)
		return bc_fail(BC_EINPUT, "%s: cannot be read", p->job->file);
	p->main->is_system = 0;
	bc_parse_writer(p->main);
	clang_getInclusions(p->tu, visit_inclusion, p);
	bc_parse_collect(p);
	bc_parse_write_bodies(p);
	add_diagnostics(p);
	return write_files(p);
}

static void release(struct bc_parser *p)
{
	for (struct bc_source *s = p->sources; s; s = s->hh.next) {
		bc_fw_free(s->fw);
		bc_cursor_fini(&s->symbols);
		bc_cursor_fini(&s->fields);
		bc_vec_fini(&s->functions);
		bc_vec_fini(&s->aliases);
		bc_vec_fini(&s->variables);
		HASH_CLEAR(hh, s->types);
	}
	HASH_CLEAR(hh, p->sources);
	HASH_CLEAR(hh, p->types);
	bc_parse_names_fini(p);
	bc_parse_macros_fini(p);
	bc_cursor_fini(&p->wanted);
	bc_cursor_fini(&p->record_index);
	bc_cursor_fini(&p->locals);
	bc_vec_fini(&p->records);
	bc_intern_fini(&p->labels);
	bc_tree_fini(&p->tree);
	bc_arena_fini(&p->arena);
}

static int parse_unit(struct bc_parser *p)
{
	CXIndex index = clang_createIndex(0, 0);
	double start = now_ms(), parsed;
	int nargs, status;
	const char *const *args = bc_parse_args(&p->arena, p->job, &nargs);
	enum CXErrorCode error = clang_parseTranslationUnit2(
		index, p->job->file, args, nargs, NULL, 0, CXTranslationUnit_KeepGoing, &p->tu);

	parsed = now_ms();
	if (error || !p->tu) {
		status = bc_fail(BC_EINPUT, "%s: %s", p->job->file, bc_parse_error_name(error));
	} else {
		status = read_unit(p);
		if (!status && bc_log_enabled(BC_LOG_DEBUG, BC_DOMAIN))
			log_times(p, start, parsed);
		clang_disposeTranslationUnit(p->tu);
	}
	clang_disposeIndex(index);
	release(p);
	return status;
}

struct unit_call {
	struct bc_parser parser;
	int status;
	char message[1024]; /* errors are kept per thread */
};

static void run_unit(void *data)
{
	struct unit_call *call = data;

	call->status = parse_unit(&call->parser);
	if (call->status)
		snprintf(call->message, sizeof(call->message), "%s", bc_error_message());
}

int bc_parse_unit(const struct bc_parse_job *job, struct bc_parse_result *result)
{
	struct unit_call call = {.parser = {.job = job, .result = result}};

	*result = (struct bc_parse_result){0};
	bc_parse_on_big_stack(run_unit, &call);
	if (call.status)
		return bc_fail((enum bc_error)call.status, "%s", call.message);
	return 0;
}
