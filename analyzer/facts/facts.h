/*
 * Facts: what one translation unit says, with no opinion about it.
 *
 * A fact file is the only thing that parsing hands to the rest. It knows nothing of rules: it does
 * not say which call blocks or which function is a callback. Function bodies are kept as small
 * typed trees (enum bc_node_kind), from which the link stage derives calls, argument abstractions,
 * flows with their witness, guards and regions. One tree is the single source for all of these, so
 * that a later, more precise reading needs no new extraction.
 *
 * Two kinds of file share the format:
 *   unit   one main file: its own functions and variables, what it depends on, its diagnostics,
 *          and the names of the header shards it uses;
 *   shard  the functions and initialised variables that one header defines, stored once under the
 *          hash of its content, however many units include it.
 *
 * The file is an image of the tables below (little endian, 8-byte aligned sections), mapped and
 * used in place. bc_facts_open() checks every index, so that the readers need not.
 *
 * Determinism: records appear in AST order; paths are relative to the project root where they lie
 * below it, absolute elsewhere; nothing depends on time, host, worker or checkout path.
 */
#ifndef BC_FACTS_FACTS_H
#define BC_FACTS_FACTS_H

#include <stddef.h>
#include <stdint.h>

#define BC_FACTS_MAGIC 0x46434342u /* "BCCF" */
#define BC_FACTS_VERSION 1u
#define BC_NONE UINT32_MAX /* an index that names nothing */

/* Limits that every loaded file keeps, so that readers may recurse and count. */
#define BC_FACTS_MAX_DEPTH 2000  /* levels of a tree; the writer cuts deeper ones and says so */
#define BC_FACTS_MAX_PARAMS 1024 /* letters in bc_fact_type.params */

/* How a type is seen by value tracking and by the lenient signature match. */
enum bc_class {
	BC_CLASS_VOID,
	BC_CLASS_INT,  /* integers, enums and bool up to 32 bits */
	BC_CLASS_LONG, /* wider integers */
	BC_CLASS_FLOAT,
	BC_CLASS_PTR,    /* data pointer */
	BC_CLASS_VPTR,   /* void * */
	BC_CLASS_FPTR,   /* pointer to function, at any depth of pointers and arrays */
	BC_CLASS_RECORD, /* struct or union by value */
	BC_CLASS_ARRAY,
	BC_CLASS_OTHER,
	BC_CLASS_COUNT
};

/* ---- tables; `str` fields are offsets into the string pool, 0 is "" ---- */

struct bc_fact_file {
	uint32_t path; /* str */
};

/* A function type. Two types match exactly when their spellings are equal. */
struct bc_fact_type {
	uint32_t spelling; /* str: canonical spelling, qualifiers of parameters dropped */
	uint32_t params;   /* str: one letter 'a' + enum bc_class for each parameter */
	uint8_t ret;       /* enum bc_class */
	uint8_t variadic;  /* 1: "..." */
	uint8_t noproto;   /* 1: declared as f() */
	uint8_t pad;
};

/* A field of a struct or union that some expression or initialiser here mentions. */
struct bc_fact_field {
	uint32_t record_key; /* str: identity of the record: "path:line:col" of its definition, plus
				"#n" for the n-th anonymous record inside one */
	uint32_t record;     /* str: name for people: "struct ops", or the typedef's name */
	uint32_t name;       /* str; "" for an anonymous member */
	uint32_t type;       /* bc_fact_type when it is a function pointer, else BC_NONE */
	uint32_t offset;     /* bits from the start of the record; BC_NONE when unknown */
	uint8_t cls;         /* enum bc_class */
	uint8_t in_union;
	uint8_t pad[2];
};

