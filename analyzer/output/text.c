/*
 * Text for people. Errors come first, as they are stored: the first screen of a pager and the top
 * of a CI log have what matters most, and the last line, which a terminal leaves in sight, has the
 * counts. Notes follow in two lines each, so that many small ones do not bury the rest.
 */
#include <ctype.h>
#include <string.h>

#include "output/frame.h"
#include "output/output.h"
#include "output/summary.h"
#include "output/term.h"

enum {
	DEFAULT_WIDTH = 120, /* of code frames in files and pipes */
	LONG_PATH = 8,       /* hops; of longer paths the middle is left out */
	KEPT_HOPS = 4,       /* at the beginning, and one less at the end */
	MAX_NAMES = 6,       /* of other callbacks */
	MAX_COLUMN = 40      /* no column of the path is padded to more */
};

struct writer {
	struct bc_term term;
	struct bc_frames frames;
	const struct bc_output_options *options;
	int gutter; /* of the finding being written */
};

static enum bc_style severity_style(enum bc_severity severity)
{
	switch (severity) {
	case BC_SEV_ERROR: return BC_STYLE_ERROR;
	case BC_SEV_WARNING: return BC_STYLE_WARNING;
	case BC_SEV_NOTE: break;
	}
	return BC_STYLE_NOTE;
}

/* ---- small texts ---- */

static void add_place(struct bc_buf *out, const struct bc_place_loc *at)
{
	bc_buf_str(out, at->file && *at->file ? at->file : "?");
	if (at->line)
		bc_buf_printf(out, ":%u", at->line);
}

static int is_known(const struct bc_place_loc *at)
{
	return at->file && *at->file;
}

static void add_milliseconds(struct bc_buf *out, double ms)
{
	if (ms >= 1000)
		bc_buf_printf(out, "%.4g s", ms / 1000);
	else if (ms >= 1 || ms <= 0)
		bc_buf_printf(out, "%.4g ms", ms);
	else
		bc_buf_printf(out, "%.4g us", ms * 1000);
}

static void add_bound(struct bc_buf *out, const struct bc_finding *finding)
{
	switch (finding->bound) {
	case BC_BOUND_UNBOUNDED: bc_buf_str(out, "no time limit"); break;
	case BC_BOUND_DATA: bc_buf_str(out, "as long as the data takes"); break;
	case BC_BOUND_SHORT: bc_buf_str(out, "normally short"); break;
	case BC_BOUND_TIMEOUT:
		if (finding->bound_ms < 0) {
			bc_buf_str(out, "a time limit that is not known");
			break;
		}
		bc_buf_str(out, "up to ");
		add_milliseconds(out, finding->bound_ms);
		break;
	}
}

/* A function's name, in contrast to a place such as "struct client.handler". */
static int is_name(const char *text)
{
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return !*text;
}

/* ---- the parts of a finding ---- */

static void begin_line(struct writer *w)
{
	bc_term_printf(&w->term, BC_STYLE_FRAME, "%*s =", w->gutter, "");
	bc_term_printf(&w->term, BC_STYLE_PLAIN, " ");
}

static void write_line(struct writer *w, struct bc_buf *text)
{
	begin_line(w);
	bc_term_printf(&w->term, BC_STYLE_PLAIN, "%s", bc_buf_text(text));
	bc_term_newline(&w->term);
	bc_buf_clear(text);
}

static void write_header(struct writer *w, const struct bc_finding *finding)
{
	struct bc_buf bound = {0};

	add_bound(&bound, finding);
	bc_term_printf(&w->term, severity_style(finding->severity), "%s[%s]",
		bc_severity_name(finding->severity), finding->rule);
	bc_term_printf(&w->term, BC_STYLE_STRONG, ": %s", finding->message);
	bc_term_printf(&w->term, BC_STYLE_PLAIN, " (%s; %s)",
		bc_confidence_name(finding->confidence), bc_buf_text(&bound));
	bc_term_newline(&w->term);
	bc_buf_fini(&bound);
}

static void write_arrow(struct writer *w, const struct bc_finding *finding)
{
	struct bc_buf at = {0};

	add_place(&at, &finding->sink.at);
	if (finding->sink.at.column)
		bc_buf_printf(&at, ":%u", finding->sink.at.column);
	bc_term_printf(&w->term, BC_STYLE_FRAME, "%*s-->", w->gutter, "");
	bc_term_printf(&w->term, BC_STYLE_PLAIN, " %s in %s", bc_buf_text(&at), finding->sink.in);
	bc_buf_fini(&at);
}

