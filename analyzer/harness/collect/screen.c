#include "harness/collect/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { MIN_ROWS = 15, MIN_COLUMNS = 40, MIN_HEIGHT = 7, MAX_HEIGHT = 16, LAST_WAIT_MS = 200 };

/* The whole screen scrolls again; and what stands below the cursor, which is ours, goes. */
#define SCROLL_ALL "\0337\033[r\0338"
#define GIVE_BACK SCROLL_ALL "\033[J"

/* ---- may we ---- */

static int is_same_terminal(int a, int b)
{
	struct stat x, y;

	return isatty(a) && isatty(b) && fstat(a, &x) == 0 && fstat(b, &y) == 0 &&
	       x.st_rdev == y.st_rdev;
}

int bc_screen_usable(int shared)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0 &&
	       (shared || !is_same_terminal(STDOUT_FILENO, STDERR_FILENO));
}

/* What edits lines itself draws on the whole screen, or is about to. */
int bc_screen_is_taken(void)
{
	struct termios modes;

	return tcgetattr(STDERR_FILENO, &modes) == 0 && !(modes.c_lflag & ICANON);
}

static int is_in_front(const struct bc_screen *screen)
{
	pid_t group = tcgetpgrp(screen->fd);

	return group < 0 || group == getpgrp();
}

/* ---- writing ---- */

static void send_pending(struct bc_screen *screen)
{
	while (screen->sent < screen->pending.len) {
		ssize_t n = write(screen->fd, screen->pending.data + screen->sent,
			screen->pending.len - screen->sent);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break; /* it was hung up */
		screen->sent += (size_t)n;
	}
	bc_buf_clear(&screen->pending);
	screen->sent = 0;
}

/* For what has to arrive, within reason. */
static void send_all(struct bc_screen *screen)
{
	struct pollfd fd = {.fd = screen->fd, .events = POLLOUT};

	send_pending(screen);
	if (screen->pending.len && poll(&fd, 1, LAST_WAIT_MS) > 0)
		send_pending(screen);
}

/* ---- should we crash ---- */

static const int fatal[BC_SCREEN_FATAL] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static void give_back_and_die(int number)
{
	ssize_t n = write(STDERR_FILENO, GIVE_BACK, strlen(GIVE_BACK));

	(void)n;
	signal(number, SIG_DFL);
	raise(number);
}

static void catch_fatal(struct bc_screen *screen)
{
	const struct sigaction ours = {.sa_handler = give_back_and_die};

	for (int i = 0; i < BC_SCREEN_FATAL; i++)
		sigaction(fatal[i], &ours, &screen->handlers[i]);
}

static void uncatch_fatal(const struct bc_screen *screen)
{
	for (int i = 0; i < BC_SCREEN_FATAL; i++)
		sigaction(fatal[i], &screen->handlers[i], NULL);
}

/* ---- the rows ---- */

int bc_screen_open(struct bc_screen *screen)
{
	*screen = (struct bc_screen){
		.fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
	return screen->fd >= 0 && isatty(screen->fd);
}

static int read_size(struct bc_screen *screen)
{
	struct winsize size;

	if (ioctl(screen->fd, TIOCGWINSZ, &size) < 0 || size.ws_row < MIN_ROWS ||
		size.ws_col < MIN_COLUMNS)
		return 0;
	screen->rows = size.ws_row;
	screen->columns = size.ws_col;
	return 1;
}

/* Makes room by scrolling, if there is none below the cursor, and goes back to where it was. */
static void take_rows(struct bc_screen *screen)
{
	int height = screen->rows / 2;

	height = height > MAX_HEIGHT ? MAX_HEIGHT : height < MIN_HEIGHT ? MIN_HEIGHT : height;
	for (int i = 0; i < height; i++)
		bc_buf_str(&screen->pending, "\033D"); /* down, in the same column */
	bc_buf_printf(
		&screen->pending, "\033[%dA\0337\033[1;%dr\0338", height, screen->rows - height);
	screen->height = height;
	catch_fatal(screen);
}

/* Whoever is in front now does with the screen as he likes. */
static void let_go(struct bc_screen *screen, const char *text)
{
	if (screen->fd < 0 || !screen->height)
		return;
	bc_buf_str(&screen->pending, text);
	send_all(screen);
	screen->height = 0;
	uncatch_fatal(screen);
}

int bc_screen_begin(struct bc_screen *screen)
{
	send_pending(screen);
	if (screen->pending.len)
		return 0;
	if (!is_in_front(screen) || bc_screen_is_taken()) {
		let_go(screen, SCROLL_ALL);
		return 0;
	}
	if (!screen->height && read_size(screen))
		take_rows(screen);
	return screen->height;
}

void bc_screen_draw(struct bc_screen *screen, const char *lines)
{
	bc_buf_str(&screen->pending, "\0337\033[?7l");
	for (int row = 0; row < screen->height && *lines; row++) {
		size_t len = strcspn(lines, "\n");

		bc_buf_printf(&screen->pending, "\033[%d;1H\033[0m",
			screen->rows - screen->height + row + 1);
		bc_buf_add(&screen->pending, lines, len);
		bc_buf_str(&screen->pending, "\033[K");
		lines += len + (lines[len] != 0);
	}
	bc_buf_str(&screen->pending, "\033[?7h\0338");
	send_pending(screen);
}

void bc_screen_leave(struct bc_screen *screen)
{
	let_go(screen, GIVE_BACK);
}

void bc_screen_close(struct bc_screen *screen)
{
	bc_screen_leave(screen);
	if (screen->fd >= 0)
		close(screen->fd);
	bc_buf_fini(&screen->pending);
	screen->fd = -1;
}
