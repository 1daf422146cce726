/* Versions of the database, and the steps that lead from each to the next. */
#ifndef BC_STORE_MIGRATE_H
#define BC_STORE_MIGRATE_H

struct sqlite3;

enum {
	BC_STORE_APPLICATION_ID = 0x62636462, /* "bcdb"; tells our files from other databases */
	BC_STORE_VERSION = 3
};

/* schema.c: step n is the SQL that takes a database from version n to n + 1; 0 is an empty file. */
extern const char *const bc_store_steps[BC_STORE_VERSION];
/* schema_profiles.c: the step from version 2. */
extern const char bc_store_version_3[];

/*
 * Takes the open database to version `nsteps`, each step in a transaction of its own. `path` is for
 * messages. 0, BC_EINPUT when the file is not to be used (see bc_store_check_version), or
 * BC_EOUTPUT.
 */
int bc_store_migrate(struct sqlite3 *db, const char *path, const char *const *steps, int nsteps);

/*
 * 0 with the version, or BC_EINPUT when the file is damaged, is the database of another program, or
 * of a blockcheck that is newer than `newest`. Changes nothing.
 */
int bc_store_check_version(struct sqlite3 *db, const char *path, int newest, int *version);

#endif