static void write_frame(struct writer *w, const struct bc_finding *finding)
{
	const struct bc_frame frame = {
		.at = finding->sink.at,
		.gutter = w->gutter,
		.width = w->options->width ? w->options->width : DEFAULT_WIDTH,
		.style = severity_style(finding->severity),
		.label = finding->because,
	};

	if (bc_frame_write(&w->term, &w->frames, &frame))
		return;
	/* the reason has its place in the frame; it must not get lost with it */
	if (finding->because && *finding->because) {
		begin_line(w);
		bc_term_printf(&w->term, BC_STYLE_PLAIN, "%s %s", finding->sink.function,
			finding->because);
		bc_term_newline(&w->term);
	}
}

static void add_registration(struct bc_buf *out, const struct bc_finding *finding)
{
	const char *by = finding->callback.registered_by;

	bc_buf_printf(out, is_name(by) ? "registered with %s()" : "stored in %s", by);
	if (is_known(&finding->callback.registered_at)) {
		bc_buf_str(out, " at ");
		add_place(out, &finding->callback.registered_at);
	}
}

static int is_promise(const struct bc_finding *finding)
{
	return !strcmp(finding->rule, "BC306");
}

static int is_annotated(const struct bc_finding *finding)
{
	return !strcmp(finding->callback.loop, "annotated");
}

/* What a loop calls is a callback; the function around the loop is none. */
static const char *callback_title(const struct bc_finding *finding)
{
	if (is_promise(finding))
		return "";
	return finding->callback.registered_by || is_annotated(finding) ? "callback " : "";
}

static void add_loop(struct bc_buf *out, const struct bc_finding *finding)
{
	const char *loop = finding->callback.loop;
	int discovered = !strcmp(loop, "discovered");

	if (is_promise(finding)) {
		bc_buf_str(out, ", annotated as nonblocking");
	} else if (is_annotated(finding)) {
		bc_buf_str(out, ", marked in the source as run by an event loop");
	} else if (!finding->callback.registered_by) {
		bc_buf_str(out, " contains the event loop");
		if (is_known(&finding->callback.registered_at)) {
			bc_buf_str(out, " at ");
			add_place(out, &finding->callback.registered_at);
		}
	} else {
		bc_buf_printf(out, ", run by %s: ", discovered ? "the program's own loop" : loop);
		add_registration(out, finding);
	}
}

static void write_callback(struct writer *w, const struct bc_finding *finding)
{
	struct bc_buf text = {0};

	bc_buf_printf(&text, "%s%s (", callback_title(finding), finding->callback.function);
	add_place(&text, &finding->callback.at);
	bc_buf_char(&text, ')');
	add_loop(&text, finding);
	write_line(w, &text);
	bc_buf_fini(&text);
}

/* ---- the path ---- */

struct columns {
	int number, function, place;
};

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static struct columns measure_path(const struct bc_finding *finding)
{
	struct columns columns = {.number = bc_frame_gutter((uint32_t)finding->npath)};
	struct bc_buf place = {0};

	for (int i = 0; i < finding->npath; i++) {
		int function = bc_term_width(finding->path[i].function);
		int at;

		bc_buf_clear(&place);
		add_place(&place, &finding->path[i].at);
		at = bc_term_width(bc_buf_text(&place));
		columns.function = larger(columns.function, function > MAX_COLUMN ? 0 : function);
		columns.place = larger(columns.place, at > MAX_COLUMN ? 0 : at);
	}
	bc_buf_fini(&place);
	return columns;
}

static void add_padded(struct bc_buf *out, const char *text, int width)
{
	bc_buf_str(out, text);
	for (width -= bc_term_width(text); width > 0; width--)
		bc_buf_char(out, ' ');
	bc_buf_str(out, "  ");
}

static void add_pointer(struct bc_buf *out, const struct bc_step *step)
{
	int several = step->targets > 1, known = is_known(&step->witness);

	bc_buf_printf(out, " through %s",
		step->witness_place && *step->witness_place ? step->witness_place : "a pointer");
	if (!several && !known)
		return;
	bc_buf_str(out, " (");
	if (several)
		bc_buf_printf(out, "one of %u targets%s", step->targets, known ? "; " : "");
	if (known) {
		bc_buf_str(out, "set at ");
		add_place(out, &step->witness);
	}
	bc_buf_char(out, ')');
}

