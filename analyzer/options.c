#include "options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/error.h"

enum {
	MAX_NAMES = 64, /* of one kind, for suggestions */
	MAX_COUNT = 1024
};

/* ---- did you mean ---- */

static const char *find_same(const char *text, const char *const *names)
{
	while (*names && strcasecmp(*names, text) != 0)
		names++;
	return *names;
}

/* Unlike a typing error, an unfinished word is far from what it was meant to be. */
static const char *find_prefixed(const char *text, const char *const *names)
{
	for (; *text && *names; names++)
		if (!strncmp(*names, text, strlen(text)))
			return *names;
	return NULL;
}

/* `dashes` stand before the name in the message; `otherwise` is said when no name is near. */
static int fail_unknown(const char *kind, const char *dashes, const char *text,
	const char *const *names, const char *otherwise)
{
	const char *near = find_same(text, names);

	if (!near)
		near = bc_schema_suggest(text, names);
	if (!near)
		near = find_prefixed(text, names);
	if (near)
		return bc_fail(BC_EUSAGE, "unknown %s '%s%s'; did you mean '%s%s'?", kind, dashes,
			text, dashes, near);
	return bc_fail(BC_EUSAGE, "unknown %s '%s%s'; %s", kind, dashes, text, otherwise);
}

int bc_options_fail_unknown(const char *kind, const char *text, const char *const *names)
{
	struct bc_buf all = {0};
	int status;

	bc_buf_str(&all, "there are: ");
	for (int i = 0; names[i]; i++)
		bc_buf_printf(&all, "%s%s", i ? ", " : "", names[i]);
	status = fail_unknown(kind, "", text, names, bc_buf_text(&all));
	bc_buf_fini(&all);
	return status;
}

/* ---- values ---- */

/* An option as the user knows it: "--budget", "-j". */
struct shown {
	char text[48];
};

static struct shown show_option(const struct bc_option *option)
{
	struct shown shown;

	if (option->name)
		snprintf(shown.text, sizeof(shown.text), "--%s", option->name);
	else
		snprintf(shown.text, sizeof(shown.text), "-%c", option->letter);
	return shown;
}

static int set_count(const struct bc_option *option, const char *value, int *target)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || n < 1 || n > MAX_COUNT)
		return bc_fail(BC_EUSAGE, "%s: '%s' is not a number from 1 to %d",
			show_option(option).text, value, MAX_COUNT);
	*target = (int)n;
	return 0;
}

/* A time in milliseconds. Without a unit, `bare_ms` is the unit; 0: then there has to be one. */
static int read_time(const struct bc_option *option, const char *text, double bare_ms, double *ms)
{
	if (bc_duration_read(text, bare_ms, ms) != 0)
		return bc_fail(BC_EUSAGE, "%s: '%s' is not a time; write it like 500us, 10ms or 1s",
			show_option(option).text, text);
	if (*ms > BC_DURATION_MAX_MS)
		return bc_fail(
			BC_EUSAGE, "%s: '%s' is more than a day", show_option(option).text, text);
	return 0;
}

static int set_seconds(const struct bc_option *option, const char *value, int *target)
{
	double ms;
	int status = read_time(option, value, 1e3, &ms);

	if (status == 0 && ms == 0)
		return bc_fail(BC_EUSAGE, "%s: must be more than 0", show_option(option).text);
	if (status == 0)
		*target = (int)ceil(ms / 1e3);
	return status;
}

static int set_word(const struct bc_option *option, const char *value, int *target)
{
	const char *names[MAX_NAMES + 1] = {NULL};
	struct bc_buf kind = {0};

	for (int i = 0; option->words[i].text && i < MAX_NAMES; i++) {
		if (!strcmp(option->words[i].text, value)) {
			*target = option->words[i].value;
			return 0;
		}
		names[i] = option->words[i].text;
	}
	bc_buf_printf(&kind, "value of %s:", show_option(option).text);
	bc_options_fail_unknown(bc_buf_text(&kind), value, names);
	bc_buf_fini(&kind);
	return BC_EUSAGE;
}

static int set_format(const char *value, const struct bc_format **target)
{
	const struct bc_format *formats = bc_output_formats();
	const char *names[MAX_NAMES + 1] = {NULL};

	*target = bc_output_find(value);
	if (*target)
		return 0;
	for (int i = 0; formats[i].name && i < MAX_NAMES; i++)
		names[i] = formats[i].name;
	return bc_options_fail_unknown("format", value, names);
}

