#include "link/interp/events.h"

#include <string.h>

struct bc_value bc_event_argument(const struct bc_call_event *event, int arg)
{
	return arg >= 1 && arg <= event->nargs ? event->args[arg - 1] : bc_value_top();
}

static struct bc_value pointee(
	const struct bc_env *env, const struct bc_value *pointer, const char *field)
{
	if (pointer->kind != BC_V_LOCAL)
		return bc_value_top();
	if (!strcmp(field, "*")) /* the local itself: ioctl(fd, FIONBIO, &on) */
		return env->slots[pointer->slot];
	return bc_env_field(env, pointer->slot, field);
}

struct bc_value bc_event_field(const struct bc_program *program, const struct bc_call_event *event,
	int arg, const char *field)
{
	const struct bc_func *f = &program->funcs[event->func];
	uint32_t node = bc_call_argument(f, program->calls[event->call].node, arg);
	struct bc_value pointer = bc_event_argument(event, arg);

	if (node != BC_NONE && f->nodes[node].kind == BC_N_LOCAL &&
		f->locals[f->nodes[node].ref].cls == BC_CLASS_RECORD)
		return bc_env_field(event->env, f->nodes[node].ref, field);
	return pointee(event->env, &pointer, field);
}

static struct bc_value view_value(void *context, int arg)
{
	return bc_event_argument(((struct bc_event_reader *)context)->event, arg);
}

static struct bc_value view_field(void *context, int arg, const char *field)
{
	const struct bc_event_reader *reader = context;

	return bc_event_field(reader->program, reader->event, arg, field);
}

static enum bc_fd_mode view_fd(void *context, int arg)
{
	(void)context, (void)arg;
	return BC_FD_UNKNOWN;
}

struct bc_call_view bc_event_view(struct bc_event_reader *reader)
{
	return (struct bc_call_view){reader, view_value, view_field, view_fd};
}

enum bc_tri bc_event_ask(const struct bc_program *program, const struct bc_models *models,
	const struct bc_pred *pred, const struct bc_call_event *event)
{
	struct bc_event_reader reader = {program, event};
	struct bc_call_view view = bc_event_view(&reader);

	return bc_pred_eval(models, pred, &view, NULL);
}
