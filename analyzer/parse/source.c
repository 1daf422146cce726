/* Files and positions of a unit, and text without the checkout's path in it. */
#include "parse/parser.h"

#include <string.h>

#include "base/buf.h"
#include "base/fs.h"

const char *bc_parse_string(struct bc_parser *p, CXString string)
{
	const char *text = clang_getCString(string);
	const char *copy = bc_arena_strdup(&p->arena, text ? text : "");

	clang_disposeString(string);
	return copy;
}

const char *bc_parse_path(struct bc_parser *p, const char *name)
{
	return bc_path_relative(p->job->root, bc_path_absolute(&p->arena, p->job->directory, name));
}

static struct bc_source *add_source(struct bc_parser *p, CXFile file)
{
	struct bc_source *source = BC_NEW(&p->arena, struct bc_source);
	source->file = file;
	source->path = bc_parse_path(p, bc_parse_string(p, clang_getFileName(file)));
	source->text = clang_getFileContents(p->tu, file, &source->size);
	if (!source->text)
		source->size = 0;
	source->is_system = source->has_mark = -1;
	HASH_ADD_PTR(p->sources, file, source);
	return source;
}

/* Asking libclang for a file's first location is slow, and few files need it. */
int bc_parse_is_system(struct bc_parser *p, struct bc_source *source)
{
	if (source->is_system < 0)
		source->is_system = clang_Location_isInSystemHeader(
			clang_getLocationForOffset(p->tu, source->file, 0));
	return source->is_system;
}

int bc_parse_is_foreign(struct bc_parser *p, struct bc_source *source)
{
	return source != p->main && (source->path[0] == '/' || bc_parse_is_system(p, source));
}

struct bc_source *bc_parse_source(struct bc_parser *p, CXFile file)
{
	struct bc_source *source;

	if (!file)
		return NULL;
	if (p->last_source && p->last_source->file == file)
		return p->last_source;
	HASH_FIND_PTR(p->sources, &file, source);
	if (!source)
		source = add_source(p, file);
	p->last_source = source;
	return source;
}

struct bc_position bc_parse_position(struct bc_parser *p, CXSourceLocation at)
{
	struct bc_position position = {0};
	CXFile file;

	clang_getFileLocation(at, &file, &position.line, &position.column, &position.offset);
	position.source = bc_parse_source(p, file);
	if (position.source && position.source->is_system < 0)
		position.source->is_system = clang_Location_isInSystemHeader(at);
	return position;
}

int bc_parse_in_macro(CXSourceLocation at)
{
	CXFile expansion_file, spelling_file;
	unsigned expansion, spelling;

	clang_getExpansionLocation(at, &expansion_file, NULL, NULL, &expansion);
	clang_getSpellingLocation(at, &spelling_file, NULL, NULL, &spelling);
	return expansion != spelling || expansion_file != spelling_file;
}

const char *bc_parse_spelled(struct bc_parser *p, CXSourceLocation at, size_t *left)
{
	struct bc_source *source;
	unsigned offset;
	CXFile file;

	*left = 0;
	clang_getSpellingLocation(at, &file, NULL, NULL, &offset);
	source = bc_parse_source(p, file);
	if (!source || offset >= source->size)
		return "";
	*left = source->size - offset;
	return source->text + offset;
}

uint32_t bc_parse_loc(struct bc_parser *p, CXCursor cursor)
{
	unsigned line, column;
	CXFile file;

	clang_getFileLocation(clang_getCursorLocation(cursor), &file, &line, &column, NULL);
	return file == p->file ? BC_LOC(line, column) : BC_LOC(p->line, 1);
}

struct bc_fw *bc_parse_writer(struct bc_source *source)
{
	if (!source->fw)
		source->fw = bc_fw_new(source->path);
	return source->fw;
}

/* ---- text without absolute paths ---- */

const char *bc_parse_scrub(struct bc_parser *p, const char *text)
{
	size_t len = strlen(p->job->root);
	const char *hit;
	char *out, *to;

	if (len < 2 || !strstr(text, p->job->root))
		return text;
	out = to = bc_arena_strdup(&p->arena, text);
	while ((hit = strstr(text, p->job->root))) {
		size_t before = (size_t)(hit - text);

		memcpy(to, text, before);
		to += before;
		text = hit + len;
		if (*text == '/')
			text++;
		else if (*text && !strchr("\"' :)", *text)) /* /src is not the start of /srcdir */
			to = stpcpy(to, p->job->root);
	}
	strcpy(to, text);
	return out;
}

/*
 * "struct (unnamed struct at ../x.h:3:1)": the path is as the command line had it, and must become
 * one that does not depend on where the project or its build folder lies.
 */
const char *bc_parse_scrub_type(struct bc_parser *p, const char *text)
{
	struct bc_buf out = {0};
	const char *at;

	if (!strstr(text, " at "))
		return text;
	while ((at = strstr(text, " at "))) {
		const char *path = at + 4, *end = strchr(path, ')');
		const char *colon = end;

		for (int colons = 0; colon && colon > path && colons < 2;)
			colons += *--colon == ':';
		if (!colon || colon <= path)
			break;
		bc_buf_add(&out, text, (size_t)(path - text));
		bc_buf_str(&out, bc_parse_path(p, bc_arena_strndup(&p->arena, path,
							  (size_t)(colon - path))));
		text = colon;
	}
	bc_buf_str(&out, text);
	text = bc_arena_strdup(&p->arena, bc_buf_text(&out));
	bc_buf_fini(&out);
	return text;
}
