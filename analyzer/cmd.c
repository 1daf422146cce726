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

static int terminal_width(int fd)
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
	term.width = isatty(STDERR_FILENO) ? terminal_width(STDERR_FILENO) : 0;
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

/* Standard output may have been made non-blocking by whoever shares it. */
static void wait_for_reader(void)
{
	struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};

	poll(&fd, 1, -1);
}

static int write_to_stdout(const struct bc_buf *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(STDOUT_FILENO, text->data + done, text->len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (bc_pipeline_interrupted())
			return bc_fail(BC_EINTERRUPTED, "interrupted");
		else if (errno == EAGAIN)
			wait_for_reader();
		else if (errno == EPIPE)
			return 0;
		else if (errno != EINTR)
			return bc_fail(
				BC_EOUTPUT, "standard output: cannot write: %s", strerror(errno));
	}
	return 0;
}

int bc_cmd_write(const char *path, const struct bc_buf *text)
{
	return path ? bc_file_write(path, bc_buf_text(text), text->len) : write_to_stdout(text);
}

/* ---- how it looks ---- */

static int wants_color(const struct bc_options *options, int on_terminal)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (options->color != BC_COLOR_AUTO)
		return options->color == BC_COLOR_ALWAYS;
	return on_terminal && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

struct bc_output_options bc_cmd_look(const struct bc_options *options)
{
	int on_terminal = !options->output && isatty(STDOUT_FILENO);

	return (struct bc_output_options){
		.color = wants_color(options, on_terminal),
		.width = on_terminal ? terminal_width(STDOUT_FILENO) : 0,
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
