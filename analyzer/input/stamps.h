/*
 * What the file system says about files and folders, asked once per run: a system header is looked
 * at once and not once for each source that includes it.
 */
#ifndef BC_INPUT_STAMPS_H
#define BC_INPUT_STAMPS_H

#include <stdint.h>

#include "base/intern.h"
#include "base/vec.h"

struct bc_stamp {
	int exists; /* as a file or folder */
	uint64_t size;
	int64_t mtime_ns, ctime_ns; /* 0 when it does not exist */
};

struct bc_stamps {
	int root_fd;
	char *root;
	struct bc_intern paths, names;
	BC_VEC(struct bc_stamp_entry *) entries; /* by id of the path; NULL: not asked yet */
	BC_VEC(uint32_t) chosen;                 /* by id of a name: the choice it belongs to */
	uint32_t choice;
};

/* Relative paths count from `root`. */
void bc_stamps_init(struct bc_stamps *stamps, const char *root);
void bc_stamps_fini(struct bc_stamps *stamps);

struct bc_stamp bc_stamps_get(struct bc_stamps *stamps, const char *path);

/* The XXH3-128 of a file's content; 0 or BC_EINPUT. */
int bc_stamps_hash(struct bc_stamps *stamps, const char *path, uint64_t hash[2]);

/*
 * Which of some names a folder holds, as a hash; 0 for none. bc_stamps_choose() starts a new choice
 * of names, bc_stamps_add() adds the last component of a path to it.
 */
void bc_stamps_choose(struct bc_stamps *stamps);
void bc_stamps_add(struct bc_stamps *stamps, const char *path);
uint64_t bc_stamps_names(struct bc_stamps *stamps, const char *folder);

#endif
