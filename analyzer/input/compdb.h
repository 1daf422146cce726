/*
 * The compilation database, compile_commands.json, in the shapes that CMake, Meson, Bear, Ninja,
 * compiledb and people write it.
 *
 * The database belongs to the analysed tree, so it is data and nothing in it is run: no compiler is
 * asked for its defaults, and of its options only those that change what the source means are kept
 * (see flags.h). An entry that cannot be used is counted, never fatal; a file that is no database
 * at all is one error.
 */
#ifndef BC_INPUT_COMPDB_H
#define BC_INPUT_COMPDB_H

#include <stddef.h>

#include "base/arena.h"

/* Why an entry was left out. */
enum bc_skip {
	BC_SKIP_CXX,
	BC_SKIP_OBJC,
	BC_SKIP_CUDA,
	BC_SKIP_ASSEMBLER,
	BC_SKIP_HEADER,     /* a header listed as if it were compiled */
	BC_SKIP_OTHER,      /* Fortran, Rust, an object file, ... */
	BC_SKIP_PREPROCESS, /* the preprocessor alone is run, say to look for something in its
			       output */
	BC_SKIP_DUPLICATE,  /* the same source with the same meaning; its output is kept */
	BC_SKIP_VARIANT,    /* the same source in more variants than are worth reading */
	BC_SKIP_MALFORMED,
	BC_SKIP_COUNT
};

/* One C source and how it is compiled. */
struct bc_compile {
	const char *file;        /* absolute, through a folder without symbolic links */
	const char *directory;   /* where the command runs; absolute */
	const char *const *args; /* as struct bc_parse_job wants them */
	int nargs;
	const char *output;         /* first of `outputs`, or NULL */
	const char *const *outputs; /* absolute; more than one when duplicates were merged, as for a
				       source that belongs to two targets */
	int noutputs;
	const char *compiler; /* name of the compiler, without folder and wrappers; "" unknown */
	int line;             /* of the entry in the database */
	int missing;          /* the file does not exist */
};

struct bc_compdb {
	const char *path;                 /* as the caller named it */
	const struct bc_compile *entries; /* in the order of the database */
	size_t count;
	size_t skipped[BC_SKIP_COUNT];
	size_t missing; /* entries whose file does not exist; they stay in `entries` */
	const char
		*first_malformed; /* "path:line: what is wrong" of the first such entry, or NULL */
};

/*
 * Reads a database out of `text`. `path` names it in messages, and relative directories count from
 * its folder. 0; BC_EINPUT when this is no database or holds nothing in C; BC_ELIMIT when it is
 * absurdly large. On failure `out` is empty.
 */
int bc_compdb_parse(struct bc_arena *arena, const char *text, size_t len, const char *path,
	struct bc_compdb *out);

/* The same from a file. */
int bc_compdb_load(struct bc_arena *arena, const char *path, struct bc_compdb *out);

/* "C++", "assembler", ...: for "skipped 12 C++ entries". */
const char *bc_skip_name(enum bc_skip skip);

/* "12 C++, 3 assembler" for what is neither duplicate nor zero; "" when nothing was skipped. */
const char *bc_compdb_skipped_text(struct bc_arena *arena, const struct bc_compdb *db);

#endif
