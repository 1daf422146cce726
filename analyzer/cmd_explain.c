/* `blockcheck explain`: why a rule exists, or all that is known of one finding. */
#include "cmd.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "findings/explanation.h"
#include "output/explain.h"
#include "output/markdown.h"
#include "output/pages.h"
#include "rules.h"
#include "store/store.h"

enum { DEFAULT_WIDTH = 100, MAX_WIDTH = 100, MAX_LISTED = 8, FINGERPRINT_LENGTH = 16 };

/* ---- rules ---- */

static const struct bc_page *find_page(const char *rule)
{
	for (const struct bc_page *page = bc_pages; page->rule; page++)
		if (!strcasecmp(page->rule, rule))
			return page;
	return NULL;
}

static void add_page_text(
	const struct bc_options *options, const struct bc_page *page, struct bc_buf *out)
{
	const struct bc_output_options look = bc_cmd_look(options);
	struct bc_term term = {.out = out, .color = look.color};
	int width = look.width ? look.width : DEFAULT_WIDTH;

	bc_markdown_write(&term, page->text, width > MAX_WIDTH ? MAX_WIDTH : width);
}

static void add_page_json(const struct bc_page *page, struct bc_buf *out)
{
	struct bc_json json;

	bc_json_init(&json, out, 1);
	bc_json_object(&json);
	bc_json_put_str(&json, "schema", "blockcheck-rule/1");
	bc_json_put_str(&json, "rule", page->rule);
	bc_json_put_str(&json, "title", bc_rule_title(page->rule));
	bc_json_put_str(&json, "markdown", page->text);
	bc_json_end(&json);
	bc_buf_char(out, '\n');
}

static void add_page(
	const struct bc_options *options, const struct bc_page *page, struct bc_buf *out)
{
	if (out->len)
		bc_buf_char(out, '\n');
	if (options->json)
		add_page_json(page, out);
	else
		add_page_text(options, page, out);
}

/* A rule of a pack: what it says, and the page of its category. */
static int add_pack_rule(const struct bc_options *options, const struct bc_models *models,
	const char *id, struct bc_buf *out)
{
	int category = bc_rules_describe(models, id, options->json, out);
	char rule[16];

	if (category < 0)
		return 0;
	snprintf(rule, sizeof(rule), "BC1%02d", category % 100);
	if (category > 0 && find_page(rule))
		add_page(options, find_page(rule), out);
	return 1;
}

/* The beginning of one, as the text output shows it. */
static int is_fingerprint(const char *text)
{
	size_t len = strspn(text, "0123456789abcdefABCDEF");

	return !text[len] && len >= 4 && len <= FINGERPRINT_LENGTH;
}

static int fail_unknown(const char *name, const struct bc_models *models, struct bc_arena *arena)
{
	const char **names;
	int n = 0;

	while (bc_pages[n].rule)
		n++;
	names = BC_NEW_ARRAY(arena, const char *, (size_t)(n + models->nsinks + 1));
	for (int i = 0; i < n; i++)
		names[i] = bc_pages[i].rule;
	for (int i = 0; i < models->nsinks; i++)
		names[n + i] = models->sinks[i].id;
	if (bc_schema_suggest(name, names))
		return bc_options_fail_unknown("rule", name, names);
	if (is_fingerprint(name))
		return bc_fail(BC_EUSAGE,
			"no rule '%s'; of a finding, 'blockcheck explain --finding %s' says more",
			name, name);
	return bc_fail(BC_EUSAGE,
		"no rule or function '%s'; there are %s to %s, and 'blockcheck rules list' has the "
		"packs' rules",
		name, bc_pages[0].rule, bc_pages[n - 1].rule);
}

static int explain_rules(const struct bc_options *options, struct bc_buf *out)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_models models;
	int status = 0, loaded = 0;

	for (size_t i = 0; status == 0 && i < options->operands.count; i++) {
		const char *name = options->operands.items[i];
		const struct bc_page *page = find_page(name);

		if (page) {
			add_page(options, page, out);
			continue;
		}
		if (!loaded)
			status = bc_rules_load(options, NULL, &arena, &models);
		loaded = 1;
		if (status == 0 && !add_pack_rule(options, &models, name, out))
			status = fail_unknown(name, &models, &arena);
	}
	bc_arena_fini(&arena);
	return status;
}

/* ---- findings ---- */

struct choice {
	const struct bc_options *options;
	char wanted[FINGERPRINT_LENGTH + 1]; /* lower case; grows whole once it is known */
	struct bc_report stored;             /* the last run; zero when there is none */
	const struct bc_finding *from_store, *chosen;
	int has_run, status;
	int alone; /* the database was named, but the program is not at hand */
};

static int read_fingerprint(const char *text, char out[FINGERPRINT_LENGTH + 1])
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)text[i]) || len > FINGERPRINT_LENGTH)
			return bc_fail(BC_EUSAGE,
				"--finding: '%s' is no fingerprint; it has up to %d of the digits "
				"0-9 "
				"and a-f",
				text, FINGERPRINT_LENGTH);
	for (size_t i = 0; i <= len; i++)
		out[i] = (char)tolower((unsigned char)text[i]);
	return 0;
}

static int begins_so(const struct bc_finding *finding, const char *wanted)
{
	return !strncmp(finding->fingerprint, wanted, strlen(wanted));
}

static void list_ambiguous(const struct bc_report *report, const char *wanted)
{
	int listed = 0;

	for (int i = 0; i < report->nfindings && listed < MAX_LISTED; i++) {
		const struct bc_finding *f = &report->findings[i];

		if (!begins_so(f, wanted))
			continue;
		bc_cmd_say("", "  %s  %s %s() in %s(), %s:%u", f->fingerprint, f->rule,
			f->sink.function, f->sink.in, f->sink.at.file, f->sink.at.line);
		listed++;
	}
}

