#include "output/measured.h"

#include <stdio.h>
#include <string.h>

#include "output/finding.h"
#include "output/summary.h"
#include "output/term.h"

enum { MAX_CALLBACKS = 15, MAX_FRAMES = 8, MAX_LISTED = 10, HANG = 4 };

struct writer {
	struct bc_term term;
	const struct bc_report *report;
	const struct bc_measured *measured;
	const struct bc_output_options *options;
};

#define SAY(w, style, ...) bc_term_printf(&(w)->term, BC_STYLE_##style, __VA_ARGS__)

static void end_line(struct writer *w)
{
	w->term.hang = HANG;
	bc_term_newline(&w->term);
}

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

/* Times as the other texts write them. */
struct shown {
	char text[32];
};

static struct shown show_ms(double ms)
{
	struct shown shown;
	struct bc_buf text = {0};

	bc_text_add_milliseconds(&text, ms);
	snprintf(shown.text, sizeof(shown.text), "%s", bc_buf_text(&text));
	bc_buf_fini(&text);
	return shown;
}

static void write_title(struct writer *w, const char *title, int n)
{
	SAY(w, STRONG, "== %s", title);
	SAY(w, PLAIN, " (%d)", n);
	end_line(w);
}

/* ---- findings ---- */

static int is_confirmed(const struct bc_finding *finding)
{
	return finding->observed.runs > 0;
}

/* The findings of one kind, as `check` shows them. */
static void write_findings(struct writer *w, int confirmed, const char *title)
{
	struct bc_report part = *w->report;
	struct bc_output_options options = *w->options;
	struct bc_arena arena = BC_ARENA_INIT;

	part.measured = NULL;
	part.ndegraded = 0; /* said at the end */
	part.nfindings = 0;
	part.findings = BC_NEW_ARRAY(&arena, struct bc_finding, (size_t)w->report->nfindings + 1);
	for (int i = 0; i < w->report->nfindings; i++)
		if (bc_finding_is_open(&w->report->findings[i]) &&
			is_confirmed(&w->report->findings[i]) == confirmed)
			part.findings[part.nfindings++] = w->report->findings[i];
	options.quiet = 1;
	options.here = NULL;
	if (part.nfindings) {
		write_title(w, title, part.nfindings);
		end_line(w);
		bc_output_text(&part, &options, w->term.out);
	}
	bc_arena_fini(&arena);
}

static int count_open(const struct writer *w, const struct bc_quiet *list, int n)
{
	int open = 0;

	for (int i = 0; i < n; i++)
		open += bc_finding_is_open(&w->report->findings[list[i].finding]);
	return open;
}

static void write_quiet_finding(struct writer *w, const struct bc_quiet *quiet)
{
	const struct bc_finding *finding = &w->report->findings[quiet->finding];

	SAY(w, PLAIN, "  %s[%s] ", bc_severity_name(finding->severity), finding->rule);
	SAY(w, STRONG, "%s()", finding->sink.function);
	SAY(w, PLAIN, " in %s  %s:%u", finding->sink.in, finding->sink.at.file,
		finding->sink.at.line);
	SAY(w, FRAME, " [%.8s]", finding->fingerprint);
	SAY(w, PLAIN, ": ");
	if (quiet->count)
		SAY(w, PLAIN, "%s%s ran %lld time%s, %s at most", finding->callback.function,
			finding->ncallbacks > 1 ? " and others" : "", (long long)quiet->count,
			plural(quiet->count), show_ms(quiet->max_ms).text);
	else if (quiet->elsewhere)
		SAY(w, PLAIN, "%s%s stalled %lld time%s, but elsewhere", finding->callback.function,
			finding->ncallbacks > 1 ? " and others" : "", (long long)quiet->elsewhere,
			plural(quiet->elsewhere));
	else
		SAY(w, PLAIN, "%s%s not seen to run", finding->callback.function,
			finding->ncallbacks > 1 ? " and the others were" : " was");
	end_line(w);
}

static void write_quiet(
	struct writer *w, const struct bc_quiet *list, int n, const char *title, int all)
{
	int open = count_open(w, list, n), shown = 0;

