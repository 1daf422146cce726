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

#include "harness/preload/raw.h"

enum {
	MODULES = 512,
	GATES = 2047 /* library.S has the same number */,
	GATE_SIZE = 16,
	PAGE = 4096
};

struct module {
	uint64_t bias;
	const ElfW(Phdr) * parts;
	int nparts;
	int ours, late, untouched, seen; /* late: a plug that came after the program had begun */
	const ElfW(Sym) * symbols;
	const char *strings;
	const uint32_t *hash; /* DT_GNU_HASH; NULL: exports nothing that can be looked up */
	const ElfW(Rela) * tables[2];
	size_t sizes[2];
	uint64_t relro, relro_end; /* whole pages */
	int relro_open;
};

extern struct bc_call_row bc_gate_rows[];
extern char bc_gates[], bc_gates_end[];

static struct module modules[MODULES];
static int nmodules;
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
	{"libsystemd", "sdevent", 0},
	{"libwayland-", "wayland", 0},
};
enum { MISSING = 1, WANTED, DONE };
enum { LATES = sizeof(lates) / sizeof(lates[0]) };
static int plugs_are_late;

/* ---- modules ---- */

static int is_code(const struct module *module, uint64_t address)
{
	for (int i = 0; i < module->nparts; i++)
		if (module->parts[i].p_type == PT_LOAD && (module->parts[i].p_flags & PF_X) &&
			address - module->bias - module->parts[i].p_vaddr <
				module->parts[i].p_memsz)
			return 1;
	return 0;
}

static int is_writable(const struct module *module, uint64_t address)
{
	for (int i = 0; i < module->nparts; i++)
		if (module->parts[i].p_type == PT_LOAD && (module->parts[i].p_flags & PF_W) &&
			address - module->bias - module->parts[i].p_vaddr <
				module->parts[i].p_memsz)
			return 1;
	return 0;
}

/* Some of these pointers have been relocated by the dynamic linker, some (the vDSO's) have not. */
static uint64_t locate(const struct module *module, uint64_t value)
{
	return value < module->bias ? module->bias + value : value;
}

static void read_dynamic(struct module *module, const ElfW(Dyn) * entry)
{
	for (; entry->d_tag != DT_NULL; entry++) {
		uint64_t value = entry->d_un.d_val, at = locate(module, value);

		switch (entry->d_tag) {
		case DT_SYMTAB: module->symbols = (const void *)at; break;
		case DT_STRTAB: module->strings = (const void *)at; break;
		case DT_GNU_HASH: module->hash = (const void *)at; break;
		case DT_RELA: module->tables[0] = (const void *)at; break;
		case DT_RELASZ: module->sizes[0] = value; break;
		case DT_JMPREL: module->tables[1] = (const void *)at; break;
		case DT_PLTRELSZ: module->sizes[1] = value; break;
		default: break;
		}
	}
}

/* Sanitizers' runtimes call the real functions on purpose. */
static int is_untouched(const char *path)
{
	static const char *const names[] = {"libc.so", "libc-", "ld-linux", "linux-vdso",
		"libpthread", "libdl", "libasan.", "libtsan.", "libubsan.", "liblsan.",
		"libclang_rt"};
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return 1;
	return 0;
}

