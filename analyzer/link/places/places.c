#include "link/places/places.h"

#include <stdlib.h>
#include <string.h>

/* Records with more fields than this are not searched for overlaps: casts between giants are rare,
 * and the search is quadratic. */
enum { MAX_ALIAS_FIELDS = 64 };

uint32_t bc_place_find(const struct bc_places *places, uint32_t place)
{
	while (places->parent[place] != place) {
		places->parent[place] = places->parent[places->parent[place]];
		place = places->parent[place];
	}
	return place;
}

static void unite(struct bc_places *places, uint32_t a, uint32_t b)
{
	a = bc_place_find(places, a);
	b = bc_place_find(places, b);
	/* the smaller number represents, so that the result does not depend on order */
	if (a < b)
		places->parent[b] = a;
	else
		places->parent[a] = b;
}

static int holds_pointer(const struct bc_fieldinfo *field)
{
	return field->cls == BC_CLASS_FPTR || field->cls == BC_CLASS_VPTR;
}

/* Fields of the same type that are surely the same memory when `a` is seen through a cast to `b`.
 */
static int overlaps(const struct bc_fieldinfo *a, const struct bc_fieldinfo *b)
{
	if (!holds_pointer(a) || a->cls != b->cls || a->type != b->type)
		return 0;
	return (a->offset != BC_NONE && a->offset == b->offset) || !strcmp(a->name, b->name);
}

/* The fields of each record, so that an alias costs no scan of all fields. */
struct by_record {
	uint32_t *order; /* field numbers sorted by record key */
	const struct bc_program *program;
};

static int compare_record(const void *a, const void *b, void *context)
{
	const struct bc_program *program = context;
	uint32_t fa = *(const uint32_t *)a, fb = *(const uint32_t *)b;
	int order = strcmp(program->fields[fa].record_key, program->fields[fb].record_key);

	return order ? order : (fa > fb) - (fa < fb);
}

static void sort_by_record(struct by_record *index, const struct bc_program *program)
{
	index->program = program;
	index->order = bc_xmalloc(program->nfields * sizeof(*index->order));
	for (uint32_t i = 0; i < program->nfields; i++)
		index->order[i] = i;
	qsort_r(index->order, program->nfields, sizeof(*index->order), compare_record,
		(void *)program);
}

