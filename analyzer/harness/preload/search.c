/*
 * What a program is told that asks the dynamic linker: dlsym() gives what the program's own
 * references lead to, and nothing that is there only because of us; dladdr() does not see that
 * something is in between.
 */
#include "harness/preload/core.h"

#include <dlfcn.h>
#include <errno.h>

/* Of thunk.S; its functions jump to what these give, with what these leave in `args`. */
struct bc_open_row {
	void *real;
	const char *name;
};

void *bc_note_open(struct bc_open_row *row);
void *bc_note_search(struct bc_open_row *row, uint64_t *args);
void *bc_note_address(struct bc_open_row *row, uint64_t *args);
/* Gives its second argument. */
void bc_give(void);

typedef void *search_function(void *handle, const char *name, const char *version);

static void *find_real(struct bc_open_row *row)
{
	void *real = __atomic_load_n(&row->real, __ATOMIC_ACQUIRE);

	if (!real) {
		real = dlsym(RTLD_NEXT, row->name);
		__atomic_store_n(&row->real, real, __ATOMIC_RELEASE);
	}
	return real;
}

/* dlopen() looks at where it was called from, so it is left by a jump. */
void *bc_note_open(struct bc_open_row *row)
{
	bc_library_note_open();
	return find_real(row);
}

/* Where none of our names is found: the search fails there, and dlerror() tells why. */
static void *find_elsewhere(void)
{
	static void *libc;
	void *handle = __atomic_load_n(&libc, __ATOMIC_ACQUIRE);

	if (!handle) {
		handle = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
		__atomic_store_n(&libc, handle, __ATOMIC_RELEASE);
	}
	return handle;
}

/*
 * What the program's own references to such a function lead to. Who asks for the next one
 * (RTLD_NEXT) stands before it himself, and is called through it already. What is found from here
 * by RTLD_DEFAULT is found from everywhere, and is ours where that is needed; what is not may still
 * be found from where the caller is.
 */
static void *find_substitute(search_function *search, const uint64_t *args)
{
	void *handle = (void *)args[0], *found;
	const char *name = (const char *)args[1];
	int timed = bc_library_is_timed(name);

	if (handle == RTLD_NEXT || (handle == RTLD_DEFAULT && !timed))
		return NULL;
	found = search(handle, name, (const char *)args[2]);
	if (!found)
		return NULL;
	return timed ? bc_library_gate(name, found) : bc_library_front(name, found);
}

/* A program that has loaded something asks next for a function in it, before it calls that. dlsym()
 * and dlvsym(), whose third argument the other does not look at. */
void *bc_note_search(struct bc_open_row *row, uint64_t *args)
{
	void *real = find_real(row), *substitute;
	int error = errno;

	if (!bc_wire || !args[1])
		return real;
	bc_library_find_opened();
	if (bc_library_is_ours_alone((const char *)args[1])) {
		args[0] = (uint64_t)find_elsewhere();
	} else {
		substitute = find_substitute((search_function *)real, args);
		if (substitute) {
			args[1] = (uint64_t)substitute;
			real = (void *)bc_give;
		}
	}
	errno = error;
	return real;
}

/* dladdr() and dladdr1() */
void *bc_note_address(struct bc_open_row *row, uint64_t *args)
{
	args[0] = (uint64_t)bc_library_behind(bc_original((void *)args[0]));
	return find_real(row);
}
