/* The report for people, in parts; nobody else includes it. */
#ifndef BC_HARNESS_COLLECT_REPORT_TEXT_H
#define BC_HARNESS_COLLECT_REPORT_TEXT_H

#include "harness/collect/places.h"
#include "harness/collect/report.h"
#include "output/term.h"

enum { BC_TEXT_HANG = 8 }; /* columns, of the lines after the first where one is broken */

struct bc_text_report {
	const struct bc_run *run;
	struct bc_term term;
	struct bc_arena arena;
	const char *folder; /* that files are shown below, or NULL */
};

#define BC_SAY(writer, style, ...) bc_term_printf(&(writer)->term, BC_STYLE_##style, __VA_ARGS__)

static inline const char *bc_text_time(struct bc_text_report *writer, uint64_t ns)
{
	return bc_report_time(&writer->arena, ns);
}

static inline void bc_text_end_line(struct bc_text_report *writer)
{
	writer->term.hang = BC_TEXT_HANG;
	bc_term_newline(&writer->term);
}

static inline const char *bc_text_where(
	struct bc_text_report *writer, const struct bc_run_where *where)
{
	return bc_places_show(&writer->arena, writer->folder, where);
}

/* report_stalls.c: the longest, each with its cause, its stack and what to do */
void bc_text_stalls(struct bc_text_report *writer);

/* report_tables.c */
void bc_text_callbacks(struct bc_text_report *writer);
void bc_text_loops(struct bc_text_report *writer);
/* how long an event that comes at any moment waits */
void bc_text_imposed(struct bc_text_report *writer);
/* what was seen of a program from outside */
void bc_text_threads(struct bc_text_report *writer);

#endif
