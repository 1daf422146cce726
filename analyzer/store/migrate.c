#include "store/migrate.h"

#include <sqlite3.h>
#include <stdio.h>

#include "base/error.h"
#include "store/rows.h"

/* The one number that a PRAGMA or a SELECT gives. */
static int read_number(sqlite3 *db, const char *path, const char *sql, int *value)
{
	struct bc_row row;
	int status = bc_row_prepare(&row, db, path, sql);

	*value = 0;
	if (status == 0) {
		status = bc_row_next(&row);
		if (status > 0) {
			*value = (int)bc_row_int(&row);
			status = 0;
		}
	}
	bc_row_fini(&row);
	return status;
}

struct identity {
	int version, application, tables;
};

static int read_identity(sqlite3 *db, const char *path, struct identity *identity)
{
	int status = read_number(db, path, "PRAGMA user_version", &identity->version);

	if (status == 0)
		status = read_number(db, path, "PRAGMA application_id", &identity->application);
	if (status == 0)
		status = read_number(
			db, path, "SELECT count(*) FROM sqlite_schema", &identity->tables);
	return status;
}

/* Version 0 is an empty file; any other without our mark belongs to another program. */
static int is_ours(const struct identity *identity)
{
	if (identity->version == 0)
		return identity->application == 0 && identity->tables == 0;
	return identity->application == BC_STORE_APPLICATION_ID;
}

int bc_store_check_version(sqlite3 *db, const char *path, int newest, int *version)
{
	struct identity identity = {0};
	/* of one moment: another process may be making the tables just now */
	int status = bc_store_execute(db, path, "SAVEPOINT identity");

	if (status < 0)
		return status;
	status = read_identity(db, path, &identity);
	sqlite3_exec(db, "RELEASE identity", NULL, NULL, NULL);
	*version = identity.version;
	if (status < 0)
		return status;
	if (!is_ours(&identity))
		return bc_fail(BC_EINPUT,
			"%s: is the database of another program; use another file with --db FILE",
			path);
	if (*version < 0 || *version > newest)
		return bc_fail(BC_EINPUT,
			"%s: was written by a newer blockcheck (schema %d, this one knows %d); "
			"move it "
			"away, or use another with --db FILE",
			path, *version, newest);
	return 0;
}

/* Another process may have done the step while we waited for the lock. */
static int run_step(
	sqlite3 *db, const char *path, const char *const *steps, int nsteps, int *version)
{
	char done[96];
	int from = *version;
	int status = bc_store_check_version(db, path, nsteps, version);

	if (status < 0 || *version > from)
		return status;
	status = bc_store_execute(db, path, steps[from]);
	if (status < 0)
		return status;
	snprintf(done, sizeof(done), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		BC_STORE_APPLICATION_ID, from + 1);
	*version = from + 1;
	return bc_store_execute(db, path, done);
}

int bc_store_migrate(sqlite3 *db, const char *path, const char *const *steps, int nsteps)
{
	int version, status = bc_store_check_version(db, path, nsteps, &version);

	while (status == 0 && version < nsteps) {
		status = bc_store_execute(db, path, "BEGIN IMMEDIATE");
		if (status < 0)
			return status;
		status = run_step(db, path, steps, nsteps, &version);
		if (status == 0)
			status = bc_store_execute(db, path, "COMMIT");
		if (status < 0)
			sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	}
	return status;
}
