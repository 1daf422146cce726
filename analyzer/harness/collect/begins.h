/* Where functions without a symbol begin, and how names of C++ are written. */
#ifndef BC_HARNESS_COLLECT_BEGINS_H
#define BC_HARNESS_COLLECT_BEGINS_H

#include <libelf.h>
#include <stdint.h>

#include "base/arena.h"

/* The address, as the file has it, of the function around; 0 where the file does not tell. */
uint64_t bc_begin_of(Elf *elf, uint64_t address);

/* "foo" of "foo(int)", for "_Z3fooi", and for "foo.isra.0"; other names as they are. */
const char *bc_plain_name(struct bc_arena *arena, const char *name);

#endif
