/* What the kernel tells of a thread: its files in /proc, and how long it ran and waited for a CPU.
 */
#include "harness/collect/collector.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int open_task(uint32_t pid, uint32_t tid, const char *what)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%u/task/%u/%s", pid, tid, what);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int bc_task_read(uint32_t pid, uint32_t tid, const char *what, char *text, size_t size)
{
	int fd = open_task(pid, tid, what);
	ssize_t n;

	n = fd < 0 ? -1 : read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n > 0;
}

void bc_task_look(struct bc_collector *collector, struct bc_seen_thread *thread)
{
	struct bc_sched now = {.at_ns = bc_segment_now(&collector->segment)};
	char text[96], *end;
	ssize_t size;

	if (thread->schedstat < 0)
		thread->schedstat = open_task(thread->pid, thread->tid, "schedstat");
	size = thread->schedstat < 0 ? -1 : pread(thread->schedstat, text, sizeof(text) - 1, 0);
	if (size <= 0)
		return;
	text[size] = 0;
	now.run_ns = strtoull(text, &end, 10);
	now.wait_ns = strtoull(end, NULL, 10);
	thread->sched[thread->nsched++ % BC_SCHED_HISTORY] = now;
}

static double get_count(const struct bc_sched *sched, int ran)
{
	return (double)(ran ? sched->run_ns : sched->wait_ns);
}

/* Between two readings the running, or else waiting, is taken to be even. */
static double count_until(const struct bc_seen_thread *thread, uint64_t at, int ran)
{
	uint32_t first = thread->nsched > BC_SCHED_HISTORY ? thread->nsched - BC_SCHED_HISTORY : 0;
	const struct bc_sched *after = NULL, *before = NULL;

	for (uint32_t i = thread->nsched; i > first; i--) {
		before = &thread->sched[(i - 1) % BC_SCHED_HISTORY];
		if (before->at_ns <= at)
			break;
		after = before;
	}
	if (!before)
		return 0;
	if (!after || before == after || after->at_ns <= before->at_ns)
		return get_count(before, ran);
	return get_count(before, ran) + (get_count(after, ran) - get_count(before, ran)) *
						(double)(at - before->at_ns) /
						(double)(after->at_ns - before->at_ns);
}

static uint64_t count_between(
	const struct bc_seen_thread *thread, uint64_t from, uint64_t to, int ran)
{
	double count = count_until(thread, to, ran) - count_until(thread, from, ran);

	return count > 0 ? (uint64_t)count : 0;
}

uint64_t bc_task_ran(const struct bc_seen_thread *thread, uint64_t from, uint64_t to)
{
	return count_between(thread, from, to, 1);
}

uint64_t bc_task_waited(const struct bc_seen_thread *thread, uint64_t from, uint64_t to)
{
	return count_between(thread, from, to, 0);
}

/*
 * On a busy machine we come late ourselves, and between two looks there is more than the stall. At
 * its beginning and at its end the thread ran, so no wait goes across these. But the kernel counts
 * one when it is over: what is new at the first look within the stall may all be older.
 */
uint64_t bc_task_waited_least(const struct bc_seen_thread *thread, uint64_t from, uint64_t to)
{
	uint32_t first = thread->nsched > BC_SCHED_HISTORY ? thread->nsched - BC_SCHED_HISTORY : 0;
	uint64_t least = 0;

	for (uint32_t i = thread->nsched; i > first + 1; i--) {
		const struct bc_sched *after = &thread->sched[(i - 1) % BC_SCHED_HISTORY];
		const struct bc_sched *before = &thread->sched[(i - 2) % BC_SCHED_HISTORY];
		uint64_t waited = after->wait_ns - before->wait_ns;
		uint64_t later = after->at_ns > to ? after->at_ns - to : 0;

		if (before->at_ns < from)
			break;
		if (before->at_ns < to && after->wait_ns > before->wait_ns && waited > later)
			least += waited - later;
	}
	return least;
}
