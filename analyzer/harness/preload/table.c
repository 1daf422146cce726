/*
 * From callback functions to their thunks and back. Open addressing; a record is complete before
 * its number appears in the table, so readers need no lock: forked children and signal handlers may
 * register callbacks at any moment. A lost race costs one record.
 */
#include "harness/preload/core.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>

enum { SLOTS = 1 << 14, THUNK_SIZE = 16 };

int bc_has_inner;

static uint32_t slots[SLOTS];
static uint32_t next_record;

void *bc_register(struct bc_hook_row *row, uint64_t *args, uint64_t site);
void *bc_longjmp(struct bc_pass_row *row, uint64_t *args);
BC_PUBLIC void *__blockcheck_thunk(void *function, uint32_t api, uint64_t site);
BC_PUBLIC void *__blockcheck_original(void *function);
BC_PUBLIC void *__blockcheck_real(const char *name, uint64_t site);
BC_PUBLIC void __blockcheck_lost(void);
BC_PUBLIC void __blockcheck_enter(void *thunk, struct bc_local *local);
BC_PUBLIC void __blockcheck_leave(void *thunk, struct bc_local *local);

static int is_thunk(const void *function)
{
	const char *at = function;

	return at >= bc_thunks + THUNK_SIZE && at < bc_thunks_end;
}

void *bc_original(void *function)
{
	if (!is_thunk(function))
		return function;
	return bc_records[((char *)function - bc_thunks) / THUNK_SIZE].original;
}

static void publish(uint32_t number)
{
	struct bc_wire_process *process = bc_process();
	struct bc_record *record = &bc_records[number];

	if (!process)
		return;
	process->functions[number] = (struct bc_wire_function){
		.address = (uint64_t)record->original, .site = record->site, .api = record->api};
	if (number >= process->nfunctions)
		__atomic_store_n(&process->nfunctions, number + 1, __ATOMIC_RELEASE);
}

/* For a followed child: its own list begins with what its parent knew. */
void bc_table_publish_all(void);
void bc_table_publish_all(void)
{
	uint32_t count = __atomic_load_n(&next_record, __ATOMIC_ACQUIRE);

	for (uint32_t i = 1; i <= count && i <= BC_THUNKS; i++)
		if (bc_records[i].original)
			publish(i);
}

void __blockcheck_lost(void)
{
	struct bc_wire_process *process = bc_process();

	if (process)
		__atomic_fetch_add(&process->unwrapped, 1, __ATOMIC_RELAXED);
}

static uint32_t add_record(void *function, uint32_t api, uint64_t site)
{
	uint32_t number = __atomic_add_fetch(&next_record, 1, __ATOMIC_ACQ_REL);

	if (number > BC_THUNKS) {
		__atomic_store_n(&next_record, BC_THUNKS, __ATOMIC_RELAXED);
		__blockcheck_lost();
		return 0;
	}
	bc_records[number].id = number;
	bc_records[number].api = (uint16_t)api;
	bc_records[number].wide = (api & BC_WIDE) != 0;
	bc_records[number].site = site;
	__atomic_store_n(&bc_records[number].original, function, __ATOMIC_RELEASE);
	publish(number);
	return number;
}

