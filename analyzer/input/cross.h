/*
 * Cross compilers, told by their name: arm-linux-gnueabihf-gcc-12 compiles for arm-linux-gnueabihf.
 * The compiler itself is never run to ask: it comes out of the analysed tree's database.
 */
#ifndef BC_INPUT_CROSS_H
#define BC_INPUT_CROSS_H

#include "base/arena.h"
#include "input/command.h"

/* The target triple in a compiler's name, or NULL: "gcc-12", "musl-gcc" and "ccache-cc" have none.
 */
const char *bc_cross_triple(struct bc_arena *arena, const char *compiler);

/* 1 when `triple` means this machine's own kind of system, so that no option is needed. */
int bc_cross_is_native(const char *triple);

/*
 * Adds `-target <triple>` and, when no sysroot is given and the distribution's cross headers are
 * installed, `-isystem /usr/<triple>/include`. `given` is the target among the arguments already,
 * or NULL.
 */
void bc_cross_add(struct bc_arena *arena, const char *compiler, const char *given, int sysroot,
	struct bc_argv *args);

#endif
