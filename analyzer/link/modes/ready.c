#include "link/modes/ready.h"

#include <stdlib.h>
#include <string.h>

#include "link/places/held.h"

/* Nodes of descriptors that one condition names; more are not told apart. */
enum { MAX_NAMED = 8 };

struct named {
	uint32_t nodes[MAX_NAMED];
	int n, polled; /* polled: it reads revents, which names whatever stands in pollfd.fd */
	int asks;      /* it is about readiness at all */
};

static const struct bc_fieldinfo *field_of(
	const struct bc_program *program, const struct bc_func *f, uint32_t node)
{
	return f->nodes[node].kind == BC_N_FIELD
		       ? &program->fields[bc_node_field(f, &f->nodes[node])]
		       : NULL;
}

static int is_result_of_poll(
	const struct bc_program *program, const struct bc_func *f, uint32_t node)
{
	const struct bc_fieldinfo *field = field_of(program, f, node);

	return field && !strcmp(field->name, "revents");
}

/* set.fds_bits[...] */
static int is_set_element(const struct bc_program *program, const struct bc_func *f, uint32_t node)
{
	const struct bc_fieldinfo *field =
		f->nodes[node].kind == BC_N_INDEX ? field_of(program, f, node + 1) : NULL;

	return field && strstr(field->name, "fds_bits");
}

/* ---- functions whose result tells ---- */

static int contains_test(const struct bc_ready *r, const struct bc_func *f, uint32_t node)
{
	const struct bc_program *program = r->modes->program;

	for (uint32_t i = node; i < node + f->nodes[node].size; i++)
		if (is_result_of_poll(program, f, i) || is_set_element(program, f, i) ||
			(f->nodes[i].kind == BC_N_CALL && f->nodes[i + 1].kind == BC_N_FUNC &&
				r->tells[bc_node_sym(f, &f->nodes[i + 1])]))
			return 1;
	return 0;
}

static int hands_on(const struct bc_ready *r, const struct bc_func *f)
{
	for (uint32_t i = 0; i < f->nnodes; i++)
		if (f->nodes[i].kind == BC_N_RETURN && f->nodes[i].size > 1 &&
			contains_test(r, f, i + 1))
			return 1;
	return 0;
}

/* Most functions mention neither kind of field, and one look at each node tells. */
static int mentions_readiness(const struct bc_func *f, const uint8_t *tells_field)
{
	for (uint32_t i = 0; i < f->nnodes; i++)
		if (f->nodes[i].kind == BC_N_FIELD && tells_field[bc_node_field(f, &f->nodes[i])])
			return 1;
	return 0;
}

static void find_tellers(struct bc_ready *r, const uint8_t *tells_field)
{
	const struct bc_program *program = r->modes->program;
	int changed = 1;

	for (uint32_t i = 0; i < program->nfuncs; i++) {
		const struct bc_func *f = &program->funcs[i];

		if (f->sym != BC_NONE && mentions_readiness(f, tells_field) && hands_on(r, f))
			r->tells[f->sym] = 1;
	}
	while (changed) {
		changed = 0;
		for (uint32_t i = 0; i < program->ncalls; i++) {
			const struct bc_call *c = &program->calls[i];
			uint32_t sym = program->funcs[c->func].sym;

			if (c->sym == BC_NONE || !r->tells[c->sym] || sym == BC_NONE ||
				r->tells[sym] || !hands_on(r, &program->funcs[c->func]))
				continue;
			r->tells[sym] = 1;
			changed = 1;
		}
	}
}

void bc_ready_init(struct bc_ready *ready, const struct bc_modes *modes, struct bc_effects *effects)
{
	const struct bc_program *program = modes->program;
	uint8_t *tells_field = bc_xmalloc(program->nfields + 1);
	int any = 0;

	*ready = (struct bc_ready){.modes = modes, .effects = effects, .pollfd = BC_NONE};
	ready->tells = bc_xcalloc(program->nsyms + 1, 1);
	for (uint32_t i = 0; i < program->nfields; i++) {
		const struct bc_fieldinfo *field = &program->fields[i];

		tells_field[i] = !strcmp(field->name, "revents") || strstr(field->name, "fds_bits");
		any |= tells_field[i];
		if (ready->pollfd == BC_NONE && !strcmp(field->name, "fd") &&
			!strcmp(field->record, "struct pollfd"))
			ready->pollfd = i;
	}
	if (any)
		find_tellers(ready, tells_field);
	free(tells_field);
}

