/* libevent's functions that tell which callback was set: they must not show our thunks. */
#include "harness/preload/plug.h"

BC_PLUG_PUBLIC void *event_get_callback(const void *event);
BC_PLUG_PUBLIC void event_get_assignment(
	const void *event, void **base, int *fd, short *events, void **callback, void **argument);
BC_PLUG_PUBLIC void bufferevent_getcb(
	void *bufferevent, void **read, void **write, void **event, void **argument);

static void unwrap(void **callback)
{
	if (callback)
		*callback = __blockcheck_original(*callback);
}

void *event_get_callback(const void *event)
{
	void *(*real)(const void *);

	BC_PLUG_REAL(real, "event_get_callback");
	return __blockcheck_original(real(event));
}

void event_get_assignment(
	const void *event, void **base, int *fd, short *events, void **callback, void **argument)
{
	void (*real)(const void *, void **, int *, short *, void **, void **);

	BC_PLUG_REAL(real, "event_get_assignment");
	real(event, base, fd, events, callback, argument);
	unwrap(callback);
}

void bufferevent_getcb(void *bufferevent, void **read, void **write, void **event, void **argument)
{
	void (*real)(void *, void **, void **, void **, void **);

	BC_PLUG_REAL(real, "bufferevent_getcb");
	real(bufferevent, read, write, event, argument);
	unwrap(read);
	unwrap(write);
	unwrap(event);
}
