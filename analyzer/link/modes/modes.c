#include "link/modes/modes.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "link/interp/values.h"
#include "link/modes/origins.h"
#include "link/modes/sometimes.h"

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
	struct bc_mode_solver s = {.modes = modes, .interp = *interp};

	*modes = (struct bc_modes){.program = program, .models = models, .solution = solution};
	bc_makers_init(&modes->makers, program, models);
	modes->believes = bc_xmalloc(program->nfuncs + 1);
	bc_origins_find(&s);
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
	bc_wrappers_fini(&s.wrappers);
}

void bc_modes_fini(struct bc_modes *modes)
{
	bc_travel_fini(&modes->travel);
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
	bc_travel_each(&modes->travel, func, node, use, context);
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