static int set_value(struct bc_options *options, const struct bc_option *option, const char *value)
{
	void *target = (char *)options + option->target;

	bc_vec_push(&options->given, option);
	if (option->type != BC_OPTION_FLAG && !*value)
		return bc_fail(BC_EUSAGE, "%s: needs a value (%s)", show_option(option).text,
			option->argument);
	switch (option->type) {
	case BC_OPTION_FLAG: *(int *)target = 1; break;
	case BC_OPTION_TEXT: *(const char **)target = value; break;
	case BC_OPTION_RULES: bc_vec_push(&options->rules, value); break;
	case BC_OPTION_PLUGIN: bc_vec_push(&options->plugins, value); break;
	case BC_OPTION_COUNT: return set_count(option, value, target);
	case BC_OPTION_S: return set_seconds(option, value, target);
	case BC_OPTION_MS: return read_time(option, value, 0, target);
	case BC_OPTION_WORD: return set_word(option, value, target);
	case BC_OPTION_FORMAT: return set_format(value, target);
	}
	return 0;
}

/* ---- arguments ---- */

struct arguments {
	struct bc_options *options;
	char *const *next; /* ends with NULL */
};

static int set_next(struct arguments *arguments, const struct bc_option *option)
{
	const char *value = *arguments->next;

	if (!value)
		return bc_fail(BC_EUSAGE, "%s: needs a value (%s)", show_option(option).text,
			option->argument);
	arguments->next++;
	return set_value(arguments->options, option, value);
}

static int fail_unknown_option(const struct bc_verb *verb, const char *text)
{
	const char *names[MAX_NAMES + 1];
	char otherwise[96];
	int n = 0;

	for (const struct bc_option *o = verb->options; !bc_option_is_end(o) && n < MAX_NAMES; o++)
		if (o->name)
			names[n++] = o->name;
	names[n] = NULL;
	snprintf(otherwise, sizeof(otherwise), "'blockcheck %s --help' lists the options",
		verb->name);
	return fail_unknown("option", "--", text, names, otherwise);
}

/* --name, --name VALUE or --name=VALUE; `text` begins after the dashes. */
static int parse_long(struct arguments *arguments, const char *text)
{
	const struct bc_verb *verb = arguments->options->verb;
	size_t len = strcspn(text, "=");
	const struct bc_option *option = verb->options;

	while (!bc_option_is_end(option) &&
		(!option->name || strlen(option->name) != len || strncmp(option->name, text, len)))
		option++;
	if (bc_option_is_end(option))
		return fail_unknown_option(
			verb, bc_arena_strndup(&arguments->options->arena, text, len));
	if (option->type == BC_OPTION_FLAG && text[len])
		return bc_fail(BC_EUSAGE, "--%s: takes no value", option->name);
	if (option->type == BC_OPTION_FLAG || text[len])
		return set_value(arguments->options, option, text[len] ? text + len + 1 : "");
	return set_next(arguments, option);
}

/* -q, -qv, -jN or -j N; `text` begins after the dash. */
static int parse_short(struct arguments *arguments, const char *text)
{
	const struct bc_verb *verb = arguments->options->verb;
	int status = 0;

	while (status == 0 && *text) {
		const struct bc_option *option = verb->options;

		while (!bc_option_is_end(option) && option->letter != *text)
			option++;
		if (bc_option_is_end(option))
			return bc_fail(BC_EUSAGE,
				"unknown option '-%c'; 'blockcheck %s --help' lists the options",
				*text, verb->name);
		text++;
		if (option->type == BC_OPTION_FLAG)
			status = set_value(arguments->options, option, "");
		else if (*text)
			return set_value(arguments->options, option, text);
		else
			return set_next(arguments, option);
	}
	return status;
}

/* The rest of the line is a program and its arguments. */
static int begins_command(const struct arguments *arguments, const char *text)
{
	return arguments->options->verb->max_operands == BC_OPERANDS_COMMAND &&
	       (text[0] != '-' || !text[1] || !strcmp(text, "--"));
}

static int take_command(struct arguments *arguments, const char *text)
{
	if (strcmp(text, "--") != 0)
		bc_vec_push(&arguments->options->operands, text);
	while (*arguments->next)
		bc_vec_push(&arguments->options->operands, *arguments->next++);
	return 0;
}

