/* From the facts of all units to linked programs, one after the other. */
#include <string.h>
#include <uthash.h>

#include "base/error.h"
#include "base/fs.h"
#include "stages.h"

/* A header shard by its hash; opened once however many units use it. */
struct shard {
	uint64_t hash[2];
	struct bc_facts *facts;
	const struct bc_link_unit *in; /* the program that has it already */
	UT_hash_handle hh;
};

static struct shard *find_shard(struct bc_stages *p, struct shard **shards, const uint64_t hash[2])
{
	struct shard *shard;
	char hex[33];

	HASH_FIND(hh, *shards, hash, sizeof(shard->hash), shard);
	if (shard)
		return shard;
	shard = BC_NEW(&p->arena, struct shard);
	memcpy(shard->hash, hash, sizeof(shard->hash));
	bc_hash_hex(hash, hex);
	shard->facts = bc_stages_open_facts(
		p, bc_arena_printf(&p->arena, "%s/shards/%s.bcf", p->project.facts, hex));
	HASH_ADD(hh, *shards, hash, sizeof(shard->hash), shard);
	return shard;
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
static int link_unit_facts(struct bc_stages *p, const struct bc_link_unit *unit,
	struct shard **shards, const struct bc_facts **out, uint32_t *nout)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < unit->nunits; i++)
		out[n++] = p->unit_facts.items[unit->units[i]];
	for (uint32_t i = 0; i < unit->nunits; i++) {
		const struct bc_facts *facts = p->unit_facts.items[unit->units[i]];

		for (uint32_t k = 0; k < facts->nshards; k++) {
			struct shard *shard = find_shard(p, shards, facts->shards[k].hash);

			if (!shard->facts)
				return BC_EINPUT;
			if (shard->in != unit)
				out[n++] = shard->facts;
			shard->in = unit;
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
	struct shard *shards = NULL;
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
	HASH_CLEAR(hh, shards);
	return error;
}
