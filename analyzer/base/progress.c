#include "base/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { REDRAW_MS = 50, MAX_COLUMNS = 240, DEFAULT_COLUMNS = 80 };

#define ERASE_LINE "\r\033[K"

void bc_progress_init(struct bc_progress *progress, int quiet)
{
	const char *term = getenv("TERM");
	int usable = !quiet && isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;

	*progress = (struct bc_progress){.fd = usable ? STDERR_FILENO : -1};
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static size_t columns_of(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return DEFAULT_COLUMNS;
	return size.ws_col < MAX_COLUMNS ? size.ws_col : MAX_COLUMNS;
}

/* The line is an ornament: what the terminal does not take is lost. */
static void put(int fd, const char *text)
{
	ssize_t n = write(fd, text, strlen(text));

	(void)n;
}

/* File names come from elsewhere: control characters in them must not reach the terminal. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

void bc_progress_show(
	struct bc_progress *progress, const char *what, size_t done, size_t total, const char *name)
{
	char line[MAX_COLUMNS + sizeof(ERASE_LINE)] = ERASE_LINE;
	char *text = line + strlen(ERASE_LINE);
	int64_t now;

	if (progress->fd < 0)
		return;
	now = now_ms();
	if (now < progress->next_ms)
		return;
	progress->next_ms = now + REDRAW_MS;
	/* One column stays free: writing into the last one makes some terminals wrap. */
	snprintf(text, columns_of(progress->fd), "%s %zu/%zu %s", what, done, total, name);
	make_printable(text);
	put(progress->fd, line);
	progress->shown = 1;
}

void bc_progress_clear(struct bc_progress *progress)
{
	if (progress->shown)
		put(progress->fd, ERASE_LINE);
	progress->shown = 0;
}
