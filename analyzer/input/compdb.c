#define BC_DOMAIN "input"
#include "input/compdb.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/intern.h"
#include "base/log.h"
#include "input/command.h"
#include "input/cross.h"
#include "input/elements.h"
#include "input/flags.h"
#include "input/variants.h"

/*
 * Limits. The largest databases known, of browsers and their like, have 100,000 entries of a few
 * kilobytes each.
 */
enum {
	MAX_DATABASE_BYTES = 1 << 30,
	MAX_ENTRIES = 1000000,
	MAX_RESPONSE_BYTES = 256 << 20, /* of all entries; they could all name one large file */
	MAX_OUTPUTS = 256               /* of one source: targets that it is compiled for */
};

/* An entry while it can still change: outputs of duplicates are added to it. */
struct draft {
	struct bc_compile compile;
	BC_VEC(const char *) outputs;
};

struct reader {
	struct bc_arena *arena;
	struct bc_arena scratch; /* emptied after each entry */
	const char *path, *folder;
	const char *text;
	size_t len;
	size_t response_budget;
	BC_VEC(struct draft) drafts;
	struct bc_variants variants;
	struct bc_intern known; /* arguments and folders repeat: each is stored once */
	BC_VEC(const char *) known_text;
	struct bc_compdb *out;
};

/* ---- small things ---- */

/* A copy that lives as long as the result. */
static const char *keep_text(struct reader *r, const char *text)
{
	uint32_t id = bc_intern(&r->known, text);

	if (id == r->known_text.count)
		bc_vec_push(&r->known_text, bc_arena_strdup(r->arena, text));
	return r->known_text.items[id];
}

