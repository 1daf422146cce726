/* What was measured, beside the findings. Keys are only ever added. */
#include "base/json.h"

#include "output/measured.h"

static void write_where(struct bc_json *json, const struct bc_profile_where *where)
{
	bc_json_put_str(json, "function", where->function);
	bc_json_put_str(json, "file", *where->file ? where->file : NULL);
	bc_json_key(json, "line");
	if (where->line)
		bc_json_int(json, where->line);
	else
		bc_json_null(json);
}

static void write_stack(struct bc_json *json, const struct bc_profile_stall *stall)
{
	bc_json_key(json, "stack");
	bc_json_array(json);
	for (int i = 0; i < stall->nstack; i++) {
		bc_json_object(json);
		write_where(json, &stall->stack[i]);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_surprise(struct bc_json *json, const struct bc_surprise *surprise)
{
	const struct bc_profile_stall *worst = surprise->worst;

	bc_json_object(json);
	bc_json_put_str(json, "rule", surprise->rule);
	bc_json_put_str(json, "severity", bc_severity_name(surprise->severity));
	bc_json_put_str(json, "callback", surprise->callback);
	bc_json_key(json, "culprit");
	bc_json_object(json);
	bc_json_put_str(json, "kind", bc_cause_name(worst->cause));
	bc_json_put_str(json, "function", *worst->culprit ? worst->culprit : NULL);
	bc_json_put_double(json, "duration_ms", worst->culprit_ms);
	bc_json_end(json);
	bc_json_put_int(json, "runs", surprise->runs);
	bc_json_put_int(json, "count", surprise->times.count);
	bc_json_put_double(json, "max_ms", surprise->times.max_ms);
	bc_json_put_double(json, "p99_ms", bc_times_percentile(&surprise->times, 0.99));
	write_stack(json, worst);
	bc_json_end(json);
}

static void write_quiet(struct bc_json *json, const char *key, const struct bc_report *report,
	const struct bc_quiet *list, int n)
{
	bc_json_key(json, key);
	bc_json_array(json);
	for (int i = 0; i < n; i++) {
		bc_json_object(json);
		bc_json_put_str(json, "fingerprint", report->findings[list[i].finding].fingerprint);
		bc_json_put_int(json, "count", list[i].count);
		bc_json_put_int(json, "stalls_elsewhere", list[i].elsewhere);
		bc_json_put_double(json, "max_ms", list[i].max_ms);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_callbacks(struct bc_json *json, const struct bc_measured *measured)
{
	bc_json_key(json, "callbacks");
	bc_json_array(json);
	for (int i = 0; i < measured->ncallbacks; i++) {
		const struct bc_measured_callback *callback = &measured->callbacks[i];

		bc_json_object(json);
		write_where(json, &callback->where);
		bc_json_put_str(json, "api", callback->api);
		bc_json_put_int(json, "runs", callback->runs);
		bc_json_put_int(json, "count", callback->times.count);
		bc_json_put_double(json, "total_ms", callback->times.total_ms);
		bc_json_put_double(json, "p50_ms", bc_times_percentile(&callback->times, 0.50));
		bc_json_put_double(json, "p99_ms", bc_times_percentile(&callback->times, 0.99));
		bc_json_put_double(json, "max_ms", callback->times.max_ms);
		bc_json_put_int(json, "stalls", callback->stalls);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_place(
	struct bc_json *json, const char *key, const char *function, const struct bc_place_loc *at)
{
	bc_json_key(json, key);
	bc_json_object(json);
	bc_json_put_str(json, "function", function);
	bc_json_put_str(json, "file", *at->file ? at->file : NULL);
	bc_json_key(json, "line");
	if (at->line)
		bc_json_int(json, at->line);
	else
		bc_json_null(json);
	bc_json_end(json);
}

static void write_unseen(struct bc_json *json, const struct bc_report *report)
{
	bc_json_key(json, "unseen");
	bc_json_array(json);
	for (int i = 0; i < report->nunseen; i++) {
		const struct bc_unseen *one = &report->unseen[i];

		bc_json_object(json);
		bc_json_put_str(json, "kind", one->is_callback ? "callback" : "call");
		write_place(json, "caller", one->caller, &one->caller_at);
		write_place(json, "callee", one->callee, &one->callee_at);
		bc_json_put_int(json, "count", one->count);
		bc_json_end(json);
	}
	bc_json_end(json);
}

void bc_measured_write_json(struct bc_json *json, const struct bc_report *report)
{
	const struct bc_measured *measured = report->measured;

	bc_json_key(json, "measured");
	bc_json_object(json);
	bc_json_put_int(json, "runs", measured->runs);
	bc_json_put_int(json, "allowed", measured->allowed);
	bc_json_key(json, "surprises");
	bc_json_array(json);
	for (int i = 0; i < measured->nsurprises; i++)
		write_surprise(json, &measured->surprises[i]);
	bc_json_end(json);
	write_quiet(json, "quiet", report, measured->quiet, measured->nquiet);
	write_quiet(json, "seldom", report, measured->seldom, measured->nseldom);
	write_callbacks(json, measured);
	write_unseen(json, report);
	bc_json_end(json);
}
