/*
 * Build targets: which program an object file is made for, as far as its path tells.
 *
 * CMake and Meson put a program's objects into a folder of their own: "CMakeFiles/x.dir/", "x.p/".
 * Automake puts the program's name before that of the source, where the program has flags of its
 * own: "src/x-main.o"; the name has the program's folders in it unless the object lies there:
 * "lib/src_x-util.o".
 */
#ifndef BC_LINK_PROGRAM_TARGET_H
#define BC_LINK_PROGRAM_TARGET_H

/* `source` and `other_source` are the files that the objects were compiled from. */
int bc_target_same(
	const char *object, const char *source, const char *other, const char *other_source);
int bc_target_named(const char *object, const char *source);

#endif
