#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/error.h"
#include "store/database.h"
#include "store/migrate.h"
#include "store/rows.h"

enum {
	/* for others that are saving: well below a second each, but on a busy machine, or a slow
	 * disk, several of them take long, and whoever waits must not lose what was measured */
	BUSY_MS = 30000
};

/* A FIFO in this place would make us wait for ever. */
static int check_file(const char *path, enum bc_store_mode mode)
{
	struct stat st;

	if (stat(path, &st) == 0) {
		if (S_ISREG(st.st_mode))
			return 0;
		return bc_fail(
			BC_EINPUT, "%s: is no regular file; use another with --db FILE", path);
	}
	if (mode == BC_STORE_READ || errno != ENOENT)
		return bc_fail(BC_EINPUT, "%s: %s", path, strerror(errno));
	return 0;
}

/* ---- opening ---- */

/*
 * A URI for the file, so that no name has a meaning of its own as ":memory:" has. `immutable` reads
 * a file in a folder that cannot be written, where SQLite cannot have its usual lock files.
 */
static char *make_uri(struct bc_arena *arena, const char *path, int immutable)
{
	struct bc_buf uri = {0};
	char *text;

	bc_buf_str(&uri, path[0] == '/' ? "file:" : "file:./");
	for (; *path; path++)
		if (strchr("%?#", *path))
			bc_buf_printf(&uri, "%%%02x", (unsigned char)*path);
		else
			bc_buf_char(&uri, *path);
	if (immutable)
		bc_buf_str(&uri, "?immutable=1");
	text = bc_arena_strdup(arena, bc_buf_text(&uri));
	bc_buf_fini(&uri);
	return text;
}

/*
 * The file may lie in a tree that we were asked to look into, so nothing that it says is run:
 * triggers are off, and its schema may use no function with an effect.
 */
static void harden(sqlite3 *db)
{
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, BUSY_MS);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
}

static int connect(struct bc_store *store, int immutable)
{
	struct bc_arena arena = BC_ARENA_INIT;
	int flags = store->mode == BC_STORE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
						  : SQLITE_OPEN_READONLY;
	int error = sqlite3_open_v2(make_uri(&arena, store->path, immutable), &store->db,
		flags | SQLITE_OPEN_URI, NULL);

	bc_arena_fini(&arena);
	if (error)
		return bc_store_fail(store->db, store->path, error);
	harden(store->db);
	return 0;
}

static int open_for_reading(struct bc_store *store)
{
	int version, status = connect(store, 0);

	if (status == 0)
		status = bc_store_check_version(store->db, store->path, BC_STORE_VERSION, &version);
	if (status == BC_EOUTPUT) {
		sqlite3_close(store->db);
		status = connect(store, 1);
		if (status == 0)
			status = bc_store_check_version(
				store->db, store->path, BC_STORE_VERSION, &version);
	}
	if (status == 0 && version == 0)
		return bc_fail(BC_EINPUT, "%s: is empty; run blockcheck check first", store->path);
	if (status == 0 && version < BC_STORE_VERSION)
		return bc_fail(BC_EINPUT,
			"%s: was written by an older blockcheck; run blockcheck check first",
			store->path);
	return status;
}

/*
 * WAL lets readers go on while a run is saved. Where the file system cannot do it (some network
 * ones), or another process has the file open in its own mode, the mode stays as it is: slower, and
 * just as safe.
 */
static void choose_journal(sqlite3 *db)
{
	struct bc_row row;
	int wal = 0;

	if (bc_row_prepare(&row, db, "", "PRAGMA journal_mode = WAL") == 0 && bc_row_next(&row) > 0)
		wal = !strcmp((const char *)sqlite3_column_text(row.statement, 0), "wal");
	bc_row_fini(&row);
	/* a rollback journal is only safe against power loss with full syncing */
	sqlite3_exec(db, wal ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", NULL,
		NULL, NULL);
}

static int open_for_writing(struct bc_store *store)
{
	int version, status = connect(store, 0);

	/* before anything is changed */
	if (status == 0)
		status = bc_store_check_version(store->db, store->path, BC_STORE_VERSION, &version);
	if (status < 0)
		return status;
	choose_journal(store->db);
	return bc_store_migrate(store->db, store->path, bc_store_steps, BC_STORE_VERSION);
}

int bc_store_open(const char *path, enum bc_store_mode mode, struct bc_store **store)
{
	int status = check_file(path, mode);

	*store = NULL;
	if (status < 0)
		return status;
	*store = bc_xmalloc(sizeof(**store));
	**store = (struct bc_store){.path = bc_xstrdup(path), .mode = mode};
	status = mode == BC_STORE_WRITE ? open_for_writing(*store) : open_for_reading(*store);
	if (status < 0) {
		bc_store_close(*store);
		*store = NULL;
	}
	return status;
}

/* ---- transactions ---- */

int bc_store_begin(struct bc_store *store, enum bc_store_mode mode)
{
	int status = 0;

	if (!store->depth)
		status = bc_store_execute(store->db, store->path,
			mode == BC_STORE_WRITE ? "BEGIN IMMEDIATE" : "BEGIN");
	store->depth += status == 0;
	return status;
}

int bc_store_end(struct bc_store *store, int status)
{
	if (--store->depth)
		return status;
	if (status == 0)
		status = bc_store_execute(store->db, store->path, "COMMIT");
	if (status < 0)
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

int bc_store_lock(struct bc_store *store)
{
	return bc_store_begin(store, BC_STORE_WRITE);
}

int bc_store_unlock(struct bc_store *store, int status)
{
	return bc_store_end(store, status);
}

void bc_store_close(struct bc_store *store)
{
	if (!store)
		return;
	sqlite3_close(store->db);
	free(store->path);
	free(store);
}

const char *bc_store_sqlite_version(void)
{
	return sqlite3_libversion();
}
