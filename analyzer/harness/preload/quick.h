/* Calls that need no timing (quick.c). */
#ifndef BC_HARNESS_PRELOAD_QUICK_H
#define BC_HARNESS_PRELOAD_QUICK_H

#include "harness/preload/core.h"

enum {
	BC_QUICK_DESCRIPTORS = 65536, /* thunk.S has the same number; those above are timed */
	BC_QUICK_SAMPLE = 16          /* calls of which one is timed */
};

/* What tells that a call will not block; thunk.S has the same numbers. */
enum bc_quick {
	BC_QUICK_NO,
	BC_QUICK_DESCRIPTOR, /* the first argument does not block */
	BC_QUICK_FLAGS_2,    /* nor does MSG_DONTWAIT in the third */
	BC_QUICK_FLAGS_3,    /* in the fourth */
	BC_QUICK_GET,        /* the stream, the first argument, has a character ready */
	BC_QUICK_READ,       /* the stream, the fourth, has (second times third) bytes ready */
	BC_QUICK_WRITE,      /* the stream has room for them */
	BC_QUICK_LOCK        /* the lock is free: the row's attempt took it */
};

/* 1: the call need not be timed. A lock that was taken has another row in the frame, whose function
 * returns the result. */
int bc_quick_pass(struct bc_call_row *row, struct bc_call_frame *frame);
/* For thunk.S, of calls that change which descriptors block: fcntl(F_SETFL), and others. They give
 * the function to go on in. */
void *bc_quick_set(struct bc_call_row *row, uint64_t *args);
void *bc_quick_forget(struct bc_call_row *row, uint64_t *args);

#endif
