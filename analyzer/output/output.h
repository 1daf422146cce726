/*
 * Outputs: a report as text for people or as data for programs. One file per format, each behind
 * one struct bc_format; a new format is a new file and a line in output.c.
 *
 * Every format writes into memory: whoever calls then sees a whole document or none, and one place
 * (cmd.c) deals with files, pipes and full disks.
 */
#ifndef BC_OUTPUT_OUTPUT_H
#define BC_OUTPUT_OUTPUT_H

#include "base/buf.h"
#include "findings/finding.h"

struct bc_output_options {
	int color;        /* write escape sequences */
	int width;        /* columns of the terminal; 0: not a terminal, nothing is fitted */
	int quiet;        /* findings and faults only: no summary */
	int verbose;      /* nothing is shortened */
	const char *here; /* the reader's folder, if that of the report's files is to be told */
};

struct bc_format {
	const char *name, *help;
	int for_people; /* says by itself what is incomplete; others get that said on stderr */
	void (*write)(const struct bc_report *report, const struct bc_output_options *options,
		struct bc_buf *out);
};

/* NULL when there is no format of this name. */
const struct bc_format *bc_output_find(const char *name);
/* All of them; the one without a name ends the list. */
const struct bc_format *bc_output_formats(void);

/* Findings that count: neither suppressed nor accepted by a baseline. */
int bc_finding_is_open(const struct bc_finding *finding);
/* How many open findings have at least this severity. */
int bc_report_count_open(const struct bc_report *report, enum bc_severity least);

void bc_output_text(const struct bc_report *report, const struct bc_output_options *options,
	struct bc_buf *out);
void bc_output_json(const struct bc_report *report, const struct bc_output_options *options,
	struct bc_buf *out);

struct bc_json;

/* One element of "findings". */
void bc_json_write_finding(struct bc_json *json, const struct bc_finding *finding);

#endif
