/* The explanation of one finding, as text and as JSON. */
#ifndef BC_OUTPUT_EXPLAIN_H
#define BC_OUTPUT_EXPLAIN_H

#include "findings/explanation.h"
#include "output/output.h"

/* How the finding stands to the last run that was stored. */
enum bc_stored {
	BC_STORED_NONE,  /* there is no such run */
	BC_STORED_SAME,  /* it is one of that run */
	BC_STORED_LATER, /* it is none of that run */
	BC_STORED_GONE,  /* that run had it, and it is not found any more */
	BC_STORED_ALONE  /* that run had it; the program itself is not at hand */
};

struct bc_explained {
	const struct bc_report *report; /* the finding's: its root, its degraded units */
	const struct bc_finding *finding;
	const struct bc_explanation *explanation; /* nothing `found` when GONE or ALONE */
	enum bc_stored stored;
};

void bc_output_explain_text(const struct bc_explained *explained,
	const struct bc_output_options *options, struct bc_buf *out);
/* `blockcheck-explanation/1` */
void bc_output_explain_json(const struct bc_explained *explained, struct bc_buf *out);

#endif
