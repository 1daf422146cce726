#include "link/program/program.h"

#include <string.h>

#include "base/buf.h"
#include "base/vec.h"
#include "link/program/reads.h"

/* What is being collected; the finished tables are copied into the program's arena. */
struct builder {
	struct bc_program *program;
	const struct bc_models *models;
	struct bc_buf key; /* scratch */
	struct bc_intern sym_keys, field_keys, type_keys;
	BC_VEC(struct bc_sym) syms;
	BC_VEC(struct bc_fieldinfo) fields;
	BC_VEC(struct bc_typeinfo) types;
	BC_VEC(struct bc_func) funcs;
	BC_VEC(struct bc_call) calls;
	BC_VEC(struct bc_annotation) annotations;
};

#define MOVE_TO_ARENA(arena, vec, items_out, count_out) \
	do { \
		(count_out) = (uint32_t)(vec)->count; \
		(items_out) = bc_arena_calloc((arena), (vec)->count, sizeof(*(vec)->items)); \
		if ((vec)->count) \
			memcpy((items_out), (vec)->items, (vec)->count * sizeof(*(vec)->items)); \
		bc_vec_fini(vec); \
	} while (0)

static uint32_t add_type(struct builder *b, const struct bc_facts *facts, uint32_t local)
{
	const struct bc_fact_type *type = &facts->types[local];
	const char *spelling = bc_fact_str(facts, type->spelling);
	uint32_t id = bc_intern(&b->type_keys, spelling);

	if (id == b->types.count)
		bc_vec_push(&b->types,
			(struct bc_typeinfo){.spelling = spelling,
				.params = bc_fact_str(facts, type->params),
				.ret = type->ret,
				.variadic = type->variadic,
				.noproto = type->noproto,
				.reads = bc_reads_of_type(type->noproto ? "" : spelling)});
	return id;
}

static uint32_t map_type(const struct bc_image *image, uint32_t local)
{
	return local == BC_NONE ? BC_NONE : image->type[local];
}

static uint32_t add_field(struct builder *b, const struct bc_image *image, uint32_t local)
{
	const struct bc_facts *facts = image->facts;
	const struct bc_fact_field *field = &facts->fields[local];
	const char *record_key = bc_fact_str(facts, field->record_key);
	const char *name = bc_fact_str(facts, field->name);
	uint32_t id;

	bc_buf_clear(&b->key);
	bc_buf_printf(&b->key, "%s|%s|%u", record_key, name, field->offset);
	id = bc_intern_n(&b->field_keys, b->key.data, b->key.len);

	if (id == b->fields.count)
		bc_vec_push(&b->fields, (struct bc_fieldinfo){.record_key = record_key,
						.record = bc_fact_str(facts, field->record),
						.name = name,
						.type = map_type(image, field->type),
						.offset = field->offset,
						.cls = field->cls,
						.in_union = field->in_union});
	return id;
}

static void merge_symbol(
	struct bc_sym *sym, const struct bc_image *image, const struct bc_fact_symbol *fact)
{
	const struct bc_facts *facts = image->facts;
	int better = (fact->flags & BC_SYM_DEFINED) && !(sym->flags & BC_SYM_DEFINED);

	/* "in a system header" must hold for every mention: a project may define a libc name */
	uint32_t system = sym->flags & fact->flags & BC_SYM_SYSTEM;

	sym->flags = ((sym->flags | fact->flags) & ~(uint32_t)BC_SYM_SYSTEM) | system;
	if (sym->type == BC_NONE || better)
		sym->type = map_type(image, fact->type);
	if (!better && sym->file[0])
		return;
	sym->file = fact->file == BC_NONE ? "" : bc_fact_str(facts, facts->files[fact->file].path);
	sym->line = fact->line;
	sym->column = fact->column;
	sym->cls = fact->cls;
	sym->nparams = fact->nparams;
}

