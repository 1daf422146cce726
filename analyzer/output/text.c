/*
 * Text for people. Errors come first, as they are stored: the first screen of a pager and the top
 * of a CI log have what matters most, and the last line, which a terminal leaves in sight, has the
 * counts. Notes follow in two lines each, so that many small ones do not bury the rest.
 */
#include "output/finding.h"
#include "output/measured.h"
#include "output/summary.h"

static int is_compact(const struct bc_finding_writer *w, const struct bc_finding *finding)
{
	return finding->severity == BC_SEV_NOTE && !w->options->verbose;
}

static void write_all(struct bc_finding_writer *w, const struct bc_report *report, int compact)
{
	int written = 0;

	for (int i = 0; i < report->nfindings; i++) {
		const struct bc_finding *finding = &report->findings[i];

		if (!bc_finding_is_open(finding) || is_compact(w, finding) != compact)
			continue;
		if (compact)
			bc_finding_write_note(w, finding);
		else
			bc_finding_write(w, finding);
		written++;
	}
	if (compact && written)
		bc_term_newline(&w->term);
}

void bc_output_text(
	const struct bc_report *report, const struct bc_output_options *options, struct bc_buf *out)
{
	struct bc_finding_writer w = {
		.term = {.out = out, .color = options->color, .width = options->width},
		.frames = {.root = report->root ? report->root : ""},
		.options = options,
	};

	if (report->measured && report->measured->runs) {
		bc_measured_write_text(report, options, out);
		return;
	}
	bc_summary_write_folder(&w.term, report, options);
	write_all(&w, report, 0);
	write_all(&w, report, 1);
	bc_summary_write(&w.term, report, options);
	bc_frames_fini(&w.frames);
}