static void write_step(
	struct writer *w, const struct bc_step *step, int number, const struct columns *columns)
{
	struct bc_buf text = {0}, place = {0};

	add_place(&place, &step->at);
	add_padded(&text, step->function, columns->function);
	add_padded(&text, bc_buf_text(&place), columns->place);
	bc_buf_printf(&text, "calls %s()", step->calls);
	if (step->via == BC_VIA_POINTER)
		add_pointer(&text, step);
	else if (step->via == BC_VIA_CLEANUP)
		bc_buf_str(&text, " when the scope ends (cleanup attribute)");
	bc_term_printf(&w->term, BC_STYLE_PLAIN, "%*s   %*d. %s", w->gutter, "", columns->number,
		number, bc_buf_text(&text));
	bc_term_newline(&w->term);
	bc_buf_fini(&text);
	bc_buf_fini(&place);
}

/*
 * The middle of a long path is left out, but never a hop through a pointer: that is where readers
 * doubt, and where they lose the way.
 */
static int is_hidden(const struct writer *w, const struct bc_finding *finding, int step)
{
	return !w->options->verbose && finding->npath > LONG_PATH && step >= KEPT_HOPS &&
	       step < finding->npath - (KEPT_HOPS - 1) && finding->path[step].via == BC_VIA_DIRECT;
}

static void write_gap(struct writer *w, int hidden, const struct columns *columns)
{
	bc_term_printf(&w->term, BC_STYLE_FRAME, "%*s   %*s  ... %d more calls ...", w->gutter, "",
		columns->number, "", hidden);
	bc_term_newline(&w->term);
}

static void write_path(struct writer *w, const struct bc_finding *finding)
{
	struct columns columns = measure_path(finding);
	int n = finding->npath, hidden;

	/* one direct call: the arrow and the frame have said it */
	if (n == 1 && finding->path[0].via == BC_VIA_DIRECT)
		return;
	for (int i = 0; i < n; i += hidden ? hidden : 1) {
		hidden = 0;
		while (i + hidden < n && is_hidden(w, finding, i + hidden))
			hidden++;
		/* the line that says so would be no shorter than a single call */
		if (hidden < 2)
			write_step(w, &finding->path[i], i + 1, &columns);
		else
			write_gap(w, hidden, &columns);
	}
}

/* ---- what else there is to say ---- */

static void write_family(struct writer *w, const struct bc_finding *finding)
{
	struct bc_buf text = {0};

	if (finding->family_size) {
		bc_buf_printf(&text, "any of %u functions in %s", finding->family_size,
			finding->family ? finding->family : "a table");
		write_line(w, &text);
	}
	bc_buf_fini(&text);
}

static void write_other_callbacks(struct writer *w, const struct bc_finding *finding)
{
	int others = finding->ncallbacks - 1, shown = others;
	struct bc_buf text = {0};

	if (others > MAX_NAMES && !w->options->verbose)
		shown = MAX_NAMES - 1;
	if (others > 0) {
		bc_buf_printf(&text, "also reached from %d other callback%s: ", others,
			others == 1 ? "" : "s");
		for (int i = 1; i <= shown; i++)
			bc_buf_printf(&text, "%s%s", i > 1 ? ", " : "", finding->callbacks[i]);
		if (shown < others)
			bc_buf_printf(&text, " and %d more", others - shown);
		write_line(w, &text);
	}
	bc_buf_fini(&text);
}

static void write_assumptions(struct writer *w, const struct bc_finding *finding)
{
	struct bc_buf text = {0};

	for (int i = 0; i < finding->nassumptions; i++) {
		bc_buf_printf(&text, "assumes: %s", finding->assumptions[i]);
		write_line(w, &text);
	}
	bc_buf_fini(&text);
}

/* A time limit stands in the header; what else is known of the worst case is told here. */
static void write_worst(struct writer *w, const struct bc_finding *finding)
{
	struct bc_buf text = {0};

	if (finding->worst.why && finding->bound != BC_BOUND_TIMEOUT) {
		bc_buf_str(&text, "at worst: ");
		if (finding->worst.ms >= 0) {
			add_milliseconds(&text, finding->worst.ms);
			bc_buf_str(&text, ", ");
		}
		bc_buf_str(&text, finding->worst.why);
		write_line(w, &text);
	}
	bc_buf_fini(&text);
}

