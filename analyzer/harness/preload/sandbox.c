/*
 * A program may shut itself into a sandbox (seccomp), and is killed there for any system call that
 * it did not foresee. So from that moment on this library makes none. What it needs to know of the
 * thread that does so it asks before.
 */
#include "harness/preload/core.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

int bc_sandboxed;

void *bc_note_prctl(struct bc_pass_row *row, const uint64_t *args);
void *bc_note_seccomp(struct bc_pass_row *row, const uint64_t *args);

static void prepare(void)
{
	int error = errno;

	if (bc_sandboxed)
		return;
	bc_reserve();
	__atomic_store_n(&bc_sandboxed, 1, __ATOMIC_RELEASE);
	errno = error;
}

void *bc_note_prctl(struct bc_pass_row *row, const uint64_t *args)
{
	if ((int)args[0] == PR_SET_SECCOMP)
		prepare();
	return bc_pass_real(row);
}

/* syscall(SYS_seccomp, ...), or the first call of syscall() */
void *bc_note_seccomp(struct bc_pass_row *row, const uint64_t *args)
{
	if (args[0] == BC_SYS_SECCOMP && ((uint32_t)args[1] == SECCOMP_SET_MODE_FILTER ||
						 (uint32_t)args[1] == SECCOMP_SET_MODE_STRICT))
		prepare();
	return bc_pass_real(row);
}
