/* The report as blockcheck-run/1. Times are milliseconds. */
#include "harness/collect/report.h"

#include <stdlib.h>

#include "base/json.h"
#include "harness/collect/profile.h"

static void write_ms(struct bc_json *json, const char *key, uint64_t ns)
{
	bc_json_key(json, key);
	bc_json_double(json, (double)ns / 1e6);
}

static void write_where(
	struct bc_json *json, struct bc_arena *arena, const struct bc_run_where *where)
{
	bc_json_put_str(json, "function", where->function);
	bc_json_put_str(json, "file", bc_report_path(arena, where->file));
	bc_json_key(json, "line");
	if (where->line)
		bc_json_int(json, where->line);
	else
		bc_json_null(json);
}

static void write_split(struct bc_json *json, const struct bc_run_split *split)
{
	write_ms(json, "cpu_ms", split->cpu_ns);
	write_ms(json, "runqueue_ms", split->runqueue_ns);
	write_ms(json, "blocked_ms", split->blocked_ns);
}

static void write_times(struct bc_json *json, const struct bc_run_histogram *times)
{
	write_ms(json, "p50_ms", bc_run_percentile(times, 0.50));
	write_ms(json, "p99_ms", bc_run_percentile(times, 0.99));
	write_ms(json, "max_ms", times->max_ns);
}

