/*
 * The schema of rule packs: one table of keys, their types and their documentation. It validates
 * packs; what load.c and pack.c read has passed it, so they need not check shapes again.
 */
#ifndef BC_MODELS_SCHEMA_H
#define BC_MODELS_SCHEMA_H

#include "base/buf.h"
#include "models/yaml.h"

#define BC_SCHEMA_ID "blockcheck-rules/1"

enum { BC_SCHEMA_MAX_ARG = 64, BC_SCHEMA_MAX_COUNT = 255 };

/* What one value must be. */
enum bc_value_type {
	BC_TYPE_TEXT,    /* not empty */
	BC_TYPE_ID,      /* letters, digits, and - _ . inside */
	BC_TYPE_PACKAGE, /* likewise with +: the name of a software package */
	BC_TYPE_DEFINE,  /* NAME or NAME=NUMBER */
	BC_TYPE_NAME,    /* a C identifier */
	BC_TYPE_RECORD,  /* [struct|union] identifier, in which one * stands for any text */
	BC_TYPE_FIELD,   /* a C identifier or * */
	BC_TYPE_ARG,     /* 1 ... BC_SCHEMA_MAX_ARG */
	BC_TYPE_COUNT,   /* 0 ... 255 */
	BC_TYPE_NUMBER,  /* a whole number, a constant's name, or A|B of these */
	BC_TYPE_BOOL,
	BC_TYPE_TIME,        /* 10ms */
	BC_TYPE_WORD,        /* one of `words` */
	BC_TYPE_MAP,         /* of `shape` */
	BC_TYPE_WORD_OR_MAP, /* either */
	BC_TYPE_CONSTANTS    /* a mapping from identifiers to whole numbers */
};

enum bc_many {
	BC_ONE,
	BC_ONE_OR_MANY, /* one value, or a list of at least one */
	BC_MANY         /* a list of at least one */
};

struct bc_word {
	const char *text; /* NULL ends a table */
	int value;
};

struct bc_shape;

struct bc_key {
	const char *name; /* NULL ends a table */
	enum bc_value_type type;
	enum bc_many many;
	int required;
	int may_be_empty; /* a list of nothing says something */
	const char *doc;
	const struct bc_word *words;
	const struct bc_shape *shape;
};

struct bc_shape {
	const char *name; /* "a blocking rule" */
	const struct bc_key *keys;
};

extern const struct bc_shape bc_shape_pack;
/* Parts that the project file shares; its blocking rules need neither id nor provenance. */
extern const struct bc_shape bc_shape_register, bc_shape_own_blocking, bc_shape_never;

enum { BC_IN_PACKS = 2 }; /* a value of bc_key.required */

static inline int bc_is_required(const struct bc_shape *shape, const struct bc_key *key)
{
	return key->required && (key->required != BC_IN_PACKS || shape != &bc_shape_own_blocking);
}

/* names.c: how the values of the enums in models.h are written in packs. */
extern const struct bc_word bc_words_category[], bc_words_bound[], bc_words_severity[],
	bc_words_context[], bc_words_unit[], bc_words_forever[], bc_words_fd[], bc_words_fd_kind[],
	bc_words_queue_use[], bc_words_literal[], bc_words_limit[], bc_words_phase[],
	bc_words_provenance[];

/* What bc_words_forever stands for; several may be given. */
enum bc_forever { BC_FOREVER_NEGATIVE, BC_FOREVER_NULL, BC_FOREVER_ZERO };

/* The value that `text` has in a table of words, or -1. */
int bc_word_value(const struct bc_word *words, const char *text);
/* The text of `value`, or "?". */
const char *bc_word_text(const struct bc_word *words, int value);

/* Holds a document of another kind against its shape. */
int bc_schema_check_as(
	const char *file, const struct bc_yaml_node *root, const struct bc_shape *shape);

/* Checks a whole document. 0 or BC_EINPUT with "file:line:column: ...; did you mean ...". */
int bc_schema_check(const char *file, const struct bc_yaml_node *root);
/* The same, but tells every fault and goes on; their number. */
int bc_schema_check_all(const char *file, const struct bc_yaml_node *root,
	void (*tell)(void *context, const char *message), void *context);

/* The table of a shape as JSON Schema (draft 2020-12). */
void bc_schema_write_json(const struct bc_shape *shape, const char *title, struct bc_buf *out);

/*
 * The candidate that `text` was most likely meant to be, or NULL when none is near. `candidates`
 * ends with NULL.
 */
const char *bc_schema_suggest(const char *text, const char *const *candidates);

#endif
