/* A database in a temporary folder, and what tests of the store ask of it behind the store's back.
 */
#ifndef BC_TEST_STORE_BUILD_H
#define BC_TEST_STORE_BUILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/fs.h"
#include "store/store.h"
#include "unit/tempdir.h"

struct place {
	char *folder;
	char path[256];
};

static inline int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	place->folder = tempdir_make();
	snprintf(place->path, sizeof(place->path), "%s/x.db", place->folder);
	*state = place;
	return 0;
}

static inline int tear_down(void **state)
{
	struct place *place = *state;

	tempdir_remove(place->folder);
	free(place);
	return 0;
}

static const struct bc_store_run a_run = {
	.started_ms = 1700000000123,
	.command = "blockcheck check -p build",
	.blockcheck = "0.1.0",
	.libclang = "clang version 19",
	.min_confidence = BC_CONF_POSSIBLE,
	.budget_ms = 2.5,
};

static inline int save_report(const char *path, const struct bc_report *report)
{
	struct bc_store *store;
	int status = bc_store_open(path, BC_STORE_WRITE, &store);

	if (status == 0)
		status = bc_store_save_run(store, report, &a_run, NULL);
	bc_store_close(store);
	return status;
}

static inline int load_report(const char *path, struct bc_report *report, struct bc_store_run *run)
{
	struct bc_store *store;
	int status = bc_store_open(path, BC_STORE_READ, &store);

	if (status == 0)
		status = bc_store_load_last(store, report, run);
	bc_store_close(store);
	return status;
}

/* The one number that a query gives. */
static inline int64_t ask(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *statement;
	int64_t value;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return value;
}

static inline void tell(const char *path, const char *sql)
{
	sqlite3 *db;
	char *error = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* The same bytes but for one bit in the first `size`; another one for each `seed`. */
static inline void write_flipped(const char *path, struct bc_buf *good, size_t size, uint32_t *seed)
{
	size_t at = ((*seed = *seed * 1664525 + 1013904223) >> 4) % size;
	char bit = (char)(1 << *seed % 8);

	good->data[at] ^= bit;
	assert_int_equal(bc_file_write(path, good->data, good->len), 0);
	good->data[at] ^= bit;
}

static inline void assert_all_end_well(const pid_t *pids, int npids)
{
	int status;

	for (int i = 0; i < npids; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

#endif
