/* What is loaded, and what it defines. */
#include "harness/preload/modules.h"

#include <string.h>

enum { PAGE = 4096 };

struct bc_module bc_modules[BC_MODULES];
int bc_nmodules;

static int is_in(const struct bc_module *module, uint64_t address, uint32_t permission)
{
	for (int i = 0; i < module->nparts; i++)
		if (module->parts[i].p_type == PT_LOAD && (module->parts[i].p_flags & permission) &&
			address - module->bias - module->parts[i].p_vaddr <
				module->parts[i].p_memsz)
			return 1;
	return 0;
}

int bc_module_has_code(const struct bc_module *module, uint64_t address)
{
	return is_in(module, address, PF_X);
}

int bc_module_is_writable(const struct bc_module *module, uint64_t address)
{
	return is_in(module, address, PF_W);
}

/* Some of these pointers have been relocated by the dynamic linker, some (the vDSO's) have not. */
static uint64_t locate(const struct bc_module *module, uint64_t value)
{
	return value < module->bias ? module->bias + value : value;
}

static void read_dynamic(struct bc_module *module, const ElfW(Dyn) * entry)
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

static int add_module(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct bc_module *module = &bc_modules[bc_nmodules];
	const ElfW(Dyn) *dynamic = NULL;
	struct bc_module old = *module;

	(void)size;
	(void)argument;
	if (bc_nmodules == BC_MODULES)
		return 1;
	*module = (struct bc_module){.bias = info->dlpi_addr,
		.path = info->dlpi_name,
		.parts = info->dlpi_phdr,
		.nparts = info->dlpi_phnum};
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
	module->untouched = module->ours || is_untouched(info->dlpi_name);
	/* the list only grows at its end while nothing is unloaded */
	module->seen = old.seen && old.symbols == module->symbols && old.parts == module->parts;
	bc_nmodules++;
	return 0;
}

void bc_modules_list(int afresh)
{
	if (afresh)
		memset(bc_modules, 0, sizeof(bc_modules));
	bc_nmodules = 0;
	dl_iterate_phdr(add_module, NULL);
}

/* ---- definitions ---- */

/* How many of this name a module defines; *address is the first. An indirect one counts as two,
 * since nothing but the dynamic linker should decide on it. */
int bc_module_count(
	const struct bc_module *module, const char *name, uint32_t hash, uint64_t *address)
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
uint64_t bc_modules_find(const char *name, uint32_t hash)
{
	uint64_t found = 0, address = 0;

	for (int i = 0; i < bc_nmodules; i++) {
		int count = bc_modules[i].late
				    ? 0
				    : bc_module_count(&bc_modules[i], name, hash, &address);

		if (count > 1 || (count && found))
			return 0;
		if (!count)
			continue;
		if (bc_modules[i].ours)
			return address;
		found = address;
	}
	return found;
}

/* ---- functions that only we have ---- */

/* Nothing is known of what a module exports that has an old table of symbols alone. */
static int is_readable(const struct bc_module *module)
{
	return module->hash || module->untouched;
}

/*
 * A plug defines all functions of its library that take callbacks, but the library may be older and
 * have fewer. Who asks whether there is one must get the library's answer.
 */
int bc_modules_ours_alone(const char *name, uint32_t hash)
{
	uint64_t address;
	int found = 0;

	if (!strncmp(name, "__blockcheck", 12))
		return 0;
	for (int i = 0; i < bc_nmodules; i++) {
		int count = bc_module_count(&bc_modules[i], name, hash, &address);

		if (!is_readable(&bc_modules[i]) || (count && !bc_modules[i].ours))
			return 0;
		found |= count;
	}
	return found;
}

int bc_modules_is_ours(uint64_t address)
{
	for (int i = 0; i < bc_nmodules; i++)
		if (bc_modules[i].ours && bc_module_has_code(&bc_modules[i], address))
			return 1;
	return 0;
}

/* The only function of this name that is not ours, when there is one alone. */
uint64_t bc_modules_find_theirs(const char *name, uint32_t hash)
{
	uint64_t found = 0, address = 0;

	for (int i = 0; i < bc_nmodules; i++) {
		int count = bc_modules[i].ours
				    ? 0
				    : bc_module_count(&bc_modules[i], name, hash, &address);

		if (!is_readable(&bc_modules[i]) || count > 1 || (count && found))
			return 0;
		if (count)
			found = address;
	}
	return found;
}
