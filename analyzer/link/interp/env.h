/*
 * What is known at one point of one path through a function: the values of its locals, of fields of
 * its local records, the conditions that hold without having been decided, and whether this is the
 * child after a fork.
 */
#ifndef BC_LINK_INTERP_ENV_H
#define BC_LINK_INTERP_ENV_H

#include <stdint.h>

#include "base/arena.h"
#include "link/program/program.h"
#include "models/value.h"

/* A condition under which the path goes on, newest first; shared between environments. */
struct bc_guard {
	const struct bc_guard *up;
	uint32_t node; /* the condition */
	uint8_t truth;
	uint32_t depth;
};

/*
 * A field of a local record, or of the record that a local points to (link/summaries/fields.h).
 * `name` NULL stands for all fields not listed.
 */
struct bc_memory {
	uint32_t slot, field; /* in bc_program.fields, BC_NONE for `name` NULL */
	const char *name;
	struct bc_value value;
};

enum { BC_ENV_MEMORY = 40 }; /* fields tracked at once; the oldest are forgotten first */

struct bc_env {
	struct bc_value *slots; /* one per local */
	uint32_t nslots;
	struct bc_memory memory[BC_ENV_MEMORY];
	uint32_t nmemory;
	const struct bc_guard *guards;
	uint8_t alive;       /* 0: no path comes here */
	uint8_t child;       /* after fork(), in the child */
	uint8_t maybe_child; /* in the child, or where fork() was never asked: if (a && fork()) */
	uint8_t maybe_start; /* under a condition that hardly holds once the loop runs */
};

void bc_env_init(struct bc_env *env, struct bc_arena *arena, uint32_t nslots);
void bc_env_copy(struct bc_env *to, const struct bc_env *from, struct bc_arena *arena);

/* `into` becomes what holds on both; a dead side leaves the other as it is. */
void bc_env_join(struct bc_env *into, const struct bc_env *other, struct bc_arena *arena);

/* Forgets a local and everything in it. */
void bc_env_forget(struct bc_env *env, uint32_t slot);

/* The field, by its name and its number in the program. */
void bc_env_set_field(
	struct bc_env *env, uint32_t slot, const char *name, uint32_t field, struct bc_value value);
/* All fields of the local become `value` (memset, {0}). */
void bc_env_set_all_fields(struct bc_env *env, uint32_t slot, struct bc_value value);
struct bc_value bc_env_field(const struct bc_env *env, uint32_t slot, const char *name);

/* Of the local's fields, only those that are listed are known from here on. */
void bc_env_drop_rest(struct bc_env *env, uint32_t slot);
/* Nothing is known any more of the i-th entry of `memory`; another one may take its place. */
void bc_env_drop_memory(struct bc_env *env, uint32_t i);

void bc_env_add_guard(struct bc_env *env, struct bc_arena *arena, uint32_t node, int truth);

#endif
