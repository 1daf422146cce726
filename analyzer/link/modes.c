#include "link/modes.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/held.h"
#include "link/origins.h"
#include "link/sometimes.h"
#include "link/values.h"

static void find_below(struct bc_modes *modes)
{
	for (uint32_t i = 0; i < modes->norigins; i++) {
		uint32_t field = modes->origins[i].unless;
		size_t k = 0;

		while (k < modes->below.count && modes->below.items[k].field != field)
			k++;
		if (field != BC_NONE && k == modes->below.count)
			bc_vec_push(&modes->below,
				(struct bc_below){field, bc_below_field(modes->solution, field)});
	}
}

void bc_modes_init(struct bc_modes *modes, const struct bc_solution *solution,
	const struct bc_models *models, const struct bc_interp *interp)
{
	const struct bc_program *program = solution->places.program;
	struct bc_mode_solver s = {.modes = modes, .places = solution->places};

	*modes = (struct bc_modes){.program = program, .models = models, .solution = solution};
	bc_makers_init(&modes->makers, program, models);
	modes->held = bc_held_new(solution->places.count);
	modes->believes = bc_xmalloc(program->nfuncs + 1);
	s.places.apart = modes->makers.apart;
	s.interp = *interp;
	s.out = bc_xmalloc((solution->places.count + 1) * sizeof(*s.out));
	memset(s.out, 0xff, (solution->places.count + 1) * sizeof(*s.out));
	for (uint32_t i = 0; i < program->nfuncs; i++)
		bc_origins_collect(&s, i);
	bc_origins_propagate(&s);
	while (bc_setters_infer_once(&s))
		;
	bc_setters_settle(&s);
	bc_setters_settle_made(&s);
	for (uint32_t i = 0; i < program->ncalls; i++)
		bc_watches_mark(&s, i);
	for (uint32_t i = 0; i < program->nfuncs; i++)
		bc_watches_mark_polled(&s, i);
	for (uint32_t i = 0; i < program->nfuncs; i++)
		modes->believes[i] = (uint8_t)bc_watches_believes(modes, &program->funcs[i]);
	modes->origins = s.origins.items;
	modes->norigins = (uint32_t)s.origins.count;
	find_below(modes);
	bc_vec_fini(&s.edges);
	bc_vec_fini(&s.work);
	bc_vec_fini(&s.wrappers);
	free(s.out);
}

void bc_modes_fini(struct bc_modes *modes)
{
	bc_held_free(modes->held);
	free(modes->origins);
	bc_vec_fini(&modes->events);
	for (size_t i = 0; i < modes->below.count; i++)
		free(modes->below.items[i].funcs);
	bc_vec_fini(&modes->below);
	bc_makers_fini(&modes->makers);
	bc_vec_fini(&modes->fifos);
	free(modes->believes);
}

enum bc_fd_mode bc_modes_of_origin(const struct bc_fd_origin *origin)
{
	if (origin->kind == BC_FDK_EVENT || origin->kind == BC_FDK_KERNEL)
		return BC_FD_NONBLOCKING;
	if (origin->flags & BC_ORIGIN_BLOCKING)
		return BC_FD_BLOCKING;
	if (origin->flags & BC_ORIGIN_UNDECIDED)
		return BC_FD_UNKNOWN;
	return origin->flags & BC_ORIGIN_NB ? BC_FD_NONBLOCKING : BC_FD_BLOCKING;
}

/* Who makes what open() gave non-blocking knows that it is no regular file. */
static uint8_t kind_of_origin(const struct bc_fd_origin *origin)
{
	return origin->kind == BC_FDK_FILE && origin->flags & BC_ORIGIN_NB ? BC_FDK_UNKNOWN
									   : origin->kind;
}

static void add_to_summary(struct bc_value *fd, const struct bc_fd_origin *origin)
{
	enum bc_fd_mode mode = bc_modes_of_origin(origin);
	uint8_t kind = kind_of_origin(origin);
	int watched = !!(origin->flags & BC_ORIGIN_WATCHED),
	    known = !!(origin->flags & BC_ORIGIN_SOMETIMES);

	if (fd->kind == BC_V_TOP) {
		*fd = (struct bc_value){.kind = BC_V_FD,
			.mask = (uint8_t)mode,
			.n = kind,
			.pad = (uint8_t)watched,
			.slot = (uint32_t)known};
		return;
	}
	fd->slot = fd->slot && known;
	if (fd->mask != mode)
		fd->mask = fd->mask == BC_FD_UNKNOWN || mode == BC_FD_UNKNOWN ? BC_FD_UNKNOWN
									      : BC_FD_MIXED;
	if (fd->n != kind)
		fd->n = BC_FDK_UNKNOWN;
	fd->pad = fd->pad && watched;
}

void bc_modes_each_origin(const struct bc_modes *modes, uint32_t func, uint32_t node,
	void (*use)(void *context, uint32_t origin), void *context)
{
	struct bc_places places = modes->solution->places;
	struct bc_sources sources = {0};

	places.apart = modes->makers.apart;
	bc_places_of_expr(&places, func, node, &sources);
	for (size_t i = 0; i < sources.list.count; i++) {
		uint32_t place = sources.list.items[i];

		if (place & BC_SRC_FUNC)
			continue;
		for (size_t k = 0; k < modes->held->of[place].count; k++)
			use(context, modes->held->of[place].items[k]);
	}
	bc_vec_fini(&sources.list);
}

struct summing {
	const struct bc_modes *modes;
	uint32_t func;
	struct bc_value fd;
};

/* Is the function one that a call through the field leads to? */
static int is_below(const struct bc_modes *modes, uint32_t field, uint32_t func)
{
	for (size_t i = 0; i < modes->below.count; i++)
		if (modes->below.items[i].field == field)
			return modes->below.items[i].funcs[func];
	return 0;
}

static void sum_origin(void *context, uint32_t origin)
{
	struct summing *summing = context;
	struct bc_fd_origin o = summing->modes->origins[origin];

	/* elsewhere, what is done at times is taken as done */
	if (o.flags & BC_ORIGIN_SOMETIMES && !is_below(summing->modes, o.unless, summing->func))
		o.flags = (o.flags | BC_ORIGIN_NB) & (uint8_t)~BC_ORIGIN_SOMETIMES;
	add_to_summary(&summing->fd, &o);
}

struct bc_value bc_modes_of_expr(const struct bc_modes *modes, uint32_t func, uint32_t node)
{
	struct summing summing = {modes, func, bc_value_top()};

	bc_modes_each_origin(modes, func, node, sum_origin, &summing);
	return summing.fd;
}
