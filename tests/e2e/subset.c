/*
 * subset EXPECTED.json ACTUAL.json
 *
 * Says what of EXPECTED is not in ACTUAL. An object must have the expected keys, whatever else it
 * has; each element of an expected array must be met, in any order; other values must be equal. Two
 * keys of EXPECTED's top level are its own: "absent" lists findings that must not be there, "count"
 * is the number of findings. Exit status: 0 a subset, 1 not, 2 a file that cannot be read.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_in(const json_t *expected, const json_t *actual);

static int array_is_in(const json_t *expected, const json_t *actual)
{
	size_t i, k;
	json_t *wanted, *one;

	json_array_foreach(expected, i, wanted)
	{
		int met = 0;

		json_array_foreach(actual, k, one) met |= is_in(wanted, one);
		if (!met)
			return 0;
	}
	return json_is_array(actual);
}

static int is_in(const json_t *expected, const json_t *actual)
{
	const char *key;
	json_t *value;

	if (json_is_array(expected))
		return array_is_in(expected, actual);
	if (!json_is_object(expected))
		return json_equal(expected, actual);
	json_object_foreach((json_t *)expected, key, value)
	{
		if (!is_in(value, json_object_get(actual, key)))
			return 0;
	}
	return json_is_object(actual);
}

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);

	if (!root) {
		fprintf(stderr, "subset: %s:%d: %s\n", path, error.line, error.text);
		exit(2);
	}
	return root;
}

static int complain(const char *what, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	printf("%s: %s\n", what, text);
	free(text);
	return 1;
}

/* Findings one by one, so that the message names the one that is missing. */
static int compare(const json_t *expected, const json_t *actual)
{
	const json_t *findings = json_object_get(actual, "findings");
	const json_t *count = json_object_get(expected, "count");
	int wrong = 0;
	size_t i;
	const char *key;
	json_t *value;

	json_array_foreach(json_object_get(expected, "findings"), i, value)
	{
		json_t *one = json_pack("[O]", value);

		if (!is_in(one, findings))
			wrong = complain("missing", value);
		json_decref(one);
	}
	json_array_foreach(json_object_get(expected, "absent"), i, value)
	{
		json_t *one = json_pack("[O]", value);

		if (is_in(one, findings))
			wrong = complain("must not be there", value);
		json_decref(one);
	}
	if (count && json_integer_value(count) != (json_int_t)json_array_size(findings))
		wrong = complain("number of findings is not", count);
	json_object_foreach((json_t *)expected, key, value)
	{
		if (strcmp(key, "findings") && strcmp(key, "absent") && strcmp(key, "count") &&
			!is_in(value, json_object_get(actual, key)))
			wrong = complain(key, value);
	}
	return wrong;
}

int main(int argc, char **argv)
{
	json_t *expected, *actual;
	int wrong;

	if (argc != 3) {
		fputs("usage: subset EXPECTED.json ACTUAL.json\n", stderr);
		return 2;
	}
	expected = load(argv[1]);
	actual = load(argv[2]);
	wrong = compare(expected, actual);
	json_decref(expected);
	json_decref(actual);
	return wrong;
}
