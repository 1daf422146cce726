/*
 * Whatever tree the writer is given, the reader accepts; and what is then damaged is refused or
 * read in bounds. The input is a program: each byte chooses the next node or number; the last
 * quarter are pairs of (16-bit place, change) that damage the finished image.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "facts/format.h"
#include "facts/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct program {
	const uint8_t *at, *end;
	struct bc_fw *fw;
};

static uint8_t next(struct program *p)
{
	return p->at < p->end ? *p->at++ : 0; /* 0 is BC_N_NONE: the tree comes to its end */
}

static uint32_t next_str(struct program *p)
{
	char text[8] = {0};
	size_t n = next(p) % sizeof(text);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)next(p);
	return bc_fw_str(p->fw, text);
}

static uint32_t next_type(struct program *p)
{
	char params[4] = {0};

	if (next(p) & 1)
		return BC_NONE;
	for (int i = next(p) % 4; i > 0; i--)
		params[i - 1] = (char)('a' + next(p) % BC_CLASS_COUNT);
	return bc_fw_type(p->fw, "type", (enum bc_class)(next(p) % BC_CLASS_COUNT), params,
		next(p) & 1, next(p) & 1);
}

static uint32_t next_symbol(struct program *p, uint32_t function)
{
	struct bc_fact_symbol symbol = {
		.key = next_str(p),
		.name = next_str(p),
		.flags = ((uint32_t)next(p) << 1) | function,
		.type = next_type(p),
		.file = next(p) & 1 ? BC_NONE : bc_fw_file(p->fw, "a.c"),
		.alias = next_str(p),
		.cls = next(p) % BC_CLASS_COUNT,
	};

	symbol.flags = (symbol.flags & ~(uint32_t)BC_SYM_FUNCTION) | function;
	return bc_fw_symbol(p->fw, &symbol);
}

static uint32_t next_field(struct program *p)
{
	struct bc_fact_field field = {
		.record_key = next_str(p),
		.record = next_str(p),
		.name = next_str(p),
		.type = next_type(p),
		.offset = next(p),
		.cls = next(p) % BC_CLASS_COUNT,
		.in_union = next(p) & 1,
	};

	return bc_fw_field(p->fw, &field);
}

static uint32_t next_local(struct program *p)
{
	struct bc_fact_local local = {next_str(p), next_type(p), next(p) % BC_CLASS_COUNT, {0}};

	return bc_fw_local(p->fw, &local);
}

static uint32_t next_ref(struct program *p, int kind)
{
	switch (kind) {
	case BC_N_INT: return bc_fw_int(p->fw, (int8_t)next(p));
	case BC_N_STR: return next_str(p);
	case BC_N_FUNC: return next_symbol(p, BC_SYM_FUNCTION);
	case BC_N_VAR: return next_symbol(p, 0);
	case BC_N_LOCAL: return next_local(p);
	case BC_N_FIELD:
	case BC_N_SET: return next_field(p);
	case BC_N_CALL:
	case BC_N_CAST: return next_type(p);
	case BC_N_LABEL: return bc_fw_label(p->fw);
	case BC_N_GOTO: return next(p) & 1 ? BC_NONE : bc_fw_label(p->fw);
	default: return BC_NONE;
	}
}

static int next_op(struct program *p, int kind)
{
	switch (kind) {
	case BC_N_UNARY: return BC_OP_NEG + next(p) % (BC_OP_POSTDEC - BC_OP_NEG + 1);
	case BC_N_BINARY: return BC_OP_ADD + next(p) % (BC_OP_LOR - BC_OP_ADD + 1);
	case BC_N_ASSIGN: {
		int op = next(p) % (BC_OP_XOR - BC_OP_ADD + 2);

		return op ? BC_OP_ADD + op - 1 : BC_OP_NONE;
	}
	case BC_N_LOOP: return next(p) % 3;
	default: return 0;
	}
}

