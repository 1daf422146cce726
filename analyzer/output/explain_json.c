/* `blockcheck-explanation/1`. */
#include "base/json.h"

#include "output/explain.h"

static void write_at(struct bc_json *json, const struct bc_place_loc *at)
{
	bc_json_put_str(json, "file", at->file ? at->file : "");
	bc_json_put_int(json, "line", at->line);
}

static void begin_list(struct bc_json *json, const char *key)
{
	bc_json_key(json, key);
	bc_json_array(json);
}

static void write_hop(struct bc_json *json, const struct bc_hop *hop)
{
	bc_json_object(json);
	bc_json_put_str(json, "reason", hop->reason);
	begin_list(json, "rivals");
	for (int i = 0; i < hop->nrivals; i++) {
		bc_json_object(json);
		bc_json_put_str(json, "function", hop->rivals[i].function);
		write_at(json, &hop->rivals[i].put);
		bc_json_end(json);
	}
	bc_json_end(json);
	begin_list(json, "conditions");
	for (int i = 0; i < hop->nconditions; i++) {
		bc_json_object(json);
		bc_json_put_str(json, "text", hop->conditions[i].text);
		write_at(json, &hop->conditions[i].at);
		bc_json_end(json);
	}
	bc_json_end(json);
	bc_json_put_str(json, "doubt", hop->doubt);
	bc_json_end(json);
}

static void write_reliances(struct bc_json *json, const struct bc_explanation *x)
{
	begin_list(json, "assumptions");
	for (int i = 0; i < x->nreliances; i++) {
		bc_json_object(json);
		bc_json_put_str(json, "text", x->reliances[i].text);
		bc_json_put_str(json, "from", x->reliances[i].from);
		write_at(json, &x->reliances[i].at);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_handle(struct bc_json *json, const struct bc_handle *handle)
{
	bc_json_object(json);
	bc_json_put_str(json, "made_by", handle->made_by);
	bc_json_put_str(json, "in", handle->in);
	write_at(json, &handle->at);
	bc_json_put_str(json, "kind", handle->kind);
	bc_json_put_str(json, "mode", handle->mode);
	begin_list(json, "events");
	for (int i = 0; i < handle->nevents; i++) {
		bc_json_object(json);
		bc_json_put_str(json, "what", handle->events[i].what);
		write_at(json, &handle->events[i].at);
		bc_json_end(json);
	}
	bc_json_end(json);
	bc_json_end(json);
}

static void write_handles(struct bc_json *json, const struct bc_explanation *x)
{
	bc_json_key(json, "descriptor");
	if (!x->subject) {
		bc_json_null(json);
		return;
	}
	bc_json_object(json);
	bc_json_put_str(json, "expression", x->subject);
	begin_list(json, "origins");
	for (int i = 0; i < x->nhandles; i++)
		write_handle(json, &x->handles[i]);
	bc_json_end(json);
	bc_json_end(json);
}

static void write_callbacks(struct bc_json *json, const struct bc_explanation *x)
{
	begin_list(json, "callbacks");
	for (int i = 0; i < x->ncallbacks; i++) {
		const struct bc_callback_info *callback = &x->callbacks[i];

		bc_json_object(json);
		bc_json_put_str(json, "function", callback->function);
		write_at(json, &callback->at);
		bc_json_put_str(json, "loop", callback->loop);
		bc_json_put_str(json, "registered_by", callback->registered_by);
		bc_json_key(json, "registered_at");
		bc_json_object(json);
		write_at(json, &callback->registered_at);
		bc_json_end(json);
		bc_json_end(json);
	}
	bc_json_end(json);
}

static void write_remedy(struct bc_json *json, const struct bc_remedy *remedy)
{
	bc_json_object(json);
	bc_json_put_str(json, "when", remedy->when);
	bc_json_put_str(json, "file", remedy->file);
	bc_json_key(json, "before_line");
	if (remedy->line)
		bc_json_int(json, remedy->line);
	else
		bc_json_null(json);
	bc_json_put_str(json, "below", remedy->below);
	begin_list(json, "lines");
	for (int i = 0; i < remedy->nlines; i++)
		bc_json_str(json, remedy->lines[i]);
	bc_json_end(json);
	bc_json_end(json);
}

static void write_explanation(struct bc_json *json, const struct bc_explanation *x)
{
	bc_json_key(json, "rule");
	bc_json_object(json);
	bc_json_put_str(json, "id", x->rule);
	bc_json_put_str(json, "source", x->provenance);
	bc_json_put_str(json, "file", x->pack);
	bc_json_put_int(json, "line", x->pack_line);
	bc_json_end(json);
	begin_list(json, "hops");
	for (int i = 0; i < x->nhops; i++)
		write_hop(json, &x->hops[i]);
	bc_json_end(json);
	write_reliances(json, x);
	write_handles(json, x);
	write_callbacks(json, x);
	begin_list(json, "remedies");
	for (int i = 0; i < x->nremedies; i++)
		write_remedy(json, &x->remedies[i]);
	bc_json_end(json);
}

void bc_output_explain_json(const struct bc_explained *explained, struct bc_buf *out)
{
	static const char *const stored[] = {
		[BC_STORED_NONE] = "none",
		[BC_STORED_SAME] = "same",
		[BC_STORED_LATER] = "later",
		[BC_STORED_GONE] = "gone",
		[BC_STORED_ALONE] = "alone",
	};
	struct bc_json json;

	bc_json_init(&json, out, 1);
	bc_json_object(&json);
	bc_json_put_str(&json, "schema", "blockcheck-explanation/1");
	bc_json_put_str(&json, "stored", stored[explained->stored]);
	bc_json_key(&json, "finding");
	bc_json_write_finding(&json, explained->finding);
	if (explained->explanation->found)
		write_explanation(&json, explained->explanation);
	bc_json_end(&json);
	bc_buf_char(out, '\n');
}
