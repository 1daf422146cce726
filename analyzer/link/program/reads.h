/* What a function only reads, as its type says: parameters that point to something constant. */
#ifndef BC_LINK_PROGRAM_READS_H
#define BC_LINK_PROGRAM_READS_H

#include <stdint.h>

#include "link/program/program.h"

/*
 * May a function of this type write to what its n-th argument (from 1) points to? Not where the
 * parameter points to something constant. Yes where nothing is known, or `type` is BC_NONE.
 */
int bc_may_write_argument(const struct bc_program *program, uint32_t type, int arg);

/* bc_typeinfo.reads of a function type as it is written. */
uint64_t bc_reads_of_type(const char *spelling);

#endif
