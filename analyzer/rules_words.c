#include "rules_words.h"

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

/* ---- lines ---- */

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

/* ---- rules ---- */

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

/* Everything of this id, or that names this function. */
void bc_rules_write_text(const struct bc_models *m, const char *id, struct bc_buf *out)
{
	for (int i = 0; i < m->nsinks; i++)
		if (!strcmp(m->sinks[i].id, id) ||
			bc_rules_has_name(m->sinks[i].functions, m->sinks[i].nfunctions, id))
			show_rule(m, &m->sinks[i], out);
	for (int i = 0; i < m->nregisters; i++)
		if (!strcmp(m->registers[i].loop, id) ||
			bc_rules_has_name(
				m->registers[i].functions, m->registers[i].nfunctions, id))
			show_register(m, &m->registers[i], out);
	for (int i = 0; i < m->nfields; i++)
		if (!strcmp(m->fields[i].loop, id) ||
			bc_rules_has_name(m->fields[i].records, m->fields[i].nrecords, id))
			show_field(m, &m->fields[i], out);
	for (int i = 0; i < m->nwaits; i++)
		if (bc_rules_has_name(m->waits[i].functions, m->waits[i].nfunctions, id))
			show_wait(m, &m->waits[i], out);
	for (int i = 0; i < m->nnevers; i++)
		if (bc_rules_has_name(m->nevers[i].functions, m->nevers[i].nfunctions, id))
			show_never(m, &m->nevers[i], out);
}

/* ---- JSON ---- */

void bc_rules_write_json(struct bc_json *json, const struct bc_sink_rule *rule)
{
	struct bc_buf words = {0};

	bc_json_object(json);
	bc_json_put_str(json, "id", rule->id);
	bc_json_put_str(json, "category", bc_category_name(rule->category));
	bc_json_put_str(json, "bound", bc_bound_name(rule->bound));
	bc_json_key(json, "functions");
	bc_json_array(json);
	for (int i = 0; i < rule->nfunctions; i++)
		bc_json_str(json, rule->functions[i]);
	bc_json_end(json);
	bc_json_put_str(json, "because", rule->because);
	if (rule->nonblocking_when)
		say_condition(rule->nonblocking_when, 0, &words);
	bc_json_put_str(json, "unless", rule->nonblocking_when ? bc_buf_text(&words) : NULL);
	bc_json_key(json, "alternatives");
	bc_json_array(json);
	for (int i = 0; i < rule->nalternatives; i++) {
		bc_json_object(json);
		bc_json_put_str(json, "use", rule->alternatives[i].use);
		bc_json_put_str(json, "note", rule->alternatives[i].note);
		bc_json_put_str(json, "loop", rule->alternatives[i].loop);
		bc_json_end(json);
	}
	bc_json_end(json);
	bc_json_put_str(json, "provenance", rule->provenance);
	bc_json_put_str(json, "pack", rule->origin.pack);
	bc_json_put_str(json, "file", rule->origin.path);
	bc_json_put_int(json, "line", rule->origin.line);
	bc_json_end(json);
	bc_buf_fini(&words);
}
