/*
 * The database: one SQLite file with the reports of the last BC_STORE_KEPT_RUNS runs. Each is saved
 * in one transaction, so that whoever opens the file finds whole runs only, whatever became of the
 * process that wrote. Its tables are documented in schema.c, and in the file itself: `.schema`.
 *
 * A file that is damaged, that a newer blockcheck wrote or that is no database of ours is refused
 * and left as it is.
 */
#ifndef BC_STORE_STORE_H
#define BC_STORE_STORE_H

#include <stdint.h>

#include "base/arena.h"
#include "findings/finding.h"
#include "findings/profile.h"

enum { BC_STORE_KEPT_RUNS = 20 };

enum bc_store_mode {
	BC_STORE_READ,
	BC_STORE_WRITE /* creates and migrates the file */
};

struct bc_store;

/* How a run came about; text is for people. */
struct bc_store_run {
	int64_t started_ms;     /* since 1970, UTC */
	const char *command;    /* "blockcheck check -p build" */
	const char *blockcheck; /* version */
	const char *libclang;   /* version */
	enum bc_confidence min_confidence;
	double budget_ms;
};

/*
 * Opens a database; its folder must be there. 0, BC_EINPUT for a file that is not to be used, or
 * BC_EOUTPUT when it cannot be opened or written.
 */
int bc_store_open(const char *path, enum bc_store_mode mode, struct bc_store **store);

/*
 * Saves a report as the last run, dropping the oldest; all or nothing. `profiles` were joined with
 * it, and the join is saved, too; NULL leaves that as it is. Waits some seconds for another process
 * that is saving. 0, BC_EOUTPUT, or BC_EINPUT when the file proves to be damaged.
 */
int bc_store_save_run(struct bc_store *store, const struct bc_report *report,
	const struct bc_store_run *run, const struct bc_profiles *profiles);

/* 1 when there is a run to load, 0 without, or an error. */
int bc_store_has_run(struct bc_store *store);

/*
 * The last run. `report` is initialised here; it is to be dropped with bc_report_fini(). `run` may
 * be NULL; its texts belong to the report's arena. 0, or BC_EINPUT when there is no run yet or the
 * file is damaged.
 */
int bc_store_load_last(struct bc_store *store, struct bc_report *report, struct bc_store_run *run);

/*
 * Between these, everything is one transaction: what is loaded stays true until what was made of it
 * is saved. Nothing is kept when `status` is an error. Waits some seconds for another process that
 * is saving. The status, or BC_EOUTPUT.
 */
int bc_store_lock(struct bc_store *store);
int bc_store_unlock(struct bc_store *store, int status);

void bc_store_close(struct bc_store *store); /* NULL is fine */

const char *bc_store_sqlite_version(void);

#endif