	if (!open)
		return;
	write_title(w, title, open);
	for (int i = 0; i < n && (all || shown < MAX_LISTED); i++) {
		if (!bc_finding_is_open(&w->report->findings[list[i].finding]))
			continue;
		write_quiet_finding(w, &list[i]);
		shown++;
	}
	if (shown < open) {
		SAY(w, PLAIN, "  and %d more (--verbose: all of them)", open - shown);
		end_line(w);
	}
	end_line(w);
}

/* ---- surprises ---- */

static void write_what(struct writer *w, const struct bc_profile_stall *stall)
{
	const char *culprit = stall->culprit;

	switch (stall->cause) {
	case BC_CAUSE_CALL: SAY(w, STRONG, " in %s()", culprit); break;
	case BC_CAUSE_CPU:
		SAY(w, STRONG, *culprit ? " computing in %s()" : " computing%s", culprit);
		break;
	case BC_CAUSE_FAULT: SAY(w, STRONG, " on page faults"); break;
	case BC_CAUSE_RUNQUEUE: SAY(w, STRONG, " waiting for a CPU"); break;
	case BC_CAUSE_SYSCALL:
		SAY(w, STRONG, *culprit ? " blocked in system call %s" : " blocked%s", culprit);
		break;
	case BC_CAUSE_MANY: SAY(w, STRONG, " and other small callbacks in one iteration"); break;
	case BC_CAUSE_COUNT: break;
	}
}

static void write_stack(struct writer *w, const struct bc_profile_stall *stall)
{
	int most = w->options->verbose ? stall->nstack : MAX_FRAMES;

	for (int i = 0; i < stall->nstack && i < most; i++) {
		const struct bc_profile_where *where = &stall->stack[i];

		SAY(w, FRAME, "      %s", where->function);
		if (*where->file && where->line)
			SAY(w, PLAIN, "  %s:%u", where->file, where->line);
		else
			SAY(w, PLAIN, "  %s", *where->file ? where->file : where->module);
		end_line(w);
	}
	if (stall->nstack > most) {
		SAY(w, PLAIN, "      and %d more", stall->nstack - most);
		end_line(w);
	}
	for (int i = 0; i < stall->nshares; i++) {
		SAY(w, PLAIN, "      %s: %s in %lld call%s", stall->shares[i].function,
			show_ms(stall->shares[i].total_ms).text, (long long)stall->shares[i].count,
			plural(stall->shares[i].count));
		end_line(w);
	}
}

static void write_surprise(struct writer *w, const struct bc_surprise *surprise)
{
	if (surprise->severity == BC_SEV_NOTE)
		SAY(w, NOTE, "note[%s]", surprise->rule);
	else
		SAY(w, WARNING, "%s[%s]", bc_severity_name(surprise->severity), surprise->rule);
	SAY(w, PLAIN, ": worst %s in ", show_ms(surprise->times.max_ms).text);
	SAY(w, STRONG, "%s", surprise->callback);
	write_what(w, surprise->worst);
	SAY(w, PLAIN, " (%lld time%s in %d run%s)", (long long)surprise->times.count,
		plural(surprise->times.count), surprise->runs, plural(surprise->runs));
	end_line(w);
	write_stack(w, surprise->worst);
}

static void write_surprises(struct writer *w)
{
	int n = w->measured->nsurprises;

	if (!n)
		return;
	write_title(w, "stalls that no finding predicted", n);
	for (int i = 0; i < n && (w->options->verbose || i < MAX_LISTED); i++)
		write_surprise(w, &w->measured->surprises[i]);
	if (n > MAX_LISTED && !w->options->verbose) {
		SAY(w, PLAIN, "and %d more (--verbose: all of them)", n - MAX_LISTED);
		end_line(w);
	}
	end_line(w);
}

/* ---- what the analysis did not know ---- */

