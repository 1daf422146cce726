#include "link/program/split.h"

#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "link/program/lookups.h"
#include "link/program/target.h"

struct definers {
	BC_VEC(uint32_t) units;
};

struct splitter {
	const struct bc_split_unit *units;
	uint32_t nunits;
	struct bc_intern names; /* external names that some unit defines */
	BC_VEC(struct definers) definers;
	uint8_t *has_main;
	uint8_t *placed; /* in some link unit already */
	uint32_t *owner; /* the unit with the only program that a unit can be part of, or UINT32_MAX
			  */
};

static int is_external_definition(const struct bc_fact_symbol *symbol)
{
	return (symbol->flags & BC_SYM_DEFINED) && !(symbol->flags & BC_SYM_INTERNAL);
}

static void index_definitions(struct splitter *s)
{
	for (uint32_t u = 0; u < s->nunits; u++) {
		const struct bc_facts *facts = s->units[u].facts;

		for (uint32_t i = 0; i < facts->nsymbols; i++) {
			const char *name = bc_fact_str(facts, facts->symbols[i].key);
			uint32_t id;

			if (!is_external_definition(&facts->symbols[i]))
				continue;
			id = bc_intern(&s->names, name);
			if (id == s->definers.count)
				bc_vec_push(&s->definers, (struct definers){0});
			bc_vec_push(&s->definers.items[id].units, u);
			if (!strcmp(name, "main"))
				s->has_main[u] = 1;
		}
	}
}

static int is_needed(const struct bc_fact_symbol *symbol)
{
	return !(symbol->flags & (BC_SYM_DEFINED | BC_SYM_INTERNAL));
}

/*
 * A unit that needs something which only one program's main unit defines (its `server` variable,
 * say) can be part of no other program. Without this, a helper that two files define would drag the
 * whole server into its command line client.
 */
/* Who defines a symbol that a unit needs from others; NULL when it is none, or nobody does. */
static const struct definers *definers_needed(
	const struct splitter *s, const struct bc_facts *facts, const struct bc_fact_symbol *symbol)
{
	uint32_t id = is_needed(symbol) ? bc_intern_find(&s->names, bc_fact_str(facts, symbol->key))
					: BC_INTERN_NONE;

	return id == BC_INTERN_NONE ? NULL : &s->definers.items[id];
}

static void find_owners(struct splitter *s)
{
	for (uint32_t u = 0; u < s->nunits; u++) {
		const struct bc_facts *facts = s->units[u].facts;

		s->owner[u] = UINT32_MAX;
		for (uint32_t i = 0; i < facts->nsymbols; i++) {
			const struct definers *definers =
				definers_needed(s, facts, &facts->symbols[i]);

			if (!definers)
				continue;
			if (definers->units.count == 1 && s->has_main[definers->units.items[0]])
				s->owner[u] = definers->units.items[0];
		}
	}
}

static int same_target(const struct bc_split_unit *a, const struct bc_split_unit *b)
{
	for (int i = 0; i < a->noutputs; i++)
		for (int k = 0; k < b->noutputs; k++)
			if (bc_target_same(a->outputs[i], a->facts->path_main, b->outputs[k],
				    b->facts->path_main))
				return 1;
	return 0;
}

static int has_target(const struct bc_split_unit *unit)
{
	for (int i = 0; i < unit->noutputs; i++)
		if (bc_target_named(unit->outputs[i], unit->facts->path_main))
			return 1;
	return 0;
}

/* The same source compiled a second time (with -fPIC, say) and no different for us. */
static int is_twin_of_placed(const struct splitter *s, uint32_t unit)
{
	const struct bc_facts *facts = s->units[unit].facts;

	for (uint32_t u = 0; u < s->nunits; u++)
		if (s->placed[u] && s->units[u].facts->nnodes == facts->nnodes &&
			!strcmp(s->units[u].facts->path_main, facts->path_main))
			return 1;
	return 0;
}

