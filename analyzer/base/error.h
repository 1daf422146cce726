/*
 * Errors: functions that can fail return int, 0 or a negative class below; the message is set where
 * the fault is understood and the code is passed up unchanged. One message is kept per thread; the
 * last one set wins. A message is one line: what, where, what to do.
 */
#ifndef BC_BASE_ERROR_H
#define BC_BASE_ERROR_H

enum bc_error {
	BC_OK = 0,
	BC_EUSAGE = -1,  /* the command line or a configuration is wrong */
	BC_EINPUT = -2,  /* an input file is missing, unreadable or malformed */
	BC_EOUTPUT = -3, /* a file or the database cannot be written */
	BC_ELIMIT = -4,  /* an input exceeds a limit that protects the machine */
	BC_EINTERNAL = -5,
	BC_EINTERRUPTED = -6 /* SIGINT or SIGTERM */
};

/* Records the message and returns `code`, so that callers can `return bc_fail(...)`. */
int bc_fail(enum bc_error code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The last message of this thread; "" when there was none. */
const char *bc_error_message(void);

#endif
