#include "harness/collect/stripped.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "harness/collect/report.h"

enum { MAX_STRIPPED = 4, MAX_ANSWER = 4096, ANSWER_WITHIN_S = 5 };

int bc_stripped_is_named(const struct bc_run_where *where)
{
	return !strstr(where->function, "+0x") && strncmp(where->function, "0x", 2) != 0;
}

/* ---- which ---- */

/* Its names may be in a table of its own, or packed (MiniDebugInfo). */
static int has_symbols(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) < 0)
		return 0;
	while ((section = elf_nextscn(elf, section))) {
		const char *name = gelf_getshdr(section, &header)
					   ? elf_strptr(elf, names, header.sh_name)
					   : NULL;

		if (name && (header.sh_type == SHT_SYMTAB || !strcmp(name, ".gnu_debugdata")))
			return 1;
	}
	return 0;
}

static int is_stripped(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), stripped = 0;
	Elf *elf;

	if (fd < 0)
		return 0;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		stripped = !has_symbols(elf);
	elf_end(elf);
	close(fd);
	return stripped;
}

/* ---- what would help ---- */

static void run_asked(int out, const char *const *argv)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(out, 1);
	dup2(null, 2);
	alarm(ANSWER_WITHIN_S);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

/* What a program of the system says, as far as there is room. 0 when it fails. */
static int ask(const char *const *argv, char *answer, size_t size)
{
	int ends[2], status = -1;
	size_t len = 0;
	ssize_t n = 1;
	pid_t pid;

	if (access(argv[0], X_OK) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return 0;
	pid = fork();
	if (pid == 0)
		run_asked(ends[1], argv);
	close(ends[1]);
	while (pid > 0 && len < size - 1 && (n > 0 || (n < 0 && errno == EINTR))) {
		n = read(ends[0], answer + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	close(ends[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	answer[len] = 0;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The first word of the answer, which ends with one of `ends`, and what such packages are called.
 */
static const char *ask_name(
	struct bc_arena *arena, const char *const *argv, const char *ends, const char *suffix)
{
	char answer[MAX_ANSWER];
	size_t n = ask(argv, answer, sizeof(answer)) ? strcspn(answer, ends) : 0;

	return n ? bc_arena_printf(arena, "%.*s%s", (int)n, answer, suffix) : NULL;
}

/* "redis-tools:amd64: /usr/bin/redis-check-rdb" */
static const char *ask_dpkg(struct bc_arena *arena, const char *path)
{
	const char *const argv[] = {"/usr/bin/dpkg-query", "-S", path, NULL};

	return ask_name(arena, argv, ":, \n", "-dbgsym");
}

static const char *ask_rpm(struct bc_arena *arena, const char *path)
{
	const char *const argv[] = {"/usr/bin/rpm", "-qf", "--qf", "%{NAME}\n", path, NULL};

	return ask_name(arena, argv, " \n", "-debuginfo");
}

/* Where /bin is /usr/bin, a package may have it by either name. */
static const char *find_package(struct bc_arena *arena, const char *path)
{
	const char *found = ask_dpkg(arena, path);

	if (!found && !strncmp(path, "/usr/", 5))
		found = ask_dpkg(arena, path + 4);
	if (!found)
		found = ask_dpkg(arena, bc_arena_printf(arena, "/usr%s", path));
	return found ? found : ask_rpm(arena, path);
}

/* ---- all of them ---- */

static int is_listed(const struct bc_run *run, const char *module)
{
	for (size_t i = 0; i < run->stripped.count; i++)
		if (!strcmp(run->stripped.items[i].module, module))
			return 1;
	return 0;
}

static void look_at(struct bc_run *run, const struct bc_run_where *where)
{
	/* libc's own functions are nobody's finding */
	if (!strncmp(bc_path_basename(where->module), "libc.", 5))
		return;
	if (run->stripped.count >= MAX_STRIPPED || bc_stripped_is_named(where) ||
		where->module[0] != '/' || is_listed(run, where->module) ||
		!is_stripped(where->module))
		return;
	bc_vec_push(&run->stripped,
		(struct bc_run_stripped){where->module, find_package(&run->arena, where->module)});
}

void bc_stripped_find(struct bc_run *run)
{
	uint32_t *order;
	size_t count = bc_report_stalls(run, &order);

	for (size_t i = 0; i < count; i++) {
		const struct bc_run_stall *stall = &run->stalls.items[order[i]];

		if (stall->ns < run->budget_ns)
			continue;
		look_at(run, &run->callbacks.items[stall->callback].where);
		for (uint32_t j = 0; j < stall->nstack; j++)
			look_at(run, &stall->stack[j]);
	}
	free(order);
}