static void write_phase(struct writer *w, const struct bc_finding *finding)
{
	struct bc_buf text = {0};

	if (finding->phase_why) {
		bc_buf_printf(&text, "ranked lower: %s", finding->phase_why);
		write_line(w, &text);
	}
	bc_buf_fini(&text);
}

static void write_observed(struct writer *w, const struct bc_finding *finding)
{
	struct bc_buf text = {0};

	if (finding->observed.runs) {
		bc_buf_str(&text, "measured: worst ");
		add_milliseconds(&text, finding->observed.max_ms);
		bc_buf_printf(&text, ", %d run%s (%lld time%s, p99 ", finding->observed.runs,
			finding->observed.runs == 1 ? "" : "s", (long long)finding->observed.count,
			finding->observed.count == 1 ? "" : "s");
		add_milliseconds(&text, finding->observed.p99_ms);
		bc_buf_char(&text, ')');
		write_line(w, &text);
	}
	bc_buf_fini(&text);
}

static void write_help(struct writer *w, const struct bc_finding *finding)
{
	for (int i = 0; i < finding->nalternatives; i++) {
		const struct bc_alternative *other = &finding->alternatives[i];
		int noted = other->note && *other->note;

		begin_line(w);
		bc_term_printf(&w->term, BC_STYLE_HELP, "help");
		bc_term_printf(&w->term, BC_STYLE_PLAIN, ": use %s%s%s%s", other->use,
			noted ? " (" : "", noted ? other->note : "", noted ? ")" : "");
		bc_term_newline(&w->term);
	}
}

static void write_finding(struct writer *w, const struct bc_finding *finding)
{
	w->gutter = bc_frame_gutter(finding->sink.at.line);
	write_header(w, finding);
	write_arrow(w, finding);
	bc_term_newline(&w->term);
	write_frame(w, finding);
	write_callback(w, finding);
	write_path(w, finding);
	write_family(w, finding);
	write_other_callbacks(w, finding);
	write_phase(w, finding);
	write_worst(w, finding);
	write_observed(w, finding);
	write_assumptions(w, finding);
	write_help(w, finding);
	bc_term_newline(&w->term);
}

/* A note in two lines. */
static void write_note(struct writer *w, const struct bc_finding *finding)
{
	struct bc_buf from = {0};

	w->gutter = 1;
	write_header(w, finding);
	write_arrow(w, finding);
	if (strcmp(finding->callback.function, finding->sink.in) != 0) {
		bc_buf_printf(&from, ", from %s%s (", callback_title(finding),
			finding->callback.function);
		add_place(&from, &finding->callback.at);
		bc_buf_char(&from, ')');
	}
	if (finding->ncallbacks > 1)
		bc_buf_printf(&from, " and %d other callback%s", finding->ncallbacks - 1,
			finding->ncallbacks == 2 ? "" : "s");
	for (int i = 0; i < finding->nalso; i++)
		bc_buf_printf(&from, "%s%s() at line %u", i ? ", " : "; also ",
			finding->also[i].function, finding->also[i].at.line);
	if (finding->phase_why)
		bc_buf_printf(&from, "; %s", finding->phase_why);
	bc_term_printf(&w->term, BC_STYLE_PLAIN, "%s", bc_buf_text(&from));
	bc_term_newline(&w->term);
	bc_buf_fini(&from);
}

static int is_compact(const struct writer *w, const struct bc_finding *finding)
{
	return finding->severity == BC_SEV_NOTE && !w->options->verbose;
}

static void write_all(struct writer *w, const struct bc_report *report, int compact)
{
	int written = 0;

	for (int i = 0; i < report->nfindings; i++) {
		const struct bc_finding *finding = &report->findings[i];

		if (!bc_finding_is_open(finding) || is_compact(w, finding) != compact)
			continue;
		if (compact)
			write_note(w, finding);
		else
			write_finding(w, finding);
		written++;
	}
	if (compact && written)
		bc_term_newline(&w->term);
}

void bc_output_text(
	const struct bc_report *report, const struct bc_output_options *options, struct bc_buf *out)
{
	struct writer w = {
		.term = {.out = out, .color = options->color},
		.frames = {.root = report->root ? report->root : ""},
		.options = options,
	};

	write_all(&w, report, 0);
	write_all(&w, report, 1);
	bc_summary_write(&w.term, report, options);
	bc_frames_fini(&w.frames);
}