enum bc_symbol_flag {
	BC_SYM_FUNCTION = 1 << 0, /* else a variable */
	BC_SYM_INTERNAL = 1 << 1, /* static, or a local static variable */
	BC_SYM_DEFINED = 1 << 2,  /* defined in this file's unit or shard */
	BC_SYM_INLINE = 1 << 3,
	BC_SYM_NORETURN = 1 << 4, /* by attribute, _Noreturn or [[noreturn]] */
	BC_SYM_VARIADIC = 1 << 5,
	BC_SYM_CTOR = 1 << 6, /* __attribute__((constructor)) */
	BC_SYM_DTOR = 1 << 7,
	BC_SYM_SYSTEM = 1 << 8, /* declared in a system header */
	BC_SYM_WEAK = 1 << 9,
	BC_SYM_SECTION = 1 << 10, /* placed in a linker set by __attribute__((section)) */
	BC_SYM_IMPLICIT = 1 << 11 /* called without a declaration */
};

struct bc_fact_symbol {
	uint32_t key;   /* str: identity for linking. External linkage: the name. Internal: defining
			   file's path + ":" + USR, so that same-named statics stay apart */
	uint32_t name;  /* str: as written */
	uint32_t flags; /* enum bc_symbol_flag */
	uint32_t type;  /* bc_fact_type of a function or function-pointer variable, else BC_NONE */
	uint32_t file, line, column; /* definition if there is one here, else first declaration;
					file is BC_NONE for what the compiler itself declares */
	uint32_t alias;              /* str: target of __attribute__((alias("x"))), "" without */
	uint8_t cls;                 /* enum bc_class of a variable's type */
	uint8_t nparams;             /* functions: number of named parameters, at most 255 */
	uint8_t pad[2];
};

/* An annotation on a symbol: clang's annotate attribute, or blocking/nonblocking effects. */
struct bc_fact_annotation {
	uint32_t symbol;
	uint32_t text; /* str: "blockcheck:nonblocking", "coroutine_fn", ... */
};

struct bc_fact_local {
	uint32_t name; /* str */
	uint32_t type; /* bc_fact_type when a function pointer, else BC_NONE */
	uint8_t cls;
	uint8_t pad[3];
};

/*
 * A function body, or (symbol == BC_NONE) the initialisers of all variables at file scope.
 * Locals: the parameters come first, in order; then each variable of automatic storage.
 */
struct bc_fact_function {
	uint32_t symbol;
	uint32_t node, nnodes; /* the tree: node[node] is its root, a BC_N_BLOCK */
	uint32_t local, nlocals, nparams;
	uint32_t nlabels;
	uint32_t file, line, end_line;
};

/* An explicit cast between pointers to two distinct records: their fields may be the same memory.
 */
struct bc_fact_alias {
	uint32_t record_a, record_b; /* str: record keys */
	uint32_t file, line;
};

/* A comment for this tool: "blockcheck: allow(reason)" and the like. */
struct bc_fact_comment {
	uint32_t file, line, column;
	uint32_t text; /* str: the comment from "blockcheck:" to its end, trimmed */
};

struct bc_fact_diag {
	uint32_t file, line, column; /* file is BC_NONE when clang gives none */
	uint32_t severity;           /* CXDiagnosticSeverity: 3 error, 4 fatal */
	uint32_t text;               /* str */
};

/* A file that the unit read. Units only. */
struct bc_fact_dep {
	uint32_t path; /* str */
	uint32_t pad;
	uint64_t size;
	uint64_t hash[2]; /* XXH3-128 of its content */
};

struct bc_fact_shard {
	uint64_t hash[2]; /* XXH3-128 of the shard file */
};

/* ---- bodies ---- */

/*
 * Trees are stored in pre-order: a node is followed by its children. `size` counts the node and all
 * below it, so the next sibling of node i is i + size. Macros are expanded, parentheses and
 * implicit conversions without effect on tracked values are gone, and unevaluated operands (sizeof,
 * typeof, _Generic branches not chosen) never appear.
 */
enum bc_node_kind {
	BC_N_NONE, /* an omitted part, such as the condition of for (;;) */

