/*
 * The values of the macro constants that rules mention, as the analysed program's own headers and
 * target define them. Asked once for a set of names and kept beside the facts.
 */
#ifndef BC_PARSE_RESOLVE_H
#define BC_PARSE_RESOLVE_H

#include "base/arena.h"
#include "input/compdb.h"
#include "input/project.h"
#include "parse/parse.h"

/*
 * Reads what is wanted under the options of `compile`, in a worker process. 0 even when nothing
 * could be read (all unknown): rules then answer "unknown". BC_EOUTPUT when the project's folder
 * cannot be written.
 */
int bc_constants_resolve(struct bc_arena *arena, const struct bc_project *project,
	const struct bc_compile *compile, const struct bc_constants *wanted);

#endif