static uint32_t add_symbol(struct builder *b, const struct bc_image *image, uint32_t local)
{
	const struct bc_facts *facts = image->facts;
	const struct bc_fact_symbol *fact = &facts->symbols[local];
	uint32_t id;

	bc_buf_clear(&b->key);
	bc_buf_str(&b->key, fact->flags & BC_SYM_FUNCTION ? "f " : "v ");
	bc_buf_str(&b->key, bc_fact_str(facts, fact->key));
	id = bc_intern_n(&b->sym_keys, b->key.data, b->key.len);

	if (id == b->syms.count)
		bc_vec_push(&b->syms,
			(struct bc_sym){.name = bc_fact_str(facts, fact->name),
				.rules = bc_models_of(b->models, bc_fact_str(facts, fact->name)),
				.flags = fact->flags,
				.type = BC_NONE,
				.func = BC_NONE,
				.file = ""});
	merge_symbol(&b->syms.items[id], image, fact);
	return id;
}

/* A function is named: called, or handed out. */
static void note_mention(struct builder *b, const struct bc_func *func, uint32_t node)
{
	uint32_t sym = bc_node_sym(func, &func->nodes[node]);

	b->syms.items[sym].mentioned |= sym != func->sym;
	b->syms.items[sym].handed_out |= node == 0 || func->nodes[node - 1].kind != BC_N_CALL;
}

/* Calls, mentions of functions, and where control may enter in the middle. */
static void read_body(struct builder *b, struct bc_func *func, uint32_t index)
{
	func->call = (uint32_t)b->calls.count;
	func->first_entry = BC_NONE;
	for (uint32_t i = 0; i < func->nnodes; i++) {
		const struct bc_node *node = &func->nodes[i];
		const struct bc_node *callee = node + 1;

		if (node->kind == BC_N_LABEL || node->kind == BC_N_CASE ||
			node->kind == BC_N_DEFAULT) {
			func->first_entry = func->first_entry == BC_NONE ? i : func->first_entry;
			func->last_entry = i;
		}
		if (node->kind == BC_N_FUNC)
			note_mention(b, func, i);
		if (node->kind != BC_N_CALL)
			continue;
		bc_vec_push(&b->calls,
			(struct bc_call){.func = index,
				.node = i,
				.sym = callee->kind == BC_N_FUNC ? bc_node_sym(func, callee)
								 : BC_NONE,
				.type = map_type(func->image, node->ref)});
	}
	func->ncalls = (uint32_t)b->calls.count - func->call;
}

static void add_function(
	struct builder *b, const struct bc_image *image, const struct bc_fact_function *fact)
{
	const struct bc_facts *facts = image->facts;
	uint32_t index = (uint32_t)b->funcs.count;
	struct bc_func func = {.sym = BC_NONE,
		.image = image,
		.nodes = facts->nodes + fact->node,
		.nnodes = fact->nnodes,
		.locals = facts->locals + fact->local,
		.nlocals = fact->nlocals,
		.nparams = fact->nparams,
		.nlabels = fact->nlabels,
		.file = fact->file == BC_NONE ? ""
					      : bc_fact_str(facts, facts->files[fact->file].path),
		.line = fact->line,
		.end_line = fact->end_line};

	if (fact->symbol != BC_NONE) {
		struct bc_sym *sym = &b->syms.items[image->sym[fact->symbol]];

		/* the first definition wins: inline functions of headers appear in many shards */
		if (sym->func != BC_NONE)
			return;
		sym->func = index;
		func.sym = image->sym[fact->symbol];
	}
	read_body(b, &func, index);
	bc_vec_push(&b->funcs, func);
}

static void number_image(struct builder *b, struct bc_image *image)
{
	struct bc_arena *arena = b->program->arena;
	const struct bc_facts *facts = image->facts;

	image->type = BC_NEW_ARRAY(arena, uint32_t, facts->ntypes);
	image->field = BC_NEW_ARRAY(arena, uint32_t, facts->nfields);
	image->sym = BC_NEW_ARRAY(arena, uint32_t, facts->nsymbols);
	for (uint32_t i = 0; i < facts->ntypes; i++)
		image->type[i] = add_type(b, facts, i);
	for (uint32_t i = 0; i < facts->nfields; i++)
		image->field[i] = add_field(b, image, i);
	for (uint32_t i = 0; i < facts->nsymbols; i++)
		image->sym[i] = add_symbol(b, image, i);
	for (uint32_t i = 0; i < facts->nannotations; i++)
		bc_vec_push(&b->annotations,
			(struct bc_annotation){image->sym[facts->annotations[i].symbol],
				bc_fact_str(facts, facts->annotations[i].text)});
	for (uint32_t i = 0; i < facts->nfunctions; i++)
		add_function(b, image, &facts->functions[i]);
}

