/* Which of a compiler's arguments reach the parser. */
#ifndef BC_INPUT_FLAGS_H
#define BC_INPUT_FLAGS_H

#include "base/arena.h"
#include "input/command.h"
#include "input/language.h"

struct bc_flags {
	struct bc_argv args;     /* for the parser */
	struct bc_argv identity; /* what tells two compiles of one source apart: `args` without what
				    seldom changes the meaning, include folders made absolute */
	const char *output;      /* of -o, as written, or NULL */
	enum bc_language language; /* by -x, the driver's name and the extension */
	const char *target;        /* of -target or --target=, or NULL */
	int sysroot;               /* a sysroot is given */
	int no_compile;            /* it only preprocesses, or lists what is included */
};

/*
 * Sorts `argv` (compiler first) for the source `file`, absolute. Kept is what changes the meaning
 * of the source; everything else is dropped, and with it whatever could load code or write files.
 */
void bc_flags_filter(struct bc_arena *arena, const char *const *argv, size_t argc,
	const char *directory, const char *file, struct bc_flags *out);
void bc_flags_fini(struct bc_flags *flags);

#endif
