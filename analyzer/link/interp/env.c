#include "link/interp/env.h"

#include <string.h>

#include "link/interp/values.h"

void bc_env_init(struct bc_env *env, struct bc_arena *arena, uint32_t nslots)
{
	memset(env, 0, offsetof(struct bc_env, memory));
	env->nmemory = 0;
	env->guards = NULL;
	env->alive = env->child = env->maybe_child = env->maybe_start = 0;
	env->slots = BC_NEW_ARRAY(arena, struct bc_value, nslots);
	env->nslots = nslots;
	env->alive = 1;
}

void bc_env_copy(struct bc_env *to, const struct bc_env *from, struct bc_arena *arena)
{
	/* the unused part of the field list need not be copied */
	memcpy(to, from, offsetof(struct bc_env, memory));
	memcpy(to->memory, from->memory, from->nmemory * sizeof(from->memory[0]));
	to->nmemory = from->nmemory;
	to->guards = from->guards;
	to->alive = from->alive;
	to->child = from->child;
	to->maybe_child = from->maybe_child;
	to->maybe_start = from->maybe_start;
	to->slots = bc_arena_raw(arena, from->nslots * sizeof(*to->slots));
	if (from->nslots)
		memcpy(to->slots, from->slots, from->nslots * sizeof(*to->slots));
}

/* The conditions that both paths passed before they parted. */
static const struct bc_guard *common_guards(const struct bc_guard *a, const struct bc_guard *b)
{
	while (a != b) {
		if (!a || !b)
			return NULL;
		if (a->depth >= b->depth)
			a = a->up;
		else
			b = b->up;
	}
	return a;
}

static struct bc_memory *find_field(struct bc_env *env, uint32_t slot, const char *name)
{
	for (uint32_t i = 0; i < env->nmemory; i++) {
		struct bc_memory *m = &env->memory[i];

		if (m->slot == slot &&
			(m->name == name || (m->name && name && !strcmp(m->name, name))))
			return m;
	}
	return NULL;
}

static void join_memory(struct bc_env *into, const struct bc_env *other)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < into->nmemory; i++) {
		struct bc_memory m = into->memory[i];
		struct bc_value theirs =
			m.name ? bc_env_field(other, m.slot, m.name) : bc_value_top();

		if (!m.name) {
			struct bc_memory *rest = find_field((struct bc_env *)other, m.slot, NULL);

			if (rest)
				theirs = rest->value;
		}
		m.value = bc_value_join(&m.value, &theirs);
		/* a field known on one side only must not fall back to "all other fields" */
		if (m.value.kind != BC_V_TOP || find_field(into, m.slot, NULL))
			into->memory[kept++] = m;
	}
	into->nmemory = kept;
}

/* Fields that only the other side set are unknown here, unless both agree on the rest. */
static void join_missing(struct bc_env *into, const struct bc_env *other)
{
	for (uint32_t i = 0; i < other->nmemory; i++) {
		const struct bc_memory *m = &other->memory[i];
		struct bc_value mine;

		if (!m->name || find_field(into, m->slot, m->name))
			continue;
		mine = bc_env_field(into, m->slot, m->name);
		mine = bc_value_join(&mine, &m->value);
		bc_env_set_field(into, m->slot, m->name, m->field, mine);
	}
}

void bc_env_join(struct bc_env *into, const struct bc_env *other, struct bc_arena *arena)
{
	if (!other->alive)
		return;
	if (!into->alive) {
		bc_env_copy(into, other, arena);
		return;
	}
	for (uint32_t i = 0; i < into->nslots; i++)
		if (into->slots[i].kind != BC_V_TOP) /* of most locals nothing is known */
			into->slots[i] = bc_value_join(&into->slots[i], &other->slots[i]);
	join_missing(into, other);
	join_memory(into, other);
	into->guards = common_guards(into->guards, other->guards);
	into->child = into->child && other->child;
	into->maybe_child = into->maybe_child && other->maybe_child;
	into->maybe_start = into->maybe_start && other->maybe_start;
}

static void drop_fields(struct bc_env *env, uint32_t slot)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < env->nmemory; i++)
		if (env->memory[i].slot != slot)
			env->memory[kept++] = env->memory[i];
	env->nmemory = kept;
}

void bc_env_forget(struct bc_env *env, uint32_t slot)
{
	env->slots[slot] = bc_value_top();
	drop_fields(env, slot);
}

void bc_env_drop_rest(struct bc_env *env, uint32_t slot)
{
	struct bc_memory *rest = find_field(env, slot, NULL);

	if (rest)
		rest->value = bc_value_top();
}

void bc_env_drop_memory(struct bc_env *env, uint32_t i)
{
	if (env->memory[i].name && find_field(env, env->memory[i].slot, NULL))
		env->memory[i].value = bc_value_top();
	else
		env->memory[i] = env->memory[--env->nmemory];
}

void bc_env_set_field(
	struct bc_env *env, uint32_t slot, const char *name, uint32_t field, struct bc_value value)
{
	struct bc_memory *m = find_field(env, slot, name);

	if (value.kind == BC_V_TOP && name && !find_field(env, slot, NULL)) {
		if (m)
			*m = env->memory[--env->nmemory];
		return;
	}
	if (!m) {
		if (env->nmemory == BC_ENV_MEMORY)
			drop_fields(env, env->memory[0].slot);
		m = &env->memory[env->nmemory++];
	}
	*m = (struct bc_memory){slot, field, name, value};
}

void bc_env_set_all_fields(struct bc_env *env, uint32_t slot, struct bc_value value)
{
	drop_fields(env, slot);
	bc_env_set_field(env, slot, NULL, BC_NONE, value);
}

struct bc_value bc_env_field(const struct bc_env *env, uint32_t slot, const char *name)
{
	const struct bc_memory *m = find_field((struct bc_env *)env, slot, name);

	if (!m)
		m = find_field((struct bc_env *)env, slot, NULL);
	return m ? m->value : bc_value_top();
}

void bc_env_add_guard(struct bc_env *env, struct bc_arena *arena, uint32_t node, int truth)
{
	struct bc_guard *guard = BC_NEW(arena, struct bc_guard);

	guard->up = env->guards;
	guard->node = node;
	guard->truth = (uint8_t)truth;
	guard->depth = env->guards ? env->guards->depth + 1 : 1;
	env->guards = guard;
}
