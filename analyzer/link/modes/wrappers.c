#include "link/modes/wrappers.h"

#include <stdlib.h>

void bc_wrappers_fini(struct bc_wrappers *wrappers)
{
	bc_vec_fini(&wrappers->list);
	free(wrappers->are);
}

int bc_wrappers_has(const struct bc_wrappers *wrappers, uint32_t func, uint32_t param)
{
	if (func == BC_NONE || !wrappers->are || !wrappers->are[func])
		return 0;
	for (size_t i = 0; i < wrappers->list.count; i++)
		if (wrappers->list.items[i].func == func && wrappers->list.items[i].param == param)
			return 1;
	return 0;
}

int bc_wrappers_add(struct bc_wrappers *wrappers, const struct bc_program *program,
	const struct bc_call *call, uint32_t arg)
{
	const struct bc_func *f = &program->funcs[call->func];
	uint32_t param = bc_param_at(f, bc_call_argument(f, call->node, (int)arg));

	if (param == BC_NONE || bc_wrappers_has(wrappers, call->func, param))
		return 0;
	bc_vec_push(&wrappers->list, (struct bc_wrapper){call->func, param});
	if (!wrappers->are)
		wrappers->are = bc_xcalloc(program->nfuncs + 1, 1);
	wrappers->are[call->func] = 1;
	return 1;
}

uint32_t bc_wrappers_next(const struct bc_wrappers *wrappers, uint32_t func, uint32_t *nth)
{
	/* asked for every call, and nearly always in vain */
	if (func == BC_NONE || !wrappers->are || !wrappers->are[func])
		return BC_NONE;
	while (*nth < wrappers->list.count) {
		const struct bc_wrapper *wrapper = &wrappers->list.items[(*nth)++];

		if (wrapper->func == func)
			return wrapper->param;
	}
	return BC_NONE;
}
