/* From the facts of all units to linked programs, one after the other. */
#include <string.h>

#include "base/error.h"
#include "base/fs.h"
#include "stages.h"

/* A header shard by its hash; opened once however many units use it. */
struct shard {
	uint64_t hash[2];
	struct bc_facts *facts;
};

typedef BC_VEC(struct shard) shard_list;

static struct bc_facts *open_shard(struct bc_stages *p, shard_list *shards, const uint64_t hash[2])
{
	struct shard shard = {{hash[0], hash[1]}, NULL};
	char hex[33];

	for (size_t i = 0; i < shards->count; i++)
		if (shards->items[i].hash[0] == hash[0] && shards->items[i].hash[1] == hash[1])
			return shards->items[i].facts;
	bc_hash_hex(hash, hex);
	shard.facts = bc_stages_open_facts(
		p, bc_arena_printf(&p->arena, "%s/shards/%s.bcf", p->project.facts, hex));
	bc_vec_push(shards, shard);
	return shard.facts;
}

void bc_stages_split(struct bc_stages *p)
{
	size_t n = p->unit_facts.count;
	struct bc_split_unit *units = BC_NEW_ARRAY(&p->arena, struct bc_split_unit, n + 1);

	for (size_t i = 0; i < n; i++) {
		units[i].facts = p->unit_facts.items[i];
		units[i].outputs = p->unit_compiles.items[i]->outputs;
		units[i].noutputs = p->unit_compiles.items[i]->noutputs;
	}
	bc_split_units(&p->split, units, (uint32_t)n);
}

/* The fact files of one link unit: its units, then the shards that they use, each once. */
static int link_unit_facts(struct bc_stages *p, const struct bc_link_unit *unit, shard_list *shards,
	const struct bc_facts **out, uint32_t *nout)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < unit->nunits; i++)
		out[n++] = p->unit_facts.items[unit->units[i]];
	for (uint32_t i = 0; i < unit->nunits; i++) {
		const struct bc_facts *facts = p->unit_facts.items[unit->units[i]];

		for (uint32_t k = 0; k < facts->nshards; k++) {
			const struct bc_facts *shard = open_shard(p, shards, facts->shards[k].hash);
			uint32_t have = unit->nunits;

			if (!shard)
				return BC_EINPUT;
			while (have < n && out[have] != shard)
				have++;
			if (have == n)
				out[n++] = shard;
		}
	}
	*nout = n;
	return 0;
}

static size_t most_shards(const struct bc_stages *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->unit_facts.count; i++)
		n += p->unit_facts.items[i]->nshards;
	return n;
}

/* Links each program in turn and shows it to `use`. */
int bc_stages_link(struct bc_stages *p,
	void (*use)(struct bc_stages *p, const struct bc_linked *linked, void *context),
	void *context)
{
	const struct bc_facts **facts = BC_NEW_ARRAY(
		&p->arena, const struct bc_facts *, p->unit_facts.count + most_shards(p) + 1);
	shard_list shards = {0};
	int error = 0;

	for (size_t i = 0; i < p->split.list.count && !error; i++) {
		struct bc_linked linked;
		uint32_t n;

		if (bc_pipeline_interrupted())
			error = bc_fail(BC_EINTERRUPTED, "interrupted");
		if (!error)
			error = link_unit_facts(p, &p->split.list.items[i], &shards, facts, &n);
		if (error)
			break;
		bc_link(&linked, facts, n, &p->models, p->options->config, &p->plugins);
		use(p, &linked, context);
		bc_linked_fini(&linked);
	}
	bc_vec_fini(&shards);
	return error;
}
