/* `blockcheck-findings/1`: a contract with scripts and editors; keys are only ever added to it. */
#include "base/json.h"

#include "output/measured.h"
#include "output/output.h"

static void write_line(struct bc_json *json, const struct bc_place_loc *at)
{
	bc_json_put_str(json, "file", at->file ? at->file : "");
	bc_json_put_int(json, "line", at->line);
}

static void write_place(struct bc_json *json, const struct bc_place_loc *at)
{
	if (!at->file || !*at->file) {
		bc_json_null(json);
		return;
	}
	bc_json_object(json);
	write_line(json, at);
	bc_json_end(json);
}

static void write_strings(struct bc_json *json, const char *key, const char *const *texts, int n)
{
	bc_json_key(json, key);
	bc_json_array(json);
	for (int i = 0; i < n; i++)
		bc_json_str(json, texts[i]);
	bc_json_end(json);
}

static void write_summary(struct bc_json *json, const struct bc_report *report)
{
	bc_json_key(json, "summary");
	bc_json_object(json);
	bc_json_put_int(json, "units", report->summary.units);
	bc_json_put_int(json, "degraded", report->ndegraded);
	bc_json_put_int(json, "callbacks", report->summary.callbacks);
	bc_json_put_int(json, "findings", report->nfindings);
	bc_json_put_int(json, "parsed", report->summary.parsed);
	bc_json_put_int(json, "cached", report->summary.cached);
	bc_json_end(json);
}

/* The stall to be expected when things go wrong; only where something is known of it. */
static void write_worst(struct bc_json *json, const struct bc_finding *finding)
{
	if (!finding->worst.why)
		return;
	bc_json_key(json, "worst");
	bc_json_object(json);
	bc_json_key(json, "ms");
	if (finding->worst.ms >= 0)
		bc_json_double(json, finding->worst.ms);
	else
		bc_json_null(json);
	bc_json_put_str(json, "why", finding->worst.why);
	bc_json_end(json);
}

static void write_bound(struct bc_json *json, const struct bc_finding *finding)
{
	bc_json_key(json, "bound");
	bc_json_object(json);
	bc_json_put_str(json, "kind", bc_bound_name(finding->bound));
	if (finding->bound == BC_BOUND_TIMEOUT) {
		bc_json_key(json, "ms");
		if (finding->bound_ms >= 0)
			bc_json_double(json, finding->bound_ms);
		else
			bc_json_null(json);
	}
	write_worst(json, finding);
	bc_json_end(json);
}

static void write_sink(struct bc_json *json, const struct bc_finding *finding)
{
	bc_json_key(json, "sink");
	bc_json_object(json);
	bc_json_put_str(json, "function", finding->sink.function);
	bc_json_put_str(json, "in", finding->sink.in);
	write_line(json, &finding->sink.at);
	bc_json_put_int(json, "column", finding->sink.at.column);
	bc_json_end(json);
}

static void write_callback(struct bc_json *json, const struct bc_finding *finding)
{
	bc_json_key(json, "callback");
	bc_json_object(json);
	bc_json_put_str(json, "function", finding->callback.function);
	write_line(json, &finding->callback.at);
	bc_json_put_str(json, "loop", finding->callback.loop);
	bc_json_put_str(json, "registered_by", finding->callback.registered_by);
	bc_json_key(json, "registered_at");
	write_place(json, &finding->callback.registered_at);
	bc_json_end(json);
}

static void write_witness(struct bc_json *json, const struct bc_step *step)
{
	bc_json_key(json, "witness");
	bc_json_object(json);
	bc_json_put_str(json, "place", step->witness_place ? step->witness_place : "");
	write_line(json, &step->witness);
	bc_json_end(json);
}

static void write_step(struct bc_json *json, const struct bc_step *step)
{
	bc_json_object(json);
	bc_json_put_str(json, "function", step->function);
	write_line(json, &step->at);
	bc_json_put_str(json, "calls", step->calls);
	bc_json_put_str(json, "via", bc_via_name(step->via));
	if (step->via == BC_VIA_POINTER) {
		bc_json_put_int(json, "targets", step->targets);
		write_witness(json, step);
	}
	bc_json_end(json);
}

static void write_path(struct bc_json *json, const struct bc_finding *finding)
{
	bc_json_key(json, "path");
	bc_json_array(json);
	for (int i = 0; i < finding->npath; i++)
		write_step(json, &finding->path[i]);
	bc_json_end(json);
}

/* The wide dispatch table that the path goes through; only where there is one. */
static void write_family(struct bc_json *json, const struct bc_finding *finding)
{
	if (!finding->family_size)
		return;
	bc_json_key(json, "family");
	bc_json_object(json);
	bc_json_put_str(json, "place", finding->family);
	bc_json_put_int(json, "size", finding->family_size);
	bc_json_end(json);
}

