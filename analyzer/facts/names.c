#include "facts/facts.h"

static const char *const kind_names[BC_N_KIND_COUNT] = {
	[BC_N_NONE] = "none",
	[BC_N_INT] = "int",
	[BC_N_STR] = "str",
	[BC_N_FUNC] = "func",
	[BC_N_VAR] = "var",
	[BC_N_LOCAL] = "local",
	[BC_N_FIELD] = "field",
	[BC_N_INDEX] = "index",
	[BC_N_DEREF] = "deref",
	[BC_N_ADDR] = "addr",
	[BC_N_UNARY] = "unary",
	[BC_N_BINARY] = "binary",
	[BC_N_ASSIGN] = "assign",
	[BC_N_COND] = "cond",
	[BC_N_ELVIS] = "elvis",
	[BC_N_COMMA] = "comma",
	[BC_N_CAST] = "cast",
	[BC_N_CALL] = "call",
	[BC_N_INIT] = "init",
	[BC_N_SET] = "set",
	[BC_N_ELEM] = "elem",
	[BC_N_STMTEXPR] = "stmtexpr",
	[BC_N_OPAQUE] = "opaque",
	[BC_N_BLOCK] = "block",
	[BC_N_IF] = "if",
	[BC_N_LOOP] = "loop",
	[BC_N_SWITCH] = "switch",
	[BC_N_CASE] = "case",
	[BC_N_DEFAULT] = "default",
	[BC_N_LABEL] = "label",
	[BC_N_GOTO] = "goto",
	[BC_N_RETURN] = "return",
	[BC_N_BREAK] = "break",
	[BC_N_CONTINUE] = "continue",
};

static const char *const op_names[BC_OP_COUNT] = {
	[BC_OP_NONE] = "=",
	[BC_OP_NEG] = "-",
	[BC_OP_NOT] = "~",
	[BC_OP_LNOT] = "!",
	[BC_OP_PREINC] = "pre++",
	[BC_OP_PREDEC] = "pre--",
	[BC_OP_POSTINC] = "post++",
	[BC_OP_POSTDEC] = "post--",
	[BC_OP_ADD] = "+",
	[BC_OP_SUB] = "-",
	[BC_OP_MUL] = "*",
	[BC_OP_DIV] = "/",
	[BC_OP_REM] = "%",
	[BC_OP_SHL] = "<<",
	[BC_OP_SHR] = ">>",
	[BC_OP_AND] = "&",
	[BC_OP_OR] = "|",
	[BC_OP_XOR] = "^",
	[BC_OP_EQ] = "==",
	[BC_OP_NE] = "!=",
	[BC_OP_LT] = "<",
	[BC_OP_LE] = "<=",
	[BC_OP_GT] = ">",
	[BC_OP_GE] = ">=",
	[BC_OP_LAND] = "&&",
	[BC_OP_LOR] = "||",
};

static const char *const class_names[BC_CLASS_COUNT] = {
	[BC_CLASS_VOID] = "void",
	[BC_CLASS_INT] = "int",
	[BC_CLASS_LONG] = "long",
	[BC_CLASS_FLOAT] = "float",
	[BC_CLASS_PTR] = "ptr",
	[BC_CLASS_VPTR] = "vptr",
	[BC_CLASS_FPTR] = "fptr",
	[BC_CLASS_RECORD] = "record",
	[BC_CLASS_ARRAY] = "array",
	[BC_CLASS_OTHER] = "other",
};

const char *bc_node_kind_name(enum bc_node_kind kind)
{
	return (unsigned int)kind < BC_N_KIND_COUNT ? kind_names[kind] : "?";
}

const char *bc_op_name(enum bc_op op)
{
	return (unsigned int)op < BC_OP_COUNT ? op_names[op] : "?";
}

const char *bc_class_name(enum bc_class cls)
{
	return (unsigned int)cls < BC_CLASS_COUNT ? class_names[cls] : "?";
}
