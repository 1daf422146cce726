#include "harness/collect/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

/* ---- the clock ---- */

static uint64_t read_monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#ifdef __x86_64__
/* The kernel has checked whether the counter is steady and the same on all processors. */
static int kernel_trusts_tsc(void)
{
	char name[16] = "";
	int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
		O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);

	if (fd >= 0)
		close(fd);
	return n > 0 && !strncmp(name, "tsc\n", 4);
}

struct pair {
	uint64_t ns, ticks;
};

/* Both clocks at one moment: the tightest of some tries. */
static struct pair read_both(void)
{
	struct pair best = {0, 0};
	uint64_t width = UINT64_MAX;

	for (int i = 0; i < 16; i++) {
		uint64_t before = bc_wire_ticks(), ns = read_monotonic(), after = bc_wire_ticks();

		if (after - before < width) {
			width = after - before;
			best = (struct pair){ns, before + width / 2};
		}
	}
	return best;
}

/* A few ms suffice for a rate that is right within some millionths. */
static void calibrate(struct bc_wire_clock *clock)
{
	struct pair first, last;

	if (!kernel_trusts_tsc())
		return;
	first = read_both();
	usleep(5000);
	last = read_both();
	if (last.ticks <= first.ticks)
		return;
	clock->base_ns = last.ns;
	clock->base_tsc = last.ticks;
	clock->factor = ((last.ns - first.ns) << 32) / (last.ticks - first.ticks);
}
#else
static void calibrate(struct bc_wire_clock *clock)
{
	(void)clock;
	(void)read_monotonic;
}
#endif

uint64_t bc_segment_now(const struct bc_segment *segment)
{
	return bc_wire_now(&segment->clock);
}

/* ---- the file ---- */

static int fail(const char *what)
{
	return bc_fail(BC_EINTERNAL, "cannot set up shared memory: %s: %s", what, strerror(errno));
}

/* Were the file cut short, looking at it would kill us; the program could do that, with its name.
 */
static int keep_size(int fd)
{
	return fcntl(fd, F_ADD_SEALS, BC_WIRE_SEALS);
}

int bc_segment_open(struct bc_segment *segment, uint32_t nthreads, uint64_t budget_ns, int follow)
{
	struct bc_wire *wire;
	size_t size = offsetof(struct bc_wire, threads) + nthreads * sizeof(wire->threads[0]);

	*segment = (struct bc_segment){
		.fd = memfd_create("blockcheck", MFD_CLOEXEC | MFD_ALLOW_SEALING),
		.nthreads = nthreads,
		/* of the whole thing, padding at the end counts */
		.size = nthreads == BC_WIRE_THREADS ? sizeof(*wire) : size};
	if (segment->fd < 0)
		return fail("memfd_create");
	if (ftruncate(segment->fd, (off_t)segment->size) < 0 || keep_size(segment->fd) < 0)
		return fail("setting its size");
	wire = mmap(NULL, segment->size, PROT_READ | PROT_WRITE, MAP_SHARED, segment->fd, 0);
	if (wire == MAP_FAILED)
		return fail("mmap");
	segment->wire = wire;
	wire->magic = BC_WIRE_MAGIC;
	wire->version = BC_WIRE_VERSION;
	wire->size = segment->size;
	wire->follow = (uint32_t)follow;
	wire->budget_ns = budget_ns;
	return 0;
}

void bc_segment_calibrate(struct bc_segment *segment)
{
	calibrate(&segment->clock);
	segment->wire->clock = segment->clock;
}

void bc_segment_close(struct bc_segment *segment)
{
	if (segment->wire)
		munmap(segment->wire, segment->size);
	if (segment->fd >= 0)
		close(segment->fd);
	*segment = (struct bc_segment){.fd = -1};
}

void bc_segment_release(struct bc_segment *segment, void *slot, size_t size)
{
	off_t offset = (char *)slot - (char *)segment->wire;

	/* whole pages go back to the system; what is left at both ends is zeroed */
	if (fallocate(segment->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
		    (off_t)size) < 0)
		memset(slot, 0, size);
}