static void write_unseen(struct writer *w)
{
	const struct bc_report *report = w->report;

	if (!report->nunseen)
		return;
	write_title(w, "seen to run, unknown to the last check", report->nunseen);
	for (int i = 0; i < report->nunseen; i++) {
		const struct bc_unseen *one = &report->unseen[i];

		if (one->is_callback) {
			SAY(w, PLAIN, "  callback ");
			SAY(w, STRONG, "%s", one->callee);
			SAY(w, PLAIN, "  %s:%u, registered with %s()", one->callee_at.file,
				one->callee_at.line, one->caller);
		} else {
			SAY(w, PLAIN, "  %s  %s:%u calls ", one->caller, one->caller_at.file,
				one->caller_at.line);
			SAY(w, STRONG, "%s()", one->callee);
			SAY(w, PLAIN, "  %s:%u through a pointer", one->callee_at.file,
				one->callee_at.line);
		}
		end_line(w);
	}
	end_line(w);
}

/* ---- callbacks ---- */

static void write_callback(struct writer *w, const struct bc_measured_callback *callback)
{
	const struct bc_profile_where *where = &callback->where;

	SAY(w, PLAIN, "%9s %9s %10lld %6lld  ", show_ms(callback->times.max_ms).text,
		show_ms(bc_times_percentile(&callback->times, 0.99)).text,
		(long long)callback->times.count, (long long)callback->stalls);
	SAY(w, STRONG, "%s", where->function);
	if (*where->file && where->line)
		SAY(w, PLAIN, "  %s:%u", where->file, where->line);
	else
		SAY(w, PLAIN, "  %s", *where->file ? where->file : where->module);
	end_line(w);
}

static void write_callbacks(struct writer *w)
{
	int shown = 0, left = 0;

	for (int i = 0; i < w->measured->ncallbacks; i++) {
		const struct bc_measured_callback *callback = &w->measured->callbacks[i];

		if (callback->internal && !callback->stalls)
			continue;
		if (shown == MAX_CALLBACKS && !w->options->verbose) {
			left++;
			continue;
		}
		if (!shown++) {
			SAY(w, STRONG, "%9s %9s %10s %6s  %s", "max", "p99", "count", "stalls",
				"worst callbacks");
			end_line(w);
		}
		write_callback(w, callback);
	}
	if (left) {
		SAY(w, PLAIN, "and %d more (--verbose: all of them)", left);
		end_line(w);
	}
	if (shown)
		end_line(w);
}

/* ---- the end ---- */

static void write_degraded(struct writer *w)
{
	if (!w->report->ndegraded)
		return;
	SAY(w, ERROR, "incomplete");
	SAY(w, PLAIN, ": the last check could not read %d unit%s whole; the first is %s",
		w->report->ndegraded, plural(w->report->ndegraded), w->report->degraded[0].file);
	end_line(w);
}

static void write_summary(struct writer *w)
{
	const struct bc_measured *m = w->measured;
	int open = bc_report_count_open(w->report, BC_SEV_NOTE), confirmed = 0;

	for (int i = 0; i < w->report->nfindings; i++)
		confirmed += bc_finding_is_open(&w->report->findings[i]) &&
			     is_confirmed(&w->report->findings[i]);
	SAY(w, STRONG, "blockcheck: ");
	SAY(w, PLAIN,
		"%d run%s measured; %d finding%s, %d confirmed, %d ran often without a stall; "
		"%d not predicted",
		m->runs, plural(m->runs), open, plural(open), confirmed,
		count_open(w, m->quiet, m->nquiet), m->nsurprises);
	if (m->allowed)
		SAY(w, PLAIN, "; %lld stall%s allowed", (long long)m->allowed, plural(m->allowed));
	end_line(w);
}

void bc_measured_write_text(
	const struct bc_report *report, const struct bc_output_options *options, struct bc_buf *out)
{
	struct writer w = {.term = {.out = out, .color = options->color, .width = options->width},
		.report = report,
		.measured = report->measured,
		.options = options};

	bc_summary_write_folder(&w.term, report, options);
	write_findings(&w, 1, "confirmed by measurement");
	write_surprises(&w);
	write_quiet(
		&w, w.measured->quiet, w.measured->nquiet, "ran often, and never stalled there", 1);
	if (options->verbose)
		write_findings(&w, 0, "not confirmed");
	else
		write_quiet(&w, w.measured->seldom, w.measured->nseldom,
			"ran seldom or never, so nothing is known", 0);
	write_unseen(&w);
	write_callbacks(&w);
	write_degraded(&w);
	if (!options->quiet)
		write_summary(&w);
}
