/* Times as people write them: 500us, 10ms, 1.5s, 2min. */
#ifndef BC_BASE_DURATION_H
#define BC_BASE_DURATION_H

#define BC_DURATION_MAX_MS (24 * 60 * 60 * 1e3) /* a day */

/*
 * In milliseconds. A bare number counts in units of `bare_ms`, with 0 only a bare 0 will do. 0, or
 * -1 when the text is no time. What is more than a day is read, too.
 */
int bc_duration_read(const char *text, double bare_ms, double *ms);

#endif
