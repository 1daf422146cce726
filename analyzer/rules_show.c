/* `rules list` and `rules show`: what the packs say, as text and as JSON. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "rules.h"

enum { WIDTH = 100, INDENT = 14 };

static const char *const unit_names[] = {
	[BC_UNIT_NONE] = "",
	[BC_UNIT_S] = "seconds",
	[BC_UNIT_MS] = "milliseconds",
	[BC_UNIT_US] = "microseconds",
	[BC_UNIT_NS] = "nanoseconds",
	[BC_UNIT_TIMEVAL] = "a struct timeval",
	[BC_UNIT_TIMESPEC] = "a struct timespec",
	[BC_UNIT_OPAQUE] = "a limit that is not read",
};

/* ---- conditions in words ---- */

static void say_condition(const struct bc_pred *pred, int inside, struct bc_buf *out)
{
	if (!pred->nkids) {
		bc_buf_str(out, pred->text);
		return;
	}
	if (pred->kind == BC_P_NOT)
		bc_buf_str(out, "not ");
	if (inside || pred->kind == BC_P_NOT)
		bc_buf_char(out, '(');
	for (int i = 0; i < pred->nkids; i++) {
		bc_buf_str(out, i == 0 ? "" : pred->kind == BC_P_ANY ? " or " : " and ");
		say_condition(&pred->kids[i], 1, out);
	}
	if (inside || pred->kind == BC_P_NOT)
		bc_buf_char(out, ')');
}

static void say_bound(const struct bc_sink_rule *rule, struct bc_buf *out)
{
	const struct bc_timeout *t = &rule->timeout;

	bc_buf_str(out, bc_bound_name(rule->bound));
	if (rule->bound != BC_BOUND_TIMEOUT)
		return;
	bc_buf_printf(out, ": argument %d, %s", t->arg, unit_names[t->unit]);
	if (t->null_is_forever)
		bc_buf_str(out, "; a null pointer means no limit");
	if (t->negative_is_forever)
		bc_buf_str(out, "; a negative number means no limit");
	if (t->zero_is_forever)
		bc_buf_str(out, "; 0 means no limit");
}

/* ---- text ---- */

static void add_line(struct bc_buf *out, const char *name, const char *text)
{
	if (*text)
		bc_buf_printf(out, "  %-*s%s\n", INDENT - 2, name, text);
}

/* Names over as many lines as they need. */
static void add_names(struct bc_buf *out, const char *name, const char *const *texts, int n)
{
	size_t column = INDENT;

	bc_buf_printf(out, "  %-*s", INDENT - 2, name);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(texts[i]) + 2;

		if (column + len > WIDTH && column > INDENT) {
			bc_buf_printf(out, "\n%*s", INDENT, "");
			column = INDENT;
		}
		bc_buf_printf(out, "%s%s", texts[i], i + 1 < n ? ", " : "");
		column += len;
	}
	bc_buf_char(out, '\n');
}

static void add_worst(
	struct bc_buf *out, const struct bc_models *models, const struct bc_sink_rule *rule)
{
	struct bc_worst worst = bc_models_worst(models, rule, rule->category, rule->bound);

	if (worst.why && worst.ms >= 0)
		bc_buf_printf(out, "  %-*s%g s: %s\n", INDENT - 2, "at worst", worst.ms / 1000,
			worst.why);
	else if (worst.why)
		add_line(out, "at worst", worst.why);
}

static void add_origin(
	struct bc_buf *out, const struct bc_models *models, const struct bc_origin *origin)
{
	const struct bc_pack *pack = bc_models_pack_of(models, origin);

	bc_buf_printf(out, "  %-*s%s%s%s, %s:%d\n", INDENT - 2, "pack", origin->pack,
		pack && *pack->version ? " " : "", pack ? pack->version : "", origin->path,
		origin->line);
	if (pack)
		add_line(out, "docs", pack->docs);
	if (pack)
		add_line(out, "Debian", pack->debian);
}

static void add_condition(struct bc_buf *out, const char *name, const struct bc_pred *pred)
{
	struct bc_buf words = {0};

	if (!pred)
		return;
	say_condition(pred, 0, &words);
	add_line(out, name, bc_buf_text(&words));
	bc_buf_fini(&words);
}

