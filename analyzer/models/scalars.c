#include "models/scalars.h"

#include <string.h>

#include "base/duration.h"

enum { MAX_PART = 60 }; /* bytes of one constant's name or number */

/* ---- names ---- */

static int is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t identifier_length(const char *text)
{
	size_t len = 0;

	if (!is_letter(text[0]))
		return 0;
	while (is_letter(text[len]) || is_digit(text[len]))
		len++;
	return len;
}

int bc_scalar_is_identifier(const char *text)
{
	size_t len = identifier_length(text);

	return len && !text[len];
}

static int is_id(const char *text, const char *inside)
{
	if (!is_letter(*text) && !is_digit(*text))
		return 0;
	while (is_letter(*text) || is_digit(*text) || (*text && strchr(inside, *text)))
		text++;
	return !*text;
}

/* An identifier in which one * may stand for any text, but not for all of it. */
static int is_record(const char *text)
{
	const char *star;

	if (!strncmp(text, "struct ", 7) || !strncmp(text, "union ", 6))
		text = strchr(text, ' ') + 1;
	star = strchr(text, '*');
	if (!star)
		return bc_scalar_is_identifier(text);
	if (star != text && identifier_length(text) != (size_t)(star - text))
		return 0;
	star++;
	while (is_letter(*star) || is_digit(*star))
		star++;
	return !*star && strlen(text) > 1;
}

/* ---- numbers ---- */

/* NAME, 0x40, or several of them joined by |. */
static int is_number(const char *text)
{
	char part[MAX_PART + 1];
	int64_t value;

	for (;;) {
		size_t len = strcspn(text, "|");

		if (len == 0 || len > MAX_PART)
			return 0;
		memcpy(part, text, len);
		part[len] = '\0';
		if (!bc_scalar_is_identifier(part) && bc_yaml_int(part, &value) != 0)
			return 0;
		if (!text[len])
			return 1;
		text += len + 1;
	}
}

/* NAME, or NAME=8. */
static int is_define(const char *text)
{
	size_t len = identifier_length(text);
	int64_t value;

	return len &&
	       (!text[len] || (text[len] == '=' && bc_yaml_int(text + len + 1, &value) == 0));
}

static int is_between(const char *text, int64_t low, int64_t high)
{
	int64_t value;

	return bc_yaml_int(text, &value) == 0 && value >= low && value <= high;
}

enum { MAX_FIELD = 256 };

/* "handle", "handle_*", "*" */
static int is_field(const char *text)
{
	size_t len = strlen(text);
	char name[MAX_FIELD];

	if (!len || text[len - 1] != '*')
		return bc_scalar_is_identifier(text);
	if (len == 1)
		return 1;
	if (len >= sizeof(name))
		return 0;
	memcpy(name, text, len - 1);
	name[len - 1] = '\0';
	return bc_scalar_is_identifier(name);
}

/* ---- by type ---- */

int bc_scalar_fits(const struct bc_key *key, const char *text)
{
	int truth;
	double ms;

	switch (key->type) {
	case BC_TYPE_TEXT: return *text != '\0';
	case BC_TYPE_ID: return is_id(text, "-.");
	case BC_TYPE_PACKAGE: return is_id(text, "-.+");
	case BC_TYPE_DEFINE: return is_define(text);
	case BC_TYPE_NAME: return bc_scalar_is_identifier(text);
	case BC_TYPE_RECORD: return is_record(text);
	case BC_TYPE_FIELD: return is_field(text);
	case BC_TYPE_ARG: return is_between(text, 1, BC_SCHEMA_MAX_ARG);
	case BC_TYPE_COUNT: return is_between(text, 0, BC_SCHEMA_MAX_COUNT);
	case BC_TYPE_NUMBER: return is_number(text);
	case BC_TYPE_BOOL: return bc_yaml_bool(text, &truth) == 0;
	case BC_TYPE_TIME: return bc_duration_read(text, 0, &ms) == 0 && ms <= BC_DURATION_MAX_MS;
	case BC_TYPE_WORD:
	case BC_TYPE_WORD_OR_MAP: return bc_word_value(key->words, text) >= 0;
	case BC_TYPE_MAP:
	case BC_TYPE_CONSTANTS: return 0;
	}
	return 0;
}

const char *bc_scalar_describe(const struct bc_key *key)
{
	switch (key->type) {
	case BC_TYPE_TEXT: return "a text that is not empty";
	case BC_TYPE_ID: return "an id (letters, digits and - _ . inside)";
	case BC_TYPE_PACKAGE: return "a package's name (letters, digits and + - _ . inside)";
	case BC_TYPE_DEFINE: return "a macro's name, or NAME=NUMBER";
	case BC_TYPE_NAME: return "a C identifier";
	case BC_TYPE_RECORD: return "a struct's name, with at most one *";
	case BC_TYPE_FIELD: return "a field's name, or the beginning of one and *";
	case BC_TYPE_ARG: return "the number of an argument, from 1 to 64";
	case BC_TYPE_COUNT: return "a whole number from 0 to 255";
	case BC_TYPE_NUMBER: return "a whole number or a constant's name (A|B joins flags)";
	case BC_TYPE_BOOL: return "true or false";
	case BC_TYPE_TIME: return "a time of at most a day (500us, 10ms, 1s)";
	case BC_TYPE_WORD: return "one word";
	case BC_TYPE_WORD_OR_MAP: return "one word or a mapping";
	case BC_TYPE_MAP: return "a mapping";
	case BC_TYPE_CONSTANTS: return "a mapping from constants to whole numbers";
	}
	return "?";
}