void bc_ready_fini(struct bc_ready *ready)
{
	free(ready->tells);
}

/* ---- what a condition names ---- */

static void add_named(struct named *named, uint32_t node)
{
	if (named->n < MAX_NAMED)
		named->nodes[named->n++] = node;
}

/* The variables in an expression such as fd / 64. */
static void add_variables(struct named *named, const struct bc_func *f, uint32_t node)
{
	for (uint32_t i = node; i < node + f->nodes[node].size; i++)
		if (f->nodes[i].kind == BC_N_LOCAL || f->nodes[i].kind == BC_N_VAR ||
			f->nodes[i].kind == BC_N_FIELD)
			add_named(named, i);
}

static struct named names_of(const struct bc_ready *r, const struct bc_func *f, uint32_t guard)
{
	const struct bc_program *program = r->modes->program;
	struct named named = {0};

	for (uint32_t i = guard; i < guard + f->nodes[guard].size; i++) {
		if (is_result_of_poll(program, f, i)) {
			named.asks = named.polled = 1;
		} else if (is_set_element(program, f, i)) {
			named.asks = 1;
			add_variables(&named, f, bc_kid(f, i, 1));
		} else if (f->nodes[i].kind == BC_N_CALL && f->nodes[i + 1].kind == BC_N_FUNC &&
			   r->tells[bc_node_sym(f, &f->nodes[i + 1])]) {
			named.asks = 1;
			BC_EACH_KID(f, i, kid)
			if (kid != i + 1 && f->nodes[kid].kind != BC_N_INT)
				add_named(&named, kid);
		}
	}
	return named;
}

/* ---- the same descriptor? ---- */

static void named_places(
	const struct bc_ready *r, uint32_t func, const struct named *named, struct bc_sources *out)
{
	for (int i = 0; i < named->n; i++)
		bc_places_of_expr(&r->modes->travel.places, func, named->nodes[i], out);
	if (named->polled && r->pollfd != BC_NONE)
		bc_vec_push(&out->list, bc_place_of_field(&r->modes->travel.places, r->pollfd));
}

static int holds(const struct bc_ready *r, const struct bc_sources *places, uint32_t origin)
{
	for (size_t i = 0; i < places->list.count; i++)
		if (!(places->list.items[i] & BC_SRC_FUNC) &&
			bc_held_find(r->modes->travel.held, places->list.items[i], origin))
			return 1;
	return 0;
}

static int share_place(const struct bc_sources *a, const struct bc_sources *b)
{
	for (size_t i = 0; i < a->list.count; i++)
		for (size_t k = 0; k < b->list.count; k++)
			if (a->list.items[i] == b->list.items[k])
				return 1;
	return 0;
}

/* The same place, or one that holds the same descriptors; what is not known may be the same. */
static int may_be_same(
	const struct bc_ready *r, const struct bc_sources *fd, const struct bc_sources *named)
{
	const struct bc_modes *modes = r->modes;
	int known = 0;

	if (share_place(fd, named))
		return 1;
	for (size_t i = 0; i < fd->list.count; i++) {
		const uint32_t *origins;
		uint32_t n;

		if (fd->list.items[i] & BC_SRC_FUNC)
			continue;
		origins = bc_travel_held(&modes->travel, fd->list.items[i], &n);
		for (uint32_t k = 0; k < n; k++) {
			if (holds(r, named, origins[k]))
				return 1;
			if (!named->list.count &&
				modes->origins[origins[k]].flags & BC_ORIGIN_WATCHED)
				return 1;
		}
		known |= n > 0;
	}
	return !known;
}

/* ---- loops ---- */

static uint32_t loop_around(const struct bc_func *f, uint32_t node)
{
	uint32_t found = BC_NONE;

	for (uint32_t i = 0; i < node; i++)
		if (f->nodes[i].kind == BC_N_LOOP && i + f->nodes[i].size > node)
			found = i;
	return found;
}

static int is_failure(const struct bc_func *f, uint32_t node, uint8_t op)
{
	int64_t limit;

	node = bc_uncast(f, node);
	if (f->nodes[node].kind == BC_N_UNARY && f->nodes[node].op == BC_OP_NEG &&
		f->nodes[node + 1].kind == BC_N_INT)
		limit = -bc_node_int(f, &f->nodes[node + 1]);
	else if (f->nodes[node].kind == BC_N_INT)
		limit = bc_node_int(f, &f->nodes[node]);
	else
		return 0;
	return (op == BC_OP_EQ && limit == -1) || (op == BC_OP_LT && limit == 0);
}