static void write_loops(struct bc_json *json, const struct bc_run *run)
{
	bc_json_key(json, "loops");
	bc_json_array(json);
	for (size_t i = 0; i < run->loops.count; i++) {
		const struct bc_run_loop *loop = &run->loops.items[i];

		bc_json_object(json);
		bc_json_put_count(json, "thread", loop->tid);
		bc_json_put_str(json, "library", loop->library);
		bc_json_put_count(json, "iterations", loop->iterations);
		write_ms(json, "busy_ms", loop->busy_ns);
		write_ms(json, "idle_ms", loop->idle_ns);
		write_times(json, &loop->times);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_callbacks(struct bc_json *json, const struct bc_run *run, struct bc_arena *arena)
{
	uint32_t *order;
	size_t count = bc_report_callbacks(run, &order);

	bc_json_key(json, "callbacks");
	bc_json_array(json);
	for (size_t i = 0; i < count; i++) {
		const struct bc_run_callback *callback = &run->callbacks.items[order[i]];

		bc_json_object(json);
		write_where(json, arena, &callback->where);
		bc_json_put_str(json, "api", callback->api);
		bc_json_key(json, "internal");
		bc_json_bool(json, callback->internal);
		bc_json_put_count(json, "count", callback->times.count);
		write_ms(json, "total_ms", callback->times.total_ns);
		write_times(json, &callback->times);
		write_split(json, &callback->split);
		bc_json_put_count(json, "stalls", callback->stalls);
		bc_json_end(json);
	}
	bc_json_end(json);
	free(order);
}

static void write_culprit(struct bc_json *json, const struct bc_run_stall *stall)
{
	bc_json_key(json, "culprit");
	bc_json_object(json);
	bc_json_put_str(
		json, "kind", stall->kind == BC_RUN_MANY ? "many" : bc_report_cause(stall->cause));
	bc_json_put_str(json, "function", *stall->culprit ? stall->culprit : NULL);
	write_ms(json, "duration_ms", stall->culprit_ns);
	bc_json_put_count(json, "calls", stall->culprit_calls);
	if (stall->inner) {
		bc_json_key(json, "inside");
		bc_json_object(json);
		bc_json_put_str(json, "function", stall->inner);
		write_ms(json, "duration_ms", stall->inner_ns);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_stack(
	struct bc_json *json, const struct bc_run_stall *stall, struct bc_arena *arena)
{
	bc_json_key(json, "stack");
	bc_json_array(json);
	for (uint32_t i = 0; i < stall->nstack; i++) {
		bc_json_object(json);
		write_where(json, arena, &stall->stack[i]);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_shares(struct bc_json *json, const struct bc_run_stall *stall)
{
	bc_json_key(json, "made_of");
	bc_json_array(json);
	for (int i = 0; i < BC_WIRE_CALLS; i++) {
		if (!stall->shares[i].function)
			continue;
		bc_json_object(json);
		bc_json_put_str(json, "function", stall->shares[i].function);
		bc_json_put_count(json, "count", stall->shares[i].count);
		write_ms(json, "total_ms", stall->shares[i].total_ns);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_alternatives(struct bc_json *json, const struct bc_run_stall *stall)
{
	bc_json_key(json, "alternatives");
	bc_json_array(json);
	for (int i = 0; i < stall->nalternatives; i++) {
		bc_json_object(json);
		bc_json_put_str(json, "use", stall->alternatives[i].use);
		bc_json_put_str(json, "note", stall->alternatives[i].note);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_stalls(struct bc_json *json, const struct bc_run *run, struct bc_arena *arena)
{
	uint32_t *order;
	size_t count = bc_report_stalls(run, &order);

	bc_json_key(json, "stalls");
	bc_json_array(json);
	for (size_t i = 0; i < count; i++) {
		const struct bc_run_stall *stall = &run->stalls.items[order[i]];

		bc_json_object(json);
		write_ms(json, "duration_ms", stall->ns);
		bc_json_put_count(json, "count", stall->count);
		write_ms(json, "total_ms", stall->total_ns);
		write_ms(json, "at_ms", stall->start_ns);
		bc_json_put_str(
			json, "callback", run->callbacks.items[stall->callback].where.function);
		bc_json_key(json, "in_progress_at_end");
		bc_json_bool(json, stall->open);
		write_culprit(json, stall);
		write_split(json, &stall->split);
		bc_json_put_count(json, "major_faults", stall->major_faults);
		bc_json_put_count(json, "minor_faults", stall->minor_faults);
		if (stall->kind == BC_RUN_MANY)
			write_shares(json, stall);
		write_stack(json, stall, arena);
		bc_json_put_str(json, "rule", bc_run_rule(stall));
		bc_json_put_str(json, "allowed", stall->allowed);
		bc_json_put_str(json, "finding", stall->finding);
		write_alternatives(json, stall);
		bc_json_end(json);
	}
	bc_json_end(json);
	free(order);
}

static void write_remarks(struct bc_json *json, const struct bc_run *run)
{
	bc_json_key(json, "remarks");
	bc_json_array(json);
	for (size_t i = 0; i < run->remarks.count; i++) {
		const struct bc_remark *remark = &run->remarks.items[i];

		bc_json_object(json);
		bc_json_put_str(json, "rule", remark->rule);
		bc_json_put_str(json, "file", remark->at.file);
		bc_json_put_count(json, "line", remark->at.line);
		bc_json_put_str(json, "message", remark->message);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_calls(struct bc_json *json, const struct bc_run_thread *thread)
{
	bc_json_key(json, "calls");
	bc_json_array(json);
	for (uint32_t i = 0; i < thread->ncalls; i++) {
		const struct bc_run_blocked *call = &thread->calls[i];

		bc_json_object(json);
		bc_json_put_str(json, "function", call->name);
		bc_json_key(json, "number");
		if (call->number >= 0)
			bc_json_int(json, call->number);
		else
			bc_json_null(json);
		bc_json_put_count(json, "count", call->count);
		write_ms(json, "total_ms", call->total_ns);
		write_ms(json, "max_ms", call->max_ns);
		bc_json_end(json);
	}
	bc_json_end(json);
}

/* Only what was observed from outside has these. */
static void write_threads(struct bc_json *json, const struct bc_run *run)
{
	write_ms(json, "resolution_ms", run->resolution_ns);
	bc_json_key(json, "threads");
	bc_json_array(json);
	for (size_t i = 0; i < run->threads.count; i++) {
		const struct bc_run_thread *thread = &run->threads.items[i];

		bc_json_object(json);
		bc_json_put_count(json, "thread", thread->tid);
		bc_json_put_str(json, "name", thread->name);
		bc_json_key(json, "loop");
		bc_json_bool(json, thread->is_loop);
		write_ms(json, "seen_ms", thread->seen_ns);
		write_ms(json, "waited_ms", thread->waited_ns);
		write_ms(json, "cpu_ms", thread->cpu_ns);
		write_ms(json, "blocked_ms", thread->blocked_ns);
		write_calls(json, thread);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_losses(struct bc_json *json, const struct bc_run *run)
{
	bc_json_put_count(json, "lost_events", run->lost_events);
	bc_json_key(json, "lost");
	bc_json_object(json);
	bc_json_put_count(json, "stacks", run->lost_stacks);
	bc_json_put_count(json, "threads", run->lost_threads);
	bc_json_put_count(json, "processes", run->lost_processes);
	bc_json_put_count(json, "sandboxed", run->sandboxed);
	bc_json_put_count(json, "callbacks_without_thunk", run->unwrapped);
	bc_json_put_count(json, "calls_not_timed", run->untimed);
	bc_json_put_count(json, "corrupt_records", run->corrupt);
	bc_json_put_count(json, "stalls_in_grace", run->early_stalls);
	bc_json_put_count(json, "workers", run->nworkers);
	bc_json_put_count(json, "children_not_followed", run->detached);
	bc_json_end(json);
}

static void write_stripped(struct bc_json *json, const struct bc_run *run)
{
	bc_json_key(json, "stripped");
	bc_json_array(json);
	for (size_t i = 0; i < run->stripped.count; i++) {
		bc_json_object(json);
		bc_json_put_str(json, "module", run->stripped.items[i].module);
		bc_json_put_str(json, "package", run->stripped.items[i].package);
		bc_json_end(json);
	}
	bc_json_end(json);
}

void bc_run_write_json(const struct bc_run *run, struct bc_buf *out)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_json json;

	bc_json_init(&json, out, 1);
	bc_json_object(&json);
	bc_json_put_str(&json, "schema", "blockcheck-run/1");
	bc_json_put_str(&json, "command", run->command);
	bc_json_key(&json, "exit");
	bc_json_object(&json);
	bc_json_put_count(&json, "code", (uint64_t)run->code);
	bc_json_put_count(&json, "signal", (uint64_t)run->signal);
	bc_json_end(&json);
	bc_json_put_str(&json, "tier", run->tier);
	bc_json_put_str(&json, "tier_reason", *run->tier_why ? run->tier_why : NULL);
	write_ms(&json, "duration_ms", run->duration_ns);
	write_ms(&json, "budget_ms", run->budget_ns);
	write_ms(&json, "imposed_p99_ms", bc_run_imposed(run, 0.99));
	bc_json_put_count(&json, "processes", run->processes);
	if (run->resolution_ns)
		write_threads(&json, run);
	write_loops(&json, run);
	write_callbacks(&json, run, &arena);
	write_stalls(&json, run, &arena);
	write_losses(&json, run);
	write_stripped(&json, run);
	write_remarks(&json, run);
	bc_json_key(&json, "overhead");
	bc_json_object(&json);
	bc_json_put_double(&json, "per_callback_ns", run->per_callback_ns);
	bc_json_put_str(&json, "clock", run->clock);
	write_ms(&json, "collector_cpu_ms", run->collector_cpu_ns);
	bc_json_put_count(&json, "stops", run->stops);
	write_ms(&json, "stopped_ms", run->stopped_ns);
	write_ms(&json, "longest_gap_ms", run->late_ns);
	write_ms(&json, "longest_blind_ms", run->blind_ns);
	bc_json_key(&json, "self_test");
	bc_json_bool(&json, run->processes > 0);
	bc_json_end(&json);
	bc_json_end(&json);
	bc_buf_char(out, '\n');
	bc_arena_fini(&arena);
}
