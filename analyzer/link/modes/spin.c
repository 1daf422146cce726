#include "link/modes/spin.h"

#include <stdlib.h>
#include <string.h>

#include "link/modes/retry.h"

/* Helpers of helpers that hand on "would block" are followed this far. */
enum { MAX_HELPERS = 3 };

/* A call that has just said "would block": by -1 and errno, or by what a helper makes of them. */
struct failure {
	uint32_t call, sink;
	struct bc_value result;
	const struct bc_sink_rule *rule;
	int depth;
};

struct finder {
	const struct bc_program *program;
	const struct bc_models *models;
	struct bc_spins *spins;
	struct bc_retry_question question;
	uint32_t *callers; /* per symbol: its range in `sites`, the calls that name it */
	uint32_t *sites;
	BC_VEC(struct failure) work;
};

static void index_callers(struct finder *s)
{
	const struct bc_program *p = s->program;
	uint32_t *at = s->callers = bc_xcalloc(p->nsyms + 3, sizeof(*at));

	s->sites = bc_xmalloc((p->ncalls + 1) * sizeof(*s->sites));
	for (uint32_t i = 0; i < p->ncalls; i++)
		if (p->calls[i].sym != BC_NONE)
			at[p->calls[i].sym + 2]++;
	for (uint32_t i = 0; i < p->nsyms; i++)
		at[i + 2] += at[i + 1];
	/* filling moves each start to the next one's, so that at[i] is where i begins afterwards */
	for (uint32_t i = 0; i < p->ncalls; i++)
		if (p->calls[i].sym != BC_NONE)
			s->sites[at[p->calls[i].sym + 1]++] = i;
}

/* A descriptor is an integer; a library's handle is not, and tells of "would block" in its way. */
static int takes_descriptor(const struct finder *s, uint32_t sym, int arg)
{
	uint32_t type = s->program->syms[sym].type;
	const char *params = type == BC_NONE ? "" : s->program->types[type].params;

	return arg > 0 && (int)strlen(params) >= arg && params[arg - 1] - 'a' == BC_CLASS_INT;
}

static const struct bc_sink_rule *rule_of(const struct finder *s, uint32_t sym)
{
	const struct bc_name_rules *rules = s->program->syms[sym].rules;

	if (s->program->syms[sym].func != BC_NONE)
		return NULL;
	for (int i = 0; i < rules->nsinks; i++)
		if (takes_descriptor(
			    s, sym, bc_pred_fd_argument(rules->sinks[i]->nonblocking_when)))
			return rules->sinks[i];
	return NULL;
}

/* EAGAIN as the program's headers have it: the first that the packs name. */
static int would_block(const struct bc_models *models, int64_t *number)
{
	for (int i = 0; i < models->nwould_block; i++) {
		uint32_t constant = models->would_block[i].constant;

		if (constant == UINT32_MAX || !models->constants[constant].known)
			continue;
		*number = models->constants[constant].value;
		return 1;
	}
	return 0;
}

static struct bc_retry_answer ask(struct finder *s, uint32_t call, struct bc_value result)
{
	s->question.func = s->program->calls[call].func;
	s->question.node = s->program->calls[call].node;
	s->question.result = result;
	return bc_retry(&s->question);
}

static void note_spin(struct finder *s, const struct failure *failure)
{
	struct bc_retry_answer success = ask(s, failure->call, bc_value_int(1));

	if (s->spins->of_call[failure->call])
		return;
	bc_vec_push(&s->spins->list,
		(struct bc_spin){failure->call, failure->sink, !success.again, failure->rule});
	s->spins->of_call[failure->call] = (uint32_t)s->spins->list.count;
}

/* The callers of a helper see what it returns. */
static void pass_to_callers(
	struct finder *s, const struct failure *failure, const struct bc_value *result)
{
	uint32_t sym = s->program->funcs[s->program->calls[failure->call].func].sym;

	if (sym == BC_NONE || failure->depth == MAX_HELPERS || result->kind != BC_V_INTS)
		return;
	for (uint32_t i = s->callers[sym]; i < s->callers[sym + 1]; i++)
		bc_vec_push(&s->work, (struct failure){s->sites[i], failure->sink, *result,
					      failure->rule, failure->depth + 1});
}

static void look_at(struct finder *s, const struct failure *failure)
{
	struct bc_retry_answer answer = ask(s, failure->call, failure->result);

	if (answer.again)
		note_spin(s, failure);
	else if (answer.returns)
		pass_to_callers(s, failure, &answer.returned);
}

void bc_spins_init(struct bc_spins *spins, const struct bc_program *program,
	const struct bc_models *models, const struct bc_completion *completion,
	struct bc_effects *effects)
{
	struct finder s = {.program = program, .models = models, .spins = spins};

	spins->of_call = bc_xcalloc(program->ncalls + 1, sizeof(*spins->of_call));
	s.question.program = program;
	s.question.completion = completion;
	s.question.effects = effects;
	if (!would_block(models, &s.question.error))
		return;
	index_callers(&s);
	for (uint32_t sym = 0; sym < program->nsyms; sym++) {
		const struct bc_sink_rule *rule =
			s.callers[sym] < s.callers[sym + 1] ? rule_of(&s, sym) : NULL;

		for (uint32_t i = s.callers[sym]; rule && i < s.callers[sym + 1]; i++)
			bc_vec_push(&s.work, (struct failure){s.sites[i], s.sites[i],
						     bc_value_int(-1), rule, 0});
	}
	while (s.work.count) {
		struct failure failure = bc_vec_pop(&s.work);

		look_at(&s, &failure);
	}
	free(s.callers);
	free(s.sites);
	bc_vec_fini(&s.work);
}

void bc_spins_fini(struct bc_spins *spins)
{
	bc_vec_fini(&spins->list);
	free(spins->of_call);
}

const struct bc_spin *bc_spin_of(const struct bc_spins *spins, uint32_t call)
{
	uint32_t at = spins->of_call ? spins->of_call[call] : 0;

	return at ? &spins->list.items[at - 1] : NULL;
}
