#include "harness/collect/target.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "harness/wire.h"

enum { MAX_HEADERS = 64, MAX_LISTING = 1 << 20, MAX_NOTES = 1024 };

#define CORE "libblockcheck-preload.so"

static const struct {
	enum bc_plug plug;
	const char *name;
	const char *needs; /* how the library's file name begins */
	const char *file;
} plugs[] = {
	{BC_PLUG_UV, "libuv", "libuv.so", "libblockcheck-preload-uv.so"},
	{BC_PLUG_EVENT, "libevent", "libevent", "libblockcheck-preload-event.so"},
	{BC_PLUG_EV, "libev", "libev.so", "libblockcheck-preload-ev.so"},
	{BC_PLUG_GLIB, "GLib", "libglib-2.0.so", "libblockcheck-preload-glib.so"},
	{BC_PLUG_GIO, "GIO", "libgio-2.0.so", "libblockcheck-preload-gio.so"},
	{BC_PLUG_SDEVENT, "sd-event", "libsystemd", "libblockcheck-preload-sdevent.so"},
	{BC_PLUG_WAYLAND, "Wayland", "libwayland-", "libblockcheck-preload-wayland.so"},
};

/* ---- finding it ---- */

static int is_program(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

static const char *search_path(struct bc_arena *arena, const char *name)
{
	const char *path = getenv("PATH");

	if (!path)
		path = "/bin:/usr/bin";
	while (path) {
		size_t len = strcspn(path, ":");
		const char *file =
			bc_path_join(arena, len ? bc_arena_strndup(arena, path, len) : ".", name);

		if (is_program(file))
			return file;
		path = path[len] ? path + len + 1 : NULL;
	}
	return NULL;
}

static const char *make_absolute(struct bc_arena *arena, const char *path)
{
	char *real = realpath(path, NULL);
	const char *copy = real ? bc_arena_strdup(arena, real) : path;

	free(real);
	return copy;
}

/* ---- looking into it ---- */

struct image {
	int fd;
	Elf64_Ehdr header;
	Elf64_Phdr parts[MAX_HEADERS];
	int nparts;
	char interpreter[256]; /* "" without */
};

/* 1 when it is a 64-bit ELF file whose headers can be read. */
static int read_image(struct image *image, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr *header = &image->header;
	size_t size;
	int good;

	*image = (struct image){.fd = fd};
	good = fd >= 0 && pread(fd, header, sizeof(*header), 0) == sizeof(*header) &&
	       !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_phnum <= MAX_HEADERS &&
	       header->e_phentsize == sizeof(Elf64_Phdr);
	if (good) {
		size = header->e_phnum * sizeof(Elf64_Phdr);
		good = pread(fd, image->parts, size, (off_t)header->e_phoff) == (ssize_t)size;
	}
	image->nparts = good ? header->e_phnum : 0;
	for (int i = 0; i < image->nparts; i++)
		if (image->parts[i].p_type == PT_INTERP &&
			pread(fd, image->interpreter, sizeof(image->interpreter) - 1,
				(off_t)image->parts[i].p_offset) < 0)
			image->interpreter[0] = 0;
	if (fd >= 0)
		close(fd);
	return good;
}

/* A script names its interpreter in its first line. */
static const char *read_shebang(struct bc_arena *arena, const char *path)
{
	char line[256] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	char *start = line + 2;

	if (fd >= 0)
		close(fd);
	if (n < 3 || line[0] != '#' || line[1] != '!')
		return NULL;
	start += strspn(start, " \t");
	start[strcspn(start, " \t\n")] = 0;
	return bc_arena_strdup(arena, start);
}

static int is_privileged(const char *path)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return 0;
	return ((info.st_mode & S_ISUID) && info.st_uid != geteuid()) ||
	       ((info.st_mode & S_ISGID) && info.st_gid != getegid());
}

static int has_capabilities(const char *path)
{
	return geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

/* Go's linker leaves a note of its own among the others. */
static int has_go_note(int fd, const Elf64_Phdr *part)
{
	char bytes[MAX_NOTES];
	ssize_t size =
		pread(fd, bytes, part->p_filesz < sizeof(bytes) ? part->p_filesz : sizeof(bytes),
			(off_t)part->p_offset);
	size_t at = 0;

	while (size > 0 && at + sizeof(Elf64_Nhdr) + 4 <= (size_t)size) {
		Elf64_Nhdr note;

		memcpy(&note, bytes + at, sizeof(note));
		at += sizeof(note);
		if (note.n_namesz == 4 && !memcmp(bytes + at, "Go\0", 4))
			return 1;
		at += (((size_t)note.n_namesz + 3) & ~(size_t)3) +
		      (((size_t)note.n_descsz + 3) & ~(size_t)3);
	}
	return 0;
}

static int is_go(const struct image *image, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), found = 0;

	for (int i = 0; fd >= 0 && i < image->nparts && !found; i++)
		found = image->parts[i].p_type == PT_NOTE && has_go_note(fd, &image->parts[i]);
	if (fd >= 0)
		close(fd);
	return found;
}

