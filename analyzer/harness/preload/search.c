/*
 * What a program is told that asks the dynamic linker: dlsym() gives what the program's own
 * references lead to, and nothing that is there only because of us; dladdr() does not see that
 * something is in between.
 */
#include "harness/preload/core.h"

#include <dlfcn.h>
#include <errno.h>

#include "harness/preload/modules.h"

/* Of thunk.S; its functions jump to what these give, with what these leave in `args`. */
void *bc_note_open(struct bc_pass_row *row);
void *bc_note_search(struct bc_pass_row *row, uint64_t *args);
void *bc_note_address(struct bc_pass_row *row, uint64_t *args);
/* Gives its second argument. */
void bc_give(void);

typedef void *search_function(void *handle, const char *name, const char *version);

/* ---- in all that is loaded, while nothing is unloaded ---- */

struct search {
	const char *name;
	uint64_t real, found;
};

static int search_all(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct search *search = argument;

	(void)info;
	(void)size;
	search->found = bc_modules_find(search->name, bc_wire_name_hash(search->name));
	return 1;
}

void *bc_library_search(const char *name)
{
	struct search search = {name, 0, 0};

	dl_iterate_phdr(search_all, &search);
	return (void *)search.found;
}

static int search_ours(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct search *search = argument;

	(void)info;
	(void)size;
	search->found =
		(uint64_t)bc_modules_ours_alone(search->name, bc_wire_name_hash(search->name));
	return 1;
}

static int is_ours_alone(const char *name)
{
	struct search search = {name, 0, 0};

	dl_iterate_phdr(search_ours, &search);
	return search.found != 0;
}

/* What is found may also be the place in a program by which that calls it, which is its address for
 * all; from there it goes through a gate anyhow. */
static int search_gate(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct search *search = argument;
	uint32_t hash = bc_wire_name_hash(search->name);
	uint64_t address = 0;

	(void)info;
	(void)size;
	for (int i = 0; i < bc_nmodules && !search->found; i++)
		if (!bc_modules[i].ours &&
			bc_module_count(&bc_modules[i], search->name, hash, &address) == 1 &&
			address == search->real)
			search->found =
				(uint64_t)bc_gate_of(bc_gate_find_id(search->name, hash), address);
	return 1;
}

static int search_front(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct search *search = argument;
	uint32_t hash = bc_wire_name_hash(search->name);
	uint64_t address = 0;

	(void)info;
	(void)size;
	for (int i = 0; i < bc_nmodules && !address; i++)
		if (bc_modules[i].ours)
			bc_module_count(&bc_modules[i], search->name, hash, &address);
	if (address && bc_modules_find_theirs(search->name, hash) == search->real)
		search->found = address;
	return 1;
}

static void *find_front(const char *name, void *real)
{
	struct search search = {name, (uint64_t)real, 0};

	dl_iterate_phdr(search_front, &search);
	return (void *)search.found;
}

static int search_behind(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct search *search = argument;
	Dl_info found;

	(void)info;
	(void)size;
	if (bc_modules_is_ours(search->real) && dladdr((void *)search->real, &found) &&
		found.dli_sname && found.dli_saddr == (void *)search->real)
		search->found =
			bc_modules_find_theirs(found.dli_sname, bc_wire_name_hash(found.dli_sname));
	return 1;
}

static int is_timed(const char *name)
{
	return bc_gate_find_id(name, bc_wire_name_hash(name)) != 0;
}

static void *find_gate(const char *name, void *real)
{
	struct search search = {name, (uint64_t)real, 0};

	dl_iterate_phdr(search_gate, &search);
	return (void *)search.found;
}

static void *find_behind(void *address)
{
	struct search search = {NULL, (uint64_t)bc_gate_real(address), 0};

	if (search.real != (uint64_t)address)
		return (void *)search.real;
	dl_iterate_phdr(search_behind, &search);
	return search.found ? (void *)search.found : address;
}

/* ---- what is asked ---- */

/* dlopen() looks at where it was called from, so it is left by a jump. */
void *bc_note_open(struct bc_pass_row *row)
{
	bc_library_note_open();
	return bc_pass_real(row);
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
	int timed = is_timed(name);

	if (handle == RTLD_NEXT || (handle == RTLD_DEFAULT && !timed))
		return NULL;
	found = search(handle, name, (const char *)args[2]);
	if (!found)
		return NULL;
	return timed ? find_gate(name, found) : find_front(name, found);
}

/* A program that has loaded something asks next for a function in it, before it calls that. dlsym()
 * and dlvsym(), whose third argument the other does not look at. */
void *bc_note_search(struct bc_pass_row *row, uint64_t *args)
{
	void *real = bc_pass_real(row), *substitute;
	int error = errno;

	if (!bc_wire || !args[1])
		return real;
	bc_library_find_opened();
	if (is_ours_alone((const char *)args[1])) {
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
void *bc_note_address(struct bc_pass_row *row, uint64_t *args)
{
	args[0] = (uint64_t)find_behind(bc_original((void *)args[0]));
	return bc_pass_real(row);
}
