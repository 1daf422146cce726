/*
 * verdict PROGRAM.expect FINDINGS.json TALLY
 *
 * Judges the findings in a real program by what is known of it. Prints one line an item, starting
 * with found, MISSED, silent or SPOKE, and a summary. README.md gives the lines of an expectation:
 *
 *   find CALL in FUNCTION from CALLBACK LEVEL [path FUNCTION,FUNCTION...]
 *   silent CALL in FUNCTION
 *   silent CALL
 *   known ITEM
 *   case NAME [HOP,HOP...]
 *
 * Each item is counted for the case that it stands under: "<case> <hops> find|silent held|missed"
 * is appended to TALLY.
 *
 * An item after "known" is known not to hold: its line starts with known, and with PASSES once it
 * does.
 *
 * Exit status: 0 when every item holds, 1 when one does not, 2 when a file cannot be read.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"

enum { MAX_WORD = 128 };

struct item {
	char call[MAX_WORD], in[MAX_WORD], callback[MAX_WORD], level[MAX_WORD], path[4 * MAX_WORD];
	int quiet;
};

/* What the items that follow are counted for. */
struct tally {
	FILE *out;
	char name[MAX_WORD], hops[MAX_WORD];
};

static int level_rank(const char *level)
{
	static const char *const names[] = {"possible", "likely", "certain"};

	for (int i = 0; i < 3; i++) {
		if (strcmp(level, names[i]) == 0)
			return i;
	}
	fprintf(stderr, "verdict: '%s' is no confidence\n", level);
	exit(2);
}

static int is_sink(const json_t *finding, const struct item *item)
{
	const json_t *sink = json_object_get(finding, "sink");

	return strcmp(get_text(sink, "function"), item->call) == 0 &&
	       (!item->in[0] || strcmp(get_text(sink, "in"), item->in) == 0);
}

/* The named functions must be on the path in this order, with any others between them. */
static int has_path(const json_t *finding, const char *names)
{
	char copy[4 * MAX_WORD], *next, *save = NULL;
	const json_t *path = json_object_get(finding, "path");
	size_t i;
	json_t *step;

	snprintf(copy, sizeof(copy), "%s", names);
	next = strtok_r(copy, ",", &save);
	json_array_foreach(path, i, step)
	{
		if (next && strcmp(get_text(step, "function"), next) == 0)
			next = strtok_r(NULL, ",", &save);
	}
	return !next;
}

static void print_finding(const char *verdict, const json_t *finding, const char *why)
{
	const json_t *sink = json_object_get(finding, "sink");
	const json_t *path = json_object_get(finding, "path");
	size_t i;
	json_t *step;

	printf("%s %s in %s (%s:%d, %s)%s\n        ", verdict, get_text(sink, "function"),
		get_text(sink, "in"), get_text(sink, "file"),
		(int)json_integer_value(json_object_get(sink, "line")),
		get_text(finding, "confidence"), why);
	json_array_foreach(path, i, step)
	{
		printf("%s%s", get_text(step, "function"),
			strcmp(get_text(step, "via"), "pointer") == 0 ? " => " : " -> ");
	}
	printf("%s\n", get_text(sink, "function"));
}

static int check_find(const json_t *findings, const struct item *item)
{
	const json_t *near_miss = NULL;
	const char *why = "";
	size_t i;
	json_t *finding;

	json_array_foreach(findings, i, finding)
	{
		if (!is_sink(finding, item))
			continue;
		near_miss = finding;
		if (!has_callback(finding, item->callback)) {
			why = ": another callback";
		} else if (!has_path(finding, item->path)) {
			why = ": another path";
		} else if (level_rank(get_text(finding, "confidence")) < level_rank(item->level)) {
			why = ": too uncertain";
		} else {
			if (!item->quiet)
				print_finding("found ", finding, "");
			return 0;
		}
	}
	if (item->quiet)
		return 1;
	if (near_miss)
		print_finding("MISSED", near_miss, why);
	else
		printf("MISSED %s in %s from %s\n", item->call, item->in, item->callback);
	return 1;
}

/* What is only possible is not shown unless asked for. */
static int check_silent(const json_t *findings, const struct item *item)
{
	int wrong = 0;
	size_t i;
	json_t *finding;

	json_array_foreach(findings, i, finding)
	{
		if (!is_sink(finding, item) || level_rank(get_text(finding, "confidence")) == 0)
			continue;
		if (!item->quiet)
			print_finding("SPOKE ", finding, "");
		wrong = 1;
	}
	if (!wrong && !item->quiet)
		printf("silent %s%s%s\n", item->call, item->in[0] ? " in " : "", item->in);
	return wrong;
}

