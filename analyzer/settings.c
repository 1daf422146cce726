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

static int takes(const struct bc_verb *verb, enum bc_option_type type)
{
	const struct bc_option *option = verb->options;

	while (!bc_option_is_end(option) && option->type != type)
		option++;
	return !bc_option_is_end(option);
}

/* Those that load rules, and those that have an option of the same meaning as a setting. */
static int takes_settings(const struct bc_verb *verb)
{
	const struct bc_option *option = verb->options;

	while (!bc_option_is_end(option) &&
		!(option->name && !strcmp(option->name, bc_setting_option(BC_SETTING_FAIL_ON))))
		option++;
	return !bc_option_is_end(option) || takes(verb, BC_OPTION_RULES);
}

/*
 * Whoever analyses a stranger's tree must not run the stranger's code by that. Their order is that
 * of the files: those of the command line have the first word.
 */
static int add_plugins(struct bc_options *options)
{
	const struct bc_config *config = &options->config;

	if (!config->nplugins || !takes(options->verb, BC_OPTION_PLUGIN))
		return 0;
	if (!options->allow_repo_plugins)
		return bc_fail(BC_EINPUT,
			"%s:%d:%d: the plugin '%s' of the analysed project is not loaded: it could "
			"do anything; if you trust it, give --allow-repo-plugins",
			config->path, config->plugins[0].line, config->plugins[0].column,
			config->plugins[0].text);
	for (int i = 0; i < config->nplugins; i++)
		bc_vec_push(&options->plugins, config->plugins[i].path);
	bc_vec_push(&options->plugins, NULL);
	options->plugins.count--;
	options->check.plugins = options->plugins.items;
	return 0;
}

int bc_options_configure(struct bc_options *options)
{
	struct bc_config *config = &options->config;
	char *here;
	const char *path;
	int status;

	if (!takes_settings(options->verb))
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
	return add_plugins(options);
}
