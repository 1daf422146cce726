/* `rules list` and `rules show`: what the packs say, as text and as JSON. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "rules.h"
#include "rules_words.h"

/* ---- list ---- */

static int wanted(const struct bc_sink_rule *rule, const char *text)
{
	return !text || strstr(rule->id, text) || strstr(rule->origin.pack, text) ||
	       strstr(bc_category_name(rule->category), text);
}

static void list_json(const struct bc_models *models, const char *text, struct bc_buf *out)
{
	struct bc_json json;

	bc_json_init(&json, out, 1);
	bc_json_object(&json);
	bc_json_put_str(&json, "schema", "blockcheck-rule-list/1");
	bc_json_key(&json, "rules");
	bc_json_array(&json);
	for (int i = 0; i < models->nsinks; i++)
		if (wanted(&models->sinks[i], text))
			bc_rules_write_json(&json, &models->sinks[i]);
	bc_json_end(&json);
	bc_json_key(&json, "loops");
	bc_json_array(&json);
	for (int i = 0; i < models->nloops; i++)
		if (!text || strstr(models->loops[i], text))
			bc_json_str(&json, models->loops[i]);
	bc_json_end(&json);
	bc_json_end(&json);
	bc_buf_char(out, '\n');
}

static void list_loops(const struct bc_models *models, const char *text, struct bc_buf *out)
{
	const char *before = "loops: ";

	for (int i = 0; i < models->nloops; i++) {
		if (text && !strstr(models->loops[i], text))
			continue;
		bc_buf_printf(out, "%s%s", before, models->loops[i]);
		before = ", ";
	}
	if (*before == ',')
		bc_buf_char(out, '\n');
}

static void list_text(
	const struct bc_models *models, const char *text, int verbose, struct bc_buf *out)
{
	int rules = 0, functions = 0;

	for (int i = 0; i < models->nsinks; i++) {
		const struct bc_sink_rule *rule = &models->sinks[i];
		int shown = verbose || rule->nfunctions <= 3 ? rule->nfunctions : 2;

		if (!wanted(rule, text))
			continue;
		bc_buf_printf(out, "%-34s %-11s %-10s %-14s ", rule->id,
			bc_category_name(rule->category), bc_bound_name(rule->bound),
			rule->origin.pack);
		for (int f = 0; f < shown; f++)
			bc_buf_printf(out, "%s%s", f ? ", " : "", rule->functions[f]);
		if (shown < rule->nfunctions)
			bc_buf_printf(out, " and %d more", rule->nfunctions - shown);
		bc_buf_char(out, '\n');
		rules++;
		functions += rule->nfunctions;
	}
	if (rules || !text)
		bc_buf_printf(out, "%d rule%s over %d function%s ", rules, rules == 1 ? "" : "s",
			functions, functions == 1 ? "" : "s");
	if (!text)
		bc_buf_printf(out, "in %d packs\n", models->npacks);
	else if (rules)
		bc_buf_printf(out, "for '%s'\n", text);
	list_loops(models, text, out);
	if (!out->len)
		bc_buf_printf(out,
			"no rule or loop has '%s' in its name, category or pack; 'blockcheck rules "
			"show FUNCTION' finds functions\n",
			text);
}

static int finish(
	const struct bc_options *options, int status, struct bc_buf *out, struct bc_arena *arena)
{
	if (status == 0)
		status = bc_cmd_write(options->output, out);
	bc_buf_fini(out);
	bc_arena_fini(arena);
	return status < 0 ? bc_cmd_fail(status) : BC_EXIT_CLEAN;
}

int bc_rules_list(const struct bc_options *options, const char *const *arguments)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_models models;
	struct bc_buf out = {0};
	int status = bc_rules_load(options, NULL, &arena, &models);

	if (status == 0 && options->json)
		list_json(&models, arguments[0], &out);
	else if (status == 0)
		list_text(&models, arguments[0], options->verbose, &out);
	return finish(options, status, &out, &arena);
}

/* ---- show ---- */

static int fail_unknown_rule(const struct bc_models *models, const char *id, struct bc_arena *arena)
{
	const char **ids = BC_NEW_ARRAY(arena, const char *, (size_t)models->nsinks + 1);
	const char *near;

	for (int i = 0; i < models->nsinks; i++)
		ids[i] = models->sinks[i].id;
	near = bc_schema_suggest(id, ids);
	return bc_fail(BC_EUSAGE, "no pack has a rule, loop or function '%s'%s%s%s", id,
		near ? "; did you mean '" : "; 'blockcheck rules list' has them all",
		near ? near : "", near ? "'?" : "");
}

static void show_json(const struct bc_models *models, const char *id, struct bc_buf *out)
{
	struct bc_json json;
	const struct bc_sink_rule *rule = models->sinks;

	for (; rule < models->sinks + models->nsinks; rule++)
		if (!strcmp(rule->id, id) ||
			bc_rules_has_name(rule->functions, rule->nfunctions, id)) {
			bc_json_init(&json, out, 1);
			bc_rules_write_json(&json, rule);
			bc_buf_char(out, '\n');
		}
}

int bc_rules_describe(const struct bc_models *models, const char *id, int json, struct bc_buf *out)
{
	size_t before = out->len;

	if (json)
		show_json(models, id, out);
	else
		bc_rules_write_text(models, id, out);
	if (out->len == before)
		return -1;
	for (int i = 0; i < models->nsinks; i++)
		if (!strcmp(models->sinks[i].id, id) ||
			bc_rules_has_name(
				models->sinks[i].functions, models->sinks[i].nfunctions, id))
			return (int)models->sinks[i].category;
	return 0;
}

int bc_rules_show(const struct bc_options *options, const char *const *arguments)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_models models;
	struct bc_buf out = {0};
	int status = 0;

	if (!arguments[0])
		status = bc_fail(BC_EUSAGE, "rules show: which? an id of 'rules list', a loop, or "
					    "a function");
	if (status == 0)
		status = bc_rules_load(options, NULL, &arena, &models);
	for (; status == 0 && *arguments; arguments++) {
		if (bc_rules_describe(&models, *arguments, options->json, &out) < 0)
			status = fail_unknown_rule(&models, *arguments, &arena);
	}
	return finish(options, status, &out, &arena);
}
