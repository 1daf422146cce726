/* One finding as text, for the report and for whoever explains a single one. */
#ifndef BC_OUTPUT_FINDING_H
#define BC_OUTPUT_FINDING_H

#include "output/frame.h"
#include "output/output.h"

struct bc_finding_writer {
	struct bc_term term;
	struct bc_frames frames;
	const struct bc_output_options *options;
	int gutter; /* of the finding being written */
};

void bc_finding_write(struct bc_finding_writer *w, const struct bc_finding *finding);
/* A note in two lines. */
void bc_finding_write_note(struct bc_finding_writer *w, const struct bc_finding *finding);
/* finding_path.c: the hops. */
void bc_finding_write_path(struct bc_finding_writer *w, const struct bc_finding *finding);

/* "src/net.c:88", "?" when it is not known. */
void bc_text_add_place(struct bc_buf *out, const struct bc_place_loc *at);
int bc_place_is_known(const struct bc_place_loc *at);
/* "250 us", "12 ms", "1.5 s" */
void bc_text_add_milliseconds(struct bc_buf *out, double ms);

#endif
