#include "output/summary.h"

#include <string.h>

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

static void write_degraded(struct bc_term *term, const struct bc_report *report)
{
	for (int i = 0; i < report->ndegraded; i++) {
		const struct bc_degraded *unit = &report->degraded[i];

		bc_term_printf(term, BC_STYLE_ERROR, "incomplete");
		bc_term_printf(term, BC_STYLE_PLAIN, ": %s: ", unit->file);
		if (unit->errors > 0)
			bc_term_printf(term, BC_STYLE_PLAIN,
				"%d error%s, the first: ", unit->errors, plural(unit->errors));
		bc_term_printf(term, BC_STYLE_PLAIN, "%s", unit->first);
		bc_term_newline(term);
	}
	if (report->ndegraded)
		bc_term_newline(term);
}

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
	bc_term_newline(term);
	for (int i = 0; options->verbose && i < n; i++) {
		const struct bc_unresolved *call = &report->unresolved[i];

		bc_term_printf(term, BC_STYLE_PLAIN, "  %s:%u in %s: %s: %s", call->at.file,
			call->at.line, call->in, call->place, call->reason);
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
		bc_term_newline(term);
	}
	bc_buf_fini(&skipped);
}

/* Finding nothing means nothing where no callback was found: say so, and what to do. */
static void write_no_callbacks(struct bc_term *term)
{
	static const char *const lines[] = {
		"no event-loop callbacks were found, so there was nothing to look at.",
		"blockcheck knows loops by the library that runs them (libuv, libevent, GLib...)",
		"and by waits such as epoll_wait() in a loop of the program. Are the units that",
		"register callbacks in the compilation database? For another library, say how it",
		"takes callbacks in a YAML file, like those in rules/loops/; give --rules FILE.",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		bc_term_printf(term, BC_STYLE_HELP, "%s", i ? "      " : "help: ");
		bc_term_printf(term, BC_STYLE_PLAIN, "%s", lines[i]);
		bc_term_newline(term);
	}
}

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

static void write_incomplete(struct bc_term *term, const struct bc_report *report)
{
	bc_term_printf(term, BC_STYLE_STRONG, "blockcheck: ");
	bc_term_printf(term, BC_STYLE_ERROR, "incomplete");
	bc_term_printf(term, BC_STYLE_PLAIN,
		": %d of %d unit%s could not be read whole, so findings may be missing",
		report->ndegraded, report->summary.units, plural(report->summary.units));
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
	bc_term_newline(term);
	bc_buf_fini(&end);
}

void bc_summary_write(struct bc_term *term, const struct bc_report *report,
	const struct bc_output_options *options)
{
	size_t start;

	/* Even --quiet does not make an incomplete run look clean. */
	write_degraded(term, report);
	if (options->quiet)
		return;
	start = term->out->len;
	write_unresolved(term, report, options);
	write_skipped(term, report);
	write_remarks(term, report);
	write_plugins(term, report);
	if (!report->summary.callbacks)
		write_no_callbacks(term);
	if (term->out->len > start)
		bc_term_newline(term);
	if (report->ndegraded)
		write_incomplete(term, report);
	write_figures(term, report, options->verbose);
}