/* while ((fd = accept(...)) == -1 && errno == EINTR) */
static int is_repeated_on_failure(const struct bc_func *f, uint32_t loop, uint32_t call)
{
	uint32_t condition = loop + 1;

	for (uint32_t i = condition; i < call && call < condition + f->nodes[condition].size; i++)
		if (f->nodes[i].kind == BC_N_BINARY && i + f->nodes[i].size > call &&
			is_failure(f, bc_kid(f, i, 1), f->nodes[i].op))
			return 1;
	return 0;
}

int bc_ready_is_used_up(const struct bc_ready *ready, const struct bc_call_event *event)
{
	const struct bc_program *program = ready->modes->program;
	const struct bc_func *f = &program->funcs[event->func];
	uint32_t node = program->calls[event->call].node, loop = loop_around(f, node);

	if (loop == BC_NONE || is_repeated_on_failure(f, loop, node))
		return 0;
	for (uint32_t i = loop; i < loop + f->nodes[loop].size; i++)
		if (i != node && f->nodes[i].kind == BC_N_CALL &&
			f->nodes[i + 1].kind == BC_N_FUNC &&
			bc_effects_of_call(ready->effects, event->func, i) & BC_EFFECT_POLLS)
			return 0;
	return 1;
}

int bc_ready_says_guard(
	const struct bc_ready *ready, const struct bc_call_event *event, uint32_t fd_node)
{
	const struct bc_program *program = ready->modes->program;
	const struct bc_func *f = &program->funcs[event->func];
	uint32_t loop = loop_around(f, program->calls[event->call].node);
	struct bc_sources fd = {0};
	int says = 0;

	bc_places_of_expr(&ready->modes->travel.places, event->func, fd_node, &fd);
	for (const struct bc_guard *g = event->env->guards; g && !says; g = g->up) {
		struct named named = names_of(ready, f, g->node);
		struct bc_sources places = {0};

		/* asked once, before the loop in which the call is repeated */
		if (!named.asks || (loop != BC_NONE && g->node < loop))
			continue;
		named_places(ready, event->func, &named, &places);
		says = may_be_same(ready, &fd, &places);
		bc_vec_fini(&places.list);
	}
	bc_vec_fini(&fd.list);
	return says;
}

/* ---- promises that a rule names ---- */

static int is_promise(const struct bc_program *program, const struct bc_func *f, uint32_t node,
	const struct bc_sink_rule *rule)
{
	const char *name;

	if (f->nodes[node].kind != BC_N_CALL || f->nodes[node + 1].kind != BC_N_FUNC)
		return 0;
	name = program->syms[bc_node_sym(f, &f->nodes[node + 1])].name;
	for (int i = 0; i < rule->npromises; i++)
		if (!strcmp(rule->promises[i], name))
			return 1;
	return 0;
}

/* events & flag */
static int is_test_of(const struct bc_func *f, uint32_t node, int64_t flag)
{
	uint32_t left = node + 1, right;

	if (f->nodes[node].kind != BC_N_BINARY || f->nodes[node].op != BC_OP_AND)
		return 0;
	right = bc_uncast(f, left + f->nodes[left].size);
	left = bc_uncast(f, left);
	return (f->nodes[left].kind == BC_N_INT && bc_node_int(f, &f->nodes[left]) == flag) ||
	       (f->nodes[right].kind == BC_N_INT && bc_node_int(f, &f->nodes[right]) == flag);
}

int bc_ready_is_promised(const struct bc_program *program, const struct bc_models *models,
	const struct bc_sink_rule *rule, const struct bc_call_event *event)
{
	const struct bc_func *f = &program->funcs[event->func];
	int64_t flag = 0;

	if (rule->promise_flag && !bc_number_known(models, rule->promise_flag, &flag))
		flag = 0;
	if (!rule->npromises && !flag)
		return 0;
	for (const struct bc_guard *g = event->env->guards; g; g = g->up)
		for (uint32_t i = g->node; i < g->node + f->nodes[g->node].size; i++)
			if (is_promise(program, f, i, rule) ||
				(flag && is_test_of(f, i, flag) && (g->truth || i != g->node)))
				return 1;
	return 0;
}
