/*
 * libclang is asked once for all cursors of a body. What it gives is put into one array in
 * pre-order; writing the facts then needs no further visit, and whether a subtree is constant or
 * has effects is known before the first of its nodes is written.
 */
#include "parse/parser.h"

/* Cursors that say nothing about what is executed, and the operands that never are. */
static int is_skipped(enum CXCursorKind kind)
{
	return kind == CXCursor_TypeRef || kind == CXCursor_ParmDecl ||
	       kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl ||
	       kind == CXCursor_EnumDecl || kind == CXCursor_TypedefDecl ||
	       kind == CXCursor_StaticAssert;
}

static int is_write(const struct bc_tree_node *node)
{
	if (node->cursor.kind == CXCursor_CompoundAssignOperator)
		return 1;
	if (node->cursor.kind == CXCursor_BinaryOperator)
		return node->ref == CXBinaryOperator_Assign;
	if (node->cursor.kind == CXCursor_UnaryOperator)
		return node->ref >= CXUnaryOperator_PostInc && node->ref <= CXUnaryOperator_PreDec;
	return 0;
}

/* Whether the node makes its subtree worth keeping, whatever lies below it. */
static int has_effect(const struct bc_tree *tree, const struct bc_tree_node *node)
{
	if (node->cursor.kind == CXCursor_DeclRefExpr)
		return tree->refs.items[node->ref].kind == CXCursor_FunctionDecl;
	return node->cursor.kind == CXCursor_CallExpr || node->cursor.kind == CXCursor_StmtExpr ||
	       is_write(node);
}

static int is_constant_variable(CXCursor decl)
{
	CXType type = clang_getCursorType(decl);

	return decl.kind == CXCursor_VarDecl && clang_isConstQualifiedType(type) &&
	       !clang_isVolatileQualifiedType(type) &&
	       clang_Cursor_hasVarDeclGlobalStorage(decl) == 1;
}

/* Whether the node leaves a constant a constant, as far as it is concerned. */
static int may_be_constant(const struct bc_tree *tree, const struct bc_tree_node *node)
{
	switch ((int)node->cursor.kind) {
	case CXCursor_IntegerLiteral:
	case CXCursor_CharacterLiteral:
	case CXCursor_FloatingLiteral:
	case CXCursor_CXXBoolLiteralExpr: /* C23 */
	case CXCursor_UnaryExpr:
	case CXCursor_MemberRef: /* offsetof */
	case CXCursor_ParenExpr:
	case CXCursor_UnexposedExpr:
	case CXCursor_CStyleCastExpr:
	case CXCursor_ConditionalOperator: return 1;
	case CXCursor_UnaryOperator:
		return node->ref >= CXUnaryOperator_Plus && node->ref <= CXUnaryOperator_LNot;
	case CXCursor_BinaryOperator:
		return node->ref >= CXBinaryOperator_Mul && node->ref <= CXBinaryOperator_LOr;
	case CXCursor_DeclRefExpr:
		return tree->refs.items[node->ref].kind == CXCursor_EnumConstantDecl ||
		       is_constant_variable(tree->refs.items[node->ref]);
	default: return 0;
	}
}

/*
 * Several children and no operator: an atomic access or another builtin, unless it is a ?: b, whose
 * second child repeats the first.
 */
static int is_hidden_builtin(const struct bc_tree_node *node)
{
	return node->cursor.kind == CXCursor_UnexposedExpr && node->kids >= 2 &&
	       !(node->flags & BC_TREE_CONST) && !node[1 + node[1].size].repeated;
}

/* The last node on the path is complete: its parent learns what it holds. */
static void close_last(struct bc_tree *tree)
{
	uint32_t at = bc_vec_pop(&tree->open);
	struct bc_tree_node *node = &tree->nodes.items[at];
	struct bc_tree_node *parent;

	node->size = (uint32_t)tree->nodes.count - at;
	if (is_hidden_builtin(node))
		node->flags |= BC_TREE_EFFECT;
	if (!tree->open.count)
		return;
	parent = &tree->nodes.items[bc_vec_last(&tree->open)];
	parent->flags |= node->flags & BC_TREE_EFFECT;
	if (!(node->flags & BC_TREE_CONST))
		parent->flags &= (uint8_t)~BC_TREE_CONST;
}

static uint32_t ref_of(struct bc_tree *tree, CXCursor cursor)
{
	if (cursor.kind == CXCursor_UnaryOperator)
		return (uint32_t)clang_getCursorUnaryOperatorKind(cursor);
	if (cursor.kind == CXCursor_BinaryOperator ||
		cursor.kind == CXCursor_CompoundAssignOperator)
		return (uint32_t)clang_getCursorBinaryOperatorKind(cursor);
	if (cursor.kind != CXCursor_DeclRefExpr)
		return 0;
	bc_vec_push(&tree->refs, clang_getCursorReferenced(cursor));
	return (uint32_t)tree->refs.count - 1;
}

static void add(struct bc_tree *tree, CXCursor cursor, int repeated)
{
	struct bc_tree_node node = {.cursor = cursor, .size = 1};

	node.ref = ref_of(tree, cursor);
	node.repeated = (uint8_t)repeated;
	node.flags = (uint8_t)((has_effect(tree, &node) ? BC_TREE_EFFECT : 0) |
			       (may_be_constant(tree, &node) ? BC_TREE_CONST : 0));
	bc_vec_push(&tree->open, (uint32_t)tree->nodes.count);
	bc_vec_push(&tree->nodes, node);
}

/*
 * `a ?: b` comes as (a, a, a, b), and a copy inside a copy would grow exponentially. The first
 * child of the node last opened below `parent` tells copies from the original.
 */
static int is_repeated(const struct bc_tree *tree, uint32_t parent, CXCursor cursor)
{
	const struct bc_tree_node *node = &tree->nodes.items[parent];

	if (node->cursor.kind != CXCursor_UnexposedExpr || !node->kids)
		return 0;
	if (clang_equalCursors(node[1].cursor, cursor))
		return 1;
	/* The third copy may stand inside a conversion. */
	return node->kids == 2 && tree->nodes.items[tree->nodes.count - 1].repeated;
}

static enum CXChildVisitResult visit(CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct bc_tree *tree = data;
	uint32_t at;
	int repeated;

	if (is_skipped(cursor.kind))
		return CXChildVisit_Continue;
	while (tree->open.count > 1 &&
		!clang_equalCursors(tree->nodes.items[bc_vec_last(&tree->open)].cursor, parent))
		close_last(tree);
	at = bc_vec_last(&tree->open);
	repeated = is_repeated(tree, at, cursor);
	if (tree->nodes.items[at].kids < UINT16_MAX)
		tree->nodes.items[at].kids++;
	add(tree, cursor, repeated);
	if (repeated || cursor.kind == CXCursor_UnaryExpr)
		return CXChildVisit_Continue;
	return CXChildVisit_Recurse;
}

void bc_tree_collect(struct bc_tree *tree, CXCursor root)
{
	tree->nodes.count = tree->refs.count = tree->open.count = 0;
	add(tree, root, 0);
	clang_visitChildren(root, visit, tree);
	while (tree->open.count)
		close_last(tree);
}

void bc_tree_fini(struct bc_tree *tree)
{
	bc_vec_fini(&tree->nodes);
	bc_vec_fini(&tree->refs);
	bc_vec_fini(&tree->open);
}
