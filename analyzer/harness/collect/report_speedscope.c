/* Stacks of stalls in speedscope's file format: one sample per stack, weighted by its time. */
#include "harness/collect/report.h"

#include <string.h>

#include <uthash.h>

#include "base/json.h"

struct frame {
	char *key;
	uint32_t index;
	UT_hash_handle hh;
};

struct writer {
	struct bc_arena arena;
	struct frame *known;
	BC_VEC(struct bc_run_where) frames;
	BC_VEC(uint32_t) samples; /* for each stack how many frames, then these */
	BC_VEC(uint64_t) weights;
};

static uint32_t find_frame(struct writer *writer, const struct bc_run_where *where)
{
	char *key = bc_arena_printf(&writer->arena, "%s|%s|%d", where->function,
		where->file ? where->file : where->module, where->line);
	struct frame *frame;

	HASH_FIND_STR(writer->known, key, frame);
	if (frame)
		return frame->index;
	frame = BC_NEW(&writer->arena, struct frame);
	*frame = (struct frame){.key = key, .index = (uint32_t)writer->frames.count};
	HASH_ADD_KEYPTR(hh, writer->known, frame->key, strlen(frame->key), frame);
	bc_vec_push(&writer->frames, *where);
	return frame->index;
}

static void keep_stack(const struct bc_report_stack *stack, void *argument)
{
	struct writer *writer = argument;

	bc_vec_push(&writer->samples, stack->count);
	for (uint32_t i = 0; i < stack->count; i++) {
		uint32_t frame = find_frame(writer, &stack->frames[i]);

		bc_vec_push(&writer->samples, frame);
	}
	bc_vec_push(&writer->weights, stack->ns);
}

static void write_frames(struct bc_json *json, struct writer *writer)
{
	bc_json_key(json, "shared");
	bc_json_object(json);
	bc_json_key(json, "frames");
	bc_json_array(json);
	for (size_t i = 0; i < writer->frames.count; i++) {
		const struct bc_run_where *where = &writer->frames.items[i];

		bc_json_object(json);
		bc_json_put_str(json, "name", where->function);
		if (where->file)
			bc_json_put_str(json, "file", bc_report_path(&writer->arena, where->file));
		else if (*where->module)
			bc_json_put_str(json, "file", where->module);
		if (where->line) {
			bc_json_put_int(json, "line", where->line);
		}
		bc_json_end(json);
	}
	bc_json_end(json);
	bc_json_end(json);
}

/* Times are written to the microsecond, and the end must be their sum. */
static double in_ms(uint64_t ns)
{
	return (double)(ns / 1000) / 1000;
}

static void write_profile(struct bc_json *json, const struct writer *writer, const char *name)
{
	uint64_t us = 0;

	for (size_t i = 0; i < writer->weights.count; i++)
		us += writer->weights.items[i] / 1000;
	bc_json_object(json);
	bc_json_put_str(json, "type", "sampled");
	bc_json_put_str(json, "name", name);
	bc_json_put_str(json, "unit", "milliseconds");
	bc_json_put_int(json, "startValue", 0);
	bc_json_put_double(json, "endValue", (double)us / 1000);
	bc_json_key(json, "samples");
	bc_json_array(json);
	for (size_t at = 0; at < writer->samples.count; at++) {
		size_t end = at + writer->samples.items[at];

		bc_json_array(json);
		while (at < end)
			bc_json_int(json, writer->samples.items[++at]);
		bc_json_end(json);
	}
	bc_json_end(json);
	bc_json_key(json, "weights");
	bc_json_array(json);
	for (size_t i = 0; i < writer->weights.count; i++)
		bc_json_double(json, in_ms(writer->weights.items[i]));
	bc_json_end(json);
	bc_json_end(json);
}

void bc_run_write_speedscope(const struct bc_run *run, struct bc_buf *out)
{
	struct writer writer = {0};
	struct bc_json json;

	bc_report_stacks(run, keep_stack, &writer);
	bc_json_init(&json, out, 1);
	bc_json_object(&json);
	bc_json_put_str(&json, "$schema", "https://www.speedscope.app/file-format-schema.json");
	bc_json_put_str(&json, "name", run->command);
	bc_json_put_str(&json, "exporter", "blockcheck");
	bc_json_put_int(&json, "activeProfileIndex", 0);
	write_frames(&json, &writer);
	bc_json_key(&json, "profiles");
	bc_json_array(&json);
	write_profile(&json, &writer, "stalls");
	bc_json_end(&json);
	bc_json_end(&json);
	bc_buf_char(out, '\n');
	HASH_CLEAR(hh, writer.known);
	bc_vec_fini(&writer.frames);
	bc_vec_fini(&writer.samples);
	bc_vec_fini(&writer.weights);
	bc_arena_fini(&writer.arena);
}
