#include "harness/collect/collector.h"

#include <string.h>

#include "base/fs.h"

const char *const bc_call_names[] = {
	"",
#define CALL(name, shown) #shown,
#define WAIT(name, shown) #shown,
#include "harness/calls.def"
#undef CALL
#undef WAIT
};

uint32_t bc_call_count(void)
{
	return sizeof(bc_call_names) / sizeof(bc_call_names[0]);
}

static const char *const apis[] = {
	"",
#define API(name) #name,
#define UV(name, a, b, c) API(name)
#define EVENT(name, a, b, c) API(name)
#define EV(name, a, b, c) API(name)
#define EV_FIELD(name) API(name)
#define GLIB(name, a, b, c) API(name)
#define SDEVENT(name, a, b, c) API(name)
#define WAYLAND(name, a, b, c) API(name)
#include "harness/hooks.def"
};

const char *bc_api_name(uint32_t api)
{
	return api < sizeof(apis) / sizeof(apis[0]) ? apis[api] : "";
}

/* Those that threads are found asleep in; numbers are the machine's. */
const char *bc_syscall_name(long number)
{
#ifdef __x86_64__
	static const struct {
		long number;
		const char *name;
	} known[] = {{0, "read"}, {1, "write"}, {2, "open"}, {3, "close"}, {4, "stat"}, {7, "poll"},
		{9, "mmap"}, {11, "munmap"}, {16, "ioctl"}, {17, "pread64"}, {18, "pwrite64"},
		{19, "readv"}, {20, "writev"}, {23, "select"}, {26, "msync"}, {34, "pause"},
		{35, "nanosleep"}, {42, "connect"}, {43, "accept"}, {44, "sendto"},
		{45, "recvfrom"}, {46, "sendmsg"}, {47, "recvmsg"}, {56, "clone"}, {57, "fork"},
		{58, "vfork"}, {61, "wait4"}, {65, "semop"}, {72, "fcntl"}, {73, "flock"},
		{74, "fsync"}, {75, "fdatasync"}, {76, "truncate"}, {77, "ftruncate"},
		{78, "getdents"}, {82, "rename"}, {83, "mkdir"}, {84, "rmdir"}, {87, "unlink"},
		{162, "sync"}, {202, "futex"}, {217, "getdents64"}, {220, "semtimedop"},
		{230, "clock_nanosleep"}, {232, "epoll_wait"}, {247, "waitid"}, {257, "openat"},
		{262, "newfstatat"}, {263, "unlinkat"}, {270, "pselect6"}, {271, "ppoll"},
		{281, "epoll_pwait"}, {288, "accept4"}, {306, "syncfs"}, {326, "copy_file_range"},
		{332, "statx"}, {435, "clone3"}, {441, "epoll_pwait2"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].number == number)
			return known[i].name;
#endif
	(void)number;
	return NULL;
}

const char *bc_library_of(const char *module)
{
	static const struct {
		const char *file, *name;
	} known[] = {{"libuv", "libuv"}, {"libevent", "libevent"}, {"libev.", "libev"},
		{"libglib-2", "glib"}, {"libgio-2", "glib"}, {"libsystemd", "sd-event"},
		{"libwayland", "wayland"}};
	const char *file = bc_path_basename(module);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strncmp(file, known[i].file, strlen(known[i].file)))
			return known[i].name;
	return NULL;
}
