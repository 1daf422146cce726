/* The commands, one file each, and what they share. A command returns the status to exit with. */
#ifndef BC_CMD_H
#define BC_CMD_H

#include "base/buf.h"
#include "options.h"

enum bc_exit { BC_EXIT_CLEAN = 0, BC_EXIT_FINDINGS = 1, BC_EXIT_ERROR = 2, BC_EXIT_INCOMPLETE = 3 };

int bc_cmd_check(const struct bc_options *options);
int bc_cmd_config(const struct bc_options *options);
int bc_cmd_dump(const struct bc_options *options);
int bc_cmd_explain(const struct bc_options *options);
int bc_cmd_help(const struct bc_options *options);
int bc_cmd_report(const struct bc_options *options);
int bc_cmd_rules(const struct bc_options *options);
int bc_cmd_schema(const struct bc_options *options);
int bc_cmd_run(const struct bc_options *options);
int bc_cmd_version(const struct bc_options *options);

/*
 * Writes a command's result to `path`, or to standard output with NULL or "-". A reader that went
 * away, as in `blockcheck ... | head`, is no error. 0, BC_EOUTPUT or BC_EINTERRUPTED.
 */
int bc_cmd_write(const char *path, const struct bc_buf *text);
int bc_cmd_write_error(const struct bc_buf *text); /* the same to standard error */

/* Columns of the terminal at `fd`. */
int bc_cmd_width(int fd);
/* --color, and what the environment says. */
int bc_cmd_wants_color(const struct bc_options *options, int on_terminal);

/* How text has to look on standard output, or in the file of -o. */
struct bc_output_options bc_cmd_look(const struct bc_options *options);

struct bc_report;

/* Writes a report in the format of --format, to where -o says. As bc_cmd_write(). */
int bc_cmd_show(const struct bc_options *options, const struct bc_report *report);

/* One line on standard error: "blockcheck: KIND: text", made fit for a terminal. */
void bc_cmd_say(const char *kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says the last error, unless it is that of an interruption. BC_EXIT_ERROR. */
int bc_cmd_fail(int status);

#endif
