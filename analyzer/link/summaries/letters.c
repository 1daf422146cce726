#include "link/summaries/letters.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum compare { WHOLE, WHOLE_FOLDED, START, START_FOLDED, LETTER };

static const struct {
	const char *name;
	enum compare compare;
} functions[] = {
	{"strcmp", WHOLE},
	{"g_strcmp0", WHOLE},
	{"strcasecmp", WHOLE_FOLDED},
	{"strncmp", START},
	{"strncasecmp", START_FOLDED},
	{"strchr", LETTER},
};

/* How many letters are surely known; `pad` says that the text goes on unknown from the first %. */
static size_t known_length(const struct bc_value *text)
{
	return text->pad ? strcspn(text->u.text, "%") : strlen(text->u.text);
}

struct bc_value bc_letter_at(const struct bc_value *text, const struct bc_value *index)
{
	size_t length;
	int64_t at;

	if (text->kind != BC_V_TEXT || index->kind != BC_V_INTS || index->n != 1)
		return bc_value_top();
	at = index->u.ints[0];
	length = known_length(text);
	if (at < 0 || (uint64_t)at > length || ((uint64_t)at == length && text->pad))
		return bc_value_top();
	return bc_value_int(text->u.text[at]);
}

static int find(const char *function)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (!strcmp(functions[i].name, function))
			return (int)i;
	return -1;
}

int bc_letters_compare(const char *function)
{
	return find(function) >= 0;
}

static struct bc_value equal_or_not(int difference)
{
	return difference ? (struct bc_value){.kind = BC_V_NONNULL} : bc_value_int(0);
}

static int is_whole(const struct bc_value *value)
{
	return value->kind == BC_V_TEXT && !value->pad;
}

static struct bc_value find_letter(const struct bc_value *text, const struct bc_value *letter)
{
	if (!is_whole(text) || letter->kind != BC_V_INTS || letter->n != 1)
		return bc_value_top();
	return strchr(text->u.text, (int)letter->u.ints[0])
		       ? (struct bc_value){.kind = BC_V_NONNULL}
		       : bc_value_int(0);
}

struct bc_value bc_letters_result(const char *function, const struct bc_value *args, int nargs)
{
	int i = find(function);
	const char *a, *b;
	size_t length = 0;

	if (i < 0 || nargs < 2)
		return bc_value_top();
	if (functions[i].compare == LETTER)
		return find_letter(&args[0], &args[1]);
	if (!is_whole(&args[0]) || !is_whole(&args[1]))
		return bc_value_top();
	a = args[0].u.text;
	b = args[1].u.text;
	if (functions[i].compare == START || functions[i].compare == START_FOLDED) {
		if (nargs < 3 || args[2].kind != BC_V_INTS || args[2].n != 1 ||
			args[2].u.ints[0] < 0)
			return bc_value_top();
		length = (size_t)args[2].u.ints[0];
	}
	switch (functions[i].compare) {
	case WHOLE: return equal_or_not(strcmp(a, b));
	case WHOLE_FOLDED: return equal_or_not(strcasecmp(a, b));
	case START: return equal_or_not(strncmp(a, b, length));
	case START_FOLDED: return equal_or_not(strncasecmp(a, b, length));
	case LETTER: break;
	}
	return bc_value_top();
}