static int compare_units(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* How many leading folders two paths share. */
static int shared_folders(const char *a, const char *b)
{
	int n = 0;

	for (; *a && *a == *b; a++, b++)
		n += *a == '/';
	return n;
}

/*
 * How well a unit fits into a program: made for it before made for nobody before made for another,
 * and then the nearer folder.
 */
static int fit(const struct splitter *s, uint32_t unit, uint32_t main_unit, uint32_t asking)
{
	int score =
		shared_folders(s->units[unit].facts->path_main, s->units[asking].facts->path_main);

	if (main_unit == UINT32_MAX)
		return score;
	if (same_target(&s->units[unit], &s->units[main_unit]))
		return score + 2000;
	return has_target(&s->units[unit]) ? score : score + 1000;
}

/* The unit that defines `name` for a program; UINT32_MAX when it has it already or none does. */
static uint32_t choose(const struct splitter *s, const struct definers *definers,
	uint32_t main_unit, uint32_t asking, const uint8_t *in)
{
	uint32_t best = UINT32_MAX;
	int best_score = -1;

	for (size_t i = 0; i < definers->units.count; i++) {
		uint32_t u = definers->units.items[i];
		int score;

		if (in[u])
			return UINT32_MAX;
		if (s->has_main[u] && u != main_unit)
			continue;
		if (main_unit != UINT32_MAX && s->owner[u] != UINT32_MAX &&
			s->owner[u] != main_unit)
			continue;
		score = fit(s, u, main_unit, asking);
		if (score > best_score) {
			best = u;
			best_score = score;
		}
	}
	return best;
}

/*
 * What a header of the system declares is the system's, unless the build says otherwise: a library
 * to be preloaded defines open() and fclose() for other programs than those built beside it.
 */
static int is_taken_from_system(const struct splitter *s, const struct bc_fact_symbol *symbol,
	uint32_t definer, uint32_t main_unit)
{
	return symbol->flags & BC_SYM_SYSTEM && main_unit != UINT32_MAX &&
	       !same_target(&s->units[definer], &s->units[main_unit]);
}

/* Adds to `in` all units that those in it need. */
static void close_over_symbols(struct splitter *s, uint32_t main_unit, uint8_t *in)
{
	BC_VEC(uint32_t) work = {0};

	for (uint32_t u = 0; u < s->nunits; u++)
		if (in[u])
			bc_vec_push(&work, u);
	while (work.count) {
		uint32_t u = bc_vec_pop(&work);
		const struct bc_facts *facts = s->units[u].facts;

		for (uint32_t i = 0; i < facts->nsymbols; i++) {
			uint32_t id, chosen;

			if (!is_needed(&facts->symbols[i]))
				continue;
			id = bc_intern_find(&s->names, bc_fact_str(facts, facts->symbols[i].key));
			if (id == BC_INTERN_NONE)
				continue;
			chosen = choose(s, &s->definers.items[id], main_unit, u, in);
			if (chosen == UINT32_MAX ||
				is_taken_from_system(s, &facts->symbols[i], chosen, main_unit))
				continue;
			in[chosen] = 1;
			bc_vec_push(&work, chosen);
		}
	}
	bc_vec_fini(&work);
}

static void fill_link_unit(struct splitter *s, struct bc_link_unit *unit, const uint8_t *in)
{
	unit->nunits = 0;
	for (uint32_t u = 0; u < s->nunits; u++)
		if (in[u]) {
			unit->units[unit->nunits++] = u;
			s->placed[u] = 1;
		}
}

static void add_link_unit(struct splitter *s, struct bc_split *split, const uint8_t *in)
{
	struct bc_link_unit unit = {.units = bc_xmalloc((s->nunits + 1) * sizeof(uint32_t))};

	fill_link_unit(s, &unit, in);
	bc_vec_push(&split->list, unit);
}

/* How many of the symbols that a unit needs a program defines. */
static int needs_from(const struct splitter *s, uint32_t unit, const struct bc_link_unit *program)
{
	const struct bc_facts *facts = s->units[unit].facts;
	int n = 0;

	for (uint32_t i = 0; i < facts->nsymbols; i++) {
		const struct definers *definers = definers_needed(s, facts, &facts->symbols[i]);

		if (!definers)
			continue;
		for (size_t k = 0; k < definers->units.count; k++)
			n += bsearch(&definers->units.items[k], program->units, program->nunits,
				     sizeof(uint32_t), compare_units) != NULL;
	}
	return n;
}

/* How many of the names that a program looks up at run time a unit defines. */
static int is_looked_up_by(
	const struct splitter *s, uint32_t unit, const struct bc_lookups *lookups)
{
	int n = 0;

	for (size_t i = 0; i < lookups->names.count; i++) {
		uint32_t id = bc_intern_find(&s->names, lookups->names.items[i]);
		const struct definers *definers;

		if (id == BC_INTERN_NONE)
			continue;
		definers = &s->definers.items[id];
		for (size_t k = 0; k < definers->units.count; k++)
			n += definers->units.items[k] == unit;
	}
	return n;
}

/* Adds a unit to a program, and what it needs with it. */
static void take_in(struct splitter *s, struct bc_link_unit *program, uint32_t unit)
{
	uint8_t *in = bc_xcalloc(s->nunits + 1, 1);
	uint32_t main_unit = UINT32_MAX;

	for (uint32_t i = 0; i < program->nunits; i++) {
		in[program->units[i]] = 1;
		if (s->has_main[program->units[i]])
			main_unit = program->units[i];
	}
	in[unit] = 1;
	close_over_symbols(s, main_unit, in);
	fill_link_unit(s, program, in);
	free(in);
}

/* One round over the units that belong to nobody. 1 when a program took one in. */
static int adopt_some(struct splitter *s, struct bc_split *split, const struct bc_lookups *lookups)
{
	int some = 0;

	for (uint32_t u = 0; u < s->nunits; u++) {
		struct bc_link_unit *host = NULL;
		int most = 0;

		if (s->placed[u] || s->has_main[u] || is_twin_of_placed(s, u))
			continue;
		for (size_t i = 0; i < split->list.count; i++) {
			int n = needs_from(s, u, &split->list.items[i]) +
				is_looked_up_by(s, u, &lookups[i]);

			if (n <= most)
				continue;
			most = n;
			host = &split->list.items[i];
		}
		if (!host)
			continue;
		take_in(s, host, u);
		some = 1;
	}
	return some;
}

/*
 * A unit that no main() needs, but that needs what a program defines, or defines what a program
 * looks up at run time, is a plugin of that program: it gets its callbacks called by it. The
 * program with most of these ties takes it in. The other units of a plugin need what its first one
 * defines.
 */
static void adopt_plugins(struct splitter *s, struct bc_split *split)
{
	size_t n = split->list.count;
	struct bc_lookups *lookups = bc_xcalloc(n + 1, sizeof(*lookups));

	for (size_t i = 0; i < n; i++)
		for (uint32_t u = 0; u < split->list.items[i].nunits; u++)
			bc_lookups_add(&lookups[i], s->units[split->list.items[i].units[u]].facts);
	while (adopt_some(s, split, lookups))
		continue;
	for (size_t i = 0; i < n; i++)
		bc_lookups_fini(&lookups[i]);
	free(lookups);
}

static void split_by_mains(struct splitter *s, struct bc_split *split)
{
	uint8_t *in = bc_xmalloc(s->nunits + 1);
	int left = 0;

	for (uint32_t m = 0; m < s->nunits; m++) {
		if (!s->has_main[m])
			continue;
		memset(in, 0, s->nunits);
		for (uint32_t u = 0; u < s->nunits; u++)
			in[u] = u == m ||
				(!s->has_main[u] && same_target(&s->units[u], &s->units[m]));
		close_over_symbols(s, m, in);
		add_link_unit(s, split, in);
	}
	adopt_plugins(s, split);
	for (uint32_t u = 0; u < s->nunits; u++) {
		in[u] = !s->placed[u] && !is_twin_of_placed(s, u);
		left |= in[u];
	}
	if (left) {
		close_over_symbols(s, UINT32_MAX, in);
		add_link_unit(s, split, in);
	}
	free(in);
}

void bc_split_units(struct bc_split *split, const struct bc_split_unit *units, uint32_t nunits)
{
	struct splitter s = {.units = units, .nunits = nunits};
	uint32_t mains = 0;

	*split = (struct bc_split){0};
	s.has_main = bc_xcalloc(nunits + 1, 1);
	s.placed = bc_xcalloc(nunits + 1, 1);
	s.owner = bc_xmalloc((nunits + 1) * sizeof(*s.owner));
	index_definitions(&s);
	find_owners(&s);
	for (uint32_t u = 0; u < nunits; u++)
		mains += s.has_main[u];
	if (mains > 1) {
		split_by_mains(&s, split);
	} else if (nunits) {
		uint8_t *all = bc_xmalloc(nunits);

		memset(all, 1, nunits);
		add_link_unit(&s, split, all);
		free(all);
	}
	for (size_t i = 0; i < s.definers.count; i++)
		bc_vec_fini(&s.definers.items[i].units);
	bc_vec_fini(&s.definers);
	bc_intern_fini(&s.names);
	free(s.has_main);
	free(s.placed);
	free(s.owner);
}

void bc_split_fini(struct bc_split *split)
{
	for (size_t i = 0; i < split->list.count; i++)
		free(split->list.items[i].units);
	bc_vec_fini(&split->list);
}