/* Of a plug that is here already no other is needed; of a library without one, it is. */
static void note_library(struct module *module, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

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

static int add_module(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct module *module = &modules[nmodules];
	const ElfW(Dyn) *dynamic = NULL;
	struct module old = *module;

	(void)size;
	(void)argument;
	if (nmodules == MODULES)
		return 1;
	*module = (struct module){
		.bias = info->dlpi_addr, .parts = info->dlpi_phdr, .nparts = info->dlpi_phnum};
	for (int i = 0; i < module->nparts; i++) {
		const ElfW(Phdr) *part = &module->parts[i];
		uint64_t begin = module->bias + part->p_vaddr;

		if (part->p_type == PT_DYNAMIC)
			dynamic = (const void *)begin;
		if (part->p_type != PT_GNU_RELRO)
			continue;
		module->relro = begin & ~(uint64_t)(PAGE - 1);
		module->relro_end = (begin + part->p_memsz) & ~(uint64_t)(PAGE - 1);
	}
	if (!dynamic)
		return 0;
	read_dynamic(module, dynamic);
	if (!module->symbols || !module->strings)
		return 0;
	module->ours = strstr(info->dlpi_name, "libblockcheck-preload") != NULL;
	note_library(module, info->dlpi_name);
	module->untouched = module->ours || is_untouched(info->dlpi_name);
	/* the list only grows at its end while nothing is unloaded */
	module->seen = old.seen && old.symbols == module->symbols && old.parts == module->parts;
	nmodules++;
	return 0;
}

/* ---- definitions ---- */

/* How many of this name a module defines; *address is the first. An indirect one counts as two,
 * since nothing but the dynamic linker should decide on it. */
static int count_definitions(
	const struct module *module, const char *name, uint32_t hash, uint64_t *address)
{
	uint32_t nbuckets, first, nbloom, shift, at;
	const uint64_t *bloom;
	const uint32_t *buckets, *chain;
	uint64_t word;
	int count = 0;

	if (!module->hash || !module->hash[0] || !module->hash[2])
		return 0;
	nbuckets = module->hash[0], first = module->hash[1], nbloom = module->hash[2];
	shift = module->hash[3];
	bloom = (const uint64_t *)(module->hash + 4);
	buckets = (const uint32_t *)(bloom + nbloom);
	chain = buckets + nbuckets;
	word = bloom[hash / 64 % nbloom];
	if (!(word >> (hash % 64) & word >> ((hash >> shift) % 64) & 1))
		return 0;
	at = buckets[hash % nbuckets];
	for (int last = at < first; !last; at++) {
		const ElfW(Sym) *symbol = &module->symbols[at];

		last = chain[at - first] & 1;
		if ((chain[at - first] | 1) != (hash | 1) || !symbol->st_shndx ||
			strcmp(module->strings + symbol->st_name, name) != 0)
			continue;
		if (!count)
			*address = module->bias + symbol->st_value;
		count += ELF64_ST_TYPE(symbol->st_info) == STT_FUNC ? 1 : 2;
	}
	return count;
}

/*
 * Where a call that is not bound yet will go; 0 when that is not certain, since several libraries
 * have the name. Modules are listed in the order in which they are searched.
 */
static uint64_t find_definition(const char *name, uint32_t hash)
{
	uint64_t found = 0, address = 0;

	for (int i = 0; i < nmodules; i++) {
		int count =
			modules[i].late ? 0 : count_definitions(&modules[i], name, hash, &address);

		if (count > 1 || (count && found))
			return 0;
		if (!count)
			continue;
		if (modules[i].ours)
			return address;
		found = address;
	}
	return found;
}

/* ---- functions that only we have ---- */

/* Nothing is known of what a module exports that has an old table of symbols alone. */
static int is_readable(const struct module *module)
{
	return module->hash || module->untouched;
}

/*
 * A plug defines all functions of its library that take callbacks, but the library may be older and
 * have fewer. Who asks whether there is one must get the library's answer.
 */
static int is_ours_alone(const char *name, uint32_t hash)
{
	uint64_t address;
	int found = 0;

	if (!strncmp(name, "__blockcheck", 12))
		return 0;
	for (int i = 0; i < nmodules; i++) {
		int count = count_definitions(&modules[i], name, hash, &address);

		if (!is_readable(&modules[i]) || (count && !modules[i].ours))
			return 0;
		found |= count;
	}
	return found;
}

static int is_ours(uint64_t address)
{
	for (int i = 0; i < nmodules; i++)
		if (modules[i].ours && is_code(&modules[i], address))
			return 1;
	return 0;
}

/* ---- gates ---- */

static void *gate_of(uint32_t id, uint64_t real)
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

static uint32_t find_any_id(const char *name, uint32_t hash)
{
	char plain[64];
	uint32_t id = find_id(name, hash);

	return !id && find_plain(name, plain, sizeof(plain))
		       ? find_id(plain, bc_wire_name_hash(plain))
		       : id;
}

/* What the place leads to now, or will once it is bound. */
static uint64_t find_target(const struct module *module, const ElfW(Sym) * symbol, const char *name,
	uint32_t hash, uint64_t value)
{
	uint64_t own = symbol->st_shndx ? module->bias + symbol->st_value : 0;

	if (!value || (value >= (uint64_t)bc_gates && value < (uint64_t)bc_gates_end))
		return 0;
	if (value != own && is_code(module, value))
		value = find_definition(name, hash); /* its own stub: not bound yet */
	for (int i = 0; value && i < nmodules; i++)
		if (is_code(&modules[i], value))
			return value;
	return 0;
}

static int open_relro(struct module *module)
{
	if (!module->relro_open)
		module->relro_open = bc_raw6(SYS_mprotect, (long)module->relro,
					     (long)(module->relro_end - module->relro),
					     PROT_READ | PROT_WRITE, 0, 0, 0) < 0
					     ? -1
					     : 1;
	return module->relro_open > 0;
}

static void patch(struct module *module, uint64_t at, void *gate)
{
	if (!is_writable(module, at))
		return;
	if (at >= module->relro && at < module->relro_end && !open_relro(module))
		return;
	__atomic_store_n((void **)at, gate, __ATOMIC_RELEASE);
}

/* What takes the function's place when it is called from there: its own gate, or a plug's. */
static void *find_substitute(const char *name, uint32_t hash, uint32_t id, uint64_t target)
{
	uint64_t address = 0;

	for (int i = 0; plugs_are_late && i < nmodules && !address; i++)
		if (modules[i].late)
			count_definitions(&modules[i], name, hash, &address);
	if (id)
		return gate_of(id, address ? address : target);
	return (void *)address;
}

/* `if (uv_something) uv_something();`, and the library has none: so must the program see it. */
static int is_wrongly_there(
	const ElfW(Sym) * symbol, const char *name, uint32_t hash, uint64_t value)
{
	return !symbol->st_shndx && ELF64_ST_BIND(symbol->st_info) == STB_WEAK && value &&
	       is_ours(value) && is_ours_alone(name, hash);
}

static void (*find_pass(const char *name))(void)
{
	for (int i = 0; name[0] == 'd' && name[1] == 'l' && i < PASSED; i++)
		if (!strcmp(name, passed[i].name))
			return passed[i].pass;
	return NULL;
}

static void look_at(struct module *module, const ElfW(Rela) * place)
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
		patch(module, at, (void *)find_pass(name));
		return;
	}
	if (is_wrongly_there(symbol, name, hash, *(uint64_t *)at)) {
		patch(module, at, NULL);
		return;
	}
	id = find_any_id(name, hash);
	if (!id && !plugs_are_late)
		return;
	target = find_target(module, symbol, name, hash, *(uint64_t *)at);
	gate = target ? find_substitute(name, hash, id, target) : NULL;
	if (gate)
		patch(module, at, gate);
}

