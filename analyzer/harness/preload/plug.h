/* What the plugs that are more than a table take from the core. */
#ifndef BC_HARNESS_PRELOAD_PLUG_H
#define BC_HARNESS_PRELOAD_PLUG_H

#include <stddef.h>
#include <stdint.h>

/* The thunk of a callback, or the callback itself when there are no more; idempotent. */
void *__blockcheck_thunk(void *function, uint32_t api, uint64_t site);
/* The callback behind a thunk; anything else as it is. */
void *__blockcheck_original(void *function);
/* The next definition of a function, or one that fails. `name` lies in the plug that asks. */
void *__blockcheck_real(const char *name, uint64_t site);
/* Counts a callback, or a table of them, for which there was no room. */
void __blockcheck_lost(void);

/* Two words of the caller's, on its stack while the callback runs. */
struct bc_around {
	uint64_t words[2];
};
/* For a callback that is not called through its thunk, but by whoever calls these. */
void __blockcheck_enter(void *thunk, struct bc_around *around);
void __blockcheck_leave(void *thunk, struct bc_around *around);

enum bc_api {
	BC_API_NONE,
#define BC_API(name) BC_API_##name,
#define UV(name, a, b, c) BC_API(name)
#define EVENT(name, a, b, c) BC_API(name)
#define EV(name, a, b, c) BC_API(name)
#define EV_FIELD(name) BC_API(name)
#define OTHER(name) BC_API(name)
#define GIO(name, a, b, c) BC_API(name)
#define SDEVENT(name, a, b, c) BC_API(name)
#define WAYLAND(name, a, b, c) BC_API(name)
#include "harness/hooks.def"
#undef UV
#undef EVENT
#undef EV
#undef EV_FIELD
#undef OTHER
#undef GIO
#undef SDEVENT
#undef WAYLAND
#undef BC_API
	BC_API_COUNT
};

/* To be added to the api of a callback that has more than six arguments; it may have ten. */
#define BC_WIDE 0x80000000u /* core.h has the same */

#define BC_PLUG_PUBLIC __attribute__((visibility("default")))
#define BC_PLUG_SITE ((uint64_t)__builtin_return_address(0))

/* `real`: the function of this name behind our own */
#define BC_PLUG_REAL(real, name) \
	do { \
		static void *known_; \
		if (!__atomic_load_n(&known_, __ATOMIC_ACQUIRE)) \
			__atomic_store_n( \
				&known_, __blockcheck_real(name, BC_PLUG_SITE), __ATOMIC_RELEASE); \
		*(void **)&(real) = known_; \
	} while (0)

#endif
