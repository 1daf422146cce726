/* What the files of store/ share about an open database. */
#ifndef BC_STORE_DATABASE_H
#define BC_STORE_DATABASE_H

#include <sqlite3.h>

#include "store/store.h"

struct bc_store {
	sqlite3 *db;
	char *path; /* as given, for messages */
	enum bc_store_mode mode;
	int depth; /* of transactions, of which only the outermost is SQLite's */
};

/*
 * Begins a transaction, or takes part in the one that is open. One that writes takes the lock at
 * once, so that no later statement finds the file busy. What was begun is ended with its status:
 * the outermost keeps what was written when that is 0. Returns the status, or why it was not kept.
 */
int bc_store_begin(struct bc_store *store, enum bc_store_mode mode);
int bc_store_end(struct bc_store *store, int status);

#endif