	/* expressions: children in evaluation order as named */
	BC_N_INT,      /* ref: ints[] */
	BC_N_STR,      /* ref: str */
	BC_N_FUNC,     /* ref: symbol; a function designator, called or stored */
	BC_N_VAR,      /* ref: symbol; file-scope or static variable */
	BC_N_LOCAL,    /* ref: slot of bc_fact_local, parameters first */
	BC_N_FIELD,    /* ref: field. (base); -> and . are the same */
	BC_N_INDEX,    /* (array, index) */
	BC_N_DEREF,    /* (pointer) */
	BC_N_ADDR,     /* (lvalue) */
	BC_N_UNARY,    /* op: enum bc_op. (operand) */
	BC_N_BINARY,   /* op. (left, right); && and || evaluate right conditionally */
	BC_N_ASSIGN,   /* op: BC_OP_NONE for =, else of the compound form. (target, value) */
	BC_N_COND,     /* (condition, then, else) */
	BC_N_ELVIS,    /* a ?: b. (a, b), a evaluated once */
	BC_N_COMMA,    /* (first, ..., last); the value is the last */
	BC_N_CAST,     /* explicit. cls: of the target; ref: bc_fact_type of a function pointer or
			  BC_NONE.     (operand) */
	BC_N_CALL,     /* ref: bc_fact_type of the callee or BC_NONE. (callee, arg...) */
	BC_N_INIT,     /* a braced initialiser or compound literal. (BC_N_SET or BC_N_ELEM ...) */
	BC_N_SET,      /* ref: field. (value): one field's initialiser, brace elision resolved */
	BC_N_ELEM,     /* (value): an array element's initialiser; elements are not told apart */
	BC_N_STMTEXPR, /* (block); the value is that of the last expression */
	BC_N_OPAQUE,   /* (parts...): evaluated, value unknown */

	/* statements */
	BC_N_BLOCK, /* (statement...) */
	BC_N_IF,    /* (condition, then, else or BC_N_NONE) */
	BC_N_LOOP,  /* op: enum bc_loop_form. (condition, step, body); the initialiser stands before
		       it */
	BC_N_SWITCH, /* (value, body) */
	BC_N_CASE,   /* (low, high or BC_N_NONE): marks the place in the enclosing switch body; the
			statement follows as a sibling */
	BC_N_DEFAULT,
	BC_N_LABEL,  /* ref: label number within the function */
	BC_N_GOTO,   /* ref: label number, BC_NONE for a computed goto */
	BC_N_RETURN, /* (value) or no child */
	BC_N_BREAK,
	BC_N_CONTINUE,
	BC_N_KIND_COUNT
};

enum bc_op {
	BC_OP_NONE,
	BC_OP_NEG,
	BC_OP_NOT,
	BC_OP_LNOT,
	BC_OP_PREINC,
	BC_OP_PREDEC,
	BC_OP_POSTINC,
	BC_OP_POSTDEC,
	BC_OP_ADD,
	BC_OP_SUB,
	BC_OP_MUL,
	BC_OP_DIV,
	BC_OP_REM,
	BC_OP_SHL,
	BC_OP_SHR,
	BC_OP_AND,
	BC_OP_OR,
	BC_OP_XOR,
	BC_OP_EQ,
	BC_OP_NE,
	BC_OP_LT,
	BC_OP_LE,
	BC_OP_GT,
	BC_OP_GE,
	BC_OP_LAND,
	BC_OP_LOR,
	BC_OP_COUNT
};

enum bc_loop_form { BC_LOOP_WHILE, BC_LOOP_DO, BC_LOOP_FOR };

enum bc_node_flag {
	BC_NF_INIT = 1 << 0, /* ASSIGN: initialises a variable at its declaration */
	BC_NF_CLEANUP =
		1 << 1, /* CALL: runs when a variable with attribute cleanup leaves its scope */
	BC_NF_UNUSED = 1 << 2, /* CALL: its result is discarded */
	BC_NF_ATOMIC = 1 << 3, /* ASSIGN: made by an atomic builtin */
	BC_NF_MACRO = 1 << 4   /* the location lies in a macro's expansion */
};

