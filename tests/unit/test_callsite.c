/* Calls through pointers, told from others by the code before the place they return to. */
#include "harness/collect/callsite.h"

#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#ifndef __x86_64__
int main(void)
{
	return 77;
}
#else

/* Never run. The label of each stands where its call returns to. */
__asm__(".pushsection .text\n"
	"call site_direct\nsite_direct:\n"
	"call *getpid@GOTPCREL(%rip)\nsite_linked:\n"
	"call *site_variable(%rip)\nsite_global:\n"
	"call *%rax\nsite_register:\n"
	"call *%r12\nsite_other_register:\n"
	"notrack call *%rdx\nsite_untracked:\n"
	"call *(%rbx)\nsite_memory:\n"
	"call *8(%rbx)\nsite_member:\n"
	"call *0x1234(%r13)\nsite_far_member:\n"
	"call *(%r12)\nsite_based:\n"
	"call *16(%rsp)\nsite_stack:\n"
	"call *0x400000(,%rax,8)\nsite_table:\n"
	"call *8(%rbx,%rcx,8)\nsite_element:\n"
	"mov %rsp, %rbp\nnop\nnop\nnop\nnop\nsite_none:\n"
	".popsection\n"
	".pushsection .data\n"
	"site_variable: .quad 0\n"
	".popsection");

#define SITES(SITE) \
	SITE(direct, 0) \
	SITE(linked, 0) \
	SITE(global, 1) \
	SITE(register, 1) \
	SITE(other_register, 1) \
	SITE(untracked, 1) \
	SITE(memory, 1) \
	SITE(member, 1) \
	SITE(far_member, 1) \
	SITE(based, 1) \
	SITE(stack, 1) \
	SITE(table, 1) \
	SITE(element, 1) \
	SITE(none, 0)

#define SITE(name, indirect) extern const char site_##name[];
SITES(SITE)
#undef SITE

static int get_base(struct dl_phdr_info *info, size_t size, void *argument)
{
	(void)size;
	*(uint64_t *)argument = info->dlpi_addr;
	return 1; /* the first is the program */
}

static void test_sites(void **state)
{
	static const struct {
		const char *name, *after;
		int indirect;
	} sites[] = {
#define SITE(name, indirect) {#name, site_##name, indirect},
		SITES(SITE)
#undef SITE
	};
	uint64_t base = 0;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf *elf;

	(void)state;
	dl_iterate_phdr(get_base, &base);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	assert_non_null(elf);
	for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++) {
		uint64_t after = (uint64_t)(uintptr_t)sites[i].after - base;

		if (bc_callsite_is_indirect(elf, after) != sites[i].indirect)
			fail_msg("%s", sites[i].name);
	}
	assert_int_equal(bc_callsite_is_indirect(elf, 0), 0);
	assert_int_equal(bc_callsite_is_indirect(elf, 3), 0);
	assert_int_equal(bc_callsite_is_indirect(elf, UINT64_MAX), 0);
	assert_int_equal(bc_callsite_is_indirect(NULL, 1), 0);
	elf_end(elf);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_sites)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
