/* The way from a callback to the blocking call, one line for each hop. */
#include "output/finding.h"

enum {
	LONG_PATH = 8,  /* hops; of longer paths the middle is left out */
	KEPT_HOPS = 4,  /* at the beginning, and one less at the end */
	MAX_COLUMN = 40 /* no column of the path is padded to more */
};

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
		bc_text_add_place(&place, &finding->path[i].at);
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
	int several = step->targets > 1, known = bc_place_is_known(&step->witness);

	bc_buf_printf(out, " through %s",
		step->witness_place && *step->witness_place ? step->witness_place : "a pointer");
	if (!several && !known)
		return;
	bc_buf_str(out, " (");
	if (several)
		bc_buf_printf(out, "one of %u targets%s", step->targets, known ? "; " : "");
	if (known) {
		bc_buf_str(out, "set at ");
		bc_text_add_place(out, &step->witness);
	}
	bc_buf_char(out, ')');
}

static void write_step(struct bc_finding_writer *w, const struct bc_step *step, int number,
	const struct columns *columns)
{
	struct bc_buf text = {0}, place = {0};

	bc_text_add_place(&place, &step->at);
	add_padded(&text, step->function, columns->function);
	add_padded(&text, bc_buf_text(&place), columns->place);
	bc_buf_printf(&text, "calls %s()", step->calls);
	if (step->via == BC_VIA_POINTER)
		add_pointer(&text, step);
	else if (step->via == BC_VIA_CLEANUP)
		bc_buf_str(&text, " when the scope ends (cleanup attribute)");
	bc_term_printf(&w->term, BC_STYLE_PLAIN, "%*s   %*d. %s", w->gutter, "", columns->number,
		number, bc_buf_text(&text));
	w->term.hang = w->gutter + 3 + columns->number + 4;
	bc_term_newline(&w->term);
	bc_buf_fini(&text);
	bc_buf_fini(&place);
}

/*
 * The middle of a long path is left out, but never a hop through a pointer: that is where readers
 * doubt, and where they lose the way.
 */
static int is_hidden(const struct bc_finding_writer *w, const struct bc_finding *finding, int step)
{
	return !w->options->verbose && finding->npath > LONG_PATH && step >= KEPT_HOPS &&
	       step < finding->npath - (KEPT_HOPS - 1) && finding->path[step].via == BC_VIA_DIRECT;
}

static void write_gap(struct bc_finding_writer *w, int hidden, const struct columns *columns)
{
	bc_term_printf(&w->term, BC_STYLE_FRAME, "%*s   %*s  ... %d more calls ...", w->gutter, "",
		columns->number, "", hidden);
	bc_term_newline(&w->term);
}

void bc_finding_write_path(struct bc_finding_writer *w, const struct bc_finding *finding)
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
