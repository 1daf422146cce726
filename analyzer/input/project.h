/* Where a project lies, and where its results go. */
#ifndef BC_INPUT_PROJECT_H
#define BC_INPUT_PROJECT_H

#include "base/arena.h"
#include "input/compdb.h"

#define BC_PROJECT_FILE ".blockcheck.yaml"
#define BC_PROJECT_FOLDER ".blockcheck"

struct bc_project {
	const char *root;   /* absolute; paths below it are shown relative to it */
	const char *config; /* the project file, or NULL */
	const char *home; /* folder of the project file, else the current one: the default database
			     and the baseline lie here */
	const char *database; /* the SQLite file */
	const char *facts;    /* folder of the fact files, beside the database */
	int own_folder;       /* the database lies in our folder, not in one of the user's choice */
};

/* The project file of the folder `here` (absolute), or of the next one above; NULL without. */
const char *bc_project_find_file(struct bc_arena *arena, const char *here);

/*
 * Finds the root: the folder of the project file, looked for in `here` and upwards; else `here`
 * when at least half of the sources lie below it; else the deepest folder that holds all sources.
 * `db` may be NULL for commands that read no sources. `database` is --db, or NULL.
 */
void bc_project_locate(struct bc_arena *arena, const char *here, const struct bc_compdb *db,
	const char *database, struct bc_project *out);

/*
 * Makes the folders of the database and the facts. What we make ignores itself for git. BC_EOUTPUT
 * with what to do about it.
 */
int bc_project_prepare(const struct bc_project *project);
/* Likewise, but of the database only. */
int bc_project_prepare_database(const struct bc_project *project);

#endif
