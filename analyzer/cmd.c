#include "cmd.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "output/term.h"
#include "pipeline.h"

enum { DEFAULT_WIDTH = 80, HANG = 4 };

int bc_cmd_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	long named = columns ? strtol(columns, NULL, 10) : 0;
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return named > 0 && named < 10000 ? (int)named : DEFAULT_WIDTH;
}

void bc_cmd_say(const char *kind, const char *format, ...)
{
	struct bc_buf line = {0};
	struct bc_term term = {.out = &line};
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	term.width = isatty(STDERR_FILENO) ? bc_cmd_width(STDERR_FILENO) : 0;
	term.hang = HANG;
	bc_term_printf(&term, BC_STYLE_PLAIN, "blockcheck: %s%s%s", kind, *kind ? ": " : "",
		len < 0 ? format : text);
	bc_term_newline(&term);
	fputs(bc_buf_text(&line), stderr);
	bc_buf_fini(&line);
	if (len >= 0)
		free(text);
}

int bc_cmd_fail(int status)
{
	if (status != BC_EINTERRUPTED)
		bc_cmd_say("error", "%s", bc_error_message());
	return BC_EXIT_ERROR;
}

/* A stream may have been made non-blocking by whoever shares it, such as the program that we ran.
 */
static void wait_for_reader(int to)
{
	struct pollfd fd = {.fd = to, .events = POLLOUT};

	poll(&fd, 1, -1);
}

static int write_to(int fd, const char *name, const struct bc_buf *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (bc_pipeline_interrupted())
			return bc_fail(BC_EINTERRUPTED, "interrupted");
		else if (errno == EAGAIN)
			wait_for_reader(fd);
		else if (errno == EPIPE)
			return 0;
		else if (errno != EINTR)
			return bc_fail(BC_EOUTPUT, "%s: cannot write: %s", name, strerror(errno));
	}
	return 0;
}

int bc_cmd_write(const char *path, const struct bc_buf *text)
{
	if (path && strcmp(path, "-") != 0)
		return bc_file_write(path, bc_buf_text(text), text->len);
	return write_to(STDOUT_FILENO, "standard output", text);
}

int bc_cmd_write_error(const struct bc_buf *text)
{
	return write_to(STDERR_FILENO, "standard error", text);
}

/* ---- how it looks ---- */

int bc_cmd_wants_color(const struct bc_options *options, int on_terminal)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (options->color != BC_COLOR_AUTO)
		return options->color == BC_COLOR_ALWAYS;
	return on_terminal && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

struct bc_output_options bc_cmd_look(const struct bc_options *options)
{
	int to_stdout = !options->output || !strcmp(options->output, "-");
	int on_terminal = to_stdout && isatty(STDOUT_FILENO);

	return (struct bc_output_options){
		.color = bc_cmd_wants_color(options, on_terminal),
		.width = on_terminal ? bc_cmd_width(STDOUT_FILENO) : 0,
		.quiet = options->check.quiet,
		.verbose = options->verbose,
	};
}

int bc_cmd_show(const struct bc_options *options, const struct bc_report *report)
{
	struct bc_output_options how = bc_cmd_look(options);
	char *here = realpath(".", NULL);
	struct bc_buf text = {0};
	int status;

	how.here = here;
	options->format->write(report, &how, &text);
	status = bc_cmd_write(options->output, &text);
	bc_buf_fini(&text);
	free(here);
	return status;
}