void *bc_thunk(void *function, uint32_t api, uint64_t site)
{
	uint32_t mine = 0, hash = (uint32_t)(((uint64_t)function * 0x9e3779b97f4a7c15u) >> 50);

	if (!function || is_thunk(function))
		return function;
	bc_start();
	if (!bc_wire)
		return function;
	if (!bc_epoch.value)
		bc_after_fork();
	for (;; hash = (hash + 1) & (SLOTS - 1)) {
		uint32_t number = __atomic_load_n(&slots[hash], __ATOMIC_ACQUIRE);

		if (!number) {
			if (!mine)
				mine = add_record(function, api, site);
			if (!mine)
				return function;
			if (__atomic_compare_exchange_n(&slots[hash], &number, mine, 0,
				    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
				number = mine;
		}
		if (bc_records[number].original != function)
			continue;
		if ((api & BC_WIDE) && !bc_records[number].wide)
			__atomic_store_n(&bc_records[number].wide, 1, __ATOMIC_RELAXED);
		return bc_thunks + (size_t)number * THUNK_SIZE;
	}
}

/* ---- functions that take callbacks ---- */

static long fail_missing(void)
{
	return -ENOSYS;
}

/* A library that came by dlopen(RTLD_LOCAL) is only visible from whoever depends on it. */
static void *find_from_caller(const char *name, uint64_t site)
{
	struct link_map *map = NULL;
	void *handle, *real = NULL;
	Dl_info info;

	if (!dladdr1((void *)site, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
		return NULL;
	handle = dlopen(map->l_name[0] ? map->l_name : NULL, RTLD_LAZY | RTLD_NOLOAD);
	if (handle) {
		real = dlsym(handle, name);
		dlclose(handle);
	}
	return real;
}

void *bc_find_real(const char *name, uint64_t site)
{
	void *real = dlsym(RTLD_NEXT, name);
	Dl_info mine, found;

	if (!real)
		real = find_from_caller(name, site);
	/* the search may have come back to the plug that asks */
	if (real && dladdr((void *)name, &mine) && dladdr(real, &found) &&
		mine.dli_fbase == found.dli_fbase)
		real = NULL;
	/* nobody knows who calls when that was a jump, the last thing a callback does */
	if (!real)
		real = bc_library_search(name);
	return real ? real : (void *)fail_missing;
}

/* args: rdi rsi rdx rcx r8 r9, as they will be when the real function begins; further ones lie
 * above the frame of the stub (thunk.S) and its return address. */
static uint64_t *find_argument(uint64_t *args, uint32_t number)
{
	enum { STACK = (0xc0 + 16) / 8 };

	return number <= 6 ? &args[number - 1] : &args[STACK + number - 7];
}

/* Glibc has it since 2.35; unlike dladdr() it takes no lock. */
#pragma weak _dl_find_object

static int is_within(const struct dl_find_object *module, const void *address)
{
	return address >= module->dlfo_map_start && address < module->dlfo_map_end;
}

/* Not a library of the program's that contains a loop library, and callbacks beside it. */
static int is_libevent(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && !strncmp(name, "/libevent", 9);
}

/*
 * 1 for a callback that libevent gives to itself, two for each bufferevent: they call the
 * program's, which have thunks of their own. Timed, they would make each message twice as dear, and
 * say nothing that a stack does not. What blocks in them is named by its call, as in a loop's body.
 */
static int is_library_own(const void *real, const void *function, uint64_t site)
{
	struct dl_find_object module;

	if (!_dl_find_object || _dl_find_object((void *)real, &module))
		return 0;
	return is_within(&module, function) && is_within(&module, (const void *)site) &&
	       is_libevent(module.dlfo_link_map->l_name);
}

void *bc_register(struct bc_hook_row *row, uint64_t *args, uint64_t site)
{
	void *real = __atomic_load_n(&row->real, __ATOMIC_ACQUIRE);

	if (BC_UNLIKELY(!real)) {
		real = bc_find_real(row->name, site);
		__atomic_store_n(&row->real, real, __ATOMIC_RELEASE);
	}
	for (int i = 0; i < 4 && row->callbacks[i]; i++) {
		uint64_t *at = find_argument(args, row->callbacks[i] & 15);

		if (row->callbacks[i] & 0x80) /* struct ev_watcher: three ints, data, cb */
			at = (uint64_t *)(*at + 24);
		if (is_library_own(real, (void *)*at, site)) {
			bc_has_inner = 1;
			continue;
		}
		*at = (uint64_t)bc_thunk(
			(void *)*at, row->api | (row->callbacks[i] & 0x40 ? BC_WIDE : 0), site);
	}
	return real;
}

void *__blockcheck_thunk(void *function, uint32_t api, uint64_t site)
{
	return bc_thunk(function, api, site);
}

void *__blockcheck_original(void *function)
{
	return bc_original(function);
}

void *__blockcheck_real(const char *name, uint64_t site)
{
	return bc_find_real(name, site);
}

/* ---- callbacks that are not called through their thunks ---- */

/* Of no thunk: there was none left for the function. */
static struct bc_record *find_record(void *thunk)
{
	return is_thunk(thunk) ? &bc_records[((char *)thunk - bc_thunks) / THUNK_SIZE] : NULL;
}

void __blockcheck_enter(void *thunk, struct bc_local *local)
{
	struct bc_record *record = find_record(thunk);

	if (record)
		bc_enter(record, local);
}

void __blockcheck_leave(void *thunk, struct bc_local *local)
{
	struct bc_record *record = find_record(thunk);

	if (record)
		bc_leave(record, local);
}

/* ---- functions that are passed by ---- */

void *bc_pass_real(struct bc_pass_row *row)
{
	void *real = __atomic_load_n(&row->real, __ATOMIC_ACQUIRE);

	if (!real) {
		real = dlsym(RTLD_NEXT, row->name);
		__atomic_store_n(&row->real, real, __ATOMIC_RELEASE);
	}
	return real;
}

/* glibc keeps the stack pointer mangled, as the seventh word. */
void *bc_longjmp(struct bc_pass_row *row, uint64_t *args)
{
	uint64_t here = (uint64_t)__builtin_frame_address(0);
	uint64_t sp = ((const uint64_t *)args[0])[6];

	__asm__("ror $17, %0\n\txor %%fs:0x30, %0" : "+r"(sp));
	if (sp > here) /* else another stack: its frames stay */
		bc_leave_above(sp);
	return bc_pass_real(row);
}
