#include "cmd.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "output/term.h"
#include "pipeline.h"

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
