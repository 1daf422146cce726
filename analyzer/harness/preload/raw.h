/* System calls that leave errno alone and are no cancellation points; copies without libc. */
#ifndef BC_HARNESS_PRELOAD_RAW_H
#define BC_HARNESS_PRELOAD_RAW_H

#include <errno.h>
#include <stddef.h>

#include "harness/preload/core.h"

static inline long bc_raw6(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	if (BC_UNLIKELY(bc_sandboxed))
		return -ENOSYS;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static inline long bc_raw2(long number, long a, long b)
{
	return bc_raw6(number, a, b, 0, 0, 0, 0);
}

/* libc's memcpy() would use vector registers, which may be in use. */
static inline void bc_copy(void *to, const void *from, size_t size)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

#endif
