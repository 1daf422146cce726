#include "harness/collect/glance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "harness/collect/collector.h"

/* ---- looking ---- */

static int is_wait(long number)
{
	static const char *const waits[] = {"epoll_wait", "epoll_pwait", "epoll_pwait2", "poll",
		"ppoll", "select", "pselect6", "io_uring_enter"};
	const char *name = bc_syscall_name(number);

	for (size_t i = 0; name && i < sizeof(waits) / sizeof(waits[0]); i++)
		if (!strcmp(waits[i], name))
			return 1;
	return 0;
}

static uint64_t read_switches(uint32_t pid, uint32_t tid)
{
	char text[4096];
	const char *line;

	if (!bc_task_read(pid, tid, "status", text, sizeof(text)))
		return 0;
	line = strstr(text, "\nvoluntary_ctxt_switches:");
	return line ? strtoull(line + strlen("\nvoluntary_ctxt_switches:"), NULL, 10) : 0;
}

/* "running", or the number, six arguments, stack and program counter, or "-1" and these two. */
static void read_call(uint32_t pid, uint32_t tid, struct bc_glance *glance)
{
	unsigned long long sp, pc;
	char text[256];

	glance->number = -1;
	if (!bc_task_read(pid, tid, "syscall", text, sizeof(text))) {
		glance->number = BC_GLANCE_HIDDEN;
		return;
	}
	if (sscanf(text, "%ld %*s %*s %*s %*s %*s %*s %llx %llx", &glance->number, &sp, &pc) == 3) {
		glance->sp = sp;
		glance->pc = pc;
	}
	glance->look = text[0] == 'r' ? BC_LOOK_RUNNING : BC_LOOK_BLOCKED;
}

/* For a program of another user, which may only be seen to run or not to. */
static void read_state(uint32_t pid, uint32_t tid, struct bc_glance *glance)
{
	char text[512];
	const char *state;

	if (!bc_task_read(pid, tid, "stat", text, sizeof(text)))
		return;
	state = strrchr(text, ')');
	glance->look = state && !strncmp(state, ") R", 3) ? BC_LOOK_RUNNING : BC_LOOK_BLOCKED;
}

static uint32_t read_stack(uint32_t pid, struct bc_sight *sight)
{
	const struct bc_glance *glance = &sight->glance;

	return glance->look == BC_LOOK_BLOCKED && glance->sp
		       ? bc_watch_stack(pid, glance->sp, sight->bytes, sizeof(sight->bytes))
		       : 0;
}

/* What was read must belong together: no sleep may have begun in between. */
int bc_glance_take(uint32_t pid, uint32_t tid, struct bc_sight *sight)
{
	struct bc_glance *glance = &sight->glance;
	unsigned long long run = 0;
	char text[96];

	for (int i = 0; i < 3; i++) {
		uint64_t before = read_switches(pid, tid);

		*glance = (struct bc_glance){.switches = before};
		read_call(pid, tid, glance);
		if (glance->number == BC_GLANCE_HIDDEN)
			read_state(pid, tid, glance);
		sight->size = read_stack(pid, sight);
		if (read_switches(pid, tid) == before)
			break;
	}
	if (bc_task_read(pid, tid, "schedstat", text, sizeof(text)) &&
		sscanf(text, "%llu", &run) == 1)
		glance->run_ns = run;
	return glance->look != BC_LOOK_NOTHING;
}

/* ---- where its loop waits ---- */

static void hash_stack(
	struct bc_collector *collector, const struct bc_sight *sight, uint64_t hash[2])
{
	struct bc_run_where frames[BC_STACK_MAX];
	const struct bc_stack_piece piece = {.pc = sight->glance.pc,
		.sp = sight->glance.sp,
		.exact = 1,
		.bytes = sight->bytes,
		.size = sight->size};
	uint32_t count = bc_seen_unwind(collector, BC_OUTSIDE_PROCESS, &piece, frames);
	struct bc_buf text = {0};

	/* the function itself may be there twice, with a system call of its own each */
	for (uint32_t i = 1; i < count; i++)
		bc_buf_printf(&text, "%s:%d\n", frames[i].function, frames[i].line);
	if (text.len)
		bc_hash_bytes(text.data, text.len, hash);
	bc_buf_fini(&text);
}

static struct bc_wait_site *find_known(struct bc_wait_sites *sites, const struct bc_glance *glance)
{
	for (int i = 0; i < sites->count; i++)
		if (sites->items[i].number == glance->number && sites->items[i].sp == glance->sp)
			return &sites->items[i];
	return NULL;
}

/* libc has two ways into a system call, which differ in what they push; so the stack decides, where
 * it can be seen, and its depth only tells at once that a site is known. */
struct bc_wait_site *bc_wait_site_find(
	struct bc_collector *collector, struct bc_wait_sites *sites, const struct bc_sight *sight)
{
	const struct bc_glance *glance = &sight->glance;
	struct bc_wait_site *site = find_known(sites, glance), *least = sites->items;
	struct bc_wait_site fresh = {.number = glance->number, .sp = glance->sp};

	if (site)
		return site;
	hash_stack(collector, sight, fresh.stack);
	for (int i = 0; i < sites->count; i++) {
		site = &sites->items[i];
		if (site->number == fresh.number && site->stack[0] == fresh.stack[0] &&
			site->stack[1] == fresh.stack[1] && (fresh.stack[0] || fresh.stack[1])) {
			site->sp = fresh.sp;
			return site;
		}
		if (site->times < least->times)
			least = site;
	}
	if (sites->count < BC_WAIT_SITES)
		least = &sites->items[sites->count++];
	fresh.id = ++sites->made;
	*least = fresh;
	return least;
}

/* A poll() in a callback is another place, and comes less often. */
int bc_wait_site_is_loops(
	struct bc_collector *collector, struct bc_wait_sites *sites, const struct bc_sight *sight)
{
	const struct bc_glance *glance = &sight->glance;
	struct bc_wait_site *site;

	if (glance->look != BC_LOOK_BLOCKED || collector->target.foreign ||
		!is_wait(glance->number))
		return 0;
	site = bc_wait_site_find(collector, sites, sight);
	if (site->switches != glance->switches) {
		site->switches = glance->switches;
		site->times++;
	}
	for (int i = 0; i < sites->count; i++)
		if (sites->items[i].times > site->times)
			return 0;
	return 1;
}
