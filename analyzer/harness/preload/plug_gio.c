/*
 * GDBus takes the functions of an object in a table, of which it makes a copy: so it may get one
 * that lies on the stack. Its own calls to itself are bound inside of it; an object that a
 * generated skeleton exports is not seen.
 */
#include "harness/preload/plug.h"

/* struct _GDBusInterfaceVTable */
struct interface_vtable {
	void *method_call, *get_property, *set_property, *padding[8];
};

BC_PLUG_PUBLIC unsigned g_dbus_connection_register_object(void *connection, const char *path,
	void *info, const struct interface_vtable *table, void *data, void *free_data,
	void **error);

static void *wrap(void *function, uint64_t site)
{
	uint32_t api = BC_API_g_dbus_connection_register_object | BC_WIDE;

	return __blockcheck_thunk(function, api, site);
}

unsigned g_dbus_connection_register_object(void *connection, const char *path, void *info,
	const struct interface_vtable *table, void *data, void *free_data, void **error)
{
	unsigned (*real)(void *, const char *, void *, const struct interface_vtable *, void *,
		void *, void **);
	struct interface_vtable copy;

	BC_PLUG_REAL(real, "g_dbus_connection_register_object");
	if (table) {
		copy = *table;
		copy.method_call = wrap(copy.method_call, BC_PLUG_SITE);
		copy.get_property = wrap(copy.get_property, BC_PLUG_SITE);
		copy.set_property = wrap(copy.set_property, BC_PLUG_SITE);
		table = &copy;
	}
	return real(connection, path, info, table, data, free_data, error);
}
