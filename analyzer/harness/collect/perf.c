#include "harness/collect/perf.h"

#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, DATA_PAGES = 32, ALL_BITS = 17 };

/* Kernel's numbers (asm/perf_regs.h) in the order of the mask's bits, as DWARF's numbers. */
static const uint8_t dwarf_of[ALL_BITS] = {
	0, 3, 2, 1, 4, 5, 6, 7, 16, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint64_t register_mask = 0x1ff | (uint64_t)0xff << 16;

void bc_perf_open(struct bc_perf *perf, int tid, uint64_t period_ns)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.sample_period = period_ns,
		.sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
		.exclude_hv = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.sample_regs_user = register_mask,
		.sample_stack_user = BC_PERF_STACK,
	};

	*perf = (struct bc_perf){.fd = -1, .denied = 1};
#ifndef __x86_64__
	return;
#endif
	perf->fd = (int)syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (perf->fd < 0) {
		attr.exclude_kernel = 1;
		perf->fd =
			(int)syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	}
	if (perf->fd < 0)
		return;
	perf->map = mmap(NULL, (size_t)PAGE * (1 + DATA_PAGES), PROT_READ | PROT_WRITE, MAP_SHARED,
		perf->fd, 0);
	if (perf->map == MAP_FAILED) {
		close(perf->fd);
		perf->fd = -1;
		return;
	}
	perf->denied = 0;
}

void bc_perf_close(struct bc_perf *perf)
{
	if (perf->fd < 0)
		return;
	munmap(perf->map, (size_t)PAGE * (1 + DATA_PAGES));
	close(perf->fd);
	*perf = (struct bc_perf){.fd = -1};
}

static void copy_out(const struct bc_perf *perf, uint64_t at, void *to, size_t size)
{
	const uint8_t *data = (const uint8_t *)perf->map + PAGE;
	size_t whole = (size_t)PAGE * DATA_PAGES, offset = at % whole;
	size_t first = size < whole - offset ? size : whole - offset;

	memcpy(to, data + offset, first);
	memcpy((uint8_t *)to + first, data, size - first);
}

/* time, abi, registers, size, stack, size used */
static int read_sample(const struct bc_perf *perf, uint64_t at, struct bc_perf_sample *sample)
{
	uint64_t head[2], registers[ALL_BITS], size, used;

	copy_out(perf, at, head, sizeof(head));
	if (!head[1]) /* a kernel thread's: no registers */
		return 0;
	sample->monotonic_ns = head[0];
	copy_out(perf, at + sizeof(head), registers, sizeof(registers));
	for (int i = 0; i < ALL_BITS; i++)
		sample->registers[dwarf_of[i]] = registers[i];
	at += sizeof(head) + sizeof(registers);
	copy_out(perf, at, &size, sizeof(size));
	if (!size || size > BC_PERF_STACK)
		return 0;
	copy_out(perf, at + 8, sample->stack, size);
	copy_out(perf, at + 8 + size, &used, sizeof(used));
	sample->size = (uint32_t)(used < size ? used : size);
	return 1;
}

int bc_perf_read(struct bc_perf *perf, struct bc_perf_sample *sample)
{
	struct perf_event_mmap_page *control = perf->map;
	int found = 0;

	if (perf->fd < 0)
		return 0;
	while (!found) {
		uint64_t head = __atomic_load_n(&control->data_head, __ATOMIC_ACQUIRE);
		uint64_t tail = control->data_tail;
		struct perf_event_header header;

		if (tail == head)
			break;
		copy_out(perf, tail, &header, sizeof(header));
		if (header.type == PERF_RECORD_SAMPLE)
			found = read_sample(perf, tail + sizeof(header), sample);
		__atomic_store_n(&control->data_tail, tail + header.size, __ATOMIC_RELEASE);
	}
	return found;
}
