/*
 * One line on the terminal that says how far a long stage is: "parsing 12/214 src/net.c". It is
 * drawn only where standard error is a terminal, and erased when the stage ends, so that logs and
 * pipes never see it.
 */
#ifndef BC_BASE_PROGRESS_H
#define BC_BASE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct bc_progress {
	int fd; /* -1: show nothing */
	int shown;
	int64_t next_ms; /* when the line may be drawn again */
};

/* `quiet` as the user asked for it. */
void bc_progress_init(struct bc_progress *progress, int quiet);
void bc_progress_show(struct bc_progress *progress, const char *what, size_t done, size_t total,
	const char *name);
/* Takes the line away, before anything else is printed. */
void bc_progress_clear(struct bc_progress *progress);

#endif
