/* Phases of a program's life: which signals and which calls tell that one is on. */
#include "models/loader.h"
#include "models/read.h"

void bc_loader_take_phases(struct bc_loader *loader, const struct bc_yaml_node *root)
{
	const struct bc_yaml_node *item = bc_read_first(root, "phases");

	for (; item; item = item->next) {
		const struct bc_yaml_node *signal = bc_read_first(item, "signals");
		struct bc_phase_rule rule = {
			.phase = (enum bc_phase)bc_read_word(item, "phase", bc_words_phase, 0),
			.signals = BC_NEW_ARRAY(loader->arena, struct bc_number,
				(size_t)bc_read_count(item, "signals")),
			.origin = bc_read_origin(loader, item)};

		for (; signal; signal = signal->next)
			rule.signals[rule.nsignals++] = bc_loader_number(loader, signal->text);
		rule.ends = bc_read_texts(loader, item, "ends_loop", &rule.nends);
		rule.runs = bc_read_texts(loader, item, "loops", &rule.nruns);
		bc_vec_push(&loader->phases, rule);
	}
}

void bc_loader_take_handlers(struct bc_loader *loader, const struct bc_yaml_node *root)
{
	const struct bc_yaml_node *item = bc_read_first(root, "signal_handlers");

	for (; item; item = item->next) {
		struct bc_handler_rule rule = {.signal_arg = bc_read_int(item, "signal_arg", 1),
			.handler_arg = bc_read_int(item, "handler_arg", 0),
			.origin = bc_read_origin(loader, item)};

		rule.functions = bc_read_texts(loader, item, "function", &rule.nfunctions);
		rule.fields = bc_read_texts(loader, item, "fields", &rule.nfields);
		bc_vec_push(&loader->handlers, rule);
	}
}

static int is_number(const struct bc_models *models, const struct bc_number *number, int64_t value)
{
	const struct bc_constant *constant;

	if (number->constant == UINT32_MAX)
		return number->value == value;
	constant = &models->constants[number->constant];
	return constant->known && constant->value == value;
}

enum bc_phase bc_models_phase_of_signal(
	const struct bc_models *models, int64_t number, const char **name)
{
	*name = NULL;
	for (int i = 0; i < models->nphases; i++)
		for (int k = 0; k < models->phases[i].nsignals; k++) {
			const struct bc_number *signal = &models->phases[i].signals[k];

			if (!is_number(models, signal, number))
				continue;
			if (signal->constant != UINT32_MAX)
				*name = models->constants[signal->constant].name;
			return models->phases[i].phase;
		}
	return BC_PHASE_NORMAL;
}
