/*
 * check_report REPORT TRUTH [outside]: holds what `blockcheck run --format=json` reported against
 * what the program printed itself (fixtures/programs/truth.h). Says every difference; exit 1 if
 * there is one.
 *
 * A busy machine is no fault. What is a stall only because the thread waited for a CPU may be there
 * or not, and so may what the program says was delayed. Where the program itself counted that it
 * waited for a CPU, durations may differ by as much, and the wait be called the culprit when it
 * was.
 */
#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STALLS = 64 };

struct truth {
	char callback[64], culprit[64], inside[64];
	double ms, late_ms;
	int maybe;
	int untimed; /* what is not timed is only named if somebody looked while it lasted */
};

static int wrong;

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static double number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static int read_truth(const char *path, struct truth *truth)
{
	FILE *file = fopen(path, "r");
	char line[256];
	int n = 0;

	while (file && n < MAX_STALLS && fgets(line, sizeof(line), file)) {
		truth[n].maybe = sscanf(line, "maybe %63s", truth[n].callback) == 1;
		if (truth[n].maybe)
			n++;
		else if (sscanf(line, "stall %63s %63s %lf %lf %63s", truth[n].callback,
				 truth[n].culprit, &truth[n].ms, &truth[n].late_ms,
				 truth[n].inside) >= 4) {
			char *star = strchr(truth[n].culprit, '*');

			truth[n].untimed = star != NULL;
			if (star)
				*star = 0;
			truth[n].ms /= 1e6;
			truth[n++].late_ms /= 1e6;
		}
	}
	if (file)
		fclose(file);
	return n;
}

static int is_kind_of(const char *kind, const char *culprit)
{
	return !strcmp(kind, culprit) ||
	       (!strcmp(kind, "runqueue") &&
		       (!strcmp(culprit, "cpu") || !strcmp(culprit, "fault")));
}

static int is_call(const struct truth *truth)
{
	return strcmp(truth->culprit, "cpu") != 0 && strcmp(truth->culprit, "fault") != 0 &&
	       strcmp(truth->culprit, "many") != 0;
}

/* Within 1 % or 20 us. */
static int is_near(double got, const struct truth *truth)
{
	double off = got > truth->ms ? got - truth->ms : truth->ms - got;

	return off <= truth->ms / 100 + truth->late_ms || off <= 0.020 + truth->late_ms;
}

/* The others that wanted the CPU took most of the time. */
static int is_crowded_out(const struct truth *truth, const char *kind)
{
	return !strcmp(kind, "runqueue") && truth->late_ms > truth->ms / 2;
}

/* From outside system calls are seen, to within some looks; and an iteration that found its loop's
 * wait over at once is one with that before it. */
static void check_outside(const struct truth *truth, const json_t *stall, double gap)
{
	static const char *const calls[][2] = {{"nanosleep", "clock_nanosleep"}, {"read", "read"},
		{"waitpid", "wait4"}, {"pthread_mutex_lock", "futex"}, {"getaddrinfo", "poll"},
		{"cpu", ""}, {NULL, NULL}};
	const json_t *culprit = json_object_get(stall, "culprit");
	double ms = number_of(stall, "duration_ms"), more = 180 + truth->late_ms + gap;
	int i = 0;

	while (calls[i][0] && strcmp(calls[i][0], truth->culprit) != 0)
		i++;
	/* the function is named where the stack shows it, else the system call that it makes */
	if (is_call(truth) && !strcmp(text_of(culprit, "function"), truth->culprit))
		;
	else if (!calls[i][0] ||
		 (*calls[i][1] ? strcmp(text_of(culprit, "function"), calls[i][1]) != 0
			       : !is_kind_of(text_of(culprit, "kind"), "cpu"))) {
		printf("%s: culprit is %s %s\n", truth->callback, text_of(culprit, "kind"),
			text_of(culprit, "function"));
		wrong = 1;
	}
	/* what computes on a busy machine is seen in pieces */
	if (ms < (is_call(truth) ? truth->ms - 12 - truth->late_ms - gap : 40) ||
		ms > truth->ms + more) {
		printf("%s: took %.3f ms, not %.3f\n", truth->callback, truth->ms, ms);
		wrong = 1;
	}
}

static void check_stall(const struct truth *truth, const json_t *stall)
{
	const json_t *culprit = json_object_get(stall, "culprit");
	const char *kind = text_of(culprit, "kind"), *function = text_of(culprit, "function");
	double ms = number_of(culprit, "duration_ms");

	if (is_crowded_out(truth, kind) || (truth->untimed && !strcmp(kind, "syscall")))
		return;
	if (is_call(truth) ? strcmp(kind, "call") != 0 || strcmp(function, truth->culprit) != 0
			   : !is_kind_of(kind, truth->culprit)) {
		printf("%s: culprit is %s %s, not %s\n", truth->callback, kind, function,
			truth->culprit);
		wrong = 1;
	} else if (is_call(truth) && !truth->untimed && !is_near(ms, truth)) {
		printf("%s: %s took %.3f ms, not %.3f\n", truth->callback, function, truth->ms, ms);
		wrong = 1;
	}
	function = text_of(json_object_get(culprit, "inside"), "function");
	if (*truth->inside && strcmp(function, truth->inside) != 0) {
		printf("%s: inside is %s, not %s\n", truth->callback, function, truth->inside);
		wrong = 1;
	}
	if (is_call(truth) && number_of(stall, "duration_ms") < ms) {
		printf("%s: shorter than what it called\n", truth->callback);
		wrong = 1;
	}
	if (strcmp(truth->culprit, "many") != 0 &&
		!json_array_size(json_object_get(stall, "stack"))) {
		/* without permission for perf events there is none for what computes */
		printf("%s: no stack\n", truth->callback);
		wrong |= is_call(truth) && !truth->untimed;
	}
}

