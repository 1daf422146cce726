/* How a function was called, from the code before the place where it returns to. */
#ifndef BC_HARNESS_COLLECT_CALLSITE_H
#define BC_HARNESS_COLLECT_CALLSITE_H

#include <libelf.h>
#include <stdint.h>

/* 1 when the call that ends at this address, as the file has it, goes through a pointer of the
 * program's; 0 when it names its function, or that cannot be told. */
int bc_callsite_is_indirect(Elf *elf, uint64_t after);

#endif