static void add_alternatives(struct bc_buf *out, const struct bc_sink_rule *rule)
{
	for (int i = 0; i < rule->nalternatives; i++) {
		const struct bc_alternative *a = &rule->alternatives[i];

		bc_buf_printf(out, "  %-*s%s%s%s%s%s%s\n", INDENT - 2, i ? "" : "instead", a->use,
			*a->note ? ": " : "", a->note, *a->loop ? " (" : "", a->loop,
			*a->loop ? ")" : "");
	}
}

static int count_tests(const struct bc_models *models, const struct bc_sink_rule *rule)
{
	int n = 0;

	for (int i = 0; i < models->ntests; i++)
		n += !strcmp(models->tests[i].rule, rule->id);
	return n;
}

static void show_rule(
	const struct bc_models *models, const struct bc_sink_rule *rule, struct bc_buf *out)
{
	struct bc_buf bound = {0};

	bc_buf_printf(out, "%s\n", rule->id);
	add_names(out, "functions", rule->functions, rule->nfunctions);
	if (rule->params >= 0)
		bc_buf_printf(out, "  %-*s%d\n", INDENT - 2, "parameters", rule->params);
	bc_buf_printf(out, "  %-*s%s (BC%d)\n", INDENT - 2, "category",
		bc_category_name(rule->category), 100 + (int)rule->category);
	say_bound(rule, &bound);
	add_line(out, "bound", bc_buf_text(&bound));
	bc_buf_fini(&bound);
	if (rule->severity >= 0)
		add_line(out, "severity", bc_severity_name((enum bc_severity)rule->severity));
	add_line(out, "because", rule->because);
	add_worst(out, models, rule);
	add_condition(out, "unless", rule->nonblocking_when);
	if (rule->ready_once)
		add_line(out, "", "the first such call after a readiness event does not wait");
	if (rule->size_arg)
		bc_buf_printf(out, "  %-*sargument %d says how much is written\n", INDENT - 2, "",
			rule->size_arg);
	if (rule->stream_arg)
		bc_buf_printf(
			out, "  %-*sargument %d is the stream\n", INDENT - 2, "", rule->stream_arg);
	if (rule->path_arg)
		bc_buf_printf(
			out, "  %-*sargument %d is the path\n", INDENT - 2, "", rule->path_arg);
	add_alternatives(out, rule);
	add_line(out, "source", rule->provenance);
	bc_buf_printf(out, "  %-*s%d\n", INDENT - 2, "tests", count_tests(models, rule));
	add_origin(out, models, &rule->origin);
}

static void show_register(
	const struct bc_models *models, const struct bc_register_rule *rule, struct bc_buf *out)
{
	bc_buf_printf(out, "loop %s, registration\n", rule->loop);
	add_names(out, "functions", rule->functions, rule->nfunctions);
	if (rule->params >= 0)
		bc_buf_printf(out, "  %-*s%d\n", INDENT - 2, "parameters", rule->params);
	for (int i = 0; i < rule->nroles; i++) {
		const struct bc_role *role = &rule->roles[i];

		bc_buf_printf(out, "  %-*sargument %d, runs on %s", INDENT - 2,
			i ? "" : "callbacks", role->arg, bc_context_name(role->context));
		if (role->fd_arg)
			bc_buf_printf(out, "; its parameter %d is the descriptor in argument %d",
				role->fd_param, role->fd_arg);
		bc_buf_char(out, '\n');
	}
	add_condition(out, "when", rule->when);
	add_origin(out, models, &rule->origin);
}

static void show_field(
	const struct bc_models *models, const struct bc_field_rule *rule, struct bc_buf *out)
{
	bc_buf_printf(out, "loop %s, field %s, runs on %s\n", rule->loop, rule->field,
		bc_context_name(rule->context));
	add_names(out, "of", rule->records, rule->nrecords);
	if (rule->nrequires)
		add_names(out, "requires", rule->requires, rule->nrequires);
	add_origin(out, models, &rule->origin);
}

static void show_wait(
	const struct bc_models *models, const struct bc_wait_rule *rule, struct bc_buf *out)
{
	bc_buf_str(out, "a wait, where home-grown loops wait for events\n");
	add_names(out, "functions", rule->functions, rule->nfunctions);
	add_origin(out, models, &rule->origin);
}

static void show_never(
	const struct bc_models *models, const struct bc_never_rule *rule, struct bc_buf *out)
{
	bc_buf_str(out, "never blocks\n");
	add_names(out, "functions", rule->functions, rule->nfunctions);
	add_line(out, "because", rule->reason);
	add_origin(out, models, &rule->origin);
}

static int has_name(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return 1;
	return 0;
}

