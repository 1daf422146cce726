/* What to use instead of a culprit, as the rule packs say. */
#include "harness/collect/report.h"

#include <string.h>

/* Our word for a loop's library, as the packs call that loop. */
static const char *loop_of(const char *library)
{
	return !strcmp(library, "wayland") ? "wayland-server" : library;
}

/* Those for this loop come first, then those for any; what another loop offers is of no use. */
static void add_alternatives(struct bc_run *run, struct bc_run_stall *stall,
	const struct bc_sink_rule *rule, const char *loop)
{
	struct bc_alternative *kept =
		BC_NEW_ARRAY(&run->arena, struct bc_alternative, (size_t)rule->nalternatives + 1);
	int n = 0;

	for (int any = 0; any < 2; any++)
		for (int i = 0; i < rule->nalternatives; i++) {
			const struct bc_alternative *other = &rule->alternatives[i];

			if (any ? other->loop[0] != '\0' : strcmp(other->loop, loop) != 0)
				continue;
			kept[n++] = (struct bc_alternative){
				.use = bc_arena_strdup(&run->arena, other->use),
				.note = bc_arena_strdup(&run->arena, other->note),
				.loop = bc_arena_strdup(&run->arena, other->loop)};
		}
	stall->alternatives = kept;
	stall->nalternatives = n;
}

void bc_run_advise(struct bc_run *run, const struct bc_models *models)
{
	for (size_t i = 0; i < run->stalls.count; i++) {
		struct bc_run_stall *stall = &run->stalls.items[i];
		const char *loop = loop_of(bc_report_library(run, stall->tid));
		const struct bc_sink_rule *const *rules;
		int n;

		if (stall->kind == BC_RUN_MANY || !*loop ||
			(stall->cause != BC_RUN_CALL && stall->cause != BC_RUN_SYSCALL))
			continue;
		/* of several rules for one name the later pack knows better */
		rules = bc_models_sinks(models, stall->culprit, &n);
		while (n-- > 0 && !stall->nalternatives)
			add_alternatives(run, stall, rules[n], loop);
	}
}