uint64_t bc_target_base(const char *path)
{
	struct image image;
	uint64_t base = UINT64_MAX;

	if (!read_image(&image, path))
		return 0;
	for (int i = 0; i < image.nparts; i++)
		if (image.parts[i].p_type == PT_LOAD && image.parts[i].p_vaddr < base)
			base = image.parts[i].p_vaddr;
	return base == UINT64_MAX ? 0 : base & ~(uint64_t)4095;
}

static const char *find_obstacle(const struct image *image, const char *path)
{
#ifndef __x86_64__
	return "the injected library is made for x86-64 only";
#endif
	if (image->header.e_machine != EM_X86_64)
		return "it is made for another machine";
	if (is_go(image, path))
		return "it is written in Go, which makes its system calls itself";
	if (!image->interpreter[0])
		return "it is linked statically, so no library can be put in front of its own";
	if (strstr(image->interpreter, "ld-musl"))
		return "it is linked against musl; the injected library needs glibc";
	if (is_privileged(path))
		return "it is setuid or setgid, so the system ignores LD_PRELOAD";
	if (has_capabilities(path))
		return "it has file capabilities, so the system ignores LD_PRELOAD";
	return NULL;
}

/* Programs without a dynamic linker hand their environment on as it is. */
static int hands_on(const struct image *image)
{
	return image->header.e_machine == EM_X86_64 && !image->interpreter[0];
}

/* ---- what it links ---- */

static void run_lister(int out, const char *interpreter, const char *path)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(out, 1);
	dup2(null, 2);
	alarm(30); /* longer than a busy machine takes for hundreds of libraries */
	unsetenv("LD_PRELOAD");
	execl(interpreter, interpreter, "--list", path, (char *)NULL);
	_exit(127);
}

