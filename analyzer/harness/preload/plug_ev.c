/*
 * libev feeds itself all that is due by ev_feed_event(): watchers that a program feeds without
 * starting them, and those that got another callback since, pass here. Most have their thunk
 * already.
 */
#include "harness/preload/plug.h"

/* struct ev_watcher */
struct watcher {
	int active, pending, priority;
	void *data, *callback;
};

BC_PLUG_PUBLIC void ev_feed_event(void *loop, struct watcher *watcher, int events);

void ev_feed_event(void *loop, struct watcher *watcher, int events)
{
	void (*real)(void *, struct watcher *, int);
	void *thunk = __blockcheck_thunk(watcher->callback, BC_API_ev_feed_event, BC_PLUG_SITE);

	BC_PLUG_REAL(real, "ev_feed_event");
	if (thunk != watcher->callback)
		watcher->callback = thunk;
	real(loop, watcher, events);
}
