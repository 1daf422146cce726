/* What can be told of a program before it runs, and starting it. */
#ifndef BC_HARNESS_COLLECT_TARGET_H
#define BC_HARNESS_COLLECT_TARGET_H

#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"

enum bc_plug {
	BC_PLUG_UV = 1,
	BC_PLUG_EVENT = 2,
	BC_PLUG_EV = 4,
	BC_PLUG_GLIB = 8,
	BC_PLUG_SDEVENT = 16,
	BC_PLUG_WAYLAND = 32,
	BC_PLUG_GIO = 64,
};

struct bc_target {
	const char *path;        /* absolute */
	const char *file;        /* the same as it was named or found, for what sees its own name */
	const char *interpreter; /* of a script, else the dynamic linker; "" without */
	int preloadable;
	const char *why; /* a sentence when it is not: static, setuid, musl, another machine */
	int hands_on; /* where it is not: what it starts may be, since it leaves LD_PRELOAD alone */
	int foreign;  /* its system calls have other numbers than ours */
	int asan;     /* linked against gcc's AddressSanitizer runtime */
	unsigned plugs; /* set of enum bc_plug */
};

/* Finds the program as execvp() would and looks into it. 0 or BC_EINPUT. */
int bc_target_inspect(struct bc_arena *arena, const char *name, struct bc_target *target);

/*
 * Starts it, with the library in front of its own where that is possible. `wire_path` is what
 * BC_WIRE_ENV gets. With `follow` the library is also there for what the program starts. 0 or
 * BC_EINPUT; *pid is our child.
 */
int bc_target_launch(struct bc_arena *arena, const struct bc_target *target, char *const *argv,
	const char *preload_dir, const char *wire_path, int follow, pid_t *pid);

/* "libuv, GLib, ": the libraries for which there is something to put in front of them. */
void bc_target_name_plugs(const struct bc_target *target, struct bc_buf *out);

/* Where a program's file wants to be in memory; 0: anywhere. */
uint64_t bc_target_base(const char *path);

/* Where the libraries are: beside the program, in the build tree, or installed. NULL: nowhere. */
const char *bc_target_preload_dir(struct bc_arena *arena);

#endif
