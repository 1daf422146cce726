/* Reading `check --format=json`, for the programs that judge it. */
#ifndef BC_TEST_FINDINGS_H
#define BC_TEST_FINDINGS_H

#include <jansson.h>
#include <string.h>

static inline const char *get_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Is it reached from this callback, or among others from it? */
static inline int has_callback(const json_t *finding, const char *name)
{
	const json_t *callbacks = json_object_get(finding, "callbacks");
	size_t i;
	json_t *one;

	json_array_foreach(callbacks, i, one)
	{
		if (strcmp(json_string_value(one), name) == 0)
			return 1;
	}
	return strcmp(get_text(json_object_get(finding, "callback"), "function"), name) == 0;
}

#endif
