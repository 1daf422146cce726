#include "output/summary.h"

#include <string.h>

enum {
	MAX_UNITS = 10, /* that could not be read: more are counted */
	TEXT_WIDTH = 84,
	NOTE = 6, /* columns of "note: " and "help: " */
	NAME = 12 /* and of "blockcheck: " */
};

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

/* Joins the parts of an enumeration: nothing before the first, `between` before the others. */
static void begin_part(struct bc_buf *out, const char *between)
{
	if (out->len)
		bc_buf_str(out, between);
}

/* ---- what could not be read ---- */

static void write_unit(struct bc_term *term, const struct bc_degraded *unit)
{
	bc_term_printf(term, BC_STYLE_ERROR, "incomplete");
	bc_term_printf(term, BC_STYLE_PLAIN, ": %s: ", unit->file);
	if (unit->errors > 0)
		bc_term_printf(term, BC_STYLE_PLAIN, "%d error%s, the first: ", unit->errors,
			plural(unit->errors));
	bc_term_printf(term, BC_STYLE_PLAIN, "%s", unit->first);
	term->hang = 4;
	bc_term_newline(term);
}

/* A paragraph; in files and pipes it is as wide as people read. */
static void write_help(struct bc_term *term, const char *text)
{
	const int width = term->width;

	bc_term_printf(term, BC_STYLE_HELP, "help");
	bc_term_printf(term, BC_STYLE_PLAIN, ": %s", text);
	term->width = width ? width : TEXT_WIDTH;
	term->hang = NOTE;
	bc_term_newline(term);
	term->width = width;
}

/* The two faults that people meet first, and what they have to do about them. */
static void write_unit_help(struct bc_term *term, const struct bc_report *report)
{
	int header = 0, source = 0;

	for (int i = 0; i < report->ndegraded; i++) {
		header |= strstr(report->degraded[i].first, "' file not found") != NULL;
		source |= !strcmp(report->degraded[i].first, "file not found");
	}
	if (header)
		write_help(term,
			"is a header missing that the build makes? Then build the project first. "
			"Others come with the development package of a library, or with the cross "
			"compiler.");
	if (source)
		write_help(term,
			"sources are missing: the compilation database is older than they are, or "
			"was made in another folder. Make it again where the project is now.");
}

static void write_degraded(struct bc_term *term, const struct bc_report *report,
	const struct bc_output_options *options)
{
	int n = report->ndegraded, shown = n;

	if (!n)
		return;
	if (n > MAX_UNITS && !options->verbose)
		shown = MAX_UNITS - 1;
	for (int i = 0; i < shown; i++)
		write_unit(term, &report->degraded[i]);
	if (shown < n) {
		bc_term_printf(
			term, BC_STYLE_PLAIN, "and %d more (--verbose: all of them)", n - shown);
		bc_term_newline(term);
	}
	if (!options->quiet)
		write_unit_help(term, report);
	bc_term_newline(term);
}

/* ---- what was not looked at ---- */

static void write_unresolved(struct bc_term *term, const struct bc_report *report,
	const struct bc_output_options *options)
{
	int n = report->nunresolved;

	if (!n)
		return;
	bc_term_printf(term, BC_STYLE_NOTE, "note");
	bc_term_printf(term, BC_STYLE_PLAIN,
		": %d call%s could not be resolved; what %s was not seen", n,
		n == 1 ? " through a pointer" : "s through pointers",
		n == 1 ? "it runs" : "they run");
	bc_term_printf(term, BC_STYLE_PLAIN, options->verbose ? ":" : " (--verbose: where)");
	term->hang = NOTE;
	bc_term_newline(term);
	for (int i = 0; options->verbose && i < n; i++) {
		const struct bc_unresolved *call = &report->unresolved[i];

		bc_term_printf(term, BC_STYLE_PLAIN, "  %s:%u in %s: %s: %s", call->at.file,
			call->at.line, call->in, call->place, call->reason);
		term->hang = 4;
		bc_term_newline(term);
	}
}

static void write_remarks(struct bc_term *term, const struct bc_report *report)
{
	for (int i = 0; i < report->nremarks; i++) {
		const struct bc_remark *remark = &report->remarks[i];

		bc_term_printf(term, BC_STYLE_NOTE, "note[%s]", remark->rule);
		bc_term_printf(term, BC_STYLE_PLAIN, ": %s:%u: %s", remark->at.file,
			remark->at.line, remark->message);
		term->hang = NOTE;
		bc_term_newline(term);
	}
}

