/*
 * Wayland's listeners are tables of functions with any number of arguments, called by libffi. Only
 * what libwayland has it call is a callback.
 */
#include "harness/preload/plug.h"

#include <dlfcn.h>
#include <string.h>

BC_PLUG_PUBLIC void ffi_call(void *interface, void *function, void *result, void **arguments);

/* Remembered by where the call returns to: lowest bit 1, no; 0, yes. Programs have a few such
 * places. */
static int is_listener(uint64_t site)
{
	static uint64_t known[16]; /* twice the address, and the answer */
	const char *slash;
	Dl_info info;
	int i, other;

	for (i = 0; i < 16; i++) {
		uint64_t seen = __atomic_load_n(&known[i], __ATOMIC_RELAXED);

		if (seen >> 1 == site)
			return !(seen & 1);
		if (!seen)
			break;
	}
	if (!dladdr((void *)site, &info) || !info.dli_fname)
		return 0;
	slash = strrchr(info.dli_fname, '/');
	other = strncmp(slash ? slash + 1 : info.dli_fname, "libwayland-", 11) != 0;
	if (i < 16)
		__atomic_store_n(&known[i], site << 1 | (uint64_t)other, __ATOMIC_RELAXED);
	return !other;
}

void ffi_call(void *interface, void *function, void *result, void **arguments)
{
	void (*real)(void *, void *, void *, void **);
	uint64_t site = BC_PLUG_SITE;
	struct bc_around around;

	BC_PLUG_REAL(real, "ffi_call");
	if (!is_listener(site)) {
		real(interface, function, result, arguments);
		return;
	}
	__blockcheck_enter(__blockcheck_thunk(function, BC_API_wl_listener, site), &around);
	real(interface, function, result, arguments);
	__blockcheck_leave(&around);
}