static int check_item(const json_t *findings, const char *line, int quiet)
{
	struct item item;

	memset(&item, 0, sizeof(item));
	item.quiet = quiet;
	if (sscanf(line, "find %127s in %127s from %127s %127s path %511s", item.call, item.in,
		    item.callback, item.level, item.path) >= 4)
		return check_find(findings, &item);
	if (sscanf(line, "silent %127s in %127s", item.call, item.in) >= 1)
		return check_silent(findings, &item);
	fprintf(stderr, "verdict: no such item: %s", line);
	exit(2);
}

static int starts_with(const char *line, const char *word)
{
	return strncmp(line, word, strlen(word)) == 0;
}

static void count_item(const struct tally *tally, const char *line, int wrong)
{
	fprintf(tally->out, "%s %s %s %s\n", tally->name, tally->hops,
		starts_with(line, "find ") ? "find" : "silent", wrong ? "missed" : "held");
}

static int check_line(const json_t *findings, const char *line, const struct tally *tally)
{
	int known = starts_with(line, "known ");
	const char *item = known ? line + strlen("known ") : line;
	int wrong = check_item(findings, item, known);

	count_item(tally, item, wrong);
	if (!known)
		return wrong;
	printf("%s %s", wrong ? "known " : "PASSES", item);
	return !wrong;
}

/* Comments and the recipe of the build are not for this program. */
static int is_item(const char *line)
{
	return starts_with(line, "find ") || starts_with(line, "silent ") ||
	       starts_with(line, "known ");
}

static void start_case(struct tally *tally, const char *line)
{
	strcpy(tally->name, "more");
	strcpy(tally->hops, "-");
	if (line && sscanf(line, "case %127s %127s", tally->name, tally->hops) < 1) {
		fprintf(stderr, "verdict: a case needs a name: %s", line);
		exit(2);
	}
}

static int check_all(const json_t *findings, const char *path, struct tally *tally)
{
	FILE *file = fopen(path, "r");
	char line[1024];
	int wrong = 0, items = 0;

	if (!file) {
		perror(path);
		exit(2);
	}
	start_case(tally, NULL);
	while (fgets(line, sizeof(line), file)) {
		if (starts_with(line, "case "))
			start_case(tally, line);
		if (!is_item(line))
			continue;
		items++;
		wrong += check_line(findings, line, tally);
	}
	fclose(file);
	if (!items) {
		fprintf(stderr, "verdict: %s: no items\n", path);
		exit(2);
	}
	return wrong;
}

static void print_summary(const json_t *root)
{
	static const char *const severities[] = {"error", "warning", "note"};
	int count[3] = {0}, possible = 0;
	size_t i;
	json_t *finding;

	json_array_foreach(json_object_get(root, "findings"), i, finding)
	{
		if (level_rank(get_text(finding, "confidence")) == 0) {
			possible++;
			continue;
		}
		for (int k = 0; k < 3; k++)
			count[k] += strcmp(get_text(finding, "severity"), severities[k]) == 0;
	}
	printf("       %d errors, %d warnings, %d notes; %d more only possible; %zu unresolved "
	       "calls; %zu of %d units degraded\n",
		count[0], count[1], count[2], possible,
		json_array_size(json_object_get(root, "unresolved")),
		json_array_size(json_object_get(root, "degraded")),
		(int)json_integer_value(
			json_object_get(json_object_get(root, "summary"), "units")));
}

int main(int argc, char **argv)
{
	struct tally tally;
	json_error_t error;
	json_t *root;
	int wrong;

	if (argc != 4) {
		fputs("usage: verdict PROGRAM.expect FINDINGS.json TALLY\n", stderr);
		return 2;
	}
	root = json_load_file(argv[2], 0, &error);
	if (!json_is_array(json_object_get(root, "findings"))) {
		fprintf(stderr, "verdict: %s: no findings: %s\n", argv[2], error.text);
		return 2;
	}
	tally.out = fopen(argv[3], "a");
	if (!tally.out) {
		perror(argv[3]);
		return 2;
	}
	wrong = check_all(json_object_get(root, "findings"), argv[1], &tally);
	fclose(tally.out);
	print_summary(root);
	json_decref(root);
	return wrong > 0;
}