static void write_plugins(struct bc_term *term, const struct bc_report *report)
{
	for (int i = 0; i < report->nplugins; i++) {
		const struct bc_plugin_info *plugin = &report->plugins[i];

		bc_term_printf(term, BC_STYLE_NOTE, "note");
		bc_term_printf(term, BC_STYLE_PLAIN, ": with the plugin %s %s (%s)", plugin->name,
			plugin->version, plugin->path);
		term->hang = NOTE;
		bc_term_newline(term);
	}
}

static void add_skipped(struct bc_buf *out, int n, const char *what)
{
	if (!n)
		return;
	begin_part(out, ", ");
	bc_buf_printf(out, "%d %s", n, what);
}

/* Entries of the compilation database that are not C. */
static void write_skipped(struct bc_term *term, const struct bc_report *report)
{
	struct bc_buf skipped = {0};

	add_skipped(&skipped, report->summary.skipped_cxx, "in C++");
	add_skipped(&skipped, report->summary.skipped_asm, "in assembler");
	add_skipped(&skipped, report->summary.skipped_other, "in other languages");
	if (skipped.len) {
		bc_term_printf(term, BC_STYLE_NOTE, "note");
		bc_term_printf(term, BC_STYLE_PLAIN, ": only C is read; skipped: %s",
			bc_buf_text(&skipped));
		term->hang = NOTE;
		bc_term_newline(term);
	}
	bc_buf_fini(&skipped);
}

/* Finding nothing means nothing where no callback was found: say so, and what to do. */
static void write_no_callbacks(struct bc_term *term, const struct bc_report *report)
{
	if (report->ndegraded)
		write_help(term, "no event-loop callbacks were found in what could be read.");
	else
		write_help(term,
			"no event-loop callbacks were found, so there was nothing to look at. "
			"blockcheck knows loops by the library that runs them (libuv, libevent, "
			"GLib...) and by waits such as epoll_wait() in a loop of the program. Are "
			"the units that register callbacks in the compilation database? For "
			"another library, say how it takes callbacks in a YAML file, like those "
			"in rules/loops/; give --rules FILE.");
}

/* ---- what to do next ---- */

static const struct bc_finding *first_open(const struct bc_report *report)
{
	for (int i = 0; i < report->nfindings; i++)
		if (bc_finding_is_open(&report->findings[i]))
			return &report->findings[i];
	return NULL;
}

/* Of a clean program only people at a terminal want to know what it was that is clean. */
static void write_next(struct bc_term *term, const struct bc_report *report)
{
	const struct bc_finding *first = first_open(report);

	if (!first && (!term->width || report->ndegraded || !report->summary.callbacks))
		return;
	bc_term_printf(term, BC_STYLE_HELP, "help");
	if (first)
		bc_term_printf(term, BC_STYLE_PLAIN,
			": 'blockcheck explain --finding %.8s' says why, and what settles it if it "
			"is wrong",
			first->fingerprint);
	else
		bc_term_printf(term, BC_STYLE_PLAIN,
			": 'blockcheck dump roots' lists the callbacks, 'blockcheck rules "
			"coverage' what they call and no rule knows");
	term->hang = NOTE;
	bc_term_newline(term);
}

/* ---- the figures ---- */

static void add_severity(struct bc_buf *out, int n, const char *what)
{
	if (!n)
		return;
	begin_part(out, ", ");
	bc_buf_printf(out, "%d %s%s", n, what, plural(n));
}

static void add_severities(struct bc_buf *out, const struct bc_report *report)
{
	int errors = bc_report_count_open(report, BC_SEV_ERROR);
	int warnings = bc_report_count_open(report, BC_SEV_WARNING) - errors;
	int notes = bc_report_count_open(report, BC_SEV_NOTE) - errors - warnings;

	add_severity(out, errors, "error");
	add_severity(out, warnings, "warning");
	add_severity(out, notes, "note");
}

static void add_left_out(struct bc_buf *out, int n, const char *why)
{
	if (!n)
		return;
	begin_part(out, ", ");
	bc_buf_printf(out, "%d %s", n, why);
}

/* What the reader does not see, and which option shows it. */
static void add_hidden(struct bc_buf *out, const struct bc_report *report, int verbose)
{
	int suppressed = 0, known = 0;

	for (int i = 0; i < report->nfindings; i++) {
		suppressed += report->findings[i].suppressed != NULL;
		known += !report->findings[i].suppressed &&
			 !bc_finding_is_open(&report->findings[i]);
	}
	add_left_out(out, report->summary.hidden_confidence, "more with --min-confidence=possible");
	add_left_out(out, report->summary.hidden_logging, "more with --logging");
	add_left_out(out, report->summary.hidden_paths, "in skipped files");
	add_left_out(out, report->summary.elsewhere, "elsewhere");
	add_left_out(out, suppressed, "suppressed");
	add_left_out(out, known, "in the baseline");
	if (verbose)
		add_left_out(out, report->summary.hidden_budget,
			"within the budget, told with --budget=0");
}

