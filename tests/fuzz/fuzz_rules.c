/* A rule pack of any content is refused or read, and then every rule of it can be asked. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "models/models.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A few arguments of each kind, so that conditions see them all. */
static struct bc_value view_value(void *context, int arg)
{
	struct bc_value value = {.kind = (uint8_t)((unsigned)arg % (BC_V_FORK + 1)), .n = 2};

	(void)context;
	if (value.kind == BC_V_TEXT)
		value.u.text = "127.0.0.1";
	if (value.kind == BC_V_INTS)
		value.u.ints[1] = 64;
	return value;
}

static struct bc_value view_field(void *context, int arg, const char *field)
{
	if (!field[0])
		abort();
	return view_value(context, arg + 1);
}

static enum bc_fd_mode view_fd(void *context, int arg)
{
	(void)context;
	return arg % 2 ? BC_FD_NONBLOCKING : BC_FD_MIXED;
}

static void ask_condition(const struct bc_models *models, const struct bc_pred *pred)
{
	struct bc_call_view view = {NULL, view_value, view_field, view_fd};
	const struct bc_pred *undecided = NULL;

	if (!pred)
		return;
	if ((bc_pred_eval(models, pred, &view, &undecided) == BC_UNKNOWN) != (undecided != NULL))
		abort();
	if (undecided && (!undecided->text[0] || !undecided->assumed[0]))
		abort();
}

static void ask_sink(const struct bc_models *models, const struct bc_sink_rule *rule)
{
	struct bc_call_view view = {NULL, view_value, view_field, view_fd};
	double ms;
	int n;

	ask_condition(models, rule->nonblocking_when);
	bc_timeout_eval(&rule->timeout, &view, &ms);
	if (!(ms >= 0))
		abort();
	for (int f = 0; f < rule->nfunctions; f++)
		if (!bc_models_sinks(models, rule->functions[f], &n) || n < 1)
			abort();
	if (rule->category < BC_CAT_SLEEP || rule->category >= BC_CAT_COUNT)
		abort();
}

static void ask_all(struct bc_models *models)
{
	for (int i = 0; i < models->nsinks; i++)
		ask_sink(models, &models->sinks[i]);
	for (int i = 0; i < models->nregisters; i++)
		ask_condition(models, models->registers[i].when);
	for (int i = 0; i < models->nfields; i++)
		if (!bc_models_field(models, models->fields[i].records[0], models->fields[i].field))
			abort();
	for (int i = 0; i < models->nnever_blocks; i++)
		if (!bc_models_never_blocks(models, models->never_blocks[i]))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_models models;
	char *text = malloc(size ? size : 1); /* not terminated: the reader must mind its length */

	if (!text)
		return 0;
	memcpy(text, data, size);
	if (bc_models_load_text(&arena, "fuzz.yaml", text, size, &models) == 0) {
		ask_all(&models);
		for (int i = 0; i < models.nconstants; i++)
			bc_models_set_constant(&models, models.constants[i].name, 64);
		ask_all(&models);
	} else if (models.nsinks || models.index) {
		abort();
	}
	bc_arena_fini(&arena);
	free(text);
	return 0;
}