/* The dynamic linker itself says what would be loaded, without running any of it. */
static void list_libraries(const struct image *image, const char *path, struct bc_buf *listing)
{
	char piece[4096];
	int ends[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0)
		run_lister(ends[1], image->interpreter, path);
	close(ends[1]);
	while (pid > 0 &&
		((n = read(ends[0], piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR)))
		if (n > 0 && listing->len < MAX_LISTING)
			bc_buf_add(listing, piece, (size_t)n);
	close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void choose_plugs(struct bc_target *target, const struct image *image)
{
	struct bc_buf listing = {0};
	const char *text;

	list_libraries(image, target->path, &listing);
	text = bc_buf_text(&listing);
	for (size_t i = 0; i < sizeof(plugs) / sizeof(plugs[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "\t%s", plugs[i].needs);
		if (strstr(text, name))
			target->plugs |= plugs[i].plug;
	}
	target->asan = strstr(text, "\tlibasan.so") != NULL;
	bc_buf_fini(&listing);
}

static int fail_to_find(struct bc_arena *arena, const char *name, const char *path)
{
	struct stat info;

	if (path && stat(path, &info) == 0)
		return bc_fail(BC_EINPUT, "%s: %s", name,
			S_ISDIR(info.st_mode) ? "is a folder" : "is not an executable file");
	if (!path && is_program(bc_path_join(arena, ".", name)))
		return bc_fail(
			BC_EINPUT, "%s: no such program in PATH; the one here is ./%s", name, name);
	return bc_fail(BC_EINPUT, "%s: no such program", name);
}

int bc_target_inspect(struct bc_arena *arena, const char *name, struct bc_target *target)
{
	const char *path = strchr(name, '/') ? name : search_path(arena, name), *shell;
	struct image image;

	*target = (struct bc_target){0};
	if (!path || !is_program(path))
		return fail_to_find(arena, name, path);
	target->file = path;
	target->path = make_absolute(arena, path);
	if (read_image(&image, target->path)) {
		target->interpreter = bc_arena_strdup(arena, image.interpreter);
		target->why = find_obstacle(&image, target->path);
		target->preloadable = !target->why;
		target->hands_on = hands_on(&image);
		if (target->preloadable)
			choose_plugs(target, &image);
		return 0;
	}
	/* what a script starts is only followed on request, and then brings what it needs by itself
	 */
	shell = read_shebang(arena, target->path);
	target->interpreter = shell ? shell : "";
	target->preloadable = shell && read_image(&image, shell) && !find_obstacle(&image, shell);
	target->why = target->preloadable ? NULL
		      : shell ? "what runs this script is no program that a library can be put into"
			      : "it is no 64-bit ELF program";
	target->hands_on = shell && !target->preloadable && hands_on(&image);
	target->foreign = !shell;
	return 0;
}

/* ---- starting it ---- */

static const char *find_dir(struct bc_arena *arena, const char *dir)
{
	return bc_file_exists(bc_path_join(arena, dir, CORE)) ? dir : NULL;
}

const char *bc_target_preload_dir(struct bc_arena *arena)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *found = getenv("BLOCKCHECK_PRELOAD_DIR"), *beside;

	if (found)
		return find_dir(arena, make_absolute(arena, found));
	if (n > 0) {
		self[n] = 0;
		beside = bc_path_dirname(arena, self);
		found = find_dir(arena, beside);
		if (!found)
			found = find_dir(
				arena, bc_path_absolute(arena, beside, BC_PRELOAD_RELATIVE));
	}
	return found ? found : find_dir(arena, BC_PRELOAD_INSTALLED);
}

void bc_target_name_plugs(const struct bc_target *target, struct bc_buf *out)
{
	for (size_t i = 0; i < sizeof(plugs) / sizeof(plugs[0]); i++)
		if (target->plugs & plugs[i].plug)
			bc_buf_printf(out, "%s, ", plugs[i].name);
}

static int has_file(const char *dir, const char *file)
{
	char path[4096];

	return snprintf(path, sizeof(path), "%s/%s", dir, file) < (int)sizeof(path) &&
	       bc_file_exists(path);
}

static void add_entry(struct bc_buf *list, const char *dir, const char *file)
{
	bc_buf_printf(list, "%s%s/%s", list->len ? ":" : "", dir, file);
}

/* Plugs come before the core, whose search for a real function goes on behind itself. */
static void set_environment(const struct bc_target *target, const char *dir, const char *wire_path)
{
	const char *old = getenv("LD_PRELOAD"), *asan = getenv("ASAN_OPTIONS");
	struct bc_buf list = {0}, more = {0};

	for (size_t i = 0; i < sizeof(plugs) / sizeof(plugs[0]); i++)
		if ((target->plugs & plugs[i].plug) && has_file(dir, plugs[i].file))
			add_entry(&list, dir, plugs[i].file);
	add_entry(&list, dir, CORE);
	if (old && *old)
		bc_buf_printf(&list, ":%s", old);
	setenv("LD_PRELOAD", bc_buf_text(&list), 1);
	setenv(BC_WIRE_ENV, wire_path, 1);
	if (target->asan) {
		/* its runtime insists on being the first library */
		bc_buf_printf(
			&more, "%s%sverify_asan_link_order=0", asan ? asan : "", asan ? ":" : "");
		setenv("ASAN_OPTIONS", bc_buf_text(&more), 1);
	}
}

static void run_program(const struct bc_target *target, char *const *argv, const char *dir,
	const char *wire_path, int follow, int failed)
{
	sigset_t none;
	int why;

	sigemptyset(&none);
	for (int i = 1; i < NSIG; i++)
		if (i != SIGHUP && i != SIGINT && i != SIGTERM) /* may be ignored for nohup */
			signal(i, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dir && (target->preloadable || (target->hands_on && follow)))
		set_environment(target, dir, wire_path);
	execv(target->file, argv);
	why = errno;
	if (write(failed, &why, sizeof(why)) < 0)
		_exit(126);
	_exit(127);
}

/* The system's own words leave people looking for the file that is there. */
static int fail_to_start(const struct bc_target *target, int why)
{
	if (why == ENOENT && *target->interpreter)
		return bc_fail(BC_EINPUT, "%s: cannot be started: it needs %s, which is not there",
			target->file, target->interpreter);
	if (why == ENOEXEC)
		return bc_fail(BC_EINPUT,
			"%s: is no program for this machine; a script without a #! line is an "
			"argument of its shell: blockcheck run sh %s",
			target->file, target->file);
	return bc_fail(BC_EINPUT, "%s: cannot be started: %s", target->file, strerror(why));
}

int bc_target_launch(struct bc_arena *arena, const struct bc_target *target, char *const *argv,
	const char *preload_dir, const char *wire_path, int follow, pid_t *pid)
{
	int ends[2], why = 0;
	ssize_t n;

	(void)arena;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return bc_fail(BC_EINTERNAL, "pipe: %s", strerror(errno));
	*pid = fork();
	if (*pid == 0)
		run_program(target, argv, preload_dir, wire_path, follow, ends[1]);
	close(ends[1]);
	do
		n = *pid < 0 ? -1 : read(ends[0], &why, sizeof(why));
	while (n < 0 && *pid > 0 && errno == EINTR);
	close(ends[0]);
	if (*pid > 0 && n == 0)
		return 0;
	if (*pid > 0)
		waitpid(*pid, NULL, 0);
	return fail_to_start(target, *pid < 0 ? errno : why);
}
