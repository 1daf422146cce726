/* What the text output says after the findings: what was not seen, and the line of figures. */
#ifndef BC_OUTPUT_SUMMARY_H
#define BC_OUTPUT_SUMMARY_H

#include "output/output.h"
#include "output/term.h"

/* Before the findings: the folder that their files are in, for a reader who is elsewhere. */
void bc_summary_write_folder(struct bc_term *term, const struct bc_report *report,
	const struct bc_output_options *options);
void bc_summary_write(struct bc_term *term, const struct bc_report *report,
	const struct bc_output_options *options);

#endif
