/*
 * Ways out of a callback that pass no return: C++ exceptions, pthread_exit(), cancellation. The
 * unwinder asks the personalities of our stubs, which tell that the callback is over. Compiled for
 * general registers only, like hot.c.
 */
#include "harness/preload/core.h"

#include <dlfcn.h>
#include <unwind.h>

typedef _Unwind_Word get_cfa_function(struct _Unwind_Context *context);

/* libgcc_s is not among our libraries: plain C must not load it for our sake. Here it is loaded, if
 * only by libc for the cancellation that is under way. */
static BC_NOINLINE get_cfa_function *find_get_cfa(void)
{
	void *library = dlopen("libgcc_s.so.1", RTLD_LAZY | RTLD_NOLOAD);

	return library ? (get_cfa_function *)dlsym(library, "_Unwind_GetCFA") : NULL;
}

/*
 * The personalities of our stubs, which all come by at: C++ exceptions, pthread_exit(),
 * cancellation. What libgcc calls the CFA here is the stack pointer at the call; from there to just
 * above what is left it is the number given here, see the frames in thunk.S and library.S.
 */
#define PERSONALITY(name, above) \
	_Unwind_Reason_Code name(int version, _Unwind_Action actions, \
		_Unwind_Exception_Class class, struct _Unwind_Exception *exception, \
		struct _Unwind_Context *context); \
	_Unwind_Reason_Code name(int version, _Unwind_Action actions, \
		_Unwind_Exception_Class class, struct _Unwind_Exception *exception, \
		struct _Unwind_Context *context) \
	{ \
		(void)version; \
		(void)class; \
		(void)exception; \
		if (actions & _UA_CLEANUP_PHASE) \
			leave_stub(context, above); \
		return _URC_CONTINUE_UNWIND; \
	}

static void leave_stub(struct _Unwind_Context *context, uint64_t above)
{
	static get_cfa_function *get_cfa;

	if (!get_cfa)
		get_cfa = find_get_cfa();
	if (get_cfa)
		bc_leave_above(get_cfa(context) + above);
}

PERSONALITY(bc_personality, 0x41)
PERSONALITY(bc_wide_personality, 0x61)
PERSONALITY(bc_call_personality, 0x91)
PERSONALITY(bc_library_personality, 0x2b1)
