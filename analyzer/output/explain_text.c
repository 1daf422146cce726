/* An explanation for people: the finding as `check` shows it, then what stands behind it. */
#include "output/explain.h"
#include "output/finding.h"
#include "output/summary.h"

enum { MAX_RIVALS = 12, MAX_CALLBACKS = 24 };

struct page {
	struct bc_finding_writer w;
	const struct bc_explained *about;
};

/* ---- lines ---- */

static void write_heading(struct page *page, const char *text)
{
	bc_term_printf(&page->w.term, BC_STYLE_STRONG, "%s", text);
	bc_term_newline(&page->w.term);
}

static void write_line(struct page *page, int indent, struct bc_buf *text)
{
	bc_term_printf(&page->w.term, BC_STYLE_PLAIN, "%*s%s", indent, "", bc_buf_text(text));
	page->w.term.hang = indent + 3;
	bc_term_newline(&page->w.term);
	bc_buf_clear(text);
}

static void add_at(struct bc_buf *text, const struct bc_place_loc *at)
{
	if (!bc_place_is_known(at))
		return;
	bc_buf_str(text, ", ");
	bc_text_add_place(text, at);
}

/* ---- the way ---- */

static void write_rivals(struct page *page, const struct bc_hop *hop)
{
	int shown = hop->nrivals, all = page->w.options->verbose;
	struct bc_buf text = {0};

	if (!all && shown > MAX_RIVALS)
		shown = MAX_RIVALS - 1;
	for (int i = 0; i < shown; i++) {
		bc_buf_printf(&text, "%s%s()",
			i ? "" : "it may lead elsewhere, too: ", hop->rivals[i].function);
		if (bc_place_is_known(&hop->rivals[i].put)) {
			bc_buf_str(&text, " (put there at ");
			bc_text_add_place(&text, &hop->rivals[i].put);
			bc_buf_char(&text, ')');
		}
		bc_buf_str(&text, i + 1 < shown ? ", " : "");
		if (i % 3 == 2 && i + 1 < shown)
			write_line(page, i < 3 ? 5 : 7, &text);
	}
	if (shown < hop->nrivals)
		bc_buf_printf(&text, " and %d more", hop->nrivals - shown);
	if (text.len)
		write_line(page, shown > 3 ? 7 : 5, &text);
	bc_buf_fini(&text);
}

static void write_hop(struct page *page, int i)
{
	const struct bc_step *step = &page->about->finding->path[i];
	const struct bc_hop *hop = &page->about->explanation->hops[i];
	struct bc_buf text = {0};

	bc_buf_printf(&text, "%d. %s() calls %s()", i + 1, step->function, step->calls);
	if (step->via == BC_VIA_POINTER)
		bc_buf_printf(&text, " through %s",
			*step->witness_place ? step->witness_place : "a pointer");
	add_at(&text, &step->at);
	write_line(page, 2, &text);
	if (hop->reason) {
		bc_buf_str(&text, hop->reason);
		add_at(&text, &step->witness);
		write_line(page, 5, &text);
	}
	write_rivals(page, hop);
	for (int k = 0; k < hop->nconditions; k++) {
		bc_buf_printf(&text, "only if %s", hop->conditions[k].text);
		add_at(&text, &hop->conditions[k].at);
		bc_buf_str(&text, ": not decided");
		write_line(page, 5, &text);
	}
	if (hop->doubt) {
		bc_buf_printf(&text, "doubtful: %s", hop->doubt);
		write_line(page, 5, &text);
	}
	bc_buf_fini(&text);
}

static void write_way(struct page *page)
{
	write_heading(page, "The way there, and why it is believed");
	for (int i = 0; i < page->about->explanation->nhops; i++)
		write_hop(page, i);
	bc_term_newline(&page->w.term);
}

/* ---- what it rests on ---- */

static void write_reliances(struct page *page)
{
	const struct bc_explanation *x = page->about->explanation;
	struct bc_buf text = {0};

	if (!x->nreliances)
		return;
	write_heading(page, "What is assumed");
	for (int i = 0; i < x->nreliances; i++) {
		bc_buf_str(&text, x->reliances[i].text);
		write_line(page, 2, &text);
		bc_buf_str(&text, x->reliances[i].from);
		add_at(&text, &x->reliances[i].at);
		write_line(page, 5, &text);
	}
	bc_term_newline(&page->w.term);
	bc_buf_fini(&text);
}

static void write_handle(struct page *page, const struct bc_handle *handle)
{
	struct bc_buf text = {0};

	bc_buf_printf(
		&text, "the %s that %s() makes in %s()", handle->kind, handle->made_by, handle->in);
	add_at(&text, &handle->at);
	bc_buf_printf(&text, ": %s", handle->mode);
	write_line(page, 2, &text);
	for (int i = 0; i < handle->nevents; i++) {
		bc_buf_str(&text, handle->events[i].what);
		add_at(&text, &handle->events[i].at);
		write_line(page, 5, &text);
	}
	if (!handle->nevents) {
		bc_buf_str(&text, "nothing that is seen sets its mode after that");
		write_line(page, 5, &text);
	}
	bc_buf_fini(&text);
}

