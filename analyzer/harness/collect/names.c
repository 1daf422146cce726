#include "harness/collect/collector.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

static const struct {
	const char *name, *shown;
} calls[] = {
	{"", ""},
#define CALL(name, shown) {#name, #shown},
#define CALL_MANY(name, shown) {#name, #shown},
#define CALL_DESCRIPTOR CALL
#define CALL_FLAGS_2 CALL
#define CALL_FLAGS_3 CALL
#define CALL_GET CALL
#define CALL_READ CALL
#define CALL_WRITE CALL
#define CALL_LOCK(name, shown, attempt) {#name, #shown},
#define WAIT(name, shown) {#name, #shown},
#include "harness/calls.def"
#undef CALL
#undef CALL_MANY
#undef CALL_DESCRIPTOR
#undef CALL_FLAGS_2
#undef CALL_FLAGS_3
#undef CALL_GET
#undef CALL_READ
#undef CALL_WRITE
#undef CALL_LOCK
#undef WAIT
};

enum { NCALLS = sizeof(calls) / sizeof(calls[0]) };

/* ---- what the packs add ---- */

/* Those that return twice, or look at who calls them, cannot be called on another's behalf. */
static int is_untimed(const char *name)
{
	static const char *const names[] = {"vfork", "setjmp", "_setjmp", "sigsetjmp",
		"__sigsetjmp", "getcontext", "setcontext", "swapcontext", "makecontext", "clone",
		"dlopen", "dlmopen", "dlsym", "dlvsym", "longjmp", "_longjmp", "siglongjmp"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return 1;
	for (uint32_t i = 1; i < NCALLS; i++)
		if (!strcmp(calls[i].name, name))
			return 1;
	return 0;
}

/* 1 when there was room for it. */
static int add_name(struct bc_wire_names *names, uint32_t *used, const char *name, uint32_t id)
{
	uint32_t hash = bc_wire_name_hash(name), at = hash;
	size_t size = strlen(name) + 1;
	struct bc_wire_name *entry;

	if (names->count >= BC_WIRE_NAMES / 2 || size > BC_WIRE_NAMES_TEXT - *used)
		return 0;
	for (;; at++) {
		entry = &names->table[at % BC_WIRE_NAMES];
		if (!entry->text)
			break;
		if (entry->hash == hash && !strcmp(names->text + entry->text, name))
			return 1;
	}
	memcpy(names->text + *used, name, size);
	*entry = (struct bc_wire_name){.hash = hash, .text = *used, .id = id};
	*used += (uint32_t)size;
	names->count++;
	return 1;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_functions(struct bc_collector *collector)
{
	size_t n = collector->nfunctions;

	collector->sorted = BC_NEW_ARRAY(&collector->run->arena, const char *, n + 1);
	for (size_t i = 0; i < n; i++)
		collector->sorted[i] = collector->functions[i];
	qsort(collector->sorted, n, sizeof(*collector->sorted), compare_names);
}

static const char *find_function(const struct bc_collector *collector, const char *name)
{
	const char **found = NULL;

	if (collector->nfunctions)
		found = bsearch(&name, collector->sorted, collector->nfunctions,
			sizeof(*collector->sorted), compare_names);
	return found ? *found : NULL;
}

void bc_calls_add(struct bc_collector *collector, const char *const *functions)
{
	struct bc_wire_names *names = &collector->segment.wire->names;
	uint32_t used = 1; /* 0 says that there is none */

	collector->functions = functions;
	collector->nfunctions = 0;
	for (; functions && *functions; functions++, collector->nfunctions++)
		if (NCALLS + collector->nfunctions >= BC_WIRE_FUNCTIONS ||
			(!is_untimed(*functions) && !add_name(names, &used, *functions,
							    NCALLS + collector->nfunctions)))
			break;
	for (; functions && *functions; functions++)
		collector->run->untimed++;
	sort_functions(collector);
}

/* Without what compilers add to the names of clones, and, where libc itself is contained, as others
 * call its functions. */
const char *bc_call_find(const struct bc_collector *collector, const char *function)
{
	static const char *const prefixes[] = {"", "__libc_", "__"};
	size_t n = strcspn(function, ".@");
	const char *found = NULL;
	char plain[128];

	if (n >= sizeof(plain))
		return NULL;
	memcpy(plain, function, n);
	plain[n] = 0;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && !found; i++)
		if (!strncmp(plain, prefixes[i], strlen(prefixes[i])))
			found = find_function(collector, plain + strlen(prefixes[i]));
	return found;
}

const char *bc_call_name(const struct bc_collector *collector, uint32_t id)
{
	if (id < NCALLS)
		return id ? calls[id].shown : NULL;
	return id - NCALLS < collector->nfunctions ? collector->functions[id - NCALLS] : NULL;
}

/* ---- functions that take callbacks ---- */

static const char *const apis[] = {
	"",
#define API(name) #name,
#define UV(name, a, b, c) API(name)
#define EVENT(name, a, b, c) API(name)
#define EV(name, a, b, c) API(name)
#define EV_FIELD(name) API(name)
#define OTHER(name) API(name)
#define GIO(name, a, b, c) API(name)
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
		{277, "sync_file_range"}, {281, "epoll_pwait"}, {285, "fallocate"}, {295, "preadv"},
		{296, "pwritev"}, {299, "recvmmsg"}, {307, "sendmmsg"}, {426, "io_uring_enter"},
		{128, "rt_sigtimedwait"}, {130, "rt_sigsuspend"}, {208, "io_getevents"},
		{243, "mq_timedreceive"}, {242, "mq_timedsend"}, {69, "msgsnd"}, {70, "msgrcv"},
		{59, "execve"}, {258, "mkdirat"}, {264, "renameat"}, {316, "renameat2"},
		{40, "sendfile"}, {275, "splice"}, {288, "accept4"}, {306, "syncfs"},
		{326, "copy_file_range"}, {332, "statx"}, {435, "clone3"}, {441, "epoll_pwait2"}};

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
		{"libglib-2", "glib"}, {"libgio-2", "glib"}, {"libgobject-2", "glib"},
		{"libsystemd", "sd-event"}, {"libwayland", "wayland"}};
	const char *file = bc_path_basename(module);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strncmp(file, known[i].file, strlen(known[i].file)))
			return known[i].name;
	return NULL;
}
