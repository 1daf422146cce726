/*
 * A checked YAML reader: one document as a tree of lists, maps and scalars with their positions.
 *
 * Files come from strangers, so the reader takes less than YAML allows: no aliases, anchors or tags
 * (no "billion laughs", nothing that means something else to another reader), one document, UTF-8
 * without control characters, and limits on size, depth and number of nodes. What scalars mean is
 * left to the caller: they are texts until a schema says otherwise.
 */
#ifndef BC_MODELS_YAML_H
#define BC_MODELS_YAML_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { BC_YAML_MAX_BYTES = 1 << 20, BC_YAML_MAX_DEPTH = 32, BC_YAML_MAX_NODES = 100000 };

enum bc_yaml_kind { BC_YAML_SCALAR, BC_YAML_LIST, BC_YAML_MAP };

struct bc_yaml_node {
	enum bc_yaml_kind kind;
	int line, column;          /* from 1 */
	int quoted;                /* SCALAR: written with quotes or as a block */
	int nkids;                 /* LIST: items; MAP: keys and values together */
	const char *text;          /* SCALAR: never NULL, without embedded NUL */
	struct bc_yaml_node *kids; /* the first; in a map keys (scalars) and values alternate */
	struct bc_yaml_node *next; /* the next sibling, or NULL */
};

/*
 * Reads `bytes`; `file` serves messages only. 0, BC_EINPUT or BC_ELIMIT with
 * "file:line:column: what is wrong".
 */
int bc_yaml_read(struct bc_arena *arena, const char *file, const char *bytes, size_t size,
	struct bc_yaml_node **root);

/* The value of `key` in a map, or NULL. */
const struct bc_yaml_node *bc_yaml_get(const struct bc_yaml_node *map, const char *key);

/*
 * Whole numbers, decimal or 0x hexadecimal, with sign; no leading zeros, which YAML 1.1 and 1.2
 * read differently. 0, or -1 when the text is no such number.
 */
int bc_yaml_int(const char *text, int64_t *value);
/* YAML 1.1 truth: true yes on, false no off. 0, or -1. */
int bc_yaml_bool(const char *text, int *value);

/* "file:line:column: <message>" as BC_EINPUT. */
int bc_yaml_fail(const char *file, const struct bc_yaml_node *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
