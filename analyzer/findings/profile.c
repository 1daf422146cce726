#include "findings/profile.h"

#include <string.h>

int64_t bc_count_add(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

void bc_times_add(struct bc_arena *arena, struct bc_times *times, const struct bc_times *more)
{
	struct bc_bucket *all = BC_NEW_ARRAY(
		arena, struct bc_bucket, (size_t)(times->nbuckets + more->nbuckets) + 1);
	int n = 0, a = 0, b = 0;

	while (a < times->nbuckets || b < more->nbuckets) {
		int take_a = b == more->nbuckets ||
			     (a < times->nbuckets && times->buckets[a].ns <= more->buckets[b].ns);
		const struct bc_bucket *next = take_a ? &times->buckets[a++] : &more->buckets[b++];

		if (n && all[n - 1].ns == next->ns)
			all[n - 1].count = bc_count_add(all[n - 1].count, next->count);
		else
			all[n++] = *next;
	}
	times->buckets = all;
	times->nbuckets = n;
	times->count = bc_count_add(times->count, more->count);
	times->total_ms += more->total_ms;
	if (more->max_ms > times->max_ms)
		times->max_ms = more->max_ms;
}

double bc_times_percentile(const struct bc_times *times, double share)
{
	double wanted = share * (double)times->count, seen = 0, ms;

	for (int i = 0; i + 1 < times->nbuckets; i++) {
		seen += (double)times->buckets[i].count;
		if (seen <= wanted)
			continue;
		ms = (double)times->buckets[i].ns / 1e6;
		return ms < times->max_ms ? ms : times->max_ms;
	}
	/* the last bucket that has any: the maximum is exact */
	return times->max_ms;
}

const char *bc_cause_name(enum bc_cause cause)
{
	switch (cause) {
	case BC_CAUSE_CALL: return "call";
	case BC_CAUSE_CPU: return "cpu";
	case BC_CAUSE_FAULT: return "fault";
	case BC_CAUSE_RUNQUEUE: return "runqueue";
	case BC_CAUSE_SYSCALL: return "syscall";
	case BC_CAUSE_MANY: return "many";
	case BC_CAUSE_COUNT: break;
	}
	return "";
}

const char *bc_stall_kind_name(enum bc_stall_kind kind)
{
	switch (kind) {
	case BC_STALL_CALLBACK: return "callback";
	case BC_STALL_BODY: return "body";
	case BC_STALL_MANY: return "many";
	}
	return "";
}

const char *bc_cause_rule(enum bc_cause cause)
{
	switch (cause) {
	case BC_CAUSE_CALL:
	case BC_CAUSE_SYSCALL: return "BC201";
	case BC_CAUSE_CPU: return "BC202";
	case BC_CAUSE_MANY: return "BC203";
	case BC_CAUSE_FAULT: return "BC204";
	case BC_CAUSE_RUNQUEUE: return "BC205";
	case BC_CAUSE_COUNT: break;
	}
	return "";
}

const char *bc_profile_clip(struct bc_arena *arena, const char *text)
{
	size_t n;

	if (!text)
		return "";
	n = strnlen(text, BC_PROFILE_TEXT);
	if (n == BC_PROFILE_TEXT) /* not in the middle of a character */
		while (n > BC_PROFILE_TEXT - 4 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	return bc_arena_strndup(arena, text, n);
}
