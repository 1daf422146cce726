/*
 * Calls that are found not to block before they are made, so that most of them need no clock:
 * reading it twice costs more than many of these calls do. Of those let by, one in SAMPLE is timed
 * all the same and stands for the others. Compiled for general registers only, like hot.c.
 */
#include "harness/preload/quick.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "harness/preload/raw.h"

/* ---- descriptors ---- */

/*
 * What is known of each descriptor. A few calls are timed before the system is asked, since many
 * descriptors do not live for more; its answer is trusted for as many calls as a byte can count,
 * since the system alone knows of all the ways in which a descriptor may change.
 */
enum {
	NEW = 0,
	ASK = 4, /* up to here the calls seen */
	LAST_TIMED =
		127, /* up to here it blocks: so many calls and four less until it is asked again */
	FIRST_PASS = 128, /* from here on it does not */
	LAST_PASS = 255
};

uint8_t bc_quick_states[BC_QUICK_DESCRIPTORS];
static uint32_t highest; /* of those that something may be known of */

/* Disks do as they like, whatever O_NONBLOCK says; so may devices. */
static int is_prompt(uint32_t descriptor)
{
	long flags = bc_raw2(SYS_fcntl, descriptor, F_GETFL);
	struct stat status;

	if (flags < 0 || !(flags & O_NONBLOCK) || bc_raw2(SYS_fstat, descriptor, (long)&status) < 0)
		return 0;
	return S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode) ||
	       !(status.st_mode & S_IFMT) /* an eventfd, a timerfd ... */;
}

static BC_NOINLINE int learn(uint32_t descriptor, uint8_t state)
{
	uint8_t *to = &bc_quick_states[descriptor];

	if (descriptor > highest)
		highest = descriptor;
	if (state + 1 < ASK)
		*to = (uint8_t)(state + 1);
	else if (state > ASK && state <= LAST_TIMED)
		*to = (uint8_t)(state - 1);
	else
		*to = is_prompt(descriptor) ? LAST_PASS : LAST_TIMED;
	return *to >= FIRST_PASS;
}

static inline int descriptor_is_prompt(uint64_t argument)
{
	uint32_t descriptor = (uint32_t)argument;
	uint8_t state;

	if (BC_UNLIKELY(descriptor >= BC_QUICK_DESCRIPTORS))
		return 0;
	state = bc_quick_states[descriptor];
	if (BC_UNLIKELY(state <= FIRST_PASS))
		return learn(descriptor, state);
	bc_quick_states[descriptor] = (uint8_t)(state - 1);
	return 1;
}

/* Copies of a descriptor change with it, and nobody knows which they are. */
static void forget_all(void)
{
	for (uint32_t i = 0; i <= highest; i++)
		if (bc_quick_states[i])
			bc_quick_states[i] = NEW;
}

void *bc_quick_set(struct bc_call_row *row, uint64_t *args)
{
	uint32_t descriptor = (uint32_t)args[0];

	if (!(args[2] & O_NONBLOCK))
		forget_all();
	else if (descriptor < BC_QUICK_DESCRIPTORS)
		bc_quick_states[descriptor] = NEW;
	return row->real;
}

void *bc_quick_forget(struct bc_call_row *row, uint64_t *args)
{
	(void)args;
	forget_all();
	return row->real;
}

/* ---- streams ---- */

static int has_read(uint64_t argument, uint64_t bytes)
{
	const FILE *stream = (const FILE *)argument; // NOLINT: an address from a register

	return stream && (uint64_t)(stream->_IO_read_end - stream->_IO_read_ptr) >= bytes;
}

/* One that is written line by line has no room, by this measure. */
static int has_room(uint64_t argument, uint64_t bytes)
{
	const FILE *stream = (const FILE *)argument; // NOLINT: likewise

	return stream && stream->_IO_write_end > stream->_IO_write_ptr &&
	       (uint64_t)(stream->_IO_write_end - stream->_IO_write_ptr) >= bytes;
}

/* ---- locks ---- */

static int return_first(int value)
{
	return value;
}

static struct bc_call_row done = {.real = (void *)return_first};

/* A lock that is free is taken at once. Otherwise the function is called, and timed: it also knows
 * what to say to a thread that has the lock already. */
static int take(const struct bc_call_row *row, struct bc_call_frame *frame)
{
	int (*attempt)(void *) = (int (*)(void *))row->attempt;
	int result = attempt ? attempt((void *)frame->args[0]) : EBUSY;

	if (result == EBUSY)
		return 0;
	frame->args[0] = (uint64_t)result;
	frame->row = &done;
	return 1;
}

/* ---- one answer ---- */

static inline int is_quick(const struct bc_call_row *row, const struct bc_call_frame *frame)
{
	const uint64_t *args = frame->args;

	switch ((enum bc_quick)row->quick) {
	case BC_QUICK_NO:
	case BC_QUICK_LOCK: return 0;
	case BC_QUICK_DESCRIPTOR: return descriptor_is_prompt(args[0]);
	case BC_QUICK_FLAGS_2: return (args[2] & MSG_DONTWAIT) || descriptor_is_prompt(args[0]);
	case BC_QUICK_FLAGS_3: return (args[3] & MSG_DONTWAIT) || descriptor_is_prompt(args[0]);
	case BC_QUICK_GET: return has_read(args[0], 1);
	case BC_QUICK_READ: return has_read(args[3], args[1] * args[2]);
	case BC_QUICK_WRITE: return has_room(args[3], args[1] * args[2]);
	}
	return 0;
}

int bc_quick_pass(struct bc_call_row *row, struct bc_call_frame *frame)
{
	if (row->quick == BC_QUICK_LOCK)
		return take(row, frame);
	if (!is_quick(row, frame))
		return 0;
	if (BC_LIKELY(++bc_thread.passed % BC_QUICK_SAMPLE))
		return 1;
	frame->stands_for = BC_QUICK_SAMPLE;
	return 0;
}
