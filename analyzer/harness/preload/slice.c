/* The stack as far as it is known, and pieces of it for the collector. Compiled for general
 * registers only, like hot.c. */
#include "harness/preload/core.h"

#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>

#include "harness/preload/frame.h"
#include "harness/preload/raw.h"

enum { PAGE = 4096 };

extern void *__libc_stack_end;

/* The thread's own block lies above its stack. */
uint64_t bc_stack_end(uint64_t sp)
{
	uint64_t self, end = (uint64_t)__libc_stack_end;

	__asm__("mov %%fs:0x10, %0" : "=r"(self));
	if (sp < end && end - sp < (1u << 26))
		return end;
	return sp < self && self - sp < (1u << 30) ? self : sp;
}

uint32_t bc_slice_take(
	struct bc_wire_thread *thread, struct bc_caller caller, uint64_t end, uint32_t again)
{
	uint32_t number = thread->slices_taken + 1;
	struct bc_wire_slice *slice;

	if (again && again == thread->slices_taken)
		number = again;
	if (number - __atomic_load_n(&thread->slices_read, __ATOMIC_ACQUIRE) > BC_WIRE_SLICES) {
		thread->no_slice++;
		return again;
	}
	slice = &thread->slices[number % BC_WIRE_SLICES];
	if (end < caller.sp)
		end = caller.sp;
	if (end - caller.sp > BC_WIRE_SLICE_BYTES)
		end = caller.sp + BC_WIRE_SLICE_BYTES;
	slice->number = number;
	slice->pc = caller.pc;
	slice->sp = caller.sp;
	slice->bp = caller.bp;
	slice->size = (uint32_t)(end - caller.sp);
	bc_copy(slice->bytes, (const void *)caller.sp, slice->size);
	thread->slices_taken = number;
	return number;
}

/*
 * How many words of arguments can be read there: a caller's frame may end with its stack. Of stacks
 * that are not the thread's own, the system is asked; the signal mask is not changed by a request
 * that makes no sense.
 */
size_t bc_call_words(const uint64_t *words, size_t count)
{
	uint64_t at = (uint64_t)words, next = (at | (PAGE - 1)) + 1;

	if (bc_stack_end(at) - at >= count * sizeof(*words) ||
		bc_raw6(SYS_rt_sigprocmask, INT_MAX, (long)next, 0, sizeof(uint64_t), 0, 0) !=
			-EFAULT)
		return count;
	return (next - at) / sizeof(*words);
}
