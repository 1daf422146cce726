#include "harness/collect/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "harness/collect/collector.h"
#include "harness/collect/report.h"

enum { FULL_BYTES = 1 << 15, EVERY_NS = 1000000000 };

struct bc_trace {
	char *path;
	int fd;
	int failed; /* errno of the first write that failed; nothing is written after it */
	uint64_t start_ns, written_ns;
	struct bc_buf out;
	struct bc_json json;
	uint32_t last_pid; /* whose name was written last */
};

/* ---- the file ---- */

static void flush(struct bc_trace *trace)
{
	size_t done = 0;

	while (done < trace->out.len && !trace->failed) {
		ssize_t n = write(trace->fd, trace->out.data + done, trace->out.len - done);

		if (n < 0 && errno != EINTR)
			trace->failed = errno;
		else if (n > 0)
			done += (size_t)n;
	}
	bc_buf_clear(&trace->out);
}

static int fail(const char *path, int why)
{
	return bc_fail(BC_EOUTPUT, "%s: cannot be written: %s", path, strerror(why));
}

int bc_trace_open(struct bc_trace **trace, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);

	*trace = NULL;
	if (fd < 0)
		return fail(path, errno);
	*trace = bc_xmalloc(sizeof(**trace));
	**trace = (struct bc_trace){.path = bc_xstrdup(path), .fd = fd};
	bc_json_init(&(*trace)->json, &(*trace)->out, 0);
	bc_json_object(&(*trace)->json);
	bc_json_key(&(*trace)->json, "traceEvents");
	bc_json_array(&(*trace)->json);
	return 0;
}

void bc_trace_begin(struct bc_trace *trace, uint64_t start_ns)
{
	trace->start_ns = trace->written_ns = start_ns;
}

void bc_trace_tick(struct bc_trace *trace, uint64_t now_ns)
{
	if (now_ns - trace->written_ns < EVERY_NS)
		return;
	trace->written_ns = now_ns;
	flush(trace);
}

/* ---- events ---- */

static void begin_event(
	struct bc_trace *trace, const char *phase, const char *name, uint32_t pid, uint32_t tid)
{
	bc_json_object(&trace->json);
	bc_json_put_str(&trace->json, "ph", phase);
	bc_json_put_str(&trace->json, "name", name);
	bc_json_put_count(&trace->json, "pid", pid);
	bc_json_put_count(&trace->json, "tid", tid);
}

static void begin_args(struct bc_trace *trace)
{
	bc_json_key(&trace->json, "args");
	bc_json_object(&trace->json);
}

static void end_event(struct bc_trace *trace)
{
	bc_json_end(&trace->json); /* args */
	bc_json_end(&trace->json);
	bc_buf_char(&trace->out, '\n');
	if (trace->out.len >= FULL_BYTES)
		flush(trace);
}

/* Microseconds, to the nanosecond. */
static void write_time(struct bc_trace *trace, uint64_t start_ns)
{
	uint64_t since = start_ns > trace->start_ns ? start_ns - trace->start_ns : 0;

	bc_json_put_double(&trace->json, "ts", (double)since / 1e3);
}

static void write_span(struct bc_trace *trace, uint64_t start_ns, uint64_t ns, const char *category)
{
	bc_json_put_str(&trace->json, "cat", category);
	write_time(trace, start_ns);
	bc_json_put_double(&trace->json, "dur", (double)ns / 1e3);
}

/* ---- names ---- */

