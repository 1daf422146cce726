#include "plugin/object.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_SEGMENTS = 128 };

static int is_whole_read(int fd, void *to, size_t size, off_t at)
{
	return pread(fd, to, size, at) == (ssize_t)size;
}

/* Every part that will be mapped has to be there. */
static int has_all_segments(int fd, const ElfW(Ehdr) * head, uint64_t size)
{
	ElfW(Phdr) segments[MAX_SEGMENTS];

	if (head->e_phentsize != sizeof(segments[0]) || !head->e_phnum ||
		head->e_phnum > MAX_SEGMENTS || head->e_phoff > size ||
		!is_whole_read(
			fd, segments, head->e_phnum * sizeof(segments[0]), (off_t)head->e_phoff))
		return 0;
	for (int i = 0; i < head->e_phnum; i++)
		if (segments[i].p_offset > size ||
			segments[i].p_filesz > size - segments[i].p_offset)
			return 0;
	return 1;
}

static const char *check_object(int fd, uint64_t size)
{
	static const unsigned char native = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
	ElfW(Ehdr) head;

	if (!is_whole_read(fd, &head, sizeof(head), 0) ||
		memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return "is no shared object; build it with cc -shared -fPIC";
	if (head.e_ident[EI_CLASS] != native)
		return "is built for another kind of machine";
	if (head.e_type != ET_DYN)
		return "is no shared object, but a program or a part of one; build it with "
		       "cc -shared -fPIC";
	return has_all_segments(fd, &head, size) ? NULL : "is damaged: a part of it is missing";
}

const char *bc_object_fault(const char *path)
{
	const char *fault;
	struct stat st;
	int fd;

	if (stat(path, &st) != 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is no file";
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return strerror(errno);
	fault = check_object(fd, (uint64_t)st.st_size);
	close(fd);
	return fault;
}
