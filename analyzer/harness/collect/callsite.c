#include "harness/collect/callsite.h"

#include <gelf.h>
#include <string.h>

enum {
	CALL = 0xe8, /* to a place relative to this */
	CALL_LENGTH = 5,
	GROUP = 0xff, /* whose second is a call of what a register or memory holds */
	LONGEST = 7
};

static int find_segment(Elf *elf, uint64_t address, GElf_Phdr *segment)
{
	size_t count = 0;

	if (!elf || elf_getphdrnum(elf, &count) != 0)
		return 0;
	for (size_t i = 0; i < count && i < INT32_MAX; i++)
		if (gelf_getphdr(elf, (int)i, segment) && segment->p_type == PT_LOAD &&
			(segment->p_flags & PF_X) && address >= segment->p_vaddr &&
			address - segment->p_vaddr < segment->p_filesz)
			return 1;
	return 0;
}

/* Where the linker keeps addresses of other modules' functions: a call through that names one. */
static int is_linkers(Elf *elf, uint64_t address)
{
	size_t names = 0;
	GElf_Shdr header;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return 1;
	for (Elf_Scn *section = elf_nextscn(elf, NULL); section;
		section = elf_nextscn(elf, section)) {
		const char *name;

		if (!gelf_getshdr(section, &header) || !(header.sh_flags & SHF_ALLOC) ||
			address < header.sh_addr || address - header.sh_addr >= header.sh_size)
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		return name && !strncmp(name, ".got", 4);
	}
	return 0;
}

static int32_t get_word(const uint8_t *bytes)
{
	int32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* How long it is from the opcode on, if this is a call of the group's; else 0. */
static int measure(const uint8_t *code)
{
	int mode = code[1] >> 6, operand = code[1] & 7, length = 2;

	if (code[0] != GROUP || (code[1] >> 3 & 7) != 2)
		return 0;
	if (mode == 3)
		return length;
	if (operand == 4) {
		length++;
		if (mode == 0 && (code[2] & 7) == 5)
			length += 4;
	}
	if (mode == 1)
		length += 1;
	else if (mode == 2 || (mode == 0 && operand == 5))
		length += 4;
	return length;
}

static int is_relative(const uint8_t *code)
{
	return code[1] >> 6 == 0 && (code[1] & 7) == 5;
}

int bc_callsite_is_indirect(Elf *elf, uint64_t after)
{
	uint8_t code[LONGEST + 1] = {0};
	GElf_Phdr segment, other;
	const Elf_Data *data;
	uint64_t at = after - LONGEST;

	if (!find_segment(elf, after - 1, &segment) || at < segment.p_vaddr)
		return 0;
	data = elf_getdata_rawchunk(
		elf, (int64_t)(segment.p_offset + (at - segment.p_vaddr)), LONGEST, ELF_T_BYTE);
	if (!data || data->d_size < LONGEST)
		return 0;
	memcpy(code, data->d_buf, LONGEST);
	if (code[LONGEST - CALL_LENGTH] == CALL &&
		find_segment(elf, after + (uint64_t)(int64_t)get_word(code + LONGEST - 4), &other))
		return 0;
	for (int length = 2; length <= LONGEST; length++) {
		const uint8_t *call = code + LONGEST - length;

		if (measure(call) == length)
			return !is_relative(call) ||
			       !is_linkers(elf, after + (uint64_t)(int64_t)get_word(call + 2));
	}
	return 0;
}
