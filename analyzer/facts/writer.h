/*
 * Building a fact file (see facts.h). One builder makes one unit or one shard.
 *
 * All adders intern: the same content gives the same index. Bodies are written in pre-order with
 * bc_fw_open()/bc_fw_close() around the children of an inner node, bc_fw_leaf() for a leaf.
 */
#ifndef BC_FACTS_WRITER_H
#define BC_FACTS_WRITER_H

#include "facts/facts.h"

struct bc_fw;

struct bc_fw *bc_fw_new(const char *path_main);
void bc_fw_free(struct bc_fw *fw);

uint32_t bc_fw_str(struct bc_fw *fw, const char *text);
uint32_t bc_fw_int(struct bc_fw *fw, int64_t value);
uint32_t bc_fw_file(struct bc_fw *fw, const char *path);
uint32_t bc_fw_type(struct bc_fw *fw, const char *spelling, enum bc_class ret, const char *params,
	int variadic, int noproto);
/* Interned by (record_key, name, offset); `str` members of the argument come from bc_fw_str(). */
uint32_t bc_fw_field(struct bc_fw *fw, const struct bc_fact_field *field);
/*
 * Interned by (key, FUNCTION flag). A second call for the same symbol merges: flags are or-ed, and
 * the location is replaced when the new one is the definition and the old one was not.
 */
uint32_t bc_fw_symbol(struct bc_fw *fw, const struct bc_fact_symbol *symbol);
void bc_fw_annotation(struct bc_fw *fw, uint32_t symbol, const char *text);
void bc_fw_alias(struct bc_fw *fw, const struct bc_fact_alias *alias); /* duplicates dropped */
void bc_fw_comment(struct bc_fw *fw, const struct bc_fact_comment *comment);
void bc_fw_diag(struct bc_fw *fw, const struct bc_fact_diag *diag);
void bc_fw_dep(struct bc_fw *fw, const struct bc_fact_dep *dep);
void bc_fw_shard(struct bc_fw *fw, const uint64_t hash[2]);

/* Starts a body; one at a time. `function->node`, `nnodes`, `local` and `nlocals` are filled in. */
void bc_fw_function_begin(struct bc_fw *fw, const struct bc_fact_function *function);
uint32_t bc_fw_local(struct bc_fw *fw, const struct bc_fact_local *local); /* returns the slot */
uint32_t bc_fw_label(struct bc_fw *fw);                                    /* a new label number */
void bc_fw_function_end(struct bc_fw *fw);

uint32_t bc_fw_open(struct bc_fw *fw, enum bc_node_kind kind, int op, enum bc_class cls, int flags,
	uint32_t ref, uint32_t loc);
void bc_fw_close(struct bc_fw *fw, uint32_t node);
void bc_fw_leaf(
	struct bc_fw *fw, enum bc_node_kind kind, enum bc_class cls, uint32_t ref, uint32_t loc);
/* Changes flags of a node already opened. */
void bc_fw_flag(struct bc_fw *fw, uint32_t node, int flags);
/* Drops the body written since `node` was opened, `node` included (to retry in another shape). */
void bc_fw_rewind(struct bc_fw *fw, uint32_t node);
/* Nodes written so far in this builder. */
uint32_t bc_fw_position(const struct bc_fw *fw);

/* 1 when nothing but the path was added: such a shard is not worth a file. */
int bc_fw_empty(const struct bc_fw *fw);

/* The finished image (owned by the builder until bc_fw_free) and its XXH3-128. */
const void *bc_fw_finish(struct bc_fw *fw, size_t *size, uint64_t hash[2]);

#endif
