/*
 * A program may shut itself into a sandbox (seccomp), and is killed there for any system call that
 * it did not foresee. So from that moment on this library makes none. What it needs to know of the
 * thread that does so it asks before.
 */
#include "harness/preload/core.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

int bc_sandboxed;

/* prctl's and syscall's rows, in thunk.S */
struct sandbox_row {
	void *real;
	const char *name;
};

void *bc_note_prctl(struct sandbox_row *row, const uint64_t *args);
void *bc_note_seccomp(struct sandbox_row *row, const uint64_t *args);

static void *find_real(struct sandbox_row *row)
{
	void *real = __atomic_load_n(&row->real, __ATOMIC_ACQUIRE);

	if (!real) {
		real = dlsym(RTLD_NEXT, row->name);
		__atomic_store_n(&row->real, real, __ATOMIC_RELEASE);
	}
	return real;
}

static void prepare(void)
{
	int error = errno;

	if (bc_sandboxed)
		return;
	bc_reserve();
	__atomic_store_n(&bc_sandboxed, 1, __ATOMIC_RELEASE);
	errno = error;
}

void *bc_note_prctl(struct sandbox_row *row, const uint64_t *args)
{
	if ((int)args[0] == PR_SET_SECCOMP)
		prepare();
	return find_real(row);
}

/* syscall(SYS_seccomp, ...), or the first call of syscall() */
void *bc_note_seccomp(struct sandbox_row *row, const uint64_t *args)
{
	if (args[0] == BC_SYS_SECCOMP && ((uint32_t)args[1] == SECCOMP_SET_MODE_FILTER ||
						 (uint32_t)args[1] == SECCOMP_SET_MODE_STRICT))
		prepare();
	return find_real(row);
}
