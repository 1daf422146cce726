/*
 * Streaming, ordered JSON writer: keys appear in the order of the calls, so that outputs are
 *stable. Text that is not valid UTF-8 is written with U+FFFD in place of each bad byte; control
 *characters are escaped. Numbers are finite.
 *
 *	bc_json_object(&w); bc_json_key(&w, "a"); bc_json_int(&w, 1); bc_json_end(&w);
 */
#ifndef BC_BASE_JSON_H
#define BC_BASE_JSON_H

#include <stdint.h>

#include "base/buf.h"

enum { BC_JSON_DEPTH = 32 };

struct bc_json {
	struct bc_buf *out;
	int indent; /* spaces per level; 0 writes one line */
	int depth;
	char kind[BC_JSON_DEPTH];  /* '{' or '[' of each open level */
	int filled[BC_JSON_DEPTH]; /* something was written on that level */
	int after_key;
};

void bc_json_init(struct bc_json *json, struct bc_buf *out, int indent);
void bc_json_object(struct bc_json *json);
void bc_json_array(struct bc_json *json);
void bc_json_end(struct bc_json *json); /* closes the innermost object or array */
void bc_json_key(struct bc_json *json, const char *key);
void bc_json_str(struct bc_json *json, const char *text); /* NULL writes null */
void bc_json_int(struct bc_json *json, int64_t value);
void bc_json_double(struct bc_json *json, double value); /* up to 3 decimals, at least one */
void bc_json_bool(struct bc_json *json, int value);
void bc_json_null(struct bc_json *json);

/* A key and its value; a NULL text is null. */
void bc_json_put_str(struct bc_json *json, const char *key, const char *text);
void bc_json_put_int(struct bc_json *json, const char *key, int64_t value);
void bc_json_put_count(struct bc_json *json, const char *key, uint64_t count);
void bc_json_put_double(struct bc_json *json, const char *key, double value);

#endif
