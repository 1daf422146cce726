#include "harness/collect/begins.h"

#include <dlfcn.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

/*
 * What a stripped file still has is the table by which exceptions are unwound (.eh_frame_hdr): the
 * beginnings of all functions, sorted. Linkers write it in one way only: four bytes each, relative
 * to the table itself.
 */
enum { HEADER = 12, ENTRY = 8, PCREL_SDATA4 = 0x1b, UDATA4 = 0x03, DATAREL_SDATA4 = 0x3b };

static int32_t get_word(const uint8_t *bytes)
{
	int32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static int find_header(Elf *elf, GElf_Phdr *header)
{
	size_t count = 0;

	if (elf_getphdrnum(elf, &count) != 0)
		return 0;
	for (size_t i = 0; i < count && i < INT32_MAX; i++)
		if (gelf_getphdr(elf, (int)i, header) && header->p_type == PT_GNU_EH_FRAME)
			return 1;
	return 0;
}

static uint64_t search(const uint8_t *table, size_t count, uint64_t base, uint64_t address)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (base + (uint64_t)get_word(table + middle * ENTRY) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? base + (uint64_t)get_word(table + (low - 1) * ENTRY) : 0;
}

uint64_t bc_begin_of(Elf *elf, uint64_t address)
{
	GElf_Phdr header;
	const Elf_Data *data;
	const uint8_t *bytes;
	size_t count;

	if (!elf || !find_header(elf, &header))
		return 0;
	data = elf_getdata_rawchunk(elf, (int64_t)header.p_offset, header.p_filesz, ELF_T_BYTE);
	if (!data || data->d_size < HEADER)
		return 0;
	bytes = data->d_buf;
	if (bytes[0] != 1 || bytes[1] != PCREL_SDATA4 || bytes[2] != UDATA4 ||
		bytes[3] != DATAREL_SDATA4)
		return 0;
	count = (uint32_t)get_word(bytes + 8);
	if (count > (data->d_size - HEADER) / ENTRY)
		return 0;
	return search(bytes + HEADER, count, header.p_vaddr, address);
}

/* ---- C++ ---- */

typedef char *demangle_function(const char *name, char *room, size_t *size, int *status);

/* The last pair of parentheses that belong together, with what follows: "(int) const". */
static void cut_parameters(char *text)
{
	char *at = strrchr(text, ')');
	int depth = 0;

	for (; at && at > text; at--) {
		depth += *at == ')';
		depth -= *at == '(';
		if (!depth) {
			*at = 0;
			return;
		}
	}
}

/* Where there is a program of C++ there is its library. NULL without. */
static demangle_function *find_demangle(void)
{
	void *library = dlopen("libstdc++.so.6", RTLD_LAZY);

	return library ? (demangle_function *)dlsym(library, "__cxa_demangle") : NULL;
}

/* What compilers add to the names of copies and parts of functions. */
static size_t without_suffix(const char *name)
{
	static const char *const added[] = {
		".lto_priv.", ".constprop.", ".isra.", ".part.", ".cold", ".llvm."};
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
		const char *at = strstr(name, added[i]);

		if (at && at > name && (size_t)(at - name) < length)
			length = (size_t)(at - name);
	}
	return length;
}

const char *bc_plain_name(struct bc_arena *arena, const char *name)
{
	demangle_function *demangle;
	const char *plain;
	int status = 0;
	char *text;

	if (strncmp(name, "_Z", 2) != 0)
		return bc_arena_strndup(arena, name, without_suffix(name));
	demangle = find_demangle();
	text = demangle ? demangle(name, NULL, NULL, &status) : NULL;
	if (text && status == 0)
		cut_parameters(text);
	plain = bc_arena_strdup(arena, text && status == 0 ? text : name);
	free(text);
	return plain;
}