/* Position and number of the fields of a record. */
static uint32_t fields_of(const struct by_record *index, const char *record_key, uint32_t *n)
{
	uint32_t low = 0, high = index->program->nfields;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(index->program->fields[index->order[middle]].record_key, record_key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*n = 0;
	while (low + *n < index->program->nfields &&
		!strcmp(index->program->fields[index->order[low + *n]].record_key, record_key))
		(*n)++;
	return low;
}

static void apply_alias(struct bc_places *places, const struct by_record *index, const char *key_a,
	const char *key_b)
{
	const struct bc_program *program = places->program;
	uint32_t na, nb;
	uint32_t a = fields_of(index, key_a, &na), b = fields_of(index, key_b, &nb);

	if (na > MAX_ALIAS_FIELDS || nb > MAX_ALIAS_FIELDS)
		return;
	for (uint32_t i = 0; i < na; i++)
		for (uint32_t j = 0; j < nb; j++) {
			uint32_t fa = index->order[a + i], fb = index->order[b + j];

			if (overlaps(&program->fields[fa], &program->fields[fb]))
				unite(places, places->field0 + fa, places->field0 + fb);
		}
}

/* Members of one union with the same pointer type are one place. */
static void join_union_members(struct bc_places *places, const struct by_record *index)
{
	const struct bc_program *program = places->program;

	for (uint32_t i = 1; i < program->nfields; i++)
		for (uint32_t j = i; j-- > 0;) {
			const struct bc_fieldinfo *a = &program->fields[index->order[i]];
			const struct bc_fieldinfo *b = &program->fields[index->order[j]];

			if (!a->in_union || strcmp(a->record_key, b->record_key))
				break;
			if (b->in_union && holds_pointer(a) && a->type == b->type)
				unite(places, places->field0 + index->order[i],
					places->field0 + index->order[j]);
		}
}

static void join_same_memory(struct bc_places *places)
{
	const struct bc_program *program = places->program;
	struct by_record index;

	sort_by_record(&index, program);
	join_union_members(places, &index);
	for (uint32_t i = 0; i < program->nimages; i++) {
		const struct bc_facts *facts = program->images[i].facts;

		for (uint32_t k = 0; k < facts->naliases; k++)
			apply_alias(places, &index, bc_fact_str(facts, facts->aliases[k].record_a),
				bc_fact_str(facts, facts->aliases[k].record_b));
	}
	free(index.order);
}

static uint8_t return_class(const struct bc_program *program, uint32_t type)
{
	return type == BC_NONE ? BC_CLASS_OTHER : program->types[type].ret;
}

static void fill_classes(struct bc_places *places)
{
	const struct bc_program *program = places->program;
	uint8_t *cls = places->cls = bc_xmalloc(places->count + 1);

	for (uint32_t i = 0; i < program->nsyms; i++)
		*cls++ = program->syms[i].cls;
	for (uint32_t i = 0; i < program->nfields; i++)
		*cls++ = program->fields[i].cls;
	for (uint32_t i = 0; i < program->nsyms; i++)
		*cls++ = return_class(program, program->syms[i].type);
	for (uint32_t i = 0; i < program->ncalls; i++)
		*cls++ = return_class(program, program->calls[i].type);
	for (uint32_t i = 0; i < program->nfuncs; i++)
		for (uint32_t k = 0; k < program->funcs[i].nlocals; k++)
			*cls++ = program->funcs[i].locals[k].cls;
}

void bc_places_init(struct bc_places *places, const struct bc_program *program)
{
	uint32_t next;

	*places = (struct bc_places){.program = program, .field0 = program->nsyms};
	places->ret0 = places->field0 + program->nfields;
	places->iret0 = places->ret0 + program->nsyms;
	next = places->iret0 + program->ncalls;
	places->local0 = bc_xmalloc(program->nfuncs * sizeof(*places->local0));
	for (uint32_t i = 0; i < program->nfuncs; i++) {
		places->local0[i] = next;
		next += program->funcs[i].nlocals;
	}
	places->count = next;
	places->parent = bc_xmalloc(next * sizeof(*places->parent));
	for (uint32_t i = 0; i < next; i++)
		places->parent[i] = i;
	fill_classes(places);
	join_same_memory(places);
}

enum bc_class bc_place_class(const struct bc_places *places, uint32_t place)
{
	return (enum bc_class)places->cls[place];
}

void bc_places_fini(struct bc_places *places)
{
	free(places->cls);
	free(places->local0);
	free(places->parent);
}

uint32_t bc_place_of_field(const struct bc_places *places, uint32_t field)
{
	return bc_place_find(places, places->field0 + field);
}

uint32_t bc_place_of_local(const struct bc_places *places, uint32_t func, uint32_t slot)
{
	return places->local0[func] + slot;
}

uint32_t bc_place_of_return(const struct bc_places *places, uint32_t sym)
{
	return places->ret0 + sym;
}

uint32_t bc_place_of_call(const struct bc_places *places, uint32_t call)
{
	return places->iret0 + call;
}

static void add_kid(const struct bc_places *places, uint32_t func, uint32_t node, unsigned n,
	struct bc_sources *out)
{
	bc_places_of_expr(places, func, bc_kid(&places->program->funcs[func], node, n), out);
}

static void add_last_kid(
	const struct bc_places *places, uint32_t func, uint32_t node, struct bc_sources *out)
{
	const struct bc_func *f = &places->program->funcs[func];
	uint32_t last = BC_NONE;

	BC_EACH_KID(f, node, kid)
	last = kid;
	if (last != BC_NONE)
		bc_places_of_expr(places, func, last, out);
}

static void add_call_result(
	const struct bc_places *places, uint32_t func, uint32_t node, struct bc_sources *out)
{
	uint32_t call = bc_program_call_at(places->program, func, node);
	uint32_t sym = places->program->calls[call].sym;

	if (sym == BC_NONE || (places->apart && places->apart[sym]))
		bc_vec_push(&out->list, bc_place_of_call(places, call));
	else
		bc_vec_push(&out->list, bc_place_of_return(places, sym));
}

/* &x of a pointer (or of an array of them): what is written through it ends up in x. */
static int is_address_of_pointer(const struct bc_func *f, uint32_t node)
{
	enum bc_class cls = (enum bc_class)f->nodes[node + 1].cls;

	return cls == BC_CLASS_FPTR || cls == BC_CLASS_VPTR || cls == BC_CLASS_ARRAY;
}

void bc_places_of_expr(
	const struct bc_places *places, uint32_t func, uint32_t node, struct bc_sources *out)
{
	const struct bc_func *f = &places->program->funcs[func];
	const struct bc_node *n = &f->nodes[node];

	switch ((enum bc_node_kind)n->kind) {
	case BC_N_FUNC: bc_vec_push(&out->list, bc_node_sym(f, n) | BC_SRC_FUNC); break;
	case BC_N_VAR: bc_vec_push(&out->list, bc_node_sym(f, n)); break;
	case BC_N_LOCAL: bc_vec_push(&out->list, bc_place_of_local(places, func, n->ref)); break;
	case BC_N_FIELD:
		bc_vec_push(&out->list, bc_place_of_field(places, bc_node_field(f, n)));
		break;
	case BC_N_CALL: add_call_result(places, func, node, out); break;
	case BC_N_CAST:
		out->flags |= BC_EXPR_CAST;
		add_kid(places, func, node, 0, out);
		break;
	case BC_N_ADDR:
		if (is_address_of_pointer(f, node))
			out->flags |= BC_EXPR_ADDR;
		add_kid(places, func, node, 0, out);
		break;
	case BC_N_DEREF:
	case BC_N_INDEX: add_kid(places, func, node, 0, out); break;
	case BC_N_UNARY:
		if (bc_node_increments(n))
			add_kid(places, func, node, 0, out);
		break;
	case BC_N_ASSIGN: add_kid(places, func, node, 1, out); break;
	case BC_N_BINARY: /* pointer arithmetic stays within its array */
		if (n->op == BC_OP_ADD || n->op == BC_OP_SUB)
			add_kid(places, func, node, 0, out);
		break;
	case BC_N_COND:
		add_kid(places, func, node, 1, out);
		add_kid(places, func, node, 2, out);
		break;
	case BC_N_ELVIS:
	case BC_N_OPAQUE:
		BC_EACH_KID(f, node, kid)
		bc_places_of_expr(places, func, kid, out);
		break;
	case BC_N_INIT: /* named fields are flows of their own; elements belong to the whole */
		BC_EACH_KID(f, node, kid)
		if (f->nodes[kid].kind == BC_N_ELEM)
			add_kid(places, func, kid, 0, out);
		break;
	case BC_N_COMMA:
	case BC_N_STMTEXPR:
	case BC_N_BLOCK: add_last_kid(places, func, node, out); break;
	case BC_N_NONE:
	case BC_N_INT:
	case BC_N_STR:
	case BC_N_SET:
	case BC_N_ELEM:
	case BC_N_IF:
	case BC_N_LOOP:
	case BC_N_SWITCH:
	case BC_N_CASE:
	case BC_N_DEFAULT:
	case BC_N_LABEL:
	case BC_N_GOTO:
	case BC_N_RETURN:
	case BC_N_BREAK:
	case BC_N_CONTINUE:
	case BC_N_KIND_COUNT: break;
	}
}

uint32_t bc_place_owner(const struct bc_places *places, uint32_t place, uint32_t *slot)
{
	uint32_t low = 0, high = places->program->nfuncs;

	if (!high || place < places->local0[0])
		return BC_NONE;
	while (low + 1 < high) {
		uint32_t middle = low + (high - low) / 2;

		if (places->local0[middle] <= place)
			low = middle;
		else
			high = middle;
	}
	*slot = place - places->local0[low];
	return low;
}

static const char *local_name(const struct bc_places *places, uint32_t place)
{
	const struct bc_program *program = places->program;
	uint32_t slot = 0, func = bc_place_owner(places, place, &slot);
	const struct bc_func *f = &program->funcs[func];

	return bc_arena_printf(program->arena, "%s of %s()",
		bc_fact_str(f->image->facts, f->locals[slot].name), bc_func_name(program, func));
}

const char *bc_place_name(const struct bc_places *places, uint32_t place)
{
	const struct bc_program *program = places->program;

	if (place < places->field0)
		return program->syms[place].name;
	if (place < places->ret0) {
		const struct bc_fieldinfo *field = &program->fields[place - places->field0];

		return bc_arena_printf(program->arena, "%s.%s", field->record, field->name);
	}
	if (place < places->iret0)
		return bc_arena_printf(
			program->arena, "return of %s()", program->syms[place - places->ret0].name);
	if (place < places->iret0 + program->ncalls)
		return bc_arena_printf(program->arena, "result of the call at line %u",
			bc_call_line(program, place - places->iret0));
	return local_name(places, place);
}
