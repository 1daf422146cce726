/* The descriptor or handle that a blocking call is about: who made it, and who set its mode. */
#include <string.h>

#include "findings/explain.h"

enum { MAX_HANDLES = 16, MAX_EVENTS = 16 };

static const char *kind_name(uint8_t kind)
{
	switch ((enum bc_fd_kind)kind) {
	case BC_FDK_SOCKET: return "socket";
	case BC_FDK_DATAGRAM: return "datagram socket";
	case BC_FDK_PIPE: return "pipe";
	case BC_FDK_FILE: return "file";
	case BC_FDK_EVENT: return "event descriptor";
	case BC_FDK_FIFO: return "path of a FIFO";
	case BC_FDK_KERNEL: return "file of the kernel's";
	case BC_FDK_HANDLE: return "handle";
	case BC_FDK_UNKNOWN: break;
	}
	return "descriptor";
}

static const char *mode_name(enum bc_fd_mode mode)
{
	switch (mode) {
	case BC_FD_NONBLOCKING: return "non-blocking";
	case BC_FD_BLOCKING: return "blocking";
	case BC_FD_MIXED: return "blocking or not";
	case BC_FD_UNKNOWN: break;
	}
	return "unknown";
}

static const char *event_text(int flags)
{
	if (flags & BC_ORIGIN_NB && flags & BC_ORIGIN_BLOCKING)
		return "made non-blocking or blocking";
	if (flags & BC_ORIGIN_NB)
		return "made non-blocking";
	if (flags & BC_ORIGIN_BLOCKING)
		return "made blocking";
	if (flags & BC_ORIGIN_UNDECIDED)
		return "set to a mode that is not known";
	return "watched by the loop";
}

static const char *callee_name(const struct bc_program *program, uint32_t call)
{
	uint32_t sym = program->calls[call].sym;

	return sym == BC_NONE ? "a pointer" : program->syms[sym].name;
}

static int same_place(const struct bc_place_loc *a, const struct bc_place_loc *b)
{
	return a->line == b->line && a->column == b->column && !strcmp(a->file, b->file);
}

static void add_event(
	struct bc_explaining *e, struct bc_handle *handle, const struct bc_mode_event *event)
{
	const struct bc_call *c = &e->program->calls[event->call];

	struct bc_place_loc at = bc_explain_at_node(e, c->func, c->node);

	if (handle->nevents == MAX_EVENTS)
		return;
	for (int i = 0; i < handle->nevents; i++)
		if (same_place(&handle->events[i].at, &at))
			return;
	handle->events[handle->nevents++] = (struct bc_handle_event){
		bc_arena_printf(e->arena, "%s by %s() in %s()", event_text(event->flags),
			callee_name(e->program, event->call), bc_func_name(e->program, c->func)),
		at};
}

static void add_handle(void *context, uint32_t number)
{
	struct bc_explaining *e = context;
	const struct bc_modes *modes = &e->linked->modes;
	const struct bc_fd_origin *origin = &modes->origins[number];
	const struct bc_call *c = &e->program->calls[origin->call];
	struct bc_place_loc at = bc_explain_at_node(e, c->func, c->node);
	struct bc_handle *handle;

	if (e->out->nhandles == MAX_HANDLES)
		return;
	for (int i = 0; i < e->out->nhandles; i++)
		if (same_place(&e->out->handles[i].at, &at))
			return;
	handle = &e->out->handles[e->out->nhandles++];
	*handle = (struct bc_handle){
		.made_by = bc_arena_strdup(e->arena, callee_name(e->program, origin->call)),
		.in = bc_arena_strdup(e->arena, bc_func_name(e->program, c->func)),
		.at = at,
		.kind = kind_name(origin->kind),
		.mode = mode_name(bc_modes_of_origin(origin)),
		.events = BC_NEW_ARRAY(e->arena, struct bc_handle_event, MAX_EVENTS)};
	for (size_t i = 0; i < modes->events.count; i++)
		if (modes->events.items[i].origin == number)
			add_event(e, handle, &modes->events.items[i]);
}

void bc_explain_handles(struct bc_explaining *e)
{
	const struct bc_hit *hit = e->found->hit;
	const struct bc_call *c = &e->program->calls[hit->call];
	int arg = bc_pred_fd_argument(hit->rule->nonblocking_when);
	uint32_t node = arg ? bc_call_argument(&e->program->funcs[c->func], c->node, arg) : BC_NONE;

	if (node == BC_NONE)
		return;
	e->out->subject = bc_explain_text(e, c->func, node);
	e->out->handles = BC_NEW_ARRAY(e->arena, struct bc_handle, MAX_HANDLES);
	bc_modes_each_origin(&e->linked->modes, c->func, node, add_handle, e);
}
