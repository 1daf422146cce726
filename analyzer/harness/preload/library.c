/*
 * Other libraries' functions that may block, as the rule packs name them. They are not stood before
 * by exporting their names, as those of libc are: a program that asks for curl_easy_perform must
 * not find it because of us. Instead the places through which loaded modules call them (what
 * relocations have filled in) are made to point to gates.
 *
 * Everything here runs in the constructor, and later where a loop waits after a dlopen().
 */
#include "harness/preload/core.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "harness/preload/modules.h"
#include "harness/preload/raw.h"

enum {
	GATES = 2047 /* library.S has the same number */,
	GATE_SIZE = 16,
};

extern struct bc_call_row bc_gate_rows[];
extern char bc_gates[], bc_gates_end[];

static uint32_t ngates;
static unsigned long long known_adds, known_subs;
static int opened; /* something may have come by dlopen() */

/* Functions of libc that are not stood before by their names either, but in which something is
 * noted, or answered for (search.c). */
void bc_pass_dlsym(void);
void bc_pass_dlvsym(void);
void bc_pass_dladdr(void);
void bc_pass_dladdr1(void);
static const struct {
	const char *name;
	void (*pass)(void);
} passed[] = {{"dlsym", bc_pass_dlsym}, {"dlvsym", bc_pass_dlvsym}, {"dladdr", bc_pass_dladdr},
	{"dladdr1", bc_pass_dladdr1}};
enum { PASSED = sizeof(passed) / sizeof(passed[0]) };

/* Libraries of loops, by the names of their files, and what stands before them when they come late.
 */
static struct late {
	const char *library, *plug;
	int tried;
} lates[] = {
	{"libuv.so", "uv", 0},
	{"libevent", "event", 0},
	{"libev.so", "ev", 0},
	{"libglib-2.0.so", "glib", 0},
	{"libgio-2.0.so", "gio", 0},
	{"libsystemd", "sdevent", 0},
	{"libwayland-", "wayland", 0},
};
enum { MISSING = 1, WANTED, DONE };
enum { LATES = sizeof(lates) / sizeof(lates[0]) };
static int plugs_are_late;

/* Of a plug that is here already no other is needed; of a library without one, it is. */
static void note_library(struct bc_module *module)
{
	const char *path = module->path, *slash = strrchr(path, '/'),
		   *name = slash ? slash + 1 : path;

	for (int i = 0; i < LATES; i++) {
		size_t len = strlen(lates[i].library);

		if (module->ours && !strncmp(name, "libblockcheck-preload-", 22) &&
			!strncmp(name + 22, lates[i].plug, strlen(lates[i].plug)) &&
			name[22 + strlen(lates[i].plug)] == '.') {
			module->late = lates[i].tried == WANTED;
			if (!module->late)
				lates[i].tried = DONE;
		} else if (!strncmp(name, lates[i].library, len) && !lates[i].tried) {
			lates[i].tried = MISSING;
		}
	}
}

/* Glibc has it since 2.35; unlike dladdr() it takes no lock. */
#pragma weak _dl_find_object

int bc_library_has_loop(uint64_t address)
{
	struct dl_find_object module;
	const char *slash;
	int found = 0;

	if (!_dl_find_object)
		return 1;
	if (_dl_find_object((void *)address, &module) ||
		!(slash = strrchr(module.dlfo_link_map->l_name, '/')))
		return 0;
	for (int i = 0; i < LATES; i++)
		found |= !strncmp(slash + 1, lates[i].library, strlen(lates[i].library));
	return found;
}

/* ---- gates ---- */

