/* Conditions of packs: YAML to struct bc_pred. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "models/loader.h"

enum shape { LIST_OF_CONDITIONS, ONE_CONDITION, NUMBERS, POINTER, DESCRIPTOR, LITERAL, EXACT };

/* The operators, and how people say that they hold or not. */
static const struct cond_op {
	const char *key;
	enum bc_pred_kind kind;
	enum shape shape;
	const char *yes, *no;
} operators[] = {
	{"all", BC_P_ALL, LIST_OF_CONDITIONS, NULL, NULL},
	{"any", BC_P_ANY, LIST_OF_CONDITIONS, NULL, NULL},
	{"not", BC_P_NOT, ONE_CONDITION, NULL, NULL},
	{"eq", BC_P_EQ, NUMBERS, "is", "is not"},
	{"ne", BC_P_NE, NUMBERS, "is not", "is"},
	{"lt", BC_P_LT, NUMBERS, "is below", "is not below"},
	{"gt", BC_P_GT, NUMBERS, "is above", "is not above"},
	{"in", BC_P_IN, NUMBERS, "is one of", "is none of"},
	{"has_flag", BC_P_HAS_FLAG, NUMBERS, "has", "lacks"},
	{"lacks_flag", BC_P_LACKS_FLAG, NUMBERS, "lacks", "has"},
	{"null", BC_P_NULL, POINTER, NULL, NULL},
	{"fd", BC_P_FD, DESCRIPTOR, NULL, NULL},
	{"literal", BC_P_LITERAL, LITERAL, "is a", "is not a"},
	{"text", BC_P_TEXT, EXACT, "is", "is not"},
};

struct reading {
	struct bc_loader *loader;
	const struct bc_cond_scope *scope;
};

uint32_t bc_loader_constant(struct bc_loader *loader, const char *name)
{
	for (size_t i = 0; i < loader->constants.count; i++)
		if (!strcmp(loader->constants.items[i].name, name))
			return (uint32_t)i;
	bc_vec_push(&loader->constants,
		(struct bc_constant){.name = bc_arena_strdup(loader->arena, name)});
	return (uint32_t)(loader->constants.count - 1);
}

/* ---- numbers ---- */

static void add_constant(struct bc_loader *loader, struct bc_number *number, const char *name)
{
	uint32_t constant = bc_loader_constant(loader, name);
	uint32_t *more;

	if (number->constant == UINT32_MAX) {
		number->constant = constant;
		return;
	}
	more = BC_NEW_ARRAY(loader->arena, uint32_t, number->nmore + 1);
	if (number->nmore)
		memcpy(more, number->more, number->nmore * sizeof(*more));
	more[number->nmore++] = constant;
	number->more = more;
}

/* The text has passed the schema: identifiers and whole numbers, joined by |. */
struct bc_number bc_loader_number(struct bc_loader *loader, const char *text)
{
	struct bc_number number = {.constant = UINT32_MAX};

	while (*text) {
		size_t len = strcspn(text, "|");
		char *part = bc_arena_strndup(loader->arena, text, len);
		int64_t value;

		if (bc_yaml_int(part, &value) == 0)
			number.value |= value;
		else
			add_constant(loader, &number, part);
		text += len + (text[len] == '|');
	}
	return number;
}

static void read_numbers(
	struct bc_loader *loader, const struct bc_yaml_node *value, struct bc_pred *pred)
{
	const struct bc_yaml_node *item = value->kind == BC_YAML_LIST ? value->kids : value;

	pred->numbers = BC_NEW_ARRAY(loader->arena, struct bc_number,
		(size_t)(value->kind == BC_YAML_LIST ? value->nkids : 1));
	do {
		pred->numbers[pred->nnumbers++] = bc_loader_number(loader, item->text);
		item = item->next;
	} while (value->kind == BC_YAML_LIST && item);
}

/* ---- texts for people ---- */

static const char *name_subject(const struct reading *reading, const struct bc_pred *pred)
{
	struct bc_arena *arena = reading->loader->arena;
	const struct bc_cond_scope *scope = reading->scope;
	const char *name = pred->arg <= scope->nnames ? scope->names[pred->arg - 1] : NULL;

	if (pred->field && name)
		return bc_arena_printf(arena, "%s.%s", name, pred->field);
	if (pred->field)
		return bc_arena_printf(arena, "%s of arg %d", pred->field, pred->arg);
	return name ? name : bc_arena_printf(arena, "arg %d", pred->arg);
}

static const char *join_operands(struct bc_loader *loader, const struct bc_yaml_node *value)
{
	struct bc_buf buf = {0};
	const char *text;

	if (value->kind == BC_YAML_SCALAR)
		return value->text;
	for (const struct bc_yaml_node *item = value->kids; item; item = item->next)
		bc_buf_printf(&buf, "%s%s", item == value->kids ? "" : ", ", item->text);
	text = bc_arena_strdup(loader->arena, bc_buf_text(&buf));
	bc_buf_fini(&buf);
	return text;
}

