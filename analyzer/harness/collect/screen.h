/*
 * The lower part of a terminal, for a live view. What the program writes to the same terminal goes
 * on scrolling in the part above it: only the scrolling region is made smaller. A terminal that the
 * program itself has taken over (an editor) is left alone.
 */
#ifndef BC_HARNESS_COLLECT_SCREEN_H
#define BC_HARNESS_COLLECT_SCREEN_H

#include <signal.h>

#include "base/buf.h"

enum { BC_SCREEN_FATAL = 5 };

struct bc_screen {
	int fd; /* of our own, so that a terminal that is held up does not hold us up; -1 */
	int rows, columns;
	int height;                                 /* rows that are ours now, 0: none */
	struct sigaction handlers[BC_SCREEN_FATAL]; /* as they were */
	struct bc_buf pending;
	size_t sent;
};

/* 1 when standard error is a terminal on which a view may be drawn. `shared`: also when standard
 * output is the same one. */
int bc_screen_usable(int shared);
/* 0 when there is none. */
int bc_screen_open(struct bc_screen *screen);
/* Takes the rows if they are not ours yet. Returns how many there are: 0 when the terminal is too
 * small, not ours to write to at this moment, or has not taken the last picture. */
int bc_screen_begin(struct bc_screen *screen);
/* The picture: that many lines, each ended by a newline. */
void bc_screen_draw(struct bc_screen *screen, const char *lines);
/* Gives the rows back; they are taken again by bc_screen_begin(). */
void bc_screen_leave(struct bc_screen *screen);
void bc_screen_close(struct bc_screen *screen);

/* 1 when a program has taken over the terminal that standard error is, so that no line of ours must
 * come between. */
int bc_screen_is_taken(void);

#endif
