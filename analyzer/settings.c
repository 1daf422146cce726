/* The command line and the project file together: who has the last word on a setting. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "input/project.h"
#include "options.h"

static const char *const option_names[] = {
	[BC_SETTING_BUDGET] = "budget",
	[BC_SETTING_MIN_CONFIDENCE] = "min-confidence",
	[BC_SETTING_FAIL_ON] = "fail-on",
	[BC_SETTING_LOGGING] = "logging",
};

const char *bc_setting_option(enum bc_setting setting)
{
	return option_names[setting];
}

double bc_setting_value(const struct bc_options *options, enum bc_setting setting)
{
	switch (setting) {
	case BC_SETTING_BUDGET: return options->check.budget_ms;
	case BC_SETTING_MIN_CONFIDENCE: return options->min_confidence;
	case BC_SETTING_FAIL_ON: return options->fail_on;
	case BC_SETTING_LOGGING: return options->check.logging;
	case BC_SETTING_COUNT: break;
	}
	return 0;
}

static void apply(struct bc_options *options, enum bc_setting setting, double value)
{
	switch (setting) {
	case BC_SETTING_BUDGET: options->check.budget_ms = value; break;
	case BC_SETTING_MIN_CONFIDENCE:
		options->min_confidence = (int)value;
		options->check.min_confidence = (enum bc_confidence)options->min_confidence;
		break;
	case BC_SETTING_FAIL_ON: options->fail_on = (int)value; break;
	case BC_SETTING_LOGGING: options->check.logging = (int)value; break;
	case BC_SETTING_COUNT: break;
	}
}

const struct bc_option *bc_options_given(const struct bc_options *options, const char *name)
{
	for (size_t i = 0; i < options->given.count; i++)
		if (options->given.items[i]->name && !strcmp(options->given.items[i]->name, name))
			return options->given.items[i];
	return NULL;
}

static int takes_rules(const struct bc_verb *verb)
{
	const struct bc_option *option = verb->options;

	while (!bc_option_is_end(option) && option->type != BC_OPTION_RULES)
		option++;
	return !bc_option_is_end(option);
}

int bc_options_configure(struct bc_options *options)
{
	struct bc_config *config = &options->config;
	char *here;
	const char *path;
	int status;

	if (!takes_rules(options->verb))
		return 0;
	here = realpath(".", NULL);
	path = here ? bc_project_find_file(&options->arena, here) : NULL;
	if (!path) {
		free(here);
		return 0;
	}
	status = bc_config_load(&options->arena, path, bc_path_relative(here, path), config);
	free(here);
	if (status != 0)
		return status;
	options->check.config = config;
	for (int i = 0; i < BC_SETTING_COUNT; i++)
		if (config->settings[i].line &&
			!bc_options_given(options, bc_setting_option((enum bc_setting)i)))
			apply(options, (enum bc_setting)i, config->settings[i].value);
	return 0;
}
