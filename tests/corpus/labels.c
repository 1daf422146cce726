/*
 * labels PROGRAM.labels FINDINGS.json
 *
 * Holds the findings that a run shows by default against what somebody read in the source.
 * README.md gives the lines of a file of labels:
 *
 *   FINGERPRINT true|false|unsure RULE CALL in FUNCTION - REASON
 *
 * Prints how many are true, and one line for each finding without a label (NEW) and each true one
 * that is not found any more (LOST). Exit status: 0 without such lines, 1 with some, 2 when a file
 * cannot be read.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"

enum truth { TRUE, FALSE, UNSURE, TRUTHS };
enum { MAX_LABELS = 4096, FINGERPRINT = 16 };

static const char *const truth_names[TRUTHS] = {"true", "false", "unsure"};

struct label {
	char fingerprint[FINGERPRINT + 1], text[256];
	enum truth truth;
	int seen;
};

struct labels {
	const char *path;
	struct label items[MAX_LABELS];
	int count;
};

static void stop(const struct labels *labels, int line, const char *why)
{
	fprintf(stderr, "labels: %s:%d: %s\n", labels->path, line, why);
	exit(2);
}

static struct label *find_label(struct labels *labels, const char *fingerprint)
{
	for (int i = 0; i < labels->count; i++) {
		if (strcmp(labels->items[i].fingerprint, fingerprint) == 0)
			return &labels->items[i];
	}
	return NULL;
}

static enum truth parse_truth(const struct labels *labels, int line, const char *word)
{
	for (int i = 0; i < TRUTHS; i++) {
		if (strcmp(word, truth_names[i]) == 0)
			return (enum truth)i;
	}
	stop(labels, line, "a label is true, false or unsure");
	return UNSURE;
}

static void parse_label(struct labels *labels, int line, const char *text)
{
	struct label *label = &labels->items[labels->count];
	const char *reason = strstr(text, " - ");
	char truth[16];
	int at = 0;

	if (labels->count == MAX_LABELS)
		stop(labels, line, "too many labels");
	if (sscanf(text, "%16s %15s %n", label->fingerprint, truth, &at) < 2 || !at ||
		strlen(label->fingerprint) != FINGERPRINT)
		stop(labels, line,
			"no label: FINGERPRINT true|false|unsure RULE CALL in FUNCTION - REASON");
	if (!reason || !reason[3])
		stop(labels, line, "a label needs a reason");
	snprintf(label->text, sizeof(label->text), "%.*s", (int)(reason - text) - at, text + at);
	label->truth = parse_truth(labels, line, truth);
	label->seen = 0;
	for (int i = 0; i < labels->count; i++) {
		if (strcmp(labels->items[i].fingerprint, label->fingerprint) == 0)
			stop(labels, line, "this finding is labelled twice");
	}
	labels->count++;
}

static void load_labels(struct labels *labels, const char *path)
{
	FILE *file = fopen(path, "r");
	char text[1024];

	labels->path = path;
	if (!file) {
		perror(path);
		exit(2);
	}
	for (int line = 1; fgets(text, sizeof(text), file); line++) {
		text[strcspn(text, "\n")] = '\0';
		if (*text && *text != '#')
			parse_label(labels, line, text);
	}
	fclose(file);
}

static void print_new(const json_t *finding)
{
	const json_t *sink = json_object_get(finding, "sink");

	printf("NEW    %s %s %s in %s (%s:%d, from %s)\n", get_text(finding, "fingerprint"),
		get_text(finding, "rule"), get_text(sink, "function"), get_text(sink, "in"),
		get_text(sink, "file"), (int)json_integer_value(json_object_get(sink, "line")),
		get_text(json_object_get(finding, "callback"), "function"));
}

/* What is only possible is not shown unless asked for, and needs no label. */
static int match_findings(struct labels *labels, const json_t *findings)
{
	int without = 0;
	size_t i;
	json_t *finding;

	json_array_foreach(findings, i, finding)
	{
		struct label *label = find_label(labels, get_text(finding, "fingerprint"));

		if (strcmp(get_text(finding, "confidence"), "possible") == 0)
			continue;
		if (label) {
			label->seen = 1;
			continue;
		}
		print_new(finding);
		without++;
	}
	return without;
}

static int print_result(const struct labels *labels)
{
	int seen[TRUTHS] = {0}, gone[TRUTHS] = {0}, judged;

	for (int i = 0; i < labels->count; i++) {
		const struct label *label = &labels->items[i];

		if (label->seen)
			seen[label->truth]++;
		else
			gone[label->truth]++;
		if (!label->seen && label->truth == TRUE)
			printf("LOST   %s %s\n", label->fingerprint, label->text);
	}
	judged = seen[TRUE] + seen[FALSE];
	printf("       labelled: %d true, %d false, %d unsure (%d %% true); no longer found: %d "
	       "false, %d unsure\n",
		seen[TRUE], seen[FALSE], seen[UNSURE], judged ? 100 * seen[TRUE] / judged : 100,
		gone[FALSE], gone[UNSURE]);
	return gone[TRUE];
}

int main(int argc, char **argv)
{
	static struct labels labels;
	json_error_t error;
	json_t *root;
	int wrong;

	if (argc != 3) {
		fputs("usage: labels PROGRAM.labels FINDINGS.json\n", stderr);
		return 2;
	}
	load_labels(&labels, argv[1]);
	root = json_load_file(argv[2], 0, &error);
	if (!json_is_array(json_object_get(root, "findings"))) {
		fprintf(stderr, "labels: %s: no findings: %s\n", argv[2], error.text);
		return 2;
	}
	wrong = match_findings(&labels, json_object_get(root, "findings"));
	wrong += print_result(&labels);
	json_decref(root);
	return wrong > 0;
}