/* The other calls that a note stands for; only where there are any. */
static void write_also(struct bc_json *json, const struct bc_finding *finding)
{
	if (!finding->nalso)
		return;
	bc_json_key(json, "also");
	bc_json_array(json);
	for (int i = 0; i < finding->nalso; i++) {
		bc_json_object(json);
		bc_json_put_str(json, "function", finding->also[i].function);
		write_line(json, &finding->also[i].at);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_alternatives(struct bc_json *json, const struct bc_finding *finding)
{
	bc_json_key(json, "alternatives");
	bc_json_array(json);
	for (int i = 0; i < finding->nalternatives; i++) {
		bc_json_object(json);
		bc_json_put_str(json, "use", finding->alternatives[i].use);
		bc_json_put_str(json, "note", finding->alternatives[i].note);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_observed(struct bc_json *json, const struct bc_finding *finding)
{
	bc_json_key(json, "observed");
	if (!finding->observed.runs) {
		bc_json_null(json);
		return;
	}
	bc_json_object(json);
	bc_json_put_int(json, "runs", finding->observed.runs);
	bc_json_put_int(json, "count", finding->observed.count);
	bc_json_put_double(json, "max_ms", finding->observed.max_ms);
	bc_json_put_double(json, "p99_ms", finding->observed.p99_ms);
	bc_json_end(json);
}

void bc_json_write_finding(struct bc_json *json, const struct bc_finding *finding)
{
	bc_json_object(json);
	bc_json_put_str(json, "fingerprint", finding->fingerprint);
	bc_json_put_str(json, "rule", finding->rule);
	bc_json_put_str(json, "category", bc_category_name(finding->category));
	bc_json_put_str(json, "severity", bc_severity_name(finding->severity));
	bc_json_put_str(json, "confidence", bc_confidence_name(finding->confidence));
	write_bound(json, finding);
	bc_json_put_str(json, "phase", bc_phase_name(finding->phase));
	if (finding->phase_why)
		bc_json_put_str(json, "phase_why", finding->phase_why);
	bc_json_put_str(json, "message", finding->message);
	write_sink(json, finding);
	write_callback(json, finding);
	write_path(json, finding);
	write_strings(json, "callbacks", finding->callbacks, finding->ncallbacks);
	write_family(json, finding);
	write_also(json, finding);
	write_strings(json, "assumptions", finding->assumptions, finding->nassumptions);
	write_alternatives(json, finding);
	write_observed(json, finding);
	bc_json_put_str(json, "suppressed", finding->suppressed);
	bc_json_put_str(json, "baseline", finding->baseline ? finding->baseline : "new");
	bc_json_end(json);
}

static void write_unresolved(struct bc_json *json, const struct bc_report *report)
{
	bc_json_key(json, "unresolved");
	bc_json_array(json);
	for (int i = 0; i < report->nunresolved; i++) {
		bc_json_object(json);
		write_line(json, &report->unresolved[i].at);
		bc_json_put_str(json, "place", report->unresolved[i].place);
		bc_json_put_str(json, "reason", report->unresolved[i].reason);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_remarks(struct bc_json *json, const struct bc_report *report)
{
	bc_json_key(json, "remarks");
	bc_json_array(json);
	for (int i = 0; i < report->nremarks; i++) {
		const struct bc_remark *remark = &report->remarks[i];

		bc_json_object(json);
		bc_json_put_str(json, "rule", remark->rule);
		write_line(json, &remark->at);
		bc_json_put_str(json, "message", remark->message);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_plugins(struct bc_json *json, const struct bc_report *report)
{
	if (!report->nplugins)
		return;
	bc_json_key(json, "plugins");
	bc_json_array(json);
	for (int i = 0; i < report->nplugins; i++) {
		bc_json_object(json);
		bc_json_put_str(json, "name", report->plugins[i].name);
		bc_json_put_str(json, "version", report->plugins[i].version);
		bc_json_put_str(json, "file", report->plugins[i].path);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_degraded(struct bc_json *json, const struct bc_report *report)
{
	bc_json_key(json, "degraded");
	bc_json_array(json);
	for (int i = 0; i < report->ndegraded; i++) {
		bc_json_object(json);
		bc_json_put_str(json, "file", report->degraded[i].file);
		bc_json_put_int(json, "errors", report->degraded[i].errors);
		bc_json_put_str(json, "first", report->degraded[i].first);
		bc_json_end(json);
	}
	bc_json_end(json);
}

void bc_output_json(
	const struct bc_report *report, const struct bc_output_options *options, struct bc_buf *out)
{
	struct bc_json json;

	(void)options;
	bc_json_init(&json, out, 1);
	bc_json_object(&json);
	bc_json_put_str(&json, "schema", "blockcheck-findings/1");
	write_summary(&json, report);
	bc_json_key(&json, "findings");
	bc_json_array(&json);
	for (int i = 0; i < report->nfindings; i++)
		bc_json_write_finding(&json, &report->findings[i]);
	bc_json_end(&json);
	write_unresolved(&json, report);
	write_degraded(&json, report);
	write_remarks(&json, report);
	if (report->measured)
		bc_measured_write_json(&json, report);
	write_plugins(&json, report);
	bc_json_end(&json);
	bc_buf_char(out, '\n');
}