/* Everything of this id, or that names this function. */
static void show_text(const struct bc_models *m, const char *id, struct bc_buf *out)
{
	for (int i = 0; i < m->nsinks; i++)
		if (!strcmp(m->sinks[i].id, id) ||
			has_name(m->sinks[i].functions, m->sinks[i].nfunctions, id))
			show_rule(m, &m->sinks[i], out);
	for (int i = 0; i < m->nregisters; i++)
		if (!strcmp(m->registers[i].loop, id) ||
			has_name(m->registers[i].functions, m->registers[i].nfunctions, id))
			show_register(m, &m->registers[i], out);
	for (int i = 0; i < m->nfields; i++)
		if (!strcmp(m->fields[i].loop, id) ||
			has_name(m->fields[i].records, m->fields[i].nrecords, id))
			show_field(m, &m->fields[i], out);
	for (int i = 0; i < m->nwaits; i++)
		if (has_name(m->waits[i].functions, m->waits[i].nfunctions, id))
			show_wait(m, &m->waits[i], out);
	for (int i = 0; i < m->nnevers; i++)
		if (has_name(m->nevers[i].functions, m->nevers[i].nfunctions, id))
			show_never(m, &m->nevers[i], out);
}

/* ---- JSON ---- */

static void write_str(struct bc_json *json, const char *key, const char *text)
{
	bc_json_key(json, key);
	bc_json_str(json, text);
}

static void write_rule(struct bc_json *json, const struct bc_sink_rule *rule)
{
	struct bc_buf words = {0};

	bc_json_object(json);
	write_str(json, "id", rule->id);
	write_str(json, "category", bc_category_name(rule->category));
	write_str(json, "bound", bc_bound_name(rule->bound));
	bc_json_key(json, "functions");
	bc_json_array(json);
	for (int i = 0; i < rule->nfunctions; i++)
		bc_json_str(json, rule->functions[i]);
	bc_json_end(json);
	write_str(json, "because", rule->because);
	if (rule->nonblocking_when)
		say_condition(rule->nonblocking_when, 0, &words);
	write_str(json, "unless", rule->nonblocking_when ? bc_buf_text(&words) : NULL);
	bc_json_key(json, "alternatives");
	bc_json_array(json);
	for (int i = 0; i < rule->nalternatives; i++) {
		bc_json_object(json);
		write_str(json, "use", rule->alternatives[i].use);
		write_str(json, "note", rule->alternatives[i].note);
		write_str(json, "loop", rule->alternatives[i].loop);
		bc_json_end(json);
	}
	bc_json_end(json);
	write_str(json, "provenance", rule->provenance);
	write_str(json, "pack", rule->origin.pack);
	write_str(json, "file", rule->origin.path);
	bc_json_key(json, "line");
	bc_json_int(json, rule->origin.line);
	bc_json_end(json);
	bc_buf_fini(&words);
}

/* ---- the commands ---- */

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
	write_str(&json, "schema", "blockcheck-rule-list/1");
	bc_json_key(&json, "rules");
	bc_json_array(&json);
	for (int i = 0; i < models->nsinks; i++)
		if (wanted(&models->sinks[i], text))
			write_rule(&json, &models->sinks[i]);
	bc_json_end(&json);
	bc_json_key(&json, "loops");
	bc_json_array(&json);
	for (int i = 0; i < models->nloops; i++)
		bc_json_str(&json, models->loops[i]);
	bc_json_end(&json);
	bc_json_end(&json);
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
	bc_buf_printf(out, "%d rules over %d functions in %d packs; loops:", rules, functions,
		models->npacks);
	for (int i = 0; i < models->nloops; i++)
		bc_buf_printf(out, " %s", models->loops[i]);
	bc_buf_char(out, '\n');
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
		if (!strcmp(rule->id, id) || has_name(rule->functions, rule->nfunctions, id)) {
			bc_json_init(&json, out, 1);
			write_rule(&json, rule);
			bc_buf_char(out, '\n');
		}
}

int bc_rules_describe(const struct bc_models *models, const char *id, int json, struct bc_buf *out)
{
	size_t before = out->len;

	if (json)
		show_json(models, id, out);
	else
		show_text(models, id, out);
	if (out->len == before)
		return -1;
	for (int i = 0; i < models->nsinks; i++)
		if (!strcmp(models->sinks[i].id, id) ||
			has_name(models->sinks[i].functions, models->sinks[i].nfunctions, id))
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
