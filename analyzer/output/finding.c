/*
 * One finding as text: its header, the place in the source, the way there, and what else there is
 * to say about it.
 */
#include "output/finding.h"

#include <ctype.h>
#include <string.h>

enum {
	DEFAULT_WIDTH = 120, /* of code frames in files and pipes */
	MAX_NAMES = 6        /* of other callbacks */
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

void bc_text_add_place(struct bc_buf *out, const struct bc_place_loc *at)
{
	bc_buf_str(out, at->file && *at->file ? at->file : "?");
	if (at->line)
		bc_buf_printf(out, ":%u", at->line);
}

int bc_place_is_known(const struct bc_place_loc *at)
{
	return at->file && *at->file;
}

void bc_text_add_milliseconds(struct bc_buf *out, double ms)
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
		bc_text_add_milliseconds(out, finding->bound_ms);
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

static void begin_line(struct bc_finding_writer *w)
{
	w->term.hang = w->gutter + 5;
	bc_term_printf(&w->term, BC_STYLE_FRAME, "%*s =", w->gutter, "");
	bc_term_printf(&w->term, BC_STYLE_PLAIN, " ");
}

static void write_line(struct bc_finding_writer *w, struct bc_buf *text)
{
	begin_line(w);
	bc_term_printf(&w->term, BC_STYLE_PLAIN, "%s", bc_buf_text(text));
	bc_term_newline(&w->term);
	bc_buf_clear(text);
}

static void write_header(struct bc_finding_writer *w, const struct bc_finding *finding)
{
	struct bc_buf bound = {0};

	add_bound(&bound, finding);
	bc_term_printf(&w->term, severity_style(finding->severity), "%s[%s]",
		bc_severity_name(finding->severity), finding->rule);
	bc_term_printf(&w->term, BC_STYLE_STRONG, ": %s", finding->message);
	bc_term_printf(&w->term, BC_STYLE_PLAIN, " (%s; %s)",
		bc_confidence_name(finding->confidence), bc_buf_text(&bound));
	w->term.hang = 4;
	bc_term_newline(&w->term);
	bc_buf_fini(&bound);
}

static void write_arrow(struct bc_finding_writer *w, const struct bc_finding *finding)
{
	struct bc_buf at = {0};

	/* with enough of the fingerprint for `explain --finding` */
	bc_text_add_place(&at, &finding->sink.at);
	if (finding->sink.at.column)
		bc_buf_printf(&at, ":%u", finding->sink.at.column);
	bc_term_printf(&w->term, BC_STYLE_FRAME, "%*s-->", w->gutter, "");
	bc_term_printf(&w->term, BC_STYLE_PLAIN, " %s in %s [%.8s]", bc_buf_text(&at),
		finding->sink.in, finding->fingerprint);
	w->term.hang = w->gutter + 4;
	bc_buf_fini(&at);
}

static void write_frame(struct bc_finding_writer *w, const struct bc_finding *finding)
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
	if (bc_place_is_known(&finding->callback.registered_at)) {
		bc_buf_str(out, " at ");
		bc_text_add_place(out, &finding->callback.registered_at);
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
		if (bc_place_is_known(&finding->callback.registered_at)) {
			bc_buf_str(out, " at ");
			bc_text_add_place(out, &finding->callback.registered_at);
		}
	} else {
		bc_buf_printf(out, ", run by %s: ", discovered ? "the program's own loop" : loop);
		add_registration(out, finding);
	}
}

static void write_callback(struct bc_finding_writer *w, const struct bc_finding *finding)
{
	struct bc_buf text = {0};

	bc_buf_printf(&text, "%s%s (", callback_title(finding), finding->callback.function);
	bc_text_add_place(&text, &finding->callback.at);
	bc_buf_char(&text, ')');
	add_loop(&text, finding);
	write_line(w, &text);
	bc_buf_fini(&text);
}

/* ---- what else there is to say ---- */

static void write_family(struct bc_finding_writer *w, const struct bc_finding *finding)
{
	struct bc_buf text = {0};

	if (finding->family_size) {
		bc_buf_printf(&text, "any of %u functions in %s", finding->family_size,
			finding->family ? finding->family : "a table");
		write_line(w, &text);
	}
	bc_buf_fini(&text);
}

static void write_other_callbacks(struct bc_finding_writer *w, const struct bc_finding *finding)
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

static void write_assumptions(struct bc_finding_writer *w, const struct bc_finding *finding)
{
	struct bc_buf text = {0};

	for (int i = 0; i < finding->nassumptions; i++) {
		bc_buf_printf(&text, "assumes: %s", finding->assumptions[i]);
		write_line(w, &text);
	}
	bc_buf_fini(&text);
}

/* A time limit stands in the header; what else is known of the worst case is told here. */
static void write_worst(struct bc_finding_writer *w, const struct bc_finding *finding)
{
	struct bc_buf text = {0};

	if (finding->worst.why && finding->bound != BC_BOUND_TIMEOUT) {
		bc_buf_str(&text, "at worst: ");
		if (finding->worst.ms >= 0) {
			bc_text_add_milliseconds(&text, finding->worst.ms);
			bc_buf_str(&text, ", ");
		}
		bc_buf_str(&text, finding->worst.why);
		write_line(w, &text);
	}
	bc_buf_fini(&text);
}

static void write_phase(struct bc_finding_writer *w, const struct bc_finding *finding)
{
	struct bc_buf text = {0};

	if (finding->phase_why) {
		bc_buf_printf(&text, "ranked lower: %s", finding->phase_why);
		write_line(w, &text);
	}
	bc_buf_fini(&text);
}

static void write_observed(struct bc_finding_writer *w, const struct bc_finding *finding)
{
	struct bc_buf text = {0};

	if (finding->observed.runs) {
		bc_buf_str(&text, "measured: worst ");
		bc_text_add_milliseconds(&text, finding->observed.max_ms);
		bc_buf_printf(&text, ", %d run%s (%lld time%s, p99 ", finding->observed.runs,
			finding->observed.runs == 1 ? "" : "s", (long long)finding->observed.count,
			finding->observed.count == 1 ? "" : "s");
		bc_text_add_milliseconds(&text, finding->observed.p99_ms);
		bc_buf_char(&text, ')');
		write_line(w, &text);
	}
	bc_buf_fini(&text);
}

static void write_help(struct bc_finding_writer *w, const struct bc_finding *finding)
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

void bc_finding_write(struct bc_finding_writer *w, const struct bc_finding *finding)
{
	w->gutter = bc_frame_gutter(finding->sink.at.line);
	write_header(w, finding);
	write_arrow(w, finding);
	bc_term_newline(&w->term);
	write_frame(w, finding);
	write_callback(w, finding);
	bc_finding_write_path(w, finding);
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
void bc_finding_write_note(struct bc_finding_writer *w, const struct bc_finding *finding)
{
	struct bc_buf from = {0};

	w->gutter = 1;
	write_header(w, finding);
	write_arrow(w, finding);
	if (strcmp(finding->callback.function, finding->sink.in) != 0) {
		bc_buf_printf(&from, ", from %s%s (", callback_title(finding),
			finding->callback.function);
		bc_text_add_place(&from, &finding->callback.at);
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
	if (finding->observed.runs) {
		bc_buf_str(&from, "; measured: worst ");
		bc_text_add_milliseconds(&from, finding->observed.max_ms);
	}
	bc_term_printf(&w->term, BC_STYLE_PLAIN, "%s", bc_buf_text(&from));
	bc_term_newline(&w->term);
	bc_buf_fini(&from);
}
