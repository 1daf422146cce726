/* Names for functions that have none, and for those of C++. */
#include "harness/collect/begins.h"

#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int get_base(struct dl_phdr_info *info, size_t size, void *argument)
{
	(void)size;
	*(uint64_t *)argument = info->dlpi_addr;
	return 1; /* the first is the program */
}

static void test_begin(void **state)
{
	uint64_t base = 0, here = (uint64_t)(uintptr_t)test_begin;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf *elf;

	(void)state;
	dl_iterate_phdr(get_base, &base);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	assert_non_null(elf);
	assert_int_equal(bc_begin_of(elf, here - base), here - base);
	assert_int_equal(bc_begin_of(elf, here - base + 9), here - base);
	assert_int_not_equal(bc_begin_of(elf, here - base - 1), here - base);
	assert_int_equal(bc_begin_of(elf, 0), 0);
	assert_int_equal(bc_begin_of(NULL, 1), 0);
	elf_end(elf);
	close(fd);
}

/* A file that claims more entries than it has, and one that ends within the header. */
static void test_damaged(void **state)
{
	static const uint8_t table[] = {1, 0x1b, 0x03, 0x3b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f};
	Elf64_Ehdr head = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				   EV_CURRENT},
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(head),
		.e_ehsize = sizeof(head),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1};
	Elf64_Phdr part = {.p_type = PT_GNU_EH_FRAME, .p_offset = sizeof(head) + sizeof(part)};
	char image[sizeof(head) + sizeof(part) + sizeof(table)];

	(void)state;
	elf_version(EV_CURRENT);
	for (size_t size = 0; size <= sizeof(table) + 1; size++) {
		Elf *elf;

		part.p_filesz = size;
		memcpy(image, &head, sizeof(head));
		memcpy(image + sizeof(head), &part, sizeof(part));
		memcpy(image + sizeof(head) + sizeof(part), table, sizeof(table));
		elf = elf_memory(image, sizeof(image));
		assert_non_null(elf);
		assert_int_equal(bc_begin_of(elf, 0x1000), 0);
		elf_end(elf);
	}
}

static void test_names(void **state)
{
	struct bc_arena arena = BC_ARENA_INIT;

	(void)state;
	assert_string_equal(bc_plain_name(&arena, "serverCron"), "serverCron");
	assert_string_equal(bc_plain_name(&arena, "_Z3fooi"), "foo");
	assert_string_equal(bc_plain_name(&arena, "_ZN2ns3BarIiE3bazEPKcb"), "ns::Bar<int>::baz");
	assert_string_equal(bc_plain_name(&arena, "_ZNK2ns3Bar3getEv"), "ns::Bar::get");
	assert_string_equal(bc_plain_name(&arena, "_ZN3FooclEi"), "Foo::operator()");
	assert_string_equal(bc_plain_name(&arena, "_ZGV"), "_ZGV");
	assert_string_equal(bc_plain_name(&arena, "_Z"), "_Z");
	assert_string_equal(bc_plain_name(&arena, "on_read.lto_priv.0"), "on_read");
	assert_string_equal(bc_plain_name(&arena, "on_read.isra.0.cold"), "on_read");
	bc_arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
