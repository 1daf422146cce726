#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

void bc_json_init(struct bc_json *json, struct bc_buf *out, int indent)
{
	*json = (struct bc_json){.out = out, .indent = indent};
}

static void break_line(struct bc_json *json)
{
	if (!json->indent)
		return;
	bc_buf_char(json->out, '\n');
	for (int i = 0; i < json->depth * json->indent; i++)
		bc_buf_char(json->out, ' ');
}

/* Writes what separates the next value, or key, from what stands before it. */
static void separate(struct bc_json *json)
{
	if (json->after_key) {
		json->after_key = 0;
		return;
	}
	if (!json->depth)
		return;
	if (json->filled[json->depth - 1])
		bc_buf_char(json->out, ',');
	json->filled[json->depth - 1] = 1;
	break_line(json);
}

static void open_level(struct bc_json *json, char kind)
{
	separate(json);
	assert(json->depth < BC_JSON_DEPTH);
	bc_buf_char(json->out, kind);
	json->kind[json->depth] = kind;
	json->filled[json->depth] = 0;
	json->depth++;
}

void bc_json_object(struct bc_json *json)
{
	open_level(json, '{');
}

void bc_json_array(struct bc_json *json)
{
	open_level(json, '[');
}

void bc_json_end(struct bc_json *json)
{
	assert(json->depth > 0 && !json->after_key);
	json->depth--;
	if (json->filled[json->depth])
		break_line(json);
	bc_buf_char(json->out, json->kind[json->depth] == '{' ? '}' : ']');
}

/*
 * Length of the well-formed UTF-8 sequence at `p`, 0 if there is none. Overlong forms, surrogates
 * and values above U+10FFFF are not well-formed: strict readers refuse the whole document for one.
 */
static size_t utf8_length(const unsigned char *p)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

static void add_escape(struct bc_buf *out, unsigned char c)
{
	static const char letters[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	const char *found = strchr(letters, c);

	if (found)
		bc_buf_printf(out, "\\%c", names[found - letters]);
	else
		bc_buf_printf(out, "\\u%04x", c);
}

static void add_string(struct bc_buf *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	bc_buf_char(out, '"');
	while (*p) {
		size_t len = utf8_length(p);

		if (len == 0)
			bc_buf_str(out, "\xef\xbf\xbd");
		else if (*p < 0x20 || *p == '"' || *p == '\\')
			add_escape(out, *p);
		else
			bc_buf_add(out, p, len);
		p += len ? len : 1;
	}
	bc_buf_char(out, '"');
}

void bc_json_key(struct bc_json *json, const char *key)
{
	assert(json->depth && json->kind[json->depth - 1] == '{' && !json->after_key);
	separate(json);
	add_string(json->out, key);
	bc_buf_str(json->out, json->indent ? ": " : ":");
	json->after_key = 1;
}

void bc_json_str(struct bc_json *json, const char *text)
{
	separate(json);
	if (text)
		add_string(json->out, text);
	else
		bc_buf_str(json->out, "null");
}

void bc_json_int(struct bc_json *json, int64_t value)
{
	separate(json);
	bc_buf_printf(json->out, "%" PRId64, value);
}

/* Put together from integers, because printf would take the decimal point of the locale. */
static void add_double(struct bc_buf *out, double value)
{
	int64_t thousandths = llround(fabs(value) * 1000.0);
	int fraction = (int)(thousandths % 1000), digits = 3;

	while (digits > 1 && fraction % 10 == 0) {
		fraction /= 10;
		digits--;
	}
	bc_buf_printf(out, "%s%" PRId64 ".%0*d", value < 0 && thousandths ? "-" : "",
		thousandths / 1000, digits, fraction);
}

void bc_json_double(struct bc_json *json, double value)
{
	const double largest = 9e15; /* its thousandths still fit an int64_t */

	separate(json);
	if (!isfinite(value))
		bc_buf_str(json->out, "null");
	else
		add_double(json->out, fmin(fmax(value, -largest), largest));
}

void bc_json_bool(struct bc_json *json, int value)
{
	separate(json);
	bc_buf_str(json->out, value ? "true" : "false");
}

void bc_json_null(struct bc_json *json)
{
	separate(json);
	bc_buf_str(json->out, "null");
}

void bc_json_put_str(struct bc_json *json, const char *key, const char *text)
{
	bc_json_key(json, key);
	bc_json_str(json, text);
}

void bc_json_put_int(struct bc_json *json, const char *key, int64_t value)
{
	bc_json_key(json, key);
	bc_json_int(json, value);
}

void bc_json_put_count(struct bc_json *json, const char *key, uint64_t count)
{
	bc_json_put_int(json, key, (int64_t)(count & INT64_MAX));
}

void bc_json_put_double(struct bc_json *json, const char *key, double value)
{
	bc_json_key(json, key);
	bc_json_double(json, value);
}