void *bc_gate_of(uint32_t id, uint64_t real)
{
	struct bc_call_row *row;

	for (uint32_t i = 1; i <= ngates; i++)
		if (bc_gate_rows[i].real == (void *)real && bc_gate_rows[i].id == id)
			return bc_gates + (size_t)i * GATE_SIZE;
	if (ngates == GATES) {
		__atomic_fetch_add(&bc_wire->no_gate, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	row = &bc_gate_rows[++ngates];
	*row = (struct bc_call_row){.real = (void *)real, .id = id, .kind = BC_LIBRARY};
	return bc_gates + (size_t)ngates * GATE_SIZE;
}

void *bc_gate_real(void *address)
{
	const char *gate = address;

	if (gate < bc_gates + GATE_SIZE || gate >= bc_gates_end)
		return address;
	return bc_gate_rows[(gate - bc_gates) / GATE_SIZE].real;
}

/* The number of a function that the collector wants timed, or 0. */
static uint32_t find_id(const char *name, uint32_t hash)
{
	const struct bc_wire_names *names = &bc_wire->names;

	for (uint32_t i = 0; i < BC_WIRE_NAMES; i++) {
		const struct bc_wire_name *entry = &names->table[(hash + i) % BC_WIRE_NAMES];

		if (!entry->text || entry->text >= BC_WIRE_NAMES_TEXT)
			return 0;
		if (entry->hash == hash && !strcmp(names->text + entry->text, name))
			return entry->id;
	}
	return 0;
}

/* The name that the source has, where headers make another of it: for large files, with checked
 * buffers, for a standard. 0 when it is none of these. */
static int find_plain(const char *name, char *plain, size_t size)
{
	size_t len = strlen(name), skip = 0;

	if (!strncmp(name, "__isoc", 6) && len > 9 && name[8] == '_')
		skip = 9;
	else if (len > 6 && !strncmp(name, "__", 2) && !strcmp(name + len - 4, "_chk"))
		skip = 2, len -= 4;
	if (len - skip > 2 && !strncmp(name + len - 2, "64", 2))
		len -= 2;
	else if (!skip)
		return 0;
	if (len - skip >= size)
		return 0;
	memcpy(plain, name + skip, len - skip);
	plain[len - skip] = 0;
	return 1;
}

uint32_t bc_gate_find_id(const char *name, uint32_t hash)
{
	char plain[64];
	uint32_t id = find_id(name, hash);

	return !id && find_plain(name, plain, sizeof(plain))
		       ? find_id(plain, bc_wire_name_hash(plain))
		       : id;
}

/* 0 while the dynamic linker may still have something to add to it. */
static int is_bound(uint64_t value)
{
	for (int i = 0; i < bc_nmodules; i++)
		if (bc_module_has_code(&bc_modules[i], value))
			return 1;
	return 0;
}

/* What the place leads to now, or will once it is bound. */
static uint64_t find_target(const struct bc_module *module, const ElfW(Sym) * symbol,
	const char *name, uint32_t hash, uint64_t value)
{
	uint64_t own = symbol->st_shndx ? module->bias + symbol->st_value : 0;

	if (!value || (value >= (uint64_t)bc_gates && value < (uint64_t)bc_gates_end))
		return 0;
	if (value != own && bc_module_has_code(module, value))
		value = bc_modules_find(name, hash); /* its own stub: not bound yet */
	return is_bound(value) ? value : 0;
}

static int open_relro(struct bc_module *module)
{
	if (!module->relro_open)
		module->relro_open = bc_raw6(SYS_mprotect, (long)module->relro,
					     (long)(module->relro_end - module->relro),
					     PROT_READ | PROT_WRITE, 0, 0, 0) < 0
					     ? -1
					     : 1;
	return module->relro_open > 0;
}

static void patch(struct bc_module *module, uint64_t at, void *gate)
{
	if (!bc_module_is_writable(module, at))
		return;
	if (at >= module->relro && at < module->relro_end && !open_relro(module))
		return;
	__atomic_store_n((void **)at, gate, __ATOMIC_RELEASE);
}

/* What takes the function's place when it is called from there: its own gate, or a plug's. */
static void *find_substitute(const char *name, uint32_t hash, uint32_t id, uint64_t target)
{
	uint64_t address = 0;

	for (int i = 0; plugs_are_late && i < bc_nmodules && !address; i++)
		if (bc_modules[i].late)
			bc_module_count(&bc_modules[i], name, hash, &address);
	if (id)
		return bc_gate_of(id, address ? address : target);
	return (void *)address;
}

/* `if (uv_something) uv_something();`, and the library has none: so must the program see it. */
static int is_wrongly_there(
	const ElfW(Sym) * symbol, const char *name, uint32_t hash, uint64_t value)
{
	return !symbol->st_shndx && ELF64_ST_BIND(symbol->st_info) == STB_WEAK && value &&
	       bc_modules_is_ours(value) && bc_modules_ours_alone(name, hash);
}

static void (*find_pass(const char *name))(void)
{
	for (int i = 0; name[0] == 'd' && name[1] == 'l' && i < PASSED; i++)
		if (!strcmp(name, passed[i].name))
			return passed[i].pass;
	return NULL;
}

static void look_at(struct bc_module *module, const ElfW(Rela) * place)
{
	uint32_t type = (uint32_t)ELF64_R_TYPE(place->r_info), hash, id;
	const ElfW(Sym) *symbol = &module->symbols[ELF64_R_SYM(place->r_info)];
	uint64_t at = module->bias + place->r_offset, target;
	void *gate;
	const char *name;

	if (!ELF64_R_SYM(place->r_info) || place->r_addend ||
		(type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && type != R_X86_64_64))
		return;
	name = module->strings + symbol->st_name;
	hash = bc_wire_name_hash(name);
	if (find_pass(name)) {
		if (is_bound(*(uint64_t *)at))
			patch(module, at, (void *)find_pass(name));
		return;
	}
	if (is_wrongly_there(symbol, name, hash, *(uint64_t *)at)) {
		patch(module, at, NULL);
		return;
	}
	id = bc_gate_find_id(name, hash);
	if (!id && !plugs_are_late)
		return;
	target = find_target(module, symbol, name, hash, *(uint64_t *)at);
	if (bc_module_has_code(module, target))
		id = 0; /* a library that calls itself: what it calls elsewhere is timed */
	gate = target ? find_substitute(name, hash, id, target) : NULL;
	if (gate)
		patch(module, at, gate);
}

static void look_through(struct bc_module *module)
{
	module->seen = 1;
	for (int table = 0; !module->untouched && table < 2; table++)
		for (size_t i = 0; i < module->sizes[table] / sizeof(ElfW(Rela)); i++)
			look_at(module, &module->tables[table][i]);
	if (module->relro_open > 0)
		bc_raw6(SYS_mprotect, (long)module->relro,
			(long)(module->relro_end - module->relro), PROT_READ, 0, 0, 0);
}

/* ---- when ---- */

/* The next two run once, as callbacks of dl_iterate_phdr(), since nothing is unloaded meanwhile. */
static int collect(struct dl_phdr_info *info, size_t size, void *argument)
{
	(void)size;
	(void)argument;
	if (info->dlpi_adds == known_adds && info->dlpi_subs == known_subs)
		return 1;
	bc_modules_list(info->dlpi_subs != known_subs);
	for (int i = 0; i < bc_nmodules; i++)
		note_library(&bc_modules[i]);
	return 1;
}

/*
 * Another thread may be in dlopen() at this moment, and what that has begun to fill in is listed
 * already. It is protected once it is complete. The question changes nothing in the page; a kernel
 * that does not know it says no, too.
 */
static int is_complete(const struct bc_module *module)
{
	enum { POPULATE_WRITE = 23 };

	return module->relro_end <= module->relro ||
	       bc_raw6(SYS_madvise, (long)module->relro, 4096, POPULATE_WRITE, 0, 0, 0) < 0;
}

static int look_through_all(struct dl_phdr_info *info, size_t size, void *argument)
{
	if (info->dlpi_adds == known_adds && info->dlpi_subs == known_subs)
		return 1;
	collect(info, size, argument);
	known_adds = info->dlpi_adds;
	known_subs = info->dlpi_subs;
	for (int i = 0; i < bc_nmodules; i++) {
		if (bc_modules[i].seen)
			continue;
		if (bc_modules[i].untouched || is_complete(&bc_modules[i]))
			look_through(&bc_modules[i]);
		else
			known_adds = 0; /* look again */
	}
	return 1;
}

/* Plugs lie beside this library, which they find loaded. */
static int load_plug(const char *name)
{
	char path[4096];
	const char *slash;
	Dl_info info;

	if (!dladdr(bc_gates, &info) || !info.dli_fname || !(slash = strrchr(info.dli_fname, '/')))
		return 0;
	if (snprintf(path, sizeof(path), "%.*s/libblockcheck-preload-%s.so",
		    (int)(slash - info.dli_fname), info.dli_fname, name) >= (int)sizeof(path))
		return 0;
	return dlopen(path, RTLD_NOW | RTLD_LOCAL) != NULL;
}

/* Once each, by whoever comes first. */
static void load_missing_plugs(void)
{
	for (int i = 0; i < LATES; i++) {
		int missing = MISSING;

		if (!__atomic_compare_exchange_n(&lates[i].tried, &missing, WANTED, 0,
			    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			continue;
		if (load_plug(lates[i].plug))
			__atomic_store_n(&plugs_are_late, 1, __ATOMIC_RELEASE);
		else
			dlerror(); /* the program must not see it */
	}
}

void bc_library_find(void)
{
	if (!bc_wire || bc_sandboxed)
		return;
	dl_iterate_phdr(collect, NULL);
	load_missing_plugs();
	dl_iterate_phdr(look_through_all, NULL);
}

void bc_library_note_open(void)
{
	__atomic_store_n(&opened, 1, __ATOMIC_RELAXED);
}

void bc_library_find_opened(void)
{
	static int busy;

	if (__atomic_load_n(&opened, __ATOMIC_RELAXED) &&
		!__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE)) {
		bc_library_find();
		__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	}
}

/* What came by dlopen() is looked at where the loop waits next, at most every few ms. */
void bc_library_find_late(uint64_t now)
{
	enum { EVERY_NS = 5000000 };
	static uint64_t looked_ns;

	if (BC_LIKELY(!__atomic_load_n(&opened, __ATOMIC_RELAXED)) ||
		now - __atomic_load_n(&looked_ns, __ATOMIC_RELAXED) < EVERY_NS)
		return;
	__atomic_store_n(&looked_ns, now, __ATOMIC_RELAXED);
	bc_library_find();
}
