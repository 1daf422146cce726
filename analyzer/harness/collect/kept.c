#include "harness/collect/kept.h"

#include <stdlib.h>
#include <sys/uio.h>

enum { SAY_FIRST_MS = 1000 };

uint32_t bc_watch_stack(uint32_t pid, uint64_t sp, uint8_t *bytes, size_t size)
{
	struct iovec local = {bytes, size}, remote = {(void *)sp, size};
	ssize_t n = process_vm_readv((pid_t)pid, &local, 1, &remote, 1, 0);

	if (n < 0) { /* the stack ends sooner: take what its page has */
		local.iov_len = remote.iov_len = 4096 - (sp & 4095);
		n = process_vm_readv((pid_t)pid, &local, 1, &remote, 1, 0);
	}
	return n > 0 ? (uint32_t)n : 0;
}

void bc_kept_read(const struct bc_seen_thread *thread, struct bc_sample *sample)
{
	sample->size =
		bc_watch_stack(thread->pid, sample->sp, sample->bytes, sizeof(sample->bytes));
}

/* Most of it is never used, and so never becomes memory. */
struct bc_sample *bc_kept_new(uint64_t frame_ns)
{
	struct bc_sample *sample = bc_xmalloc(sizeof(*sample));

	sample->frame_ns = frame_ns;
	sample->size = 0;
	return sample;
}

static struct bc_sample **find_kept(struct bc_seen_thread *thread, uint64_t frame_ns)
{
	for (int i = 0; i < BC_KEPT; i++)
		if (thread->kept[i] && thread->kept[i]->frame_ns == frame_ns)
			return &thread->kept[i];
	return NULL;
}

struct bc_sample *bc_kept_find(struct bc_seen_thread *thread, uint64_t frame_ns)
{
	struct bc_sample **kept = find_kept(thread, frame_ns);

	return kept ? *kept : NULL;
}

struct bc_sample *bc_kept_take(struct bc_seen_thread *thread, uint64_t frame_ns)
{
	struct bc_sample **kept = find_kept(thread, frame_ns);
	struct bc_sample *sample = kept ? *kept : NULL;

	if (kept)
		*kept = NULL;
	return sample;
}

/* In the place of the oldest one: its frame is over, or goes on around this one. */
struct bc_sample **bc_kept_at(
	struct bc_collector *collector, struct bc_seen_thread *thread, uint64_t frame_ns)
{
	struct bc_sample **kept = find_kept(thread, frame_ns);

	if (kept)
		return kept;
	kept = thread->kept;
	for (int i = 1; i < BC_KEPT && *kept; i++)
		if (!thread->kept[i] || thread->kept[i]->frame_ns < (*kept)->frame_ns)
			kept = &thread->kept[i];
	free(*kept);
	*kept = bc_kept_new(frame_ns);
	(*kept)->next_ns = frame_ns + collector->run->budget_ns / 2;
	(*kept)->say_ns = frame_ns + SAY_FIRST_MS * 1000000ull;
	(*kept)->syscall = -1;
	return kept;
}
