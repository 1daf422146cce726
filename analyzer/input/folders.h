/*
 * The folders in which a new file could come before one that a unit's includes found, or be found
 * where there was none: those of -I and its like with the subfolders that includes name ("sys" of
 * <sys/socket.h>), and those of the project's files themselves, for quoted includes.
 */
#ifndef BC_INPUT_FOLDERS_H
#define BC_INPUT_FOLDERS_H

#include "base/arena.h"
#include "input/compdb.h"
#include "input/manifest.h"

/* Fills manifest->folders by its files and missing includes; only their paths. */
void bc_manifest_add_folders(struct bc_arena *arena, const char *root,
	const struct bc_compile *compile, struct bc_manifest *manifest);

#endif
