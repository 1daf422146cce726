/* Reports that have measurements beside their findings. */
#ifndef BC_OUTPUT_MEASURED_H
#define BC_OUTPUT_MEASURED_H

#include "base/json.h"
#include "findings/measured.h"
#include "output/output.h"

/* The whole report in the order of what is known: confirmed, not predicted, never seen. */
void bc_measured_write_text(const struct bc_report *report, const struct bc_output_options *options,
	struct bc_buf *out);

/* The object `measured`. */
void bc_measured_write_json(struct bc_json *json, const struct bc_report *report);

#endif