/* The only one that begins so; NULL with *status 0 when there is none. */
static const struct bc_finding *find_one(
	const struct bc_report *report, const char *wanted, int *status)
{
	const struct bc_finding *found = NULL;
	int n = 0;

	for (int i = 0; i < report->nfindings; i++)
		if (begins_so(&report->findings[i], wanted)) {
			found = &report->findings[i];
			n++;
		}
	*status = 0;
	if (n < 2)
		return found;
	list_ambiguous(report, wanted);
	*status = bc_fail(BC_EUSAGE,
		"%d findings begin with '%s', among them those above; give more "
		"of the fingerprint",
		n, wanted);
	return NULL;
}

/* The settings of the stored run decide which findings there are. */
static void follow_run(const struct choice *choice, const struct bc_store_run *run,
	struct bc_check_options *options)
{
	options->min_confidence = run->min_confidence;
	options->budget_ms = run->budget_ms;
	options->logging = choice->stored.summary.hidden_logging == 0;
}

static int load_run(struct choice *choice, const char *database, struct bc_check_options *options)
{
	struct bc_store_run run;
	struct bc_store *store;
	int status;

	if (!bc_file_exists(database))
		return 0;
	status = bc_store_open(database, BC_STORE_READ, &store);
	if (status < 0)
		return status;
	status = bc_store_load_last(store, &choice->stored, &run);
	if (status == 0) {
		choice->has_run = 1;
		follow_run(choice, &run, options);
	}
	bc_store_close(store);
	return status;
}

static int begin(void *context, const char *database, struct bc_check_options *options)
{
	struct choice *choice = context;
	int status = load_run(choice, database, options);

	if (status == 0)
		choice->from_store = find_one(&choice->stored, choice->wanted, &status);
	if (choice->from_store)
		memcpy(choice->wanted, choice->from_store->fingerprint, sizeof(choice->wanted));
	return status;
}

static const struct bc_finding *choose(void *context, const struct bc_report *report)
{
	struct choice *choice = context;

	choice->chosen = find_one(report, choice->wanted, &choice->status);
	return choice->chosen;
}

static enum bc_stored stored_as(const struct choice *choice)
{
	if (!choice->has_run)
		return BC_STORED_NONE;
	if (choice->alone)
		return BC_STORED_ALONE;
	if (!choice->chosen)
		return BC_STORED_GONE;
	return choice->from_store ? BC_STORED_SAME : BC_STORED_LATER;
}

static void write_explained(const struct choice *choice, const struct bc_report *report,
	const struct bc_explanation *explanation, struct bc_buf *out)
{
	struct bc_output_options look = bc_cmd_look(choice->options);
	char *here = realpath(".", NULL);
	const struct bc_explained explained = {choice->chosen ? report : &choice->stored,
		choice->chosen ? choice->chosen : choice->from_store, explanation,
		stored_as(choice)};

	look.here = here;
	if (choice->options->json)
		bc_output_explain_json(&explained, out);
	else
		bc_output_explain_text(&explained, &look, out);
	free(here);
}

/* Without the program, a database that was named still says what was found. */
static int fall_back(struct choice *choice, int status)
{
	struct bc_check_options unused = choice->options->check;

	if (status != BC_EINPUT || choice->has_run || !choice->options->check.db)
		return status;
	if (begin(choice, choice->options->check.db, &unused) < 0 || !choice->from_store)
		return bc_fail(BC_EINPUT,
			"%s: has no such finding, and the program is not here: "
			"give its compilation database (-p)",
			choice->options->check.db);
	choice->alone = 1;
	return 0;
}

static int explain_finding(const struct bc_options *options, struct bc_buf *out, int *gone)
{
	struct choice choice = {.options = options};
	const struct bc_explain_request request = {&choice, begin, choose};
	struct bc_explanation explanation;
	struct bc_report report = {0};
	int status = read_fingerprint(options->finding, choice.wanted);

	if (status < 0)
		return status;
	status = bc_pipeline_explain(&options->check, &request, &report, &explanation);
	status = fall_back(&choice, status);
	if (status == 0)
		status = choice.status;
	if (status == 0 && !choice.chosen && !choice.from_store)
		status = bc_fail(BC_EUSAGE,
			"no finding begins with '%s'; 'blockcheck check --format=json' has the "
			"fingerprints",
			choice.wanted);
	if (status == 0)
		write_explained(&choice, &report, &explanation, out);
	*gone = status == 0 && !choice.chosen;
	bc_report_fini(&report);
	bc_report_fini(&choice.stored);
	return status;
}

/* ---- the command ---- */

int bc_cmd_explain(const struct bc_options *options)
{
	struct bc_buf text = {0};
	int status, gone = 0;

	if (options->finding && options->operands.count)
		status = bc_fail(BC_EUSAGE, "explain: either rules or --finding, not both");
	else if (options->finding)
		status = explain_finding(options, &text, &gone);
	else if (options->operands.count)
		status = explain_rules(options, &text);
	else
		status = bc_fail(
			BC_EUSAGE, "explain: what? a rule such as BC102, or --finding FINGERPRINT");
	if (status == 0)
		status = bc_cmd_write(options->output, &text);
	bc_buf_fini(&text);
	if (status < 0)
		return bc_cmd_fail(status);
	return gone ? BC_EXIT_INCOMPLETE : BC_EXIT_CLEAN;
}