/* Messages quote the input: keep control characters of a hostile one off the terminal. */
static const char *printable(struct bc_arena *arena, const char *text)
{
	char *copy = bc_arena_strdup(arena, text);

	for (char *p = copy; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	return copy;
}

static void __attribute__((format(printf, 3, 4)))
skip_malformed(struct reader *r, int line, const char *format, ...)
{
	va_list args;
	const char *what;

	va_start(args, format);
	what = printable(r->arena, bc_arena_vprintf(&r->scratch, format, args));
	va_end(args);
	r->out->skipped[BC_SKIP_MALFORMED]++;
	BC_LOG(INFO, "%s:%d: entry skipped: %s", r->path, line, what);
	if (!r->out->first_malformed)
		r->out->first_malformed =
			bc_arena_printf(r->arena, "%s:%d: %s", r->path, line, what);
}

/* The folder's real name, where it exists. */
static const char *resolve_folder(struct bc_arena *arena, const char *path)
{
	char *real = realpath(path, NULL);
	const char *result = real ? bc_arena_strdup(arena, real) : path;

	free(real);
	return result;
}

/*
 * The name of a source that messages show and headers beside it are looked up from: only its folder
 * is resolved, because a link to a source in another folder includes what lies beside the link.
 */
static const char *resolve_source(struct bc_arena *arena, const char *path)
{
	const char *folder = resolve_folder(arena, bc_path_dirname(arena, path));

	return bc_path_join(arena, folder, bc_path_basename(path));
}

/* ---- one entry ---- */

/* The command of an entry as arguments, response files read in. 0 or -1 when it was skipped. */
static int read_words(
	struct reader *r, json_t *object, int line, const char *directory, struct bc_argv *argv)
{
	json_t *arguments = json_object_get(object, "arguments");
	json_t *command = json_object_get(object, "command"), *word;
	size_t i;
	int status = 0;

	if (json_is_array(arguments)) {
		json_array_foreach(arguments, i, word)
		{
			if (!json_is_string(word)) {
				skip_malformed(
					r, line, "\"arguments\" holds something else than text");
				return -1;
			}
			bc_vec_push(argv, bc_arena_strdup(&r->scratch, json_string_value(word)));
		}
	} else if (json_is_string(command)) {
		status = bc_command_split(
			&r->scratch, json_string_value(command), BC_QUOTING_SHELL, argv);
	} else {
		skip_malformed(r, line, "the entry has neither \"arguments\" nor a \"command\"");
		return -1;
	}
	if (status == 0)
		status = bc_command_expand(&r->scratch, directory, argv, &r->response_budget);
	if (status != 0)
		skip_malformed(r, line, "%s", bc_error_message());
	return status ? -1 : 0;
}

static enum bc_skip skip_of(enum bc_language language)
{
	switch (language) {
	case BC_LANG_CXX: return BC_SKIP_CXX;
	case BC_LANG_OBJC: return BC_SKIP_OBJC;
	case BC_LANG_CUDA: return BC_SKIP_CUDA;
	case BC_LANG_ASSEMBLER: return BC_SKIP_ASSEMBLER;
	case BC_LANG_HEADER: return BC_SKIP_HEADER;
	case BC_LANG_C:
	case BC_LANG_OTHER: break;
	}
	return BC_SKIP_OTHER;
}

static void add_output(struct draft *draft, const char *output)
{
	for (size_t i = 0; i < draft->outputs.count; i++)
		if (draft->outputs.items[i] == output) /* equal texts are kept once */
			return;
	if (draft->outputs.count < MAX_OUTPUTS)
		bc_vec_push(&draft->outputs, output);
}

static void keep_args(struct reader *r, const struct bc_argv *args, struct bc_compile *compile)
{
	const char **kept = BC_NEW_ARRAY(r->arena, const char *, args->count);

	for (size_t i = 0; i < args->count; i++)
		kept[i] = keep_text(r, args->items[i]);
	compile->args = kept;
	compile->nargs = (int)args->count;
}

struct entry {
	const char *file, *directory, *output, *compiler;
	int line;
};

static void add_new(struct reader *r, const struct entry *entry, const struct bc_flags *flags)
{
	struct draft draft = {0};

	draft.compile.file = keep_text(r, entry->file);
	draft.compile.directory = keep_text(r, entry->directory);
	draft.compile.compiler = keep_text(r, entry->compiler);
	draft.compile.line = entry->line;
	draft.compile.missing = !bc_file_exists(entry->file);
	r->out->missing += (size_t)draft.compile.missing;
	keep_args(r, &flags->args, &draft.compile);
	bc_vec_push(&r->drafts, draft);
}

static void add_entry(struct reader *r, const struct entry *entry, const struct bc_flags *flags)
{
	size_t index = r->drafts.count;

	switch (bc_variants_see(&r->variants, entry->file, &flags->identity, &index)) {
	case BC_VARIANT_NEW: add_new(r, entry, flags); break;
	case BC_VARIANT_SAME: r->out->skipped[BC_SKIP_DUPLICATE]++; break;
	case BC_VARIANT_TOO_MANY: r->out->skipped[BC_SKIP_VARIANT]++; break;
	}
	if (entry->output)
		add_output(&r->drafts.items[index], keep_text(r, entry->output));
}

static void add_cross_flags(struct reader *r, const char *compiler, struct bc_flags *flags)
{
	size_t before = flags->args.count;

	bc_cross_add(&r->scratch, compiler, flags->target, flags->sysroot, &flags->args);
	for (size_t i = before; i < flags->args.count; i++)
		bc_vec_push(&flags->identity, flags->args.items[i]);
}

/* By the specification a file counts from the entry's folder; tools also mean the one that the
 * command changes to. */
static const char *find_source(struct reader *r, const char *before, const struct entry *entry)
{
	const char *path = bc_path_absolute(&r->scratch, before, entry->file);

	if (before == entry->directory || bc_file_exists(path))
		return path;
	return bc_path_absolute(&r->scratch, entry->directory, entry->file);
}

static void sort_entry(struct reader *r, json_t *object, struct bc_argv *argv, struct entry *entry)
{
	const char *output = json_string_value(json_object_get(object, "output"));
	const char *before = entry->directory;
	size_t first = bc_command_unwrap(&r->scratch, argv, &entry->directory);
	struct bc_flags flags;

	if (first == argv->count) {
		skip_malformed(r, entry->line, "the entry has no compiler command");
		return;
	}
	entry->file = resolve_source(&r->scratch, find_source(r, before, entry));
	entry->directory = resolve_folder(&r->scratch, entry->directory);
	entry->compiler = bc_path_basename(argv->items[first]);
	bc_flags_filter(&r->scratch, argv->items + first, argv->count - first, entry->directory,
		entry->file, &flags);
	if (flags.output || output)
		entry->output = bc_path_absolute(
			&r->scratch, entry->directory, flags.output ? flags.output : output);
	add_cross_flags(r, entry->compiler, &flags);
	if (flags.no_compile)
		r->out->skipped[BC_SKIP_PREPROCESS]++;
	else if (flags.language == BC_LANG_C)
		add_entry(r, entry, &flags);
	else
		r->out->skipped[skip_of(flags.language)]++;
	bc_flags_fini(&flags);
}

static void read_object(struct reader *r, json_t *object, int line)
{
	const char *file = json_string_value(json_object_get(object, "file"));
	const char *directory = json_string_value(json_object_get(object, "directory"));
	struct entry entry = {.file = file, .line = line};
	struct bc_argv argv = {0};

	if (!json_is_object(object)) {
		skip_malformed(r, line, "an entry that is not an object");
		return;
	}
	if (!file || !*file) {
		skip_malformed(r, line, "the entry has no \"file\"");
		return;
	}
	entry.directory = bc_path_absolute(&r->scratch, r->folder, directory ? directory : "");
	if (read_words(r, object, line, entry.directory, &argv) == 0)
		sort_entry(r, object, &argv, &entry);
	bc_argv_fini(&argv);
}

/* ---- all of them ---- */

static int read_entries(struct reader *r)
{
	struct bc_elements elements;
	int status;

	bc_elements_init(&elements, r->path, r->text, r->len);
	while ((status = bc_elements_next(&elements)) > 0) {
		if (elements.count > MAX_ENTRIES) {
			status = bc_fail(BC_ELIMIT, "%s: over %d entries", r->path, MAX_ENTRIES);
			break;
		}
		if (elements.value)
			read_object(r, elements.value, elements.element_line);
		else
			skip_malformed(r, elements.element_line, "%s", elements.fault);
		bc_arena_fini(&r->scratch);
	}
	bc_elements_fini(&elements);
	return status;
}

static void finish_entries(struct reader *r)
{
	size_t n = r->drafts.count;
	struct bc_compile *entries = BC_NEW_ARRAY(r->arena, struct bc_compile, n);

	for (size_t i = 0; i < n; i++) {
		struct draft *draft = &r->drafts.items[i];
		size_t size = draft->outputs.count * sizeof(const char *);

		if (size)
			draft->compile.outputs =
				memcpy(bc_arena_alloc(r->arena, size), draft->outputs.items, size);
		draft->compile.noutputs = (int)draft->outputs.count;
		draft->compile.output = size ? draft->outputs.items[0] : NULL;
		entries[i] = draft->compile;
	}
	r->out->entries = entries;
	r->out->count = n;
}

/* A database without a single C source is an error, since nothing could be found in it. */
static int check_found_any(struct reader *r)
{
	const char *skipped = bc_compdb_skipped_text(r->arena, r->out);

	if (r->out->count)
		return 0;
	if (r->out->first_malformed)
		return bc_fail(BC_EINPUT, "%s", r->out->first_malformed);
	if (*skipped)
		return bc_fail(BC_EINPUT, "%s: no C source in it, only %s", r->path, skipped);
	return bc_fail(BC_EINPUT,
		"%s: the compilation database is empty; was anything built when "
		"it was recorded?",
		r->path);
}

static void free_reader(struct reader *r)
{
	for (size_t i = 0; i < r->drafts.count; i++)
		bc_vec_fini(&r->drafts.items[i].outputs);
	bc_vec_fini(&r->drafts);
	bc_vec_fini(&r->known_text);
	bc_intern_fini(&r->known);
	bc_arena_fini(&r->scratch);
	bc_variants_fini(&r->variants);
}

static const char *folder_of(struct bc_arena *arena, const char *path)
{
	char *here = realpath(".", NULL);
	const char *absolute = bc_path_absolute(arena, here ? here : "/", path);

	free(here);
	return resolve_folder(arena, bc_path_dirname(arena, absolute));
}

int bc_compdb_parse(struct bc_arena *arena, const char *text, size_t len, const char *path,
	struct bc_compdb *out)
{
	struct reader r = {.arena = arena,
		.text = text,
		.len = len,
		.out = out,
		.response_budget = MAX_RESPONSE_BYTES};
	int status;

	*out = (struct bc_compdb){.path = bc_arena_strdup(arena, path)};
	r.path = out->path;
	r.folder = folder_of(arena, path);
	status = read_entries(&r);
	if (status == 0) {
		finish_entries(&r);
		status = check_found_any(&r);
	}
	if (status != 0)
		*out = (struct bc_compdb){.path = out->path};
	free_reader(&r);
	return status;
}

int bc_compdb_load(struct bc_arena *arena, const char *path, struct bc_compdb *out)
{
	struct bc_buf text = {0};
	int status = bc_file_read(&text, path, MAX_DATABASE_BYTES);

	*out = (struct bc_compdb){0};
	if (status == 0)
		status = bc_compdb_parse(arena, text.data, text.len, path, out);
	bc_buf_fini(&text);
	return status;
}
