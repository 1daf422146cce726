/* The stack as far as it is known, and pieces of it for the collector. Compiled for general
 * registers only, like hot.c. */
#include "harness/preload/core.h"

#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>

#include "harness/preload/frame.h"
#include "harness/preload/raw.h"

enum { PAGE = 4096 };

/* A stack may end with any page: that of a coroutine does where its owner wanted. The system is
 * asked by a request that makes no sense otherwise, so that it changes nothing. */
static int is_readable(uint64_t page)
{
	return !bc_sandboxed && bc_raw6(SYS_rt_sigprocmask, INT_MAX, (long)page, 0,
					sizeof(uint64_t), 0, 0) != -EFAULT;
}

static uint64_t find_end(uint64_t sp, uint64_t wanted)
{
	for (uint64_t page = (sp | (PAGE - 1)) + 1; page < wanted; page += PAGE)
		if (!is_readable(page))
			return page;
	return wanted;
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
	if (end <= caller.sp || end - caller.sp > BC_WIRE_SLICE_BYTES)
		end = caller.sp + BC_WIRE_SLICE_BYTES;
	end = find_end(caller.sp, end);
	slice->number = number;
	slice->pc = caller.pc;
	slice->sp = caller.sp;
	slice->bp = caller.bp;
	slice->size = (uint32_t)(end - caller.sp);
	bc_copy(slice->bytes, (const void *)caller.sp, slice->size);
	thread->slices_taken = number;
	return number;
}

/* The callback's own frame needs no asking: it is there. */
size_t bc_call_words(const uint64_t *words, size_t count)
{
	const struct bc_wire_thread *thread = bc_thread.slot;
	uint64_t next = ((uint64_t)words | (PAGE - 1)) + 1;
	uint32_t depth = thread ? thread->depth : 0;

	if (depth && depth <= BC_WIRE_FRAMES && thread->frames[depth - 1].sp - next < PAGE)
		return count;
	return is_readable(next) ? count : (next - (uint64_t)words) / sizeof(*words);
}
