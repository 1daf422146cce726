/*
 * check_files TRACE SPEEDSCOPE FOLDED TRUTH: holds the files that `blockcheck run` writes for other
 * programs against their formats, against each other, and against what the program printed itself
 * (fixtures/programs/truth.h). Says every difference; exit 1 if there is one. Of a single file it
 * only says whether it is JSON.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SPANS = 4096 };

struct span {
	const char *name, *category;
	json_int_t pid, tid;
	double start, end; /* microseconds */
	const json_t *args;
	int parent; /* the event around it, -1 */
};

static struct span spans[MAX_SPANS];
static int nspans, wrong;

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	wrong = 1;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static double number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		complain("%s:%d: %s", path, error.line, error.text);
	return root;
}

/* ---- the trace ---- */

static void add_span(const json_t *event)
{
	struct span *span = &spans[nspans];

	if (nspans == MAX_SPANS)
		return;
	*span = (struct span){.name = text_of(event, "name"),
		.category = text_of(event, "cat"),
		.pid = json_integer_value(json_object_get(event, "pid")),
		.tid = json_integer_value(json_object_get(event, "tid")),
		.start = number_of(event, "ts"),
		.args = json_object_get(event, "args"),
		.parent = -1};
	span->end = span->start + number_of(event, "dur");
	if (!*span->name || !*span->category || span->pid <= 0 || span->tid <= 0 ||
		!json_is_object(span->args) || !json_is_number(json_object_get(event, "dur")) ||
		!json_is_number(json_object_get(event, "ts")) || span->start < 0 ||
		span->end < span->start)
		complain("event %d (%s) is not complete", nspans, span->name);
	nspans++;
}

/* Events come as they end: what reads the file while it grows can rely on that. */
static void check_order(void)
{
	for (int i = 0; i < nspans; i++)
		for (int j = i + 1; j < nspans; j++)
			if (spans[i].tid == spans[j].tid && spans[j].end < spans[i].end - 0.001)
				complain("%s ends before %s, but comes later", spans[j].name,
					spans[i].name);
}

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end;
}

/* On one track, events lie one in another or apart; they never overlap. */
static void check_nesting(void)
{
	int open = -1;

	qsort(spans, (size_t)nspans, sizeof(spans[0]), compare_spans);
	for (int i = 0; i < nspans; i++) {
		while (open >= 0 && (spans[open].tid != spans[i].tid ||
					    spans[open].end <= spans[i].start + 0.001))
			open = spans[open].parent;
		if (open >= 0 && spans[i].end > spans[open].end + 0.001)
			complain("%s and %s overlap", spans[i].name, spans[open].name);
		spans[i].parent = open;
		if (!strcmp(spans[i].category, "call") && open < 0)
			complain("%s is called by nobody", spans[i].name);
		open = i;
	}
}

static int has_name(const json_t *events, const char *kind, const char *key, json_int_t number)
{
	size_t i;
	json_t *event;

	json_array_foreach(events, i, event)
	{
		if (!strcmp(text_of(event, "ph"), "M") && !strcmp(text_of(event, "name"), kind) &&
			json_integer_value(json_object_get(event, key)) == number &&
			*text_of(json_object_get(event, "args"), "name"))
			return 1;
	}
	return 0;
}

static void check_names(const json_t *events)
{
	for (int i = 0; i < nspans; i++)
		if (!has_name(events, "thread_name", "tid", spans[i].tid) ||
			!has_name(events, "process_name", "pid", spans[i].pid))
			complain("%s is on a track without a name", spans[i].name);
}

static void check_counters(const json_t *events)
{
	size_t i;
	json_t *event;

	json_array_foreach(events, i, event)
	{
		const json_t *args = json_object_get(event, "args");
		double busy = number_of(args, "busy %");

		if (!strcmp(text_of(event, "ph"), "C") &&
			(!json_is_number(json_object_get(args, "busy %")) || busy < 0 ||
				busy > 100))
			complain("%s: busy %f %%", text_of(event, "name"), busy);
	}
}

/* Within 1 % or 20 us. */
static int is_near(double got, double wanted)
{
	double off = got > wanted ? got - wanted : wanted - got;

	return off <= wanted / 100 || off <= 20;
}

static int has_call(const char *callback, const char *culprit, double us)
{
	for (int i = 0; i < nspans; i++)
		if (!strcmp(spans[i].name, culprit) && spans[i].parent >= 0 &&
			!strcmp(spans[spans[i].parent].name, callback) &&
			is_near(spans[i].end - spans[i].start, us) &&
			json_array_size(json_object_get(spans[spans[i].parent].args, "stack")))
			return 1;
	return 0;
}