static void look_through(struct module *module)
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
	if (info->dlpi_subs != known_subs)
		memset(modules, 0, sizeof(modules));
	nmodules = 0;
	dl_iterate_phdr(add_module, NULL);
	return 1;
}

static int look_through_all(struct dl_phdr_info *info, size_t size, void *argument)
{
	if (info->dlpi_adds == known_adds && info->dlpi_subs == known_subs)
		return 1;
	collect(info, size, argument);
	known_adds = info->dlpi_adds;
	known_subs = info->dlpi_subs;
	for (int i = 0; i < nmodules; i++)
		if (!modules[i].seen)
			look_through(&modules[i]);
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
	if (!bc_wire)
		return;
	dl_iterate_phdr(collect, NULL);
	load_missing_plugs();
	dl_iterate_phdr(look_through_all, NULL);
}

struct search {
	const char *name;
	uint64_t real, found;
};

static int search_all(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct search *search = argument;

	(void)info;
	(void)size;
	search->found = find_definition(search->name, bc_wire_name_hash(search->name));
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
	search->found = (uint64_t)is_ours_alone(search->name, bc_wire_name_hash(search->name));
	return 1;
}

int bc_library_is_ours_alone(const char *name)
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
	for (int i = 0; i < nmodules && !search->found; i++)
		if (!modules[i].ours &&
			count_definitions(&modules[i], search->name, hash, &address) == 1 &&
			address == search->real)
			search->found = (uint64_t)gate_of(find_any_id(search->name, hash), address);
	return 1;
}

/* The only function of this name that is not ours, when there is one alone. */
static uint64_t find_theirs(const char *name, uint32_t hash)
{
	uint64_t found = 0, address = 0;

	for (int i = 0; i < nmodules; i++) {
		int count =
			modules[i].ours ? 0 : count_definitions(&modules[i], name, hash, &address);

		if (!is_readable(&modules[i]) || count > 1 || (count && found))
			return 0;
		if (count)
			found = address;
	}
	return found;
}

static int search_front(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct search *search = argument;
	uint32_t hash = bc_wire_name_hash(search->name);
	uint64_t address = 0;

	(void)info;
	(void)size;
	for (int i = 0; i < nmodules && !address; i++)
		if (modules[i].ours)
			count_definitions(&modules[i], search->name, hash, &address);
	if (address && find_theirs(search->name, hash) == search->real)
		search->found = address;
	return 1;
}

void *bc_library_front(const char *name, void *real)
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
	if (is_ours(search->real) && dladdr((void *)search->real, &found) && found.dli_sname &&
		found.dli_saddr == (void *)search->real)
		search->found = find_theirs(found.dli_sname, bc_wire_name_hash(found.dli_sname));
	return 1;
}

int bc_library_is_timed(const char *name)
{
	return find_any_id(name, bc_wire_name_hash(name)) != 0;
}

void *bc_library_gate(const char *name, void *real)
{
	struct search search = {name, (uint64_t)real, 0};

	dl_iterate_phdr(search_gate, &search);
	return (void *)search.found;
}

void *bc_library_behind(void *address)
{
	const char *gate = address;
	struct search search = {NULL, (uint64_t)address, 0};

	if (gate >= bc_gates + GATE_SIZE && gate < bc_gates_end)
		return bc_gate_rows[(gate - bc_gates) / GATE_SIZE].real;
	dl_iterate_phdr(search_behind, &search);
	return search.found ? (void *)search.found : address;
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