/* What a library's own callback is called depends on whether its names are there: a pattern. */
static int is_called(const json_t *stall, const struct truth *truth)
{
	return fnmatch(truth->callback, text_of(stall, "callback"), 0) == 0;
}

static const json_t *find_stall(const json_t *stalls, const struct truth *truth)
{
	size_t i;
	json_t *stall;

	json_array_foreach(stalls, i, stall) if (is_called(stall, truth)) return stall;
	return NULL;
}

/* The callbacks of an iteration are only reported together when none of them is by itself. */
static int is_delayed(const struct truth *truth, int n, const char *callback)
{
	for (int i = 0; i < n; i++)
		if (truth[i].maybe && !strcmp(truth[i].callback, callback))
			return 1;
	return 0;
}

static void check_surplus(const json_t *report, const struct truth *truth, int n)
{
	const json_t *stalls = json_object_get(report, "stalls");
	double budget = number_of(report, "budget_ms");
	size_t i;
	json_t *stall;

	json_array_foreach(stalls, i, stall)
	{
		const char *kind = text_of(json_object_get(stall, "culprit"), "kind");
		double ms = number_of(stall, "duration_ms");
		int known =
			!strcmp(kind, "runqueue") || ms - number_of(stall, "runqueue_ms") < budget;

		for (int t = 0; t < n; t++)
			known |= is_called(stall, &truth[t]);
		if (known)
			continue;
		printf("%s: %.3f ms of %s that were not injected\n", text_of(stall, "callback"), ms,
			kind);
		wrong = 1;
	}
}

/* From outside, iterations are one when the loop's wait in between was over at once, as it is after
 * what others made long: then the whole has another's name. */
static int is_merged(const json_t *stalls, const struct truth *truth, int i)
{
	size_t at;
	json_t *stall;

	if (truth[i].late_ms < truth[i].ms / 4)
		return 0;
	json_array_foreach(stalls, at,
		stall) if (strcmp(text_of(stall, "callback"), truth[i].callback) != 0 &&
			   number_of(stall, "duration_ms") >= truth[i].ms - 12) return 1;
	return 0;
}

/* Like stalls are reported as one, with the figures of the longest. */
static int is_outdone(const struct truth *truth, int n, int i)
{
	for (int j = 0; j < n; j++)
		if (!truth[j].maybe && !strcmp(truth[j].callback, truth[i].callback) &&
			!strcmp(truth[j].culprit, truth[i].culprit) && truth[j].ms > truth[i].ms)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	static struct truth truth[MAX_STALLS];
	json_error_t error;
	int outside = argc == 4 && !strcmp(argv[3], "outside");
	json_t *report = argc == 3 || outside ? json_load_file(argv[1], 0, &error) : NULL;
	const json_t *stalls = json_object_get(report, "stalls");
	/* for so long nobody looked: that is how well times are known from outside */
	double gap = number_of(json_object_get(report, "overhead"), "longest_blind_ms");
	int n;

	if (!report || strcmp(text_of(report, "schema"), "blockcheck-run/1") != 0) {
		printf("%s: no report: %s\n", argc > 1 ? argv[1] : "", report ? "" : error.text);
		return 1;
	}
	n = read_truth(argv[2], truth);
	if (n < 2) {
		printf("%s: the program printed no ground truth\n", argv[2]);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		const json_t *stall = find_stall(stalls, &truth[i]);

		if (truth[i].maybe || is_delayed(truth, n, truth[i].callback) ||
			is_outdone(truth, n, i))
			continue;
		if (outside && !strcmp(truth[i].culprit, "fsync"))
			continue; /* short, and what surrounds it may take longer */
		if (outside && is_merged(stalls, truth, i)) {
			printf("%s: one with what came after it\n", truth[i].callback);
			continue;
		}
		if (stall && outside) {
			check_outside(&truth[i], stall, gap);
		} else if (stall) {
			check_stall(&truth[i], stall);
		} else {
			printf("%s: not reported\n", truth[i].callback);
			wrong = 1;
		}
	}
	if (!outside)
		check_surplus(report, truth, n);
	else if (strcmp(text_of(report, "tier"), "outside") != 0)
		wrong = printf("tier %s\n", text_of(report, "tier")) > 0;
	if (number_of(report, "lost_events") != 0)
		wrong = printf("events were lost\n") > 0;
	printf("%d injected stalls, %zu reported\n", n, json_array_size(stalls));
	json_decref(report);
	return wrong;
}
