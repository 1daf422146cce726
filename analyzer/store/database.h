/* What the files of store/ share about an open database. */
#ifndef BC_STORE_DATABASE_H
#define BC_STORE_DATABASE_H

#include <sqlite3.h>

#include "store/store.h"

struct bc_store {
	sqlite3 *db;
	char *path; /* as given, for messages */
	enum bc_store_mode mode;
};

#endif
