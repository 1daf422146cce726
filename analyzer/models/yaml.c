#include "models/yaml.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/error.h"

/* A list or map whose end was not seen yet. */
struct open_node {
	struct bc_yaml_node *node;
	struct bc_yaml_node **tail; /* where its next child is linked */
};

struct reader {
	struct bc_arena *arena;
	const char *file;
	const char *bytes;
	size_t size;
	yaml_parser_t parser;
	struct open_node open[BC_YAML_MAX_DEPTH];
	int depth;
	int nodes;
	int documents;
	struct bc_yaml_node *root;
};

int bc_yaml_fail(const char *file, const struct bc_yaml_node *at, const char *format, ...)
{
	char message[768];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return bc_fail(BC_EINPUT, "%s:%d:%d: %s", file, at->line, at->column, message);
}

static int fail_at(const struct reader *reader, const yaml_mark_t *mark, enum bc_error code,
	const char *message)
{
	return bc_fail(
		code, "%s:%zu:%zu: %s", reader->file, mark->line + 1, mark->column + 1, message);
}

/* Bytes that are no UTF-8 text: libyaml gives an offset instead of a line there. */
static int fail_at_offset(const struct reader *reader)
{
	size_t end = reader->parser.problem_offset;
	size_t line = 1, start = 0;

	if (end > reader->size)
		end = reader->size;
	for (size_t i = 0; i < end; i++)
		if (reader->bytes[i] == '\n') {
			line++;
			start = i + 1;
		}
	return bc_fail(BC_EINPUT, "%s:%zu:%zu: %s (byte 0x%02x); it must be UTF-8 text",
		reader->file, line, end - start + 1, reader->parser.problem,
		(unsigned)reader->parser.problem_value);
}

static int fail_syntax(const struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;

	if (parser->error == YAML_MEMORY_ERROR)
		return bc_fail(BC_EINTERNAL, "%s: out of memory", reader->file);
	if (parser->error == YAML_READER_ERROR)
		return fail_at_offset(reader);
	return bc_fail(BC_EINPUT, "%s:%zu:%zu: not YAML: %s%s%s", reader->file,
		parser->problem_mark.line + 1, parser->problem_mark.column + 1, parser->problem,
		parser->context ? " " : "", parser->context ? parser->context : "");
}

/* ---- the tree ---- */

static int add_node(struct reader *reader, const yaml_event_t *event, enum bc_yaml_kind kind,
	struct bc_yaml_node **added)
{
	struct open_node *parent = reader->depth ? &reader->open[reader->depth - 1] : NULL;
	struct bc_yaml_node *node;

	if (++reader->nodes > BC_YAML_MAX_NODES)
		return fail_at(
			reader, &event->start_mark, BC_ELIMIT, "too many values in one file");
	if (parent && parent->node->kind == BC_YAML_MAP && parent->node->nkids % 2 == 0 &&
		kind != BC_YAML_SCALAR)
		return fail_at(reader, &event->start_mark, BC_EINPUT,
			"a key must be a word, not a list or mapping");
	node = BC_NEW(reader->arena, struct bc_yaml_node);
	node->kind = kind;
	node->line = (int)event->start_mark.line + 1;
	node->column = (int)event->start_mark.column + 1;
	if (parent) {
		*parent->tail = node;
		parent->tail = &node->next;
		parent->node->nkids++;
	} else {
		reader->root = node;
	}
	*added = node;
	return 0;
}

static int open_node(struct reader *reader, const yaml_event_t *event, enum bc_yaml_kind kind)
{
	struct bc_yaml_node *node;
	int status;

	if (reader->depth == BC_YAML_MAX_DEPTH)
		return fail_at(reader, &event->start_mark, BC_ELIMIT, "nested too deeply");
	status = add_node(reader, event, kind, &node);
	if (status == 0)
		reader->open[reader->depth++] =
			(struct open_node){.node = node, .tail = &node->kids};
	return status;
}

static int add_scalar(struct reader *reader, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	struct bc_yaml_node *node;
	int status;

	if (memchr(text, '\0', len))
		return fail_at(
			reader, &event->start_mark, BC_EINPUT, "a NUL character inside a text");
	status = add_node(reader, event, BC_YAML_SCALAR, &node);
	if (status != 0)
		return status;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->text = bc_arena_strndup(reader->arena, text, len);
	return 0;
}

static int start_document(struct reader *reader, const yaml_event_t *event)
{
	if (reader->documents++)
		return fail_at(reader, &event->start_mark, BC_EINPUT,
			"a second document begins here; one file holds one document");
	return 0;
}

static const char decorated[] = "aliases, anchors and tags are not accepted; write the value out";

static int take_event(struct reader *reader, const yaml_event_t *event)
{
	const void *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_ALIAS_EVENT: anchor = event->data.alias.anchor; break;
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	case YAML_DOCUMENT_START_EVENT: return start_document(reader, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: reader->depth--; return 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT: return 0;
	}
	if (anchor || tag)
		return fail_at(reader, &event->start_mark, BC_EINPUT, decorated);
	if (event->type == YAML_SCALAR_EVENT)
		return add_scalar(reader, event);
	return open_node(reader, event,
		event->type == YAML_MAPPING_START_EVENT ? BC_YAML_MAP : BC_YAML_LIST);
}

static int read_events(struct reader *reader)
{
	int status = 0, done = 0;

	while (status == 0 && !done) {
		yaml_event_t event;

		if (!yaml_parser_parse(&reader->parser, &event))
			return fail_syntax(reader);
		done = event.type == YAML_STREAM_END_EVENT;
		status = take_event(reader, &event);
		yaml_event_delete(&event);
	}
	return status;
}

int bc_yaml_read(struct bc_arena *arena, const char *file, const char *bytes, size_t size,
	struct bc_yaml_node **root)
{
	struct reader reader = {.arena = arena, .file = file};
	int status;

	if (size > BC_YAML_MAX_BYTES)
		return bc_fail(BC_ELIMIT, "%s: larger than the limit of %d bytes", file,
			BC_YAML_MAX_BYTES);
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
		bytes += 3;
		size -= 3;
	}
	reader.bytes = bytes;
	reader.size = size;
	if (!yaml_parser_initialize(&reader.parser))
		return bc_fail(BC_EINTERNAL, "%s: out of memory", file);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, size);
	status = read_events(&reader);
	yaml_parser_delete(&reader.parser);
	if (status != 0)
		return status;
	if (!reader.root)
		return bc_fail(BC_EINPUT, "%s:1:1: the file is empty", file);
	*root = reader.root;
	return 0;
}

/* ---- access ---- */

const struct bc_yaml_node *bc_yaml_get(const struct bc_yaml_node *map, const char *key)
{
	if (!map || map->kind != BC_YAML_MAP)
		return NULL;
	for (const struct bc_yaml_node *k = map->kids; k && k->next; k = k->next->next)
		if (!strcmp(k->text, key))
			return k->next;
	return NULL;
}

int bc_yaml_int(const char *text, int64_t *value)
{
	const char *digits = text + (*text == '-' || *text == '+');
	int hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	char *end;

	if (digits[0] == '0' && digits[1] && !hex)
		return -1; /* octal to some readers, decimal to others */
	digits += hex ? 2 : 0;
	if (!*digits || digits[strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")])
		return -1;
	errno = 0;
	*value = strtoimax(text, &end, hex ? 16 : 10);
	return errno || *end ? -1 : 0;
}

int bc_yaml_bool(const char *text, int *value)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(text, words[i])) {
			*value = i % 2;
			return 0;
		}
	return -1;
}