static void add_seconds(struct bc_buf *out, double ms)
{
	bc_buf_printf(out, "%.*f s", ms < 10000 ? 2 : ms < 100000 ? 1 : 0, ms / 1000);
}

static void write_details(struct bc_term *term, const struct bc_report *report, int verbose)
{
	struct bc_buf severities = {0}, hidden = {0};

	add_severities(&severities, report);
	add_hidden(&hidden, report, verbose);
	if (severities.len || hidden.len)
		bc_term_printf(term, BC_STYLE_PLAIN, " (%s%s%s)", bc_buf_text(&severities),
			severities.len && hidden.len ? "; " : "", bc_buf_text(&hidden));
	bc_buf_fini(&severities);
	bc_buf_fini(&hidden);
}

/* One entry of `degraded` may be the compilation database itself. */
static void write_incomplete(struct bc_term *term, const struct bc_report *report)
{
	int malformed = report->summary.malformed, units = report->ndegraded - (malformed > 0);

	bc_term_printf(term, BC_STYLE_STRONG, "blockcheck: ");
	bc_term_printf(term, BC_STYLE_ERROR, "incomplete");
	bc_term_printf(term, BC_STYLE_PLAIN, ": ");
	if (units)
		bc_term_printf(term, BC_STYLE_PLAIN, "%d of %d unit%s could not be read whole",
			units, report->summary.units, plural(report->summary.units));
	if (malformed)
		bc_term_printf(term, BC_STYLE_PLAIN,
			"%s%d entr%s of the compilation database could not be read",
			units ? ", " : "", malformed, malformed == 1 ? "y" : "ies");
	bc_term_printf(term, BC_STYLE_PLAIN, ", so findings may be missing");
	term->hang = NAME;
	bc_term_newline(term);
}

static void write_count(struct bc_term *term, const struct bc_report *report)
{
	int open = bc_report_count_open(report, BC_SEV_NOTE);

	if (open)
		bc_term_printf(term, BC_STYLE_STRONG, "%d finding%s", open, plural(open));
	else if (!report->summary.callbacks)
		bc_term_printf(term, BC_STYLE_WARNING, "nothing checked");
	else if (report->ndegraded)
		bc_term_printf(term, BC_STYLE_PLAIN, "nothing found in what was read");
	else
		bc_term_printf(term, BC_STYLE_HELP, "no blocking calls found");
}

static void write_figures(struct bc_term *term, const struct bc_report *report, int verbose)
{
	int units = report->summary.units, callbacks = report->summary.callbacks;
	struct bc_buf end = {0};

	bc_term_printf(term, BC_STYLE_STRONG, "blockcheck: ");
	write_count(term, report);
	write_details(term, report, verbose);
	add_seconds(&end, report->summary.total_ms);
	if (report->summary.cached)
		bc_buf_printf(&end, " (%d unit%s from cache)", report->summary.cached,
			plural(report->summary.cached));
	bc_term_printf(term, BC_STYLE_PLAIN, " in %d unit%s, %d callback%s, %s", units,
		plural(units), callbacks, plural(callbacks), bc_buf_text(&end));
	term->hang = NAME;
	bc_term_newline(term);
	bc_buf_fini(&end);
}

void bc_summary_write_folder(struct bc_term *term, const struct bc_report *report,
	const struct bc_output_options *options)
{
	const char *here = options->here;

	if (!here || !report->root || !*report->root || !strcmp(here, report->root) ||
		(!report->nfindings && !report->ndegraded))
		return;
	bc_term_printf(term, BC_STYLE_PLAIN, "files are below %s", report->root);
	bc_term_newline(term);
	bc_term_newline(term);
}

void bc_summary_write(struct bc_term *term, const struct bc_report *report,
	const struct bc_output_options *options)
{
	size_t start;

	/* Even --quiet does not make an incomplete run look clean. */
	write_degraded(term, report, options);
	if (options->quiet)
		return;
	start = term->out->len;
	write_unresolved(term, report, options);
	write_skipped(term, report);
	write_remarks(term, report);
	write_plugins(term, report);
	if (!report->summary.callbacks)
		write_no_callbacks(term, report);
	write_next(term, report);
	if (term->out->len > start)
		bc_term_newline(term);
	if (report->ndegraded)
		write_incomplete(term, report);
	write_figures(term, report, options->verbose);
}
