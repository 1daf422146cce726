/*
 * The ring reader against shared memory that the program has scribbled over. The input says which
 * words of a live thread's and process' slots are overwritten, and by what; then the collector
 * reads, reports, and lets go of everything as it would at the program's end.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/collect/collector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A word of the slot: 4 bytes offset, 8 bytes value. */
enum { PATCH = 12, ROUNDS = 3, THREADS = 2, BIAS = 0x10000 };

/* A small program to be read as the one under study: our own symbols would take most of the time.
 */
static pid_t start_program(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("sleep", "sleep", "1000000", (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void fill(struct bc_wire *wire, const struct bc_collector *collector, pid_t pid)
{
	struct bc_wire_process *process = &wire->processes[0];
	struct bc_wire_thread *thread = &wire->threads[0];
	uint64_t now = bc_segment_now(&collector->segment);

	process->state = thread->state = BC_WIRE_OPEN;
	wire->processes_used = wire->threads_used = 2; /* or nobody looks */
	process->pid = thread->pid = thread->tid = (uint32_t)pid;
	process->nmodules = 1;
	process->modules[0].bias = BIAS;
	process->nfunctions = 4;
	process->functions[1].address = BIAS + 0x2800;
	thread->depth = 2;
	thread->frames[0].start_ns = thread->frames[1].start_ns = now;
	thread->frames[1].function = 1;
	thread->nstats = 2;
	thread->stats[1] = (struct bc_wire_stat){.function = 1, .count = 1, .buckets = {1}};
	thread->events[0] = (struct bc_wire_event){.kind = BC_WIRE_SITE, .slice = 1};
	thread->events[1] = (struct bc_wire_event){.kind = BC_WIRE_CALLBACK,
		.function = 1,
		.start_ns = now,
		.total_ns = 20000000,
		.own_ns = 20000000,
		.slice = 2,
		.calls = {{.id = 10, .count = 1, .total_ns = 15000000}}};
	thread->events[2] = (struct bc_wire_event){.kind = BC_WIRE_MANY,
		.start_ns = now,
		.total_ns = 20000000,
		.calls = {{.id = 1, .count = 9, .total_ns = 15000000}}};
	thread->events[3] = thread->events[1];
	thread->events[3].kind = BC_WIRE_BODY;
	thread->events[3].function = 0;
	for (uint32_t i = 1; i < 4; i++) {
		thread->slices[i].number = i;
		thread->slices[i].size = 512;
		thread->slices[i].pc = BIAS + 0x3000;
	}
	thread->head = 4;
}

static void patch(struct bc_wire *wire, const uint8_t **data, size_t *size)
{
	uint32_t offset;

	for (int i = 0; i < 8 && *size >= PATCH; i++, *data += PATCH, *size -= PATCH) {
		memcpy(&offset, *data, sizeof(offset));
		if (offset & 1u << 31)
			memcpy((char *)&wire->processes[0] +
					(offset & ~(1u << 31)) % (sizeof(wire->processes[0]) - 8),
				*data + 4, 8);
		else
			memcpy((char *)&wire->threads[0] + offset % (sizeof(wire->threads[0]) - 8),
				*data + 4, 8);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static pid_t pid;
	static char *const argv[] = {"fuzz", NULL};
	const struct bc_run_options options = {.argv = argv, .budget_ms = 10, .quiet = 1};
	struct bc_run run = {.command = "fuzz", .tier = "inside", .tier_why = "", .clock = "vdso"};
	struct bc_collector *collector = bc_xmalloc(sizeof(*collector));
	struct bc_buf out = {0};

	run.budget_ns = 10000000;
	*collector = (struct bc_collector){.options = &options, .run = &run};
	collector->target.path = "/proc/self/exe";
	if (!pid)
		pid = start_program();
	collector->pid = pid;
	if (bc_segment_open(&collector->segment, THREADS, run.budget_ns, 0) == 0) {
		bc_trace_open(&collector->trace, "/dev/null");
		collector->start_ns = bc_segment_now(&collector->segment);
		fill(collector->segment.wire, collector, pid);
		for (int round = 0; round < ROUNDS; round++) {
			patch(collector->segment.wire, &data, &size);
			bc_reader_scan(collector);
		}
		bc_reader_finish(collector, 1);
		bc_run_write_json(&run, &out);
		bc_run_write_text(&run, 1, 80, &out);
		bc_run_write_folded(&run, &out);
		bc_run_write_speedscope(&run, &out);
	}
	bc_trace_close(collector->trace, &run);
	bc_modules_fini(collector);
	bc_seen_fini(collector);
	bc_segment_close(&collector->segment);
	free(collector);
	bc_buf_fini(&out);
	bc_run_fini(&run);
	return 0;
}
