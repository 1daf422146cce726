/*
 * Rows in and out of SQLite, column by column, in the order of the statement. An error on the way
 * is kept and comes back from the call that ends the row.
 */
#ifndef BC_STORE_ROWS_H
#define BC_STORE_ROWS_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/arena.h"
#include "findings/finding.h"

struct bc_row {
	sqlite3 *db;
	const char *path; /* of the database, for messages */
	sqlite3_stmt *statement;
	int column; /* the next */
	int error;  /* SQLite's, the first of this row */
};

/* Defines `name_of` for bc_row_word() from the function that names the values of an enum. */
#define BC_ROW_WORDS(name_of, type, name_of_value) \
	static const char *name_of(int value) \
	{ \
		return name_of_value((type)value); \
	}

/* Sets the message for SQLite's `error` and returns its class. */
int bc_store_fail(sqlite3 *db, const char *path, int error);

/* Runs statements that return nothing. 0 or an error class with its message. */
int bc_store_execute(sqlite3 *db, const char *path, const char *sql);

int bc_row_prepare(struct bc_row *row, sqlite3 *db, const char *path, const char *sql);
void bc_row_fini(struct bc_row *row);

/* Values of a statement. NULL text is stored as "", unless the column may be NULL. */
void bc_row_put_int(struct bc_row *row, int64_t value);
void bc_row_put_real(struct bc_row *row, double value);
void bc_row_put_text(struct bc_row *row, const char *text);
void bc_row_put_text_or_null(struct bc_row *row, const char *text);
void bc_row_put_loc(struct bc_row *row, const struct bc_place_loc *loc);
/* Runs the statement and makes it ready for the next row. 0 or an error class with its message. */
int bc_row_run(struct bc_row *row);

/* 1 when there is a row to read, 0 at the end, or an error class with its message. */
int bc_row_next(struct bc_row *row);
/* Makes the statement ready to be run again, with other values. */
void bc_row_reset(struct bc_row *row);
int64_t bc_row_int(struct bc_row *row);
/* A number that must fit [0, most]; anything else makes the row damaged. */
uint32_t bc_row_count(struct bc_row *row, uint32_t most);
double bc_row_real(struct bc_row *row);
const char *bc_row_text(struct bc_row *row, struct bc_arena *arena); /* "" for NULL */
const char *bc_row_text_or_null(struct bc_row *row, struct bc_arena *arena);
/* The value from `first` to `last` whose name the column is; anything else makes the row damaged.
 */
int bc_row_word(struct bc_row *row, int first, int last, const char *(*name_of)(int value));
struct bc_place_loc bc_row_loc(struct bc_row *row, struct bc_arena *arena);
/* Notes that what was read makes no sense: bc_row_done() fails. */
void bc_row_mark_damaged(struct bc_row *row);
/* To be asked after the columns of a row were read. 0 or BC_EINPUT. */
int bc_row_done(struct bc_row *row);

#endif
