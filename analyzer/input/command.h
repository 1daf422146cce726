/*
 * Command lines as build systems write them: split the way a shell would, `@file` arguments read
 * in, and the programs that merely wrap the compiler taken away.
 */
#ifndef BC_INPUT_COMMAND_H
#define BC_INPUT_COMMAND_H

#include <stddef.h>

#include "base/arena.h"
#include "base/vec.h"

/* Arguments; the texts live in an arena, the array on the heap. */
struct bc_argv {
	const char **items;
	size_t count, capacity;
};

enum bc_quoting {
	BC_QUOTING_SHELL,   /* POSIX sh: nothing is special between single quotes */
	BC_QUOTING_RESPONSE /* @file, as gcc and clang read it: backslash escapes everywhere */
};

/* Appends the words of `text` to `argv`. Nothing is expanded. 0, or BC_EINPUT for an open quote. */
int bc_command_split(
	struct bc_arena *arena, const char *text, enum bc_quoting quoting, struct bc_argv *argv);

/*
 * Replaces each `@file` by the words in that file, relative to `directory`. As compilers do, an
 * argument that names no readable file stays as it is. BC_ELIMIT when the files nest too deep or
 * hold too much; `budget` is the number of bytes that may still be read for all commands.
 */
int bc_command_expand(
	struct bc_arena *arena, const char *directory, struct bc_argv *argv, size_t *budget);

/*
 * Index of the compiler in `argv`, behind `cd DIR &&`, variable assignments and the likes of
 * ccache, env and libtool; argv->count when there is none. `directory` is replaced when the command
 * changes it. Words behind the command's end (`&& ...`) are cut off.
 */
size_t bc_command_unwrap(struct bc_arena *arena, struct bc_argv *argv, const char **directory);

void bc_argv_fini(struct bc_argv *argv);

#endif
