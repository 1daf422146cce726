/*
 * query FILE.json PATH     prints values of a JSON file
 * query FILE.db SQL        prints the rows of a database, columns with | between them
 *
 * A path is keys and indices with dots between them. `*` stands for every element, one line each,
 * and `#` for the number of elements: summary.parsed, findings.#, findings.*.sink.function.
 * Exit status 1 when nothing is there, 2 when the file cannot be read.
 */
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_value(const json_t *value)
{
	if (json_is_string(value)) {
		puts(json_string_value(value));
	} else if (json_is_real(value)) {
		printf("%.3f\n", json_real_value(value));
	} else {
		json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_COMPACT);
		putchar('\n');
	}
}

static int print_path(const json_t *value, const char *path)
{
	const char *rest = strchr(path, '.');
	size_t len = rest ? (size_t)(rest - path) : strlen(path), i;
	char key[64];
	json_t *one;
	int missing = 0;

	if (!value || len >= sizeof(key))
		return 1;
	if (!len) {
		print_value(value);
		return 0;
	}
	memcpy(key, path, len);
	key[len] = '\0';
	rest = rest ? rest + 1 : "";
	if (strcmp(key, "*") == 0) {
		json_array_foreach(value, i, one) missing |= print_path(one, rest);
		return missing;
	}
	if (strcmp(key, "#") == 0)
		return printf("%zu\n", json_array_size(value)) < 0;
	if (json_is_array(value))
		return print_path(json_array_get(value, (size_t)atoi(key)), rest);
	return print_path(json_object_get(value, key), rest);
}

static int query_json(const char *file, const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(file, 0, &error);
	int missing;

	if (!root) {
		fprintf(stderr, "query: %s:%d: %s\n", file, error.line, error.text);
		return 2;
	}
	missing = print_path(root, path);
	json_decref(root);
	return missing;
}

static int print_row(void *context, int n, char **values, char **names)
{
	(void)names;
	*(int *)context += 1;
	for (int i = 0; i < n; i++)
		printf("%s%s", i ? "|" : "", values[i] ? values[i] : "");
	return putchar('\n') == EOF;
}

static int query_database(const char *file, const char *sql)
{
	sqlite3 *db;
	char *error = NULL;
	int rows = 0;

	if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
		sqlite3_exec(db, sql, print_row, &rows, &error) != SQLITE_OK) {
		fprintf(stderr, "query: %s: %s\n", file, error ? error : sqlite3_errmsg(db));
		return 2;
	}
	sqlite3_close(db);
	return rows == 0;
}

int main(int argc, char **argv)
{
	const char *suffix;

	if (argc != 3) {
		fputs("usage: query FILE.json PATH | FILE.db SQL\n", stderr);
		return 2;
	}
	suffix = strrchr(argv[1], '.');
	if (suffix && strcmp(suffix, ".db") == 0)
		return query_database(argv[1], argv[2]);
	return query_json(argv[1], argv[2]);
}
