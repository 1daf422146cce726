#include "store/rows.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

static int fail_io(sqlite3 *db, const char *path)
{
	int error = sqlite3_system_errno(db);

	if (error == ENOSPC || error == EDQUOT)
		return bc_fail(BC_EOUTPUT, "%s: the disk is full", path);
	return bc_fail(BC_EOUTPUT, "%s: cannot be read or written: %s", path,
		error ? strerror(error) : sqlite3_errmsg(db));
}

int bc_store_fail(sqlite3 *db, const char *path, int error)
{
	switch (error & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return bc_fail(BC_EINPUT,
			"%s: is damaged or no database; move it away, or use another with --db "
			"FILE",
			path);
	case SQLITE_FULL: return bc_fail(BC_EOUTPUT, "%s: the disk is full", path);
	case SQLITE_IOERR: return fail_io(db, path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return bc_fail(BC_EOUTPUT, "%s: another process is writing to it; try again", path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return bc_fail(BC_EOUTPUT,
			"%s: cannot be opened or written; use another place with --db FILE", path);
	default:
		return bc_fail(
			BC_EOUTPUT, "%s: %s (SQLite error %d)", path, sqlite3_errmsg(db), error);
	}
}

int bc_store_execute(sqlite3 *db, const char *path, const char *sql)
{
	int error = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return error ? bc_store_fail(db, path, error) : 0;
}

int bc_row_prepare(struct bc_row *row, sqlite3 *db, const char *path, const char *sql)
{
	int error;

	*row = (struct bc_row){.db = db, .path = path};
	error = sqlite3_prepare_v2(db, sql, -1, &row->statement, NULL);
	return error ? bc_store_fail(db, path, error) : 0;
}

void bc_row_fini(struct bc_row *row)
{
	sqlite3_finalize(row->statement);
	*row = (struct bc_row){0};
}

void bc_row_reset(struct bc_row *row)
{
	sqlite3_reset(row->statement);
	row->column = 0;
	row->error = SQLITE_OK;
}

/* ---- in ---- */

static void keep_error(struct bc_row *row, int error)
{
	if (!row->error)
		row->error = error;
}

void bc_row_put_int(struct bc_row *row, int64_t value)
{
	keep_error(row, sqlite3_bind_int64(row->statement, ++row->column, value));
}

void bc_row_put_real(struct bc_row *row, double value)
{
	/* SQLite takes NaN for NULL, which the columns do not allow */
	keep_error(row,
		sqlite3_bind_double(row->statement, ++row->column, isfinite(value) ? value : -1));
}

void bc_row_put_text_or_null(struct bc_row *row, const char *text)
{
	/* the report outlives the statement's run: nothing needs to be copied */
	keep_error(row, sqlite3_bind_text(row->statement, ++row->column, text, -1, SQLITE_STATIC));
}

void bc_row_put_text(struct bc_row *row, const char *text)
{
	bc_row_put_text_or_null(row, text ? text : "");
}

void bc_row_put_loc(struct bc_row *row, const struct bc_place_loc *loc)
{
	bc_row_put_text(row, loc->file);
	bc_row_put_int(row, loc->line);
	bc_row_put_int(row, loc->column);
}

int bc_row_run(struct bc_row *row)
{
	int error = row->error;

	if (!error) {
		error = sqlite3_step(row->statement);
		if (error == SQLITE_DONE || error == SQLITE_ROW)
			error = SQLITE_OK;
	}
	if (error)
		error = bc_store_fail(row->db, row->path, error);
	bc_row_reset(row);
	return error;
}

/* ---- out ---- */

int bc_row_next(struct bc_row *row)
{
	int error = row->error ? row->error : sqlite3_step(row->statement);

	row->column = 0;
	if (error == SQLITE_ROW)
		return 1;
	return error == SQLITE_DONE ? 0 : bc_store_fail(row->db, row->path, error);
}

int64_t bc_row_int(struct bc_row *row)
{
	return sqlite3_column_int64(row->statement, row->column++);
}

uint32_t bc_row_count(struct bc_row *row, uint32_t most)
{
	int64_t value = bc_row_int(row);

	if (value >= 0 && value <= (int64_t)most)
		return (uint32_t)value;
	bc_row_mark_damaged(row);
	return 0;
}

double bc_row_real(struct bc_row *row)
{
	return sqlite3_column_double(row->statement, row->column++);
}

const char *bc_row_text_or_null(struct bc_row *row, struct bc_arena *arena)
{
	const unsigned char *text = sqlite3_column_text(row->statement, row->column++);

	return text ? bc_arena_strdup(arena, (const char *)text) : NULL;
}

const char *bc_row_text(struct bc_row *row, struct bc_arena *arena)
{
	const char *text = bc_row_text_or_null(row, arena);

	return text ? text : "";
}

struct bc_place_loc bc_row_loc(struct bc_row *row, struct bc_arena *arena)
{
	struct bc_place_loc loc = {.file = bc_row_text(row, arena)};

	loc.line = bc_row_count(row, UINT32_MAX);
	loc.column = bc_row_count(row, UINT32_MAX);
	return loc;
}

void bc_row_mark_damaged(struct bc_row *row)
{
	keep_error(row, SQLITE_CORRUPT);
}

int bc_row_done(struct bc_row *row)
{
	return row->error ? bc_store_fail(row->db, row->path, row->error) : 0;
}

int bc_row_word(struct bc_row *row, int first, int last, const char *(*name_of)(int value))
{
	const char *text = (const char *)sqlite3_column_text(row->statement, row->column++);

	for (int value = first; text && value <= last; value++)
		if (!strcmp(name_of(value), text))
			return value;
	bc_row_mark_damaged(row);
	return first;
}
