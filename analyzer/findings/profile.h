/*
 * Profiles: what `blockcheck run` measured, as the store keeps it and the join reads it. Text and
 * numbers only, like findings; nothing refers back to the collector. Everything in it comes from
 * the program that was measured, so it is clipped to sizes that a reader can live with.
 */
#ifndef BC_FINDINGS_PROFILE_H
#define BC_FINDINGS_PROFILE_H

#include <stdint.h>

#include "base/arena.h"

enum {
	BC_PROFILE_TEXT = 1024, /* bytes of a name or path that are kept */
	BC_PROFILE_CALLBACKS = 4096,
	BC_PROFILE_STALLS = 1000,
	BC_PROFILE_FRAMES = 64,
	BC_PROFILE_SHARES = 8
};

struct bc_bucket {
	int64_t ns; /* the middle of the bucket */
	int64_t count;
};

/* Times in buckets, within 6.25 %. Two of them add up to one: see bc_times_add(). */
struct bc_times {
	int64_t count;
	double total_ms, max_ms;
	struct bc_bucket *buckets; /* those with a count, by their time */
	int nbuckets;
};

struct bc_profile_where {
	const char *function;
	const char
		*file; /* "" when not known; else below the project, absolute or as DWARF has it */
	uint32_t line; /* 0 when not known */
	const char *module;
};

struct bc_profile_callback {
	struct bc_profile_where where;
	const char *api; /* that registered it; "loop" for bodies of loops */
	int internal;    /* it belongs to the loop's library */
	struct bc_times times;
	double cpu_ms, runqueue_ms, blocked_ms; /* of its stalls */
	int64_t stalls;
};

enum bc_stall_kind { BC_STALL_CALLBACK, BC_STALL_BODY, BC_STALL_MANY };
enum bc_cause {
	BC_CAUSE_CALL,
	BC_CAUSE_CPU,
	BC_CAUSE_FAULT,
	BC_CAUSE_RUNQUEUE,
	BC_CAUSE_SYSCALL,
	BC_CAUSE_MANY,
	BC_CAUSE_COUNT
};

/* What an iteration of many small callbacks was made of. */
struct bc_profile_share {
	const char *function;
	int64_t count;
	double total_ms;
};

/* Stalls of one callback with one culprit at one place. */
struct bc_profile_stall {
	enum bc_stall_kind kind;
	int callback; /* index */
	enum bc_cause cause;
	const char *culprit; /* function or system call; "" where there is none */
	double culprit_ms;
	int64_t culprit_calls;
	const char *inside; /* the call of libc inside the culprit that took most, or NULL */
	struct bc_times times;
	double at_ms; /* since the beginning of the run; of the longest, as what follows */
	double cpu_ms, runqueue_ms, blocked_ms;
	int64_t major_faults, minor_faults;
	int64_t thread;
	const char *library;            /* of its loop; "" when not known */
	int open;                       /* it still lasted when the program ended */
	struct bc_profile_where *stack; /* innermost first */
	int nstack;
	struct bc_profile_share *shares; /* BC_STALL_MANY */
	int nshares;
	const char *allowed; /* the reason, or NULL */
	/* set by the join: what predicted it, "" when nothing did */
	char finding[17];
};

struct bc_profile {
	int64_t id;         /* in the database; 0: not there yet */
	int64_t started_ms; /* since 1970, UTC */
	const char *command, *blockcheck;
	const char *tier, *tier_why;
	int code, signal;
	double duration_ms, budget_ms, imposed_p99_ms;
	int64_t lost; /* events, stacks, threads, ... that are not in the figures */
	struct bc_profile_callback *callbacks;
	int ncallbacks;
	struct bc_profile_stall *stalls;
	int nstalls;
};

struct bc_profiles {
	struct bc_profile *items; /* the oldest first */
	int count;
};

/* Counts come from the measured program; adding them up stops at the limit. */
int64_t bc_count_add(int64_t a, int64_t b);
/* Adds `more` to `times`; the buckets are made in the arena. */
void bc_times_add(struct bc_arena *arena, struct bc_times *times, const struct bc_times *more);
/* The time below which `share` (0.99) of all lie, in ms. */
double bc_times_percentile(const struct bc_times *times, double share);

const char *bc_cause_name(enum bc_cause cause);          /* "runqueue" */
const char *bc_stall_kind_name(enum bc_stall_kind kind); /* "callback" "body" "many" */
const char *bc_cause_rule(enum bc_cause cause);          /* BC201 ... BC205 */

/* A copy without what goes beyond BC_PROFILE_TEXT; "" for NULL. */
const char *bc_profile_clip(struct bc_arena *arena, const char *text);

#endif
