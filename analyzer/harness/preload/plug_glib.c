/*
 * GLib binds its calls to itself, so its functions cannot be stood before from inside. Its six
 * kinds of sources have their tables in writable memory, though: there `dispatch` is exchanged for
 * one that calls the old one with the callback's thunk. Other libraries' sources get a copy of
 * their table when they are made.
 */
#include "harness/preload/plug.h"

#include <dlfcn.h>

/* struct _GSourceFuncs */
struct source_funcs {
	int (*prepare)(void *source, int *timeout);
	int (*check)(void *source);
	int (*dispatch)(void *source, void *callback, void *data);
	void (*finalize)(void *source);
	void *closure_callback;
	void *closure_marshal;
};

enum { COPIES = 512 };

static struct copy {
	const struct source_funcs *original;
	struct source_funcs funcs;
} copies[COPIES];
static uint32_t ncopies;

#define KINDS(KIND) \
	KIND(g_timeout, "g_timeout_funcs") \
	KIND(g_idle, "g_idle_funcs") \
	KIND(g_io_watch, "g_io_watch_funcs") \
	KIND(g_child_watch, "g_child_watch_funcs") \
	KIND(g_unix_signal, "g_unix_signal_funcs") \
	KIND(g_unix_fd, "g_unix_fd_source_funcs")

#define KIND(name, symbol) \
	static int (*old_##name)(void *source, void *callback, void *data); \
	static int dispatch_##name(void *source, void *callback, void *data) \
	{ \
		return old_##name(source, __blockcheck_thunk(callback, BC_API_##name, 0), data); \
	}
KINDS(KIND)
#undef KIND

/* One that came by dlopen() may not be visible to all. */
static void *find_table(void *library, const char *symbol)
{
	void *table = dlsym(RTLD_DEFAULT, symbol);

	return table || !library ? table : dlsym(library, symbol);
}

__attribute__((constructor)) static void patch(void)
{
	void *library = dlopen("libglib-2.0.so.0", RTLD_LAZY | RTLD_NOLOAD);
	struct source_funcs *funcs;

#define KIND(name, symbol) \
	funcs = find_table(library, symbol); \
	if (funcs && funcs->dispatch && funcs->dispatch != dispatch_##name) { \
		old_##name = funcs->dispatch; \
		__atomic_store_n(&funcs->dispatch, dispatch_##name, __ATOMIC_RELEASE); \
	}
	KINDS(KIND)
#undef KIND
	if (library)
		dlclose(library);
}

static int is_patched(const struct source_funcs *funcs)
{
#define KIND(name, symbol) \
	if (funcs->dispatch == dispatch_##name) \
		return 1;
	KINDS(KIND)
#undef KIND
	return 0;
}

static const struct source_funcs *find_copy(const struct source_funcs *funcs)
{
	uint32_t count = __atomic_load_n(&ncopies, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < count && i < COPIES; i++)
		if (__atomic_load_n(&copies[i].original, __ATOMIC_ACQUIRE) == funcs)
			return &copies[i].funcs;
	return NULL;
}

static void wrap(void *slot, uint64_t site)
{
	*(void **)slot = __blockcheck_thunk(*(void **)slot, BC_API_g_source_new, site);
}

/* As with thunks, a lost race costs one copy. A table that changes later is not followed. What
 * finalizes a source may run on any thread, so it is left alone. */
static const struct source_funcs *copy_funcs(const struct source_funcs *funcs, uint64_t site)
{
	const struct source_funcs *known = find_copy(funcs);
	struct copy *copy;
	uint32_t count;

	if (known)
		return known;
	count = __atomic_fetch_add(&ncopies, 1, __ATOMIC_ACQ_REL);
	if (count >= COPIES) {
		__atomic_store_n(&ncopies, COPIES, __ATOMIC_RELAXED);
		__blockcheck_lost();
		return funcs;
	}
	copy = &copies[count];
	copy->funcs = *funcs;
	wrap(&copy->funcs.prepare, site);
	wrap(&copy->funcs.check, site);
	wrap(&copy->funcs.dispatch, site);
	__atomic_store_n(&copy->original, funcs, __ATOMIC_RELEASE);
	return &copy->funcs;
}

BC_PLUG_PUBLIC void *g_source_new(const void *funcs, unsigned size);
BC_PLUG_PUBLIC void g_source_set_funcs(void *source, const void *funcs);
BC_PLUG_PUBLIC void g_source_set_callback(void *source, void *callback, void *data, void *notify);
BC_PLUG_PUBLIC void *g_main_context_find_source_by_funcs_user_data(
	void *context, const void *funcs, void *data);
BC_PLUG_PUBLIC int g_source_remove_by_funcs_user_data(const void *funcs, void *data);

static const void *choose_funcs(const struct source_funcs *funcs, uint64_t site)
{
	return funcs && funcs->dispatch && !is_patched(funcs) ? copy_funcs(funcs, site) : funcs;
}

void *g_source_new(const void *funcs, unsigned size)
{
	void *(*real)(const void *, unsigned);

	BC_PLUG_REAL(real, "g_source_new");
	return real(choose_funcs(funcs, BC_PLUG_SITE), size);
}

void g_source_set_funcs(void *source, const void *funcs)
{
	void (*real)(void *, const void *);

	BC_PLUG_REAL(real, "g_source_set_funcs");
	real(source, choose_funcs(funcs, BC_PLUG_SITE));
}

/* What a source of another library calls when it is dispatched is the callback, not that. */
void g_source_set_callback(void *source, void *callback, void *data, void *notify)
{
	void (*real)(void *, void *, void *, void *);

	BC_PLUG_REAL(real, "g_source_set_callback");
	real(source, __blockcheck_thunk(callback, BC_API_g_source_set_callback, BC_PLUG_SITE), data,
		notify);
}

/* Sources are found by their tables, which have become our copies. */
void *g_main_context_find_source_by_funcs_user_data(void *context, const void *funcs, void *data)
{
	const void *copy = find_copy(funcs);
	void *(*real)(void *, const void *, void *), *source;

	BC_PLUG_REAL(real, "g_main_context_find_source_by_funcs_user_data");
	source = copy ? real(context, copy, data) : NULL;
	return source ? source : real(context, funcs, data);
}

int g_source_remove_by_funcs_user_data(const void *funcs, void *data)
{
	const void *copy = find_copy(funcs);
	int (*real)(const void *, void *);

	BC_PLUG_REAL(real, "g_source_remove_by_funcs_user_data");
	return (copy && real(copy, data)) || real(funcs, data);
}
