#include "link/summaries/busy.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_LOOP_NODES = 60 }; /* a loop that only looks is short */

enum { MAX_DEPTH = 4 }; /* of functions around the one that reads the clock */

struct finder {
	const struct bc_program *program;
};

/* What the loops of one function look like. */
struct look {
	const struct finder *s;
	const struct bc_func *f;
	uint32_t loop;
	int reads_clock;
};

/* ---- what may be called without doing anything ---- */

static int is_clock(const char *name)
{
	static const char *const names[] = {"time", "clock", "clock_gettime", "gettimeofday",
		"times", "__rdtsc", "__builtin_ia32_rdtsc", "g_get_monotonic_time",
		"g_get_real_time", "uv_hrtime", "SDL_GetTicks", "mach_absolute_time"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return 1;
	return 0;
}

static int is_pause(const char *name)
{
	return strstr(name, "relax") || !strcmp(name, "__builtin_ia32_pause") ||
	       !strcmp(name, "_mm_pause") || !strcmp(name, "__sync_synchronize");
}

static int writes_memory(const struct bc_func *f, uint32_t node)
{
	uint32_t target = bc_uncast(f, node + 1);

	if (f->nodes[node].kind != BC_N_ASSIGN && !bc_node_increments(&f->nodes[node]))
		return 0;
	if (f->nodes[target].kind == BC_N_FIELD && f->nodes[target + 1].cls == BC_CLASS_RECORD)
		target++; /* of a local record */
	return f->nodes[target].kind != BC_N_LOCAL;
}

/* Does a function do nothing but read the clock, or nothing at all? */
static int only_looks(const struct finder *s, uint32_t sym, int *clock, int depth)
{
	const struct bc_sym *symbol;
	const struct bc_func *f;

	if (sym == BC_NONE)
		return 0;
	symbol = &s->program->syms[sym];
	if (is_pause(symbol->name))
		return 1;
	if (symbol->func == BC_NONE) {
		*clock |= is_clock(symbol->name);
		return is_clock(symbol->name);
	}
	f = &s->program->funcs[symbol->func];
	if (depth == MAX_DEPTH || f->nnodes > MAX_LOOP_NODES * 2)
		return 0;
	for (uint32_t i = 0; i < f->nnodes; i++) {
		if (f->nodes[i].kind == BC_N_LOOP || writes_memory(f, i))
			return 0;
		if (f->nodes[i].kind == BC_N_CALL &&
			!only_looks(s, bc_callee_at(f, i), clock, depth + 1))
			return 0;
	}
	return 1;
}

/* ---- one loop ---- */

static int is_assigned(const struct look *l, uint32_t slot)
{
	uint32_t end = l->loop + l->f->nodes[l->loop].size;

	for (uint32_t i = l->loop; i < end; i++)
		if (l->f->nodes[i].kind == BC_N_ASSIGN && l->f->nodes[i + 1].kind == BC_N_LOCAL &&
			l->f->nodes[i + 1].ref == slot)
			return 1;
	return 0;
}

/* p = p->next gets somewhere; v = flag does not. */
static int gets_somewhere(const struct look *l, uint32_t assign)
{
	uint32_t value = bc_kid(l->f, assign, 1);

	if (l->f->nodes[assign].op != BC_OP_NONE || l->f->nodes[assign + 1].kind != BC_N_LOCAL)
		return 1;
	for (uint32_t i = value; i < value + l->f->nodes[value].size; i++)
		if (l->f->nodes[i].kind == BC_N_LOCAL && is_assigned(l, l->f->nodes[i].ref))
			return 1;
	return 0;
}

static int is_harmless_call(struct look *l, uint32_t node)
{
	return only_looks(l->s, bc_callee_at(l->f, node), &l->reads_clock, 0);
}

/* Nothing in the loop but reading: no way out, no progress, no call that does anything. */
static int is_harmless(struct look *l, uint32_t node)
{
	const struct bc_node *n = &l->f->nodes[node];

	switch ((int)n->kind) {
	case BC_N_BREAK:
	case BC_N_RETURN:
	case BC_N_GOTO:
	case BC_N_LABEL:
	case BC_N_SWITCH:
	case BC_N_STMTEXPR:
	case BC_N_OPAQUE: return 0;
	case BC_N_LOOP: return node == l->loop;
	case BC_N_CALL: return is_harmless_call(l, node);
	case BC_N_ASSIGN: return !writes_memory(l->f, node) && !gets_somewhere(l, node);
	case BC_N_UNARY: return !bc_node_increments(n);
	default: return 1;
	}
}

/* Somebody else can change it: memory that is no local of the function. */
static int reads_memory(const struct bc_func *f, uint32_t node)
{
	for (uint32_t i = node; i < node + f->nodes[node].size; i++) {
		if (f->nodes[i].kind == BC_N_VAR || f->nodes[i].kind == BC_N_DEREF)
			return 1;
		if (f->nodes[i].kind == BC_N_FIELD && f->nodes[i + 1].kind != BC_N_ADDR &&
			f->nodes[i + 1].cls != BC_CLASS_RECORD)
			return 1;
	}
	return 0;
}

static int is_busy_loop(const struct finder *s, uint32_t func, uint32_t node)
{
	const struct bc_func *f = &s->program->funcs[func];
	struct look l = {.s = s, .f = f, .loop = node};
	uint32_t condition = bc_kid(f, node, 0), end = node + f->nodes[node].size;

	if (f->nodes[node].size > MAX_LOOP_NODES || f->nodes[condition].kind == BC_N_NONE ||
		f->nodes[condition].kind == BC_N_INT)
		return 0;
	for (uint32_t i = node; i < end; i++)
		if (!is_harmless(&l, i))
			return 0;
	return l.reads_clock || reads_memory(f, node);
}

/* ---- entries for them ---- */

static uint32_t add_symbol(struct bc_program *program)
{
	struct bc_sym *syms = BC_NEW_ARRAY(program->arena, struct bc_sym, program->nsyms + 1);

	memcpy(syms, program->syms, program->nsyms * sizeof(*syms));
	syms[program->nsyms] = (struct bc_sym){.name = "busy-wait",
		.flags = BC_SYM_FUNCTION,
		.type = BC_NONE,
		.func = BC_NONE,
		.file = ""};
	program->syms = syms;
	return program->nsyms;
}

static void add_entries(struct bc_busy *busy, struct bc_program *program)
{
	uint32_t n = (uint32_t)busy->list.count, sym = add_symbol(program);
	struct bc_call *calls = BC_NEW_ARRAY(program->arena, struct bc_call, program->ncalls + n);
	struct bc_target *targets =
		BC_NEW_ARRAY(program->arena, struct bc_target, program->ntargets + 1);

	if (program->ncalls)
		memcpy(calls, program->calls, program->ncalls * sizeof(*calls));
	if (program->ntargets)
		memcpy(targets, program->targets, program->ntargets * sizeof(*targets));
	targets[program->ntargets] = (struct bc_target){sym, BC_TARGET_DIRECT, BC_NONE};
	for (uint32_t i = 0; i < n; i++) {
		struct bc_busy_loop *loop = &busy->list.items[i];

		loop->call = program->ncalls + i;
		loop->target = program->ntargets;
		calls[loop->call] = (struct bc_call){
			loop->func, loop->node, sym, BC_NONE, program->ntargets, 1};
	}
	program->calls = calls;
	program->targets = targets;
}

void bc_busy_init(struct bc_busy *busy, struct bc_program *program)
{
	static struct bc_alternative const alternatives[] = {
		{"eventfd", "that who changes it writes to, and the loop watches", ""}};
	struct finder s = {program};

	*busy = (struct bc_busy){.rule = {.id = "busy-wait",
					 .params = -1,
					 .category = BC_CAT_CPU,
					 .bound = BC_BOUND_UNBOUNDED,
					 .severity = -1,
					 .because = "looks at memory or the clock again and again, "
						    "and waits for nothing",
					 .alternatives = (struct bc_alternative *)alternatives,
					 .nalternatives = 1,
					 .provenance = ""}};
	busy->has = bc_xcalloc(program->nfuncs + 1, 1);
	for (uint32_t i = 0; i < program->nfuncs; i++)
		for (uint32_t k = 0; k < program->funcs[i].nnodes; k++) {
			if (program->funcs[i].nodes[k].kind != BC_N_LOOP || !is_busy_loop(&s, i, k))
				continue;
			bc_vec_push(&busy->list, (struct bc_busy_loop){.func = i, .node = k});
			busy->has[i] = 1;
		}
	if (busy->list.count)
		add_entries(busy, program);
}

void bc_busy_fini(struct bc_busy *busy)
{
	bc_vec_fini(&busy->list);
	free(busy->has);
}
