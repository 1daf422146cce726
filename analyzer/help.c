/* Help texts, from the tables in verbs.c. */
#include <ctype.h>
#include <string.h>

#include "options.h"

enum { HELP_COLUMN = 28 };

/* Text that may have several lines, each begun at the column. */
static void add_help(struct bc_buf *out, size_t used, const char *text)
{
	if (used + 2 > HELP_COLUMN) {
		bc_buf_char(out, '\n');
		used = 0;
	}
	for (;;) {
		size_t len = strcspn(text, "\n");

		bc_buf_printf(out, "%*s%.*s\n", HELP_COLUMN - (int)used, "", (int)len, text);
		if (!text[len])
			return;
		text += len + 1;
		used = 0;
	}
}

/* What values there are, after what the option is for. */
static void add_values(struct bc_buf *help, const struct bc_option *option)
{
	const struct bc_format *formats = bc_output_formats();

	bc_buf_str(help, option->help);
	for (int i = 0; option->words && option->words[i].text; i++)
		bc_buf_printf(help, "%s%s", i ? ", " : "\n", option->words[i].text);
	for (int i = 0; option->type == BC_OPTION_FORMAT && formats[i].name; i++)
		bc_buf_printf(help, "%s%-5s %s%s", i ? "\n" : "", formats[i].name, formats[i].help,
			i ? "" : " (the default)");
}

static void add_option(struct bc_buf *out, const struct bc_option *option)
{
	size_t start = out->len;
	struct bc_buf help = {0};

	if (option->letter)
		bc_buf_printf(out, "  -%c", option->letter);
	else
		bc_buf_str(out, "    ");
	if (option->name)
		bc_buf_printf(out, "%s --%s", option->letter ? "," : " ", option->name);
	if (option->argument)
		bc_buf_printf(out, " %s", option->argument);
	add_values(&help, option);
	add_help(out, out->len - start, bc_buf_text(&help));
	bc_buf_fini(&help);
}

static void add_verb_help(struct bc_buf *out, const struct bc_verb *verb)
{
	bc_buf_printf(out, "Usage: blockcheck %s [OPTION...]%s%s\n\n%c%s.\n", verb->name,
		*verb->operands ? " " : "", verb->operands, toupper(verb->summary[0]),
		verb->summary + 1);
	if (*verb->details)
		bc_buf_printf(out, "\n%s", verb->details);
	bc_buf_str(out, "\nOptions:\n");
	for (const struct bc_option *option = verb->options; !bc_option_is_end(option); option++)
		add_option(out, option);
}

void bc_options_help(const struct bc_verb *verb, struct bc_buf *out)
{
	if (verb) {
		add_verb_help(out, verb);
		return;
	}
	bc_buf_str(out, "Usage: blockcheck COMMAND [OPTION...]\n\n"
			"Finds calls that stall an event loop, in C programs.\n\nCommands:\n");
	for (verb = bc_options_verbs(); verb->name; verb++) {
		bc_buf_printf(out, "  %s", verb->name);
		add_help(out, 2 + strlen(verb->name), verb->summary);
	}
	bc_buf_str(out, "\n'blockcheck COMMAND --help' says more. To begin with:\n"
			"  blockcheck check -p build/compile_commands.json\n"
			"  blockcheck run ./program ARGUMENTS\n");
}