struct bc_node {
	uint8_t kind; /* enum bc_node_kind */
	uint8_t op;
	uint8_t cls;   /* enum bc_class of an expression's value */
	uint8_t flags; /* enum bc_node_flag */
	uint32_t size; /* nodes in this subtree, itself included: at least 1 */
	uint32_t ref;
	uint32_t loc; /* BC_LOC(line, column) in the function's file; 0 unknown */
};

#define BC_LOC_COLUMN_BITS 11
#define BC_LOC_MAX_LINE ((1u << (32 - BC_LOC_COLUMN_BITS)) - 1)
#define BC_LOC_MAX_COLUMN ((1u << BC_LOC_COLUMN_BITS) - 1)
#define BC_LOC(line, column) \
	((((uint32_t)(line) > BC_LOC_MAX_LINE ? 0 : (uint32_t)(line)) << BC_LOC_COLUMN_BITS) | \
		((uint32_t)(column) > BC_LOC_MAX_COLUMN ? BC_LOC_MAX_COLUMN : (uint32_t)(column)))
#define BC_LOC_LINE(loc) ((loc) >> BC_LOC_COLUMN_BITS)
#define BC_LOC_COLUMN(loc) ((loc)&BC_LOC_MAX_COLUMN)

/* ---- a file in memory ---- */

struct bc_facts {
	/* where the image comes from; the tables below point into it */
	const void *image;
	size_t image_size;
	int mapped; /* munmap() on close, else the caller owns the image */

	const char *path_main; /* units: the main file; shards: the header */
	const char *strings;
	uint32_t strings_size;
	const int64_t *ints;
	const struct bc_fact_file *files;
	const struct bc_fact_type *types;
	const struct bc_fact_field *fields;
	const struct bc_fact_symbol *symbols;
	const struct bc_fact_annotation *annotations;
	const struct bc_fact_function *functions;
	const struct bc_fact_local *locals;
	const struct bc_node *nodes;
	const struct bc_fact_alias *aliases;
	const struct bc_fact_comment *comments;
	const struct bc_fact_diag *diags;
	const struct bc_fact_dep *deps;
	const struct bc_fact_shard *shards;
	uint32_t nints, nfiles, ntypes, nfields, nsymbols, nannotations, nfunctions, nlocals,
		nnodes, naliases, ncomments, ndiags, ndeps, nshards;
};

static inline const char *bc_fact_str(const struct bc_facts *facts, uint32_t offset)
{
	return facts->strings + offset;
}

/* The path of a file index; "" for BC_NONE. */
static inline const char *bc_fact_path(const struct bc_facts *facts, uint32_t file)
{
	return file == BC_NONE ? "" : facts->strings + facts->files[file].path;
}

/*
 * reader.c. Maps the file and checks the whole image: sizes, checksum, every index, the nesting of
 * every tree, NUL-termination. 0, or BC_EINPUT with a message; a damaged file is never half-used.
 */
int bc_facts_open(struct bc_facts *facts, const char *path);
/* The same over bytes that the caller keeps alive and 8-byte aligned (tests, fuzzing). */
int bc_facts_load(struct bc_facts *facts, const void *image, size_t size);
void bc_facts_close(struct bc_facts *facts);

/*
 * printer.c: `blockcheck dump facts`. Readable, stable text: symbols, each function's calls with
 * argument abstractions and the conditions they stand under, flows with their witness line, and the
 * tree itself when `trees` is set.
 */
struct bc_buf;
void bc_facts_print(const struct bc_facts *facts, int trees, struct bc_buf *out);

/* Names for people and dumps: "call", "&&", "fptr". */
const char *bc_node_kind_name(enum bc_node_kind kind);
const char *bc_op_name(enum bc_op op);
const char *bc_class_name(enum bc_class cls);

#endif