/* The function that an image's symbols call `name`, BC_NONE without. */
static uint32_t function_named(const struct bc_image *image, const char *name)
{
	const struct bc_facts *facts = image->facts;

	for (uint32_t i = 0; i < facts->nsymbols; i++)
		if (facts->symbols[i].flags & BC_SYM_FUNCTION &&
			!strcmp(bc_fact_str(facts, facts->symbols[i].name), name))
			return image->sym[i];
	return BC_NONE;
}

/* An alias has no body of its own; its target stands in the same unit and may be static. */
static void resolve_aliases(struct builder *b, const struct bc_image *image)
{
	const struct bc_facts *facts = image->facts;

	for (uint32_t i = 0; i < facts->nsymbols; i++) {
		struct bc_sym *sym = &b->syms.items[image->sym[i]];
		uint32_t target;

		if (!facts->symbols[i].alias || sym->func != BC_NONE)
			continue;
		target = function_named(image, bc_fact_str(facts, facts->symbols[i].alias));
		if (target != BC_NONE)
			sym->func = b->syms.items[target].func;
	}
}

void bc_program_build(struct bc_program *program, struct bc_arena *arena,
	const struct bc_facts *const *facts, uint32_t nfacts, const struct bc_models *models)
{
	struct builder b = {.program = program, .models = models};

	*program = (struct bc_program){.arena = arena, .nimages = nfacts};
	program->images = BC_NEW_ARRAY(arena, struct bc_image, nfacts);
	for (uint32_t i = 0; i < nfacts; i++) {
		program->images[i].facts = facts[i];
		number_image(&b, &program->images[i]);
	}
	for (uint32_t i = 0; i < nfacts; i++)
		resolve_aliases(&b, &program->images[i]);
	MOVE_TO_ARENA(arena, &b.syms, program->syms, program->nsyms);
	MOVE_TO_ARENA(arena, &b.fields, program->fields, program->nfields);
	MOVE_TO_ARENA(arena, &b.types, program->types, program->ntypes);
	MOVE_TO_ARENA(arena, &b.funcs, program->funcs, program->nfuncs);
	MOVE_TO_ARENA(arena, &b.calls, program->calls, program->ncalls);
	MOVE_TO_ARENA(arena, &b.annotations, program->annotations, program->nannotations);
	bc_buf_fini(&b.key);
	bc_intern_fini(&b.sym_keys);
	bc_intern_fini(&b.field_keys);
	bc_intern_fini(&b.type_keys);
}

uint32_t bc_call_argument(const struct bc_func *func, uint32_t call_node, int arg)
{
	int i = 0;

	BC_EACH_KID(func, call_node, kid)
	if (i++ == arg)
		return kid;
	return BC_NONE;
}

struct bc_value bc_call_constant(const struct bc_func *func, uint32_t call_node, int arg)
{
	uint32_t node = bc_call_argument(func, call_node, arg);
	const struct bc_node *n;

	if (node == BC_NONE)
		return bc_value_top();
	node = bc_uncast(func, node);
	n = &func->nodes[node];
	if (n->kind == BC_N_INT)
		return bc_value_int(bc_node_int(func, n));
	if (n->kind == BC_N_UNARY && n->op == BC_OP_NEG && n[1].kind == BC_N_INT)
		return bc_value_int(-bc_node_int(func, n + 1));
	if (n->kind == BC_N_STR)
		return (struct bc_value){
			.kind = BC_V_TEXT, .u.text = bc_fact_str(func->image->facts, n->ref)};
	if (n->kind == BC_N_FUNC || n->kind == BC_N_ADDR)
		return (struct bc_value){.kind = BC_V_NONNULL};
	return bc_value_top();
}

uint32_t bc_program_call_at(const struct bc_program *program, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &program->funcs[func];
	uint32_t low = f->call, high = f->call + f->ncalls;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (program->calls[middle].node < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *bc_func_name(const struct bc_program *program, uint32_t func)
{
	const struct bc_func *f = &program->funcs[func];

	if (f->sym != BC_NONE)
		return program->syms[f->sym].name;
	return bc_arena_printf(program->arena, "file scope of %s", f->file);
}
