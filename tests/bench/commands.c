/*
 * commands COMPILER DATABASE
 *
 * Prints each C unit of a compilation database as one line of shell that checks its syntax with the
 * given compiler: what the same reading costs without any analysis. A unit that is compiled several
 * times is printed once.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void print_quoted(const char *text)
{
	putchar(' ');
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	}
	putchar('\'');
}

/* Output and dependency files are not wanted; returns how many arguments to leave out. */
static int count_unwanted(const char *arg)
{
	if (strcmp(arg, "-o") == 0 || strcmp(arg, "-MF") == 0 || strcmp(arg, "-MT") == 0 ||
		strcmp(arg, "-MQ") == 0)
		return 2;
	return strncmp(arg, "-M", 2) == 0 || strcmp(arg, "-c") == 0;
}

static void print_unit(const char *compiler, const json_t *entry)
{
	const json_t *args = json_object_get(entry, "arguments");

	fputs("cd", stdout);
	print_quoted(json_string_value(json_object_get(entry, "directory")));
	printf(" && exec %s -fsyntax-only -w -Qunused-arguments", compiler);
	for (size_t i = 1; i < json_array_size(args);) {
		const char *arg = json_string_value(json_array_get(args, i));
		int unwanted = count_unwanted(arg);

		if (!unwanted)
			print_quoted(arg);
		i += unwanted ? (size_t)unwanted : 1;
	}
	putchar('\n');
}

static int is_c(const char *file)
{
	size_t len = strlen(file);

	return len > 2 && strcmp(file + len - 2, ".c") == 0;
}

int main(int argc, char **argv)
{
	json_error_t error;
	json_t *database = argc == 3 ? json_load_file(argv[2], 0, &error) : NULL;
	json_t *seen = json_object(), *entry;
	size_t i;

	if (argc != 3 || !json_is_array(database)) {
		fprintf(stderr, "usage: commands COMPILER DATABASE%s%s\n", argc == 3 ? ": " : "",
			argc == 3 ? error.text : "");
		return 2;
	}
	json_array_foreach(database, i, entry)
	{
		const char *file = json_string_value(json_object_get(entry, "file"));

		if (!file || !is_c(file) || json_object_get(seen, file) ||
			!json_is_array(json_object_get(entry, "arguments")))
			continue;
		json_object_set_new(seen, file, json_true());
		print_unit(argv[1], entry);
	}
	json_decref(seen);
	json_decref(database);
	return 0;
}