static int parse_arguments(struct arguments *arguments)
{
	int status = 0;

	while (status == 0 && *arguments->next) {
		const char *text = *arguments->next++;

		if (begins_command(arguments, text))
			return take_command(arguments, text);
		if (!strcmp(text, "--"))
			/* kept free for the command of a build to record */
			return bc_fail(BC_EUSAGE,
				"'-- COMMAND' is not supported; record the build with 'bear -- "
				"COMMAND' or CMAKE_EXPORT_COMPILE_COMMANDS, and give -p FILE");
		if (!strncmp(text, "--", 2))
			status = parse_long(arguments, text + 2);
		else if (text[0] == '-' && text[1])
			status = parse_short(arguments, text + 1);
		else
			bc_vec_push(&arguments->options->operands, text);
	}
	return status;
}

static int check_operands(const struct bc_options *options)
{
	const struct bc_verb *verb = options->verb;

	if (verb->max_operands < 0 || options->operands.count <= (size_t)verb->max_operands)
		return 0;
	return bc_fail(BC_EUSAGE, "%s: unexpected argument '%s'", verb->name,
		options->operands.items[verb->max_operands]);
}

const struct bc_verb *bc_options_verb(const char *name)
{
	for (const struct bc_verb *verb = bc_options_verbs(); verb->name; verb++)
		if (!strcmp(verb->name, name))
			return verb;
	return NULL;
}

/* A file where a command should be: what was meant is plain. */
static int fail_file(const char *name, int folder)
{
	const char *verb = !folder && access(name, X_OK) == 0 ? "run" : "check";

	return bc_fail(BC_EUSAGE, "'%s' is a %s, and no command; write 'blockcheck %s %s'", name,
		folder ? "folder" : "file", verb, name);
}

int bc_options_fail_verb(const char *name)
{
	const char *names[MAX_NAMES + 1];
	struct stat st;
	int n = 0;

	if (stat(name, &st) == 0)
		return fail_file(name, S_ISDIR(st.st_mode));

	for (const struct bc_verb *verb = bc_options_verbs(); verb->name && n < MAX_NAMES; verb++)
		names[n++] = verb->name;
	names[n] = NULL;
	return bc_options_fail_unknown("command", name, names);
}

/* The first argument: a verb, or one of the options that stand for one. */
static int parse_verb(struct bc_options *options, const char *text)
{
	if (!text)
		return bc_fail(BC_EUSAGE, "no command given; 'blockcheck help' lists them");
	if (!strcmp(text, "-h") || !strcmp(text, "--help"))
		text = "help";
	else if (!strcmp(text, "-V") || !strcmp(text, "--version"))
		text = "version";
	else if (text[0] == '-')
		return bc_fail(BC_EUSAGE,
			"'%s' stands where a command must be; 'blockcheck help' lists them", text);
	options->verb = bc_options_verb(text);
	return options->verb ? 0 : bc_options_fail_verb(text);
}

/* ---- the whole ---- */

static const char *join_command(struct bc_arena *arena, char *const *argv)
{
	struct bc_buf text = {0};
	const char *copy;

	bc_buf_str(&text, "blockcheck");
	for (argv += *argv != NULL; *argv; argv++)
		bc_buf_printf(
			&text, strpbrk(*argv, " \t'\"") || !**argv ? " \"%s\"" : " %s", *argv);
	copy = bc_arena_strdup(arena, bc_buf_text(&text));
	bc_buf_fini(&text);
	return copy;
}

/* Lists end with NULL for the pipeline; the counts do not include it. */
static void finish(struct bc_options *options)
{
	bc_vec_push(&options->rules, NULL);
	options->rules.count--;
	bc_vec_push(&options->operands, NULL);
	options->operands.count--;
	bc_vec_push(&options->plugins, NULL);
	options->plugins.count--;
	options->check.plugins = options->plugins.items;
	options->check.rules = options->rules.items;
	options->check.paths = options->operands.items;
	options->check.min_confidence = (enum bc_confidence)options->min_confidence;
}

int bc_options_parse(struct bc_options *options, char *const *argv)
{
	struct arguments arguments = {.options = options};
	int status;

	*options = (struct bc_options){
		.check = {.budget_ms = 10},
		.min_confidence = BC_CONF_LIKELY,
		.fail_on = BC_SEV_WARNING,
		.format = bc_output_formats(),
	};
	options->command = join_command(&options->arena, argv);
	arguments.next = argv + (*argv != NULL);
	status = parse_verb(options, *arguments.next);
	if (status == 0) {
		arguments.next++;
		status = parse_arguments(&arguments);
	}
	if (status == 0 && !options->help)
		status = check_operands(options);
	finish(options);
	return status;
}

void bc_options_fini(struct bc_options *options)
{
	bc_vec_fini(&options->rules);
	bc_vec_fini(&options->operands);
	bc_vec_fini(&options->given);
	bc_vec_fini(&options->plugins);
	bc_arena_fini(&options->arena);
}
