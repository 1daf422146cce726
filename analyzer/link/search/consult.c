#include "link/search/consult.h"

#include <blockcheck/plugin.h>

static const char *keep(struct bc_arena *arena, const char *text)
{
	return text ? bc_arena_strdup(arena, text) : "";
}

static struct bc_sink_rule *make_rule(struct bc_arena *arena, const struct bc_plugin *plugin,
	const struct blockcheck_site *site, const struct bc_verdict_v1 *said)
{
	struct bc_sink_rule *rule = BC_NEW(arena, struct bc_sink_rule);
	const char **functions = BC_NEW_ARRAY(arena, const char *, 1);

	functions[0] = site->function;
	*rule = (struct bc_sink_rule){.id = bc_arena_printf(arena, "plugin.%s", plugin->name),
		.functions = functions,
		.nfunctions = 1,
		.params = -1,
		.category = (enum bc_category)said->category,
		.bound = (enum bc_bound)said->bound,
		.severity = -1,
		.because = keep(arena, said->because),
		.provenance = bc_arena_printf(arena, "%s %s", plugin->name, plugin->version)};
	if (said->alternative) {
		rule->alternatives = BC_NEW(arena, struct bc_alternative);
		*rule->alternatives =
			(struct bc_alternative){keep(arena, said->alternative), "", ""};
		rule->nalternatives = 1;
	}
	return rule;
}

static struct bc_verdict verdict_of(const struct bc_verdict_v1 *said)
{
	/* also turns away what is no number */
	int waits = said->bound != BLOCKCHECK_TIMEOUT || !(said->timeout_ms == 0);
	double ms = said->timeout_ms > 0 ? said->timeout_ms : -1;

	return (struct bc_verdict){.category = (enum bc_category)said->category,
		.blocks = said->opinion == BLOCKCHECK_BLOCKS && waits,
		.confidence = (int)said->confidence,
		.bound = (enum bc_bound)said->bound,
		.ms = said->bound == BLOCKCHECK_TIMEOUT ? ms : -1};
}

int bc_consult(const struct bc_plugins *plugins, struct bc_arena *arena,
	const struct bc_program *program, uint32_t sym, const struct bc_call_event *event,
	struct bc_opinion *opinion)
{
	const struct bc_func *caller = &program->funcs[event->func];
	const struct blockcheck_site site = {.function = program->syms[sym].name,
		.caller = bc_func_name(program, event->func),
		.file = caller->file,
		.line = bc_call_line(program, event->call),
		.args = event->args,
		.nargs = event->nargs};
	struct bc_verdict_v1 said;
	const struct bc_plugin *plugin = bc_plugins_ask(plugins, &site, &said);

	if (!plugin)
		return 0;
	*opinion = (struct bc_opinion){.verdict = verdict_of(&said)};
	if (opinion->verdict.blocks)
		opinion->rule = make_rule(arena, plugin, &site, &said);
	return 1;
}
