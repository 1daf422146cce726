/*
 * When does a call run: in front of clients, because somebody asked for a reload, or on the way
 * out? Callbacks of signals tell (roots.h), and calls that end the loop: what surely runs together
 * with uv_stop() is the last thing that the loop does.
 */
#ifndef BC_LINK_SEARCH_PHASES_H
#define BC_LINK_SEARCH_PHASES_H

#include <stdint.h>

#include "link/program/program.h"
#include "models/models.h"

struct bc_search;

struct bc_phases {
	const struct bc_program *program;
	uint8_t *ends;  /* per call: the loop ends right before or after it */
	uint8_t *flags; /* per symbol: BC_PHASE_BIT()s; a variable that only handlers of their
			   signals set */
};

void bc_phases_init(
	struct bc_phases *phases, const struct bc_program *program, const struct bc_models *models);
void bc_phases_fini(struct bc_phases *phases);

struct bc_call_event;

/*
 * The phases that a call, as one path makes it, tells of itself: if (got_sighup) reload(); 0 when
 * it runs whenever its function does. *flag becomes the variable that tells, or BC_NONE.
 */
uint8_t bc_phases_of_call(
	const struct bc_phases *phases, const struct bc_call_event *event, uint32_t *flag);

/*
 * Per state of a search that has run, the phases in which some way leads there: BC_PHASE_BIT()s.
 * The caller frees it.
 */
uint8_t *bc_phases_of_states(const struct bc_search *search);

/* The phase that a mask amounts to: one ordinary way is enough to be NORMAL. */
enum bc_phase bc_phase_of_mask(uint8_t mask);

#endif
