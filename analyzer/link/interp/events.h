/* What a call says about its arguments, on the path by which the interpreter came to it. */
#ifndef BC_LINK_INTERP_EVENTS_H
#define BC_LINK_INTERP_EVENTS_H

#include "link/interp/interp.h"
#include "models/models.h"

/* Argument `arg` of the call, from 1; unknown when there are fewer. */
struct bc_value bc_event_argument(const struct bc_call_event *event, int arg);

/*
 * The named field of what argument `arg` of the call points to, "*" for the whole; or of the record
 * that it is itself, handed over by value.
 */
struct bc_value bc_event_field(const struct bc_program *program, const struct bc_call_event *event,
	int arg, const char *field);

/* A call as a pack's conditions read it while nothing is known of descriptors' modes. */
struct bc_event_reader {
	const struct bc_program *program;
	const struct bc_call_event *event;
};

/* `reader` must outlive the view. */
struct bc_call_view bc_event_view(struct bc_event_reader *reader);

enum bc_tri bc_event_ask(const struct bc_program *program, const struct bc_models *models,
	const struct bc_pred *pred, const struct bc_call_event *event);

#endif