static void check_truth(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256], callback[64], culprit[64];
	double ns;
	int n = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "stall %63s %63s %lf", callback, culprit, &ns) != 3)
			continue;
		n++;
		if (strcmp(culprit, "cpu") && strcmp(culprit, "fault") && strcmp(culprit, "many") &&
			!has_call(callback, culprit, ns / 1e3))
			complain("trace: no %s of %.3f ms inside %s", culprit, ns / 1e6, callback);
	}
	if (file)
		fclose(file);
	if (!n)
		complain("%s: the program printed no ground truth", path);
}

static void check_trace(const char *path, const char *truth)
{
	json_t *root = load(path), *events = json_object_get(root, "traceEvents"), *event;
	size_t i;

	if (!json_is_array(events) ||
		number_of(json_object_get(root, "otherData"), "budget_ms") <= 0)
		complain("%s: no trace", path);
	json_array_foreach(events, i, event)
	{
		if (!strcmp(text_of(event, "ph"), "X"))
			add_span(event);
		else if (!strcmp(text_of(event, "ph"), "") ||
			 !strchr("MC", text_of(event, "ph")[0]))
			complain("event %zu is of no kind", i);
	}
	check_order();
	check_nesting();
	check_names(events);
	check_counters(events);
	check_truth(truth);
	printf("trace: %d events, %zu with names and counters\n", nspans, json_array_size(events));
	json_decref(root);
}

/* ---- speedscope, folded ---- */

/* Each line a stack, a blank and microseconds. */
static double sum_folded(const char *path, int *lines)
{
	FILE *file = fopen(path, "r");
	char line[16384];
	double sum = 0;

	*lines = 0;
	while (file && fgets(line, sizeof(line), file)) {
		char *blank = strrchr(line, ' '), *end = NULL;
		double us = blank ? strtod(blank + 1, &end) : -1;

		if (us < 0 || !end || *end != '\n' || blank == line ||
			memchr(line, ' ', (size_t)(blank - line)))
			complain("%s: not a folded stack: %s", path, line);
		sum += us;
		++*lines;
	}
	if (file)
		fclose(file);
	return sum;
}

static void check_frames(const json_t *frames)
{
	size_t i;
	json_t *frame;

	json_array_foreach(frames, i, frame)
	{
		const json_t *line = json_object_get(frame, "line");

		if (!*text_of(frame, "name") || (line && json_integer_value(line) < 1))
			complain("speedscope: frame %zu has no name, or a wrong line", i);
	}
}

static void check_samples(const json_t *profile, size_t nframes)
{
	const json_t *samples = json_object_get(profile, "samples");
	size_t i, j;
	json_t *sample, *index;

	if (json_array_size(samples) != json_array_size(json_object_get(profile, "weights")))
		complain("speedscope: not one weight per sample");
	json_array_foreach(samples, i, sample)
	{
		if (!json_array_size(sample))
			complain("speedscope: sample %zu is empty", i);
		json_array_foreach(sample, j, index)
		{
			if (!json_is_integer(index) || json_integer_value(index) < 0 ||
				(size_t)json_integer_value(index) >= nframes)
				complain("speedscope: sample %zu has a frame that is not there", i);
		}
	}
}

static void check_speedscope(const char *path, const char *folded)
{
	json_t *root = load(path);
	const json_t *frames = json_object_get(json_object_get(root, "shared"), "frames");
	const json_t *profile = json_array_get(json_object_get(root, "profiles"), 0);
	const json_t *weights = json_object_get(profile, "weights");
	double sum = 0;
	int lines;
	double us = sum_folded(folded, &lines);

	if (strcmp(text_of(root, "$schema"),
		    "https://www.speedscope.app/file-format-schema.json") != 0 ||
		strcmp(text_of(profile, "type"), "sampled") != 0 ||
		strcmp(text_of(profile, "unit"), "milliseconds") != 0 ||
		!*text_of(profile, "name") || number_of(profile, "startValue") != 0)
		complain("%s: not speedscope's format", path);
	check_frames(frames);
	check_samples(profile, json_array_size(frames));
	for (size_t i = 0; i < json_array_size(weights); i++)
		sum += json_number_value(json_array_get(weights, i));
	if (sum <= 0 || !is_near(number_of(profile, "endValue"), sum) || !is_near(sum * 1000, us))
		complain("speedscope has %.3f ms up to %.3f, the folded stacks %.3f", sum,
			number_of(profile, "endValue"), us / 1000);
	if (json_array_size(weights) != (size_t)lines)
		complain("speedscope has %zu stacks, the folded ones are %d",
			json_array_size(weights), lines);
	printf("speedscope: %d stacks, %.3f ms\n", lines, sum);
	json_decref(root);
}

int main(int argc, char **argv)
{
	if (argc == 2) {
		json_decref(load(argv[1]));
		return wrong;
	}
	if (argc != 5) {
		puts("usage: check_files TRACE SPEEDSCOPE FOLDED TRUTH, or check_files JSON");
		return 2;
	}
	check_trace(argv[1], argv[4]);
	check_speedscope(argv[2], argv[3]);
	return wrong;
}
