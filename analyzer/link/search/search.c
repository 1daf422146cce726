#include "link/search/search.h"

#include <stdlib.h>

#include "link/search/expand.h"
#include "link/search/paths.h"
#include "link/search/states.h"

/* The edges once more, backwards. */
static void index_backwards(struct bc_search *s)
{
	uint32_t n = (uint32_t)s->states.count;
	uint32_t *at = s->into_at = bc_xcalloc(n + 2, sizeof(*at));

	s->into = bc_xmalloc((s->edges.count + 1) * sizeof(*s->into));
	for (size_t i = 0; i < s->edges.count; i++)
		at[s->edges.items[i].to + 2]++;
	for (uint32_t i = 0; i < n; i++)
		at[i + 2] += at[i + 1];
	/* filling moves each start to the next one's, so that at[i] is where i begins afterwards */
	for (size_t i = 0; i < s->edges.count; i++)
		s->into[at[s->edges.items[i].to + 1]++] = s->edges.items[i].from;
}

void bc_search_run(struct bc_search *s)
{
	s->root_states = bc_xmalloc((s->roots->list.count + 1) * sizeof(*s->root_states));
	s->index = bc_state_index_new(s->program->nfuncs);
	for (size_t i = 0; i < s->roots->list.count; i++) {
		const struct bc_root *root = &s->roots->list.items[i];

		s->root_states[i] =
			root->context == BC_CTX_LOOP && s->relevance->to_sink[root->func]
				? bc_state_unbound(s, root->func, root->region)
				: BC_NONE;
	}
	for (size_t i = 0; i < s->states.count; i++)
		bc_search_expand(s, (uint32_t)i);
	s->phases = bc_phases_of_states(s);
	bc_search_find_paths(s);
	index_backwards(s);
}

void bc_search_fini(struct bc_search *s)
{
	bc_state_index_free(s->index);
	free(s->root_states);
	free(s->phases);
	free(s->into);
	free(s->into_at);
	bc_vec_fini(&s->states);
	bc_vec_fini(&s->values);
	bc_vec_fini(&s->edges);
	bc_vec_fini(&s->hits);
	bc_vec_fini(&s->unresolved);
}

void bc_search_roots_of(
	const struct bc_search *s, const uint32_t *states, size_t nstates, uint8_t *roots)
{
	uint8_t *marked = bc_xcalloc(s->states.count + 1, 1);
	BC_VEC(uint32_t) work = {0};

	for (size_t i = 0; i < nstates; i++) {
		marked[states[i]] = 1;
		bc_vec_push(&work, states[i]);
	}
	while (work.count) {
		uint32_t state = bc_vec_pop(&work);

		for (uint32_t i = s->into_at[state]; i < s->into_at[state + 1]; i++) {
			if (marked[s->into[i]])
				continue;
			marked[s->into[i]] = 1;
			bc_vec_push(&work, s->into[i]);
		}
	}
	for (size_t i = 0; i < s->roots->list.count; i++)
		if (s->root_states[i] != BC_NONE && marked[s->root_states[i]])
			roots[i] = 1;
	bc_vec_fini(&work);
	free(marked);
}
