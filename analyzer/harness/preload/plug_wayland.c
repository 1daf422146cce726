/*
 * Wayland's requests and events come through tables of functions with any number of arguments,
 * called by libffi. Only what libwayland has it call is a callback. Signals call struct
 * wl_listener.
 */
#include "harness/preload/plug.h"

#include <dlfcn.h>
#include <string.h>

/* ---- requests and events ---- */

BC_PLUG_PUBLIC void ffi_call(void *interface, void *function, void *result, void **arguments);

static uint32_t find_table(const char *file)
{
	const char *slash = strrchr(file, '/');

	file = slash ? slash + 1 : file;
	return strncmp(file, "libwayland-", 11) != 0         ? BC_API_NONE
	       : strncmp(file, "libwayland-server", 17) == 0 ? BC_API_wl_resource_set_implementation
							     : BC_API_wl_proxy_add_listener;
}

/* How the program gave the table out of which is called from here, NONE: not Wayland's. Remembered;
 * programs have a few such places. */
static uint32_t find_api(uint64_t site)
{
	static uint64_t known[16]; /* the answer above the address */
	Dl_info info;
	uint32_t api;
	int i;

	for (i = 0; i < 16; i++) {
		uint64_t seen = __atomic_load_n(&known[i], __ATOMIC_RELAXED);

		if (seen << 16 == site << 16)
			return (uint32_t)(seen >> 48);
		if (!seen)
			break;
	}
	if (!dladdr((void *)site, &info) || !info.dli_fname)
		return BC_API_NONE;
	api = find_table(info.dli_fname);
	if (i < 16)
		__atomic_store_n(
			&known[i], site << 16 >> 16 | (uint64_t)api << 48, __ATOMIC_RELAXED);
	return api;
}

void ffi_call(void *interface, void *function, void *result, void **arguments)
{
	void (*real)(void *, void *, void *, void **);
	uint64_t site = BC_PLUG_SITE;
	struct bc_around around;
	uint32_t api;
	void *thunk;

	BC_PLUG_REAL(real, "ffi_call");
	api = find_api(site);
	if (!api) {
		real(interface, function, result, arguments);
		return;
	}
	thunk = __blockcheck_thunk(function, api, site);
	__blockcheck_enter(thunk, &around);
	real(interface, function, result, arguments);
	__blockcheck_leave(thunk, &around);
}

/* ---- signals ----
 *
 * A listener is part of a list, in which the program itself puts it, and which it may walk: what
 * `notify` holds must stay. So signals are emitted here, as libwayland's manual says, through the
 * thunks.
 */

struct link {
	struct link *before, *after;
};

/* struct wl_listener */
struct listener {
	struct link link;
	void (*notify)(struct listener *listener, void *data);
};

/* Not inlined: gcc believes that entries on the stack are left behind in the list. */
static __attribute__((noinline)) void insert(struct link *place, struct link *link)
{
	link->before = place;
	link->after = place->after;
	place->after->before = link;
	place->after = link;
}

static void take_out(struct link *link)
{
	link->before->after = link->after;
	link->after->before = link->before;
}

static void do_nothing(struct listener *listener, void *data)
{
	(void)listener;
	(void)data;
}

static void notify(struct listener *listener, void *data, uint64_t site)
{
	void (*call)(struct listener *, void *) = listener->notify;

	if (call != do_nothing)
		*(void **)&call = __blockcheck_thunk(*(void **)&call, BC_API_wl_listener, site);
	call(listener, data);
}

BC_PLUG_PUBLIC void wl_signal_emit_mutable(struct link *signal, void *data);

/*
 * Any listener may be taken out or added meanwhile, and the signal emitted again: so our place in
 * the list is kept by an entry of its own, and another stands behind the last that is called.
 */
void wl_signal_emit_mutable(struct link *signal, void *data)
{
	struct listener here = {.notify = do_nothing}, end = {.notify = do_nothing};

	insert(signal, &here.link);
	insert(signal->before, &end.link);
	while (here.link.after != &end.link) {
		struct listener *next = (struct listener *)here.link.after;

		take_out(&here.link);
		insert(&next->link, &here.link);
		notify(next, data, BC_PLUG_SITE);
	}
	take_out(&here.link);
	take_out(&end.link);
}

/*
 * libwayland's own signals are emitted inside of it: there the listener has to hold the thunk. It
 * is found again by the function that the program gave.
 */
static void wrap(struct listener *listener, uint64_t site)
{
	void **notify_field = (void **)&listener->notify;

	*notify_field = __blockcheck_thunk(*notify_field, BC_API_wl_listener, site);
}

#define ADD(name) \
	BC_PLUG_PUBLIC void name(void *object, struct listener *listener); \
	void name(void *object, struct listener *listener) \
	{ \
		void (*real)(void *, struct listener *); \
\
		BC_PLUG_REAL(real, #name); \
		wrap(listener, BC_PLUG_SITE); \
		real(object, listener); \
	}
ADD(wl_event_loop_add_destroy_listener)
ADD(wl_display_add_destroy_listener)
ADD(wl_display_add_client_created_listener)
ADD(wl_client_add_destroy_listener)
ADD(wl_client_add_destroy_late_listener)
ADD(wl_client_add_resource_created_listener)
ADD(wl_resource_add_destroy_listener)

#define GET(name) \
	BC_PLUG_PUBLIC struct listener *name(void *object, void *function); \
	struct listener *name(void *object, void *function) \
	{ \
		struct listener *(*real)(void *, void *), *found; \
\
		BC_PLUG_REAL(real, #name); \
		found = real( \
			object, __blockcheck_thunk(function, BC_API_wl_listener, BC_PLUG_SITE)); \
		return found ? found : real(object, function); \
	}
GET(wl_event_loop_get_destroy_listener)
GET(wl_display_get_destroy_listener)
GET(wl_client_get_destroy_listener)
GET(wl_client_get_destroy_late_listener)
GET(wl_resource_get_destroy_listener)
