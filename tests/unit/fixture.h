/* What a test in a folder of its own needs: the folder, and an arena. */
#ifndef BC_TEST_FIXTURE_H
#define BC_TEST_FIXTURE_H

#include "base/arena.h"
#include "unit/tempdir.h"

struct fixture {
	struct bc_arena arena;
	char *dir;
};

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = tempdir_make();
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	tempdir_remove(f->dir);
	bc_arena_fini(&f->arena);
	free(f);
	return 0;
}

#endif
