/*
 * The memory file that is shared with the collector. It is large, and little of it is ever touched;
 * where a program may have only so much address space, or locks all that it has into memory, less
 * of it is mapped: the first of its slots for processes and threads.
 */
#include "harness/preload/core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/preload/raw.h"

enum { SPARE_THREADS = 8, PAGE = 4096 };

uint32_t bc_memory_processes = BC_WIRE_PROCESSES, bc_memory_threads;

/* ---- mapping ---- */

static int is_ours(const struct bc_wire *wire)
{
	return wire->magic == BC_WIRE_MAGIC && wire->version == BC_WIRE_VERSION &&
	       wire->size == sizeof(*wire);
}

static size_t size_for(uint32_t threads)
{
	return threads == BC_WIRE_THREADS ? sizeof(struct bc_wire)
					  : offsetof(struct bc_wire, threads) +
						    threads * sizeof(struct bc_wire_thread);
}

/* Where there is a limit the address space is the program's. */
static uint32_t count_threads(void)
{
	struct rlimit limit;

	if (bc_raw2(SYS_getrlimit, RLIMIT_AS, (long)&limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return BC_WIRE_THREADS;
	return SPARE_THREADS;
}

static struct bc_wire *map_file(long fd)
{
	long at = -1;

	/* a file that is too short would kill us at the first look beyond its end */
	if (bc_raw6(SYS_lseek, fd, 0, SEEK_END, 0, 0, 0) != (long)sizeof(struct bc_wire))
		return NULL;
	for (uint32_t threads = count_threads(); threads && at < 0 && at > -PAGE; threads /= 4) {
		bc_memory_threads = threads;
		at = bc_raw6(SYS_mmap, 0, (long)size_for(threads), PROT_READ | PROT_WRITE,
			MAP_SHARED, fd, 0);
	}
	if (at < 0 && at > -PAGE)
		return NULL;
	/* a core would have all of it, half a gigabyte of zeros */
	bc_raw6(SYS_madvise, at, (long)size_for(bc_memory_threads), MADV_DONTDUMP, 0, 0, 0);
	return is_ours((struct bc_wire *)at) ? (struct bc_wire *)at : NULL;
}

struct bc_wire *bc_memory_map(const char *value)
{
	const char *colon = strchr(value, ':');
	size_t len = colon ? (size_t)(colon - value) : strlen(value);
	char path[64] = "";
	struct bc_wire *wire;
	long fd;

	if (len >= sizeof(path))
		return NULL;
	memcpy(path, value, len);
	fd = bc_raw6(SYS_openat, AT_FDCWD, (long)path, O_RDWR | O_CLOEXEC, 0, 0, 0);
	if (fd >= 0) {
		wire = map_file(fd);
		bc_raw2(SYS_close, fd, 0);
		return wire;
	}
	fd = colon ? atoi(colon + 1) : -1;
	if (fd < 0 || bc_raw2(SYS_fcntl, fd, F_GET_SEALS) != BC_WIRE_SEALS)
		return NULL;
	return map_file(fd);
}

/* ---- mlockall(), and limits that the program sets itself ---- */

static void unmap(void *from, const void *end)
{
	uint64_t first = ((uint64_t)from + PAGE - 1) / PAGE * PAGE;

	if (first < (uint64_t)end)
		bc_raw2(SYS_munmap, (long)first, (long)((uint64_t)end / PAGE * PAGE - first));
}

/* Half a gigabyte would become real, or be more than all that the program may have. The slots in
 * use stay, and some for threads that are still to come; those of other processes are of no use
 * here, but may be free for this one's children. */
static void shrink(uint32_t spare)
{
	uint32_t processes = __atomic_load_n(&bc_wire->processes_used, __ATOMIC_ACQUIRE) + 1;
	uint32_t threads = __atomic_load_n(&bc_wire->threads_used, __ATOMIC_ACQUIRE) + spare;

	if (processes < bc_memory_processes) {
		bc_memory_processes = processes;
		unmap(&bc_wire->processes[processes], bc_wire->threads);
	}
	if (threads < bc_memory_threads) {
		uint32_t mapped = bc_memory_threads;

		bc_memory_threads = threads;
		unmap(&bc_wire->threads[threads], (const char *)bc_wire + size_for(mapped));
	}
}

/* Ordinary users may lock eight megabytes in all, by default: the call must not fail because of us.
 */
static uint32_t count_lockable(void)
{
	struct rlimit limit;

	if (bc_raw2(SYS_geteuid, 0, 0) == 0 ||
		bc_raw2(SYS_getrlimit, RLIMIT_MEMLOCK, (long)&limit) < 0 ||
		limit.rlim_cur == RLIM_INFINITY)
		return SPARE_THREADS;
	return 1;
}

void *bc_note_lock(struct bc_pass_row *row, const uint64_t *args);

void *bc_note_lock(struct bc_pass_row *row, const uint64_t *args)
{
	bc_start();
	if (bc_wire && (args[0] & MCL_CURRENT))
		shrink(count_lockable());
	return bc_pass_real(row);
}

/* Before this library has begun there is nothing to shrink, and then the limit is seen. */
static void note_limit(int resource, const struct rlimit *limit)
{
	if (bc_wire && resource == RLIMIT_AS && limit && limit->rlim_cur != RLIM_INFINITY)
		shrink(SPARE_THREADS);
}

void *bc_note_limit(struct bc_pass_row *row, const uint64_t *args);

void *bc_note_limit(struct bc_pass_row *row, const uint64_t *args)
{
	note_limit((int)args[0], (const struct rlimit *)args[1]);
	return bc_pass_real(row);
}

void *bc_note_limit_of(struct bc_pass_row *row, const uint64_t *args);

/* prlimit(), as a rule of another process: that it also may be this one costs a few slots. */
void *bc_note_limit_of(struct bc_pass_row *row, const uint64_t *args)
{
	note_limit((int)args[1], (const struct rlimit *)args[2]);
	return bc_pass_real(row);
}
