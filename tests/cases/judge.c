/*
 * judge FINDINGS.json SOURCE...
 *
 * Compares what `blockcheck check --format=json` found with the markers in the sources, whose
 * grammar fixtures/cases/README.md gives. Prints one line for each difference. Exit status: 0 when
 * all markers hold, 1 when one does not, 2 when the findings or a marker cannot be read.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"

enum level {
	SILENT, /* no finding at all */
	POSSIBLE,
	LIKELY,
	CERTAIN
};

static const char *const level_names[] = {"silent", "possible", "likely", "certain"};

struct marker {
	int bad; /* a finding must be here, of at least `level`; else of at most `level` */
	enum level level;
	char call[64], callback[64];
	char claims[128]; /* further words: "bound=timeout:2000 phase=reload" */
};

static void give_up(const char *what, const char *where)
{
	fprintf(stderr, "judge: %s: %s\n", where, what);
	exit(2);
}

static int parse_level(const char *word, enum level *level)
{
	for (int i = POSSIBLE; i <= CERTAIN; i++) {
		if (strcmp(word, level_names[i]) == 0) {
			*level = (enum level)i;
			return 1;
		}
	}
	return 0;
}

static int parse_marker(const char *text, struct marker *marker)
{
	char word[4][64] = {{0}};
	int end = 0;
	int n = sscanf(
		text, "%63s %63s %63s from %63s%n", word[0], word[1], word[2], word[3], &end);

	*marker = (struct marker){.level = POSSIBLE};
	if (n == 4 && strcmp(word[0], "BAD") == 0) {
		marker->bad = 1;
		memcpy(marker->call, word[2], sizeof(marker->call));
		memcpy(marker->callback, word[3], sizeof(marker->callback));
		snprintf(marker->claims, sizeof(marker->claims), "%s", text + end);
		return parse_level(word[1], &marker->level);
	}
	if (n >= 2 && strcmp(word[0], "at-most") == 0)
		return parse_level(word[1], &marker->level);
	if (n >= 1 && strcmp(word[0], "silent") == 0) {
		marker->level = SILENT;
		return 1;
	}
	return n >= 1 && strcmp(word[0], "OK") == 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static enum level finding_level(const json_t *finding)
{
	enum level level;

	if (!parse_level(get_text(finding, "confidence"), &level))
		give_up("a finding without a confidence", "findings");
	return level;
}

static int is_on(const json_t *finding, const char *file, int line)
{
	const json_t *sink = json_object_get(finding, "sink");

	return !json_is_string(json_object_get(finding, "suppressed")) &&
	       strcmp(base_name(get_text(sink, "file")), file) == 0 &&
	       json_integer_value(json_object_get(sink, "line")) == line;
}

/* A finding on the line of a marker for none, or a second one where one was expected. */
static int check_unwanted(const json_t *finding, const struct marker *marker, const char *at)
{
	enum level level = finding_level(finding);
	const char *call = get_text(json_object_get(finding, "sink"), "function");

	if (!marker->bad && level <= marker->level)
		return 0;
	if (marker->bad && strcmp(call, marker->call) == 0)
		printf("%s: %s is reported twice\n", at, call);
	else if (level <= POSSIBLE && marker->level > SILENT)
		return 0;
	else
		printf("%s: %s is reported as %s, expected %s%s\n", at, call, level_names[level],
			marker->level == SILENT ? "" : "at most ",
			marker->bad ? level_names[POSSIBLE] : level_names[marker->level]);
	return 1;
}

/* What a finding says under the name of a claim. */
static void describe(const json_t *finding, const char *name, char *out, size_t size)
{
	const json_t *bound = json_object_get(finding, "bound");
	const json_t *ms = json_object_get(bound, "ms");
	const json_t *worst = json_object_get(json_object_get(bound, "worst"), "ms");

	if (strcmp(name, "callbacks") == 0)
		snprintf(out, size, "%zu", json_array_size(json_object_get(finding, name)));
	else if (strcmp(name, "worst") == 0 && json_is_number(worst))
		snprintf(out, size, "%g", json_number_value(worst));
	else if (strcmp(name, "worst") == 0)
		snprintf(out, size, "%s", worst ? "?" : "");
	else if (strcmp(name, "bound") != 0)
		snprintf(out, size, "%s", get_text(finding, name));
	else if (json_is_number(ms))
		snprintf(out, size, "%s:%g", get_text(bound, "kind"), json_number_value(ms));
	else
		snprintf(out, size, "%s%s", get_text(bound, "kind"), ms ? ":?" : "");
}

static int check_claims(const json_t *finding, const struct marker *marker, const char *at)
{
	char claims[sizeof(marker->claims)], *rest = NULL;
	int wrong = 0;

	memcpy(claims, marker->claims, sizeof(claims));
	for (char *claim = strtok_r(claims, " \r\n", &rest); claim && strchr(claim, '=');
		claim = strtok_r(NULL, " \r\n", &rest)) {
		char *value = strchr(claim, '='), found[128];

		*value++ = '\0';
		describe(finding, claim, found, sizeof(found));
		if (strcmp(found, value) == 0)
			continue;
		printf("%s: the %s of %s is '%s', expected '%s'\n", at, claim, marker->call, found,
			value);
		wrong = 1;
	}
	return wrong;
}

static int check_wanted(const json_t *finding, const struct marker *marker, const char *at)
{
	enum level level = finding_level(finding);

	if (level < marker->level) {
		printf("%s: %s is only %s, expected %s\n", at, marker->call, level_names[level],
			level_names[marker->level]);
		return 1;
	}
	if (!has_callback(finding, marker->callback)) {
		printf("%s: %s is not said to run from %s but from %s\n", at, marker->call,
			marker->callback,
			get_text(json_object_get(finding, "callback"), "function"));
		return 1;
	}
	return check_claims(finding, marker, at);
}

static int check_line(
	const json_t *findings, const struct marker *marker, const char *file, int line)
{
	char at[128];
	int wrong = 0, met = 0;
	size_t i;
	json_t *finding;

	snprintf(at, sizeof(at), "%s:%d", file, line);
	json_array_foreach(findings, i, finding)
	{
		if (!is_on(finding, file, line))
			continue;
		const char *call = get_text(json_object_get(finding, "sink"), "function");
		if (marker->bad && !met && strcmp(call, marker->call) == 0) {
			met = 1;
			wrong |= check_wanted(finding, marker, at);
		} else {
			wrong |= check_unwanted(finding, marker, at);
		}
	}
	if (marker->bad && !met) {
		printf("%s: %s is not reported\n", at, marker->call);
		wrong = 1;
	}
	return wrong;
}

static int check_source(const json_t *findings, const char *path)
{
	FILE *source = fopen(path, "r");
	char text[512];
	int wrong = 0;

	if (!source)
		give_up("cannot be opened", path);
	for (int line = 1; fgets(text, sizeof(text), source); line++) {
		const char *at = strstr(text, "expect:");
		struct marker marker = {.level = POSSIBLE};

		if (at && !parse_marker(at + strlen("expect:"), &marker))
			give_up(text, path);
		wrong |= check_line(findings, &marker, base_name(path), line);
	}
	fclose(source);
	return wrong;
}

int main(int argc, char **argv)
{
	json_error_t error;
	json_t *root = argc > 2 ? json_load_file(argv[1], 0, &error) : NULL;
	const json_t *findings = json_object_get(root, "findings");
	int wrong = 0;

	if (argc < 3)
		give_up("usage: judge FINDINGS.json SOURCE...", "arguments");
	if (!root)
		give_up(error.text, argv[1]);
	if (strcmp(get_text(root, "schema"), "blockcheck-findings/1") != 0 ||
		!json_is_array(findings))
		give_up("is no blockcheck-findings/1", argv[1]);
	for (int i = 2; i < argc; i++)
		wrong |= check_source(findings, argv[i]);
	json_decref(root);
	return wrong;
}
