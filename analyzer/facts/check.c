/*
 * Checks what a fact file says against what facts.h promises, so that no reader needs a check of
 * its own: after this, every index names a record or is BC_NONE where that is allowed, and every
 * tree has the shape its kinds demand.
 */
#include "facts/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

struct check {
	const struct bc_facts *facts;
	const char *name;
};

static int refuse(const struct check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(const struct check *check, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return bc_fail(BC_EINPUT, "%s: damaged fact file: %s; delete it and analyse again",
		check->name, what);
}

/* ---- tables ---- */

static int is_str(const struct check *check, uint32_t offset)
{
	return offset < check->facts->strings_size;
}

static int is_index(uint32_t index, uint32_t count)
{
	return index < count;
}

static int is_index_or_none(uint32_t index, uint32_t count)
{
	return index < count || index == BC_NONE;
}

/* One letter for each parameter; a reader may index a table of classes with it. */
static int is_params(const struct check *check, uint32_t offset)
{
	const char *text;
	size_t length;

	if (!is_str(check, offset))
		return 0;
	text = check->facts->strings + offset;
	length = strnlen(text, BC_FACTS_MAX_PARAMS + 1);
	for (size_t i = 0; i < length; i++)
		if (text[i] < 'a' || text[i] >= 'a' + BC_CLASS_COUNT)
			return 0;
	return length <= BC_FACTS_MAX_PARAMS;
}

static int good_file(const struct check *check, const struct bc_fact_file *file)
{
	return is_str(check, file->path);
}

static int good_type(const struct check *check, const struct bc_fact_type *type)
{
	return is_str(check, type->spelling) && is_params(check, type->params) &&
	       type->ret < BC_CLASS_COUNT && type->variadic <= 1 && type->noproto <= 1;
}

static int good_field(const struct check *check, const struct bc_fact_field *field)
{
	return is_str(check, field->record_key) && is_str(check, field->record) &&
	       is_str(check, field->name) && is_index_or_none(field->type, check->facts->ntypes) &&
	       field->cls < BC_CLASS_COUNT && field->in_union <= 1;
}

static int good_symbol(const struct check *check, const struct bc_fact_symbol *symbol)
{
	return is_str(check, symbol->key) && is_str(check, symbol->name) &&
	       is_str(check, symbol->alias) &&
	       is_index_or_none(symbol->type, check->facts->ntypes) &&
	       is_index_or_none(symbol->file, check->facts->nfiles) && symbol->cls < BC_CLASS_COUNT;
}

static int good_annotation(const struct check *check, const struct bc_fact_annotation *annotation)
{
	return is_index(annotation->symbol, check->facts->nsymbols) &&
	       is_str(check, annotation->text);
}

static int good_local(const struct check *check, const struct bc_fact_local *local)
{
	return is_str(check, local->name) && is_index_or_none(local->type, check->facts->ntypes) &&
	       local->cls < BC_CLASS_COUNT;
}

static int good_alias(const struct check *check, const struct bc_fact_alias *alias)
{
	return is_str(check, alias->record_a) && is_str(check, alias->record_b) &&
	       is_index(alias->file, check->facts->nfiles);
}

static int good_comment(const struct check *check, const struct bc_fact_comment *comment)
{
	return is_index(comment->file, check->facts->nfiles) && is_str(check, comment->text);
}

static int good_diag(const struct check *check, const struct bc_fact_diag *diag)
{
	return is_index_or_none(diag->file, check->facts->nfiles) && is_str(check, diag->text);
}

static int good_dep(const struct check *check, const struct bc_fact_dep *dep)
{
	return is_str(check, dep->path);
}

#define CHECK_TABLE(check, member, good) \
	do { \
		for (uint32_t i_ = 0; i_ < (check)->facts->n##member; i_++) \
			if (!good((check), &(check)->facts->member[i_])) \
				return refuse( \
					(check), "entry %u of its " #member " is wrong", i_); \
	} while (0)

static int check_tables(const struct check *check)
{
	CHECK_TABLE(check, files, good_file);
	CHECK_TABLE(check, types, good_type);
	CHECK_TABLE(check, fields, good_field);
	CHECK_TABLE(check, symbols, good_symbol);
	CHECK_TABLE(check, annotations, good_annotation);
	CHECK_TABLE(check, locals, good_local);
	CHECK_TABLE(check, aliases, good_alias);
	CHECK_TABLE(check, comments, good_comment);
	CHECK_TABLE(check, diags, good_diag);
	CHECK_TABLE(check, deps, good_dep);
	return 0;
}

/* ---- trees ---- */

enum ref {
	REF_ANY,
	REF_INT,
	REF_STR,
	REF_FUNC,
	REF_VAR,
	REF_LOCAL,
	REF_FIELD,
	REF_TYPE,
	REF_LABEL,
	REF_LABEL_OR_NONE
};

/* What facts.h promises of each kind. */
struct shape {
	uint8_t min, max; /* children; MANY for any number */
	uint8_t ref;      /* enum ref */
};

enum { MANY = 255 };

static const struct shape shapes[BC_N_KIND_COUNT] = {
	[BC_N_NONE] = {0, 0, REF_ANY},
	[BC_N_INT] = {0, 0, REF_INT},
	[BC_N_STR] = {0, 0, REF_STR},
	[BC_N_FUNC] = {0, 0, REF_FUNC},
	[BC_N_VAR] = {0, 0, REF_VAR},
	[BC_N_LOCAL] = {0, 0, REF_LOCAL},
	[BC_N_FIELD] = {1, 1, REF_FIELD},
	[BC_N_INDEX] = {2, 2, REF_ANY},
	[BC_N_DEREF] = {1, 1, REF_ANY},
	[BC_N_ADDR] = {1, 1, REF_ANY},
	[BC_N_UNARY] = {1, 1, REF_ANY},
	[BC_N_BINARY] = {2, 2, REF_ANY},
	[BC_N_ASSIGN] = {2, 2, REF_ANY},
	[BC_N_COND] = {3, 3, REF_ANY},
	[BC_N_ELVIS] = {2, 2, REF_ANY},
	[BC_N_COMMA] = {1, MANY, REF_ANY},
	[BC_N_CAST] = {1, 1, REF_TYPE},
	[BC_N_CALL] = {1, MANY, REF_TYPE},
	[BC_N_INIT] = {0, MANY, REF_ANY},
	[BC_N_SET] = {1, 1, REF_FIELD},
	[BC_N_ELEM] = {1, 1, REF_ANY},
	[BC_N_STMTEXPR] = {1, 1, REF_ANY},
	[BC_N_OPAQUE] = {0, MANY, REF_ANY},
	[BC_N_BLOCK] = {0, MANY, REF_ANY},
	[BC_N_IF] = {3, 3, REF_ANY},
	[BC_N_LOOP] = {3, 3, REF_ANY},
	[BC_N_SWITCH] = {2, 2, REF_ANY},
	[BC_N_CASE] = {2, 2, REF_ANY},
	[BC_N_DEFAULT] = {0, 0, REF_ANY},
	[BC_N_LABEL] = {0, 0, REF_LABEL},
	[BC_N_GOTO] = {0, 0, REF_LABEL_OR_NONE},
	[BC_N_RETURN] = {0, 1, REF_ANY},
	[BC_N_BREAK] = {0, 0, REF_ANY},
	[BC_N_CONTINUE] = {0, 0, REF_ANY},
};

static int good_op(const struct bc_node *node)
{
	switch (node->kind) {
	case BC_N_UNARY: return node->op >= BC_OP_NEG && node->op <= BC_OP_POSTDEC;
	case BC_N_BINARY: return node->op >= BC_OP_ADD && node->op <= BC_OP_LOR;
	case BC_N_ASSIGN:
		return node->op == BC_OP_NONE || (node->op >= BC_OP_ADD && node->op <= BC_OP_XOR);
	case BC_N_LOOP: return node->op <= BC_LOOP_FOR;
	default: return node->op == BC_OP_NONE;
	}
}

static int good_ref(const struct bc_facts *facts, const struct bc_fact_function *function,
	enum ref kind, uint32_t ref)
{
	switch (kind) {
	case REF_ANY: return 1;
	case REF_INT: return ref < facts->nints;
	case REF_STR: return ref < facts->strings_size;
	case REF_FUNC:
		return ref < facts->nsymbols && (facts->symbols[ref].flags & BC_SYM_FUNCTION);
	case REF_VAR:
		return ref < facts->nsymbols && !(facts->symbols[ref].flags & BC_SYM_FUNCTION);
	case REF_LOCAL: return ref < function->nlocals;
	case REF_FIELD: return ref < facts->nfields;
	case REF_TYPE: return is_index_or_none(ref, facts->ntypes);
	case REF_LABEL: return ref < function->nlabels;
	case REF_LABEL_OR_NONE: return is_index_or_none(ref, function->nlabels);
	}
	return 0;
}

static const uint8_t all_flags =
	BC_NF_INIT | BC_NF_CLEANUP | BC_NF_UNUSED | BC_NF_ATOMIC | BC_NF_MACRO;

/* What is wrong with the node by itself, or NULL. */
static const char *fault_of_node(const struct bc_facts *facts,
	const struct bc_fact_function *function, const struct bc_node *node)
{
	const struct shape *shape;

	if (node->kind >= BC_N_KIND_COUNT)
		return "has an unknown kind";
	shape = &shapes[node->kind];
	if (!good_op(node))
		return "has a wrong operator";
	if (node->cls >= BC_CLASS_COUNT)
		return "has an unknown class";
	if (node->flags & ~all_flags)
		return "has unknown flags";
	if (!good_ref(facts, function, shape->ref, node->ref))
		return "refers to nothing";
	return NULL;
}

/* An inner node on the way down to the current one. */
struct level {
	uint32_t node, end;
	uint32_t children; /* seen so far; a wrap after 2^32 cannot happen, nodes are counted in 32
			      bits */
};

struct walk {
	const struct bc_node *nodes; /* of the function */
	uint32_t depth;
	struct level levels[BC_FACTS_MAX_DEPTH];
};

/* Closes the levels that end at `at`. What is wrong with one of them, or NULL. */
static const char *leave(struct walk *walk, uint32_t at, uint32_t *culprit)
{
	while (walk->depth && walk->levels[walk->depth - 1].end == at) {
		const struct level *level = &walk->levels[--walk->depth];
		const struct shape *shape = &shapes[walk->nodes[level->node].kind];

		if (level->children < shape->min ||
			(shape->max != MANY && level->children > shape->max)) {
			*culprit = level->node;
			return "has a wrong number of children";
		}
	}
	return NULL;
}

/* Puts node `at` below the innermost open level. What is wrong with its place, or NULL. */
static const char *enter(struct walk *walk, uint32_t at, uint32_t nnodes)
{
	uint32_t limit = walk->depth ? walk->levels[walk->depth - 1].end : nnodes;
	uint32_t size = walk->nodes[at].size;

	if (!size || size > limit - at)
		return "does not end within its parent";
	if (walk->depth)
		walk->levels[walk->depth - 1].children++;
	else if (at)
		return "is a second root";
	if (walk->depth == BC_FACTS_MAX_DEPTH)
		return "is nested too deep";
	walk->levels[walk->depth++] = (struct level){at, at + size, 0};
	return NULL;
}

/* One pass over the tree in storage order. What is wrong with node *culprit, or NULL. */
static const char *fault_of_tree(struct walk *walk, const struct bc_facts *facts,
	const struct bc_fact_function *function, uint32_t *culprit)
{
	const char *fault = NULL;

	walk->nodes = facts->nodes + function->node;
	walk->depth = 0;
	for (uint32_t at = 0; at < function->nnodes && !fault; at++) {
		*culprit = at;
		fault = fault_of_node(facts, function, &walk->nodes[at]);
		if (!fault)
			fault = enter(walk, at, function->nnodes);
		if (!fault)
			fault = leave(walk, at + 1, culprit);
	}
	return fault;
}

/* Bodies and locals lie one after another, so that no reader goes over a node twice. */
static const char *fault_of_function(const struct bc_facts *facts,
	const struct bc_fact_function *function, uint32_t node, uint32_t local)
{
	if (!is_index_or_none(function->symbol, facts->nsymbols))
		return "is not a symbol";
	if (function->symbol != BC_NONE &&
		!(facts->symbols[function->symbol].flags & BC_SYM_FUNCTION))
		return "is a variable";
	if (!is_index_or_none(function->file, facts->nfiles))
		return "lies in no file";
	if (function->node != node || function->nnodes > facts->nnodes - node)
		return "has nodes out of bounds";
	if (function->local != local || function->nlocals > facts->nlocals - local)
		return "has locals out of bounds";
	if (function->nparams > function->nlocals)
		return "has more parameters than locals";
	if (function->nlabels > function->nnodes)
		return "has more labels than nodes";
	if (!function->nnodes || facts->nodes[node].kind != BC_N_BLOCK)
		return "has no block for its body";
	return NULL;
}

static int check_functions(const struct check *check)
{
	const struct bc_facts *facts = check->facts;
	struct walk walk;
	uint32_t node = 0, local = 0, culprit = 0;

	for (uint32_t i = 0; i < facts->nfunctions; i++) {
		const struct bc_fact_function *function = &facts->functions[i];
		const char *fault = fault_of_function(facts, function, node, local);

		if (fault)
			return refuse(check, "function %u %s", i, fault);
		fault = fault_of_tree(&walk, facts, function, &culprit);
		if (fault)
			return refuse(check, "node %u (%s, line %u) of function %u %s", culprit,
				bc_node_kind_name(walk.nodes[culprit].kind),
				BC_LOC_LINE(walk.nodes[culprit].loc), i, fault);
		node += function->nnodes;
		local += function->nlocals;
	}
	if (node != facts->nnodes || local != facts->nlocals)
		return refuse(check, "nodes or locals belong to no function");
	return 0;
}

int bc_facts_check(const struct bc_facts *facts, const char *name)
{
	struct check check = {facts, name};
	int status = check_tables(&check);

	return status ? status : check_functions(&check);
}