static void write_name(
	struct bc_trace *trace, const char *kind, uint32_t pid, uint32_t tid, const char *path)
{
	char name[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	if (name[n - 1] == '\n')
		name[n - 1] = 0;
	begin_event(trace, "M", kind, pid, tid);
	begin_args(trace);
	bc_json_put_str(&trace->json, "name", name);
	end_event(trace);
}

void bc_trace_thread(struct bc_trace *trace, uint32_t pid, uint32_t tid)
{
	char path[96];

	if (trace->last_pid != pid) {
		snprintf(path, sizeof(path), "/proc/%u/comm", pid);
		write_name(trace, "process_name", pid, tid, path);
		trace->last_pid = pid;
	}
	snprintf(path, sizeof(path), "/proc/%u/task/%u/comm", pid, tid);
	write_name(trace, "thread_name", pid, tid, path);
}

/* ---- stalls ---- */

static void write_stack(struct bc_trace *trace, const struct bc_run_stall *stall)
{
	struct bc_json *json = &trace->json;
	struct bc_arena arena = BC_ARENA_INIT;

	bc_json_key(json, "stack");
	bc_json_array(json);
	for (uint32_t i = 0; i < stall->nstack; i++) {
		const struct bc_run_where *frame = &stall->stack[i];

		if (frame->file && frame->line)
			bc_json_str(
				json, bc_arena_printf(&arena, "%s  %s:%d", frame->function,
					      bc_report_path(&arena, frame->file), frame->line));
		else
			bc_json_str(json, frame->function);
	}
	bc_json_end(json);
	bc_arena_fini(&arena);
}

static void write_shares(struct bc_trace *trace, const struct bc_run_stall *stall)
{
	bc_json_key(&trace->json, "made_of");
	bc_json_array(&trace->json);
	for (int i = 0; i < BC_WIRE_CALLS; i++) {
		if (!stall->shares[i].function)
			continue;
		bc_json_object(&trace->json);
		bc_json_put_str(&trace->json, "function", stall->shares[i].function);
		bc_json_put_count(&trace->json, "count", stall->shares[i].count);
		bc_json_put_double(
			&trace->json, "total_ms", (double)stall->shares[i].total_ns / 1e6);
		bc_json_end(&trace->json);
	}
	bc_json_end(&trace->json);
}

static void write_culprit(struct bc_trace *trace, const struct bc_run_stall *stall)
{
	struct bc_json *json = &trace->json;

	bc_json_put_str(json, "culprit", bc_report_cause(stall->cause));
	if (*stall->culprit)
		bc_json_put_str(json, "culprit_function", stall->culprit);
	bc_json_put_double(json, "culprit_ms", (double)stall->culprit_ns / 1e6);
	bc_json_put_double(json, "cpu_ms", (double)stall->split.cpu_ns / 1e6);
	bc_json_put_double(json, "runqueue_ms", (double)stall->split.runqueue_ns / 1e6);
	bc_json_put_double(json, "blocked_ms", (double)stall->split.blocked_ns / 1e6);
	bc_json_put_count(json, "major_faults", stall->major_faults);
	bc_json_put_count(json, "minor_faults", stall->minor_faults);
}

/* The longest call inside; the numbers are the program's own, so they may be anything. */
static void write_call(struct bc_trace *trace, uint32_t pid, uint32_t tid, const char *name,
	const struct bc_wire_event *event, uint64_t wall_ns)
{
	uint64_t into = event->worst_start_ns - event->start_ns;

	if (!name || into > wall_ns || event->worst_ns > wall_ns - into)
		return;
	begin_event(trace, "X", name, pid, tid);
	write_span(trace, event->worst_start_ns, event->worst_ns, "call");
	begin_args(trace);
	end_event(trace);
}

static const char *category_of(enum bc_run_kind kind)
{
	switch (kind) {
	case BC_RUN_CALLBACK: return "callback";
	case BC_RUN_BODY: return "loop";
	case BC_RUN_MANY: return "iteration";
	}
	return "";
}

void bc_trace_stall(struct bc_trace *trace, uint32_t pid, const struct bc_run_callback *callback,
	const struct bc_run_stall *stall, const struct bc_wire_event *event)
{
	uint64_t wall_ns = event->total_ns + event->waited_ns;
	const char *name =
		stall->kind == BC_RUN_MANY ? "many small callbacks" : callback->where.function;

	write_call(trace, pid, stall->tid, stall->longest, event, wall_ns);
	begin_event(trace, "X", name, pid, stall->tid);
	write_span(trace, event->start_ns, wall_ns, category_of(stall->kind));
	begin_args(trace);
	bc_json_put_double(&trace->json, "own_ms", (double)stall->ns / 1e6);
	if (stall->kind == BC_RUN_MANY) {
		write_shares(trace, stall);
	} else {
		bc_json_put_str(&trace->json, "registered_by", callback->api);
		write_culprit(trace, stall);
		write_stack(trace, stall);
	}
	if (stall->open) {
		bc_json_key(&trace->json, "in_progress_at_end");
		bc_json_bool(&trace->json, 1);
	}
	end_event(trace);
}

void bc_trace_busy(
	struct bc_trace *trace, uint32_t pid, uint32_t tid, uint64_t now_ns, double share)
{
	char name[48];

	snprintf(name, sizeof(name), "loop of thread %u", tid);
	begin_event(trace, "C", name, pid, tid);
	write_time(trace, now_ns);
	begin_args(trace);
	bc_json_put_double(&trace->json, "busy %", share * 100);
	end_event(trace);
}

/* ---- the end ---- */

static void write_rest(struct bc_trace *trace, const struct bc_run *run)
{
	struct bc_json *json = &trace->json;

	bc_json_end(json);
	bc_json_put_str(json, "displayTimeUnit", "ms");
	bc_json_key(json, "otherData");
	bc_json_object(json);
	bc_json_put_str(json, "command", run->command);
	bc_json_put_str(json, "shown", "callbacks and iterations over the budget");
	bc_json_put_double(json, "budget_ms", (double)run->budget_ns / 1e6);
	bc_json_put_count(json, "lost_events", run->lost_events);
	bc_json_end(json);
	bc_json_end(json);
	bc_buf_char(&trace->out, '\n');
}

int bc_trace_close(struct bc_trace *trace, const struct bc_run *run)
{
	int status = 0;

	if (!trace)
		return 0;
	write_rest(trace, run);
	flush(trace);
	if (close(trace->fd) < 0 && !trace->failed)
		trace->failed = errno;
	if (trace->failed)
		status = fail(trace->path, trace->failed);
	bc_buf_fini(&trace->out);
	free(trace->path);
	free(trace);
	return status;
}