/* How many children the kind has, by facts.h; where it may have any number, the input says. */
static int next_children(struct program *p, int kind)
{
	switch (kind) {
	case BC_N_FIELD:
	case BC_N_DEREF:
	case BC_N_ADDR:
	case BC_N_UNARY:
	case BC_N_CAST:
	case BC_N_SET:
	case BC_N_ELEM:
	case BC_N_STMTEXPR: return 1;
	case BC_N_INDEX:
	case BC_N_BINARY:
	case BC_N_ASSIGN:
	case BC_N_ELVIS:
	case BC_N_SWITCH:
	case BC_N_CASE: return 2;
	case BC_N_COND:
	case BC_N_IF:
	case BC_N_LOOP: return 3;
	case BC_N_RETURN: return next(p) % 2;
	case BC_N_CALL:
	case BC_N_COMMA: return 1 + next(p) % 4;
	case BC_N_INIT:
	case BC_N_OPAQUE:
	case BC_N_BLOCK: return next(p) % 8;
	default: return 0;
	}
}

static void grow(struct program *p, int kind)
{
	uint32_t loc = BC_LOC(next(p), next(p));
	enum bc_class cls = (enum bc_class)(next(p) % BC_CLASS_COUNT);
	uint32_t ref = next_ref(p, kind), node;
	int op = next_op(p, kind), count = next_children(p, kind);

	if (!count) {
		bc_fw_leaf(p->fw, (enum bc_node_kind)kind, cls, ref, loc);
		return;
	}
	node = bc_fw_open(p->fw, (enum bc_node_kind)kind, op, cls, next(p) & 31, ref, loc);
	if (next(p) == 0xff) { /* another shape after all */
		grow(p, next(p) % BC_N_KIND_COUNT);
		bc_fw_rewind(p->fw, node);
		bc_fw_leaf(p->fw, kind == BC_N_BLOCK ? BC_N_BLOCK : BC_N_OPAQUE, cls, BC_NONE, loc);
		return;
	}
	for (int i = 0; i < count; i++)
		grow(p, next(p) % BC_N_KIND_COUNT);
	bc_fw_close(p->fw, node);
}

static void add_function(struct program *p)
{
	struct bc_fact_function function = {
		.symbol = next(p) & 1 ? BC_NONE : next_symbol(p, BC_SYM_FUNCTION),
		.file = bc_fw_file(p->fw, "a.c"),
		.nparams = next(p) % 3,
		.line = next(p),
	};

	bc_fw_function_begin(p->fw, &function);
	for (uint32_t i = 0; i < function.nparams; i++)
		next_local(p);
	grow(p, BC_N_BLOCK);
	bc_fw_function_end(p->fw);
}

/* Loads and prints; the status of the load. */
static int read_image(const void *image, size_t size)
{
	struct bc_buf out = {0};
	struct bc_facts facts;
	int status = bc_facts_load(&facts, image, size);

	if (status == 0)
		bc_facts_print(&facts, 1, &out);
	bc_buf_fini(&out);
	return status;
}

static void damage(unsigned char *image, size_t size, const uint8_t *changes, size_t count)
{
	for (size_t i = 0; i + 2 < count; i += 3)
		image[((size_t)changes[i] << 8 | changes[i + 1]) % size] ^= changes[i + 2];
	((struct bc_image_header *)(void *)image)->size = size;
	bc_image_seal(image, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program p = {data, data + size - size / 4, bc_fw_new("a.c")};
	const uint8_t *changes = p.end;
	unsigned char *copy;
	const void *image;
	uint64_t hash[2];
	size_t length;

	while (p.at < p.end)
		add_function(&p);
	image = bc_fw_finish(p.fw, &length, hash);
	if (read_image(image, length)) {
		fprintf(stderr, "the writer's own image is refused: %s\n", bc_error_message());
		abort();
	}
	copy = malloc(length);
	if (copy) {
		memcpy(copy, image, length);
		damage(copy, length, changes, size / 4);
		read_image(copy, length);
	}
	free(copy);
	bc_fw_free(p.fw);
	return 0;
}