/* "flags has MSG_DONTWAIT" when it holds, "flags lacks MSG_DONTWAIT" when not. */
static const char *say(const struct reading *reading, const struct bc_pred *pred,
	const struct cond_op *op, const struct bc_yaml_node *value, int holds)
{
	const char *subject = name_subject(reading, pred);
	struct bc_arena *arena = reading->loader->arena;

	if (op->shape == POINTER)
		return bc_arena_printf(
			arena, "%s is %snull", subject, pred->truth == holds ? "" : "not ");
	if (op->shape == DESCRIPTOR)
		return bc_arena_printf(arena, "%s is %s", subject,
			(pred->truth == BC_FD_NONBLOCKING) == holds ? "non-blocking" : "blocking");
	if (op->shape == LITERAL)
		return bc_arena_printf(arena, "%s %s %s", subject, holds ? op->yes : op->no,
			pred->truth == BC_LITERAL_KERNEL_PATH ? "path of the kernel's"
							      : "numeric address");
	return bc_arena_printf(arena, "%s %s %s", subject, holds ? op->yes : op->no,
		join_operands(reading->loader, value));
}

/* ---- the walk ---- */

static int read_into(const struct reading *reading, const struct bc_yaml_node *node, int assumed,
	struct bc_pred *pred);

static int find_operator(const struct reading *reading, const struct bc_yaml_node *node,
	const struct cond_op **op, const struct bc_yaml_node **value)
{
	*op = NULL;
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		const struct bc_yaml_node *found = bc_yaml_get(node, operators[i].key);

		if (!found)
			continue;
		if (*op)
			return bc_yaml_fail(reading->loader->path, node,
				"'%s' and '%s' in one condition; join two with 'all' or 'any'",
				(*op)->key, operators[i].key);
		*op = &operators[i];
		*value = found;
	}
	if (!*op)
		return bc_yaml_fail(reading->loader->path, node,
			"a condition needs one of: all any not eq ne lt gt in has_flag lacks_flag "
			"null fd literal text");
	return 0;
}

static int read_kids(const struct reading *reading, const struct bc_yaml_node *value, int assumed,
	struct bc_pred *pred)
{
	const struct bc_yaml_node *kid = value->kind == BC_YAML_LIST ? value->kids : value;
	int n = value->kind == BC_YAML_LIST ? value->nkids : 1;

	pred->kids = BC_NEW_ARRAY(reading->loader->arena, struct bc_pred, (size_t)n);
	for (; pred->nkids < n; kid = kid->next) {
		int status = read_into(reading, kid, assumed, &pred->kids[pred->nkids++]);

		if (status != 0)
			return status;
	}
	return 0;
}

/* Which argument, and that there is one. */
static int read_subject(
	const struct reading *reading, const struct bc_yaml_node *node, struct bc_pred *pred)
{
	const struct bc_yaml_node *arg = bc_yaml_get(node, "arg");
	const struct bc_yaml_node *field = bc_yaml_get(node, "field");
	int params = reading->scope->params;

	if (!arg)
		return bc_yaml_fail(reading->loader->path, node,
			"this condition needs 'arg', the argument it asks about");
	pred->arg = atoi(arg->text);
	if (params >= 0 && pred->arg > params)
		return bc_yaml_fail(reading->loader->path, arg,
			"argument %d of a function with %d parameters", pred->arg, params);
	pred->field = field ? bc_arena_strdup(reading->loader->arena, field->text) : NULL;
	return 0;
}

static int read_atom(const struct reading *reading, const struct bc_yaml_node *node,
	const struct cond_op *op, const struct bc_yaml_node *value, int assumed,
	struct bc_pred *pred)
{
	int status = read_subject(reading, node, pred);

	if (status != 0)
		return status;
	if (pred->field && (op->shape == DESCRIPTOR || op->shape == LITERAL || op->shape == EXACT))
		return bc_yaml_fail(reading->loader->path, node,
			"'%s' asks about the argument itself, not a field of it", op->key);
	if (op->shape == NUMBERS)
		read_numbers(reading->loader, value, pred);
	else if (op->shape == POINTER)
		bc_yaml_bool(value->text, &pred->truth);
	else if (op->shape == DESCRIPTOR)
		pred->truth = bc_word_value(bc_words_fd, value->text);
	else if (op->shape == EXACT)
		pred->wanted = bc_arena_strdup(reading->loader->arena, value->text);
	else
		pred->truth = bc_word_value(bc_words_literal, value->text);
	pred->text = say(reading, pred, op, value, 1);
	pred->assumed = assumed ? pred->text : say(reading, pred, op, value, 0);
	return 0;
}

/* `assumed`: whether a report that cannot decide the condition takes it for true. */
static int read_into(const struct reading *reading, const struct bc_yaml_node *node, int assumed,
	struct bc_pred *pred)
{
	const struct bc_yaml_node *value = NULL;
	const struct cond_op *op;
	int status = find_operator(reading, node, &op, &value);

	if (status != 0)
		return status;
	pred->kind = op->kind;
	if (op->shape != LIST_OF_CONDITIONS && op->shape != ONE_CONDITION)
		return read_atom(reading, node, op, value, assumed, pred);
	if (bc_yaml_get(node, "arg") || bc_yaml_get(node, "field"))
		return bc_yaml_fail(reading->loader->path, node,
			"'arg' and 'field' belong inside the conditions of '%s'", op->key);
	pred->text = op->key;
	return read_kids(reading, value, op->kind == BC_P_NOT ? !assumed : assumed, pred);
}

int bc_loader_read_condition(struct bc_loader *loader, const struct bc_yaml_node *node,
	const struct bc_cond_scope *scope, enum bc_cond_use use, const struct bc_pred **pred)
{
	struct reading reading = {loader, scope};
	struct bc_pred *root = BC_NEW(loader->arena, struct bc_pred);
	int status = read_into(&reading, node, use == BC_COND_ASSUME_YES, root);

	*pred = status == 0 ? root : NULL;
	return status;
}
