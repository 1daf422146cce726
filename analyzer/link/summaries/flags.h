/*
 * Flags of signals: static void on_hup(int n) { got_hup = 1; }. A variable that nobody sets but the
 * handlers of a signal tells, where a loop looks at it, that the signal came.
 */
#ifndef BC_LINK_SUMMARIES_FLAGS_H
#define BC_LINK_SUMMARIES_FLAGS_H

#include <stdint.h>

#include "link/program/program.h"
#include "models/models.h"

/* Per symbol, the phases of such a variable: BC_PHASE_BIT()s, 0 for all others. The caller frees
 * it.
 */
uint8_t *bc_flags_of_handlers(const struct bc_program *program, const struct bc_models *models);

#endif
