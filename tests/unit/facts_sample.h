/*
 * A fact file with something in every table and a node of every kind. Needs facts_build.h's words.
 */
#ifndef BC_TESTS_FACTS_SAMPLE_H
#define BC_TESTS_FACTS_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "unit/facts_build.h"

static inline void sample_add_tables(struct bc_fw *fw)
{
	uint64_t hash[2] = {0x1122334455667788u, 0x99aabbccddeeff00u};
	uint32_t file = bc_fw_file(fw, "src/a.c");
	uint32_t type =
		bc_fw_type(fw, "int (const char *, void (*)(int))", BC_CLASS_INT, "eg", 0, 0);
	struct bc_fact_symbol symbol = {
		.key = bc_fw_str(fw, "src/a.c:c:a.c@F@work"),
		.name = bc_fw_str(fw, "work"),
		.flags = BC_SYM_FUNCTION | BC_SYM_INTERNAL | BC_SYM_DEFINED,
		.type = type,
		.file = file,
		.line = 5,
		.column = 12,
		.alias = bc_fw_str(fw, "real_work"),
		.cls = BC_CLASS_OTHER,
		.nparams = 2,
	};
	struct bc_fact_field field = {
		.record_key = bc_fw_str(fw, "include/ops.h:8:1"),
		.record = bc_fw_str(fw, "struct ops"),
		.name = bc_fw_str(fw, "open"),
		.type = type,
		.offset = 64,
		.cls = BC_CLASS_FPTR,
		.in_union = 1,
	};

	bc_fw_annotation(fw, bc_fw_symbol(fw, &symbol), "blockcheck:nonblocking");
	bc_fw_field(fw, &field);
	bc_fw_alias(fw,
		&(struct bc_fact_alias){field.record_key, bc_fw_str(fw, "src/a.c:9:1"), file, 40});
	bc_fw_comment(
		fw, &(struct bc_fact_comment){file, 7, 3, bc_fw_str(fw, "blockcheck: allow(x)")});
	bc_fw_diag(fw, &(struct bc_fact_diag){BC_NONE, 0, 0, 3, bc_fw_str(fw, "no such file")});
	bc_fw_dep(fw, &(struct bc_fact_dep){bc_fw_str(fw, "src/a.c"), 0, 1234, {hash[1], hash[0]}});
	bc_fw_shard(fw, hash);
}

static const char sample_every_kind[] =
	"(block\n"
	" (= $v (init (set f &cb) (elem (cast &cb2))))\n"
	" (if (&& $p (== (.f $p) 0)) (block (|| x (call &die))) (call (deref (.f (index $v 2))) "
	"\"ab\"))\n"
	" (for (< (post++ $v) 8) (|= $v 4) (block continue break))\n"
	" (while none (block (goto 0)))\n"
	" (do 0 (comma $v (~ $v)))\n"
	" (switch $v (block (case 1 3) (call &g (addr $v) (elvis $p 0)) default (opaque x)))\n"
	" (label 0) (goto computed) (stmtexpr (block x))\n"
	" (return (cond x &cb none)))";

static inline struct bc_fw *sample(void)
{
	static const char *const params[] = {"p", NULL};
	struct bc_fw *fw = bc_fw_new("src/a.c");

	sample_add_tables(fw);
	build_function(fw, "serve", params, 1, sample_every_kind);
	build_function(fw, "idle", NULL, 0, "(block)");
	return fw;
}

/* An image that can be written to; free() it. */
static inline unsigned char *sample_image(size_t *size)
{
	struct bc_fw *fw = sample();
	uint64_t hash[2];
	const void *image = bc_fw_finish(fw, size, hash);
	unsigned char *copy = malloc(*size);

	memcpy(copy, image, *size);
	bc_fw_free(fw);
	return copy;
}

static inline void sample_load(struct bc_facts *facts, const void *image, size_t size)
{
	if (bc_facts_load(facts, image, size))
		fail_msg("%s", bc_error_message());
}

static inline void sample_finish(struct bc_fw *fw, struct bc_facts *facts)
{
	uint64_t hash[2];
	size_t size;
	const void *image = bc_fw_finish(fw, &size, hash);

	sample_load(facts, image, size);
}

#endif