static void write_handles(struct page *page)
{
	const struct bc_explanation *x = page->about->explanation;
	struct bc_buf text = {0};

	if (!x->subject)
		return;
	bc_buf_printf(&text, "What '%s' may be", x->subject);
	write_heading(page, bc_buf_text(&text));
	bc_buf_clear(&text);
	for (int i = 0; i < x->nhandles; i++)
		write_handle(page, &x->handles[i]);
	if (!x->nhandles) {
		bc_buf_str(&text, "no call that makes it was seen, so its mode is not known");
		write_line(page, 2, &text);
	}
	bc_term_newline(&page->w.term);
	bc_buf_fini(&text);
}

/* ---- who else ---- */

static void write_callbacks(struct page *page)
{
	const struct bc_explanation *x = page->about->explanation;
	int shown = x->ncallbacks;
	struct bc_buf text = {0};

	if (!shown)
		return;
	if (!page->w.options->verbose && shown > MAX_CALLBACKS)
		shown = MAX_CALLBACKS;
	write_heading(page, "Who else gets there");
	for (int i = 0; i < shown; i++) {
		const struct bc_callback_info *callback = &x->callbacks[i];

		bc_buf_printf(&text, "%s()", callback->function);
		add_at(&text, &callback->at);
		if (callback->registered_by)
			bc_buf_printf(&text, "; %s: %s", callback->loop, callback->registered_by);
		else
			bc_buf_printf(&text, "; %s", callback->loop);
		add_at(&text, &callback->registered_at);
		write_line(page, 2, &text);
	}
	if (shown < x->ncallbacks) {
		bc_buf_printf(&text, "and %d more (--verbose)", x->ncallbacks - shown);
		write_line(page, 2, &text);
	}
	bc_term_newline(&page->w.term);
	bc_buf_fini(&text);
}

/* ---- what would settle it ---- */

static void add_where(struct bc_buf *text, const struct bc_remedy *remedy)
{
	if (remedy->line)
		bc_buf_printf(text, "before line %u of %s", remedy->line, remedy->file);
	else if (remedy->below)
		bc_buf_printf(text, "in %s, below its '%s:'", remedy->file, remedy->below);
	else
		bc_buf_printf(text, "in %s", remedy->file);
}

static void write_remedies(struct page *page)
{
	const struct bc_explanation *x = page->about->explanation;
	struct bc_buf text = {0};
	int annotates = 0;

	write_heading(page, "What would settle it, if it is true");
	for (int i = 0; i < x->nremedies; i++) {
		const struct bc_remedy *remedy = &x->remedies[i];

		bc_buf_printf(&text, "%s; ", remedy->when);
		add_where(&text, remedy);
		bc_buf_char(&text, ':');
		write_line(page, 2, &text);
		for (int k = 0; k < remedy->nlines; k++) {
			bc_term_printf(
				&page->w.term, BC_STYLE_HELP, "%*s%s", 6, "", remedy->lines[k]);
			page->w.term.hang = BC_TERM_WHOLE;
			bc_term_newline(&page->w.term);
		}
		annotates |= remedy->line > 0;
	}
	if (annotates) {
		bc_buf_str(&text, "annotations need #include <blockcheck/annotate.h>");
		write_line(page, 2, &text);
	}
	bc_buf_fini(&text);
}

/* ---- the whole ---- */

static void write_rule(struct page *page)
{
	const struct bc_explanation *x = page->about->explanation;
	struct bc_buf text = {0};

	if (!*x->rule)
		return;
	write_heading(page, "The rule");
	bc_buf_printf(&text, "%s", x->rule);
	if (*x->pack)
		bc_buf_printf(&text, ", %s:%d", x->pack, x->pack_line);
	if (*x->provenance)
		bc_buf_printf(&text, "; source: %s", x->provenance);
	write_line(page, 2, &text);
	bc_buf_printf(&text, "blockcheck explain %s says more", page->about->finding->rule);
	write_line(page, 2, &text);
	bc_term_newline(&page->w.term);
	bc_buf_fini(&text);
}

static void write_stored(struct page *page)
{
	static const char *const texts[] = {
		[BC_STORED_NONE] = "no check has been stored here: this is what one would find now",
		[BC_STORED_SAME] = NULL,
		[BC_STORED_LATER] = "the last stored check does not have this finding: it is new",
		[BC_STORED_GONE] =
			"the finding is gone: the last stored check has it as above, but the "
			"sources, the rules or the options are not the same any more",
		[BC_STORED_ALONE] = "this is what was stored; to say what stands behind it, the "
				    "program is needed: give its compilation database (-p)",
	};
	const char *text = texts[page->about->stored];

	if (!text)
		return;
	bc_term_printf(&page->w.term, BC_STYLE_WARNING, "note");
	bc_term_printf(&page->w.term, BC_STYLE_PLAIN, ": %s", text);
	bc_term_newline(&page->w.term);
	if (page->about->explanation->found)
		bc_term_newline(&page->w.term);
}

void bc_output_explain_text(const struct bc_explained *explained,
	const struct bc_output_options *options, struct bc_buf *out)
{
	struct bc_output_options whole = *options;
	struct page page = {.about = explained};

	page.w = (struct bc_finding_writer){
		.term = {.out = out, .color = options->color, .width = options->width},
		.frames = {.root = explained->report->root ? explained->report->root : ""},
		.options = &whole};
	bc_summary_write_folder(&page.w.term, explained->report, options);
	bc_finding_write(&page.w, explained->finding);
	write_stored(&page);
	if (explained->explanation->found) {
		write_rule(&page);
		write_way(&page);
		write_reliances(&page);
		write_handles(&page);
		write_callbacks(&page);
		write_remedies(&page);
	}
	bc_frames_fini(&page.w.frames);
}
