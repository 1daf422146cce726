#include "input/cross.h"

#include <ctype.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/fs.h"

/* Length of `name` without the version that distributions append: "gcc-12", "clang-19.1". */
static size_t unversioned_length(const char *name)
{
	size_t len = strlen(name);

	while (len && (isdigit((unsigned char)name[len - 1]) || name[len - 1] == '.'))
		len--;
	return len && len < strlen(name) && name[len - 1] == '-' ? len - 1 : strlen(name);
}

/* Length of the part before "-gcc" and the like, 0 without such an ending. */
static size_t prefix_length(const char *name)
{
	static const char *const drivers[] = {"-gcc", "-cc", "-clang", "-c99", "-c89"};
	size_t len = unversioned_length(name);

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		size_t n = strlen(drivers[i]);

		if (len > n && !strncmp(name + len - n, drivers[i], n))
			return len - n;
	}
	return 0;
}

/* Whether `text` starts with an architecture, up to its first dash. */
static int starts_with_arch(const char *text, size_t len)
{
	static const char *const exact[] = {"i386", "i486", "i586", "i686", "x86_64", "amd64",
		"s390", "s390x", "m68k", "alpha", "ia64", "or1k", "csky", "arc", "avr", "msp430",
		"hppa", "hppa64", "nios2", "xtensa"};
	static const char *const families[] = {"arm", "aarch64", "mips", "powerpc", "ppc", "riscv",
		"sparc", "loongarch", "sh4", "microblaze"};
	const char *dash = memchr(text, '-', len);
	size_t n = dash ? (size_t)(dash - text) : 0;

	for (size_t i = 0; n && i < sizeof(exact) / sizeof(exact[0]); i++)
		if (strlen(exact[i]) == n && !strncmp(text, exact[i], n))
			return 1;
	for (size_t i = 0; n && i < sizeof(families) / sizeof(families[0]); i++)
		if (!strncmp(text, families[i], strlen(families[i])))
			return 1;
	return 0;
}

const char *bc_cross_triple(struct bc_arena *arena, const char *compiler)
{
	const char *name = bc_path_basename(compiler);
	size_t len = prefix_length(name);

	return starts_with_arch(name, len) ? bc_arena_strndup(arena, name, len) : NULL;
}

/* "i386" to "i686" are one architecture for this purpose. */
static int same_arch(const char *triple, const char *machine)
{
	size_t len = strcspn(triple, "-");

	if (triple[0] == 'i' && machine[0] == 'i' && len == 4)
		return 1;
	if (len == 5 && !strncmp(triple, "amd64", 5))
		return !strcmp(machine, "x86_64");
	return strlen(machine) == len && !strncmp(triple, machine, len);
}

int bc_cross_is_native(const char *triple)
{
	const char *os = strstr(triple, "-linux");
	struct utsname host;

	/* "-linux" or "-linux-gnu": x32, musl, uclibc and Android are other systems. */
	if (!os || (strcmp(os, "-linux") != 0 && strcmp(os, "-linux-gnu") != 0))
		return 0;
	return uname(&host) == 0 && !strcmp(host.sysname, "Linux") &&
	       same_arch(triple, host.machine);
}

/* A triple becomes part of a path, so nothing but its usual characters may be in it. */
static int is_plain(const char *triple)
{
	return triple[strspn(triple, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_.-")] == '\0' &&
	       !strstr(triple, "..");
}

void bc_cross_add(struct bc_arena *arena, const char *compiler, const char *given, int sysroot,
	struct bc_argv *args)
{
	const char *triple = given ? given : bc_cross_triple(arena, compiler);
	const char *include;

	if (!triple || !is_plain(triple) || (!given && bc_cross_is_native(triple)))
		return;
	if (!given) {
		bc_vec_push(args, "-target");
		bc_vec_push(args, triple);
	}
	include = bc_arena_printf(arena, "/usr/%s/include", triple);
	if (sysroot || !bc_file_exists(include))
		return;
	bc_vec_push(args, "-isystem");
	bc_vec_push(args, include);
}
