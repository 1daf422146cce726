/*
 * The modules of this process: which there are, and what they define. Looked at only from within
 * callbacks of dl_iterate_phdr(), since nothing is unloaded meanwhile.
 */
#ifndef BC_HARNESS_PRELOAD_MODULES_H
#define BC_HARNESS_PRELOAD_MODULES_H

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

enum { BC_MODULES = 512 };

struct bc_module {
	uint64_t bias;
	const char *path; /* for as long as nothing is unloaded */
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

/* In the order in which the dynamic linker searches them. */
extern struct bc_module bc_modules[];
extern int bc_nmodules;

/* Lists them again; `afresh` when some may be gone. */
void bc_modules_list(int afresh);

int bc_module_has_code(const struct bc_module *module, uint64_t address);
int bc_module_is_writable(const struct bc_module *module, uint64_t address);

/* The following take the name's bc_wire_name_hash(), too. */

/* How many of this name a module defines; *address is the first. */
int bc_module_count(
	const struct bc_module *module, const char *name, uint32_t hash, uint64_t *address);
/* Where a call that is not bound yet will go; 0 when that is not certain. */
uint64_t bc_modules_find(const char *name, uint32_t hash);
/* The only function of this name that is not ours; 0 when there are more, or none. */
uint64_t bc_modules_find_theirs(const char *name, uint32_t hash);
/* 1 when a function of this name is there only because of us. */
int bc_modules_ours_alone(const char *name, uint32_t hash);
int bc_modules_is_ours(uint64_t address);

#endif
